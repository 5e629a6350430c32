//! What is known of customers: their open contacts, and those that ended lately, in bounded memory.

use model::row::RememberedRow;
use model::{AgentNo, ChannelNo, ContactId, ContactNo, MatterRef, Outcome, QueueNo, Time};
use siphasher::sip128::SipHasher13;
use smallvec::SmallVec;

use super::closed::{join, split};
use super::id_index::{HashIndex, IdHash};
use super::paged::Paged;
use super::ring::Ring;

/// Of a customer's contacts that ended, so many of the last are looked at; of those that count, so many are told.
const LOOKED_AT_MAX: usize = 32;
pub const HISTORY_MAX: usize = 8;
/// Contacts forgotten at each end; two for one keeps up with any past peak without ever pausing.
pub const FORGOTTEN_PER_END: usize = 2;

#[derive(Debug)]
pub struct Customers {
    key: [u8; 16],
    index: HashIndex,
    slots: Paged<Customer>,
    free: Paged<u32>,
    /// By a contact's place: its customer's slot. Means nothing for contacts without one.
    slot_of: Paged<u32>,
    ended: Ring<Ended>,
}

#[derive(Debug, Default, Clone)]
struct Customer {
    hash: [u64; 2],
    /// Its open contacts, by number.
    open: SmallVec<[ContactNo; 2]>,
    /// The last of its contacts that ended, while that is remembered.
    latest: Option<u64>,
}

/// A contact that ended.
#[derive(Debug)]
pub struct Ended {
    slot: u32,
    /// The one before of the same customer, if it is still remembered.
    previous: Option<u64>,
    pub facts: EndedFacts,
}

#[derive(Debug, Clone)]
pub struct EndedFacts {
    pub contact: ContactId,
    pub matter: Option<MatterRef>,
    pub channel: ChannelNo,
    pub queue: QueueNo,
    pub agent: Option<AgentNo>,
    pub outcome: Outcome,
    pub arrived_at: Time,
    pub ended_at: Time,
}

impl Customers {
    pub fn new(key: [u8; 16]) -> Customers {
        Customers {
            key,
            index: HashIndex::default(),
            slots: Paged::default(),
            free: Paged::default(),
            slot_of: Paged::default(),
            ended: Ring::default(),
        }
    }

    /// The customer's open contacts, by number.
    pub fn open_of(&self, customer: &str) -> &[ContactNo] {
        self.find(self.hash(customer)).map_or(&[], |slot| &self.slots[slot as usize].open)
    }

    /// As [`Customers::open_of`], for the customer of this open contact, which has one.
    pub fn open_beside(&self, contact: ContactNo) -> &[ContactNo] {
        &self.slots[self.slot_of[contact.place() as usize] as usize].open
    }

    /// The customer's last contacts that ended, latest first.
    pub fn ended_of(&self, customer: &str) -> impl Iterator<Item = &EndedFacts> {
        let latest = self.find(self.hash(customer)).and_then(|slot| self.slots[slot as usize].latest);
        self.ended_from(latest)
    }

    pub fn ended_beside(&self, contact: ContactNo) -> impl Iterator<Item = &EndedFacts> {
        let slot = self.slot_of[contact.place() as usize];
        self.ended_from(self.slots[slot as usize].latest)
    }

    fn ended_from(&self, latest: Option<u64>) -> impl Iterator<Item = &EndedFacts> {
        let get = |sequence: Option<u64>| self.ended.get(sequence?);
        let ended = std::iter::successors(get(latest), move |ended| get(ended.previous));
        ended.take(LOOKED_AT_MAX).map(|ended| &ended.facts)
    }

    /// An open contact is known to be this customer's.
    pub fn add_open(&mut self, customer: &str, contact: ContactNo) {
        let slot = self.slot_for(self.hash(customer));
        let open = &mut self.slots[slot as usize].open;
        open.insert(open.partition_point(|other| *other < contact), contact);
        let place = contact.place() as usize;
        self.slot_of.grow_to(place + 1);
        self.slot_of[place] = slot;
    }

    /// The contact, which has a customer, has ended.
    pub fn end(&mut self, contact: ContactNo, facts: EndedFacts) {
        let slot = self.slot_of[contact.place() as usize];
        self.slots[slot as usize].open.retain(|other| *other != contact);
        self.remember(slot, facts);
    }

    fn remember(&mut self, slot: u32, facts: EndedFacts) {
        let previous = self.slots[slot as usize].latest;
        let sequence = self.ended.push(Ended { slot, previous, facts });
        self.slots[slot as usize].latest = Some(sequence);
    }

    /// Forgets the oldest when it ended at or before `limit`, or more than `count_max` are remembered.
    pub fn forget(&mut self, limit: Time, count_max: usize) {
        for _ in 0..FORGOTTEN_PER_END {
            let is_over = |oldest: &&Ended| oldest.facts.ended_at <= limit || self.ended.len() > count_max;
            let Some(slot) = self.ended.oldest().filter(is_over).map(|oldest| oldest.slot) else { return };
            let sequence = self.ended.first();
            self.ended.forget_oldest();
            let customer = &mut self.slots[slot as usize];
            if customer.latest == Some(sequence) {
                customer.latest = None;
                self.free_if_unknown(slot);
            }
        }
    }

    fn free_if_unknown(&mut self, slot: u32) {
        let customer = &mut self.slots[slot as usize];
        if customer.open.is_empty() {
            let hash = join(std::mem::take(customer).hash);
            self.index.remove(hash as u64, slot);
            self.free.push(slot);
        }
    }

    fn slot_for(&mut self, hash: IdHash) -> u32 {
        if let Some(slot) = self.find(hash) {
            return slot;
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Customer::default());
            (self.slots.len() - 1) as u32
        });
        self.slots[slot as usize].hash = split(hash);
        self.index.insert(hash as u64, slot);
        slot
    }

    fn find(&self, hash: IdHash) -> Option<u32> {
        self.index.find(hash as u64, |slot| self.slots[slot as usize].hash == split(hash))
    }

    /// Anybody may choose how a customer is called, as with ids of contacts.
    fn hash(&self, customer: &str) -> IdHash {
        SipHasher13::new_with_key(&self.key).hash(customer.as_bytes()).as_u128()
    }

    /// Oldest first.
    pub fn rows(&self) -> impl Iterator<Item = RememberedRow> + '_ {
        self.ended.iter().map(|ended| {
            let facts = ended.facts.clone();
            RememberedRow {
                customer_hash: join(self.slots[ended.slot as usize].hash),
                contact: facts.contact,
                matter: facts.matter,
                channel: facts.channel,
                queue: facts.queue,
                agent: facts.agent,
                outcome: facts.outcome,
                arrived_at: facts.arrived_at,
                ended_at: facts.ended_at,
            }
        })
    }

    pub fn load(&mut self, row: RememberedRow) {
        let slot = self.slot_for(row.customer_hash);
        let facts = EndedFacts {
            contact: row.contact,
            matter: row.matter,
            channel: row.channel,
            queue: row.queue,
            agent: row.agent,
            outcome: row.outcome,
            arrived_at: row.arrived_at,
            ended_at: row.ended_at,
        };
        self.remember(slot, facts);
    }
}
