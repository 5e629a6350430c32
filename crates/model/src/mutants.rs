//! The choice of one thing to do wrong, for crates that have a list of such things (`mutants` in each).

/// Makes `choose` and `is` for a list of mutants: with the caller's feature `mutants` a choice per thread, without it a
/// constant that costs nothing.
#[macro_export]
macro_rules! mutants {
    ($mutant:ident) => {
        #[cfg(feature = "mutants")]
        mod chosen {
            use std::cell::Cell;

            thread_local! {
                static CHOSEN: Cell<Option<super::$mutant>> = const { Cell::new(None) };
            }

            pub fn choose(mutant: Option<super::$mutant>) {
                CHOSEN.set(mutant);
            }

            pub fn is(mutant: super::$mutant) -> bool {
                CHOSEN.get() == Some(mutant)
            }
        }

        #[cfg(feature = "mutants")]
        pub use chosen::{choose, is};

        #[cfg(not(feature = "mutants"))]
        pub const fn is(_: $mutant) -> bool {
            false
        }
    };
}
