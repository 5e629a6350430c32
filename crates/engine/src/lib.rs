//! The routing engine: pure, synchronous, total. No IO, no clock, no randomness.
//!
//! [`Engine::handle`] decides, [`Engine::apply`] changes state and is the only thing that does, and
//! [`Engine::next_timer`] says when to call with a tick. Live is decide then apply; recovery and followers apply
//! alone. The rules are in `ROUTING.md` beside this crate.
//!
//! [`state`] is what is known, [`matching`] what is derived from it to be fast, [`decide`] the rules: one input, one file.

mod apply;
mod calendar;
mod decide;
mod explain;
mod matching;
mod moving;
#[cfg(not(feature = "mutants"))]
mod mutants;
#[cfg(feature = "mutants")]
pub mod mutants;
mod prefetch;
mod rehearsal;
mod state;
mod tell;
#[cfg(feature = "twin")]
pub mod twin;
mod view;

use std::collections::{BTreeMap, BTreeSet};

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use model::event::EventKind;
use model::{Change, ContactId, Event, Input, Row, TenantId, TenantNo, Time, Transition};

use decide::settle::Pass;
use state::id_index::IdHash;
use state::tenant::Tenant;
use state::timers::Timers;
use tell::ToldKind;

pub use rehearsal::rehearse;
pub use state::fit::FIT_SLICE;
pub use state::tenant::id_hash;
pub use tell::Told;
pub use view::{AgentView, ContactView, EstimateView, QueueView, WorkView};

/// What one or more calls of [`Engine::handle`] decided.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Decisions {
    /// In the order in which they were applied.
    pub transitions: Vec<Transition>,
    /// What the world is to be told of them, in the same order, still in numbers; see [`Engine::name`].
    pub told: Vec<Told>,
    /// The same with names, ready to be sent once the transitions are committed.
    pub events: Vec<Event>,
}

impl Decisions {
    pub fn clear(&mut self) {
        self.transitions.clear();
        self.told.clear();
        self.events.clear();
    }
}

#[derive(Debug)]
pub struct Engine {
    /// Keys the hash under which contact ids are remembered; all engines of one shard share it.
    key: [u8; 16],
    /// Tenant numbers count from 1.
    tenants: Vec<Tenant>,
    numbers: HashMap<TenantId, TenantNo, RandomState>,
    timers: Timers,
    /// Not part of the state: a follower never offers, a new owner begins with what is off.
    offering: bool,
    /// The tenants whose agents are being filled in order, while offering is on.
    settling: BTreeMap<TenantNo, Pass>,
    /// Tenants whose new configuration is not carried over yet into all that is derived of it.
    fitting: BTreeSet<TenantNo>,
}

impl Engine {
    pub fn new(key: [u8; 16]) -> Engine {
        Engine {
            key,
            tenants: Vec::new(),
            numbers: HashMap::default(),
            timers: Timers::default(),
            offering: false,
            settling: BTreeMap::new(),
            fitting: BTreeSet::new(),
        }
    }

    /// Decides, applies, and adds what was decided to `decisions`. Never fails: a refusal is a decision.
    pub fn handle(&mut self, now: Time, input: Input, decisions: &mut Decisions) {
        decide::Turn { engine: self, now, decisions }.handle(input);
    }

    /// Changes the state as a committed transition says. Adds what the world is told of it to `events`.
    pub fn apply(&mut self, now: Time, transition: &Transition, events: &mut Vec<Event>) {
        let mut told = None;
        self.change(now, transition, None, |new| told = Some(new));
        if let Change::ConfigApplied { .. } = transition.change {
            self.tenants[transition.tenant.index() - 1].fit(&mut self.timers);
        }
        events.extend(told.map(|told| self.named_alone(told)));
    }

    /// The one way in which the state changes, live and in replay. Whoever has hashed the id of an arriving contact says so.
    fn change(
        &mut self,
        now: Time,
        transition: &Transition,
        hashed: Option<IdHash>,
        mut tell: impl FnMut(Told),
    ) {
        let Transition { tenant: number, change } = transition;
        self.timers.proceed(now);
        if *number == TenantNo::SHARD {
            let told = self.change_shard(now, change);
            return told.into_iter().for_each(|kind| tell(Told { tenant: *number, at: now, kind }));
        }
        if let Change::TenantOpened { name } = change {
            assert!(
                number.index() == self.tenants.len() + 1,
                "tenants are opened in the order of their numbers"
            );
            self.open(*number, name, self.key);
        }
        if let Change::TenantRows { part, .. } = change {
            return self.take_in(*number, part);
        }
        let tenant = &mut self.tenants[number.index() - 1];
        tenant.link_by(change);
        if let Change::ContactClosed { contact, outcome } = change {
            let closed = tenant.close_contact(now, *contact, *outcome, &mut self.timers);
            let kind = tenant.tell_closed(closed, *outcome);
            return tell(Told { tenant: *number, at: now, kind });
        }
        if let Some(kind) = tenant.tell(now, change) {
            tell(Told { tenant: *number, at: now, kind });
        }
        let key = tenant.key;
        let hash = |id: &ContactId| hashed.unwrap_or_else(|| id_hash(&key, id.as_str()));
        tenant.apply(now, change, hash, &mut self.timers);
    }

    fn change_shard(&mut self, now: Time, change: &Change) -> Option<ToldKind> {
        if let Change::Refused(refused) = change {
            let kind = EventKind::Refused(refused.clone());
            return Some(ToldKind::Named(Box::new(Event { tenant: refused.tenant.clone(), at: now, kind })));
        }
        let Change::Resumed { grace } = change else {
            panic!("a change of a tenant under the shard's number: {change:?}");
        };
        for tenant in self.tenants.iter_mut().filter(|tenant| tenant.residence.is_here()) {
            tenant.resume(*grace, &mut self.timers);
        }
        None
    }

    fn open(&mut self, number: TenantNo, name: &TenantId, key: [u8; 16]) {
        self.tenants.push(Tenant::new(number, name.clone(), key));
        self.numbers.insert(name.clone(), number);
    }

    /// When the next timer is due; nothing when none is set.
    pub fn next_timer(&self) -> Option<Time> {
        self.timers.next_due()
    }

    /// False while agents of a tenant are to be filled and `Input::Offering(true)` has more to do.
    pub fn is_settled(&self) -> bool {
        self.settling.is_empty()
    }

    /// Whether nothing is left of what new configurations brought; see [`Self::fit`].
    pub fn is_fitted(&self) -> bool {
        self.fitting.is_empty()
    }

    /// Carries on with what a new configuration changes in all that is derived of it; `work` is [`FIT_SLICE`] or less. Nothing
    /// is decided by it. Who does not call it until all is done lets the next tick, or the next pass, do it at once.
    pub fn fit(&mut self, work: usize) {
        if let Some(&tenant) = self.fitting.first() {
            let state = &mut self.tenants[tenant.index() - 1];
            state.fit_a_slice(work, &mut self.timers);
            if state.is_fitted() {
                self.fitting.remove(&tenant);
            }
        }
    }

    /// The state in canonical order; equal states give equal rows.
    pub fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        self.tenants.iter().flat_map(Tenant::rows)
    }

    /// The engine that yields these rows. Offering is off until it is switched on.
    pub fn from_rows(key: [u8; 16], rows: impl Iterator<Item = Row>) -> Engine {
        let mut engine = Engine::new(key);
        for row in rows {
            if let Row::Tenant(row) = &row {
                engine.open(row.tenant, &row.name, row.key.unwrap_or(key));
            }
            let tenant = engine.tenants.last_mut().expect("a tenant's row stands before all others of it");
            tenant.load(row, &mut engine.timers);
        }
        engine
    }

    fn tenant(&self, tenant: TenantNo) -> &Tenant {
        &self.tenants[tenant.index() - 1]
    }

    fn tenant_mut(&mut self, tenant: TenantNo) -> &mut Tenant {
        &mut self.tenants[tenant.index() - 1]
    }
}
