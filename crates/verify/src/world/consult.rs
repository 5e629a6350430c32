//! Consults: contacts by which agents ask others about what they keep, and what becomes of them when that leaves who asked.

use std::collections::BTreeMap;

use model::config::ChannelKind;
use model::consult::{CONSULTS_MAX, ConsultOf};
use model::{AgentNo, Change, ChannelNo, ContactBody, ContactNo, OfferNo, Outcome, ProfileNo, Time};

use super::Step;
use super::contact::{Contact, State};
use super::tenant::Tenant;
use crate::ingest::Traced;
use crate::keys::{Cause, key};
use crate::report::Invariant;
use crate::told::{Kind, Told};

#[derive(Debug, Default)]
pub(crate) struct Consults {
    /// Open consults, and the contact with which each is linked.
    linked: BTreeMap<ContactNo, Option<ContactNo>>,
    /// Its contact has left who asked, and nobody has it: the next change ends it.
    parted: Option<ContactNo>,
    /// What the change before completed: its contact, its agent, and the offer by which that one had it.
    answered: Option<(ContactNo, AgentNo, u64)>,
}

impl Consults {
    /// The consult that is linked with the contact.
    fn about(&self, contact: ContactNo) -> Option<ContactNo> {
        let mut linked = self.linked.iter().filter(|(_, about)| **about == Some(contact));
        linked.next().map(|(consult, _)| *consult)
    }

    fn is_over(&self, contact: ContactNo) -> bool {
        self.linked.get(&contact) == Some(&None)
    }
}

impl Tenant {
    /// Before the change is taken in.
    pub(super) fn check_consults(&mut self, change: &Change, step: &mut Step<'_>) {
        let answered = self.consults.answered.take();
        if self.consults.linked.is_empty() && !matches!(change, Change::ContactHandedOver { .. }) {
            return;
        }
        if let Some(parted) = self.consults.parted.take() {
            let ends_it = matches!(
                change,
                Change::ContactClosed { contact, outcome: Outcome::Cancelled } if *contact == parted
            );
            if !ends_it && let Some(contact) = self.contact(parted) {
                let what =
                    format!("consult {} goes on although who asked has its contact no more", contact.id);
                step.broken(Invariant::Lifecycle, what);
            }
        }
        if let Change::ContactQueued { contact, .. } | Change::Offered { contact, .. } = change
            && self.consults.is_over(*contact)
        {
            let id = self.contact(*contact).map_or(String::new(), |contact| contact.id.to_string());
            let what = format!("consult {id} is placed although nobody waits for the answer");
            step.broken(Invariant::Lifecycle, what);
        }
        if let Change::ContactHandedOver { contact, agent, offer } = change
            && answered != Some((*contact, *agent, offer.0))
        {
            let what = format!("contact {contact:?} is handed over to {agent:?}, who was not asked about it");
            step.broken(Invariant::SingleHolder, what);
        }
        if let Change::ContactUpdated { contact, .. }
        | Change::ContactReclassified { contact, .. }
        | Change::ContactJoined { contact, .. }
        | Change::ContactProposed { contact, .. }
        | Change::ContactQuieted { contact, .. }
        | Change::ContactSlowed { contact, .. }
        | Change::ContactNoted { contact, .. } = change
            && self.consults.linked.contains_key(contact)
        {
            let what = format!("of consult {contact:?} is said what only a customer's contact may be");
            step.broken(Invariant::Lifecycle, what);
        }
        if let Some(left) = leaving(change) {
            self.part(left, change);
        }
    }

    /// The contact is not active or parked with its agent after the change.
    fn part(&mut self, left: ContactNo, change: &Change) {
        if let Some(consult) = self.consults.about(left) {
            self.consults.linked.insert(consult, None);
            let state = self.contact(consult).map(|consult| consult.state);
            if let Some(State::Waiting(_) | State::Offered { .. }) = state {
                self.consults.parted = Some(consult);
                self.unplaced.push(consult);
            }
        }
        let Some(about) = self.consults.linked.get(&left).copied() else { return };
        let state = self.contact(left).map(|consult| consult.state);
        if let (Some(State::Active { agent, offer }), Some(about)) = (state, about)
            && matches!(change, Change::ContactClosed { outcome: Outcome::Completed, .. })
        {
            self.consults.answered = Some((about, agent, offer));
        }
        if matches!(change, Change::WrapUpStarted { .. }) {
            self.consults.linked.insert(left, None);
        }
    }

    /// When the commit ends.
    pub(super) fn goes_on_after(&self, number: ContactNo) -> bool {
        self.consults.parted == Some(number)
    }

    /// A contact that says of itself that it is a consult, and is about to be known.
    pub(super) fn take_consult(
        &mut self,
        number: ContactNo,
        profile: ProfileNo,
        arrived_at: Time,
        body: &ContactBody,
        step: &mut Step<'_>,
    ) -> Option<()> {
        let of = body.consult.as_ref()?;
        let ConsultOf { contact: about, agent: asks } = &**of;
        let id = &body.contact;
        let cause = Cause::Consulted {
            tenant: self.name.as_str(),
            agent: asks.as_str(),
            about: about.as_str(),
            contact: id.as_str(),
        };
        step.trace(cause, || format!("consult {id} by agent {asks}"));
        let first = self.contacts.values().find(|contact| contact.id == *about);
        let asking = self.roster.get(asks).copied();
        let wrong = match first {
            None => Some(format!("is about contact {about}, which is not open")),
            Some(first) => self.wrong_of_consult(first, asking, profile, arrived_at, body),
        };
        let linked = first.map(|first| first.number);
        if let Some(wrong) = wrong {
            step.broken(Invariant::Lifecycle, format!("consult {id} {wrong}"));
        }
        self.consults.linked.insert(number, linked);
        Some(())
    }

    /// The first thing in which it is not what the agent may make.
    fn wrong_of_consult(
        &self,
        first: &Contact,
        asking: Option<AgentNo>,
        profile: ProfileNo,
        arrived_at: Time,
        body: &ContactBody,
    ) -> Option<String> {
        let of_agent = |agent: AgentNo| Some(agent) == asking;
        let linked = self.consults.linked.values().flatten().filter_map(|about| self.contact(*about));
        let kind_of = |profile: ProfileNo| Some(self.kind_on(self.place_of(profile)?.1));
        let becomes_live = kind_of(profile) == Some(Some(ChannelKind::Live))
            && kind_of(first.profile) == Some(Some(ChannelKind::Indirect));
        let expected = if becomes_live { self.now } else { first.arrived_at };
        let asks = &body.consult.as_ref()?.agent;
        let differs = body.customer != first.body.customer
            || body.matter != first.body.matter
            || body.site != first.body.site
            || !body.attributes.is_empty()
            || !body.reachable.is_empty()
            || body.window.is_some();
        if !matches!(first.state, State::Active { agent, .. } if of_agent(agent)) {
            Some(format!("is asked by {asks}, with whom its contact is not active"))
        } else if self.consults.linked.contains_key(&first.number) {
            Some("is about a consult".to_owned())
        } else if self.consults.about(first.number).is_some() {
            Some("is the second about its contact".to_owned())
        } else if linked.filter(|first| first.state.holder().is_some_and(of_agent)).count() >= CONSULTS_MAX {
            Some(format!("is one too many of {asks}"))
        } else if body.excluded_agents != [asks.clone()] {
            Some("does not keep away from who asks".to_owned())
        } else if differs {
            Some("is not for the customer, the matter and the site of its contact".to_owned())
        } else if arrived_at != expected {
            Some(format!("arrives at {arrived_at:?}, its contact says {expected:?}"))
        } else {
            None
        }
    }

    fn kind_on(&self, channel: ChannelNo) -> Option<ChannelKind> {
        self.channels.get(channel.index()).map(|settings| settings.kind)
    }

    /// From who asked to who was asked; that this one was, is judged before.
    pub(super) fn hand_over(
        &mut self,
        number: ContactNo,
        agent: AgentNo,
        offer: OfferNo,
        step: &mut Step<'_>,
    ) -> Option<Told> {
        self.known_agent(agent, step)?;
        let contact = self.open_contact(number, step)?;
        let (State::Active { agent: from, .. } | State::Parked { agent: from, .. }) = contact.state else {
            let what = format!("contact {} is handed over while it is {}", contact.id, contact.state.name());
            step.broken(Invariant::Lifecycle, what);
            return None;
        };
        if contact.excluded.contains(&agent) {
            let what = format!("contact {} is handed over to an agent whom it excludes", contact.id);
            step.broken(Invariant::Eligibility, what);
        }
        let is_bot = |agent: AgentNo| self.agents.get(agent.index()).is_some_and(|agent| agent.is_bot);
        let asks = self.profiles.get(&contact.profile).is_some_and(|profile| profile.person)
            || contact.body.asks_for_person();
        if is_bot(from) || asks && is_bot(agent) {
            let what =
                format!("contact {} is left to another by a bot, or to one, and not to a person", contact.id);
            step.broken(Invariant::Eligibility, what);
        }
        let channel = self.place_of(contact.profile).map(|(_, channel)| channel);
        self.end_work(number, true, step.now);
        self.let_go(number, State::Active { agent, offer: offer.0 });
        self.begin_handling(number, step.now);
        self.begin_work(number, step.now);
        let holder = &mut self.agents[agent.index()];
        holder.active.push(number);
        holder.changed_at = step.now;
        if let Some(channel) = channel {
            holder.hold(channel);
        }
        let told = self.tell(Kind::ContactHandedOver, self.contact(number)?);
        let (agent, asks) = (self.agent_key(agent), self.agent_key(from));
        Some(Told { agent, asks, offer: offer.0, detail: asks, ..told })
    }

    /// Of a consult that is closed as cancelled. False for any other contact.
    pub(super) fn traces_end_of_consult(&self, contact: &Contact, step: &mut Step<'_>) -> bool {
        let Some(about) = self.consults.linked.get(&contact.number) else { return false };
        if about.is_none()
            && matches!(contact.state, State::Nowhere | State::Waiting(_) | State::Offered { .. })
        {
            return true;
        }
        let asks = contact.body.consult.as_ref().map_or("", |of| of.agent.as_str());
        let (tenant, id) = (self.name.as_str(), contact.id.as_str());
        let ended = Cause::Ended { tenant, contact: id, is_by_customer: false };
        let is_ended = step
            .positions
            .as_ref()
            .is_some_and(|positions| matches!(step.ingest.take(ended, positions), Traced::At(_)));
        if !is_ended {
            let cause = Cause::Completed { tenant, agent: asks, contact: id };
            step.trace(cause, || format!("end of consult {id} by agent {asks}"));
        }
        true
    }

    /// It is closed.
    pub(super) fn forget_consult(&mut self, number: ContactNo) {
        self.consults.linked.remove(&number);
    }
}

impl Contact {
    /// Who asks by it, for what is told; 0 for no consult.
    pub(super) fn asks(&self) -> u64 {
        self.body.consult.as_ref().map_or(0, |of| key(of.agent.as_str()))
    }
}

fn leaving(change: &Change) -> Option<ContactNo> {
    if let Change::WrapUpStarted { contact, .. }
    | Change::ContactReturned { contact, .. }
    | Change::ContactScheduled { contact, .. }
    | Change::ContactQuieted { contact, .. }
    | Change::ContactHandedOver { contact, .. }
    | Change::ContactClosed { contact, .. } = change
    {
        return Some(*contact);
    }
    None
}
