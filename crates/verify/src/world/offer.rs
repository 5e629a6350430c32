//! Who may be offered what: single holder, eligibility.

use model::hand::Hand;
use model::transition::Place;
use model::{AgentNo, ContactNo, Presence, Time};

use super::Step;
use super::agent::Agent;
use super::contact::{Contact, State};
use super::tenant::Tenant;
use crate::keys::key;
use crate::report::Invariant;
use crate::told::{Kind, Told, moment, presence_name};

impl Tenant {
    pub(super) fn offer(
        &mut self,
        number: ContactNo,
        agent: AgentNo,
        (offer, expires_at): (model::OfferNo, Time),
        by: Option<Hand>,
        step: &mut Step<'_>,
    ) -> Option<Told> {
        step.counts.offers += 1;
        if offer.0 != self.offers + 1 {
            let what = format!("offer {offer} follows offer {}", self.offers);
            step.broken(Invariant::Lifecycle, what);
        }
        self.offers = self.offers.max(offer.0);
        self.known_agent(agent, step)?;
        self.check_is_classified(number, step);
        let contact = self.open_contact(number, step)?;
        self.check_holder(contact, agent, step);
        let by_supervisor = by == Some(Hand::Supervisor);
        self.check_eligible(contact, agent, by_supervisor, step);
        self.check_hand(contact, agent, by, step);
        if !by_supervisor {
            self.check_entrance(contact, step);
            self.check_note(contact, step);
        }
        self.check_was_put_off(contact, step);
        if let State::Quiet { .. } = contact.state {
            let what = format!("contact {} is offered while its customer is silent", contact.id);
            step.broken(Invariant::Lifecycle, what);
        }
        if contact.state == State::Scheduled {
            let what = format!("contact {} is offered while it is put off", contact.id);
            step.broken(Invariant::Lifecycle, what);
        }
        if let Some(end) = contact.window_end() {
            step.check_overrun(end, || format!("the window of contact {}", contact.id));
        }
        self.check_expiry(contact, offer.0, expires_at, step);
        let channel = self.profiles.get(&contact.profile).map(|profile| profile.channel);
        if by.is_none() {
            self.check_turn(number, agent, step);
            self.check_preferred_skills(number, agent, step);
        }
        self.check_held_back(number, agent, by, step);
        self.check_interruption(number, agent, by_supervisor, step);
        self.let_go(number, State::Offered { agent, offer: offer.0, expires_at });
        self.take_turn(number);
        let contact = self.contact_mut(number)?;
        (contact.comes, contact.silence.noted) = (false, false);
        contact.is_pulled = by == Some(Hand::Agent);
        if contact.is_pulled {
            self.unplaced.push(number);
        }
        let contact = self.contact_mut(number)?;
        contact.overtake_proposal();
        let holder = &mut self.agents[agent.index()];
        holder.offered += 1;
        holder.changed_at = step.now;
        if let Some(channel) = channel {
            holder.hold(channel);
        }
        self.check_capacity(number, agent, step);
        let told = self.tell(Kind::ContactOffered, self.contact(number)?);
        let agent = key(self.agents[agent.index()].id.as_str());
        Some(Told { agent, offer: offer.0, detail: moment(expires_at), ..told })
    }

    pub(super) fn is_accepted_automatically(&self, number: ContactNo) -> bool {
        let queue = self.contact(number).and_then(|contact| self.queue_of(contact));
        queue.is_some_and(|queue| queue.auto_accept)
    }

    fn check_holder(&self, contact: &Contact, agent: AgentNo, step: &mut Step<'_>) {
        if let Some(holder) = contact.state.holder() {
            let what = format!(
                "contact {} is offered to {} while it is {} with {}",
                contact.id,
                self.agents[agent.index()].id,
                contact.state.name(),
                self.agents[holder.index()].id
            );
            step.broken(Invariant::SingleHolder, what);
        }
    }

    /// The first reason, if any, for which the agent may not have it.
    fn check_eligible(&self, contact: &Contact, number: AgentNo, by_supervisor: bool, step: &mut Step<'_>) {
        let agent = &self.agents[number.index()];
        let why = if by_supervisor {
            self.unfit_for_hand(contact, number)
        } else if agent.is_removed {
            Some("is not in the roster any more".to_owned())
        } else if agent.presence != Presence::Available {
            Some(format!("is {}", presence_name(&agent.presence)))
        } else if contact.excluded.contains(&number) {
            Some("is excluded by it".to_owned())
        } else if contact.kept_from.contains(&number) {
            Some("is kept from it for a while".to_owned())
        } else {
            self.lacks(contact, agent).or_else(|| self.waits_for_another(contact, number, step.now))
        };
        if let Some(why) = why {
            let what = format!("contact {} is offered to agent {}, who {why}", contact.id, agent.id);
            step.broken(Invariant::Eligibility, what);
        }
    }

    fn lacks(&self, contact: &Contact, agent: &Agent) -> Option<String> {
        let profile = self.profiles.get(&contact.profile)?;
        let has_channel = agent.channels.iter().any(|(channel, _)| *channel == profile.channel);
        if !has_channel || self.channels.get(profile.channel.index()).is_none() {
            return Some(format!("does not work on {}", self.channels.name(profile.channel.index())));
        }
        // By what it came with, whatever became of its profile.
        if let Some(site) = contact.body.site.as_ref().filter(|site| agent.site != self.site_number(site)) {
            return Some(format!("is not at {site}"));
        }
        if agent.is_bot && (profile.person || self.owes_a_person(contact, &contact.body)) {
            return Some("is a bot, and it asks for a person".to_owned());
        }
        let lacking = profile.requirement.as_slice().iter().find(|demand| {
            let have = agent.skills.iter().find(|have| have.skill == demand.skill);
            have.is_none_or(|have| have.level < demand.level)
        })?;
        let skill = self.skills.name(lacking.skill.index());
        Some(format!("does not have {skill} at level {}", lacking.level.get()))
    }

    /// While its time lasts and the agent can come to it, it is that agent's alone.
    fn waits_for_another(&self, contact: &Contact, number: AgentNo, now: Time) -> Option<String> {
        let State::Waiting(Place::Preferred { agent, until }) = contact.state else { return None };
        let preferred = &self.agents.get(agent.index())?;
        let may_come = match preferred.presence {
            Presence::Available | Presence::Aux(_) | Presence::Draining { .. } => true,
            Presence::SignedOut | Presence::Lost { .. } => false,
        };
        (agent != number && now < until && may_come)
            .then(|| format!("it does not wait for, but for {}", preferred.id))
    }

    fn check_expiry(&self, contact: &Contact, offer: u64, expires_at: Time, step: &mut Step<'_>) {
        let Some(queue) = self.queue_of(contact) else { return };
        if expires_at != step.now + queue.offer_timeout {
            let what = format!(
                "offer {offer} lasts {} ms, its queue says {}",
                expires_at.since(step.now).0,
                queue.offer_timeout.0
            );
            step.broken(Invariant::Leases, what);
        }
        if let State::Waiting(Place::Preferred { until, .. }) = contact.state {
            step.check_overrun(until, || format!("the wait of contact {} for one agent", contact.id));
        }
    }
}
