//! Asks for cache lines before they are needed, so that misses that do not depend on one another overlap.
//!
//! A decision is mostly misses: of the agent, the contact, the class's row, the contact that is found. Each is some
//! hundreds of instructions after the one before, more than a processor looks ahead.

use prefetch_index::prefetch_index;

/// The line with the first byte of `it` is on its way; nothing is read.
#[inline]
pub fn prefetch<T>(it: &T) {
    prefetch_index(std::slice::from_ref(it), 0);
}
