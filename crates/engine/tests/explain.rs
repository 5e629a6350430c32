//! What is explained is what was decided: whoever got a contact stands first where the explanation says who could have had it, and
//! nobody could have what waits.

mod support;

use std::collections::BTreeSet;

use model::explain::{Candidate, ContactExplained, OfferExplained, Whereabouts};
use model::{AgentNo, Change, ContactId, Input, Row, TenantId, TenantNo, Time, Transition};
use support::random::Generator;
use wissel_engine::{Decisions, Engine};

const KEY: [u8; 16] = *b"sixteen byte key";
const SEEDS: std::ops::Range<u64> = 1..31;
const STEPS_PER_SEED: u64 = 4_000;
/// Steps between two looks at everything that waits.
const STEPS_PER_LOOK: u64 = 100;

/// How often something was seen: a run that never met it shows nothing.
#[derive(Debug, Default)]
struct Seen {
    best_agents: u32,
    best_contacts: u32,
    preferred: u32,
    waiting: u32,
    behind: u32,
    barred: u32,
}

#[test]
fn whoever_got_it_stands_first_and_nobody_could_have_what_waits() {
    let mut seen = Seen::default();
    for seed in SEEDS {
        run(seed, &mut seen);
    }
    println!("{seen:?}");
    let Seen { best_agents, best_contacts, preferred, waiting, behind, barred } = seen;
    assert!([best_agents, best_contacts, preferred, waiting, behind, barred].iter().all(|count| *count > 50));
}

fn run(seed: u64, seen: &mut Seen) {
    let (mut generator, mut engine, mut follower) =
        (Generator::new(seed), Engine::new(KEY), Engine::new(KEY));
    let (mut decisions, mut events) = (Decisions::default(), Vec::new());
    let mut is_offering = false;
    // Who gave up a look-up: an offer that another look-up leads to ends that, and nobody looks again until something else happens.
    let mut gave_up = BTreeSet::new();
    for step in 0..STEPS_PER_SEED {
        let (now, input) = generator.next(engine.next_timer(), engine.is_settled());
        if let Input::Offering(is_on) = input {
            is_offering = is_on;
        }
        decisions.clear();
        engine.handle(now, input, &mut decisions);
        for transition in &decisions.transitions {
            if let Change::Offered { contact, agent, offer, by: None, .. } = transition.change {
                let why = follower.explain_offer(transition.tenant, contact, agent, offer, now);
                check_offer(&follower, transition, &why, now, &format!("seed {seed} step {step}"), seen);
            }
            if let Change::AgentDeferred { agent, .. } = transition.change {
                gave_up.insert((transition.tenant, agent));
            } else if let Change::AgentPresence { agent, .. } = transition.change {
                gave_up.remove(&(transition.tenant, agent));
            }
            follower.apply(now, transition, &mut events);
            events.clear();
        }
        generator.observe(now, &decisions.transitions);
        if is_offering && engine.is_settled() && step % STEPS_PER_LOOK == 0 {
            check_waiting(&follower, now, &format!("seed {seed} step {step}"), (&gave_up, seen));
        }
    }
}

type GaveUp = BTreeSet<(TenantNo, AgentNo)>;

/// The agent stands first for the contact, or the contact for the agent, or both belong together.
fn check_offer(
    before: &Engine,
    offered: &Transition,
    why: &OfferExplained,
    now: Time,
    at: &str,
    seen: &mut Seen,
) {
    // Who waits for one agent alone is not asked again what the roster says of that one meanwhile.
    assert!(why.candidate_count > 0 || why.preferred, "{at}: nobody could have had it: {why:?}");
    if why.preferred {
        seen.preferred += 1;
        return;
    }
    let first = why.candidates.first().map(|Candidate { agent, .. }| agent);
    if first == Some(&why.agent) {
        seen.best_agents += 1;
        return;
    }
    let tenant = tenant_of(before, offered);
    let agent = before.explain_agent(&tenant, &why.agent, now).expect("in the roster");
    let first = agent.next.first.first().map(|next| number(before, &tenant, &next.contact));
    let Change::Offered { contact, .. } = offered.change else { unreachable!() };
    assert_eq!(first, Some(contact), "{at}: neither is the other's first: {why:?} {agent:?}");
    seen.best_contacts += 1;
}

fn check_waiting(engine: &Engine, now: Time, at: &str, (gave_up, seen): (&GaveUp, &mut Seen)) {
    let tenants: Vec<TenantId> = engine.tenants().cloned().collect();
    for tenant in tenants {
        let rows: Vec<Row> = engine.rows_of(&tenant).expect("a tenant").collect();
        for row in rows {
            let Row::Contact(row) = row else { continue };
            let id = &row.body.contact;
            let why = engine.explain_contact(&tenant, id, now).expect("an open contact");
            let looked = |candidate: &Candidate| {
                let agent = engine.number_of_agent(&tenant, &candidate.agent).expect("in the roster");
                !gave_up.contains(&agent)
            };
            if why.candidates.is_empty() || why.candidates.iter().any(looked) {
                check_contact(&why, &format!("{at}: {tenant} {id}"), seen);
            }
        }
    }
}

fn check_contact(why: &ContactExplained, at: &str, seen: &mut Seen) {
    let groups: u32 = why.others.iter().map(|group| group.agents).sum();
    assert!(why.candidate_count as usize >= why.candidates.len(), "{at}: {why:?}");
    if why.whereabouts != Whereabouts::InQueue || !why.holdups.is_empty() {
        return;
    }
    assert_eq!(why.candidate_count, 0, "{at} waits beside somebody who could have it: {why:?}");
    seen.waiting += 1;
    seen.barred += groups;
    seen.behind += u32::from(why.ahead.contacts > 0);
    assert!(why.upcoming.is_sorted_by_key(|upcoming| upcoming.at), "{at}: {why:?}");
}

fn tenant_of(engine: &Engine, transition: &Transition) -> TenantId {
    engine.tenants().nth(transition.tenant.index() - 1).expect("tenants by number").clone()
}

fn number(engine: &Engine, tenant: &TenantId, contact: &ContactId) -> model::ContactNo {
    engine.number_of_contact(tenant, contact).expect("an open contact").1
}
