//! Finding contacts, and taking them out of hands.

use model::{AgentNo, ChannelNo, ContactId, ContactNo, ProfileNo, QueueNo};

use super::Step;
use super::contact::{Contact, State};
use super::tenant::Tenant;
use crate::keys::key;
use crate::report::Invariant;

impl Tenant {
    pub(super) fn open_contacts(&self) -> u64 {
        self.contacts.len() as u64
    }

    pub(super) fn open_ids(&self) -> impl Iterator<Item = &ContactId> {
        self.sorted_contacts().map(|contact| &contact.id)
    }

    /// What should have happened to a contact before the commit ended.
    pub(super) fn left_undone(&self, number: ContactNo) -> Option<(Invariant, String)> {
        let contact = self.contact(number)?;
        let id = &contact.id;
        if contact.state == State::Nowhere {
            let what = format!("contact {id} is neither queued, offered nor closed when the commit ends");
            return Some((Invariant::Lifecycle, what));
        }
        if self.goes_on_after(number) {
            let what =
                format!("consult {id} goes on when the commit ends, and who asked has its contact no more");
            return Some((Invariant::Lifecycle, what));
        }
        if contact.put_off_again.is_some() {
            let what = format!("contact {id} was put off, is moved, and is not put off again");
            return Some((Invariant::Lifecycle, what));
        }
        if contact.is_pulled {
            let what = format!("contact {id} is taken by its agent, and not accepted when the commit ends");
            return Some((Invariant::Lifecycle, what));
        }
        if contact.owes_outlook {
            let what = format!("contact {id} is queued, and not told what to expect when the commit ends");
            return Some((Invariant::Estimates, what));
        }
        let what = format!("contact {id} is not classified anew after its update when the commit ends");
        contact.owes.then_some((Invariant::Classification, what))
    }

    pub(super) fn sorted_contacts(&self) -> impl Iterator<Item = &Contact> {
        let mut contacts: Vec<&Contact> = self.contacts.values().collect();
        contacts.sort_unstable_by_key(|contact| contact.number);
        contacts.into_iter()
    }

    pub(super) fn contact(&self, number: ContactNo) -> Option<&Contact> {
        self.contacts.get(&number.place()).filter(|contact| contact.number == number)
    }

    pub(super) fn contact_mut(&mut self, number: ContactNo) -> Option<&mut Contact> {
        self.contacts.get_mut(&number.place()).filter(|contact| contact.number == number)
    }

    /// Nothing, and a finding, for a contact that never arrived or is closed.
    pub(super) fn open_contact(&self, number: ContactNo, step: &mut Step<'_>) -> Option<&Contact> {
        let contact = self.contact(number);
        if contact.is_none() {
            if number.arrival_count() < self.arrivals {
                step.broken(
                    Invariant::OneOutcome,
                    format!("contact {number:?} is closed, and this comes after"),
                );
            } else {
                step.broken(Invariant::NoInvention, format!("contact {number:?} never arrived"));
            }
        }
        contact
    }

    /// Takes the contact out of its holder's hands, if it is in any.
    pub(super) fn let_go(&mut self, number: ContactNo, next: State) {
        let Some(contact) = self.contacts.get_mut(&number.place()) else { return };
        let former = std::mem::replace(&mut contact.state, next);
        contact.is_unservable = false;
        if matches!(former, State::Waiting(_)) && contact.is_unanswered() {
            self.released_at = self.now;
        }
        let channel = self.profiles.get(&contact.profile).map(|profile| profile.channel);
        if contact.stands.is_some() {
            self.line_up(number);
        }
        let Some(agent) = former.holder().and_then(|agent| self.agents.get_mut(agent.index())) else {
            return;
        };
        if let Some(channel) = channel.filter(|_| !matches!(former, State::Parked { .. })) {
            agent.let_go(channel);
        }
        agent.changed_at = self.now;
        agent.active.retain(|other| *other != number);
        agent.parked.retain(|other| *other != number);
        if matches!(former, State::Offered { .. }) {
            agent.offered = agent.offered.saturating_sub(1);
        }
    }

    /// Queue and channel of a profile.
    pub(super) fn place_of(&self, profile: ProfileNo) -> Option<(QueueNo, ChannelNo)> {
        self.profiles.get(&profile).map(|profile| (profile.queue, profile.channel))
    }

    pub(super) fn change_profile(&mut self, number: ContactNo, next: ProfileNo) {
        let Some(contact) = self.contacts.get_mut(&number.place()) else { return };
        let former = std::mem::replace(&mut contact.profile, next);
        if let Some(former) = self.profiles.get_mut(&former) {
            former.contacts = former.contacts.saturating_sub(1);
        }
        if let Some(next) = self.profiles.get_mut(&next) {
            next.contacts += 1;
        }
    }

    pub(super) fn agent_key(&self, agent: AgentNo) -> u64 {
        self.agents.get(agent.index()).map_or(0, |agent| key(agent.id.as_str()))
    }
}
