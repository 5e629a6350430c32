//! Where a reader of stored bytes can be made to believe too much.
//!
//! A run of the fault simulator chooses one for its thread. Without the feature `mutants` nothing can be chosen, and the
//! question is a constant.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// A record need not continue the one before it.
    PrevHashUnchecked,
    /// A snapshot is taken up whatever its parts hash to.
    #[cfg(feature = "snapshot")]
    SnapshotUnchecked,
}

#[cfg(feature = "mutants")]
mod chosen {
    use std::cell::Cell;

    use super::Mutant;

    thread_local! {
        static CHOSEN: Cell<Option<Mutant>> = const { Cell::new(None) };
    }

    pub fn choose(mutant: Option<Mutant>) {
        CHOSEN.set(mutant);
    }

    pub fn is(mutant: Mutant) -> bool {
        CHOSEN.get() == Some(mutant)
    }
}

#[cfg(feature = "mutants")]
pub use chosen::{choose, is};

#[cfg(not(feature = "mutants"))]
pub const fn is(_: Mutant) -> bool {
    false
}
