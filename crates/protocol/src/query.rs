//! Questions to a node and their answers: `wissel.api.<tenant>.<verb>`, a NATS micro service.
//!
//! | verb | request | answer |
//! |---|---|---|
//! | `contact.get` | [`ContactGet`] | [`OpenContact`] or [`ClosedContact`] |
//! | `agent.get` | [`AgentGet`] | [`Agent`]: what a desktop needs after it reconnected |
//! | `queue.list` | [`QueueList`], or an empty message | [`Queues`] |
//! | `contact.explain` | [`ContactGet`] | [`ContactWhy`]: who could have an open contact, and what keeps everybody else from it |
//! | `agent.explain` | [`AgentGet`] | [`AgentWhy`]: what an agent could have, and what keeps it from the rest |
//! | `validate` | [`Validate`] | [`Validation`] |
//!
//! All but the last are answered from committed state, as [`Committed`]: what was decided a moment ago may be missing,
//! and the answer says up to where it goes. An error is a service error, a code and a sentence in the headers
//! `Nats-Service-Error-Code` and `Nats-Service-Error`.

use model::estimate::Outlook;
use model::event::{ContactFacts, HistoryEntry};
use model::throttle::{Throttle, ThrottleWhy};
use model::{AgentId, ContactId, Millis, OfferNo, Presence, QueueId, Time};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use crate::config::Diagnostic;
use crate::explain::{AgentWhy, ContactWhy};
use crate::output::view::{ClassifiedView, Contact, History, Name, OutlookView, PresenceView};
use crate::text::{Id, Moment};
use crate::throttle::ThrottledView;

/// The request is not one that the verb takes.
pub const CODE_BAD_REQUEST: usize = 400;
/// There is no such thing, or none that is kept.
pub const CODE_NOT_FOUND: usize = 404;
/// The node has not read the journal to its end yet, or is overrun; ask again.
pub const CODE_NOT_READY: usize = 503;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactGet {
    pub contact: Id<ContactId>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentGet {
    pub agent: Id<AgentId>,
}

/// Every queue, so there is nothing to say.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QueueList {}

/// What is to be looked at; nothing is changed by it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Validate {
    /// The text of a configuration.
    Config(String),
    Input(ValidateInput),
}

/// An input as it would be sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidateInput {
    pub subject: String,
    /// The message's body, as text.
    pub body: String,
}

/// The last commit that a state contains.
#[derive(Debug, Clone, Copy)]
pub struct Commit<'a> {
    pub shard: &'a str,
    pub epoch: u64,
    pub commit_no: u64,
    pub at: Time,
}

/// An answer from committed state, with how new it is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Committed<'a, T> {
    /// When the last commit that the answer contains was decided.
    at: Moment,
    origin: CommitView<'a>,
    #[serde(flatten)]
    answer: T,
}

/// Up to where in the shard's journal the answer goes: it contains what every message with no higher epoch and commit
/// says.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Commit")]
struct CommitView<'a> {
    shard: &'a str,
    /// The number of the ownership; it only grows.
    epoch: u64,
    commit: u64,
}

impl<'a, T> Committed<'a, T> {
    pub fn new(commit: Commit<'a>, answer: T) -> Committed<'a, T> {
        let Commit { shard, epoch, commit_no, at } = commit;
        Committed { at: Moment(at), origin: CommitView { shard, epoch, commit: commit_no }, answer }
    }
}

/// A contact that has not ended.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OpenContact<'a> {
    #[serde(flatten)]
    contact: Contact<'a>,
    /// Those of its queue, its rule and its own together.
    points: i32,
    /// Nobody in the roster could ever take it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unservable: bool,
    /// Absent: no rule matched it, and it went to the queue that its producer named.
    #[serde(skip_serializing_if = "Option::is_none")]
    classified: Option<ClassifiedView<'a>>,
    /// The customer's other contacts, as an offer has them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    history: Vec<History<'a>>,
    /// What it was told last of the line in which it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    outlook: Option<OutlookView>,
    #[serde(flatten)]
    state: State<'a>,
}

/// Where an open contact is.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
#[schemars(rename = "ContactState")]
enum State<'a> {
    Waiting,
    /// Put off until then, or until few enough of its kind wait in its queue.
    Scheduled {
        until: Moment,
    },
    Offered {
        agent: Name<'a, AgentId>,
        offer: u64,
        expires_at: Moment,
    },
    Active {
        agent: Name<'a, AgentId>,
        offer: u64,
    },
    /// Interrupted, or its agent was signed out, and that one's all the same.
    Parked {
        agent: Name<'a, AgentId>,
        offer: u64,
        /// Since its agent was signed out: then it returns to its queue.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Moment>,
    },
    WrapUp {
        agent: Name<'a, AgentId>,
        offer: u64,
        until: Moment,
    },
    /// Nobody's until its customer writes again, or until then.
    Quiet {
        until: Moment,
    },
}

/// Who has a contact, and how.
#[derive(Debug, Clone, Copy)]
pub enum Held<'a> {
    /// It waits; nobody in the roster could ever take it, or somebody could.
    Nobody {
        unservable: bool,
    },
    PutOff {
        until: Time,
    },
    /// Its customer is silent.
    Quiet {
        until: Time,
    },
    Offered {
        agent: &'a AgentId,
        offer: OfferNo,
        expires_at: Time,
    },
    Active {
        agent: &'a AgentId,
        offer: OfferNo,
    },
    Parked {
        agent: &'a AgentId,
        offer: OfferNo,
        until: Option<Time>,
    },
    WrapUp {
        agent: &'a AgentId,
        offer: OfferNo,
        until: Time,
    },
}

impl<'a> OpenContact<'a> {
    pub fn new(
        facts: &'a ContactFacts,
        points: i32,
        held: Held<'a>,
        history: &'a [HistoryEntry],
    ) -> OpenContact<'a> {
        let state = match held {
            Held::Nobody { .. } => State::Waiting,
            Held::Quiet { until } => State::Quiet { until: Moment(until) },
            Held::PutOff { until } => State::Scheduled { until: Moment(until) },
            Held::Offered { agent, offer, expires_at } => {
                State::Offered { agent: Name(agent), offer: offer.0, expires_at: Moment(expires_at) }
            }
            Held::Active { agent, offer } => State::Active { agent: Name(agent), offer: offer.0 },
            Held::Parked { agent, offer, until } => {
                State::Parked { agent: Name(agent), offer: offer.0, until: until.map(Moment) }
            }
            Held::WrapUp { agent, offer, until } => {
                State::WrapUp { agent: Name(agent), offer: offer.0, until: Moment(until) }
            }
        };
        let classified = ClassifiedView::of(&facts.body);
        let history = history.iter().map(History::new).collect();
        let unservable = matches!(held, Held::Nobody { unservable: true });
        let contact = Contact::new(facts);
        OpenContact { contact, points, unservable, classified, history, outlook: None, state }
    }

    /// With what it was told of the line in which it waits.
    pub fn told(mut self, outlook: Option<Outlook>) -> OpenContact<'a> {
        self.outlook = outlook.map(OutlookView::new);
        self
    }
}

/// A contact that ended within the last day; how is said by the event feed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ClosedContact<'a> {
    contact: Name<'a, ContactId>,
    state: ClosedState,
    closed_at: Moment,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ClosedState {
    Closed,
}

impl<'a> ClosedContact<'a> {
    pub fn new(contact: &'a ContactId, closed_at: Time) -> ClosedContact<'a> {
        ClosedContact { contact: Name(contact), state: ClosedState::Closed, closed_at: Moment(closed_at) }
    }
}

/// An agent and all it holds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Agent<'a> {
    agent: Name<'a, AgentId>,
    session: u64,
    /// Of the last input that was taken; the next one is higher.
    counter: u64,
    presence: PresenceView<'a>,
    /// Units in all, and those taken.
    capacity: u16,
    used: u32,
    contacts: Vec<OpenContact<'a>>,
    /// Contacts by which it asks others about those that it has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    asks: Vec<OpenContact<'a>>,
    /// For what it is held back from all contacts but its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    throttled: Vec<ThrottledView>,
}

impl<'a> Agent<'a> {
    pub fn new(
        agent: &'a AgentId,
        (session, counter): (u64, u64),
        presence: &'a Presence,
        (capacity, used): (u16, u32),
        contacts: Vec<OpenContact<'a>>,
    ) -> Agent<'a> {
        let presence = PresenceView::new(presence);
        let (asks, throttled) = (Vec::new(), Vec::new());
        Agent { agent: Name(agent), session, counter, presence, capacity, used, contacts, asks, throttled }
    }

    /// What is noted of how fast it is offered work.
    pub fn throttled(mut self, throttle: Option<Throttle>) -> Agent<'a> {
        let until = |why| Some((why, throttle?.until(why)?));
        self.throttled = ThrottleWhy::ALL.into_iter().filter_map(until).map(ThrottledView::new).collect();
        self
    }

    /// By these contacts it asks others.
    pub fn asking(mut self, asks: Vec<OpenContact<'a>>) -> Agent<'a> {
        self.asks = asks;
        self
    }
}

/// The tenant's queues in the order of its configuration.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Queues<'a> {
    pub queues: Vec<Queue<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Queue<'a> {
    queue: Name<'a, QueueId>,
    pub waiting: u32,
    /// Of them, those that nobody in the roster could ever take.
    pub unservable: u32,
    pub offered: u32,
    pub active: u32,
    /// Of them, those of which nobody said for too long that they are worked on.
    pub stuck: u32,
    pub wrap_up: u32,
    /// Put off.
    pub scheduled: u32,
    /// Interrupted, and with their agents.
    pub parked: u32,
    /// Nobody's until their customers write again.
    pub quiet: u32,
    /// When the contact that waits longest arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_arrival: Option<Moment>,
    /// Of a queue that estimates.
    #[serde(skip_serializing_if = "Option::is_none")]
    estimate: Option<QueueEstimate>,
    /// Of a queue that foresees, or where a rule measures work.
    #[serde(skip_serializing_if = "Option::is_none")]
    work: Option<QueueWork>,
}

/// What waits, in hours of work.
#[derive(Debug, Serialize, JsonSchema)]
struct QueueWork {
    /// How long the last contacts took each, and how long those who are there would work on what waits; absent while that is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    effort_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backlog_ms: Option<u64>,
    /// It was told that deadlines will not be met.
    deadlines_at_risk: bool,
}

/// How long it takes, and how good it was to say so.
#[derive(Debug, Serialize, JsonSchema)]
struct QueueEstimate {
    /// What one would be told that came to wait there now.
    next: OutlookView,
    /// Contacts that were told how long it would take and were then accepted.
    scored: u64,
    /// Those of them that waited no longer than that.
    within_p50: u64,
    within_p90: u64,
}

impl<'a> Queue<'a> {
    /// With nothing in it.
    pub fn new(queue: &'a QueueId, oldest_arrival: Option<Time>) -> Queue<'a> {
        let oldest_arrival = oldest_arrival.map(Moment);
        let queue = Name(queue);
        Queue {
            queue,
            waiting: 0,
            unservable: 0,
            offered: 0,
            active: 0,
            stuck: 0,
            wrap_up: 0,
            scheduled: 0,
            parked: 0,
            quiet: 0,
            oldest_arrival,
            estimate: None,
            work: None,
        }
    }

    /// With how long contacts take, what waits, and whether deadlines are at risk.
    pub fn worked(
        mut self,
        effort: Option<Millis>,
        backlog: Option<Millis>,
        deadlines_at_risk: bool,
    ) -> Queue<'a> {
        let ms = |length: Option<Millis>| length.map(|length| length.0);
        let (effort_ms, backlog_ms) = (ms(effort), ms(backlog));
        self.work = Some(QueueWork { effort_ms, backlog_ms, deadlines_at_risk });
        self
    }

    /// With what one would be told that came now; how many were scored, and were within p50 and p90.
    pub fn estimated(mut self, next: Outlook, [scored, within_p50, within_p90]: [u64; 3]) -> Queue<'a> {
        self.estimate = Some(QueueEstimate { next: OutlookView::new(next), scored, within_p50, within_p90 });
        self
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Validation {
    /// True when there are no diagnostics.
    valid: bool,
    /// How far it was looked at.
    extent: Extent,
    /// Of a valid configuration: the name under which its text is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
    diagnostics: Vec<Finding>,
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Extent {
    /// All that a node asks of a configuration, but that its version is higher and nothing in use is removed.
    Configuration,
    /// An input's form alone: whether its queue, skills or contact exist is judged when it is decided.
    Form,
}

/// A mistake.
#[derive(Debug, Serialize, JsonSchema)]
struct Finding {
    /// Of a configuration's text, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    /// Of an input: the code with which it would be refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    reason: String,
    /// The valid name that was probably meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<String>,
}

impl Validation {
    pub fn of_config(text: &str, mistakes: Vec<Diagnostic>) -> Validation {
        let diagnostics = mistakes.into_iter().map(|mistake| Finding {
            line: Some(mistake.line),
            column: Some(mistake.column),
            code: None,
            reason: mistake.reason,
            nearest: mistake.nearest,
        });
        let diagnostics: Vec<Finding> = diagnostics.collect();
        let hash = diagnostics.is_empty().then(|| crate::config::hash(text));
        Validation { valid: diagnostics.is_empty(), extent: Extent::Configuration, hash, diagnostics }
    }

    pub fn of_input(refusal: Option<(model::Refusal, String)>) -> Validation {
        let diagnostics: Vec<Finding> = refusal
            .into_iter()
            .map(|(code, reason)| Finding {
                line: None,
                column: None,
                code: Some(code.code()),
                reason,
                nearest: None,
            })
            .collect();
        Validation { valid: diagnostics.is_empty(), extent: Extent::Form, hash: None, diagnostics }
    }
}

type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// What the schemas of a verb are generated from.
pub(crate) struct QueryShape {
    /// As it stands in the subject.
    pub verb: &'static str,
    pub about: &'static str,
    pub request: SchemaOf,
    /// Of these one is given; each with its name.
    pub answers: &'static [(&'static str, SchemaOf)],
}

pub(crate) const QUERY_SHAPES: [QueryShape; 6] = [
    QueryShape {
        verb: "contact.get",
        about: "A contact as it is; 404 for one that nobody knows, or that ended more than a day ago.",
        request: SchemaGenerator::root_schema_for::<ContactGet>,
        answers: &[
            ("open_contact", SchemaGenerator::root_schema_for::<Committed<'_, OpenContact<'_>>>),
            ("closed_contact", SchemaGenerator::root_schema_for::<Committed<'_, ClosedContact<'_>>>),
        ],
    },
    QueryShape {
        verb: "agent.get",
        about: "An agent with all it holds, for a desktop that may have missed something; 404 for one that is not in \
                the roster.",
        request: SchemaGenerator::root_schema_for::<AgentGet>,
        answers: &[("agent", SchemaGenerator::root_schema_for::<Committed<'_, Agent<'_>>>)],
    },
    QueryShape {
        verb: "queue.list",
        about: "Every queue with its counts.",
        request: SchemaGenerator::root_schema_for::<QueueList>,
        answers: &[("queues", SchemaGenerator::root_schema_for::<Committed<'_, Queues<'_>>>)],
    },
    QueryShape {
        verb: "contact.explain",
        about: "Why an open contact is where it is: who could have it, what keeps each other agent from it, who is before it, \
                and what changes by itself; 404 for one that is not open.",
        request: SchemaGenerator::root_schema_for::<ContactGet>,
        answers: &[("contact_why", SchemaGenerator::root_schema_for::<Committed<'_, ContactWhy<'_>>>)],
    },
    QueryShape {
        verb: "agent.explain",
        about: "What an agent could have now and in which order, and what keeps it from everything else that waits; 404 \
                for one that is not in the roster.",
        request: SchemaGenerator::root_schema_for::<AgentGet>,
        answers: &[("agent_why", SchemaGenerator::root_schema_for::<Committed<'_, AgentWhy<'_>>>)],
    },
    QueryShape {
        verb: "validate",
        about: "What is wrong with a configuration or an input, before it is sent.",
        request: SchemaGenerator::root_schema_for::<Validate>,
        answers: &[("validation", SchemaGenerator::root_schema_for::<Validation>)],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_up_to_where_it_goes_beside_what_it_says() {
        let id = ContactId::new("c1").expect("an id");
        let commit = Commit { shard: "1", epoch: 7, commit_no: 44, at: Time(1_000) };
        let answer = serde_json::to_value(Committed::new(commit, ClosedContact::new(&id, Time(500))));
        let expected = serde_json::json!({
            "at": "1970-01-01T00:00:01.000Z",
            "origin": { "shard": "1", "epoch": 7, "commit": 44 },
            "contact": "c1",
            "state": "closed",
            "closed_at": "1970-01-01T00:00:00.500Z",
        });
        assert_eq!(answer.expect("JSON"), expected);
    }

    #[test]
    fn a_request_is_one_of_two() {
        for (text, is_config) in
            [(r#"{"config":"version = 1"}"#, true), (r#"{"input":{"subject":"s","body":"{}"}}"#, false)]
        {
            let request: Validate = serde_json::from_str(text).expect(text);
            assert_eq!(matches!(request, Validate::Config(_)), is_config);
        }
        assert!(serde_json::from_str::<Validate>(r#"{"text":"x"}"#).is_err());
    }

    #[test]
    fn a_valid_configuration_has_its_name() {
        let text = crate::config::EXAMPLE;
        let answer = serde_json::to_value(Validation::of_config(text, Vec::new())).expect("JSON");
        assert_eq!(answer["hash"], crate::config::hash(text));
        let mistakes = crate::config::parse("version = 0").expect_err("it is wrong");
        let answer = serde_json::to_value(Validation::of_config(text, mistakes)).expect("JSON");
        assert_eq!((&answer["valid"], &answer["diagnostics"][0]["line"]), (&false.into(), &1.into()));
    }
}
