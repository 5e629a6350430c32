//! Open contacts, in places.
//!
//! A record is two cache lines: what the matcher touches, and what an input by id touches. What few contacts have (agents
//! they keep away from) is kept aside.

use std::sync::Arc;

use model::row::{ContactState, ScheduleState};
use model::transition::{KnownWhy, Place};
use model::{AgentNo, ContactBody, ContactNo, OfferNo, ProfileNo, Time};

use super::aversions::{Aversion, Aversions};
use super::closed::{join, split};
use super::id_index::IdHash;
use super::places::Places;
use super::timers::TimerRef;
use crate::prefetch::prefetch;
use crate::state::contacts::Status::{
    Active, Nowhere, Offered, Parked, Quiet, Scheduled, WaitingInQueue, WaitingPreferred, WrapUp,
};

pub const NIL: u32 = u32::MAX;

/// There are agents it keeps away from.
const AVERSION: u8 = 1;
/// It is scheduled: [`super::schedule`] knows it.
const SCHEDULE: u8 = 2;
/// And not answered.
const WINDOW: u8 = 4;
/// It waits in its queue, and it was said that nobody can take it.
const UNSERVABLE: u8 = 8;
/// [`super::servable`] knows it.
const DOUBTED: u8 = 16;
/// Something else was said of it than is.
const UNSETTLED: u8 = 32;
/// Another channel is proposed to its customer: what overflow made of it says which.
const PROPOSAL: u8 = 64;
/// Of its customer's silence something is known: [`super::quiet`] says what.
const SILENCE: u8 = 128;

#[derive(Debug)]
#[repr(C, align(64))]
pub struct Contact {
    /// Lowest first. Live: `ageing x arrival - 60,000 x points`; pressed: the same, with what stands for its arrival; indirect: the
    /// deadline.
    pub key: i64,
    pub number: ContactNo,
    pub arrived_at: Time,
    /// The key of the next in its queue's list; here, because taking the first of a list must tell the new first's key.
    pub next_key: i64,
    /// Neighbours in its queue's list; before the first there is none, whatever stands here.
    pub previous: u32,
    pub next: u32,
    pub profile: ProfileNo,
    /// Whoever it is offered to, held by, or waits for.
    pub agent: AgentNo,
    pub points: i32,
    pub timer: TimerRef,
    /// The agent it prefers; `NIL` for none.
    preferred: u32,
    pub status: Status,
    /// Which list of its profile it waits in.
    pub line: u8,
    /// What few contacts have: [`AVERSION`], [`SCHEDULE`], [`WINDOW`], [`UNSERVABLE`], [`DOUBTED`], [`UNSETTLED`],
    /// [`PROPOSAL`], [`SILENCE`].
    aside: u8,
    /// Whether [`super::customers`] knows it.
    pub has_customer: bool,

    id_hash: [u64; 2],
    pub digest: u64,
    /// When its offer, wrap-up, preference or what else it is in ends.
    pub until: Time,
    pub offer: OfferNo,
    /// Nothing in a vacant place.
    body: Option<Arc<ContactBody>>,
    /// Where they stand, if it does.
    aversion: u32,
    /// How many relaxation steps of its queue it took.
    pub step: u8,
    /// Why it prefers that agent, when its customer is the reason.
    pub known: Option<KnownWhy>,
    /// Whether its deadline was found near while it was in its present queue.
    pub is_pressed: bool,
    /// Updated while it was in an agent's hands: classified anew when it comes back.
    pub to_classify: bool,
    /// When it came to its present queue.
    pub entered_at: Time,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Arrived or returned, and about to be placed.
    Nowhere,
    WaitingInQueue,
    WaitingPreferred,
    Offered,
    Active,
    WrapUp,
    /// Put off.
    Scheduled,
    /// Interrupted, or its agent was signed out: with its agent, and nothing of its capacity.
    Parked,
    /// Nobody's until its customer writes again; `agent` had it.
    Quiet,
}

impl Status {
    /// In its queue or for one agent.
    pub fn is_waiting(self) -> bool {
        match self {
            WaitingInQueue | WaitingPreferred => true,
            Nowhere | Offered | Active | WrapUp | Scheduled | Parked | Quiet => false,
        }
    }

    /// In an agent's hands, holding its capacity.
    pub fn is_held(self) -> bool {
        match self {
            Offered | Active | WrapUp => true,
            Nowhere | WaitingInQueue | WaitingPreferred | Scheduled | Parked | Quiet => false,
        }
    }

    /// In an agent's hands or parked with it.
    pub fn has_agent(self) -> bool {
        self.is_held() || self == Parked
    }
}

const VACANT: Contact = Contact {
    key: 0,
    number: ContactNo(u64::MAX),
    arrived_at: Time(0),
    next_key: 0,
    previous: NIL,
    next: NIL,
    profile: ProfileNo(NIL),
    agent: AgentNo(NIL),
    points: 0,
    timer: TimerRef::NONE,
    preferred: NIL,
    status: Nowhere,
    line: 0,
    aside: 0,
    has_customer: false,
    id_hash: [0; 2],
    digest: 0,
    until: Time(0),
    offer: OfferNo(0),
    body: None,
    aversion: NIL,
    step: 0,
    known: None,
    is_pressed: false,
    to_classify: false,
    entered_at: Time(0),
};

impl Contact {
    fn is_vacant(&self) -> bool {
        self.number == VACANT.number
    }

    pub fn body(&self) -> &Arc<ContactBody> {
        self.body.as_ref().expect("an open contact has a body")
    }

    pub fn body_mut(&mut self) -> &mut ContactBody {
        Arc::make_mut(self.body.as_mut().expect("an open contact has a body"))
    }

    pub fn into_body(self) -> Arc<ContactBody> {
        self.body.expect("an open contact has a body")
    }

    pub fn preferred(&self) -> Option<AgentNo> {
        (self.preferred != NIL).then_some(AgentNo(self.preferred))
    }

    pub fn set_preferred(&mut self, agent: Option<AgentNo>, known: Option<KnownWhy>) {
        self.preferred = agent.map_or(NIL, |agent| agent.0);
        self.known = known;
    }

    /// Whether it waits for the agent who has what it belongs to; that agent gets it before anything else.
    pub fn belongs_to_its_agent(&self) -> bool {
        match self.known {
            Some(KnownWhy::Matter | KnownWhy::Companion) => true,
            Some(KnownWhy::LastAgent) | None => false,
        }
    }

    fn has_aversion(&self) -> bool {
        self.aside & AVERSION != 0
    }

    /// Whether it is scheduled, and no agent has accepted it since it was put off.
    #[inline]
    pub fn has_window(&self) -> bool {
        self.aside & WINDOW != 0
    }

    pub fn is_scheduled(&self) -> bool {
        self.aside & SCHEDULE != 0
    }

    /// Whether its customer may answer to a proposal.
    #[inline]
    pub fn has_proposal(&self) -> bool {
        self.aside & PROPOSAL != 0
    }

    pub fn set_proposal(&mut self, has: bool) {
        self.set_aside(PROPOSAL, has);
    }

    #[inline]
    pub fn has_silence(&self) -> bool {
        self.aside & SILENCE != 0
    }

    pub fn set_silence(&mut self, has: bool) {
        self.set_aside(SILENCE, has);
    }

    /// As its schedule says, if it has one.
    pub fn set_schedule(&mut self, schedule: Option<ScheduleState>) {
        self.set_aside(SCHEDULE, schedule.is_some());
        self.set_aside(WINDOW, schedule.is_some_and(|schedule| !schedule.answered));
    }

    /// Whether it was said, since it began to wait in its queue, that nobody in the roster could ever take it.
    #[inline]
    pub fn is_said_unservable(&self) -> bool {
        self.aside & UNSERVABLE != 0
    }

    pub fn set_said_unservable(&mut self, is_unservable: bool) {
        self.set_aside(UNSERVABLE, is_unservable);
    }

    #[inline]
    pub fn is_doubted(&self) -> bool {
        self.aside & DOUBTED != 0
    }

    pub fn set_doubted(&mut self, is_doubted: bool) {
        self.set_aside(DOUBTED, is_doubted);
    }

    #[inline]
    pub fn is_unsettled(&self) -> bool {
        self.aside & UNSETTLED != 0
    }

    pub fn set_unsettled(&mut self, is_unsettled: bool) {
        self.set_aside(UNSETTLED, is_unsettled);
    }

    fn set_aside(&mut self, what: u8, has: bool) {
        self.aside = if has { self.aside | what } else { self.aside & !what };
    }

    pub fn id_hash(&self) -> IdHash {
        join(self.id_hash)
    }

    /// The order among contacts of one group: key, then arrival, then number.
    #[inline]
    pub fn order(&self) -> (i64, Time, ContactNo) {
        (self.key, self.arrived_at, self.number)
    }

    /// Nothing while it is nowhere, which it never is between decisions.
    pub fn state(&self) -> Option<ContactState> {
        let (agent, offer, until) = (self.agent, self.offer, self.until);
        match self.status {
            Nowhere => None,
            WaitingInQueue => Some(ContactState::Waiting(Place::Queue)),
            WaitingPreferred => Some(ContactState::Waiting(Place::Preferred { agent, until })),
            Offered => Some(ContactState::Offered { agent, offer, expires_at: until }),
            Active => Some(ContactState::Active { agent, offer }),
            WrapUp => Some(ContactState::WrapUp { agent, offer, until }),
            Scheduled => Some(ContactState::Scheduled),
            Parked => Some(ContactState::Parked { agent, offer, until: self.parked_until() }),
            Quiet => Some(ContactState::Quiet { agent, offer, until }),
        }
    }
}

/// A new contact as `Contacts::insert` needs it.
#[derive(Debug)]
pub struct NewContact {
    pub number: ContactNo,
    pub profile: ProfileNo,
    pub key: i64,
    pub points: i32,
    pub arrived_at: Time,
    pub id_hash: IdHash,
    pub digest: u64,
    pub body: Arc<ContactBody>,
    pub entered_at: Time,
    pub step: u8,
    pub has_customer: bool,
    pub is_pressed: bool,
}

#[derive(Debug, Default)]
pub struct Contacts {
    pages: Vec<Box<[Contact]>>,
    places: Places,
    aversions: Aversions,
}

/// 256 records are 32 KiB: made within microseconds, and little for a small tenant.
const PAGE: usize = 256;

impl Contacts {
    /// Where the next contact goes; nothing when the tenant is full.
    pub fn lowest_free_place(&self) -> Option<u32> {
        self.places.lowest_free()
    }

    pub fn insert(&mut self, new: NewContact) {
        let place = new.number.place() as usize;
        while self.pages.len() <= place / PAGE {
            self.pages.push((0..PAGE).map(|_| VACANT).collect());
        }
        let slot = &mut self.pages[place / PAGE][place % PAGE];
        assert!(slot.is_vacant(), "a contact arrives at a place that is free");
        *slot = Contact {
            key: new.key,
            number: new.number,
            arrived_at: new.arrived_at,
            profile: new.profile,
            points: new.points,
            id_hash: split(new.id_hash),
            digest: new.digest,
            body: Some(new.body),
            entered_at: new.entered_at,
            step: new.step,
            has_customer: new.has_customer,
            is_pressed: new.is_pressed,
            ..VACANT
        };
        self.places.take(place as u32);
    }

    pub fn remove(&mut self, place: u32) -> Contact {
        let contact = std::mem::replace(self.at_mut(place), VACANT);
        if contact.has_aversion() {
            self.aversions.remove(contact.aversion);
        }
        self.places.release(place);
        contact
    }

    /// The record at this place is about to be read.
    #[inline]
    pub fn expect(&self, place: u32) {
        prefetch(&self.pages[place as usize / PAGE][place as usize % PAGE]);
    }

    /// The contact is about to be taken from its list.
    #[inline]
    pub fn expect_neighbours(&self, contact: &Contact) {
        for place in [contact.previous, contact.next] {
            if place != NIL {
                self.expect(place);
            }
        }
    }

    #[inline]
    pub fn at(&self, place: u32) -> &Contact {
        let contact = &self.pages[place as usize / PAGE][place as usize % PAGE];
        debug_assert!(!contact.is_vacant(), "a place in use holds a contact");
        contact
    }

    #[inline]
    pub fn at_mut(&mut self, place: u32) -> &mut Contact {
        let contact = &mut self.pages[place as usize / PAGE][place as usize % PAGE];
        debug_assert!(!contact.is_vacant(), "a place in use holds a contact");
        contact
    }

    /// The contact of this number; a transition never names one that is not open.
    #[inline]
    pub fn of(&self, number: ContactNo) -> &Contact {
        let contact = self.at(number.place());
        assert!(contact.number == number, "a transition names a contact that is open");
        contact
    }

    /// One past the highest place that ever was in use.
    pub fn places(&self) -> u32 {
        (self.pages.len() * PAGE) as u32
    }

    /// The contact at this place, if there is one.
    pub fn at_place(&self, place: u32) -> Option<&Contact> {
        let contact = &self.pages[place as usize / PAGE][place as usize % PAGE];
        (!contact.is_vacant()).then_some(contact)
    }

    /// The contact of this number if it is still open.
    pub fn get(&self, number: ContactNo) -> Option<&Contact> {
        let place = number.place() as usize;
        let contact = &self.pages.get(place / PAGE)?[place % PAGE];
        (contact.number == number).then_some(contact)
    }

    pub fn of_mut(&mut self, number: ContactNo) -> &mut Contact {
        let contact = self.at_mut(number.place());
        assert!(contact.number == number, "a transition names a contact that is open");
        contact
    }

    /// By place.
    pub fn iter(&self) -> impl Iterator<Item = &Contact> {
        self.pages.iter().flat_map(|page| page.iter()).filter(|contact| !contact.is_vacant())
    }

    pub fn aversion(&self, place: u32) -> Option<&Aversion> {
        let contact = self.at(place);
        contact.has_aversion().then(|| self.aversions.at(contact.aversion))
    }

    #[inline]
    pub fn keeps_away(&self, contact: &Contact, agent: AgentNo) -> bool {
        contact.has_aversion() && self.aversions.at(contact.aversion).names(agent)
    }

    /// Changes what the contact keeps away from; an aversion to nobody is dropped.
    pub fn change_aversion(&mut self, place: u32, change: impl FnOnce(&mut Aversion)) {
        let contact = self.at(place);
        let slot = if contact.has_aversion() { contact.aversion } else { self.aversions.add() };
        let aversion = self.aversions.at_mut(slot);
        change(aversion);
        if aversion.kept_from.is_empty() {
            aversion.kept_from_until = Time(0);
        }
        let has_aversion = !aversion.is_empty();
        if !has_aversion {
            self.aversions.remove(slot);
        }
        let contact = self.at_mut(place);
        contact.set_aside(AVERSION, has_aversion);
        contact.aversion = slot;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_two_cache_lines() {
        assert_eq!(std::mem::size_of::<Contact>(), 128);
        assert_eq!(std::mem::offset_of!(Contact, id_hash), 64);
    }
}
