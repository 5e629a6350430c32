//! What is rehearsed is what happens: a configuration that is tried on a copy of what is open decides as it does where it is applied.

mod support;

use std::sync::Arc;

use model::event::{ContactStep, EventKind};
use model::rehearsal::{Fate, Rehearsal};
use model::{AgentId, ContactId, Event, Input, InputBody, Refusal, TenantId, Time};
use support::random::Generator;
use wissel_engine::{Decisions, Engine, FIT_SLICE, rehearse};

const KEY: [u8; 16] = *b"sixteen byte key";
const SEEDS: std::ops::Range<u64> = 1..41;
const STEPS_PER_SEED: u64 = 4_000;

#[derive(Debug, Default)]
struct Seen {
    refused: u32,
    quiet: u32,
    offered: u32,
    closed_or_moved: u32,
    agents: u32,
}

#[test]
fn what_is_rehearsed_happens() {
    let mut seen = Seen::default();
    for seed in SEEDS {
        run(seed, &mut seen);
    }
    println!("{seen:?}");
    let Seen { refused, quiet, offered, closed_or_moved, agents } = seen;
    assert!([refused, quiet, offered, closed_or_moved, agents].iter().all(|count| *count > 10));
}

fn run(seed: u64, seen: &mut Seen) {
    let (mut generator, mut engine) = (Generator::new(seed), Engine::new(KEY));
    let mut decisions = Decisions::default();
    for step in 0..STEPS_PER_SEED {
        let (now, input) = generator.next(engine.next_timer(), engine.is_settled());
        if let Input::Tenant(said) = &input
            && let InputBody::ConfigApply { hash, config } = &said.body
            && let Some(rows) = engine.rows_to_rehearse(&said.tenant)
            && engine.residence(&said.tenant).is_some_and(|residence| residence.is_here())
        {
            let rehearsed = rehearse(rows, now, hash.clone(), Arc::clone(config));
            let copy = Engine::from_rows(KEY, engine.rows());
            compare(
                copy,
                now,
                &said.tenant,
                input.clone(),
                rehearsed,
                &format!("seed {seed} step {step}"),
                seen,
            );
        }
        decisions.clear();
        engine.handle(now, input, &mut decisions);
        generator.observe(now, &decisions.transitions);
    }
}

/// On a copy of all there is.
fn compare(
    mut copy: Engine,
    now: Time,
    tenant: &TenantId,
    input: Input,
    rehearsed: Result<Rehearsal, (Refusal, String)>,
    place: &str,
    seen: &mut Seen,
) {
    come_to_rest(&mut copy, now, &mut Decisions::default());
    let mut decisions = Decisions::default();
    copy.handle(now, input, &mut decisions);
    copy.name(&mut decisions);
    let refused = decisions.events.iter().find_map(|event| {
        let EventKind::Refused(refused) = &event.kind else { return None };
        Some((refused.reason, refused.detail.clone()))
    });
    let rehearsed = match (rehearsed, refused) {
        (Err(rehearsed), Some(refused)) => {
            seen.refused += 1;
            return assert_eq!(rehearsed, refused, "{place}");
        }
        (Ok(rehearsed), None) => rehearsed,
        (rehearsed, refused) => panic!("{place}: {rehearsed:?} was rehearsed, and it was {refused:?}"),
    };
    while !copy.is_fitted() {
        copy.fit(FIT_SLICE);
    }
    come_to_rest(&mut copy, now, &mut decisions);
    let happened: Vec<(ContactId, AgentId)> =
        decisions.events.iter().filter(|event| event.tenant == *tenant).filter_map(offer).collect();
    let expected = rehearsed.contacts.iter().filter_map(|contact| {
        let Fate::Offered(agent) = &contact.fate else { return None };
        Some((contact.contact.clone(), agent.clone()))
    });
    assert_eq!(expected.collect::<Vec<_>>(), happened, "{place}");
    seen.offered += happened.len() as u32;
    seen.quiet += u32::from(rehearsed.contacts.is_empty());
    seen.agents += rehearsed.agents.len() as u32;
    let others = rehearsed.contacts.iter().filter(|contact| !matches!(contact.fate, Fate::Offered(_)));
    seen.closed_or_moved += others.count() as u32;
    for queue in &rehearsed.queues {
        assert!(queue.waiting > 0 && queue.before.fewest <= queue.before.most, "{place}: {queue:?}");
        assert!(queue.before.forsaken <= queue.waiting && queue.after.forsaken <= queue.waiting, "{place}");
    }
}

fn offer(event: &Event) -> Option<(ContactId, AgentId)> {
    let EventKind::Contact { facts, step: ContactStep::Offered { agent, .. } } = &event.kind else {
        return None;
    };
    Some((facts.body.contact.clone(), agent.clone()))
}

fn come_to_rest(engine: &mut Engine, now: Time, decisions: &mut Decisions) {
    engine.handle(now, Input::Offering(true), decisions);
    engine.name(decisions);
    while !engine.is_settled() || engine.next_timer().is_some_and(|due| due <= now) {
        engine.handle(now, Input::Tick { until: now }, decisions);
        engine.name(decisions);
        engine.handle(now, Input::Offering(true), decisions);
        engine.name(decisions);
    }
}
