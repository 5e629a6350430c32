//! Profiles by number: the distinct (queue, channel, site, ageing, requirement, pressure, preference) that contacts ask for.

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use model::{ChannelNo, Millis, ProfileNo, QueueNo, Requirement, SiteNo};

/// Distinct profiles of one tenant; each costs a list entry in every class that serves it.
pub const PROFILES_MAX: usize = 65_536;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProfileKey {
    pub queue: QueueNo,
    pub channel: ChannelNo,
    pub ageing_per_minute: u32,
    pub requirement: Requirement,
    /// Its contacts are indirect and count as live ones that arrived so long before their deadlines.
    pub pressure: Option<Millis>,
    /// Only agents of this site serve it.
    pub site: Option<SiteNo>,
    /// Agents with more of these skills come first; nothing in a queue that prefers none.
    pub preference: Option<Arc<Requirement>>,
    /// No bot serves it.
    pub person: bool,
}

/// What a contact asks for in whatever queue, and never lets go.
#[derive(Debug, Clone, Copy)]
pub struct Lasting {
    pub channel: ChannelNo,
    pub site: Option<SiteNo>,
    pub person: bool,
}

impl ProfileKey {
    pub fn lasting(&self) -> Lasting {
        Lasting { channel: self.channel, site: self.site, person: self.person }
    }
}

/// The part of a key that every decision about a contact asks for.
#[derive(Debug, Clone, Copy)]
pub struct Brief {
    pub queue: QueueNo,
    pub channel: ChannelNo,
    pub is_pressed: bool,
    pub ageing_per_minute: u32,
}

#[derive(Debug, Default)]
pub struct Profiles {
    keys: Vec<Option<ProfileKey>>,
    /// Of each key, packed: a thousand stay in the nearest cache. What stands for a closed one means nothing.
    briefs: Vec<Brief>,
    numbers: HashTable<ProfileNo>,
    hasher: RandomState,
    /// Open contacts of each.
    contacts: Vec<u32>,
}

/// What a new contact's profile needs before it can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    Known(ProfileNo),
    New(ProfileNo),
    /// The number is taken from a profile that nobody asks for any more.
    Reused(ProfileNo),
    Full,
}

impl Profiles {
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    pub fn find(&self, key: &ProfileKey) -> Opening {
        let hash = self.hasher.hash_one(key);
        let is_it = |number: &ProfileNo| self.keys[number.index()].as_ref() == Some(key);
        if let Some(&number) = self.numbers.find(hash, is_it) {
            return Opening::Known(number);
        }
        if self.keys.len() < PROFILES_MAX {
            return Opening::New(ProfileNo(self.keys.len() as u32));
        }
        match self.contacts.iter().position(|&contacts| contacts == 0) {
            Some(number) => Opening::Reused(ProfileNo(number as u32)),
            None => Opening::Full,
        }
    }

    pub fn open(&mut self, number: ProfileNo, key: ProfileKey) {
        let brief = Brief {
            queue: key.queue,
            channel: key.channel,
            is_pressed: key.pressure.is_some(),
            ageing_per_minute: key.ageing_per_minute,
        };
        if self.keys.len() <= number.index() {
            self.keys.resize(number.index() + 1, None);
            self.briefs.resize(number.index() + 1, brief);
            self.contacts.resize(number.index() + 1, 0);
        }
        self.briefs[number.index()] = brief;
        let hash = self.hasher.hash_one(&key);
        self.keys[number.index()] = Some(key);
        let (keys, hasher) = (&self.keys, &self.hasher);
        self.numbers.insert_unique(hash, number, |number| {
            let key = keys[number.index()].as_ref();
            hasher.hash_one(key.expect("an open profile has a key"))
        });
    }

    pub fn close(&mut self, number: ProfileNo) {
        let key = self.keys[number.index()].take().expect("a profile that is closed is open");
        let hash = self.hasher.hash_one(&key);
        self.numbers.find_entry(hash, |known| *known == number).expect("an open profile is indexed").remove();
    }

    pub fn key(&self, number: ProfileNo) -> &ProfileKey {
        self.keys[number.index()].as_ref().expect("an open contact's profile is open")
    }

    #[inline]
    pub fn brief(&self, number: ProfileNo) -> Brief {
        self.briefs[number.index()]
    }

    /// Open profiles by number.
    pub fn iter(&self) -> impl Iterator<Item = (ProfileNo, &ProfileKey)> {
        let numbered = self.keys.iter().enumerate();
        numbered.filter_map(|(number, key)| Some((ProfileNo(number as u32), key.as_ref()?)))
    }

    pub fn add_contact(&mut self, number: ProfileNo) {
        self.contacts[number.index()] += 1;
    }

    pub fn remove_contact(&mut self, number: ProfileNo) {
        self.contacts[number.index()] -= 1;
    }

    pub fn contacts(&self, number: ProfileNo) -> u32 {
        self.contacts[number.index()]
    }
}
