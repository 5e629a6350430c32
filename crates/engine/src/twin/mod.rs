//! The slow, obvious twin: the rules of `ROUTING.md` written down once more, with plain scans and no index.
//!
//! It exists to judge the engine. Both are given the same inputs, and after every step their decisions, timers
//! and rows are compared; so nothing here is shared with the engine, and everything here should be checkable
//! against `ROUTING.md` line by line. It tells the world nothing: there are no events.
//!
//! Where to look: [`state`] is what there is, `apply` what each change does to it, `look_ups` who gets what,
//! `procedures` place, fill, offer, released and set presence, `inputs*` and `timers` what sets them off, and
//! `settle` the pass that fills everybody.

mod apply;
mod bound;
mod calendar;
mod classify;
mod consult;
mod customers;
mod estimates;
mod hand;
mod handling;
mod inputs;
mod inputs_agent;
mod inputs_contact;
mod inputs_roster;
mod interruption;
mod look_ups;
mod overflow;
mod person;
mod preference;
mod procedures;
mod profiles;
mod proposals;
mod quiet;
mod ratios;
mod rows;
mod schedule;
mod servable;
mod settle;
mod state;
#[cfg(test)]
mod tests;
mod throttle;
mod timers;
mod waiting;
mod work;

use model::{Change, Input, Row, TenantNo, Time, Transition};

use state::Tenant;

/// One that moves must be decided for as if it had stayed: so it is compared with a twin that is told nothing of the move.
const STAYS: &str = "the twin's tenants stay where they are";

/// How the id of a closed contact is hashed, so that rows equal those of the engine.
pub type IdHash = fn(&[u8; 16], &str) -> u128;

#[derive(Debug)]
pub struct Twin {
    key: [u8; 16],
    hash: IdHash,
    /// The tenant with number n stands at n - 1.
    tenants: Vec<Tenant>,
    /// What the last `Input::Offering` said; off at first.
    offering: bool,
}

impl Twin {
    pub fn new(key: [u8; 16], hash: IdHash) -> Twin {
        Twin { key, hash, tenants: Vec::new(), offering: false }
    }

    /// Decides, applies, and adds what was decided to `transitions`.
    pub fn handle(&mut self, now: Time, input: Input, transitions: &mut Vec<Transition>) {
        Step { twin: self, now, tenant: TenantNo::SHARD, transitions }.take(input);
    }

    pub fn next_timer(&self) -> Option<Time> {
        self.earliest_timer().map(|timer| timer.at)
    }

    pub fn is_settled(&self) -> bool {
        self.tenants.iter().all(|tenant| tenant.pass.is_none())
    }

    /// The state in canonical order. To be asked between calls, when no contact is nowhere.
    pub fn rows(&self) -> Vec<Row> {
        self.tenants.iter().flat_map(Tenant::rows).collect()
    }
}

/// One call of [`Twin::handle`]: the time, and where decisions go.
struct Step<'a> {
    twin: &'a mut Twin,
    now: Time,
    /// Whose world the decisions concern.
    tenant: TenantNo,
    transitions: &'a mut Vec<Transition>,
}

impl Step<'_> {
    /// A decision is applied at once, so the next one sees it.
    fn decide(&mut self, change: Change) {
        let parted = self.parted_by(&change);
        let transition = Transition { tenant: self.tenant, change };
        self.twin.apply(self.now, &transition);
        if self.tenant != TenantNo::SHARD {
            self.twin.tenant_mut(self.tenant).set_look(self.now);
        }
        self.transitions.push(transition);
        if let Some(consult) = parted {
            self.part(consult);
        }
    }

    fn world(&self) -> &Tenant {
        self.twin.tenant(self.tenant)
    }
}
