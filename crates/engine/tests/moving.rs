//! A tenant that moves is decided for as if it had stayed: from the moment at which it has come, its new shard and a twin that was
//! told nothing of the move decide alike, under another number and beside other tenants. The shard that it left goes on with the
//! others, and a follower of either knows the same.
//!
//! `WISSEL_SEEDS=from..to` runs other seeds.

#![cfg(feature = "twin")]

mod support;

use std::sync::Arc;

use model::input::TenantInput;
use model::moving::{Departure, Residence, TenantMove, TenantPart};
use model::overflow::LOOK_EVERY;
use model::{Change, Input, InputBody, Millis, Row, ShardId, TenantId, TenantNo, Time, Transition};
use support::random::Generator;
use wissel_engine::twin::Twin;
use wissel_engine::{Decisions, Engine, id_hash};

/// Steps before the move, and after it.
const BEFORE: usize = 2_500;
const AFTER: usize = 2_500;

#[test]
fn it_is_decided_for_as_if_it_had_stayed() {
    let seeds = std::env::var("WISSEL_SEEDS").ok().map_or(0..8, |text| {
        let (from, to) = text.split_once("..").expect("from..to");
        from.parse().expect("a number")..to.parse().expect("a number")
    });
    let (mut decided, mut brought) = (0, 0);
    for seed in seeds {
        let (rows, alike) = Run::new(seed).run();
        brought += rows;
        decided += alike;
    }
    println!("{brought} rows were brought, {decided} decisions agree after the moves");
    assert!(
        brought > 1_000 && decided > 1_000,
        "{brought} rows, {decided} decisions: the moves prove nothing"
    );
}

/// A shard: who decides, and who only applies.
struct Side {
    owner: Engine,
    follower: Engine,
    key: [u8; 16],
}

impl Side {
    fn new(key: [u8; 16]) -> Side {
        Side { owner: Engine::new(key), follower: Engine::new(key), key }
    }

    fn handle(&mut self, now: Time, input: Input) -> Vec<Transition> {
        let mut decisions = Decisions::default();
        self.owner.handle(now, input, &mut decisions);
        while !self.owner.is_fitted() {
            self.owner.fit(1);
        }
        self.owner.name(&mut decisions);
        let mut events = Vec::new();
        for transition in &decisions.transitions {
            self.follower.apply(now, transition, &mut events);
        }
        assert_eq!(decisions.events, events, "the follower tells the same");
        decisions.transitions
    }

    /// The state, as the owner, its follower and whoever begins from rows have it.
    fn rows(&mut self, place: &str) -> Vec<Row> {
        let rows: Vec<Row> = self.owner.rows().collect();
        assert_eq!(rows, self.follower.rows().collect::<Vec<_>>(), "{place}: the follower's");
        let recovered = Engine::from_rows(self.key, rows.iter().cloned());
        assert_eq!(rows, recovered.rows().collect::<Vec<_>>(), "{place}: as recovered");
        self.follower = recovered;
        rows
    }
}

struct Run {
    seed: u64,
    generator: Generator,
    twin: Twin,
    former: Side,
    new: Side,
    now: Time,
}

impl Run {
    fn new(seed: u64) -> Run {
        Run {
            seed,
            generator: Generator::new(seed),
            twin: Twin::new(*b"sixteen byte key", id_hash),
            former: Side::new(*b"sixteen byte key"),
            new: Side::new(*b"another key here"),
            now: Time(0),
        }
    }

    /// How many rows the tenant brought, and how many decisions were alike since.
    fn run(mut self) -> (usize, usize) {
        for _ in 0..BEFORE {
            let (now, input) = self.generator.next(self.twin.next_timer(), self.twin.is_settled());
            self.now = now;
            let expected = self.tell_twin(input.clone());
            same(
                &self.former.handle(now, input.clone()),
                &expected,
                &format!("seed {}: {input:?}", self.seed),
            );
        }
        // A look is due anew where the tenant goes, and none at all where there is nothing to look at.
        self.now = self.generator.pause(Millis::from_seconds(5));
        let all_due = Input::Tick { until: Time::MAX };
        let expected = until_settled(&all_due, |input| {
            let decided = self.tell_twin(input);
            (decided, self.twin.next_timer(), self.twin.is_settled(), self.now)
        });
        let decided = until_settled(&all_due, |input| {
            let decided = self.former.handle(self.now, input);
            (decided, self.former.owner.next_timer(), self.former.owner.is_settled(), self.now)
        });
        same(&decided, &expected, &format!("seed {}: all that is due", self.seed));
        // Offers are made again when it has come; so there and where it would have stayed.
        let _ = self.tell_twin(Input::Offering(false));
        let _ = self.former.handle(self.now, Input::Offering(false));
        let tenant = self.largest();
        let former = self.former.owner.tenants().position(|name| *name == tenant).expect("it is there");
        let former = TenantNo(former as u32 + 1);
        let rows = self.move_over(&tenant);
        let number = TenantNo(self.new.owner.tenants().count() as u32);
        assert_ne!(former, number, "the number is to be another");
        let mut decided = 0;
        self.settle(&tenant, former, number);
        for step in 0..AFTER {
            let (now, input) = self.generator.next(self.twin.next_timer(), self.twin.is_settled());
            self.now = now;
            decided += self.step(input, &tenant, (former, number));
            if step % 500 == 499 {
                self.compare(&tenant);
            }
        }
        self.compare(&tenant);
        (rows, decided)
    }
}

impl Run {
    /// Of all tenants the one with the most contacts, or with the most rows.
    fn largest(&self) -> TenantId {
        let owner = &self.former.owner;
        let size = |name: &&TenantId| {
            let rows: Vec<Row> = owner.rows_of(name).expect("a tenant").collect();
            let contacts = rows.iter().filter(|row| matches!(row, Row::Contact(_))).count();
            (contacts, rows.len())
        };
        owner.tenants().max_by_key(size).expect("there is a tenant").clone()
    }

    fn tell_twin(&mut self, input: Input) -> Vec<Transition> {
        let mut decided = Vec::new();
        self.twin.handle(self.now, input, &mut decided);
        self.generator.observe(self.now, &decided);
        decided
    }

    /// The rows go over in parts, some of which are sent twice; who is told something out of turn refuses it.
    fn move_over(&mut self, tenant: &TenantId) -> usize {
        self.open_another();
        let here = ShardId::new("0").expect("an id");
        let there = ShardId::new("1").expect("an id");
        let left = self.former.tell(self.now, tenant, TenantMove::Leave { to: there.clone() }, 77);
        let [Transition { change: Change::TenantLeft { position: 77, .. }, .. }] = &left[..] else {
            panic!("{left:?}");
        };
        assert_eq!(self.former.tell(self.now, tenant, TenantMove::Leave { to: there.clone() }, 78), []);
        let asked = self
            .former
            .handle(self.now, input(tenant, InputBody::AgentRemove { agent: agent("nobody") }, 79));
        assert!(is_refused(&asked, model::Refusal::Moved), "{asked:?}");
        self.former.rows("left");

        let departure = Departure { from: here, position: 77, at: self.now };
        let rows = self.former.owner.rows_of_left(tenant).expect("it has left");
        let residence = self.former.owner.residence(tenant).cloned().expect("it is known");
        assert_eq!(residence, Residence::Left { to: there.clone(), position: 77, at: self.now });
        let rows: Vec<Row> = rows.collect();
        let sizes = [1, 7, 300, 40, 1_000];
        let (mut from, mut part) = (0, 0);
        while from < rows.len() {
            let size = sizes[part as usize % sizes.len()].min(rows.len() - from);
            let some =
                TenantPart { departure: departure.clone(), part, rows: rows[from..from + size].to_vec() };
            let beyond = TenantPart { part: part + 1, rows: rows[1..2].to_vec(), ..some.clone() };
            assert!(is_refused(&self.new.tell(self.now, tenant, of(beyond), 80), model::Refusal::Moved));
            let taken = self.new.tell(self.now, tenant, of(some.clone()), 80);
            assert!(
                matches!(&taken[..], [Transition { change: Change::TenantRows { .. }, .. }]),
                "{taken:?}"
            );
            assert_eq!(self.new.tell(self.now, tenant, of(some), 80), [], "a part is taken once");
            (from, part) = (from + size, part + 1);
            self.new.rows("on its way");
        }
        assert_eq!(self.new.owner.next_timer(), None, "nothing is due for who has not come");
        let asked =
            self.new.handle(self.now, input(tenant, InputBody::AgentRemove { agent: agent("nobody") }, 81));
        assert!(is_refused(&asked, model::Refusal::Moved), "{asked:?}");
        let too_early = TenantMove::Come { departure: departure.clone(), parts: part + 1 };
        assert!(is_refused(&self.new.tell(self.now, tenant, too_early, 82), model::Refusal::Moved));
        let come = TenantMove::Come { departure, parts: part };
        let came = self.new.tell(self.now, tenant, come.clone(), 82);
        assert!(matches!(&came[..], [Transition { change: Change::TenantCame { .. }, .. }, ..]), "{came:?}");
        assert_eq!(self.new.tell(self.now, tenant, come, 83), []);
        let gone = self.former.tell(self.now, tenant, TenantMove::Gone { to: there.clone() }, 84);
        assert!(matches!(&gone[..], [Transition { change: Change::TenantGone, .. }]), "{gone:?}");
        assert_eq!(self.former.tell(self.now, tenant, TenantMove::Gone { to: there }, 85), []);
        assert_eq!(self.former.owner.rows_of(tenant).expect("it is known").count(), 1);
        self.former.rows("gone");
        rows.len()
    }

    /// So that the tenant gets another number.
    fn open_another(&mut self) {
        let configured = |row| if let Row::Tenant(row) = row { row.config } else { None };
        let config = self.former.owner.rows().find_map(configured).expect("one is configured");
        for number in 0..4 {
            let name = TenantId::new(&format!("other{number}")).expect("an id");
            let apply = InputBody::ConfigApply { hash: config.0.clone(), config: Arc::clone(&config.1) };
            self.new.handle(self.now, input(&name, apply, 1));
        }
    }

    /// Both shards and the twin begin to offer again.
    fn settle(&mut self, tenant: &TenantId, former: TenantNo, number: TenantNo) {
        self.step(Input::Offering(true), tenant, (former, number));
    }

    /// How many decisions were the tenant's.
    fn step(&mut self, input: Input, tenant: &TenantId, (former, number): (TenantNo, TenantNo)) -> usize {
        let is_its = match &input {
            Input::Tenant(TenantInput { tenant: named, .. })
            | Input::AgentSilent { tenant: named, .. }
            | Input::AgentBack { tenant: named, .. } => Some(named == tenant),
            Input::Tick { .. } | Input::Resume { .. } | Input::Offering(_) => None,
        };
        let place = format!("seed {}: {input:?}", self.seed);
        let now = self.now;
        let expected = until_settled(&input, |input| {
            let mut decided = Vec::new();
            self.twin.handle(now, input, &mut decided);
            (decided, self.twin.next_timer(), self.twin.is_settled(), now)
        });
        self.generator.observe(now, &expected);
        let tell = |side: &mut Side| {
            until_settled(&input, |input| {
                (side.handle(now, input), side.owner.next_timer(), side.owner.is_settled(), now)
            })
        };
        let is_of_it = |decided: &Transition| {
            decided.tenant == former || is_its == Some(true) && decided.tenant == TenantNo::SHARD
        };
        let (its, others): (Vec<Transition>, Vec<Transition>) = expected.into_iter().partition(is_of_it);
        let at_former = match is_its {
            Some(true) if others.is_empty() => Vec::new(),
            Some(true) => pass_again(&mut self.former, now),
            Some(false) | None => tell(&mut self.former),
        };
        let at_new = match is_its {
            Some(false) if its.is_empty() => Vec::new(),
            Some(false) => pass_again(&mut self.new, now),
            Some(true) | None => tell(&mut self.new),
        };
        let its: Vec<Transition> =
            its.into_iter().map(|decided| renumbered(decided, former, number)).collect();
        let of_it = |decided: &Transition| decided.tenant == number || is_its == Some(true);
        same(&at_new.into_iter().filter(of_it).collect::<Vec<_>>(), &its, &place);
        same(&at_former, &others, &place);
        let due = [self.former.owner.next_timer(), self.new.owner.next_timer()].into_iter().flatten().min();
        let expected = self.twin.next_timer();
        // A look that was due where the tenant came from, and at which there is nothing to look at any more, is not due here.
        let is_needless =
            expected.is_some_and(|at| at.0 % LOOK_EVERY.0 == 0) && (due.is_none() || due > expected);
        assert!(due == expected || is_needless, "{place}: the next timer: {due:?}, {expected:?} expected");
        its.len()
    }

    fn compare(&mut self, tenant: &TenantId) {
        let place = format!("seed {}", self.seed);
        let expected = of_tenant(self.twin.rows(), tenant);
        let rows = of_tenant(self.new.rows(&place), tenant);
        for (row, expected) in rows.iter().zip(&expected) {
            assert_eq!(row, expected, "{place}");
        }
        assert_eq!(rows.len(), expected.len(), "{place}");
        self.former.rows(&place);
    }
}

impl Side {
    fn tell(&mut self, now: Time, tenant: &TenantId, said: TenantMove, position: u64) -> Vec<Transition> {
        self.handle(now, input_at(now, tenant, InputBody::Move(said), position))
    }
}

/// What lets a whole shard settle concerns the tenants of the other one too as long as they are in one: an agent who has not looked
/// since contacts that keep away from it came may be deferred. So that shard is let settle as well.
fn pass_again(side: &mut Side, now: Time) -> Vec<Transition> {
    assert_eq!(side.handle(now, Input::Offering(false)), []);
    until_settled(&Input::Offering(true), |input| {
        (side.handle(now, input), side.owner.next_timer(), side.owner.is_settled(), now)
    })
}

/// What a call leaves to be done is done at once.
fn until_settled(
    input: &Input,
    mut tell: impl FnMut(Input) -> (Vec<Transition>, Option<Time>, bool, Time),
) -> Vec<Transition> {
    let (mut decided, mut due, mut is_settled, now) = tell(input.clone());
    for _ in 0..10_000 {
        let is_due = |until: &Time| due.is_some_and(|due| due <= now.min(*until));
        let further = if matches!(input, Input::Tick { until } if is_due(until)) {
            input.clone()
        } else if !is_settled {
            Input::Offering(true)
        } else {
            return decided;
        };
        let (more, next, settled, _) = tell(further);
        decided.extend(more);
        (due, is_settled) = (next, settled);
    }
    panic!("{input:?} is never done with");
}

/// The tenant's rows, without what is another matter in another shard.
fn of_tenant(rows: Vec<Row>, tenant: &TenantId) -> Vec<Row> {
    let mut is_its = false;
    let mut its = Vec::new();
    for mut row in rows {
        if let Row::Tenant(row) = &mut row {
            is_its = row.name == *tenant;
            (row.tenant, row.residence, row.key) = (TenantNo(0), Residence::Here, None);
        }
        if is_its {
            its.push(row);
        }
    }
    its
}

fn renumbered(mut decided: Transition, former: TenantNo, number: TenantNo) -> Transition {
    if decided.tenant == former {
        decided.tenant = number;
    }
    decided
}

fn same(one: &[Transition], other: &[Transition], place: &str) {
    let plain = |decided: &Transition| {
        let mut decided = decided.clone();
        if let Change::Refused(refused) = &mut decided.change {
            // The sentence is for people and may differ.
            refused.detail.clear();
        }
        decided
    };
    let (one, other): (Vec<_>, Vec<_>) = (one.iter().map(plain).collect(), other.iter().map(plain).collect());
    assert_eq!(one, other, "{place}");
}

fn is_refused(decided: &[Transition], reason: model::Refusal) -> bool {
    matches!(decided, [Transition { change: Change::Refused(refused), .. }] if refused.reason == reason)
}

fn of(part: TenantPart) -> TenantMove {
    TenantMove::Rows { hash: String::new(), part: Arc::new(part) }
}

fn agent(name: &str) -> model::AgentId {
    model::AgentId::new(name).expect("an id")
}

fn input(tenant: &TenantId, body: InputBody, position: u64) -> Input {
    input_at(Time(0), tenant, body, position)
}

fn input_at(stamp: Time, tenant: &TenantId, body: InputBody, position: u64) -> Input {
    Input::Tenant(TenantInput { tenant: tenant.clone(), position, stamp, sent_at: None, body })
}
