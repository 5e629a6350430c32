//! What ends by itself: when a stall is made good, and what is overdue when the journal ends.

use model::transition::Place;
use model::{Millis, Time};

use super::contact::State;
use super::tenant::Tenant;
use crate::journal::Context;
use crate::report::{Invariant, Where};

impl Tenant {
    pub(super) fn resume(&mut self, grace: Millis) {
        for expires_at in self.contacts.values_mut().filter_map(|contact| match &mut contact.state {
            State::Offered { expires_at, .. } => Some(expires_at),
            State::Nowhere | State::Waiting(_) | State::Active { .. } | State::WrapUp { .. } => None,
        }) {
            *expires_at += grace;
        }
        self.extend_windows(grace);
    }

    /// Leases that should have ended by the time the journal ends.
    pub(super) fn check_open_leases(
        &self,
        now: Time,
        resumed_at: Time,
        place: &Where,
        context: &mut Context<'_>,
    ) {
        let of_contacts = self.sorted_contacts().filter_map(|contact| match contact.state {
            State::Nowhere | State::Waiting(Place::Queue) | State::Active { .. } => None,
            State::Waiting(Place::Preferred { until, .. }) => {
                Some((until, "wait for one agent", contact.id.as_str()))
            }
            State::Offered { expires_at, .. } => Some((expires_at, "offer", contact.id.as_str())),
            State::WrapUp { until, .. } => Some((until, "wrap-up", contact.id.as_str())),
        });
        let of_agents = self.lost_windows().map(|(agent, until)| (until, "reconnect window", agent.as_str()));
        for (until, what, id) in of_contacts.chain(of_agents) {
            let late = now.since(until.max(resumed_at));
            if late > context.limits.lease_overrun_max {
                let what = format!("the {what} of {id} is still open {} ms after its time", late.0);
                context.findings.violation(Invariant::Leases, place, what);
            }
        }
    }
}
