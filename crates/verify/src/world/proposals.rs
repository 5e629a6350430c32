//! Proposals of another channel: to whom they are made, which they are, and what becomes of them.

use model::config::POINTS_MAX;
use model::overflow::{OverflowAction, Overflowed, Proposal, Proposed};
use model::row::Silence;
use model::transition::ProposalEnd;
use model::{ChannelId, ChannelNo, ContactNo, ProfileNo, QueueNo, RuleName, Time};

use super::Step;
use super::contact::{Contact, State};
use super::tenant::Tenant;
use crate::keys::{Cause, key};
use crate::report::Invariant;
use crate::told::{Kind, Told, moment, proposal_end_name};

impl Contact {
    /// It is offered, or in another queue.
    pub(super) fn overtake_proposal(&mut self) {
        self.overflowed.end_proposal();
    }
}

impl Tenant {
    pub(super) fn propose(
        &mut self,
        number: ContactNo,
        name: &RuleName,
        (channel, queue, until): (ChannelNo, QueueNo, Time),
        step: &mut Step<'_>,
    ) -> Option<Told> {
        let contact = self.open_contact(number, step)?;
        let channel_name = self.channels.name(channel.index()).to_owned();
        let queue_name = self.queues.name(queue.index()).to_owned();
        match self.overflow.rule(name) {
            Some(rule) => {
                self.check_act(&rule, contact, step);
                if let OverflowAction::Propose(proposal) = &rule.action {
                    let said = (channel_name.as_str(), queue_name.as_str(), until);
                    self.check_proposal(name, proposal, contact, said, step);
                    self.check_target(&rule, &proposal.queue, step);
                } else {
                    let what =
                        format!("overflow rule {name} proposes to {}, and is none that does", contact.id);
                    step.broken(Invariant::Overflow, what);
                }
                self.count_act(&rule, step);
            }
            None => {
                let what = format!("there is no overflow rule {name}, yet it proposes to {}", contact.id);
                step.broken(Invariant::Overflow, what);
            }
        }
        let contact = self.contact_mut(number)?;
        contact.overflowed.rules.push(name.clone());
        contact.overflowed.proposed = Some(Proposed::Open { channel, queue, until });
        let told = self.tell(Kind::ContactProposed, self.contact(number)?);
        let detail = key((name.as_str(), channel_name.as_str(), queue_name.as_str(), moment(until)));
        Some(Told { detail, ..told })
    }

    fn check_proposal(
        &self,
        name: &RuleName,
        proposal: &Proposal,
        contact: &Contact,
        (channel, queue, until): (&str, &str, Time),
        step: &mut Step<'_>,
    ) {
        let id = &contact.id;
        // The lowest cost, and the first of those.
        let cheapest =
            self.proposable(proposal, contact).fold(None, |best: Option<(u32, &ChannelId)>, next| {
                if best.is_none_or(|best| next.0 < best.0) { Some(next) } else { best }
            });
        let expected = cheapest.map(|(_, channel)| channel.as_str());
        let what = if expected != Some(channel) {
            format!("proposes {channel} to contact {id}, not {}", expected.unwrap_or("nothing"))
        } else if proposal.queue.as_str() != queue {
            format!("proposes queue {queue} to contact {id}, and names {}", proposal.queue)
        } else if until != step.now + proposal.timeout {
            format!("lets contact {id} answer until {}, not {}", until.0, (step.now + proposal.timeout).0)
        } else {
            return;
        };
        step.broken(Invariant::Overflow, format!("overflow rule {name} {what}"));
    }

    /// Channels on which the contact can be reached, with what they cost.
    pub(super) fn proposable<'a>(
        &'a self,
        proposal: &'a Proposal,
        contact: &'a Contact,
    ) -> impl Iterator<Item = (u32, &'a ChannelId)> {
        let present =
            self.place_of(contact.profile).map_or("", |(_, channel)| self.channels.name(channel.index()));
        let reachable = contact.body.reachable.iter();
        let named = reachable
            .filter(move |channel| channel.as_str() != present && proposal.channels.contains(channel));
        named.filter_map(|channel| {
            let settings = self.channels.get(self.channels.number(channel.as_str())?)?;
            Some((settings.steering, channel))
        })
    }

    pub(super) fn end_proposal(
        &mut self,
        number: ContactNo,
        how: ProposalEnd,
        step: &mut Step<'_>,
    ) -> Option<Told> {
        let contact = self.open_contact(number, step)?;
        let id = contact.id.clone();
        match (Overflowed::open_proposal(&contact.overflowed), how) {
            (None, _) => {
                let what = format!("a proposal to contact {id} ends, and none is open");
                step.broken(Invariant::Overflow, what);
            }
            (Some((_, _, until)), ProposalEnd::Expired) if until > step.now => {
                let what = format!("a proposal to contact {id} ends {} ms early", until.since(step.now).0);
                step.broken(Invariant::Overflow, what);
            }
            (Some((_, _, until)), ProposalEnd::Expired) => {
                step.check_overrun(until, || format!("a proposal to contact {id}"));
            }
            (Some(_), ProposalEnd::Declined) => self.trace_answer(&id, false, step),
        }
        self.contact_mut(number)?.overtake_proposal();
        let told = self.tell(Kind::ProposalEnded, self.contact(number)?);
        Some(Told { detail: key(proposal_end_name(how)), ..told })
    }

    fn trace_answer(&self, id: &model::ContactId, accepts: bool, step: &mut Step<'_>) {
        let cause = Cause::Answered { tenant: self.name.as_str(), contact: id.as_str(), accepts };
        step.trace(cause, || format!("the answer of contact {id}"));
    }

    pub(super) fn switch(
        &mut self,
        number: ContactNo,
        (profile, points): (ProfileNo, i32),
        due_at: Time,
        step: &mut Step<'_>,
    ) -> Option<Told> {
        let contact = self.open_contact(number, step)?;
        let id = contact.id.clone();
        let (from, from_channel) = self.place_of(contact.profile).map_or((0, 0), |(queue, channel)| {
            (key(self.queues.name(queue.index())), key(self.channels.name(channel.index())))
        });
        match Overflowed::open_proposal(&contact.overflowed) {
            None => {
                let what = format!("contact {id} changes its channel, and no proposal is open");
                step.broken(Invariant::Overflow, what);
            }
            Some((channel, queue, _)) => {
                self.trace_answer(&id, true, step);
                self.check_still_asks(contact, profile, step);
                if self.place_of(profile) != Some((queue, channel))
                    || !self.is_as_it_arrives(contact, profile, points)
                {
                    let what = format!(
                        "contact {id} becomes another than was proposed: profile {profile}, {points} points"
                    );
                    step.broken(Invariant::Overflow, what);
                } else {
                    self.check_deadline(profile, contact.arrived_at, due_at, &contact.body, step);
                }
            }
        }
        self.let_go(number, State::Nowhere);
        self.change_profile(number, profile);
        let contact = self.contact_mut(number)?;
        (contact.points, contact.due_at) = (points, due_at);
        (contact.entered_at, contact.step, contact.is_pressed, contact.comes) = (step.now, 0, false, true);
        contact.leave_overflow();
        contact.silence = Silence::default();
        self.unplaced.push(number);
        let told = self.tell(Kind::ContactSwitched, self.contact(number)?);
        Some(Told { detail: key((from, from_channel)), ..told })
    }

    /// Points, skills and pressure are those of one that comes to this queue.
    pub(super) fn is_as_it_arrives(&self, contact: &Contact, profile: ProfileNo, points: i32) -> bool {
        let queue = self.place_of(profile).and_then(|(queue, _)| self.queues.get(queue.index()));
        let of_rule = contact.body.classified.as_ref();
        queue.is_some_and(|queue| {
            let of_rule_points = of_rule.map_or(0, |classified| classified.points);
            let sum = [queue.points, contact.body.points, of_rule_points].into_iter().map(i64::from);
            let sum = sum.sum::<i64>().clamp(-i64::from(POINTS_MAX), i64::from(POINTS_MAX));
            let own =
                contact.body.skills.iter().chain(of_rule.into_iter().flat_map(|of_rule| &of_rule.skills));
            let asks_for_less =
                queue.skills.iter().chain(own).any(|demand| self.asks_for_less(profile, demand));
            sum == i64::from(points) && !asks_for_less && self.pressure_of(profile).is_none()
        })
    }
}
