//! Classes: agents of one site with the same skills and channels, and the profiles that each class serves.

use foldhash::fast::RandomState;

use hashbrown::HashMap;
use model::{ChannelNo, ProfileNo, Requirement, SiteNo, SkillLevel, skill};
use smallvec::SmallVec;

use super::bits;
use super::columns::Columns;
use super::preference::Fit;
use crate::prefetch::prefetch;
use crate::state::profiles::ProfileKey;
use crate::state::servable::Ask;

/// A class's score on a profile, plus one, so that 0 can stand for nobody: at most 8 skills that are preferred, and within each number
/// of them 16 at level 10.
pub type Score = u16;

#[derive(Debug, Default)]
pub struct Classes {
    all: Vec<Class>,
    /// By class; apart from the rest, because a freed agent reads its row and nothing else.
    rows: Vec<Row>,
    numbers: HashMap<ClassKey, u32, RandomState>,
    /// Numbers of dissolved classes.
    free: Vec<u32>,
    /// `at_least[skill][level - 1]`: classes with that skill at that level or higher.
    at_least: Vec<[Vec<u64>; 10]>,
    /// Classes that work on a channel.
    on_channel: Vec<Vec<u64>>,
    /// Profiles that any row has; the width of a bit row.
    profiles: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct ClassKey {
    skills: Box<[SkillLevel]>,
    channels: Box<[ChannelNo]>,
    site: Option<SiteNo>,
    is_bot: bool,
}

/// What an agent brings.
#[derive(Debug, Clone, Copy)]
pub struct Kind<'a> {
    pub skills: &'a [SkillLevel],
    pub channels: &'a [ChannelNo],
    pub site: Option<SiteNo>,
    pub is_bot: bool,
}

#[derive(Debug)]
struct Class {
    key: ClassKey,
    agents: u32,
    /// Of them, those who are Available or in Aux.
    there: u32,
}

/// The profiles that a class serves, by group.
#[derive(Debug, Default)]
pub struct Row {
    segments: SmallVec<[Segment; 4]>,
    entries: SmallVec<[Entry; ENTRIES_INLINE]>,
    /// For a class that serves many: the same as bits, cheaper to scan against those that have contacts.
    pub bits: Option<Vec<u64>>,
}

/// A profile above, the score below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry(u32);

impl Entry {
    fn new(profile: ProfileNo, score: Score) -> Entry {
        Entry(profile.0 << 16 | u32::from(score))
    }
    #[inline]
    pub fn profile(self) -> ProfileNo {
        ProfileNo(self.0 >> 16)
    }
    #[inline]
    pub fn score(self) -> Score {
        self.0 as Score
    }
}

/// The part of a row that belongs to one group of the demand.
#[derive(Debug, Clone, Copy)]
pub struct Segment {
    pub group: u16,
    pub lane: u8,
    /// Where it ends and the next begins.
    end: u32,
}

/// A row of entries costs 4 bytes each to scan, a bit row an eighth of a byte for every profile there is.
const ENTRIES_PER_PROFILE: usize = 32;
const SPARSE_ENTRIES: usize = 64;
/// Most classes serve fewer; then the whole row is read without following a pointer.
const ENTRIES_INLINE: usize = 24;

impl Row {
    #[inline]
    pub fn segments(&self) -> impl Iterator<Item = (&Segment, &[Entry])> {
        let mut start = 0;
        self.segments.iter().map(move |segment| {
            let entries = &self.entries[start..segment.end as usize];
            start = segment.end as usize;
            (segment, entries)
        })
    }
}

impl Classes {
    /// Counts one more agent of this kind; true when the class is new and its row is to be filled.
    pub fn join(&mut self, kind: Kind<'_>) -> (u32, bool) {
        let key = ClassKey {
            skills: kind.skills.into(),
            channels: kind.channels.into(),
            site: kind.site,
            is_bot: kind.is_bot,
        };
        if let Some(&class) = self.numbers.get(&key) {
            self.all[class as usize].agents += 1;
            return (class, false);
        }
        let new = Class { key: key.clone(), agents: 1, there: 0 };
        let class = match self.free.pop() {
            Some(class) => {
                self.all[class as usize] = new;
                class
            }
            None => {
                self.all.push(new);
                self.rows.push(Row::default());
                (self.all.len() - 1) as u32
            }
        };
        for have in &key.skills {
            if self.at_least.len() <= have.skill.index() {
                self.at_least.resize_with(have.skill.index() + 1, Default::default);
            }
            for level in 0..have.level.get() as usize {
                bits::set(&mut self.at_least[have.skill.index()][level], class as usize);
            }
        }
        for channel in &key.channels {
            if self.on_channel.len() <= channel.index() {
                self.on_channel.resize_with(channel.index() + 1, Vec::new);
            }
            bits::set(&mut self.on_channel[channel.index()], class as usize);
        }
        self.numbers.insert(key, class);
        (class, true)
    }

    /// So many agents of the class who were there are not any more, and so many are.
    pub fn count_there(&mut self, class: u32, were: u32, are: u32) {
        let there = &mut self.all[class as usize].there;
        *there = *there - were + are;
    }

    /// Agents who are there and have these skills, on whatever channel; of people alone, if so asked.
    pub fn there_for(&self, requirement: &Requirement, person: bool) -> u64 {
        self.there(requirement, person).map(|class| u64::from(class.there)).sum()
    }

    /// Whether there is any of them.
    pub fn is_anybody_there(&self, requirement: &Requirement, person: bool) -> bool {
        self.there(requirement, person).next().is_some()
    }

    fn there(&self, requirement: &Requirement, person: bool) -> impl Iterator<Item = &Class> {
        let there = self.all.iter().filter(move |class| class.there > 0 && !(person && class.key.is_bot));
        there.filter(|class| skill::score(&class.key.skills, requirement).is_some())
    }

    /// Counts one agent less; true when it was the last and the class is to be dissolved.
    pub fn leave(&mut self, class: u32) -> bool {
        let class = &mut self.all[class as usize];
        class.agents -= 1;
        class.agents == 0
    }

    pub fn dissolve(&mut self, class: u32) {
        let key = self.all[class as usize].key.clone();
        for have in &key.skills {
            for level in &mut self.at_least[have.skill.index()] {
                bits::clear(level, class as usize);
            }
        }
        for channel in &key.channels {
            bits::clear(&mut self.on_channel[channel.index()], class as usize);
        }
        self.numbers.remove(&key);
        self.rows[class as usize] = Row::default();
        self.free.push(class);
    }

    /// The classes that serve a profile, with how well they do.
    pub fn qualified(&self, key: &ProfileKey) -> Vec<(u32, Fit)> {
        let classes = self.able(key.channel, (key.site, key.person), &key.requirement);
        let fit = |class: u32| {
            let skills = &self.all[class as usize].key.skills;
            Fit::of(skills, key).expect("a qualified class has the skills")
        };
        classes.map(|class| (class, fit(class))).collect()
    }

    /// Whether any class has what is asked for.
    pub fn is_served(&self, ask: &Ask) -> bool {
        self.able(ask.channel, (ask.site, ask.person), &ask.requirement).next().is_some()
    }

    /// The classes of agents who have what is required and work on the channel, wherever they are.
    pub fn anywhere<'a>(
        &'a self,
        channel: ChannelNo,
        requirement: &'a Requirement,
        person: bool,
    ) -> impl Iterator<Item = u32> + 'a {
        self.able(channel, (None, person), requirement)
    }

    fn able(&self, channel: ChannelNo, asked: Asked, requirement: &Requirement) -> impl Iterator<Item = u32> {
        let at_level = |demand: &SkillLevel| {
            let levels = self.at_least.get(demand.skill.index())?;
            Some(&*levels[demand.level.get() as usize - 1])
        };
        let sets: Option<SmallVec<[&[u64]; 16]>> = requirement.as_slice().iter().map(at_level).collect();
        let on_channel = self.on_channel.get(channel.index()).filter(|_| sets.is_some());
        let (on_channel, sets) = (on_channel.map_or(&[][..], Vec::as_slice), sets.unwrap_or_default());
        let classes = on_channel.iter().enumerate().flat_map(move |(at, &word)| {
            let word = sets.iter().fold(word, |word, set| word & set.get(at).copied().unwrap_or(0));
            bits::ones(word).map(move |bit| (at * 64 + bit) as u32)
        });
        classes.filter(move |&class| {
            let ClassKey { site, is_bot, .. } = self.all[class as usize].key;
            is_of(asked, site, is_bot)
        })
    }

    pub fn add_to_row(&mut self, class: u32, profile: ProfileNo, score: Score, group: u16, lane: u8) {
        self.profiles = self.profiles.max(profile.index() + 1);
        let row = &mut self.rows[class as usize];
        let at = match row.segments.iter().position(|segment| segment.group >= group) {
            Some(at) if row.segments[at].group == group => at,
            found => {
                let at = found.unwrap_or(row.segments.len());
                let end = at.checked_sub(1).map_or(0, |before| row.segments[before].end);
                row.segments.insert(at, Segment { group, lane, end });
                at
            }
        };
        row.entries.insert(row.segments[at].end as usize, Entry::new(profile, score));
        for segment in &mut row.segments[at..] {
            segment.end += 1;
        }
        if let Some(bits) = &mut row.bits {
            bits::set(bits, profile.index());
        }
    }

    pub fn remove_from_row(&mut self, class: u32, profile: ProfileNo) {
        let row = &mut self.rows[class as usize];
        let position = row.entries.iter().position(|entry| entry.profile() == profile);
        let position = position.expect("a class in a profile's column has it in its row");
        row.entries.remove(position);
        for segment in row.segments.iter_mut().filter(|segment| segment.end as usize > position) {
            segment.end -= 1;
        }
        let mut start = 0;
        row.segments.retain(|segment| std::mem::replace(&mut start, segment.end) < segment.end);
        if let Some(bits) = &mut row.bits {
            bits::clear(bits, profile.index());
        }
    }

    /// Chooses for each row the form that is cheaper to scan.
    pub fn judge_rows(&mut self, classes: impl Iterator<Item = u32>) {
        let sparse_max = SPARSE_ENTRIES.max(self.profiles / ENTRIES_PER_PROFILE);
        for class in classes {
            let row = &mut self.rows[class as usize];
            if row.entries.len() <= sparse_max {
                row.bits = None;
            } else if row.bits.is_none() {
                let mut words = vec![];
                for entry in &row.entries {
                    bits::set(&mut words, entry.profile().index());
                }
                row.bits = Some(words);
            }
        }
    }

    /// Lets contacts of every profile that the class serves on this lane look as high as its score again.
    pub fn raise_hints(&self, class: u32, lane: u8, columns: &mut Columns) {
        let row = &self.rows[class as usize];
        for (segment, entries) in row.segments().filter(|(segment, _)| segment.lane == lane) {
            match &row.bits {
                None => columns.raise_hints(entries),
                Some(bits) => columns.reset_hints(segment.group, bits),
            }
        }
    }

    /// A scan of the row is about to come.
    #[inline]
    pub fn expect_row(&self, class: u32) {
        if let Some(row) = self.rows.get(class as usize) {
            prefetch(row);
            prefetch(&row.entries);
            prefetch(&row.bits);
        }
    }

    #[inline]
    pub fn row_of(&self, class: u32) -> &Row {
        &self.rows[class as usize]
    }

    /// The profiles that the class serves, with its score on each.
    pub fn row(&self, class: u32) -> Vec<(ProfileNo, Score)> {
        self.rows[class as usize].entries.iter().map(|entry| (entry.profile(), entry.score())).collect()
    }

    pub fn qualifies(&self, class: u32, key: &ProfileKey) -> bool {
        let class = &self.all[class as usize].key;
        class.channels.contains(&key.channel)
            && is_of((key.site, key.person), class.site, class.is_bot)
            && skill::score(&class.skills, &key.requirement).is_some()
    }

    /// One past the highest class number.
    pub fn len(&self) -> usize {
        self.all.len()
    }
}

/// The site that is asked for, if any, and whether a person is.
pub type Asked = (Option<SiteNo>, bool);

/// Whether an agent of this site, or of none, may have what asks for that one, or for none, and a bot what asks for no person.
pub fn is_of((asked, person): Asked, site: Option<SiteNo>, is_bot: bool) -> bool {
    (asked.is_none() || asked == site) && !(person && is_bot)
}
