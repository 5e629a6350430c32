//! Agents who ask others about what they keep: "Consults" of the rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::config::{ChannelKind, POINTS_MAX};
use model::consult::{CONSULTS_MAX, ConsultOf, ConsultRequest, ConsultTo};
use model::row::ContactState;
use model::{
    AgentKind, AgentNo, Change, ContactBody, ContactId, ContactNo, OfferNo, Outcome, Presence, Refusal, Time,
    Transition,
};

use super::inputs::{Refused, refused};
use super::inputs_contact::points;
use super::state::Tenant;
use super::{Step, Twin};

impl Step<'_> {
    pub fn consult(
        &mut self,
        agent: AgentNo,
        about: ContactNo,
        request: &ConsultRequest,
    ) -> Result<(), Refused> {
        let ConsultRequest { contact: _, consult: id, to, channel, skills } = request;
        let world = self.world();
        let first = world.contact(about);
        if !first.is_active() {
            return refused(Refusal::WrongState, "the contact is parked".to_owned());
        }
        if first.body.consult.is_some() || world.consult_about(about).is_some() {
            return refused(Refusal::WrongState, "it is a consult, or has one".to_owned());
        }
        let id_hash = (self.twin.hash)(&self.twin.key, id.as_str());
        if world.open_ids.contains_key(id) || world.closed_digests.contains_key(&id_hash) {
            return refused(Refusal::IdReuse, format!("id {id} stands for another contact"));
        }
        let linked = world.contacts.values().filter_map(|contact| contact.linked);
        if linked.filter(|about| world.contact(*about).holder() == Some(agent)).count() >= CONSULTS_MAX {
            return refused(Refusal::LimitReached, "too many consults of one agent".to_owned());
        }
        let here = world.profile_of(about);
        let channel = match channel {
            None => here.channel,
            Some(name) => match world.channel_number(name) {
                Some(channel) => channel,
                None => return refused(Refusal::UnknownChannel, format!("channel {name} is not configured")),
            },
        };
        let (queue, preferred_agent) = match to {
            ConsultTo::Queue(name) => match world.queue_number(name) {
                Some(queue) => (queue, None),
                None => return refused(Refusal::UnknownQueue, format!("queue {name} is not configured")),
            },
            ConsultTo::Agent(name) => match world.agent_in_roster(name) {
                Some(asked) if asked == agent => {
                    return refused(Refusal::NotEligible, "nobody asks itself".to_owned());
                }
                Some(_) => (here.queue, Some(name.clone())),
                None => return refused(Refusal::UnknownAgent, format!("agent {name} is not in the roster")),
            },
        };
        world.check_skills(skills)?;
        let (_, _, person) = world.lasting_after(agent, about);
        let profile = world.profile_for(queue, (channel, here.site, person), skills)?;
        if world.contacts.len() >= ContactNo::PLACES {
            return refused(Refusal::LimitReached, "too many open contacts".to_owned());
        }
        let number = world.profile_number(&profile)?;

        let is_live = world.channel(channel).kind == ChannelKind::Live;
        let was_live = world.channel(here.channel).kind == ChannelKind::Live;
        let arrived_at = if is_live && !was_live { self.now } else { first.arrived_at };
        let due_with_it = (!is_live && !was_live).then_some(first.due_at);
        let due_at = match due_with_it {
            Some(due_at) => due_at,
            None if is_live => Time::MAX,
            None => world.due_at(queue, arrived_at),
        };
        let of_rule = first.body.classified.as_ref().map_or(0, |classified| classified.points);
        let own = i64::from(first.body.points) + i64::from(of_rule);
        let own = own.clamp(-i64::from(POINTS_MAX), i64::from(POINTS_MAX));
        let asking = world.agent(agent).spec.agent.clone();
        let body = ContactBody {
            contact: id.clone(),
            channel: world.channels[channel.index()].clone(),
            queue: Some(world.queues[queue.index()].clone()),
            customer: first.body.customer.clone(),
            matter: first.body.matter.clone(),
            skills: skills.clone(),
            site: first.body.site.clone(),
            person,
            points: i32::try_from(own).expect("the limits are small"),
            due_at: due_with_it,
            arrived_at: None,
            preferred_agent,
            preferred_patience: None,
            excluded_agents: vec![asking.clone()],
            attributes: BTreeMap::new(),
            window: None,
            reachable: Vec::new(),
            traceparent: first.body.traceparent.clone(),
            classified: None,
            consult: Some(Box::new(ConsultOf { contact: first.body.contact.clone(), agent: asking })),
        };
        let points = points(world.queue(queue), &body);
        let contact = ContactNo::new(world.arrivals, world.lowest_free_place());
        self.open_profile(number, profile);
        self.decide(Change::ContactArrived {
            contact,
            profile: number,
            points,
            arrived_at,
            due_at,
            digest: 0,
            body: Arc::new(body),
            known: None,
        });
        self.place(contact);
        Ok(())
    }

    pub fn hand_over(&mut self, agent: AgentNo, contact: ContactNo, id: &ContactId) -> Result<(), Refused> {
        let world = self.world();
        let Some(consult) =
            world.open_ids.get(id).copied().filter(|named| world.consult_about(contact) == Some(*named))
        else {
            return refused(Refusal::WrongState, format!("{id} is no consult about it"));
        };
        let Some(ContactState::Active { agent: asked, offer }) = world.contact(consult).state else {
            return refused(Refusal::WrongState, format!("nobody has {id} active"));
        };
        if world.contact(contact).excluded.contains(&asked) {
            return refused(Refusal::NotEligible, "the contact keeps away from whoever was asked".to_owned());
        }
        let (_, _, asks_for_person) = world.lasting(contact);
        let is_bot = |agent: AgentNo| world.agent(agent).spec.kind == AgentKind::Bot;
        if is_bot(agent) || (is_bot(asked) && asks_for_person) {
            return refused(Refusal::NotEligible, "a person is asked for".to_owned());
        }
        let is_lost = matches!(world.agent(asked).presence, Presence::Lost { .. });
        let (of_consult, wanted) = (world.profile_of(consult).channel, world.profile_of(contact).channel);
        let mut held = world.agent(asked).held.clone();
        held.remove(&consult);
        let works_on_it = world.agent(asked).channels.iter().any(|(channel, _)| *channel == wanted);
        let fits = works_on_it && world.has_room(asked, wanted, &held);
        if is_lost || of_consult != wanted && !fits {
            return refused(Refusal::NotOpen, "whoever was asked has no room for it".to_owned());
        }
        self.close(consult, Outcome::Completed);
        self.decide(Change::ContactHandedOver { contact, agent: asked, offer });
        self.released(agent);
        self.released(asked);
        Ok(())
    }

    /// The consult that the change parts from what it is about.
    pub fn parted_by(&self, change: &Change) -> Option<ContactNo> {
        let about = left_by(change)?;
        self.world().consult_about(about)
    }

    /// Nobody begins to answer any more.
    pub fn part(&mut self, consult: ContactNo) {
        match self.world().contact(consult).state {
            Some(ContactState::Waiting(_) | ContactState::Offered { .. }) => self.end_consult(consult),
            Some(
                ContactState::Active { .. }
                | ContactState::Parked { .. }
                | ContactState::WrapUp { .. }
                | ContactState::Scheduled
                | ContactState::Quiet { .. },
            )
            | None => {}
        }
    }

    /// Of one that nobody has accepted.
    pub fn end_consult(&mut self, consult: ContactNo) {
        let asked = self.world().contact(consult).holder();
        self.close(consult, Outcome::Cancelled);
        if let Some(agent) = asked {
            self.released(agent);
        }
    }
}

impl Twin {
    /// Before the change is taken in.
    pub fn unlink_by(&mut self, transition: &Transition) {
        let Some(left) = left_by(&transition.change) else { return };
        let is_done = matches!(transition.change, Change::WrapUpStarted { .. });
        for (number, contact) in &mut self.tenant_mut(transition.tenant).contacts {
            if contact.linked == Some(left) || (*number == left && is_done) {
                contact.linked = None;
            }
        }
    }
}

impl Tenant {
    fn consult_about(&self, about: ContactNo) -> Option<ContactNo> {
        let mut linked = self.contacts.iter().filter(|(_, contact)| contact.linked == Some(about));
        linked.next().map(|(number, _)| *number)
    }

    pub fn linked_by(&self, body: &ContactBody) -> Option<ContactNo> {
        self.open_ids.get(&body.consult.as_ref()?.contact).copied()
    }

    /// A consult by which this agent asks, and that nobody has.
    pub fn may_end_consult(&self, agent: AgentNo, id: &ContactId) -> Option<ContactNo> {
        let number = self.open_ids.get(id).copied()?;
        let consult = self.contact(number);
        let about = self.contact(consult.linked?);
        let is_open = matches!(consult.state, Some(ContactState::Waiting(_) | ContactState::Offered { .. }));
        (is_open && about.holder() == Some(agent)).then_some(number)
    }

    pub fn handed_over(&mut self, now: Time, number: ContactNo, agent: AgentNo, offer: OfferNo) {
        self.work_ends(now, number, true);
        let was_active = self.contact(number).is_active();
        let channel = self.profile_of(number).channel;
        let former = self.take_from_holder(number);
        if was_active {
            self.agent_mut(former).idle_since = now;
        }
        self.contact_mut(number).state = Some(ContactState::Active { agent, offer });
        self.agent_mut(agent).held.insert(number, channel);
        self.handling_begins(now, number);
        self.work_begins(now, number);
    }
}

/// What whoever had it does not work on any more.
fn left_by(change: &Change) -> Option<ContactNo> {
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
