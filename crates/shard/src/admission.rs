//! Admission: when inputs outrun the shard, tenants that bring more than their share are refused new contacts, by name.
//!
//! The ingest stream is one line, so whoever floods it makes all tenants of the shard wait. Once the shard has been reading a
//! backlog for longer than it takes to make good a lost leader or a take-over, new contacts are taken in only from tenants
//! that have brought no more of this backlog than the mean of all tenants in it. Everything else is always taken: what agents do
//! and how contacts end makes room. A tenant that is alone with its backlog is never refused: nobody suffers from it, its stream
//! is bounded, and when that is full the server tells its producers.

use std::collections::{BTreeMap, BTreeSet};

use model::{Millis, TenantId};

use crate::limits::{OUTRUN_AFTER, STALL_MIN};
use crate::time::elapsed;

#[derive(Debug, Default)]
pub(crate) struct Admission {
    backlog: Option<Backlog>,
}

/// What was decided since the shard last saw the end of its stream.
#[derive(Debug)]
struct Backlog {
    /// Since when inputs of it were decided, one after the other.
    reading_since: Millis,
    read_at: Millis,
    /// Contacts taken in, by every tenant that said anything.
    taken: BTreeMap<TenantId, u64>,
    taken_of_all: u64,
    /// Of these some were refused.
    refused: BTreeSet<TenantId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Taken,
    /// `is_first`: of this tenant, in this backlog.
    Refused {
        is_first: bool,
    },
}

impl Admission {
    /// The stream is read to its end.
    pub fn caught_up(&mut self) {
        self.backlog = None;
    }

    /// Whether an input of a backlog may have its effect.
    pub fn judge(&mut self, tenant: &TenantId, is_new_contact: bool, now: Millis) -> Verdict {
        let backlog = self.backlog.get_or_insert_with(|| Backlog::new(now));
        if backlog.takes(tenant, is_new_contact, now) {
            return Verdict::Taken;
        }
        Verdict::Refused { is_first: backlog.refused.insert(tenant.clone()) }
    }
}

impl Backlog {
    fn new(now: Millis) -> Backlog {
        Backlog {
            reading_since: now,
            read_at: now,
            taken: BTreeMap::new(),
            taken_of_all: 0,
            refused: BTreeSet::new(),
        }
    }

    fn takes(&mut self, tenant: &TenantId, is_new_contact: bool, now: Millis) -> bool {
        // While nothing could be decided the backlog grew without anybody's fault.
        if elapsed(now, self.read_at) >= STALL_MIN {
            self.reading_since = now;
        }
        self.read_at = now;
        let is_outrun = elapsed(now, self.reading_since) >= OUTRUN_AFTER;
        let tenants = (self.taken.len() + usize::from(!self.taken.contains_key(tenant))) as u64;
        let taken = self.taken.entry(tenant.clone()).or_default();
        if !is_new_contact {
            return true;
        }
        if is_outrun && *taken * tenants > self.taken_of_all {
            return false;
        }
        *taken += 1;
        self.taken_of_all += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000;

    fn judge(admission: &mut Admission, tenant: &str, is_new_contact: bool, at: u64) -> Verdict {
        admission.judge(&TenantId::new(tenant).expect("valid"), is_new_contact, Millis(at))
    }

    /// Of so many new contacts of each tenant, how many are taken.
    fn taken(admission: &mut Admission, tenants: &[(&str, usize)], at: u64) -> Vec<usize> {
        let mut is_taken = |tenant| judge(admission, tenant, true, at) == Verdict::Taken;
        tenants.iter().map(|(tenant, count)| (0..*count).filter(|_| is_taken(tenant)).count()).collect()
    }

    /// Reads a backlog of ten to one for six seconds.
    fn outrun() -> Admission {
        let mut admission = Admission::default();
        for at in (0..=6 * SECOND).step_by(500) {
            let all = taken(&mut admission, &[("loud", 10), ("quiet", 1)], at);
            assert!(at >= OUTRUN_AFTER.0 || all == [10, 1], "all is taken at first: {all:?} at {at}");
        }
        admission
    }

    #[test]
    fn who_floods_is_refused_new_contacts_and_nothing_else_is() {
        let mut admission = outrun();
        assert_eq!(
            taken(&mut admission, &[("loud", 100), ("quiet", 20), ("new", 5)], 6 * SECOND),
            [0, 20, 5]
        );
        assert_eq!(judge(&mut admission, "loud", false, 6 * SECOND), Verdict::Taken);
    }

    #[test]
    fn equal_tenants_share_and_one_alone_is_not_refused() {
        let mut admission = Admission::default();
        for at in (0..60 * SECOND).step_by(500) {
            assert_eq!(taken(&mut admission, &[("one", 1), ("other", 1)], at), [1, 1], "at {at}");
        }
        let mut admission = Admission::default();
        for at in (0..60 * SECOND).step_by(500) {
            assert_eq!(taken(&mut admission, &[("alone", 10)], at), [10], "at {at}");
        }
    }

    #[test]
    fn it_ends_with_the_backlog_and_a_standstill_is_nobodys_fault() {
        let mut admission = outrun();
        admission.caught_up();
        assert_eq!(taken(&mut admission, &[("loud", 100)], 6 * SECOND), [100]);
        let mut admission = outrun();
        assert_eq!(taken(&mut admission, &[("loud", 100)], 60 * SECOND), [100], "nothing was read for 54 s");
    }

    #[test]
    fn the_first_refusal_of_each_tenant_is_marked() {
        let mut admission = outrun();
        admission.backlog.as_mut().expect("a backlog").refused.clear();
        let told: Vec<Verdict> = (0..2).map(|_| judge(&mut admission, "loud", true, 6 * SECOND)).collect();
        assert_eq!(told, [Verdict::Refused { is_first: true }, Verdict::Refused { is_first: false }]);
    }
}
