//! Real servers and real processes for tests, and ways to hurt them.
//!
//! - [`Scratch`]: a temporary folder for one test; when the test fails, it shows every log in it.
//! - [`servers`]: a `nats-server`, or a cluster, on free ports in that folder.
//! - [`Process`]: a program whose lines can be waited for and that can be frozen and killed.
//! - [`python`]: Python with what the reference client needs, fetched once.
//! - [`Proxy`]: a TCP link that can be slow, stuck or cut, each way by itself.
//!
//! Everything ends with its handle, and every wait has a limit. The product never depends on this crate;
//! `tests/tests/architecture.rs` sees to that.

pub mod process;
pub mod proxy;
pub mod python;
pub mod scratch;
pub mod servers;

pub use process::{Process, wissel_binary};
pub use proxy::{Direction, Link, Proxy};
pub use scratch::Scratch;
pub use servers::{cluster, connect, server, server_binary};
