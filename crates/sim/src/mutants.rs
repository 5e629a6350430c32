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
}

#[cfg(feature = "mutants")]
mod chosen {
    use std::cell::Cell;

    use super::Shell;

    thread_local! {
        static CHOSEN: Cell<Option<Shell>> = const { Cell::new(None) };
    }

    pub fn choose(shell: Option<Shell>) {
        CHOSEN.set(shell);
    }

    pub fn is(shell: Shell) -> bool {
        CHOSEN.get() == Some(shell)
    }
}

#[cfg(feature = "mutants")]
pub use chosen::{choose, is};

/// Everything is as it should be from here.
pub fn choose_none() {
    #[cfg(feature = "mutants")]
    all::choose(None);
}

#[cfg(not(feature = "mutants"))]
pub const fn is(_: Shell) -> bool {
    false
}

#[cfg(feature = "mutants")]
pub mod all;
