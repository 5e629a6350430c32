//! Which outputs the world has. Outputs are functions of committed records, so nothing is stored but numbers.

use std::collections::VecDeque;

use model::Millis;

use crate::action::{Action, Alarm, Outputs};
use crate::limits::{OUTBOX_COMMITS_MAX, STALL_ALARM_AFTER};
use crate::time::{after, elapsed};

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    /// Commits whose outputs were given out and are not confirmed, oldest first.
    waiting: VecDeque<u64>,
    /// The last commit with outputs that were confirmed.
    confirmed: u64,
    /// What the journal says is published; nothing newer needs journaling when it covers `confirmed`.
    pub journaled: u64,
    /// When the oldest one that waits became the oldest; nothing while none waits.
    oldest_since: Option<Millis>,
    /// When it is told, or told again, that the oldest one is not confirmed.
    alarm_at: Option<Millis>,
    /// Since when the shard decides nothing because of it.
    full_since: Option<Millis>,
}

impl Outbox {
    /// `journaled`: what the journal says; the outputs of later commits are given to [`Outbox::emit`] again.
    pub fn new(journaled: u64) -> Outbox {
        Outbox { journaled, ..Outbox::default() }
    }

    pub fn emit(&mut self, outputs: Outputs, now: Millis, actions: &mut Vec<Action>) {
        if outputs.events.is_empty() {
            return;
        }
        self.waiting.push_back(outputs.commit_no);
        if self.oldest_since.is_none() {
            self.watch_oldest(now);
        }
        if self.is_full() {
            self.full_since.get_or_insert(now);
        }
        actions.push(Action::Emit(outputs));
    }

    /// Returns since when it was full, when it is no more.
    pub fn confirm(&mut self, through: u64, now: Millis) -> Option<Millis> {
        let before = self.waiting.len();
        while let Some(commit_no) = self.waiting.pop_front_if(|commit_no| *commit_no <= through) {
            self.confirmed = commit_no;
        }
        if self.waiting.len() < before {
            self.watch_oldest(now);
        }
        if self.is_full() { None } else { self.full_since.take() }
    }

    pub fn tick(&mut self, now: Millis, actions: &mut Vec<Action>) {
        let Some(since) = self.oldest_since.filter(|_| self.alarm_at.is_some_and(|at| at <= now)) else {
            return;
        };
        let (commits, millis) = (self.waiting.len(), elapsed(now, since).0);
        actions.push(Action::Alarm(Alarm::OutputsStalled { commits, millis }));
        self.alarm_at = Some(after(now, STALL_ALARM_AFTER));
    }

    pub fn alarm_at(&self) -> Option<Millis> {
        self.alarm_at
    }

    /// Every output up to here is out, when `committed` is the last commit.
    pub fn published_through(&self, committed: u64) -> u64 {
        self.waiting.front().map_or(committed, |first| first - 1)
    }

    /// Confirmations that the journal does not know of.
    pub fn has_news(&self) -> bool {
        self.confirmed > self.journaled
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub fn is_full(&self) -> bool {
        self.waiting.len() >= OUTBOX_COMMITS_MAX
    }

    fn watch_oldest(&mut self, now: Millis) {
        self.oldest_since = (!self.waiting.is_empty()).then_some(now);
        self.alarm_at = self.oldest_since.map(|since| after(since, STALL_ALARM_AFTER));
    }
}
