//! Inputs that crash a node must not crash every node after it.
//!
//! After a take-over that follows a crash the first inputs are decided one by one, each after a journaled `Trying`.
//! A `Trying` that [`TRIALS_MAX`] owners in a row left unanswered names the culprit, which is refused from its subject
//! alone; nothing reads its bytes again. When the culprit lies further back than [`SINGLE_INPUTS_MAX`], each owner still
//! commits that many inputs before it falls, and what a crash leaves undecided is at most two groups, so the chain of
//! crashes is short.
//!
//! An input whose decisions fit no record needs no such proof: its owner journals the trials itself, and leaves.

use protocol::snapshot::Trial;

use crate::limits::{SINGLE_INPUTS_MAX, TRIALS_MAX};
use crate::mutants::{self, Mutant};

#[derive(Debug)]
pub(crate) struct Poison {
    /// Inputs still to be decided one by one.
    single_left: u32,
    /// The input whose `Trying` is journaled.
    tried: Option<u64>,
    /// Found unanswered too often: refused when it is read.
    culprit: Option<u64>,
}

impl Poison {
    pub fn new(crashed: bool, unanswered: Option<Trial>) -> Poison {
        let single_left = if crashed { SINGLE_INPUTS_MAX } else { 0 };
        let culprit = unanswered.filter(|trial| trial.times >= TRIALS_MAX).map(|trial| trial.position);
        Poison { single_left, tried: None, culprit }
    }

    pub fn is_single(&self) -> bool {
        self.single_left > 0
    }

    /// Ingest was read to its tail.
    pub fn caught_up(&mut self) {
        self.single_left = 0;
    }

    pub fn is_culprit(&self, position: u64) -> bool {
        self.culprit == Some(position)
    }

    /// True when the input at this position may be decided.
    pub fn may_decide(&self, position: u64) -> bool {
        mutants::is(Mutant::TrialsNotJournaled)
            || !self.is_single()
            || self.tried == Some(position)
            || self.is_culprit(position)
    }

    /// The `Trying` of this position is in the journal.
    pub fn trying_journaled(&mut self, position: u64) {
        self.tried = Some(position);
    }

    pub fn decided(&mut self) {
        self.tried = None;
        self.single_left = self.single_left.saturating_sub(1);
    }
}
