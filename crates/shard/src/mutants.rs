//! Where a shard can be made wrong on purpose.
//!
//! A run of the fault simulator chooses one for its thread. Without the feature `mutants` nothing can be chosen, and the
//! question is a constant.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// Outputs are given out when their record is sent.
    OutputBeforeCommit,
    /// A wrong last sequence is taken for the word of a new owner.
    ConflictBelievedFenced,
    /// A wrong last sequence is taken for an append that had landed.
    ConflictBelievedOurs,
    /// A commit does not say how far ingest was read for it.
    PositionLeftOut,
    /// Replay has a time of its own.
    ClockInReplay,
    /// A gap in ingest is read over.
    IngestGapIgnored,
    /// Any ingest stream will do.
    IngestIdentityIgnored,
    /// A new owner does not send what may not have been sent.
    NothingSentAgain,
    /// A record is sent again with other bytes.
    RetryRewritten,
    /// A void record is applied all the same.
    VoidApplied,
    /// A journal that ends before what was acknowledged is written on.
    LostEndIgnored,
    /// A journal that seems shorter is believed to be.
    ShorterBelievedAtOnce,
    /// Offers are made whatever was read of ingest.
    OffersWhileBlind,
    /// Timers fire whatever was read of ingest.
    TimersBeforeInputs,
    /// A release calls everything sent.
    ReleasedUnsent,
    /// Inputs are not tried before they are decided.
    TrialsNotJournaled,
    /// A standstill is not made good.
    GraceNotGiven,
    /// An opening bears the epoch before it.
    EpochNotRaised,
}

model::mutants!(Mutant);
