//! A plain model of what the journal says: tenants, agents, contacts, and nothing that decides.
//!
//! Every transition is judged against what the ones before it made, then taken in as it stands, right or wrong, so
//! that one mistake is found once. Each file has one subject: [`tenant`] what is configured, [`agent`] the roster
//! and presence, [`contact`] the steps of a contact's life, [`offer`] who may be offered what, [`capacity`] how much at once and
//! beside what, [`lease`] what ends by
//! itself, [`classify`] what the rules make of contacts, [`schedule`] those that come with a window, [`order`] whose turn it
//! is, [`ratios`] queues that take turns, [`overflow`] what is done when a backlog builds, [`proposals`] channels that are proposed, [`quiet`] customers who fall silent, [`estimates`] what those are told
//! who wait, [`work`] how long contacts take, [`servable`] what nobody could take, [`interruption`] what live work interrupts,
//! [`preference`] who has more of what is better to have, [`person`] what no bot may have,
//! [`throttle`] who is held back, [`hand`] what people decide out of turn, [`consult`] whom agents ask about what they keep,
//! [`moving`] tenants that come and go, [`refusal`] what was turned away.

mod agent;
mod bound;
mod calendar;
mod capacity;
mod classify;
mod consult;
mod contact;
mod customers;
mod deadline;
mod estimates;
mod hand;
mod handling;
mod interruption;
mod lease;
mod look_up;
mod moving;
mod offer;
mod order;
mod overflow;
mod person;
mod preference;
mod proposals;
mod quiet;
mod ratios;
mod refusal;
mod schedule;
mod servable;
mod tenant;
mod throttle;
mod waiting;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use model::{Change, ContactNo, TenantId, TenantNo, Time, Transition};

use crate::evidence::Limits;
use crate::findings::Findings;
use crate::ingest::{Ingest, Traced};
use crate::journal::Context;
use crate::keys::{Cause, key};
use crate::report::{Counts, Invariant, Where};
use crate::told::{Kind, Told};
pub(crate) use lease::Overruns;
use moving::Stays;
use tenant::Tenant;

/// One transition's surroundings.
#[derive(Debug)]
pub(crate) struct Step<'a> {
    pub now: Time,
    /// Inputs that the commit decides; nothing when its predecessor is unknown.
    pub positions: Option<RangeInclusive<u64>>,
    /// When the last input was stored that the commit decides: what came before it had to be decided first.
    pub read_at: Option<Time>,
    pub place: Where,
    pub tried: &'a BTreeSet<u64>,
    /// When a stall was last made good, or the shard last got an owner: nothing was late before.
    pub resumed_at: Time,
    pub overruns: &'a mut Overruns,
    pub ingest: &'a mut Ingest,
    pub findings: &'a mut Findings,
    pub counts: &'a mut Counts,
    pub limits: &'a Limits,
}

#[derive(Debug, Default)]
pub(crate) struct World {
    tenants: BTreeMap<TenantNo, Tenant>,
    stays: Stays,
    /// Contacts that must find a place, or be classified anew, before the commit ends.
    unplaced: Vec<(TenantNo, ContactNo)>,
    /// As in [`Step`].
    pub resumed_at: Time,
    /// When inputs were last decided long after they came.
    unread_at: Time,
    /// When agents were last looked at.
    looked_at: Time,
}

impl World {
    /// Judges the transition, takes it in, and says what the world must be told of it.
    pub fn apply(&mut self, transition: &Transition, step: &mut Step<'_>) -> Option<Told> {
        let kind = Kind::of(&transition.change);
        let number = transition.tenant;
        match &transition.change {
            Change::TenantOpened { name } => return Some(self.open_tenant(number, name, step)),
            Change::Resumed { grace } => {
                self.tenants.values_mut().for_each(|tenant| tenant.resume(*grace));
                return None;
            }
            Change::Refused(refused) => return Some(refusal::judge(refused, step)),
            Change::TenantLeft { to, .. } => return Some(self.leave(number, to, step)),
            Change::TenantRows { hash, part } => {
                self.take_part(number, hash, part, step);
                return None;
            }
            Change::TenantCame { .. } => return Some(self.come(number, step)),
            Change::TenantGone => {
                self.go(number, step);
                return None;
            }
            Change::ConfigApplied { .. }
            | Change::AgentPut { .. }
            | Change::AgentRemoved { .. }
            | Change::ProfileOpened { .. }
            | Change::ProfileClosed { .. }
            | Change::QueueSwitched { .. }
            | Change::ContactRelaxed { .. }
            | Change::ContactPressed { .. }
            | Change::ContactMoved { .. }
            | Change::ContactJoined { .. }
            | Change::ContactUpdated { .. }
            | Change::ContactReclassified { .. }
            | Change::ContactScheduled { .. }
            | Change::ContactReleased { .. }
            | Change::ContactUnservable { .. }
            | Change::ContactServable { .. }
            | Change::ContactInterrupted { .. }
            | Change::ContactParked { .. }
            | Change::ContactStuck { .. }
            | Change::ContactWorkedOn { .. }
            | Change::ContactResumed { .. }
            | Change::AgentHeard { .. }
            | Change::AgentPresence { .. }
            | Change::AgentDeferred { .. }
            | Change::AgentThrottled { .. }
            | Change::AgentUnthrottled { .. }
            | Change::ContactArrived { .. }
            | Change::ContactQueued { .. }
            | Change::Offered { .. }
            | Change::Accepted { .. }
            | Change::OfferEnded { .. }
            | Change::ExclusionLifted { .. }
            | Change::WrapUpStarted { .. }
            | Change::ContactReturned { .. }
            | Change::OverflowTurned { .. }
            | Change::DeadlinesJudged { .. }
            | Change::ContactOverflowed { .. }
            | Change::ContactEstimated { .. }
            | Change::ContactProposed { .. }
            | Change::ProposalEnded { .. }
            | Change::ContactSwitched { .. }
            | Change::ContactQuieted { .. }
            | Change::ContactHandedOver { .. }
            | Change::ContactSlowed { .. }
            | Change::ContactReplied { .. }
            | Change::ContactNoted { .. }
            | Change::ContactKeptForPeople { .. }
            | Change::ContactClosed { .. } => {}
        }
        if let Some(told) = self.judge_stay(number, &transition.change, step) {
            return told;
        }
        let Some(tenant) = self.tenants.get_mut(&number) else {
            step.broken(Invariant::Lifecycle, format!("tenant {number} was never opened"));
            return kind.map(Told::unknown);
        };
        let told = tenant.apply(&transition.change, step);
        self.unplaced.extend(tenant.unplaced.drain(..).map(|contact| (number, contact)));
        match (told, kind) {
            (Some(told), _) => Some(told),
            (None, kind) => kind.map(Told::unknown),
        }
    }

    /// A group is never torn, so nothing is left half-way at its end.
    pub fn finish_commit(&mut self, place: &Where, context: &mut Context<'_>) {
        for (tenant, contact) in self.unplaced.drain(..) {
            let tenant = self.tenants.get(&tenant);
            if let Some((invariant, what)) = tenant.and_then(|tenant| tenant.left_undone(contact)) {
                context.findings.violation(invariant, place, what);
            }
        }
    }

    /// After the last transition.
    pub fn finish(&mut self, now: Time, place: &Where, context: &mut Context<'_>) {
        for tenant in self.tenants.values() {
            context.counts.contacts_open += tenant.open_contacts();
            tenant.check_open_leases(now, self.resumed_at, place, context);
        }
    }

    /// Contacts that never ended, by tenant and number.
    pub fn open_ids(&self) -> impl Iterator<Item = (&TenantId, &model::ContactId)> {
        self.tenants.values().flat_map(|tenant| tenant.open_ids().map(|id| (&tenant.name, id)))
    }

    pub fn has_tenant(&self, tenant: u64) -> bool {
        self.tenants.values().any(|known| known.key == tenant)
    }

    fn open_tenant(&mut self, number: TenantNo, name: &TenantId, step: &mut Step<'_>) -> Told {
        let expected = TenantNo(self.tenants.len() as u32 + 1);
        if self.tenants.values().any(|tenant| tenant.name == *name) {
            step.broken(Invariant::Lifecycle, format!("tenant {name} is opened twice"));
        } else if number != expected {
            step.broken(
                Invariant::Lifecycle,
                format!("tenant {name} gets number {number}, {expected} is next"),
            );
        }
        self.tenants.entry(number).or_insert_with(|| Tenant::new(name.clone()));
        Told::new(Kind::TenantOpened, key(name.as_str()))
    }
}

impl Step<'_> {
    pub fn broken(&mut self, invariant: Invariant, what: impl Into<String>) {
        self.findings.violation(invariant, &self.place, what);
    }

    /// Finds the input that had this effect. `what` names the effect in findings.
    pub fn trace(&mut self, cause: Cause<'_>, what: impl FnOnce() -> String) -> Option<u64> {
        let Some(positions) = &self.positions else {
            self.findings.unchecked("effects of commits whose inputs are unknown", 1);
            return None;
        };
        match self.ingest.take(cause, positions) {
            Traced::At(position) => return Some(position),
            Traced::Unknown => {
                self.findings.unchecked("effects whose inputs the ingest stream may have purged", 1);
            }
            Traced::Used(position) => {
                let what = format!("{}: its input {position} had this effect before", what());
                self.broken(Invariant::OneEffect, what);
            }
            Traced::Elsewhere(position) => {
                let what = format!("{}: its input {position} is not one that this commit covers", what());
                self.broken(Invariant::IngestPosition, what);
            }
            Traced::Nowhere => {
                let what = format!("{}: no input says so", what());
                self.broken(Invariant::NoInvention, what);
            }
        }
        None
    }
}
