//! Outputs: what happened, as messages for those whom it concerns.
//!
//! An event is told to up to five sides, each with its own words: the agent's desktop, that of an agent who asks it, and the customer's
//! side on core NATS, everyone else through the durable event feed, and refused inputs through the dead-letter stream. Messages
//! are functions of committed records and nothing else, so whoever emits them again emits the same bytes under
//! the same ids: a consumer drops what it has seen, and what is of a lower epoch than it has seen.
//!
//! [`message`] has the published shapes, of the parts in [`view`]; here stands only who is told what.

mod bound;
pub(crate) mod consult;
mod hand;
mod handling;
pub(crate) mod message;
pub(crate) mod quiet;
pub(crate) mod view;

pub use message::EVENT_TYPES;
pub(crate) use message::{
    BODIES, BodyShape, ContactJoined, ContactMoved, ContactPressed, ContactRelaxed, Head, QueueSwitched,
};

use model::event::{ContactFacts, ContactStep, EventKind};
use model::work::DeadlineRisk;
use model::{AgentId, Event, TenantId, Time};
use serde::Serialize;

use crate::subject;
use crate::text::Moment;
use bound::{ContactParked, Parked};
use consult::{Consult, ContactHandedOver, HandedOver};
use hand::HandView;
use handling::{ContactStuck, ContactWorkedOn, Stuck};
use message::{
    Accepted, AgentPresence, AgentPut, AgentRemoved, Assigned, Body, Closed, ConfigApplied, ContactAccepted,
    ContactArrived, ContactClosed, ContactEstimated, ContactInterrupted, ContactOffered, ContactOverflowed,
    ContactProposed, ContactQueued, ContactReclassified, ContactReleased, ContactResumed, ContactReturned,
    ContactScheduled, ContactServable, ContactSwitched, ContactUnservable, ContactUpdated, ContactWrapUp,
    DeadLetter, DeadlinesAtRisk, DeadlinesMet, Ended, Expected, Handled, Interrupted, NotReached, Offer,
    OfferEnded, OfferEndedFeed, OverflowTurned, Presence, ProposalEnded, ProposalMade, ProposalOver, Queued,
    Refused, Resumed, Returned, ReturnedToQueue, Scheduled, Servable, Switched, TenantCame, TenantLeft,
    TenantOpened, Unservable, Updated, WrapUp,
};
use quiet::{ContactQuieted, ContactReplied, ContactSlowed, Quieted};
use view::{
    CauseView, ClassifiedView, Contact, ExitView, History, Known, KnownView, Name, OfferEndView, OriginView,
    OutcomeView, OutlookView, OverflowView, PresenceView, ProposalEndView, ScoreView, Summary, SwitchView,
    WhyView,
};

/// Where in the journal something was decided: shard, epoch, commit, and the event's place in the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin<'a> {
    pub shard: &'a str,
    pub epoch: u64,
    pub commit_no: u64,
    pub index: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    pub subject: String,
    pub kind: OutputKind,
    /// Equal whenever the same output is emitted again: the `Nats-Msg-Id` of the durable ones.
    pub message_id: String,
    /// JSON.
    pub payload: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutputKind {
    /// Core NATS; an agent that missed it fetches its state.
    AgentDesktop,
    /// Core NATS; whoever serves the customer.
    Customer,
    /// The durable event feed.
    Feed,
    /// The durable dead-letter stream.
    DeadLetter,
}

impl OutputKind {
    pub fn is_durable(self) -> bool {
        match self {
            OutputKind::AgentDesktop | OutputKind::Customer => false,
            OutputKind::Feed | OutputKind::DeadLetter => true,
        }
    }

    /// Ends the message id: one event makes at most one output of each kind, but for an agent who asks another.
    fn code(self) -> &'static str {
        match self {
            OutputKind::AgentDesktop => "agent",
            OutputKind::Customer => "customer",
            OutputKind::Feed => "feed",
            OutputKind::DeadLetter => "refused",
        }
    }
}

/// Adds the messages that `event` makes to `out`.
pub fn outputs(event: &Event, origin: Origin<'_>, out: &mut Vec<Output>) {
    let mut to = Sender { tenant: &event.tenant, at: event.at, origin, out };
    match &event.kind {
        EventKind::TenantOpened => to.feed(TenantOpened {}),
        EventKind::ConfigApplied { version, hash } => to.feed(ConfigApplied { version: *version, hash }),
        EventKind::Refused(refused) => {
            to.dead_letter(DeadLetter::new(refused), refused.reason);
            if let Some(agent) = &refused.agent {
                to.agent(agent, Refused::new(refused));
            }
        }
        EventKind::TenantLeft { to: shard } => to.feed(TenantLeft { to: Name(shard) }),
        EventKind::TenantCame { from } => to.feed(TenantCame { from: Name(from) }),
        EventKind::AgentPut { agent } => to.feed(AgentPut { agent: Name(agent) }),
        EventKind::AgentRemoved { agent } => to.feed(AgentRemoved { agent: Name(agent) }),
        EventKind::QueueSwitched { queue, state } => {
            to.feed(QueueSwitched { queue: Name(queue), state: SwitchView::new(*state) });
        }
        EventKind::AgentPresence { agent, session, presence, cause } => {
            let (presence, cause) = (PresenceView::new(presence), CauseView::new(*cause));
            to.agent(agent, Presence { session: *session, presence, cause });
            to.feed(AgentPresence { agent: Name(agent), session: *session, presence, cause });
        }
        EventKind::OverflowTurned { rule, queue, state, measured } => {
            let (state, since) = OverflowView::new(*state);
            to.feed(OverflowTurned { rule: Name(rule), queue: Name(queue), state, since, measured });
        }
        EventKind::DeadlinesJudged { queue, risk: Some(risk) } => {
            let DeadlineRisk { contact, due_at, expected_at, late } = risk;
            let (due_at, expected_at) = (Moment(*due_at), Moment(*expected_at));
            let (queue, first) = (Name(queue), Name(contact));
            to.feed(DeadlinesAtRisk { queue, first, due_at, expected_at, late: *late });
        }
        EventKind::DeadlinesJudged { queue, risk: None } => to.feed(DeadlinesMet { queue: Name(queue) }),
        EventKind::Contact { facts, step } => contact(&mut to, facts, step),
    }
}

fn contact(to: &mut Sender<'_>, facts: &ContactFacts, step: &ContactStep) {
    let (id, summary) = (&facts.body.contact, Summary::new(facts));
    if let Some((agent, said)) = Consult::told(facts, step) {
        to.who_asks(agent, said);
    }
    match step {
        ContactStep::Arrived { known } => {
            let known =
                known.as_ref().map(|(agent, why)| Known { agent: Name(agent), why: KnownView::new(*why) });
            let classified = ClassifiedView::of(&facts.body);
            to.feed(ContactArrived { contact: Contact::new(facts), known, classified });
        }
        ContactStep::Queued { preferred } => {
            let preferred_agent = preferred.as_ref().map(Name);
            to.customer(facts, Queued { contact: Name(id), queue: Name(&facts.queue) });
            to.feed(ContactQueued { contact: summary, preferred_agent });
        }
        ContactStep::Unservable => {
            to.customer(facts, Unservable { contact: Name(id), queue: Name(&facts.queue) });
            to.feed(ContactUnservable { contact: summary });
        }
        ContactStep::Servable => {
            to.customer(facts, Servable { contact: Name(id), queue: Name(&facts.queue) });
            to.feed(ContactServable { contact: summary });
        }
        ContactStep::Scheduled { agent, until, tries } => {
            let (until, tries) = (Moment(*until), *tries);
            if let Some(agent) = agent {
                to.agent(agent, NotReached { contact: Name(id), until });
            }
            to.customer(facts, Scheduled { contact: Name(id), until });
            to.feed(ContactScheduled { contact: summary, agent: agent.as_ref().map(Name), until, tries });
        }
        // The customer is told by what comes next.
        ContactStep::Released => to.feed(ContactReleased { contact: summary }),
        ContactStep::Offered { agent, offer, expires_at, by, handed_over_by, history } => {
            let (offer, expires_at, by) = (offer.0, Moment(*expires_at), by.map(HandView::new));
            let (contact, handed_over_by) = (Contact::new(facts), handed_over_by.as_ref().map(Name));
            let history = history.iter().map(History::new).collect();
            to.agent(agent, Offer { offer, expires_at, by, handed_over_by, contact, history });
            to.feed(ContactOffered { contact: summary, agent: Name(agent), offer, expires_at, by });
        }
        ContactStep::Proposed { rule, channel, queue, until } => {
            let (channel, queue, until) = (Name(channel), Name(queue), Moment(*until));
            to.customer(facts, ProposalMade { contact: Name(id), channel, queue, until });
            to.feed(ContactProposed { contact: summary, rule: Name(rule), channel, to: queue, until });
        }
        ContactStep::ProposalEnded { how } => {
            let how = ProposalEndView::new(*how);
            to.customer(facts, ProposalOver { contact: Name(id), how });
            to.feed(ProposalEnded { contact: summary, how });
        }
        ContactStep::Switched { from, from_channel } => {
            let (channel, queue) = (Name(&facts.channel), Name(&facts.queue));
            let due_at = facts.due_at.map(Moment);
            to.customer(facts, Switched { contact: Name(id), channel, queue, due_at });
            let (from, from_channel) = (Name(from), Name(from_channel));
            to.feed(ContactSwitched { contact: summary, from, from_channel });
        }
        ContactStep::Estimated { outlook } => {
            let outlook = OutlookView::new(*outlook);
            to.customer(facts, Expected { contact: Name(id), queue: Name(&facts.queue), outlook });
            to.feed(ContactEstimated { contact: summary, outlook });
        }
        ContactStep::Accepted { agent, offer, score } => {
            let score = score.map(ScoreView::new);
            let offer = offer.0;
            to.agent(agent, Assigned { offer, contact: Contact::new(facts) });
            to.customer(facts, Accepted { contact: Name(id), agent: Name(agent) });
            to.feed(ContactAccepted { contact: summary, agent: Name(agent), offer, score });
        }
        ContactStep::OfferEnded { agent, offer, how } => {
            let (offer, how) = (offer.0, OfferEndView::new(*how));
            to.agent(agent, OfferEnded { contact: Name(id), offer, how });
            to.feed(OfferEndedFeed { contact: summary, agent: Name(agent), offer, how });
        }
        ContactStep::WrapUpStarted { agent, until } => {
            let until = Moment(*until);
            to.agent(agent, WrapUp { contact: Name(id), until });
            to.customer(facts, Handled { contact: Name(id) });
            to.feed(ContactWrapUp { contact: summary, agent: Name(agent), until });
        }
        ContactStep::Interrupted { agent, times } => {
            to.agent(agent, Interrupted { contact: Name(id) });
            to.feed(ContactInterrupted { contact: summary, agent: Name(agent), times: *times });
        }
        ContactStep::Parked { agent, until } => {
            let until = Moment(*until);
            to.agent(agent, Parked { contact: Name(id), until });
            to.feed(ContactParked { contact: summary, agent: Name(agent), until });
        }
        ContactStep::Stuck { agent } => {
            to.agent(agent, Stuck { contact: Name(id) });
            to.feed(ContactStuck { contact: summary, agent: Name(agent) });
        }
        ContactStep::WorkedOn { agent } => to.feed(ContactWorkedOn { contact: summary, agent: Name(agent) }),
        ContactStep::Resumed { agent } => {
            to.agent(agent, Resumed { contact: Name(id) });
            to.feed(ContactResumed { contact: summary, agent: Name(agent) });
        }
        ContactStep::Quieted { agent, until } => {
            let until = Moment(*until);
            to.agent(agent, Quieted { contact: Name(id), until });
            to.feed(ContactQuieted { contact: summary, agent: Name(agent), until });
        }
        // What comes next tells the customer where it waits.
        ContactStep::Slowed { from } => {
            to.feed(ContactSlowed { contact: summary, from_channel: Name(from) });
        }
        ContactStep::Replied { from } => {
            to.feed(ContactReplied { contact: summary, from_channel: Name(from) });
        }
        ContactStep::Returned { agent, why } => {
            let why = WhyView::new(*why);
            to.agent(agent, Returned { contact: Name(id), why });
            to.customer(facts, ReturnedToQueue { contact: Name(id), queue: Name(&facts.queue) });
            to.feed(ContactReturned { contact: summary, agent: Name(agent), why });
        }
        ContactStep::HandedOver { from, agent, offer } => {
            let offer = offer.0;
            to.who_asks(from, HandedOver { contact: Name(id), agent: Name(agent) });
            to.agent(agent, Assigned { offer, contact: Contact::new(facts) });
            to.customer(facts, Accepted { contact: Name(id), agent: Name(agent) });
            to.feed(ContactHandedOver { contact: summary, from: Name(from), agent: Name(agent), offer });
        }
        ContactStep::Relaxed { step } => to.feed(ContactRelaxed { contact: summary, step: *step }),
        ContactStep::Pressed => to.feed(ContactPressed { contact: summary }),
        // Where it waits now, the customer is told by what comes next.
        ContactStep::Moved { from, why } => {
            to.feed(ContactMoved { contact: summary, from: Name(from), why: ExitView::new(*why) });
        }
        ContactStep::Joined { agent, until } => {
            to.feed(ContactJoined { contact: summary, agent: Name(agent), until: Moment(*until) });
        }
        ContactStep::Updated { agent } => {
            let contact = Contact::new(facts);
            if let Some(agent) = agent {
                to.agent(agent, Updated { contact });
            }
            to.feed(ContactUpdated { contact, agent: agent.as_ref().map(Name) });
        }
        ContactStep::Reclassified { from, rule } => {
            let classified = ClassifiedView::by(rule.as_ref(), facts.body.queue.as_ref());
            to.feed(ContactReclassified { contact: summary, from: Name(from), classified });
        }
        ContactStep::Overflowed { from, rule } => {
            to.feed(ContactOverflowed { contact: summary, rule: Name(rule), from: Name(from) });
        }
        ContactStep::Closed { agent, outcome } => {
            let outcome = OutcomeView::new(*outcome);
            if let Some(agent) = agent {
                to.agent(agent, Closed { contact: Name(id), outcome });
            }
            to.customer(facts, Ended { contact: Name(id), outcome });
            to.feed(ContactClosed { contact: summary, agent: agent.as_ref().map(Name), outcome });
        }
    }
}

/// Puts a body in its envelope, under its subject.
struct Sender<'a> {
    tenant: &'a TenantId,
    at: Time,
    origin: Origin<'a>,
    out: &'a mut Vec<Output>,
}

impl Sender<'_> {
    fn agent(&mut self, agent: &AgentId, body: impl Body) {
        self.send(subject::output_agent(self.tenant, agent), OutputKind::AgentDesktop, body);
    }
    /// Beside the agent who is asked, so with an id of its own.
    fn who_asks(&mut self, agent: &AgentId, body: impl Body) {
        self.send(subject::output_agent(self.tenant, agent), OutputKind::AgentDesktop, body);
        let said = self.out.last_mut().expect("that was just sent");
        said.message_id.push_str("-asks");
    }
    fn customer(&mut self, facts: &ContactFacts, body: impl Body) {
        let subject = subject::output_contact(self.tenant, &facts.body.contact);
        self.send(subject, OutputKind::Customer, body);
    }
    fn feed<B: Body>(&mut self, body: B) {
        self.send(subject::event(self.tenant, B::TYPE), OutputKind::Feed, body);
    }
    fn dead_letter(&mut self, body: impl Body, reason: model::Refusal) {
        self.send(subject::refused(self.tenant, reason), OutputKind::DeadLetter, body);
    }

    fn send<B: Body>(&mut self, subject: String, kind: OutputKind, body: B) {
        debug_assert_eq!(B::KIND, kind);
        let Origin { shard, epoch, commit_no, index } = self.origin;
        let head = Head {
            kind: B::TYPE,
            tenant: Name(self.tenant),
            at: Moment(self.at),
            origin: OriginView { shard, epoch, commit: commit_no, index },
        };
        let mut payload = Vec::with_capacity(256);
        serde_json::to_writer(&mut payload, &Message { head, body })
            .expect("a message has string keys and a vector takes any bytes");
        let message_id = format!("{shard}-{epoch}-{commit_no}-{index}-{}", kind.code());
        self.out.push(Output { subject, kind, message_id, payload });
    }
}

#[derive(Serialize)]
struct Message<'a, B> {
    #[serde(flatten)]
    head: Head<'a>,
    #[serde(flatten)]
    body: B,
}

#[cfg(test)]
mod tests;
