//! The fast engine and its slow twin take the same random inputs and must decide alike, step by step.
//!
//! `TWIN_STEPS` (default 200,000) and `TWIN_SEED` (default 1) choose the run; a failure names the seed and the step
//! that reproduce it. Along the way the engine is rebuilt from its rows, and a follower that only applies keeps up.

mod support;

use model::hand::Hand;
use model::throttle::ThrottleWhy;
use model::transition::{ExitWhy, OfferEnd, PresenceCause, ReturnedWhy};
use model::{Change, Row, Time, Transition};
use support::random::Generator;
use wissel_engine::twin::Twin;
use wissel_engine::{Decisions, Engine, id_hash};

/// Inputs that came while something of a configuration was left to be done.
const UNFITTED: &str = "(unfitted)";
/// Looks at rows in which queues have had turns.
const TURNS: &str = "(turns)";
const KEY: [u8; 16] = *b"sixteen byte key";
/// Inputs from one seed; then the next seed brings another world.
const STEPS_PER_SEED: u64 = 20_000;
/// Steps between two comparisons of the whole state.
const STEPS_PER_ROWS: u64 = 1_000;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().expect("a whole number"))
}

#[test]
fn every_decision_is_the_twins() {
    let (steps, first_seed) = (number("TWIN_STEPS", 200_000), number("TWIN_SEED", 1));
    let mut tally = std::collections::BTreeMap::<&'static str, u64>::new();
    for seed in first_seed..first_seed + steps.div_ceil(STEPS_PER_SEED) {
        Run::new(seed).run(STEPS_PER_SEED.min(steps), &mut tally);
    }
    println!("{steps} steps agree; decisions: {tally:?}");
    for needed in [
        "offered",
        "offered_by_supervisor",
        "pulled",
        "withdrawn",
        "returned_by_supervisor",
        "moved_by_supervisor",
        "switched_by_supervisor",
        "accepted",
        "offer_ended",
        "contact_closed",
        "refused",
        "contact_returned",
        "wrap_up_started",
        "contact_pressed",
        "contact_updated",
        "contact_reclassified",
        "overflow_turned",
        "contact_overflowed",
        "contact_scheduled",
        "contact_released",
        "contact_estimated",
        "contact_estimated_known",
        "contact_proposed",
        "proposal_ended",
        "contact_switched",
        "contact_unservable",
        "contact_servable",
        "contact_interrupted",
        "contact_parked",
        "contact_stuck",
        "contact_worked_on",
        "contact_resumed",
        "contact_quieted",
        "contact_handed_over",
        "contact_slowed",
        "contact_replied",
        "contact_noted",
        "contact_kept_for_people",
        "throttled_by_slow_start",
        "throttled_by_ration",
        "agent_unthrottled",
        "deadlines_at_risk",
        "deadlines_met",
        TURNS,
        UNFITTED,
    ] {
        assert!(tally.contains_key(needed), "the random inputs never led to {needed}");
    }
}

struct Run {
    seed: u64,
    generator: Generator,
    engine: Engine,
    follower: Engine,
    twin: Twin,
    now: Time,
}

impl Run {
    fn new(seed: u64) -> Run {
        Run {
            seed,
            generator: Generator::new(seed),
            engine: Engine::new(KEY),
            follower: Engine::new(KEY),
            twin: Twin::new(KEY, id_hash),
            now: Time(0),
        }
    }

    fn run(&mut self, steps: u64, tally: &mut std::collections::BTreeMap<&'static str, u64>) {
        let mut unfitted = 0;
        let mut decisions = Decisions::default();
        let mut expected = vec![];
        let mut events = vec![];
        for step in 0..steps {
            let at = format!("seed {} step {step}", self.seed);
            let (now, input) = self.generator.next(self.engine.next_timer(), self.engine.is_settled());
            assert!(now >= self.now, "{at}: the generator never goes back in time");
            self.now = now;
            decisions.clear();
            expected.clear();
            events.clear();
            // What a configuration left to be done is done in between, or not at all before it must be.
            let pause = step % 7;
            (0..pause).for_each(|work| self.engine.fit(work as usize));
            unfitted += u64::from(!self.engine.is_fitted());
            self.engine.handle(now, input.clone(), &mut decisions);
            self.engine.name(&mut decisions);
            self.twin.handle(now, input.clone(), &mut expected);
            decisions.transitions.iter_mut().chain(&mut expected).for_each(forget_words);
            same_decisions(&decisions.transitions, &expected, &format!("{at}: after {input:?} at {now:?}"));
            if self.engine.is_fitted() {
                let timers = (self.engine.next_timer(), self.twin.next_timer());
                assert_eq!(timers.0, timers.1, "{at}: next timer after {input:?}");
            }
            for transition in &decisions.transitions {
                self.follower.apply(now, transition, &mut events);
                *tally.entry(name(&transition.change)).or_default() += 1;
            }
            decisions.events.iter_mut().chain(&mut events).for_each(forget_words_of_event);
            assert_eq!(decisions.events, events, "{at}: the follower tells the same");
            self.generator.observe(now, &decisions.transitions);
            let is_between = !self.engine.is_fitted() && step % 8 == 0;
            if is_between || step % STEPS_PER_ROWS == STEPS_PER_ROWS - 1 {
                *tally.entry(TURNS).or_default() += self.compare_rows(&at);
            }
        }
        *tally.entry(UNFITTED).or_default() += unfitted;
    }

    /// Returns in how many tenants queues take turns.
    fn compare_rows(&mut self, at: &str) -> u64 {
        let rows: Vec<Row> = self.engine.rows().collect();
        let in_turn =
            rows.iter().filter(|row| matches!(row, Row::Tenant(row) if !row.turns.is_empty())).count();
        same_rows(&rows, &self.twin.rows(), &format!("{at}: twin"));
        same_rows(&rows, &self.follower.rows().collect::<Vec<_>>(), &format!("{at}: follower"));
        let recovered = Engine::from_rows(KEY, rows.iter().cloned());
        same_rows(&rows, &recovered.rows().collect::<Vec<_>>(), &format!("{at}: recovered"));
        self.follower = recovered;
        in_turn as u64
    }
}

fn same_decisions(engine: &[Transition], twin: &[Transition], what: &str) {
    let alike = engine.iter().zip(twin).take_while(|(left, right)| left == right).count();
    let (left, right) = (engine.get(alike), twin.get(alike));
    assert!(
        left.is_none() && right.is_none(),
        "{what}\n{alike} decisions alike, then\nengine: {left:?}\ntwin:   {right:?}"
    );
}

fn same_rows(one: &[Row], other: &[Row], what: &str) {
    for (left, right) in one.iter().zip(other) {
        assert!(left == right, "{what}: {left:#?}\nis not {right:#?}");
    }
    assert_eq!(one.len(), other.len(), "{what}: number of rows");
}

/// The sentence of a refusal is for people and may differ.
fn forget_words(transition: &mut Transition) {
    if let Change::Refused(refused) = &mut transition.change {
        refused.detail.clear();
    }
}

fn forget_words_of_event(event: &mut model::Event) {
    if let model::event::EventKind::Refused(refused) = &mut event.kind {
        refused.detail.clear();
    }
}

fn name(change: &Change) -> &'static str {
    match change {
        Change::TenantOpened { .. } => "tenant_opened",
        Change::Resumed { .. } => "resumed",
        Change::Refused(_) => "refused",
        Change::ConfigApplied { .. } => "config_applied",
        Change::AgentPut { .. } => "agent_put",
        Change::AgentRemoved { .. } => "agent_removed",
        Change::ProfileOpened { .. } => "profile_opened",
        Change::ProfileClosed { .. } => "profile_closed",
        Change::AgentHeard { .. } => "agent_heard",
        Change::AgentPresence { cause: PresenceCause::Supervisor, .. } => "switched_by_supervisor",
        Change::AgentPresence { .. } => "agent_presence",
        Change::AgentDeferred { .. } => "agent_deferred",
        Change::AgentThrottled { why: ThrottleWhy::SlowStart, .. } => "throttled_by_slow_start",
        Change::AgentThrottled { why: ThrottleWhy::Ration, .. } => "throttled_by_ration",
        Change::AgentUnthrottled { .. } => "agent_unthrottled",
        Change::ContactArrived { .. } => "contact_arrived",
        Change::ContactQueued { .. } => "contact_queued",
        Change::Offered { by: Some(Hand::Supervisor), .. } => "offered_by_supervisor",
        Change::Offered { by: Some(Hand::Agent), .. } => "pulled",
        Change::Offered { by: None, .. } => "offered",
        Change::Accepted { .. } => "accepted",
        Change::OfferEnded { how: OfferEnd::Withdrawn, .. } => "withdrawn",
        Change::OfferEnded { .. } => "offer_ended",
        Change::ExclusionLifted { .. } => "exclusion_lifted",
        Change::WrapUpStarted { .. } => "wrap_up_started",
        Change::ContactReturned { why: ReturnedWhy::Supervisor, .. } => "returned_by_supervisor",
        Change::ContactReturned { .. } => "contact_returned",
        Change::QueueSwitched { .. } => "queue_switched",
        Change::ContactRelaxed { .. } => "contact_relaxed",
        Change::ContactPressed { .. } => "contact_pressed",
        Change::ContactMoved { why: ExitWhy::Supervisor, .. } => "moved_by_supervisor",
        Change::ContactMoved { .. } => "contact_moved",
        Change::ContactJoined { .. } => "contact_joined",
        Change::ContactUpdated { .. } => "contact_updated",
        Change::ContactReclassified { .. } => "contact_reclassified",
        Change::ContactScheduled { .. } => "contact_scheduled",
        Change::ContactReleased { .. } => "contact_released",
        Change::ContactProposed { .. } => "contact_proposed",
        Change::ProposalEnded { .. } => "proposal_ended",
        Change::ContactSwitched { .. } => "contact_switched",
        Change::ContactEstimated { contact: _, outlook } if outlook.estimate.known().is_some() => {
            "contact_estimated_known"
        }
        Change::ContactEstimated { .. } => "contact_estimated",
        Change::ContactClosed { .. } => "contact_closed",
        Change::ContactUnservable { .. } => "contact_unservable",
        Change::ContactServable { .. } => "contact_servable",
        Change::ContactInterrupted { .. } => "contact_interrupted",
        Change::ContactParked { .. } => "contact_parked",
        Change::ContactStuck { .. } => "contact_stuck",
        Change::ContactWorkedOn { .. } => "contact_worked_on",
        Change::ContactResumed { .. } => "contact_resumed",
        Change::ContactQuieted { .. } => "contact_quieted",
        Change::ContactHandedOver { .. } => "contact_handed_over",
        Change::ContactSlowed { .. } => "contact_slowed",
        Change::ContactReplied { .. } => "contact_replied",
        Change::ContactNoted { .. } => "contact_noted",
        Change::ContactKeptForPeople { .. } => "contact_kept_for_people",
        Change::TenantLeft { .. } => "tenant_left",
        Change::TenantRows { .. } => "tenant_rows",
        Change::TenantCame { .. } => "tenant_came",
        Change::TenantGone => "tenant_gone",
        Change::OverflowTurned { .. } => "overflow_turned",
        Change::DeadlinesJudged { risk: Some(_), .. } => "deadlines_at_risk",
        Change::DeadlinesJudged { risk: None, .. } => "deadlines_met",
        Change::ContactOverflowed { .. } => "contact_overflowed",
    }
}
