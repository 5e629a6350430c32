//! Proposals of another channel: to whom one may be made, and which is open until when.
//!
//! What is proposed stands with what overflow made of the contact; a bit of its record says that the customer may answer.

use model::overflow::{Overflowed, Proposal, Proposed};
use model::{ChannelId, ChannelNo, ContactBody, ContactNo, RuleName, TenantConfig, Time};

use super::contacts::Contact;
use super::tenant::Tenant;

/// Whether one of the channels may be proposed to a contact that is on `present`.
pub fn is_reachable(
    config: &TenantConfig,
    proposal: &Proposal,
    body: &ContactBody,
    present: &ChannelId,
) -> bool {
    body.reachable.iter().any(|channel| {
        channel != present && proposal.channels.contains(channel) && config.channel(channel).is_some()
    })
}

impl Tenant {
    /// Of the channels that may be proposed to the contact the cheapest, of equal ones the one that its customer prefers.
    pub fn channel_to_propose(&self, contact: ContactNo, channels: &[ChannelNo]) -> Option<ChannelNo> {
        let record = self.contacts.of(contact);
        let present = self.profiles.brief(record.profile).channel;
        let reachable = record.body().reachable.iter().filter_map(|name| {
            let channel = ChannelNo(self.names.channels.number(name.as_str())? as u8);
            let settings = self.settings().channel(channel)?;
            (channel != present && channels.contains(&channel)).then_some((settings.steering, channel))
        });
        // The first of equal ones.
        reachable.min_by_key(|(steering, _)| *steering).map(|(_, channel)| channel)
    }

    /// The rule acted on the contact: it is proposed to its customer.
    pub fn note_proposal(&mut self, contact: ContactNo, rule: &RuleName, proposed: Proposed) {
        self.unlist_for_overflow(contact);
        let overflowed = self.overflowed.entry(contact).or_default();
        overflowed.rules.push(rule.clone());
        overflowed.proposed = Some(proposed);
        self.contacts.of_mut(contact).set_proposal(true);
        self.list_for_overflow(contact);
    }

    /// Nobody may answer any more.
    #[inline]
    pub fn end_proposal(&mut self, contact: ContactNo) {
        let record = self.contacts.of_mut(contact);
        if record.has_proposal() {
            record.set_proposal(false);
            if let Some(overflowed) = self.overflowed.get_mut(&contact) {
                overflowed.end_proposal();
            }
        }
    }

    /// When the time for an answer is over.
    pub fn proposal_ends_at(&self, contact: &Contact) -> Option<Time> {
        if !contact.has_proposal() {
            return None;
        }
        let open = self.overflowed.get(&contact.number).and_then(Overflowed::open_proposal);
        open.map(|(_, _, until)| until)
    }
}
