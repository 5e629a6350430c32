//! Agents ask others about a contact that they keep, and leave it to whom they asked.

use std::sync::Arc;

use model::config::{ChannelKind, POINTS_MAX};
use model::consult::{CONSULTS_MAX, ConsultOf, ConsultRequest, ConsultTo};
use model::{
    AgentId, AgentKind, AgentNo, Change, ChannelId, ChannelNo, ContactBody, ContactId, ContactNo, Outcome,
    QueueNo, Refusal, TenantNo, Time,
};

use super::Turn;
use super::contact::{Refused, total_points};
use super::supervisor::not_open;
use crate::mutants::{self, Mutant};
use crate::state::agents::AgentState;
use crate::state::contacts::Status;
use crate::state::profiles::Lasting;

/// No body of a producer's has it but by chance, so one who names the id later is told that it is used.
const NO_DIGEST: u64 = 0;

impl Turn<'_> {
    /// Of a contact that is active with the agent.
    pub fn consult(
        &mut self,
        tenant: TenantNo,
        agent: AgentNo,
        about: ContactNo,
        request: &ConsultRequest,
    ) -> Result<(), Refused> {
        self.check_consult(tenant, agent, about, request)?;
        let state = self.tenant(tenant);
        let record = state.contacts.of(about);
        let (body, present) = (record.body(), state.profiles.key(record.profile));
        let channel = match &request.channel {
            Some(name) => self.find_channel(tenant, name)?,
            None => present.channel,
        };
        let (queue, wanted) = self.asked(tenant, agent, present.queue, &request.to)?;
        let settings = state.settings().queue(queue).expect("the queue was just found, or has a contact");
        let lasting = Lasting { channel, ..self.lasting_after(tenant, agent, record) };
        let own = [request.skills.as_slice(), &[]];
        let key = self.profile_key(tenant, queue, lasting, &settings.demands, own, true)?;
        let kind = state.settings().channel(channel).expect("the channel was just found").kind;
        let (arrived_at, due_at) = match (kind, state.channel_of(record.profile).kind) {
            (ChannelKind::Live, ChannelKind::Live) => (record.arrived_at, None),
            (ChannelKind::Live, ChannelKind::Indirect) => (self.now, None),
            (ChannelKind::Indirect, ChannelKind::Live) => (record.arrived_at, None),
            (ChannelKind::Indirect, ChannelKind::Indirect) => (record.arrived_at, Some(state.due_at(record))),
        };
        let of_queue = || state.settings().due_at(settings.due, arrived_at);
        let due = match kind {
            ChannelKind::Live => Time::MAX,
            ChannelKind::Indirect => due_at.unwrap_or_else(of_queue),
        };
        let most = i64::from(POINTS_MAX);
        let name = |channel: ChannelNo| state.names.channels.name(u32::from(channel.0)).clone();
        let asking = state.agents[agent].id().clone();
        let body = ContactBody {
            contact: request.consult.clone(),
            channel: name(channel),
            queue: Some(state.names.queues.name(u32::from(queue.0)).clone()),
            customer: body.customer.clone(),
            matter: body.matter.clone(),
            skills: request.skills.clone(),
            site: body.site.clone(),
            person: lasting.person,
            points: body.own_points().clamp(-most, most) as i32,
            due_at,
            arrived_at: None,
            preferred_agent: wanted,
            preferred_patience: None,
            excluded_agents: vec![asking.clone()],
            attributes: Default::default(),
            window: None,
            reachable: Vec::new(),
            traceparent: body.traceparent.clone(),
            classified: None,
            consult: Some(Box::new(ConsultOf { contact: body.contact.clone(), agent: asking })),
        };
        let points = total_points(settings.points, body.own_points());
        let Some(place) = state.contacts.lowest_free_place() else {
            let detail = format!("{} contacts are open; none more fits", ContactNo::PLACES);
            return Err((Refusal::LimitReached, detail));
        };
        let contact = ContactNo::new(state.arrivals, place);
        let profile = self.open_profile(tenant, key)?;
        let (digest, body, known) = (NO_DIGEST, Arc::new(body), None);
        let arrived =
            Change::ContactArrived { contact, profile, points, arrived_at, due_at: due, digest, body, known };
        self.emit(tenant, arrived);
        self.place(tenant, contact);
        Ok(())
    }

    fn check_consult(
        &self,
        tenant: TenantNo,
        agent: AgentNo,
        about: ContactNo,
        request: &ConsultRequest,
    ) -> Result<(), Refused> {
        let state = self.tenant(tenant);
        let ConsultRequest { contact, consult, .. } = request;
        if state.consults.is_consult(about) {
            let detail = format!("contact {contact} is a consult itself; its agent asks nobody else by it");
            return Err((Refusal::WrongState, detail));
        }
        if state.consults.of(about).is_some() {
            let detail =
                format!("somebody is asked about contact {contact} already; complete that consult first");
            return Err((Refusal::WrongState, detail));
        }
        if state.find_id(state.expect_id(consult)).is_some() {
            let detail = format!("contact {consult} is there, or was lately; choose a new id");
            return Err((Refusal::IdReuse, detail));
        }
        if state.asked_by(agent).len() >= CONSULTS_MAX {
            let detail = format!("{CONSULTS_MAX} contacts of this agent are consulted about; complete one");
            return Err((Refusal::LimitReached, detail));
        }
        Ok(())
    }

    /// The queue in which it is asked, and which agent.
    fn asked(
        &self,
        tenant: TenantNo,
        agent: AgentNo,
        present: QueueNo,
        to: &ConsultTo,
    ) -> Result<(QueueNo, Option<AgentId>), Refused> {
        match to {
            ConsultTo::Queue(queue) => Ok((self.find_queue(tenant, queue.as_str())?, None)),
            ConsultTo::Agent(name) => match self.tenant(tenant).agents.present(name) {
                None => Err((Refusal::UnknownAgent, format!("agent {name} is not in the roster"))),
                Some(wanted) if wanted == agent => {
                    let detail = format!("agent {name} asks itself; name another, or a queue");
                    Err((Refusal::NotEligible, detail))
                }
                Some(_) => Ok((present, Some(name.clone()))),
            },
        }
    }

    fn find_channel(&self, tenant: TenantNo, name: &ChannelId) -> Result<ChannelNo, Refused> {
        let state = self.tenant(tenant);
        let channel = state.names.channels.number(name.as_str()).map(|number| ChannelNo(number as u8));
        let channel = channel.filter(|&channel| state.settings().channel(channel).is_some());
        channel
            .ok_or_else(|| (Refusal::UnknownChannel, format!("channel {name} is not in the configuration")))
    }

    /// The contact, which the agent who asked has or has parked, to whoever was asked.
    pub fn hand_over(&mut self, tenant: TenantNo, contact: ContactNo, id: &ContactId) -> Result<(), Refused> {
        let state = self.tenant(tenant);
        let is_named = |consult: &ContactNo| state.contacts.of(*consult).body().contact == *id;
        let active = |consult: &ContactNo| state.contacts.of(*consult).status == Status::Active;
        let Some(consult) = state.consults.of(contact).filter(is_named).filter(active) else {
            let detail =
                format!("nobody talks about the contact by consult {id}: it is another's, waits, or is over");
            return Err((Refusal::WrongState, detail));
        };
        let (asking, record) = (state.contacts.of(contact).agent, state.contacts.of(consult));
        let (agent, offer) = (record.agent, record.offer);
        let excludes = state.contacts.aversion(contact.place());
        if excludes.is_some_and(|aversion| aversion.excluded.contains(&agent)) {
            let detail = format!("the contact keeps away from agent {}", state.agents[agent].id());
            return Err((Refusal::NotEligible, detail));
        }
        let asks = self.lasting_after(tenant, asking, state.contacts.of(contact)).person;
        let is_bot = |agent: AgentNo| state.agents[agent].spec.kind == AgentKind::Bot;
        if is_bot(asking) || asks && is_bot(agent) {
            let detail =
                format!("{} is left to a person by a transfer", state.contacts.of(contact).body().contact);
            return Err((Refusal::NotEligible, detail));
        }
        let is_lost = state.agents[agent].state() == AgentState::Lost;
        if is_lost || !state.has_room_in_place_of(consult, contact) {
            return Err(not_open(state.agents[agent].id().as_str()));
        }
        self.emit(tenant, Change::ContactClosed { contact: consult, outcome: Outcome::Completed });
        self.emit(tenant, Change::ContactHandedOver { contact, agent, offer });
        self.released(tenant, asking);
        self.released(tenant, agent);
        Ok(())
    }

    /// The consult that the change is about to part from its contact.
    #[inline]
    pub fn parted_by(&self, tenant: TenantNo, change: &Change) -> Option<ContactNo> {
        let consults = &self.engine.tenants.get(tenant.index().checked_sub(1)?)?.consults;
        if consults.is_empty() || mutants::is(Mutant::ConsultGoesOn) {
            return None;
        }
        consults.parted_by(change)
    }

    /// Whoever asked has the contact no more: nobody else begins to answer.
    #[cold]
    pub fn part(&mut self, tenant: TenantNo, consult: ContactNo) {
        match self.tenant(tenant).contacts.of(consult).status {
            Status::WaitingInQueue | Status::WaitingPreferred | Status::Offered => {
                self.close_and_release(tenant, consult, Outcome::Cancelled);
            }
            // What is nowhere is about to be placed, and ends there.
            Status::Nowhere
            | Status::Active
            | Status::Parked
            | Status::WrapUp
            | Status::Scheduled
            | Status::Quiet => {}
        }
    }

    /// Whether the contact is a consult by which this agent asks, and that nobody has yet.
    pub fn is_asked_by(&self, tenant: TenantNo, agent: AgentNo, named: Option<ContactNo>) -> bool {
        let state = self.tenant(tenant);
        let about = named.and_then(|consult| Some((consult, state.consults.linked(consult)?)));
        about.is_some_and(|(consult, about)| {
            let status = state.contacts.of(consult).status;
            state.contacts.of(about).agent == agent && (status.is_waiting() || status == Status::Offered)
        })
    }

    /// Whether the contact is a consult by which this agent asks.
    pub fn is_who_asks(&self, tenant: TenantNo, agent: AgentNo, contact: ContactNo) -> bool {
        let state = self.tenant(tenant);
        state.consults.is_consult(contact)
            && state.contacts.aversion(contact.place()).is_some_and(|kept| kept.excluded.contains(&agent))
    }
}
