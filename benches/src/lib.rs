//! What the engine costs: a test bed that drives it like a busy tenant, floors of the machine, and a timer.
//!
//! Two kinds of benchmark use it. The criterion benches under `benches/` answer "did this operation become slower?". The
//! binary `decisions` answers "what does a decision cost, up to the slowest, and in multiples of what this machine's memory
//! costs?", because a mean hides the tail and a nanosecond says little about a noisy machine.

pub mod bed;
pub mod floor;
pub mod recorder;
pub mod timer;
