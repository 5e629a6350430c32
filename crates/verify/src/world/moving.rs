//! Tenants that leave for another shard, and those that come from one.
//!
//! The rule is that nothing is decided for a tenant while it is not here; so no two shards decide for one at once. What a tenant brings
//! is its former shard's state, which this journal alone does not prove: from then on what is decided for it is not judged, and that is
//! counted. `wissel tenant move` compares what came with what left before it lets anything be decided.

use std::collections::{BTreeMap, BTreeSet};

use model::moving::{Departure, TenantPart};
use model::{Change, Row, ShardId, TenantNo};

use super::tenant::Tenant;
use super::{Step, World};
use crate::keys::{Cause, key};
use crate::report::Invariant;
use crate::told::{Kind, Told};

/// Of a tenant that was not here all the time.
#[derive(Debug)]
pub(super) enum Stay {
    Left { to: ShardId },
    Coming { departure: Departure, parts: u32 },
    Came,
    Gone,
}

#[derive(Debug, Default)]
pub(super) struct Stays {
    of: BTreeMap<TenantNo, Stay>,
    /// Those that were in another shard first.
    came_first: BTreeSet<TenantNo>,
}

impl World {
    /// What befalls a tenant that is not here, or came; nothing when it is judged like all others.
    pub(super) fn judge_stay(
        &mut self,
        number: TenantNo,
        change: &Change,
        step: &mut Step<'_>,
    ) -> Option<Option<Told>> {
        let stay = self.stays.of.get(&number)?;
        let told = Kind::of(change).map(Told::unknown);
        match stay {
            Stay::Came => {
                step.findings.unchecked("transitions of tenants that came from another shard", 1);
                self.note_inputs(number, change, step);
            }
            Stay::Left { .. } | Stay::Coming { .. } | Stay::Gone => {
                let what = format!("decides for tenant {}, which is not in this shard", self.name_of(number));
                step.broken(Invariant::Lifecycle, what);
            }
        }
        Some(told)
    }

    /// Whether what befell the tenant's contacts stands in other journals, too.
    pub fn has_moved(&self, tenant: u64) -> bool {
        self.stays.of.keys().any(|number| self.is_named(*number, tenant))
    }

    /// Whether the tenant was in another shard before it was in this one.
    pub fn came_first(&self, tenant: u64) -> bool {
        self.stays.came_first.iter().any(|number| self.is_named(*number, tenant))
    }

    fn is_named(&self, number: TenantNo, tenant: u64) -> bool {
        self.tenants.get(&number).is_some_and(|known| known.key == tenant)
    }

    pub(super) fn leave(&mut self, number: TenantNo, to: &ShardId, step: &mut Step<'_>) -> Told {
        let name = self.name_of(number);
        let is_here = matches!(self.stays.of.get(&number), None | Some(Stay::Came));
        if !is_here || !self.tenants.contains_key(&number) {
            step.broken(Invariant::Lifecycle, format!("tenant {name} leaves, and is not here"));
        }
        step.trace(Cause::Leaves { tenant: &name, to: to.as_str() }, || {
            format!("departure of tenant {name}")
        });
        self.forget(number);
        self.stays.of.insert(number, Stay::Left { to: to.clone() });
        Told { detail: key(to.as_str()), ..Told::new(Kind::TenantLeft, key(name.as_str())) }
    }

    pub(super) fn take_part(&mut self, number: TenantNo, hash: &str, part: &TenantPart, step: &mut Step<'_>) {
        if let Some(Row::Tenant(row)) = part.rows.first() {
            if !self.tenants.contains_key(&number) {
                self.stays.came_first.insert(number);
            }
            self.tenants.entry(number).or_insert_with(|| Tenant::new(row.name.clone()));
        }
        let name = self.name_of(number);
        step.trace(Cause::Config { tenant: &name, hash }, || format!("rows of tenant {name}"));
        let next = match self.stays.of.get(&number) {
            None | Some(Stay::Gone) if part.part == 0 => Some(0),
            Some(Stay::Coming { departure, parts }) if *departure == part.departure => Some(*parts),
            None | Some(Stay::Left { .. } | Stay::Coming { .. } | Stay::Came | Stay::Gone) => None,
        };
        if next != Some(part.part) {
            let what = format!("takes part {} of tenant {name}, and {next:?} is next", part.part);
            step.broken(Invariant::Lifecycle, what);
        }
        let coming = Stay::Coming { departure: part.departure.clone(), parts: part.part + 1 };
        self.stays.of.insert(number, coming);
    }

    pub(super) fn come(&mut self, number: TenantNo, step: &mut Step<'_>) -> Told {
        let name = self.name_of(number);
        let told = Told::new(Kind::TenantCame, key(name.as_str()));
        let Some(Stay::Coming { departure, parts }) = self.stays.of.insert(number, Stay::Came) else {
            step.broken(Invariant::Lifecycle, format!("tenant {name} came, and was not on its way"));
            return Told { is_known: false, ..told };
        };
        let (from, position) = (departure.from.as_str(), departure.position);
        step.trace(Cause::Comes { tenant: &name, from, position, parts }, || {
            format!("arrival of tenant {name} from shard {from}")
        });
        Told { detail: key(from), ..told }
    }

    pub(super) fn go(&mut self, number: TenantNo, step: &mut Step<'_>) {
        let name = self.name_of(number);
        match self.stays.of.insert(number, Stay::Gone) {
            Some(Stay::Left { to }) => {
                let to = to.as_str();
                step.trace(Cause::IsGone { tenant: &name, to }, || format!("end of tenant {name}"));
            }
            None | Some(Stay::Coming { .. } | Stay::Came | Stay::Gone) => {
                step.broken(Invariant::Lifecycle, format!("tenant {name} is dropped, and had not left"));
            }
        }
    }

    /// An input has one effect here, too, and a contact that came has arrived.
    fn note_inputs(&self, number: TenantNo, change: &Change, step: &mut Step<'_>) {
        let Change::ContactArrived { digest, body, .. } = change else { return };
        step.counts.contacts_arrived += 1;
        let (name, contact) = (self.name_of(number), body.contact.as_str());
        let cause = Cause::Created { tenant: &name, contact, digest: *digest };
        if let Some(position) = step.trace(cause, || format!("arrival of contact {contact}"))
            && let Some(slot) = step.ingest.slot_mut(position)
        {
            slot.is_arrived = true;
        }
    }

    /// What was known of it says nothing any more.
    fn forget(&mut self, number: TenantNo) {
        if let Some(tenant) = self.tenants.get_mut(&number) {
            *tenant = Tenant::new(tenant.name.clone());
        }
    }

    fn name_of(&self, number: TenantNo) -> String {
        self.tenants.get(&number).map_or_else(|| number.to_string(), |tenant| tenant.name.to_string())
    }
}
