//! Queues that take turns: "Ratios" of the rules.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use model::ratio::{OWED_MAX, Ratio};
use model::row::ContactState;
use model::{ContactNo, QueueNo, TenantConfig};

use super::look_ups::ContactKey;
use super::state::Tenant;

/// Turns that queues are counted as having had.
pub(super) type TurnsHad = BTreeMap<QueueNo, u64>;

impl Tenant {
    /// The ratio that the queue is of, and its share.
    fn ratio_of(&self, queue: QueueNo) -> Option<(&Ratio, u64)> {
        let name = &self.queues[queue.index()];
        self.config().ratios.iter().find_map(|ratio| {
            let share = ratio.shares.iter().find(|share| share.queue == *name)?;
            Some((ratio, u64::from(share.share)))
        })
    }

    fn turns_of(&self, queue: QueueNo) -> u64 {
        self.turns.get(&queue).copied().unwrap_or(0)
    }

    /// Which of two queues of one ratio is next.
    fn turn_order(&self, one: QueueNo, other: QueueNo) -> Ordering {
        let share = |queue| self.ratio_of(queue).expect("the queue is of a ratio").1;
        // (turns + 1) / share, both times both shares.
        let of_one = u128::from(self.turns_of(one) + 1) * u128::from(share(other));
        let of_other = u128::from(self.turns_of(other) + 1) * u128::from(share(one));
        of_one.cmp(&of_other).then(one.cmp(&other))
    }

    /// Of candidates that do not keep away and of those that do: the one that is chosen, and how many are passed over.
    pub fn choose(&self, able: &[ContactKey], keeping_away: &[ContactKey]) -> (Option<ContactNo>, usize) {
        let Some(first) = able.iter().min() else { return (None, keeping_away.len()) };
        let is_for_anybody = |key: &ContactKey| key.0;
        let queue = |key: &ContactKey| self.profile_of(key.4).queue;
        let Some((ratio, _)) = self.ratio_of(queue(first)).filter(|_| is_for_anybody(first)) else {
            return (Some(first.4), keeping_away.iter().filter(|key| *key < first).count());
        };
        let takes_turns = |key: &ContactKey| {
            let is_of_it = self.ratio_of(queue(key)).is_some_and(|(of, _)| of == ratio);
            is_for_anybody(key) && key.1 == first.1 && is_of_it
        };
        let order = |one: &ContactKey, other: &ContactKey| {
            if queue(one) == queue(other) {
                one.cmp(other)
            } else {
                self.turn_order(queue(one), queue(other))
            }
        };
        let in_turn = able.iter().filter(|key| takes_turns(key)).min_by(|one, other| order(one, other));
        let chosen = in_turn.expect("the first is one of them");
        let is_before =
            |key: &&ContactKey| *key < first || takes_turns(key) && order(key, chosen) == Ordering::Less;
        (Some(chosen.4), keeping_away.iter().filter(is_before).count())
    }

    /// After the contact was offered.
    pub fn count_turn(&mut self, contact: ContactNo) {
        let queue = self.profile_of(contact).queue;
        let Some((ratio, share)) = self.ratio_of(queue) else { return };
        let others: Vec<QueueNo> = ratio
            .shares
            .iter()
            .map(|share| self.queue_number(&share.queue).expect("a ratio's queues are configured"))
            .filter(|other| *other != queue)
            .collect();
        let turns = self.turns_of(queue) + 1;
        self.turns.insert(queue, turns);
        for other in others {
            let (_, others_share) = self.ratio_of(other).expect("the queue is of the same ratio");
            let due = u128::from(turns) * u128::from(others_share) / u128::from(share);
            let owed = if self.anything_waits_in(other) { OWED_MAX } else { 0 };
            let least = u64::try_from(due).expect("turns are few").saturating_sub(owed);
            if self.turns_of(other) < least {
                self.turns.insert(other, least);
            }
        }
    }

    fn anything_waits_in(&self, queue: QueueNo) -> bool {
        self.contacts.values().any(|contact| {
            matches!(contact.state, Some(ContactState::Waiting(_)))
                && self.profile(contact.profile).queue == queue
        })
    }

    /// Ratios that are as they were keep their turns.
    pub fn carry_ratios(&mut self, former: Option<Arc<TenantConfig>>) {
        let kept: Vec<QueueNo> = self
            .config()
            .ratios
            .iter()
            .filter(|ratio| former.as_ref().is_some_and(|former| former.ratios.contains(ratio)))
            .flat_map(|ratio| &ratio.shares)
            .map(|share| self.queue_number(&share.queue).expect("a ratio's queues are configured"))
            .collect();
        self.turns.retain(|queue, _| kept.contains(queue));
    }
}
