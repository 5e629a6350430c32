//! The twin by itself under random inputs: it decides nothing that `apply` cannot repeat, keeps to capacities, and
//! leaves nothing assignable when it is settled.
//!
//! `WISSEL_SEEDS=from..to` and `WISSEL_STEPS=n` run other seeds and lengths.

#![cfg(feature = "twin")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use model::config::{ChannelKind, QueueState};
use model::estimate::Estimate;
use model::row::{ContactState, Row, TenantRow};
use model::transition::Place;
use model::{Change, ChannelId, Input, Presence, QueueId, QueueNo, TenantConfig, Time, Transition};
use support::random::Generator;
use wissel_engine::twin::Twin;

#[test]
fn replaying_what_was_decided_gives_the_same_rows() {
    let seeds = from_environment("WISSEL_SEEDS", 0..12, parse_range);
    let steps: usize = from_environment("WISSEL_STEPS", 3_000, |text| text.parse().ok());
    let mut tally = BTreeMap::new();
    for seed in seeds {
        run(seed, steps, &mut tally);
    }
    println!("{tally:#?}");
}

fn run(seed: u64, steps: usize, tally: &mut BTreeMap<String, usize>) {
    let mut generator = Generator::new(seed);
    let mut twin = Twin::new([0; 16], hash);
    let mut replay = Twin::new([0; 16], hash);
    let mut transitions: Vec<Transition> = Vec::new();
    let mut last = Time(0);
    let mut is_offering = false;
    for step in 0..steps {
        let (now, input) = generator.next(twin.next_timer(), twin.is_settled());
        assert!(now >= last, "seed {seed}, step {step}: time fell");
        last = now;
        if let Input::Offering(offering) = input {
            is_offering = offering;
        }
        transitions.clear();
        twin.handle(now, input, &mut transitions);
        generator.observe(now, &transitions);
        for transition in &transitions {
            replay.apply(now, transition);
            *tally.entry(label(&transition.change)).or_default() += 1;
        }
        *tally.entry(format!("settled {}", twin.is_settled())).or_default() += 1;
        if step % 16 == 0 {
            let rows = twin.rows();
            assert_eq!(rows, replay.rows(), "seed {seed}, step {step}");
            check_rows(&rows, is_offering && twin.is_settled(), &format!("seed {seed}, step {step}"));
        }
    }
}

/// Capacities hold unless an entry was edited; nobody with empty hands waits beside a contact that asks nothing, or has something
/// parked.
fn check_rows(rows: &[Row], is_settled: bool, place: &str) {
    let mut config: Option<&TenantConfig> = None;
    let (mut idle, mut interrupted) = (Vec::new(), BTreeSet::new());
    let mut profiles = BTreeMap::new();
    // With the channel that each is on: a proposal may have changed it.
    let mut waiting = Vec::new();
    let mut channels: &[ChannelId] = &[];
    let mut paused: BTreeSet<QueueNo> = BTreeSet::new();
    for row in rows.iter().chain(rows.first()) {
        match row {
            Row::Tenant(tenant) => {
                let left =
                    idle.iter().find(|agent: &&&model::row::AgentRow| interrupted.contains(&agent.agent));
                assert!(
                    !is_settled || left.is_none(),
                    "{place}: {left:?} could resume what is parked with it"
                );
                if let Some(config) = config {
                    check_fixpoint(config, &idle, &waiting, is_settled, place);
                }
                let is_paused = |(_, state): &&(_, QueueState)| *state == QueueState::Paused;
                paused = tenant.switched.iter().filter(is_paused).map(|(queue, _)| *queue).collect();
                paused.extend(pulled(tenant));
                config = tenant.config.as_ref().map(|(_, config)| &**config);
                channels = &tenant.channels;
                idle.clear();
                interrupted.clear();
                waiting.clear();
                profiles.clear();
            }
            Row::Agent(agent) => {
                let is_throttled = agent.throttle.is_some_and(|throttle| throttle.is_on());
                if agent.presence == Presence::Available && agent.deferred.is_none() && !is_throttled {
                    idle.push(&**agent);
                }
            }
            Row::Profile(profile) => {
                profiles.insert(profile.profile, &**profile);
            }
            Row::Contact(contact) => match contact.state {
                ContactState::Waiting(Place::Queue) => {
                    let profile = profiles[&contact.profile];
                    let is_paused = paused.contains(&profile.queue);
                    if profile.requirement.as_slice().is_empty() && !is_paused {
                        waiting.push((&**contact, &channels[profile.channel.index()], profile.person));
                    }
                }
                ContactState::Waiting(Place::Preferred { .. })
                | ContactState::Scheduled
                | ContactState::Quiet { .. } => {}
                ContactState::Parked { agent, .. } => {
                    interrupted.insert(agent);
                }
                ContactState::Offered { agent, .. }
                | ContactState::Active { agent, .. }
                | ContactState::WrapUp { agent, .. } => idle.retain(|idle| idle.agent != agent),
            },
            Row::Closed(_) | Row::Remembered(_) => {}
        }
    }
}

/// Queues whose contacts are offered to nobody.
fn pulled(tenant: &TenantRow) -> impl Iterator<Item = QueueNo> {
    let config = tenant.config.as_ref().map(|(_, config)| config);
    let is_pulled = move |(_, name): &(u16, &QueueId)| {
        let queue = config.and_then(|config| config.queue(name));
        queue.is_some_and(|queue| !queue.taking.offers())
    };
    (0..).zip(&tenant.queues).filter(is_pulled).map(|(number, _)| QueueNo(number))
}

fn check_fixpoint(
    config: &TenantConfig,
    idle: &[&model::row::AgentRow],
    waiting: &[(&model::row::ContactRow, &ChannelId, bool)],
    is_settled: bool,
    place: &str,
) {
    if !is_settled {
        return;
    }
    for (contact, channel, person) in waiting {
        let settings = config.channel(channel).expect("open contacts keep their channel");
        for agent in idle.iter().filter(|agent| !person || agent.spec.kind.is_person()) {
            let entry = agent.spec.channels.iter().find(|entry| entry.channel == **channel);
            let max = entry.map_or(0, |entry| entry.max.or(settings.max).unwrap_or(u8::MAX));
            let is_open = max > 0 && agent.spec.capacity >= settings.cost;
            let reserve = config.reserve.filter(|_| settings.kind == ChannelKind::Indirect);
            let reserve = reserve.map_or(0, |reserve| agent.spec.reserve.unwrap_or(reserve));
            let is_open = is_open && agent.spec.capacity >= settings.cost.saturating_add(reserve);
            let is_there = contact.body.site.is_none() || contact.body.site == agent.spec.site;
            let keeps_away =
                contact.excluded.contains(&agent.agent) || contact.kept_from.contains(&agent.agent);
            assert!(!is_open || !is_there || keeps_away, "{place}: {agent:?} could have {contact:?}");
        }
    }
}

fn label(change: &Change) -> String {
    match change {
        Change::Offered { by: Some(hand), .. } => format!("offered by {hand:?}"),
        Change::Refused(refused) => format!("refused {}", refused.reason),
        Change::ContactQueued { contact: _, place: Place::Preferred { .. } } => "queued preferred".to_owned(),
        Change::AgentDeferred { agent: _, limit, until: _ } => format!("deferred {limit}"),
        Change::AgentThrottled { agent: _, why, until: _ } => format!("throttled by {}", why.name()),
        Change::AgentUnthrottled { agent: _, why } => format!("unthrottled by {}", why.name()),
        Change::OfferEnded { contact: _, how, kept_from_until: _ } => format!("offer ended {how:?}"),
        Change::AgentPresence { agent: _, presence: _, cause } => format!("presence {cause:?}"),
        Change::ContactReturned { why, .. } => format!("returned {why:?}").split(' ').take(2).collect(),
        Change::ContactClosed { contact: _, outcome } => format!("closed {outcome:?}"),
        Change::QueueSwitched { queue: _, state } => format!("switched {state:?}"),
        Change::ContactRelaxed { contact: _, step, profile: _ } => format!("relaxed {step}"),
        Change::ContactMoved { why, .. } => format!("moved {why:?}"),
        Change::ContactJoined { .. } => "joined".to_owned(),
        Change::DeadlinesJudged { queue: _, risk } => {
            if risk.is_some() { "deadlines at risk" } else { "deadlines met" }.to_owned()
        }
        Change::OverflowTurned { state, .. } => format!("overflow {}", state.name()),
        Change::ProposalEnded { contact: _, how } => format!("proposal {how:?}"),
        Change::ContactEstimated { contact: _, outlook } => match outlook.estimate {
            Estimate::Known { .. } => "estimated".to_owned(),
            Estimate::Unknown(why) => format!("estimate unknown {}", why.name()),
        },
        Change::ContactScheduled { contact: _, until: _, tries } => {
            format!("put off after {}", tries.min(&4))
        }
        Change::TenantOpened { .. }
        | Change::TenantLeft { .. }
        | Change::TenantRows { .. }
        | Change::TenantCame { .. }
        | Change::TenantGone
        | Change::Resumed { .. }
        | Change::ConfigApplied { .. }
        | Change::AgentPut { .. }
        | Change::AgentRemoved { .. }
        | Change::ProfileOpened { .. }
        | Change::ProfileClosed { .. }
        | Change::AgentHeard { .. }
        | Change::ContactArrived { .. }
        | Change::ContactPressed { .. }
        | Change::ContactQueued { .. }
        | Change::Offered { .. }
        | Change::Accepted { .. }
        | Change::ContactUpdated { .. }
        | Change::ContactReclassified { .. }
        | Change::ContactOverflowed { .. }
        | Change::ContactProposed { .. }
        | Change::ContactSwitched { .. }
        | Change::ContactReleased { .. }
        | Change::ContactUnservable { .. }
        | Change::ContactServable { .. }
        | Change::ContactInterrupted { .. }
        | Change::ContactParked { .. }
        | Change::ContactStuck { .. }
        | Change::ContactWorkedOn { .. }
        | Change::ContactResumed { .. }
        | Change::ContactQuieted { .. }
        | Change::ContactHandedOver { .. }
        | Change::ContactSlowed { .. }
        | Change::ContactReplied { .. }
        | Change::ContactNoted { .. }
        | Change::ContactKeptForPeople { .. }
        | Change::ExclusionLifted { .. }
        | Change::WrapUpStarted { .. } => {
            let text = format!("{change:?}");
            text.split(' ').next().unwrap_or_default().to_owned()
        }
    }
}

/// FNV-1a; any hash does when both sides use the same.
fn hash(key: &[u8; 16], id: &str) -> u128 {
    let start = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
    key.iter()
        .chain(id.as_bytes())
        .fold(start, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b))
}

fn from_environment<T>(name: &str, otherwise: T, parse: impl Fn(&str) -> Option<T>) -> T {
    std::env::var(name).ok().and_then(|text| parse(&text)).unwrap_or(otherwise)
}

fn parse_range(text: &str) -> Option<Range<u64>> {
    let (from, to) = text.split_once("..")?;
    Some(from.parse().ok()?..to.parse().ok()?)
}
