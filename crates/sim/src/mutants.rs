//! What can be broken on purpose, wherever it stands, under one list of names.
//!
//! Each crate asks at the place in question whether this thread's run shall be wrong there. Without the feature
//! `mutants` the question is a constant `false`, and nothing of it is in a build.

/// Broken in the shell around the shard, or in a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shell {
    /// The journal's appends do not name the last sequence that they expect.
    NoExpectedSequence,
    /// A client takes messages of an epoch below the one it has seen.
    LowerEpochTaken,
    /// The journal is purged as far as a snapshot whose manifest is not written yet.
    PurgedBeforeManifest,
    /// Outputs are confirmed before they are stored.
    ConfirmedEarly,
    /// Outputs that a store does not take at once are given up.
    OutputsGivenUp,
    /// Outputs of several epochs are on their way to a store at once.
    EpochsInFlight,
}

model::mutants!(Shell);

/// Everything is as it should be from here.
pub fn choose_none() {
    #[cfg(feature = "mutants")]
    all::choose(None);
}

#[cfg(feature = "mutants")]
pub mod all;
