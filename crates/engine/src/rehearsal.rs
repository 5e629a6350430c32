//! A configuration tried on a copy of a tenant's state, before anybody is concerned.

use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use model::event::{ContactStep, EventKind};
use model::input::TenantInput;
use model::rehearsal::{AgentRehearsed, ContactRehearsed, Fate, QueueRehearsed, Reach, Rehearsal};
use model::{
    ContactId, Event, Input, InputBody, ProfileNo, QueueId, QueueNo, Refusal, Row, TenantConfig, TenantId,
    TenantNo, Time,
};

use crate::state::contacts::NIL;
use crate::state::tenant::Tenant;
use crate::{Decisions, Engine, FIT_SLICE};

/// The copy's tenant is alone.
const ALONE: TenantNo = TenantNo(1);

impl Engine {
    /// What [`rehearse`] needs of a tenant; nothing of one that has no configuration. What is remembered of contacts that ended is left out: no
    /// configuration is told of it.
    pub fn rows_to_rehearse(&self, tenant: &TenantId) -> Option<Vec<Row>> {
        let tenant = self.tenant_named(tenant)?;
        tenant.settings.is_some().then(|| tenant.open_rows().collect())
    }
}

/// What would happen at `now` if the configuration came; or why it would be refused. What is due anyway happens before, and is not
/// told.
pub fn rehearse(
    rows: Vec<Row>,
    now: Time,
    hash: String,
    config: Arc<TenantConfig>,
) -> Result<Rehearsal, (Refusal, String)> {
    let rows = rows.into_iter().map(|mut row| {
        if let Row::Tenant(row) = &mut row {
            row.tenant = ALONE;
        }
        row
    });
    // Ids are looked up by none of this, so any key does.
    let mut copy = Engine::from_rows([0; 16], rows);
    come_to_rest(&mut copy, now, &mut Vec::new());
    let tenant = copy.tenant(ALONE);
    let (name, version) = (tenant.name.clone(), tenant.settings().config.version);
    let waiting = Waiting::of(tenant);
    let before = waiting.outcome(tenant);

    let body = InputBody::ConfigApply { hash, config };
    let mut events = Vec::new();
    let input = TenantInput { tenant: name, position: 0, stamp: now, sent_at: None, body };
    play(&mut copy, now, Input::Tenant(input), &mut events);
    for event in &events {
        if let EventKind::Refused(refused) = &event.kind {
            return Err((refused.reason, refused.detail.clone()));
        }
    }
    while !copy.is_fitted() {
        copy.fit(FIT_SLICE);
    }
    let after = waiting.outcome(copy.tenant(ALONE));
    // One that is in force already changes nothing.
    if copy.tenant(ALONE).settings().config.version != version {
        come_to_rest(&mut copy, now, &mut events);
    }
    Ok(waiting.compare(copy.tenant(ALONE), &before, &after, &events))
}

/// Everything that is due happens, and everything that can be is offered.
fn come_to_rest(engine: &mut Engine, now: Time, events: &mut Vec<Event>) {
    play(engine, now, Input::Offering(true), events);
    loop {
        if engine.next_timer().is_some_and(|due| due <= now) {
            play(engine, now, Input::Tick { until: now }, events);
        } else if engine.is_settled() {
            return;
        } else {
            play(engine, now, Input::Offering(true), events);
        }
    }
}

fn play(engine: &mut Engine, now: Time, input: Input, events: &mut Vec<Event>) {
    let mut decisions = Decisions::default();
    engine.handle(now, input, &mut decisions);
    engine.name(&mut decisions);
    events.append(&mut decisions.events);
}

/// What waits before the configuration. A contact that waits keeps its profile, so these are the same afterwards.
struct Waiting {
    /// How many wait with each profile, and in which queue that is.
    profiles: BTreeMap<ProfileNo, (QueueNo, u32)>,
    queues: HashMap<ContactId, QueueId, RandomState>,
}

/// Agents of the roster for each profile that waits, and contacts that wait for each agent.
struct Outcome {
    agents: BTreeMap<ProfileNo, u32>,
    contacts: Vec<u32>,
}

impl Waiting {
    fn of(tenant: &Tenant) -> Waiting {
        let (mut profiles, mut queues) = (BTreeMap::new(), HashMap::default());
        for contact in tenant.contacts.iter() {
            let queue = tenant.profiles.brief(contact.profile).queue;
            let name = tenant.names.queues.name(u32::from(queue.0)).clone();
            queues.insert(contact.body().contact.clone(), name);
            if contact.status.is_waiting() {
                profiles.entry(contact.profile).or_insert((queue, 0)).1 += 1;
            }
        }
        Waiting { profiles, queues }
    }

    /// Agents of one class can do the same, so one of each is asked.
    fn outcome(&self, tenant: &Tenant) -> Outcome {
        let mut classes: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
        let mut agents: BTreeMap<ProfileNo, u32> =
            self.profiles.keys().map(|&profile| (profile, 0)).collect();
        let present = || tenant.agents.iter().filter(|agent| agent.class != NIL);
        for agent in present() {
            classes.entry(agent.class).or_insert((0, 0)).0 += 1;
        }
        for agent in present() {
            let Some((members @ 1.., contacts)) = classes.get_mut(&agent.class) else { continue };
            for (&profile, (_, waiting)) in &self.profiles {
                if tenant.could_ever_have(agent, tenant.profiles.key(profile)) {
                    *contacts += waiting;
                    *agents.entry(profile).or_default() += *members;
                }
            }
            // The class was asked.
            *members = 0;
        }
        let of = |class| classes.get(&class).map_or(0, |(_, contacts)| *contacts);
        Outcome { agents, contacts: tenant.agents.iter().map(|agent| of(agent.class)).collect() }
    }

    fn compare(&self, tenant: &Tenant, before: &Outcome, after: &Outcome, events: &[Event]) -> Rehearsal {
        let mut queues: BTreeMap<QueueNo, QueueRehearsed> = BTreeMap::new();
        for (profile, &(queue, waiting)) in &self.profiles {
            let rehearsed = queues.entry(queue).or_insert_with(|| QueueRehearsed {
                queue: tenant.names.queues.name(u32::from(queue.0)).clone(),
                waiting: 0,
                before: NOT_COUNTED,
                after: NOT_COUNTED,
            });
            rehearsed.waiting += waiting;
            count(&mut rehearsed.before, before.agents[profile], waiting);
            count(&mut rehearsed.after, after.agents[profile], waiting);
        }
        let contacts = events.iter().filter_map(|event| self.fate(event)).collect();
        let pairs = tenant.agents.iter().zip(before.contacts.iter().zip(&after.contacts));
        let agents = pairs.filter(|(_, (before, after))| before != after).map(|(agent, (before, after))| {
            let is_signed_in = agent.presence.is_signed_in();
            AgentRehearsed { agent: agent.id().clone(), is_signed_in, before: *before, after: *after }
        });
        Rehearsal { queues: queues.into_values().collect(), contacts, agents: agents.collect() }
    }

    fn fate(&self, event: &Event) -> Option<ContactRehearsed> {
        let EventKind::Contact { facts, step } = &event.kind else { return None };
        let fate = match step {
            ContactStep::Offered { agent, .. } => Fate::Offered(agent.clone()),
            ContactStep::Moved { .. }
            | ContactStep::Overflowed { .. }
            | ContactStep::Reclassified { .. }
            | ContactStep::Switched { .. } => Fate::Moved(facts.queue.clone()),
            ContactStep::Closed { outcome, .. } => Fate::Closed(*outcome),
            ContactStep::Unservable => Fate::Unservable,
            ContactStep::Servable => Fate::Servable,
            ContactStep::Pressed => Fate::Pressed,
            ContactStep::Arrived { .. }
            | ContactStep::Queued { .. }
            | ContactStep::Scheduled { .. }
            | ContactStep::Released
            | ContactStep::Proposed { .. }
            | ContactStep::ProposalEnded { .. }
            | ContactStep::Estimated { .. }
            | ContactStep::Accepted { .. }
            | ContactStep::OfferEnded { .. }
            | ContactStep::WrapUpStarted { .. }
            | ContactStep::Interrupted { .. }
            | ContactStep::Parked { .. }
            | ContactStep::Resumed { .. }
            | ContactStep::HandedOver { .. }
            | ContactStep::Stuck { .. }
            | ContactStep::WorkedOn { .. }
            | ContactStep::Quieted { .. }
            | ContactStep::Slowed { .. }
            | ContactStep::Replied { .. }
            | ContactStep::Returned { .. }
            | ContactStep::Relaxed { .. }
            | ContactStep::Joined { .. }
            | ContactStep::Updated { .. } => return None,
        };
        let contact = facts.body.contact.clone();
        let queue = self.queues.get(&contact)?.clone();
        Some(ContactRehearsed { contact, queue, fate })
    }
}

const NOT_COUNTED: Reach = Reach { fewest: u32::MAX, most: 0, forsaken: 0 };

fn count(reach: &mut Reach, agents: u32, waiting: u32) {
    reach.fewest = reach.fewest.min(agents);
    reach.most = reach.most.max(agents);
    if agents == 0 {
        reach.forsaken += waiting;
    }
}
