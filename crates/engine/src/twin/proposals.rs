//! Another channel for those who wait: "Proposals" of the rules.

use model::config::ChannelKind;
use model::overflow::{OverflowRule, Overflowed, Proposal, Proposed};
use model::transition::ProposalEnd;
use model::{Change, ChannelId, ChannelNo, ContactId, ContactNo, QueueNo, Refusal, RuleName, Time};

use super::Step;
use super::classify::own_skills;
use super::inputs::{Refused, refused};
use super::inputs_contact::points;
use super::state::{Contact, Tenant};

impl Step<'_> {
    pub fn propose(&mut self, rule: &OverflowRule, proposal: &Proposal, contact: ContactNo) {
        let world = self.world();
        let mut channels = world.channels_to_propose(proposal, contact);
        channels.sort_by_key(|channel| world.config().channel(channel).map(|channel| channel.steering));
        let channel = channels.first().and_then(|channel| world.channel_number(channel));
        let channel = channel.expect("somebody who is not reachable is not acted on");
        let queue = world.queue_number(&proposal.queue).expect("who may come in has a queue to come to");
        let until = self.now + proposal.timeout;
        self.decide(Change::ContactProposed { contact, rule: rule.name.clone(), channel, queue, until });
    }

    pub fn end_proposal_if_due(&mut self, contact: ContactNo) {
        if self.world().contact(contact).proposal_ends_at().is_some_and(|until| until <= self.now) {
            self.decide(Change::ProposalEnded { contact, how: ProposalEnd::Expired });
        }
    }

    pub fn contact_answer(&mut self, id: &ContactId, accepts: bool) -> Result<(), Refused> {
        let Some(contact) = self.open_contact(id)? else { return Ok(()) };
        let Some(Proposed::Open { channel, queue, until: _ }) = self.world().contact(contact).proposed()
        else {
            return refused(Refusal::WrongState, format!("nothing is proposed to {id}"));
        };
        if !accepts {
            self.decide(Change::ProposalEnded { contact, how: ProposalEnd::Declined });
            return Ok(());
        }
        self.switch(contact, channel, queue)
    }

    fn switch(&mut self, contact: ContactNo, channel: ChannelNo, queue: QueueNo) -> Result<(), Refused> {
        let world = self.world();
        let Some(of_channel) = &world.channels_in_force[channel.index()] else {
            return refused(Refusal::UnknownChannel, format!("channel {channel:?} is gone"));
        };
        let Some(of_queue) = &world.queues_in_force[queue.index()] else {
            return refused(Refusal::UnknownQueue, format!("queue {queue:?} is gone"));
        };
        let present = world.contact(contact);
        // Its site stays, and that it asks for a person.
        let (_, site, person) = world.lasting(contact);
        let lasting = (channel, site, person);
        let points = points(of_queue, &present.body);
        let due_at = match (of_channel.kind, present.body.due_at) {
            (ChannelKind::Live, _) => Time::MAX,
            (ChannelKind::Indirect, Some(due_at)) => due_at,
            (ChannelKind::Indirect, None) => world.due_at(queue, present.arrived_at),
        };
        let wanted = world.profile_asking(queue, lasting, &of_queue.skills, &own_skills(&present.body))?;
        let profile = world.profile_number(&wanted)?;
        self.open_profile(profile, wanted);
        self.decide(Change::ContactSwitched { contact, profile, points, due_at });
        self.enter(contact);
        Ok(())
    }
}

impl Tenant {
    /// As its customer prefers them.
    pub fn channels_to_propose(&self, proposal: &Proposal, contact: ContactNo) -> Vec<ChannelId> {
        let here = &self.channels[self.profile_of(contact).channel.index()];
        let reachable = self.contact(contact).body.reachable.iter();
        reachable
            .filter(|channel| *channel != here && proposal.channels.contains(channel))
            .filter(|channel| self.channel_number(channel).is_some())
            .cloned()
            .collect()
    }

    pub fn proposed(&mut self, number: ContactNo, rule: &RuleName, proposed: Proposed) {
        let made = self.contact_mut(number).overflowed.get_or_insert_default();
        made.rules.push(rule.clone());
        made.proposed = Some(proposed);
    }
}

impl Contact {
    pub fn proposed(&self) -> Option<Proposed> {
        self.overflowed.as_ref()?.proposed
    }

    pub fn end_proposal(&mut self) {
        if let Some(Overflowed { proposed: Some(proposed), .. }) = &mut self.overflowed {
            *proposed = Proposed::Over;
        }
    }

    pub fn proposal_ends_at(&self) -> Option<Time> {
        match self.proposed()? {
            Proposed::Open { channel: _, queue: _, until } => Some(until),
            Proposed::Over => None,
        }
    }
}
