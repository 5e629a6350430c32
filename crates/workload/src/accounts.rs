//! What became of every contact that came, counted so that nothing is left over.

use model::config::ChannelKind;
use model::time::Time;
use serde::Serialize;

use crate::caller::{Caller, Record};

/// Each contact that came is in exactly one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Accounts {
    pub came: u64,
    /// Told to have ended, once.
    pub ended: u64,
    /// Indirect, and not due yet when the day was over.
    pub over_night: u64,
    /// Put off to a time that has not come, or its customer is silent.
    pub aside: u64,
    /// Indirect, due within the day, and still open; it is among the deadlines that were missed.
    pub overdue: u64,
    /// Somebody waits, or an agent has it, though the day is over.
    pub stuck: u64,
    /// The router never said that it came, or said twice that it ended.
    pub unaccounted: u64,
}

impl Accounts {
    pub fn of<'a>(callers: impl Iterator<Item = &'a Caller>, end: Time) -> Accounts {
        let mut accounts = Accounts::default();
        for caller in callers.filter(|caller| caller.record().created.is_some()) {
            accounts.came += 1;
            *accounts.place(caller, end) += 1;
        }
        accounts
    }

    fn place(&mut self, caller: &Caller, end: Time) -> &mut u64 {
        let record = caller.record();
        match record.ends {
            1 => &mut self.ended,
            0 if !record.arrived => &mut self.unaccounted,
            0 if record.is_aside && !is_past(caller, end) => &mut self.aside,
            0 => match record.due_at {
                Some(due_at) if due_at > end => &mut self.over_night,
                Some(_) => &mut self.overdue,
                None => &mut self.stuck,
            },
            _ => &mut self.unaccounted,
        }
    }

    /// Contacts that neither have one end nor may wait.
    pub fn lost(&self) -> u64 {
        self.stuck + self.unaccounted
    }
}

/// The window within which the customer wanted to be reached is over.
fn is_past(caller: &Caller, end: Time) -> bool {
    let window = caller.planned().body.window.as_deref();
    window.and_then(|window| window.not_after).is_some_and(|not_after| not_after < end)
}

/// Whether it had to be handled by a time that the day saw, and whether it was.
pub(crate) fn deadline(record: &Record, end: Time) -> Option<Deadline> {
    let due_at = record.due_at?;
    Some(match record.ended {
        Some(ended) if ended <= due_at => Deadline::Met,
        Some(_) => Deadline::Missed,
        None if due_at > end => Deadline::Ahead,
        None => Deadline::Missed,
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deadline {
    Met,
    Missed,
    Ahead,
}

pub(crate) fn is_live(kind: ChannelKind) -> bool {
    match kind {
        ChannelKind::Live => true,
        ChannelKind::Indirect => false,
    }
}
