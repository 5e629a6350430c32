//! What people decide out of turn: supervisors, and agents who take what waits.

use model::config::QueueState;
use model::hand::{Hand, Taking};
use model::transition::ExitWhy;
use model::{AgentNo, Change, ContactNo, Presence, QueueNo};

use super::Step;
use super::contact::{Contact, State};
use super::tenant::Tenant;
use crate::keys::Cause;
use crate::report::Invariant;
use crate::told::presence_name;

/// A contact that was released out of turn, for which a supervisor's offer alone makes up.
pub(crate) type Released = (ContactNo, Invariant, String);

impl Tenant {
    /// Nothing of the queue is offered by itself: it is paused, or agents take what waits there.
    pub(super) fn holds_back(&self, queue: QueueNo) -> bool {
        let settings = self.queues.get(queue.index());
        self.queue_state(queue) == QueueState::Paused
            || settings.is_some_and(|settings| settings.taking == Taking::Pulled)
    }

    /// Whose hand it was said so, and the queue of what an agent takes lets that be.
    pub(super) fn check_hand(
        &self,
        contact: &Contact,
        agent: AgentNo,
        by: Option<Hand>,
        step: &mut Step<'_>,
    ) {
        let (tenant, id) = (self.name.as_str(), contact.id.as_str());
        let name = self.agents[agent.index()].id.as_str();
        let queue = self.place_of(contact.profile).map(|(queue, _)| queue);
        match by {
            None => {
                if queue.is_some_and(|queue| self.queue_state(queue) == QueueState::Paused) {
                    let what = format!("contact {id} is offered although its queue is paused");
                    step.broken(Invariant::Eligibility, what);
                } else if queue.is_some_and(|queue| self.holds_back(queue)) {
                    let what = format!("contact {id} is offered, and agents are to take it");
                    step.broken(Invariant::Eligibility, what);
                }
            }
            Some(Hand::Supervisor) => {
                let cause = Cause::Assigned { tenant, contact: id, agent: name };
                step.trace(cause, || format!("contact {id} given to agent {name}"));
            }
            Some(Hand::Agent) => {
                step.trace(Cause::Pulled { tenant, agent: name }, || {
                    format!("contact {id} taken by agent {name}")
                });
                let lets_pull = |queue: QueueNo| {
                    let settings = self.queues.get(queue.index());
                    settings.is_some_and(|settings| settings.taking != Taking::Offered)
                        && self.queue_state(queue) != QueueState::Paused
                };
                if !queue.is_some_and(lets_pull) {
                    let what = format!("agent {name} takes contact {id}, which its queue does not allow");
                    step.broken(Invariant::Eligibility, what);
                }
                if !matches!(contact.state, State::Waiting(_)) {
                    let what = format!("agent {name} takes contact {id}, which is {}", contact.state.name());
                    step.broken(Invariant::SingleHolder, what);
                }
            }
        }
    }

    /// A supervisor asks nobody's skills; the agent must be there all the same, on the channel and at the site.
    pub(super) fn unfit_for_hand(&self, contact: &Contact, agent: AgentNo) -> Option<String> {
        let agent = &self.agents[agent.index()];
        let profile = self.profiles.get(&contact.profile)?;
        let asks = contact.body.consult.as_ref().is_some_and(|of| of.agent == agent.id);
        let site = contact.body.site.as_ref().filter(|site| agent.site != self.site_number(site));
        if agent.is_removed {
            Some("is not in the roster any more".to_owned())
        } else if agent.presence != Presence::Available {
            Some(format!("is {}", presence_name(&agent.presence)))
        } else if !agent.channels.iter().any(|(channel, _)| *channel == profile.channel) {
            Some(format!("does not work on {}", self.channels.name(profile.channel.index())))
        } else if asks {
            Some("asks by it".to_owned())
        } else {
            site.map(|site| format!("is not at {site}"))
        }
    }

    pub(super) fn trace_requeue(&self, contact: &Contact, step: &mut Step<'_>) {
        let (tenant, id) = (self.name.as_str(), contact.id.as_str());
        step.trace(Cause::Requeued { tenant, contact: id }, || format!("contact {id} sent elsewhere"));
    }

    pub(super) fn trace_switch(&self, agent: AgentNo, presence: &Presence, step: &mut Step<'_>) {
        let agent = self.agents[agent.index()].id.as_str();
        let (tenant, presence) = (self.name.as_str(), presence_name(presence));
        let cause = Cause::SwitchedAgent { tenant, agent, presence };
        step.trace(cause, || format!("agent {agent} made {presence}"));
    }

    /// By a supervisor: the contact is in nobody's hands, and goes to another queue.
    pub(super) fn check_moved(&self, contact: &Contact, next: Option<QueueNo>, step: &mut Step<'_>) {
        let id = &contact.id;
        match contact.state {
            State::Waiting(_) | State::Scheduled => self.trace_requeue(contact, step),
            // The end of its offer was traced.
            State::Nowhere => {}
            State::Offered { .. }
            | State::Active { .. }
            | State::WrapUp { .. }
            | State::Parked { .. }
            | State::Quiet { .. } => {
                let what = format!("contact {id} is moved while it is {}", contact.state.name());
                step.broken(Invariant::Lifecycle, what);
            }
        }
        if next.is_none() || next == self.place_of(contact.profile).map(|(queue, _)| queue) {
            step.broken(Invariant::Lifecycle, format!("contact {id} is moved into the queue that it is in"));
        }
    }

    /// What was released out of turn is given to an agent by a supervisor, with nothing in between but what that interrupts and what its rules make of it.
    pub(super) fn check_released(&mut self, change: &Change, step: &mut Step<'_>) {
        let goes_before = matches!(
            change,
            Change::ContactInterrupted { .. }
                | Change::ContactReclassified { .. }
                | Change::ContactKeptForPeople { .. }
                | Change::ProfileOpened { .. }
                | Change::ProfileClosed { .. }
        );
        if self.released_early.is_none() || goes_before {
            return;
        }
        let Some((number, invariant, what)) = self.released_early.take() else { return };
        let is_given = matches!(
            change,
            Change::Offered { contact, by: Some(Hand::Supervisor), .. } if *contact == number
        );
        if !is_given {
            step.broken(invariant, what);
        }
    }
}

/// Whether the contact comes to its queue as one that may be turned away.
pub(super) fn comes_by(why: ExitWhy) -> bool {
    match why {
        ExitWhy::Full | ExitWhy::MaxWait | ExitWhy::Closed | ExitWhy::OffHours | ExitWhy::WindowOver => true,
        ExitWhy::Supervisor => false,
    }
}
