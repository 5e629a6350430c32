//! A panic ends the process: a restart recovers from the journal, a half-dead node does not.
//!
//! Release builds abort by their profile. In other builds this does the same for the node's own threads and tasks,
//! and only for those, so that a failed assertion in a test ends that test and no more.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// Ends the process when it is dropped by a panic.
#[derive(Debug)]
pub(crate) struct AbortOnPanic(pub &'static str);

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!(part = self.0, "a panic ends the node");
            std::process::abort();
        }
    }
}

/// Runs `future` on `runtime`; a panic in it ends the process. `what` names it in the log.
pub(crate) fn spawn<F>(runtime: &Handle, what: &'static str, future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    runtime.spawn(Guarded { what, future: Box::pin(future) })
}

/// The guard lives only while the future is polled: a runtime that is torn down by somebody else's panic must not
/// count as ours.
struct Guarded<F> {
    what: &'static str,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for Guarded<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let _guard = AbortOnPanic(self.what);
        self.future.as_mut().poll(context)
    }
}
