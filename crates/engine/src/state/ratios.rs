//! Queues that take turns: the ratio of each, and how many turns it is counted as having had.

use std::cmp::Ordering;

use model::ratio::{OWED_MAX, Ratio, Turns};
use model::{ContactNo, QueueId, QueueNo};

use super::settings::Settings;
use super::tenant::Tenant;

/// Empty where nothing takes turns; that is all that others look at.
#[derive(Debug, Default)]
pub struct Ratios {
    /// By queue number; nothing for a queue that is of no ratio.
    by_queue: Vec<Option<Member>>,
    /// By ratio, in the order of the configuration.
    queues: Vec<Vec<QueueNo>>,
}

#[derive(Debug, Clone, Copy)]
pub struct Member {
    pub ratio: u16,
    pub queue: QueueNo,
    pub turns: Turns,
}

impl Member {
    /// Whether it is next of the two, which are of one ratio.
    pub fn is_before(&self, other: &Member) -> bool {
        self.turns.order(other.turns).then(self.queue.cmp(&other.queue)) == Ordering::Less
    }
}

impl Ratios {
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.queues.is_empty()
    }

    #[inline]
    pub fn of(&self, queue: QueueNo) -> Option<&Member> {
        self.by_queue.get(queue.index())?.as_ref()
    }

    /// Those of its ratio.
    pub fn others(&self, member: &Member) -> impl Iterator<Item = QueueNo> {
        let (queue, queues) = (member.queue, &self.queues[usize::from(member.ratio)]);
        queues.iter().copied().filter(move |other| *other != queue)
    }

    /// By queue, where there were any.
    pub fn turns(&self) -> impl Iterator<Item = (QueueNo, u64)> {
        let members = self.by_queue.iter().flatten();
        members.filter(|member| member.turns.turns > 0).map(|member| (member.queue, member.turns.turns))
    }

    pub fn load(&mut self, turns: Vec<(QueueNo, u64)>) {
        for (queue, turns) in turns {
            if let Some(Some(member)) = self.by_queue.get_mut(queue.index()) {
                member.turns.turns = turns;
            }
        }
    }

    fn add(&mut self, ratio: &Ratio, number: impl Fn(&QueueId) -> QueueNo, former: Option<&Ratios>) {
        let at = self.queues.len() as u16;
        let mut queues = Vec::new();
        for share in &ratio.shares {
            let queue = number(&share.queue);
            if self.by_queue.len() <= queue.index() {
                self.by_queue.resize(queue.index() + 1, None);
            }
            let known = former.and_then(|former| former.of(queue));
            let turns = known.map_or(0, |member| member.turns.turns);
            let turns = Turns { turns, share: share.share };
            self.by_queue[queue.index()] = Some(Member { ratio: at, queue, turns });
            queues.push(queue);
        }
        self.queues.push(queues);
    }

    /// A turn of the queue, if it is of a ratio. What the others are owed is less if nothing waits in them.
    fn count(&mut self, queue: QueueNo, waits: impl Fn(QueueNo) -> bool) {
        let Some(Some(taker)) = self.by_queue.get_mut(queue.index()) else { return };
        taker.turns.turns += 1;
        let Member { ratio, turns: Turns { turns, share }, .. } = *taker;
        for other in self.queues[usize::from(ratio)].iter().filter(|other| **other != queue) {
            let member = self.by_queue[other.index()].as_mut().expect("a ratio's queues are its members");
            let due = u128::from(turns) * u128::from(member.turns.share) / u128::from(share);
            let owed = if waits(*other) { OWED_MAX } else { 0 };
            member.turns.turns = member.turns.turns.max((due as u64).saturating_sub(owed));
        }
    }
}

impl Tenant {
    /// Of what the configuration before had, and its ratios' turns, what is unchanged stays.
    pub fn carry_ratios(&mut self, former: Option<&Settings>) {
        let config = &self.settings().config;
        let mut present = Ratios::default();
        for ratio in &config.ratios {
            let is_known = former.is_some_and(|former| former.config.ratios.contains(ratio));
            let number = |name: &QueueId| {
                let number = self.names.queues.number(name.as_str());
                QueueNo(number.expect("a ratio's queues are in the configuration") as u16)
            };
            present.add(ratio, number, is_known.then_some(&self.ratios));
        }
        self.ratios = present;
    }

    /// Of an offer of the contact.
    #[inline]
    pub fn count_turn(&mut self, contact: ContactNo) {
        if !self.ratios.is_empty() {
            self.count_turn_of(self.queue_number(contact));
        }
    }

    #[cold]
    fn count_turn_of(&mut self, queue: QueueNo) {
        let mut ratios = std::mem::take(&mut self.ratios);
        ratios.count(queue, |queue| self.waiting_in(queue) > 0);
        self.ratios = ratios;
    }
}
