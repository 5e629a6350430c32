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

model::mutants!(Mutant);
