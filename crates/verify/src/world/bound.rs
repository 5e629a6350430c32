//! Work that stays with an agent who is signed out: only what is bound to that one, for as long as that says, and only over a sign-out.

use model::transition::ReturnedWhy;
use model::{AgentNo, Change, ContactNo, Presence, Time};

use super::Step;
use super::contact::{Contact, State};
use super::tenant::Tenant;
use crate::report::Invariant;
use crate::told::{Kind, Told, moment};

/// What was just decided because an agent leaves, which must follow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leaving {
    agent: AgentNo,
    /// In which it is seen.
    contact: ContactNo,
    from: From,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Session,
    Roster,
}

impl Tenant {
    pub(super) fn park_bound(&mut self, number: ContactNo, until: Time, step: &mut Step<'_>) -> Option<Told> {
        let contact = self.open_contact(number, step)?;
        let id = contact.id.clone();
        let (State::Active { agent, offer } | State::Parked { agent, offer, until: None }) = contact.state
        else {
            let what = format!("contact {id} stays with its agent while it is {}", contact.state.name());
            step.broken(Invariant::Lifecycle, what);
            return None;
        };
        match self.stays_until(contact, step.now) {
            Some(expected) if expected == until => {}
            Some(expected) => {
                let what = format!(
                    "contact {id} stays with its agent until {}, it may until {}",
                    until.0, expected.0
                );
                step.broken(Invariant::Leases, what);
            }
            None => {
                let what = format!("contact {id} stays with its agent, and is not bound to that one");
                step.broken(Invariant::Lifecycle, what);
            }
        }
        self.end_work(number, false, step.now);
        self.let_go(number, State::Parked { agent, offer, until: Some(until) });
        self.agents[agent.index()].parked.push(number);
        self.leaving = Some(Leaving { agent, contact: number, from: From::Session });
        let told = self.tell(Kind::ContactParked, self.contact(number)?);
        Some(Told { agent: self.agent_key(agent), detail: moment(until), ..told })
    }

    /// Before the contact is taken from its agent, who left: it does not stay, or no more, or the agent leaves the roster.
    pub(super) fn check_left(&mut self, number: ContactNo, why: ReturnedWhy, step: &mut Step<'_>) {
        let Some(contact) = self.contact(number).filter(|_| why == ReturnedWhy::AgentLeft) else { return };
        let id = contact.id.clone();
        match contact.state {
            State::Parked { agent, until: Some(until), .. } => {
                step.check_overrun(until, || format!("the stay of contact {id}"));
                if step.now < until {
                    self.leaving = Some(Leaving { agent, contact: number, from: From::Roster });
                }
            }
            State::Active { .. } | State::Parked { .. } if self.stays_until(contact, step.now).is_some() => {
                let what = format!("contact {id} is taken from its agent, with whom it stays");
                step.broken(Invariant::Lifecycle, what);
            }
            State::Nowhere
            | State::Waiting(_)
            | State::Offered { .. }
            | State::Active { .. }
            | State::Parked { .. }
            | State::WrapUp { .. }
            | State::Scheduled
            | State::Quiet { .. } => {}
        }
    }

    /// Of whom something was decided because that one leaves, does leave.
    pub(super) fn check_leaving(&mut self, change: &Change, step: &mut Step<'_>) {
        let Some(Leaving { agent, contact, from }) = self.leaving else { return };
        let how = if matches!(change, Change::AgentPresence { agent: out, presence: Presence::SignedOut, .. } if *out == agent)
        {
            Some(From::Session)
        } else if matches!(change, Change::AgentRemoved { agent: removed } if *removed == agent) {
            Some(From::Roster)
        } else {
            None
        };
        let is_of_agent =
            left_behind(change).and_then(|contact| self.contact(contact)?.state.holder()) == Some(agent);
        if how.is_none() && is_of_agent {
            return;
        }
        self.leaving = None;
        if how != Some(from) {
            let agent = self.agents.get(agent.index()).map_or("", |agent| agent.id.as_str());
            let id = self.contact(contact).map_or("", |contact| contact.id.as_str());
            let what = match from {
                From::Session => format!("contact {id} stays with agent {agent}, who is not signed out"),
                From::Roster => format!("contact {id} is taken from agent {agent} before its time"),
            };
            step.broken(Invariant::Lifecycle, what);
        }
    }

    /// Until when an active or parked contact stays with an agent who is signed out now.
    fn stays_until(&self, contact: &Contact, now: Time) -> Option<Time> {
        let (queue, channel) = self.place_of(contact.profile)?;
        let longest = now + self.channels.get(channel.index())?.bound_for?;
        let pressure = self.queues.get(queue.index()).and_then(|queue| queue.pressure);
        let until = pressure.map_or(longest, |pressure| longest.min(contact.due_at - pressure));
        (!contact.is_pressed && until > now).then_some(until)
    }
}

impl State {
    /// Whether it is parked with an agent who was signed out since.
    pub fn stays(self) -> bool {
        matches!(self, State::Parked { until: Some(_), .. })
    }
}

/// What is decided of a contact because its agent leaves.
fn left_behind(change: &Change) -> Option<ContactNo> {
    if let Change::ContactParked { contact, .. }
    | Change::ContactReturned { contact, why: ReturnedWhy::AgentLeft, .. }
    | Change::ContactClosed { contact, .. } = change
    {
        return Some(*contact);
    }
    None
}
