//! Columns: per profile the classes that serve it, best score first, cut into tiers of equal score.
//!
//! A **hint** per profile says how high the best tier is that can still hold a free agent: searches that find tiers
//! empty lower it, a class that becomes free raises it. So a contact that nobody can take learns it from one look.

use model::config::Method;
use model::{ChannelNo, ProfileNo};

use super::bits;
use super::classes::{Entry, Kind, Score, is_of};
use super::order::Order;
use super::preference::Fit;
use crate::prefetch::prefetch;
use crate::state::profiles::ProfileKey;

#[derive(Debug, Default)]
pub struct Columns {
    all: Vec<Option<Column>>,
    /// By profile: no free agent has a higher score.
    hints: Vec<Score>,
    /// By group of the demand: profiles whose hint is to be taken as highest.
    resets: Vec<Vec<u64>>,
}

#[derive(Debug)]
pub struct Column {
    key: ProfileKey,
    pub lane: u8,
    pub order: Order,
    /// Whether levels count, or all who qualify and have as many of the preferred skills are one tier.
    by_score: bool,
    /// Classes, by tier, then by number.
    members: Vec<u32>,
    tiers: Vec<Tier>,
}

#[derive(Debug)]
pub struct Tier {
    pub score: Score,
    start: u32,
    end: u32,
    /// For a large tier: the same classes as bits.
    pub bits: Option<Vec<u64>>,
}

/// From so many members on, and from one in so many classes on, scanning bit words beats scanning members: every word costs,
/// whether it has a member or not. The set is given up below half of it.
const BITS_FROM: u32 = 128;
const CLASSES_PER_MEMBER: u32 = 32;
pub const SCORE_HIGHEST: Score = Score::MAX;

impl Columns {
    pub fn open(
        &mut self,
        profile: ProfileNo,
        key: &ProfileKey,
        lane: u8,
        method: Method,
        qualified: Vec<(u32, Fit)>,
    ) {
        if self.all.len() <= profile.index() {
            self.all.resize_with(profile.index() + 1, || None);
            self.hints.resize(profile.index() + 1, 0);
        }
        let by_score = method == Method::BestSkill;
        let mut column = Column {
            key: key.clone(),
            lane,
            order: Order::of(method),
            by_score,
            members: vec![],
            tiers: vec![],
        };
        let mut scored: Vec<(Score, u32)> =
            qualified.into_iter().map(|(class, fit)| (column.score(fit), class)).collect();
        scored.sort_unstable_by_key(|&(score, class)| (std::cmp::Reverse(score), class));
        for (position, &(score, class)) in scored.iter().enumerate() {
            if column.tiers.last().is_none_or(|tier| tier.score != score) {
                let start = position as u32;
                column.tiers.push(Tier { score, start, end: start, bits: None });
            }
            column.tiers.last_mut().expect("a tier was just ensured").end += 1;
            column.members.push(class);
        }
        for tier in &mut column.tiers {
            tier.judge_bits(&column.members);
        }
        self.all[profile.index()] = Some(column);
    }

    /// One that was never opened may be closed.
    pub fn close(&mut self, profile: ProfileNo) {
        if let Some(column) = self.all.get_mut(profile.index()) {
            *column = None;
            self.hints[profile.index()] = 0;
        }
    }

    /// A search down the column is about to come.
    #[inline]
    pub fn expect(&self, profile: ProfileNo) {
        if let Some(column) = self.all.get(profile.index()) {
            prefetch(column);
        }
    }

    #[inline]
    pub fn get(&self, profile: ProfileNo) -> Option<&Column> {
        self.all.get(profile.index())?.as_ref()
    }

    /// Whether anybody in the roster serves the profile.
    #[inline]
    pub fn is_served(&self, profile: ProfileNo) -> bool {
        self.get(profile).is_some_and(|column| !column.members.is_empty())
    }

    /// The classes of a column with their scores.
    pub fn members(&self, profile: ProfileNo) -> impl Iterator<Item = (u32, Score)> + use<> {
        let mut members = vec![];
        if let Some(column) = self.get(profile) {
            for tier in &column.tiers {
                members.extend(column.members_of(tier).iter().map(|&class| (class, tier.score)));
            }
        }
        members.into_iter()
    }

    /// The open profiles that agents of this kind serve: profile, score and lane.
    pub fn served_by(&self, kind: Kind<'_>) -> Vec<(ProfileNo, Score, u8)> {
        let mut served = vec![];
        for (number, column) in self.all.iter().enumerate() {
            let Some(column) = column else { continue };
            if kind.channels.contains(&column.key.channel)
                && is_of((column.key.site, column.key.person), kind.site, kind.is_bot)
                && let Some(fit) = Fit::of(kind.skills, &column.key)
            {
                served.push((ProfileNo(number as u32), column.score(fit), column.lane));
            }
        }
        served
    }

    pub fn add_member(&mut self, profile: ProfileNo, class: u32, score: Score) {
        let column = self.all[profile.index()].as_mut().expect("the column is open");
        let at = column.tiers.partition_point(|tier| tier.score > score);
        if column.tiers.get(at).is_none_or(|tier| tier.score != score) {
            let start = column.tiers.get(at).map_or(column.members.len() as u32, |tier| tier.start);
            column.tiers.insert(at, Tier { score, start, end: start, bits: None });
        }
        let within = column.members_of(&column.tiers[at]).partition_point(|&member| member < class);
        column.members.insert(column.tiers[at].start as usize + within, class);
        column.tiers[at].end += 1;
        for tier in &mut column.tiers[at + 1..] {
            tier.start += 1;
            tier.end += 1;
        }
        let Column { members, tiers, .. } = column;
        if let Some(bits) = &mut tiers[at].bits {
            bits::set(bits, class as usize);
        }
        tiers[at].judge_bits(members);
    }

    pub fn remove_member(&mut self, profile: ProfileNo, class: u32, score: Score) {
        let column = self.all[profile.index()].as_mut().expect("the column is open");
        let at = column.tiers.partition_point(|tier| tier.score > score);
        let within = column.members_of(&column.tiers[at]).binary_search(&class);
        let within = within.expect("a class is in the column of every profile in its row");
        column.members.remove(column.tiers[at].start as usize + within);
        column.tiers[at].end -= 1;
        for tier in &mut column.tiers[at + 1..] {
            tier.start -= 1;
            tier.end -= 1;
        }
        let Column { members, tiers, .. } = column;
        if let Some(bits) = &mut tiers[at].bits {
            bits::clear(bits, class as usize);
        }
        tiers[at].judge_bits(members);
        if tiers[at].start == tiers[at].end {
            tiers.remove(at);
        }
    }

    pub fn raise_hint(&mut self, profile: ProfileNo) {
        self.hints[profile.index()] = SCORE_HIGHEST;
    }

    #[inline]
    pub fn raise_hints(&mut self, entries: &[Entry]) {
        for entry in entries {
            let hint = &mut self.hints[entry.profile().index()];
            *hint = (*hint).max(entry.score());
        }
    }

    /// For a class that serves so many profiles that raising each hint would be dear.
    pub fn reset_hints(&mut self, group: u16, profiles: &[u64]) {
        if self.resets.len() <= group as usize {
            self.resets.resize_with(group as usize + 1, Vec::new);
        }
        let resets = &mut self.resets[group as usize];
        if resets.len() < profiles.len() {
            resets.resize(profiles.len(), 0);
        }
        for (reset, word) in resets.iter_mut().zip(profiles) {
            *reset |= word;
        }
    }

    /// No free agent of the profile has a higher score than this; `group` is the profile's.
    #[inline]
    pub fn take_hint(&mut self, profile: ProfileNo, group: u16) -> Score {
        if let Some(resets) = self.resets.get_mut(group as usize)
            && bits::has(resets, profile.index())
        {
            bits::clear(resets, profile.index());
            self.hints[profile.index()] = SCORE_HIGHEST;
        }
        self.hints[profile.index()]
    }

    #[inline]
    pub fn lower_hint(&mut self, profile: ProfileNo, score: Score) {
        self.hints[profile.index()] = score;
    }
}

impl Column {
    pub fn len(&self) -> usize {
        self.members.len()
    }

    pub fn channel(&self) -> ChannelNo {
        self.key.channel
    }

    /// Whether its contacts are indirect and count as live.
    pub fn is_pressed(&self) -> bool {
        self.key.pressure.is_some()
    }

    fn score(&self, fit: Fit) -> Score {
        fit.score(self.by_score)
    }

    #[inline]
    pub fn members_of(&self, tier: &Tier) -> &[u32] {
        &self.members[tier.start as usize..tier.end as usize]
    }

    /// Tiers that can hold a free agent when none has a higher score than `hint`.
    #[inline]
    pub fn tiers_from(&self, hint: Score) -> &[Tier] {
        let first = self.tiers.iter().position(|tier| tier.score <= hint).unwrap_or(self.tiers.len());
        &self.tiers[first..]
    }
}

impl Tier {
    fn judge_bits(&mut self, members: &[u32]) {
        let len = self.end - self.start;
        let classes =
            members[self.start as usize..self.end as usize].last().map_or(0, |&highest| highest + 1);
        let from = BITS_FROM.max(classes / CLASSES_PER_MEMBER);
        if len < from / 2 {
            self.bits = None;
        } else if len >= from && self.bits.is_none() {
            let mut words = vec![];
            for &class in &members[self.start as usize..self.end as usize] {
                bits::set(&mut words, class as usize);
            }
            self.bits = Some(words);
        }
    }
}
