//! Questions on `wissel.api.<tenant>.<verb>`, answered from the followers. A NATS micro service, so `nats micro`
//! lists it.
//!
//! Whose shard a tenant is in is nobody's question: every node hears every question, and the one that owns the
//! tenant's shard answers; while nobody does, nobody answers. A tenant that is placed nowhere is answered for by the owner of the lowest shard, so that
//! a wrong name is told at once. `validate` needs no state, so any one node answers.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use async_nats::jetstream::Context;
use async_nats::service::error::Error as ServiceError;
use async_nats::service::{Request, Service, ServiceExt};
use bytes::Bytes;
use dashmap::DashMap;
use engine::{ContactView, Engine, EstimateView, WorkView};
use futures_util::StreamExt;
use model::event::{ContactFacts, HistoryEntry};
use model::row::{ContactRow, ContactState};
use model::{AgentId, ChannelId, ContactId, InputBody, QueueId, TenantId, Time};
use protocol::explain::{AgentWhy, ContactWhy};
use protocol::query::{
    Agent, AgentGet, CODE_BAD_REQUEST, CODE_NOT_FOUND, CODE_NOT_READY, ClosedContact, Commit, Committed,
    ContactGet, Held, OpenContact, Queue, Queues, Validate, ValidateInput, Validation,
};
use protocol::subject::{self, Stream, Subject};
use protocol::{config, input};
use serde::Serialize;
use serde::de::DeserializeOwned;
use shard::Follower;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use crate::beats::{Home, Tenants};
use crate::clock::NodeTime;
use crate::configs::{self, Texts};
use crate::follower::FollowerHandle;
use crate::options::NodeClock;
use crate::panics;

const SERVICE: &str = "wissel";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Questions of one verb under way at once.
const AT_ONCE: usize = 64;
/// All nodes share it, so one of them answers.
const ANYONE: &str = "wissel";

/// What is needed to answer; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub context: Context,
    pub tenants: Tenants,
    pub followers: Followers,
    /// Whoever owns this one speaks for tenants that nobody has.
    pub first: u16,
}

/// Of every shard that this node follows.
pub(crate) type Followers = Arc<DashMap<u16, Arc<FollowerHandle>>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    ContactGet,
    AgentGet,
    QueueList,
    ContactExplain,
    AgentExplain,
    Validate,
}

impl Verb {
    const ALL: [Verb; 6] = [
        Verb::ContactGet,
        Verb::AgentGet,
        Verb::QueueList,
        Verb::ContactExplain,
        Verb::AgentExplain,
        Verb::Validate,
    ];

    fn tokens(self) -> &'static str {
        match self {
            Verb::ContactGet => "contact.get",
            Verb::AgentGet => "agent.get",
            Verb::QueueList => "queue.list",
            Verb::ContactExplain => "contact.explain",
            Verb::AgentExplain => "agent.explain",
            Verb::Validate => "validate",
        }
    }
}

type Answer = Result<Bytes, ServiceError>;

/// Starts the service. It runs until its tasks are aborted.
pub(crate) async fn start(runtime: &Handle, api: Api) -> Result<(Service, Vec<AbortHandle>)> {
    let mine = format!("wissel-{:016x}", getrandom::u64().context("the system gives no random bytes")?);
    let service = api
        .context
        .client()
        .service_builder()
        .description("Contacts, agents and queues of Wissel; configurations and inputs are validated")
        .queue_group(&mine)
        .start(SERVICE, VERSION)
        .await
        .map_err(|error| anyhow::anyhow!("the query service cannot be started: {error}"))?;
    let mut tasks = Vec::new();
    for verb in Verb::ALL {
        let group = if verb == Verb::Validate { ANYONE } else { &mine };
        let endpoint = service
            .endpoint_builder()
            .name(verb.tokens().replace('.', "_"))
            .queue_group(group)
            .add(format!("wissel.api.*.{}", verb.tokens()))
            .await
            .map_err(|error| anyhow::anyhow!("the query service cannot listen: {error}"))?;
        let api = api.clone();
        let answers = panics::spawn(runtime, "queries", async move {
            endpoint.for_each_concurrent(AT_ONCE, |request| api.handle(verb, request)).await;
        });
        tasks.push(answers.abort_handle());
    }
    api.context.client().flush().await.context("the query service cannot listen")?;
    Ok((service, tasks))
}

impl Api {
    async fn handle(&self, verb: Verb, request: Request) {
        let Ok(Subject::Api { tenant, .. }) = subject::parse(request.message.subject.as_str()) else {
            return;
        };
        let body = request.message.payload.clone();
        let answer = match verb {
            Verb::Validate => Some(self.validate(&tenant, &body).await),
            Verb::ContactGet
            | Verb::AgentGet
            | Verb::QueueList
            | Verb::ContactExplain
            | Verb::AgentExplain => self.look_up(verb, tenant, body).await,
        };
        if let Some(answer) = answer
            && let Err(error) = request.respond(answer).await
        {
            tracing::debug!(%error, "an answer could not be sent");
        }
    }

    /// Nothing when another node answers.
    async fn look_up(&self, verb: Verb, tenant: TenantId, body: Bytes) -> Option<Answer> {
        let home = self.tenants.get(&tenant).map(|entry| *entry.value());
        let Some(Home { shard, is_here }) = home else { return self.unknown(&tenant).await };
        if !is_here {
            // It moved, and the owner of the shard that it came to knows it; or it is on its way.
            return None;
        }
        let follower = self.owned(shard)?;
        let answer = follower.answer(move |follower| match verb {
            Verb::ContactGet => {
                read(&body).and_then(|request: ContactGet| contact(follower, &tenant, &request.contact.0))
            }
            Verb::AgentGet => {
                read(&body).and_then(|request: AgentGet| agent(follower, &tenant, &request.agent.0))
            }
            Verb::ContactExplain => read(&body)
                .and_then(|request: ContactGet| explain_contact(follower, &tenant, &request.contact.0)),
            Verb::AgentExplain => {
                read(&body).and_then(|request: AgentGet| explain_agent(follower, &tenant, &request.agent.0))
            }
            Verb::QueueList | Verb::Validate => queues(follower, &tenant),
        });
        Some(answer.await.unwrap_or_else(|| Err(not_ready())))
    }

    /// For a tenant that none of our followers knows.
    async fn unknown(&self, tenant: &TenantId) -> Option<Answer> {
        match self.context.stream_by_subject(subject::input_contact(tenant)).await {
            Ok(stream) => {
                let shard = Stream::ingest_shard(&stream)?;
                let follower = self.owned(shard)?;
                let is_ready = follower.answer(|_| ()).await.is_some();
                Some(Err(if is_ready {
                    failure(
                        CODE_NOT_FOUND,
                        format!("tenant {tenant} has no configuration yet; apply one with `wissel apply`"),
                    )
                } else {
                    not_ready()
                }))
            }
            Err(_) => self.owned(self.first).map(|_| {
                Err(failure(
                    CODE_NOT_FOUND,
                    format!("there is no tenant {tenant}; add it with `wissel tenant add {tenant}`"),
                ))
            }),
        }
    }

    /// The follower of a shard that this node owns.
    fn owned(&self, shard: u16) -> Option<Arc<FollowerHandle>> {
        self.followers
            .get(&shard)
            .map(|follower| Arc::clone(follower.value()))
            .filter(|follower| follower.is_owner())
    }

    async fn validate(&self, tenant: &TenantId, body: &[u8]) -> Answer {
        match read(body)? {
            Validate::Config(text) => {
                let mistakes = config::parse(&text).err().unwrap_or_default();
                written(&Validation::of_config(&text, mistakes))
            }
            Validate::Input(ValidateInput { subject, body }) => {
                let (texts, now) = (Texts::default(), NodeTime::new(NodeClock::Real).wall());
                let limit = std::time::Duration::from_secs(2);
                let prepared = configs::prepare(&self.context, &texts, &subject, body.as_bytes());
                tokio::time::timeout(limit, prepared).await.map_err(|_| not_ready())?;
                let decoded = input::decode(&subject, body.as_bytes(), 0, now, None, &texts)
                    .map_err(|error| failure(CODE_BAD_REQUEST, error.to_string()))?;
                if decoded.tenant != *tenant {
                    let sentence = format!("the input's subject is of another tenant than {tenant}");
                    return Err(failure(CODE_BAD_REQUEST, sentence));
                }
                let refusal = if let InputBody::Malformed { reason, detail, .. } = decoded.body {
                    Some((reason, detail))
                } else {
                    None
                };
                written(&Validation::of_input(refusal))
            }
        }
    }
}

fn contact(follower: &Follower<Engine>, tenant: &TenantId, id: &ContactId) -> Answer {
    match follower.engine().contact(tenant, id, follower.now()) {
        Some(ContactView::Open { row, channel, queue, agent, history }) => {
            let facts = facts(&row, channel, queue);
            let held = held(&row, agent.as_ref());
            let told = row.estimated.as_ref().map(|estimated| estimated.told);
            committed(follower, OpenContact::new(&facts, row.points, held, &history).told(told))
        }
        Some(ContactView::Closed { closed_at }) => committed(follower, ClosedContact::new(id, closed_at)),
        None => Err(failure(
            CODE_NOT_FOUND,
            format!("there is no contact {id}, and none ended under that id within the last day"),
        )),
    }
}

fn agent(follower: &Follower<Engine>, tenant: &TenantId, id: &AgentId) -> Answer {
    let engine = follower.engine();
    let Some(view) = engine.agent(tenant, id) else {
        return Err(no_agent(id));
    };
    let asks: Vec<_> = view
        .asks
        .iter()
        .filter_map(|consult| match engine.contact(tenant, consult, follower.now()) {
            Some(ContactView::Open { row, channel, queue, agent, .. }) => {
                Some((facts(&row, channel, queue), row, agent))
            }
            Some(ContactView::Closed { .. }) | None => None,
        })
        .collect();
    let asks = asks
        .iter()
        .map(|(facts, row, agent)| OpenContact::new(facts, row.points, held(row, agent.as_ref()), &[]))
        .collect();
    let contacts: Vec<(ContactFacts, Vec<HistoryEntry>, &ContactRow)> = view
        .contacts
        .iter()
        // What an agent holds is open.
        .filter_map(|(row, _)| match engine.contact(tenant, &row.body.contact, follower.now()) {
            Some(ContactView::Open { channel, queue, history, .. }) => {
                Some((facts(row, channel, queue), history, row))
            }
            Some(ContactView::Closed { .. }) | None => None,
        })
        .collect();
    let shown = contacts
        .iter()
        .map(|(facts, history, row)| OpenContact::new(facts, row.points, held(row, Some(id)), history))
        .collect();
    let row = &view.row;
    let capacity = (row.spec.capacity, view.used);
    let said = Agent::new(id, (row.session, row.counter), &row.presence, capacity, shown).asking(asks);
    let said = said.throttled(row.throttle);
    committed(follower, said)
}

fn queues(follower: &Follower<Engine>, tenant: &TenantId) -> Answer {
    let Some(views) = follower.engine().queues(tenant, follower.now()) else {
        return Err(failure(CODE_NOT_FOUND, format!("tenant {tenant} has no configuration")));
    };
    let queues = views
        .iter()
        .map(|view| {
            let mut queue = Queue::new(&view.queue, view.oldest_arrival);
            (queue.waiting, queue.offered) = (view.waiting, view.offered);
            (queue.active, queue.wrap_up) = (view.active, view.wrap_up);
            (queue.scheduled, queue.unservable) = (view.scheduled, view.unservable);
            (queue.parked, queue.quiet) = (view.parked, view.quiet);
            queue.stuck = view.stuck;
            let queue = match view.work {
                Some(WorkView { effort, backlog, at_risk }) => queue.worked(effort, backlog, at_risk),
                None => queue,
            };
            match view.estimate {
                Some(EstimateView { outlook, scored, within_p50, within_p90 }) => {
                    queue.estimated(outlook, [scored, within_p50, within_p90])
                }
                None => queue,
            }
        })
        .collect();
    committed(follower, Queues { queues })
}

fn explain_contact(follower: &Follower<Engine>, tenant: &TenantId, id: &ContactId) -> Answer {
    match follower.engine().explain_contact(tenant, id, follower.now()) {
        Some(why) => committed(follower, ContactWhy::new(&why)),
        None => Err(failure(CODE_NOT_FOUND, format!("there is no open contact {id}"))),
    }
}

fn explain_agent(follower: &Follower<Engine>, tenant: &TenantId, id: &AgentId) -> Answer {
    match follower.engine().explain_agent(tenant, id, follower.now()) {
        Some(why) => committed(follower, AgentWhy::new(&why)),
        None => Err(no_agent(id)),
    }
}

fn no_agent(id: &AgentId) -> ServiceError {
    failure(CODE_NOT_FOUND, format!("there is no agent {id} in the roster"))
}

fn facts(row: &ContactRow, channel: ChannelId, queue: QueueId) -> ContactFacts {
    ContactFacts {
        body: Arc::clone(&row.body),
        queue,
        channel,
        arrived_at: row.arrived_at,
        due_at: (row.due_at != Time::MAX).then_some(row.due_at),
    }
}

fn held<'a>(row: &ContactRow, agent: Option<&'a AgentId>) -> Held<'a> {
    if row.state == ContactState::Scheduled
        && let Some(schedule) = row.schedule
    {
        return Held::PutOff { until: schedule.until };
    }
    if let ContactState::Quiet { until, .. } = row.state {
        return Held::Quiet { until };
    }
    let waiting = Held::Nobody { unservable: row.unservable };
    let Some(agent) = agent else { return waiting };
    match row.state {
        ContactState::Waiting(_) | ContactState::Scheduled | ContactState::Quiet { .. } => waiting,
        ContactState::Offered { offer, expires_at, .. } => Held::Offered { agent, offer, expires_at },
        ContactState::Active { offer, .. } => Held::Active { agent, offer },
        ContactState::Parked { offer, until, .. } => Held::Parked { agent, offer, until },
        ContactState::WrapUp { offer, until, .. } => Held::WrapUp { agent, offer, until },
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServiceError> {
    serde_json::from_slice(body).map_err(|error| failure(CODE_BAD_REQUEST, format!("the request: {error}")))
}

fn committed(follower: &Follower<Engine>, answer: impl Serialize) -> Answer {
    let head = follower.head();
    let (shard, at) = (follower.shard(), follower.now());
    written(&Committed::new(Commit { shard, epoch: head.epoch, commit_no: head.commit_no, at }, answer))
}

fn written(answer: &impl Serialize) -> Answer {
    let bytes = serde_json::to_vec(answer).map_err(|error| failure(500, error.to_string()))?;
    Ok(bytes.into())
}

fn not_ready() -> ServiceError {
    failure(CODE_NOT_READY, "the node is still reading the journal, or is overrun; ask again".to_owned())
}

fn failure(code: usize, status: String) -> ServiceError {
    ServiceError { status, code }
}
