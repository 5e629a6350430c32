//! Consults: contacts by which agents ask others about what they keep, and what each is linked with.
//!
//! Beside the records, for few contacts are one or have one: that there are none is all that others look at.

use std::collections::BTreeMap;

use model::{AgentNo, Change, ContactNo, OfferNo, Time};

use super::contacts::Status;
use super::tenant::Tenant;
use super::timers::Timers;
use super::work::Handled;

#[derive(Debug, Default)]
pub struct Consults {
    /// Open consults; with nothing those that are linked with nothing any more.
    linked: BTreeMap<ContactNo, Option<ContactNo>>,
    /// The other way round.
    of: BTreeMap<ContactNo, ContactNo>,
}

impl Consults {
    pub fn is_empty(&self) -> bool {
        self.linked.is_empty()
    }

    /// The consult that is linked with the contact.
    pub fn of(&self, contact: ContactNo) -> Option<ContactNo> {
        self.of.get(&contact).copied()
    }

    /// The contact that the consult is linked with.
    pub fn linked(&self, consult: ContactNo) -> Option<ContactNo> {
        self.linked.get(&consult).copied().flatten()
    }

    #[inline]
    pub fn is_consult(&self, contact: ContactNo) -> bool {
        !self.is_empty() && self.linked.contains_key(&contact)
    }

    /// Whether it is a consult whose contact has left whoever asked.
    #[inline]
    pub fn is_over(&self, contact: ContactNo) -> bool {
        self.is_consult(contact) && self.linked(contact).is_none()
    }

    /// The consult that the change parts from its contact.
    #[cold]
    pub fn parted_by(&self, change: &Change) -> Option<ContactNo> {
        self.of(leaving(change)?)
    }

    pub fn insert(&mut self, consult: ContactNo, contact: Option<ContactNo>) {
        self.linked.insert(consult, contact);
        if let Some(contact) = contact {
            self.of.insert(contact, consult);
        }
    }

    fn unlink(&mut self, consult: ContactNo) {
        if let Some(contact) = self.linked.get_mut(&consult).and_then(Option::take) {
            self.of.remove(&contact);
        }
    }
}

/// The contact that is not active or parked with its agent any more after the change.
fn leaving(change: &Change) -> Option<ContactNo> {
    match change {
        Change::WrapUpStarted { contact, .. }
        | Change::ContactReturned { contact, .. }
        | Change::ContactScheduled { contact, .. }
        | Change::ContactQuieted { contact, .. }
        | Change::ContactHandedOver { contact, .. }
        | Change::ContactClosed { contact, .. } => Some(*contact),
        Change::TenantOpened { .. }
        | Change::TenantLeft { .. }
        | Change::TenantRows { .. }
        | Change::TenantCame { .. }
        | Change::TenantGone
        | Change::Resumed { .. }
        | Change::Refused(_)
        | Change::ConfigApplied { .. }
        | Change::AgentPut { .. }
        | Change::AgentRemoved { .. }
        | Change::ProfileOpened { .. }
        | Change::ProfileClosed { .. }
        | Change::QueueSwitched { .. }
        | Change::AgentHeard { .. }
        | Change::AgentPresence { .. }
        | Change::AgentDeferred { .. }
        | Change::AgentThrottled { .. }
        | Change::AgentUnthrottled { .. }
        | Change::ContactArrived { .. }
        | Change::ContactQueued { .. }
        | Change::Offered { .. }
        | Change::Accepted { .. }
        | Change::OfferEnded { .. }
        | Change::ExclusionLifted { .. }
        | Change::ContactInterrupted { .. }
        | Change::ContactParked { .. }
        | Change::ContactResumed { .. }
        | Change::ContactStuck { .. }
        | Change::ContactWorkedOn { .. }
        | Change::ContactRelaxed { .. }
        | Change::ContactPressed { .. }
        | Change::ContactMoved { .. }
        | Change::ContactJoined { .. }
        | Change::ContactUpdated { .. }
        | Change::ContactReclassified { .. }
        | Change::ContactKeptForPeople { .. }
        | Change::ContactReleased { .. }
        | Change::ContactProposed { .. }
        | Change::ProposalEnded { .. }
        | Change::ContactSwitched { .. }
        | Change::ContactSlowed { .. }
        | Change::ContactReplied { .. }
        | Change::ContactNoted { .. }
        | Change::ContactEstimated { .. }
        | Change::ContactUnservable { .. }
        | Change::ContactServable { .. }
        | Change::DeadlinesJudged { .. }
        | Change::OverflowTurned { .. }
        | Change::ContactOverflowed { .. } => None,
    }
}

impl Tenant {
    /// Takes a change in, of whichever contact, before all else does.
    #[inline]
    pub fn link_by(&mut self, change: &Change) {
        if let Change::ContactArrived { contact, body, .. } = change
            && let Some(of) = &body.consult
        {
            let about = self.open_contact(self.expect_id(&of.contact));
            self.consults.insert(*contact, about);
        } else if !self.consults.is_empty() {
            self.unlink_by(change);
        }
    }

    #[cold]
    fn unlink_by(&mut self, change: &Change) {
        let Some(contact) = leaving(change) else { return };
        if let Some(consult) = self.consults.of(contact) {
            self.consults.unlink(consult);
        }
        let is_closed = matches!(change, Change::ContactClosed { .. });
        if is_closed || matches!(change, Change::WrapUpStarted { .. }) {
            self.consults.unlink(contact);
        }
        if is_closed {
            self.consults.linked.remove(&contact);
        }
    }

    /// The consults that are linked with what the agent has, by number of that.
    pub fn asked_by(&self, agent: AgentNo) -> Vec<ContactNo> {
        let of = self.consults.of.iter();
        let asked = of.filter(|(contact, _)| self.contacts.of(**contact).agent == agent);
        asked.map(|(_, consult)| *consult).collect()
    }

    /// From who asked to who was asked.
    pub fn hand_over(
        &mut self,
        now: Time,
        contact: ContactNo,
        (agent, offer): (AgentNo, OfferNo),
        timers: &mut Timers,
    ) {
        let was_parked = self.contacts.of(contact).status == Status::Parked;
        self.end_work(now, contact, Handled::Finished);
        let former = self.let_go(contact);
        if !was_parked {
            self.agents[former].idle_since = now;
        }
        self.hold(contact, agent);
        let record = self.contacts.of_mut(contact);
        (record.status, record.offer) = (Status::Active, offer);
        self.begin_handling(now, contact);
        if self.overflow.is_some() {
            self.begin_work(now, contact);
        }
        self.set_contact_timer(contact, timers);
    }

    /// Whether the agent, who was asked by the consult, can have the contact in its place.
    pub fn has_room_in_place_of(&self, consult: ContactNo, contact: ContactNo) -> bool {
        let (consult, contact) = (self.contacts.of(consult), self.contacts.of(contact));
        let agent = &self.agents[consult.agent];
        let channel = |profile| self.profiles.brief(profile).channel;
        if channel(consult.profile) == channel(contact.profile) {
            return true;
        }
        let given_back = self.channel_of(consult.profile);
        let lanes = agent.lanes_without(self.settings(), std::iter::once((given_back.lane, given_back.cost)));
        agent.has_channel(channel(contact.profile)) && lanes >> self.channel_of(contact.profile).lane & 1 == 1
    }
}
