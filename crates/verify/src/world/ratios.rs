//! Queues that take turns: of those that an agent could have, which one goes by their shares, counted here anew.

use std::collections::{BTreeMap, BTreeSet};

use model::ratio::{OWED_MAX, Ratio};
use model::{ContactNo, QueueNo, TenantConfig};

use super::contact::Contact;
use super::order::Turn;
use super::tenant::Tenant;

/// What each queue with a ratio is counted as having had.
#[derive(Debug, Default)]
pub(crate) struct Ratios {
    in_force: Vec<Ratio>,
    seats: BTreeMap<QueueNo, Seat>,
}

#[derive(Debug, Clone, Copy)]
struct Seat {
    /// Its place in the configuration.
    ratio: usize,
    share: i128,
    turns: i128,
}

impl Tenant {
    /// Once the queues of the configuration have their numbers.
    pub(super) fn replace_ratios(&mut self, config: &TenantConfig) {
        let mut seats = BTreeMap::new();
        for (number, ratio) in config.ratios.iter().enumerate() {
            let is_kept = self.ratios.in_force.contains(ratio);
            for share in &ratio.shares {
                let queue = self.queues.names.iter().position(|name| name == share.queue.as_str());
                let Some(queue) = queue.map(|at| QueueNo(at as u16)) else { continue };
                let former = self.ratios.seats.get(&queue).filter(|_| is_kept);
                let turns = former.map_or(0, |seat| seat.turns);
                seats.insert(queue, Seat { ratio: number, share: i128::from(share.share), turns });
            }
        }
        self.ratios = Ratios { in_force: config.ratios.clone(), seats };
    }

    /// After the contact was taken from where it was.
    pub(super) fn take_turn(&mut self, number: ContactNo) {
        let Some(queue) = self.contact(number).and_then(|contact| self.queue_number(contact)) else { return };
        let Some(taker) = self.ratios.seats.get_mut(&queue) else { return };
        taker.turns += 1;
        let taker = *taker;
        let in_line = self.queues_in_line();
        let others = self.ratios.seats.iter_mut().filter(|(other, _)| **other != queue);
        for (other, seat) in others.filter(|(_, seat)| seat.ratio == taker.ratio) {
            let owed = if in_line.contains(other) { i128::from(OWED_MAX) } else { 0 };
            seat.turns = seat.turns.max(taker.turns * seat.share / taker.share - owed);
        }
    }

    /// Who goes in place of the first of those that an agent could have, if that is of a queue that takes turns.
    pub(super) fn in_turn<'a>(&self, first: Turn, able: &[(Turn, &'a Contact)]) -> Option<&'a Contact> {
        let ratio = |contact: &Contact| {
            let seat = self.ratios.seats.get(&self.queue_number(contact)?)?;
            Some((seat.ratio, seat))
        };
        let (_, of_first) = able.iter().find(|(turn, _)| *turn == first)?;
        let (first_ratio, _) = ratio(of_first).filter(|_| first.is_apart)?;
        let mut next: Option<(i128, i128, QueueNo, Turn, &'a Contact)> = None;
        for (turn, contact) in able.iter().filter(|(turn, _)| turn.is_like(first)) {
            let Some((_, seat)) = ratio(contact).filter(|(other, _)| *other == first_ratio) else { continue };
            let Some(queue) = self.queue_number(contact) else { continue };
            let is_next = next.is_none_or(|(turns, share, other, its, _)| {
                // The fractions of both, times both shares.
                let (one, two) = ((seat.turns + 1) * share, (turns + 1) * seat.share);
                (one, queue, *turn) < (two, other, its)
            });
            if is_next {
                next = Some((seat.turns, seat.share, queue, *turn, contact));
            }
        }
        next.map(|(.., contact)| contact)
    }

    fn queue_number(&self, contact: &Contact) -> Option<QueueNo> {
        Some(self.profiles.get(&contact.profile)?.queue)
    }

    /// Those in which anything waits.
    fn queues_in_line(&self) -> BTreeSet<QueueNo> {
        self.lines.profiles().filter_map(|profile| Some(self.profiles.get(profile)?.queue)).collect()
    }
}
