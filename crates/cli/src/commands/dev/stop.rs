//! The wish to end, from Ctrl-C, SIGTERM or a terminal that was closed: known to whoever asks, from the moment it was
//! there. Nothing ends the process at once, because the server that it started has to end before.

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    pub fn on_signals() -> Result<Stop> {
        let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for Ctrl-C")?;
        let mut hang_up = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
        let (set, is_set) = watch::channel(false);
        // Lives as long as the process: somebody may ask at any time.
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                _ = hang_up.recv() => {}
            }
            // Nobody may be listening any more. The sender stays, so that the wish is never taken for a lost one.
            let _ = set.send(true);
            set.closed().await;
        });
        Ok(Stop(is_set))
    }

    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    pub async fn wait(&mut self) {
        // An error would mean that the task above is gone, and then no wish can come.
        if self.0.wait_for(|is_set| *is_set).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
