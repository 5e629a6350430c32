//! Contacts that are active for too long without a word of their agents: it is said in time, once, and not of others.

use model::row::Handling;
use model::{ContactNo, Time};

use super::Step;
use super::contact::{Contact, State};
use super::tenant::Tenant;
use crate::keys::Cause;
use crate::report::Invariant;
use crate::told::{Kind, Told};

impl Tenant {
    pub(super) fn say_stuck(&mut self, number: ContactNo, step: &mut Step<'_>) -> Option<Told> {
        let contact = self.open_contact(number, step)?;
        let (id, handling) = (contact.id.clone(), contact.handling);
        let State::Active { agent, .. } = contact.state else {
            let what = format!("contact {id} is said to be stuck while it is {}", contact.state.name());
            step.broken(Invariant::Lifecycle, what);
            return None;
        };
        match handling {
            Some(Handling { until, stuck: false }) if step.now < until => {
                let what =
                    format!("contact {id} is said to be stuck {} ms too early", until.since(step.now).0);
                step.broken(Invariant::Leases, what);
            }
            Some(Handling { until, stuck: false }) => {
                step.check_overrun(until, || format!("the handling of contact {id}"));
            }
            Some(Handling { stuck: true, .. }) => {
                step.broken(Invariant::OneEffect, format!("contact {id} is said to be stuck twice"));
            }
            None => {
                let what = format!("contact {id} is said to be stuck, and may be active for ever");
                step.broken(Invariant::Lifecycle, what);
            }
        }
        let until = handling.map_or(step.now, |handling| handling.until);
        self.contact_mut(number)?.handling = Some(Handling { until, stuck: true });
        let told = self.tell(Kind::ContactStuck, self.contact(number)?);
        Some(Told { agent: self.agent_key(agent), ..told })
    }

    pub(super) fn work_on(&mut self, number: ContactNo, step: &mut Step<'_>) -> Option<Told> {
        let contact = self.open_contact(number, step)?;
        let id = contact.id.clone();
        let State::Active { agent, .. } = contact.state else {
            let what = format!("contact {id} is worked on while it is {}", contact.state.name());
            step.broken(Invariant::Lifecycle, what);
            return None;
        };
        let name = self.agents[agent.index()].id.clone();
        let (tenant, by, of) = (self.name.as_str(), name.as_str(), id.as_str());
        step.trace(Cause::StillWorking { tenant, agent: by, contact: of }, || {
            format!("word of agent {name} that contact {id} is worked on")
        });
        self.begin_handling(number, step.now);
        let told = self.tell(Kind::ContactWorkedOn, self.contact(number)?);
        Some(Told { agent: self.agent_key(agent), ..told })
    }

    /// It is active from now on, or its time begins anew.
    pub(super) fn begin_handling(&mut self, number: ContactNo, now: Time) -> Option<()> {
        let longest = self.contact(number).and_then(|contact| self.queue_of(contact)?.handling_max);
        let handling = longest.map(|longest| Handling { until: now + longest, stuck: false });
        self.contact_mut(number)?.handling = handling;
        Some(())
    }
}

impl Contact {
    /// Of one that is active: when it is to be said that it is stuck.
    pub(super) fn stuck_at(&self) -> Option<Time> {
        self.handling.filter(|handling| !handling.stuck).map(|handling| handling.until)
    }
}
