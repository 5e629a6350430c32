//! Which outputs the world has. Outputs are functions of committed records, so nothing is stored but numbers.

use std::collections::VecDeque;

use crate::action::{Action, Outputs};
use crate::limits::OUTBOX_COMMITS_MAX;

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    /// Commits whose outputs were given out and are not confirmed, oldest first.
    waiting: VecDeque<u64>,
    /// The last commit with outputs that were confirmed.
    confirmed: u64,
    /// What the journal says is published; nothing newer needs journaling when it covers `confirmed`.
    pub journaled: u64,
}

impl Outbox {
    /// `journaled`: what the journal says; the outputs of later commits are given to [`Outbox::emit`] again.
    pub fn new(journaled: u64) -> Outbox {
        Outbox { waiting: VecDeque::new(), confirmed: 0, journaled }
    }

    pub fn emit(&mut self, outputs: Outputs, actions: &mut Vec<Action>) {
        if outputs.events.is_empty() {
            return;
        }
        self.waiting.push_back(outputs.commit_no);
        actions.push(Action::Emit(outputs));
    }

    pub fn confirm(&mut self, through: u64) {
        while let Some(commit_no) = self.waiting.front().copied().filter(|commit_no| *commit_no <= through) {
            self.waiting.pop_front();
            self.confirmed = commit_no;
        }
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
}
