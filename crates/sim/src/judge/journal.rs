//! What the journal shows beside the outside checker's invariants: time, standstills, stale views.

use std::collections::BTreeMap;

use model::input::{AgentAction, InputBody};
use model::transition::OfferEnd;
use model::{Change, Millis, Time};
use protocol::chain::{ChainReader, Step};
use protocol::input;
use protocol::record::Body;

use super::Violation;
use crate::world::World;

/// A standstill below this is within every tolerance, and below the one that the shard makes good.
const STANDSTILL: Millis = Millis(1_500);
/// A clock may be five seconds wrong.
const STANDSTILL_BY_WRONG_CLOCKS: Millis = Millis(6_500);
/// A subscription that says nothing is noticed after two seconds, and a question of it takes one more.
const STALE: Millis = Millis(4_000);
/// No queue of a scenario keeps an agent from a contact that it declined for less.
const KEPT_FROM_MIN: Millis = Millis(1_000);
/// How far a node's clock may be from the servers', and what a round trip takes.
const FAR: Millis = Millis(6_000);

pub fn check(world: &World) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut reader = ChainReader::from_beginning();
    let mut view = View::default();
    // A standstill is measured by the new owner's clock.
    let are_clocks_off = world.faults.fired.contains_key("wall_jump");
    let tolerated = if are_clocks_off { STANDSTILL_BY_WRONG_CLOCKS } else { STANDSTILL };
    for (sequence, stored) in world.servers.journal.archive() {
        let Ok(step) = reader.read(sequence, &stored.bytes) else { return found };
        let Step::Accepted { record, .. } = step else { continue };
        if record.now > stored.stamp + FAR {
            let ahead = record.now.since(stored.stamp).0;
            found.push(Violation::new(
                "T4",
                format!("journal {sequence} is of a time {ahead} ms ahead of its storing"),
            ));
        }
        match record.body {
            Body::EpochOpened(_) => view.open(stored.stamp, tolerated),
            Body::Commit(commit) => {
                view.at = record.now.min(stored.stamp);
                view.commit(world, sequence, record.now, &commit, &mut found);
            }
            Body::Trying(_) | Body::Released(_) => {}
        }
        view.last = stored.stamp;
    }
    found
}

#[derive(Debug, Default)]
struct View {
    /// When the last record was stored.
    last: Time,
    /// The time of the present one, by the servers' clock as far as the owner's runs ahead of it.
    at: Time,
    /// A standstill that was not made good yet.
    owed: Option<Millis>,
    /// Ingest position before the present commit.
    position: u64,
    /// Offers that expired: when, and behind which position.
    expired: BTreeMap<u64, (Time, u64)>,
    /// Who declined each contact last, and when.
    declined: BTreeMap<u64, (u32, Time)>,
    /// To whom each contact is offered.
    holders: BTreeMap<u64, u32>,
    /// The offer that each contact has.
    offers: BTreeMap<u64, u64>,
}

impl View {
    fn open(&mut self, stamp: Time, tolerated: Millis) {
        let gap = stamp.since(self.last);
        if self.last != Time(0) && gap >= tolerated {
            self.owed = Some(gap);
        }
    }

    fn commit(
        &mut self,
        world: &World,
        sequence: u64,
        now: Time,
        commit: &protocol::record::Commit,
        found: &mut Vec<Violation>,
    ) {
        self.check_answers(world, commit.ingest_position, found);
        self.position = commit.ingest_position;
        for transition in &commit.transitions {
            let contact = |contact: &model::ContactNo| contact.arrival_count();
            #[expect(clippy::wildcard_enum_match_arm, reason = "few changes tell of time")]
            match &transition.change {
                Change::Resumed { .. } => self.owed = None,
                Change::Offered { contact: number, offer, agent, by, .. } => {
                    let declined = self.declined.get(&contact(number)).filter(|_| by.is_none());
                    if declined.is_some_and(|(by, at)| *by == agent.0 && now < *at + KEPT_FROM_MIN) {
                        let what = format!(
                            "journal {sequence} offers a contact to agent {agent}, who has just declined it"
                        );
                        found.push(Violation::new("T5", what));
                    }
                    self.holders.insert(contact(number), agent.0);
                    self.offers.insert(contact(number), offer.0);
                    if by.is_none() {
                        self.check_view(world, sequence, found);
                    }
                }
                Change::OfferEnded { contact: number, how: OfferEnd::Expired, .. } => {
                    if let Some(gap) = self.owed {
                        let what = format!(
                            "an offer expires at journal {sequence}, and {} ms without an owner were not made good",
                            gap.0
                        );
                        found.push(Violation::new("T1", what));
                    }
                    if let Some(offer) = self.offers.get(&contact(number)) {
                        self.expired.insert(*offer, (self.at, commit.ingest_position));
                    }
                }
                // Whoever had it since has let it go: that agent is kept from it, and no one else.
                Change::ContactReturned { contact: number, .. } => {
                    self.declined.remove(&contact(number));
                }
                Change::OfferEnded { contact: number, how: OfferEnd::Declined, .. } => {
                    if let Some(agent) = self.holders.get(&contact(number)) {
                        self.declined.insert(contact(number), (*agent, now));
                    }
                }
                _ => {}
            }
        }
    }

    /// The inputs that were stored long before an offer were decided before it.
    fn check_view(&self, world: &World, sequence: u64, found: &mut Vec<Violation>) {
        let next = self.position + 1;
        let Some(unread) = world.servers.ingest.ever(next).filter(|stored| stored.is_readable) else {
            return;
        };
        let age = self.at.since(unread.stamp);
        if age > STALE {
            let what = format!("journal {sequence} offers while input {next} waits since {} ms", age.0);
            found.push(Violation::new("T2", what));
        }
    }

    /// An accept that this commit decides, of an offer that expired although the accept was stored by then.
    fn check_answers(&self, world: &World, through: u64, found: &mut Vec<Violation>) {
        for position in self.position + 1..=through {
            if self.expired.is_empty() {
                return;
            }
            let Some(stored) = world.servers.ingest.ever(position).filter(|stored| stored.is_readable) else {
                continue;
            };
            let decoded =
                input::decode(&stored.subject, &stored.bytes, position, stored.stamp, None, &world.texts);
            let Ok(InputBody::Agent(input)) = decoded.map(|input| input.body) else { continue };
            let AgentAction::Accept { offer, .. } = input.action else { continue };
            let Some((expired, before)) = self.expired.get(&offer.0) else { continue };
            if position > *before && stored.stamp + STALE < *expired {
                let early = expired.since(stored.stamp).0;
                let what = format!(
                    "offer {} expired although its acceptance was stored {early} ms before, as input {position}",
                    offer.0
                );
                found.push(Violation::new("T3", what));
            }
        }
    }
}
