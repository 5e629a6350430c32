//! A look at the overflow rules: each is judged by what is measured of its queue, and acts while it is on. Then it is said which
//! deadlines are at risk, and those who wait are told what changed for them.

use model::config::QueueState;
use model::overflow::{Limit, OverflowState, Threshold};
use model::{Change, ContactNo, ProfileNo, QueueNo, RuleName, TenantNo};

use super::Turn;
use super::contact::{NO_SKILLS, Refused, total_points};
use super::tick::CHANGES_PER_TICK;
use crate::state::overflow::Overflow;
use crate::state::profiles::ProfileKey;
use crate::state::settings::{OverflowDoes, OverflowSettings};

/// Contacts that all rules of a tenant act on in one look: as many as a tick fires timers.
const ACTED_ON_PER_LOOK: u32 = 256;

/// How much one look may still do.
struct Budget {
    contacts: u32,
    /// Changes in all decisions of this call when no further contact is acted on.
    changes: usize,
}

/// What a rule makes of a contact.
struct Remade {
    profile: Option<ProfileNo>,
    points: i32,
    step: u8,
}

impl Turn<'_> {
    /// `before`: how many changes were decided when the tick began.
    pub fn look(&mut self, tenant: TenantNo, before: usize) {
        let is_offering = self.is_offering(tenant);
        let engine = &mut *self.engine;
        let state = &mut engine.tenants[tenant.index() - 1];
        if let Some(overflow) = &mut state.overflow {
            overflow.cancel(&mut engine.timers);
        }
        if is_offering {
            let mut budget = Budget { contacts: ACTED_ON_PER_LOOK, changes: before + CHANGES_PER_TICK };
            for rule in 0..self.tenant(tenant).settings().overflow.len() {
                // Rules measure who is free, and the one before may have made offers.
                self.engine.tenant_mut(tenant).refresh_supply();
                self.turn_rule(tenant, rule);
                self.act_by_rule(tenant, rule, &mut budget);
            }
            self.judge_deadlines(tenant, budget.changes);
            self.tell_anew(tenant, budget.changes);
        }
        self.expect_look(tenant);
    }

    fn overflow(&self, tenant: TenantNo) -> &Overflow {
        self.tenant(tenant).overflow.as_ref().expect("a tenant with rules has what they know")
    }

    fn overflow_rule(&self, tenant: TenantNo, rule: usize) -> (&OverflowSettings, &RuleName) {
        let settings = self.tenant(tenant).settings();
        (&settings.overflow[rule], &settings.config.overflow[rule].name)
    }

    /// Turns the rule on or off, or notes since when it is about to.
    fn turn_rule(&mut self, tenant: TenantNo, rule: usize) {
        let state = self.tenant(tenant);
        let config = &state.settings().config.overflow[rule];
        let queue = state.settings().overflow[rule].queue;
        let present = self.overflow(tenant).states[rule];
        let is_empty = state.waiting_in(queue) == 0;
        let threshold = if present.is_on() { &config.until } else { &config.when };
        let measured = self.measure(tenant, queue, threshold);
        let holds = if is_empty { present.is_on() } else { all_hold(&threshold.limits, &measured) };
        let since = match present {
            OverflowState::Rising { since } | OverflowState::Falling { since } => since,
            OverflowState::Off | OverflowState::On => self.now,
        };
        let is_lasting = since + threshold.lasting <= self.now;
        let next = match (present.is_on(), holds, is_lasting) {
            (false, false, _) | (true, true, true) => OverflowState::Off,
            (false, true, false) => OverflowState::Rising { since },
            (true, true, false) => OverflowState::Falling { since },
            (false, true, true) | (true, false, _) => OverflowState::On,
        };
        if next != present {
            let rule = config.name.clone();
            self.emit(tenant, Change::OverflowTurned { rule, state: next, measured });
        }
    }

    fn measure(&self, tenant: TenantNo, queue: QueueNo, threshold: &Threshold) -> Vec<Option<u64>> {
        let state = self.tenant(tenant);
        threshold.limits.iter().map(|limit| state.measure(self.now, queue, limit)).collect()
    }

    fn act_by_rule(&mut self, tenant: TenantNo, rule: usize, budget: &mut Budget) {
        if !self.overflow(tenant).states[rule].is_on() || !self.floor_holds(tenant, rule) {
            return;
        }
        let (settings, _) = self.overflow_rule(tenant, rule);
        let (queue, cap) = (settings.queue, settings.cap);
        for _ in 0..cap {
            if budget.contacts == 0 || self.decisions.transitions.len() >= budget.changes {
                return;
            }
            let Some(contact) = self.engine.tenant_mut(tenant).first_for(queue, rule) else { return };
            if !self.target_takes(tenant, rule) {
                return;
            }
            budget.contacts -= 1;
            self.act_on(tenant, rule, contact);
        }
    }

    /// Whether every limit that protects others holds.
    fn floor_holds(&self, tenant: TenantNo, rule: usize) -> bool {
        let state = self.tenant(tenant);
        let floor = &self.overflow_rule(tenant, rule).0.floor;
        floor.iter().all(|(queue, limit)| limit.holds(state.measure(self.now, *queue, limit)))
    }

    /// Whether a contact that is moved there now, or agrees to go there, may come in.
    fn target_takes(&self, tenant: TenantNo, rule: usize) -> bool {
        let state = self.tenant(tenant);
        let target = match &self.overflow_rule(tenant, rule).0.does {
            OverflowDoes::Move(queue) | OverflowDoes::Propose { queue, .. } => *queue,
            OverflowDoes::Relax(_) | OverflowDoes::Lend { .. } | OverflowDoes::Raise(_) => return true,
        };
        let Some(settings) = state.settings().queue(target) else { return false };
        let is_on_hours =
            settings.hours.is_none_or(|hours| state.settings().calendar(hours).is_open(self.now));
        let has_room = settings.room.is_none_or(|room| state.waiting_in(target) < room);
        state.queue_state(target) == QueueState::Open && is_on_hours && has_room
    }

    fn act_on(&mut self, tenant: TenantNo, rule: usize, contact: ContactNo) {
        let (settings, name) = self.overflow_rule(tenant, rule);
        if let OverflowDoes::Propose { channels, queue, timeout } = &settings.does {
            let (name, channels, queue, timeout) = (name.clone(), channels.clone(), *queue, *timeout);
            return self.propose(tenant, contact, name, (&channels, queue, timeout));
        }
        let Remade { profile, points, step } = self.remade(tenant, rule, contact);
        let state = self.tenant(tenant);
        let present = state.contacts.of(contact).profile;
        let profile = profile.unwrap_or(present);
        let queue = |profile| state.profiles.brief(profile).queue;
        let is_moved = queue(profile) != queue(present);
        let rule = self.overflow_rule(tenant, rule).1.clone();
        self.emit(tenant, Change::ContactOverflowed { contact, rule, profile, points, step });
        if is_moved {
            return self.enter(tenant, contact);
        }
        if let Some(agent) = self.find_agent(tenant, contact) {
            self.offer(tenant, contact, agent);
        }
    }

    /// What the contact becomes by the rule; without a number for its profile it stays as it is.
    fn remade(&mut self, tenant: TenantNo, rule: usize, contact: ContactNo) -> Remade {
        let state = self.tenant(tenant);
        let record = state.contacts.of(contact);
        let (points, step) = (record.points, record.step);
        let as_it_is = Remade { profile: None, points, step };
        match &self.overflow_rule(tenant, rule).0.does {
            OverflowDoes::Propose { .. } => as_it_is,
            OverflowDoes::Raise(more) => {
                Remade { points: total_points(points, i64::from(*more)), ..as_it_is }
            }
            OverflowDoes::Relax(to) => {
                let Some(relaxation) = state.queue_of(record.profile).relax.get(usize::from(*to) - 1) else {
                    return as_it_is;
                };
                let step = *to;
                let key = self.remade_key(tenant, contact, &relaxation.demands, relaxation.keep_own);
                Remade { profile: self.profile_for(tenant, key), step, ..as_it_is }
            }
            OverflowDoes::Lend { demands, keep_own } => {
                let key = self.remade_key(tenant, contact, demands, *keep_own);
                Remade { profile: self.profile_for(tenant, key), ..as_it_is }
            }
            OverflowDoes::Move(queue) => {
                let Some(settings) = state.settings().queue(*queue) else { return as_it_is };
                let points = total_points(settings.points, record.body().own_points());
                let own = record.body().own_skills();
                let lasting = state.lasting(record);
                let key = self.profile_key(tenant, *queue, lasting, &settings.demands, own, false);
                match self.profile_for(tenant, key) {
                    Some(profile) => Remade { profile: Some(profile), points, step: 0 },
                    None => as_it_is,
                }
            }
        }
    }

    /// In the contact's own queue, pressed as before.
    fn remade_key(
        &self,
        tenant: TenantNo,
        contact: ContactNo,
        demands: &[model::SkillLevel],
        keep_own: bool,
    ) -> Result<ProfileKey, Refused> {
        let state = self.tenant(tenant);
        let record = state.contacts.of(contact);
        let present = state.profiles.key(record.profile);
        let own = if keep_own { record.body().own_skills() } else { NO_SKILLS };
        let key = self.profile_key(tenant, present.queue, state.lasting(record), demands, own, false)?;
        Ok(ProfileKey { pressure: present.pressure, ..key })
    }

    fn profile_for(&mut self, tenant: TenantNo, key: Result<ProfileKey, Refused>) -> Option<ProfileNo> {
        key.and_then(|key| self.open_profile(tenant, key)).ok()
    }
}

fn all_hold(limits: &[Limit], measured: &[Option<u64>]) -> bool {
    limits.iter().zip(measured).all(|(limit, measured)| limit.holds(*measured))
}
