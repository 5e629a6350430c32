//! What ends by itself: what ended too late, when a stall is made good, and what is overdue when the journal ends. And what
//! should have begun by itself: whoever waits beside a free agent, and whoever waits for nobody without that being said.

use model::transition::Place;
use model::{Millis, Time};

use super::contact::State;
use super::tenant::Tenant;
use super::{Step, World};
use crate::evidence::Limits;
use crate::journal::Context;
use crate::report::{Invariant, Where};

/// A router that has more to read than this offers nothing: what it has not read may contradict it.
const READ_WITHIN: Millis = Millis(250);
/// Looking at every agent takes time, and a second is what people notice.
const LOOK_EVERY: Millis = Millis(1_000);

/// What came after its time, until it is clear whether a stall was to blame. Inputs that waited out a stall are decided
/// before it is made good: in the same commit, or when there are too many of them in commits before it.
#[derive(Debug, Default)]
pub(crate) struct Overruns(Vec<Overrun>);

#[derive(Debug)]
struct Overrun {
    invariant: Invariant,
    seen_at: Time,
    late: Millis,
    what: String,
    place: Where,
}

impl Overruns {
    /// A stall was made good: it excuses what was late by no more than it lasted.
    pub fn made_good(&mut self, grace: Millis, limits: &Limits) {
        self.0.retain(|overrun| overrun.late.0 > grace.0.saturating_add(limits.lease_overrun_max.0));
    }

    /// Nothing made good what was late so long before `now` that its stall was read by then.
    pub fn judge(&mut self, now: Time, context: &mut Context<'_>) {
        let read_within = context.limits.lease_overrun_max;
        for overrun in self.0.extract_if(.., |overrun| now.since(overrun.seen_at) > read_within) {
            context.findings.violation(overrun.invariant, &overrun.place, overrun.what);
        }
    }
}

impl World {
    /// Between commits an agent who may have a waiting contact has it, as soon as the inputs are read that may contradict it. `read_at` is
    /// when the last input was stored that is decided, or the first that is not.
    pub fn check_idle(
        &mut self,
        now: Time,
        read_at: Option<Time>,
        place: &Where,
        overruns: &mut Overruns,
        limits: &Limits,
    ) {
        if read_at.is_some_and(|read_at| now.since(read_at) > READ_WITHIN) {
            self.unread_at = now;
        }
        if now.since(self.looked_at) < LOOK_EVERY {
            return;
        }
        self.looked_at = now;
        let held_until = self.unread_at.max(self.resumed_at);
        for tenant in self.tenants.values_mut() {
            let found = [tenant.idle_beside(), tenant.called_wrongly(), tenant.left_parked()];
            for (since, what) in found.into_iter().flatten() {
                let late = now.since(since.max(tenant.changed_at).max(held_until));
                if late > limits.lease_overrun_max {
                    // Told once, and again if it lasts.
                    tenant.changed_at = now;
                    let what = format!("{what}, for {} ms", late.0);
                    let (invariant, place) = (Invariant::Offered, place.clone());
                    overruns.0.push(Overrun { invariant, seen_at: now, late, what, place });
                }
            }
        }
    }
}

impl Step<'_> {
    /// Something that ends by itself at `until` is over. Nothing ends before the inputs are read that came until then: whoever has a
    /// backlog ends it late, but not too late by the input that it has read last.
    pub fn check_overrun(&mut self, until: Time, what: impl FnOnce() -> String) {
        let judged_at = self.read_at.map_or(self.now, |read_at| self.now.min(read_at));
        let late = judged_at.since(until.max(self.resumed_at));
        if late > self.limits.lease_overrun_max {
            let what = format!("{} ended {} ms after its time", what(), late.0);
            let place = self.place.clone();
            let invariant = Invariant::Leases;
            self.overruns.0.push(Overrun { invariant, seen_at: self.now, late, what, place });
        }
    }
}

impl Tenant {
    pub(super) fn resume(&mut self, grace: Millis) {
        for expires_at in self.contacts.values_mut().filter_map(|contact| match &mut contact.state {
            State::Offered { expires_at, .. } => Some(expires_at),
            State::Nowhere
            | State::Waiting(_)
            | State::Active { .. }
            | State::WrapUp { .. }
            | State::Parked { .. }
            | State::Quiet { .. }
            | State::Scheduled => None,
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
            State::Nowhere | State::Waiting(Place::Queue) => None,
            State::Active { .. } => Some((contact.stuck_at()?, "handling", contact.id.as_str())),
            State::Parked { until, .. } => Some((until?, "stay", contact.id.as_str())),
            State::Waiting(Place::Preferred { until, .. }) => {
                Some((until, "wait for one agent", contact.id.as_str()))
            }
            State::Offered { expires_at, .. } => Some((expires_at, "offer", contact.id.as_str())),
            State::Quiet { until, .. } => Some((until, "silence", contact.id.as_str())),
            State::WrapUp { until, .. } => Some((until, "wrap-up", contact.id.as_str())),
            State::Scheduled => Some((self.releases_by(contact)?, "putting off", contact.id.as_str())),
        });
        let of_windows = self.sorted_contacts().filter(|contact| contact.state.holder().is_none());
        let of_windows =
            of_windows.filter_map(|contact| Some((contact.window_end()?, "window", contact.id.as_str())));
        let of_agents = self.lost_windows().map(|(agent, until)| (until, "reconnect window", agent.as_str()));
        let throttles = self.throttled_agents().map(|(agent, until)| (until, "holding back", agent.as_str()));
        for (until, what, id) in of_contacts.chain(of_windows).chain(of_agents).chain(throttles) {
            let late = now.since(until.max(resumed_at));
            if late > context.limits.lease_overrun_max {
                let what = format!("the {what} of {id} is still open {} ms after its time", late.0);
                context.findings.violation(Invariant::Leases, place, what);
            }
        }
    }
}
