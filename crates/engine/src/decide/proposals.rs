//! Another channel is proposed to customers who wait, and they answer.

use model::config::ChannelKind;
use model::overflow::Overflowed;
use model::transition::ProposalEnd;
use model::{Change, ChannelNo, ContactId, ContactNo, Millis, QueueNo, Refusal, RuleName, TenantNo, Time};

use super::contact::{Refused, total_points};
use super::{Origin, Turn};
use crate::state::profiles::Lasting;

impl Turn<'_> {
    /// By a rule that is on, to the customer of a contact on which it may act.
    pub fn propose(
        &mut self,
        tenant: TenantNo,
        contact: ContactNo,
        rule: RuleName,
        (channels, queue, timeout): (&[ChannelNo], QueueNo, Millis),
    ) {
        let channel = self.tenant(tenant).channel_to_propose(contact, channels);
        let channel = channel.expect("a rule acts on those that are reachable on one of its channels");
        let until = self.now + timeout;
        self.emit(tenant, Change::ContactProposed { contact, rule, channel, queue, until });
    }

    pub fn end_proposal_if_due(&mut self, tenant: TenantNo, contact: ContactNo) {
        let state = self.tenant(tenant);
        if state.proposal_ends_at(state.contacts.of(contact)).is_some_and(|until| until <= self.now) {
            self.emit(tenant, Change::ProposalEnded { contact, how: ProposalEnd::Expired });
        }
    }

    pub fn contact_answer(&mut self, tenant: TenantNo, origin: Origin<'_>, id: &ContactId, accepts: bool) {
        let Some(contact) = self.find_open(tenant, origin, id) else { return };
        let made = self.tenant(tenant).overflowed.get(&contact);
        let Some((channel, queue, _)) = made.and_then(Overflowed::open_proposal) else {
            let detail = format!("nothing is proposed to contact {id}, or its time is over");
            return self.refuse(tenant, origin, Refusal::WrongState, detail);
        };
        if !accepts {
            return self.emit(tenant, Change::ProposalEnded { contact, how: ProposalEnd::Declined });
        }
        if let Err((reason, detail)) = self.switch(tenant, contact, channel, queue) {
            self.refuse(tenant, origin, reason, detail);
        }
    }

    fn switch(
        &mut self,
        tenant: TenantNo,
        contact: ContactNo,
        channel: ChannelNo,
        queue: QueueNo,
    ) -> Result<(), Refused> {
        let state = self.tenant(tenant);
        let Some(of_channel) = state.settings().channel(channel) else {
            let detail = "the channel that was proposed is not in the configuration any more";
            return Err((Refusal::UnknownChannel, detail.to_owned()));
        };
        let Some(settings) = state.settings().queue(queue) else {
            let detail = "the queue of the proposal is not in the configuration any more";
            return Err((Refusal::UnknownQueue, detail.to_owned()));
        };
        let record = state.contacts.of(contact);
        let body = record.body();
        let points = total_points(settings.points, body.own_points());
        let due_at = match of_channel.kind {
            ChannelKind::Live => Time::MAX,
            ChannelKind::Indirect => {
                body.due_at.unwrap_or_else(|| state.settings().due_at(settings.due, record.arrived_at))
            }
        };
        let lasting = Lasting { channel, ..state.lasting(record) };
        let key = self.profile_key(tenant, queue, lasting, &settings.demands, body.own_skills(), false)?;
        let profile = self.open_profile(tenant, key)?;
        self.emit(tenant, Change::ContactSwitched { contact, profile, points, due_at });
        self.enter(tenant, contact);
        Ok(())
    }
}
