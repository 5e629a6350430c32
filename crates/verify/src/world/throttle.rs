//! People who are held back by a slow start or a ration: when they must be, for how long, and that nobody gives them more meanwhile.
//!
//! Counted here by the times of the offers, and not by what the journal says of anybody's being held back.

use std::collections::BTreeMap;

use model::hand::Hand;
use model::throttle::{Ration, SlowStart, ThrottleWhy};
use model::{AgentId, AgentNo, Change, ContactNo, Presence, TenantConfig, Time};

use super::Step;
use super::contact::{Contact, State};
use super::tenant::Tenant;
use crate::report::Invariant;
use model::transition::Place;

/// Of one tenant.
#[derive(Debug, Default)]
pub(crate) struct Throttles {
    slow_start: Option<SlowStart>,
    ration: Option<Ration>,
    of: BTreeMap<AgentNo, Noted>,
    /// What must be said next, of an agent who was just offered a contact.
    owed: Vec<(AgentNo, ThrottleWhy, Time)>,
}

#[derive(Debug, Default)]
struct Noted {
    /// When it became Available for the first time since it was signed in.
    came_at: Option<Time>,
    last_offer_at: Option<Time>,
    /// The offers of its window.
    offered_at: Vec<Time>,
    /// As the journal says, in the order of the reasons.
    until: [Option<Time>; 2],
}

impl Throttles {
    /// What is configured otherwise is as if there had been none.
    pub(super) fn replace(&mut self, config: &TenantConfig) {
        let is_other_start = self.slow_start != config.slow_start;
        let is_other_ration = self.ration != config.ration;
        for noted in self.of.values_mut() {
            if is_other_start {
                (noted.came_at, noted.until[0]) = (None, None);
            }
            if is_other_ration {
                noted.offered_at.clear();
                noted.until[1] = None;
            }
        }
        (self.slow_start, self.ration) = (config.slow_start, config.ration);
    }

    fn is_idle(&self) -> bool {
        self.slow_start.is_none() && self.ration.is_none()
    }

    /// As the journal says.
    pub(super) fn holds_back(&self, agent: AgentNo) -> bool {
        self.of.get(&agent).is_some_and(|noted| noted.until.iter().any(Option::is_some))
    }

    pub(super) fn note_presence(&mut self, agent: AgentNo, presence: &Presence, now: Time) {
        if self.slow_start.is_none() {
            return;
        }
        let noted = self.of.entry(agent).or_default();
        match presence {
            Presence::SignedOut => noted.came_at = None,
            Presence::Available => noted.came_at = noted.came_at.or(Some(now)),
            Presence::Aux(_) | Presence::Draining { .. } | Presence::Lost { .. } => {}
        }
    }

    /// Until when the offers that the agent had hold it back, for either reason.
    fn due(&self, agent: AgentNo) -> [Option<Time>; 2] {
        let Some(noted) = self.of.get(&agent) else { return [None, None] };
        let slow = || {
            let (slow_start, came_at, last) = (self.slow_start?, noted.came_at?, noted.last_offer_at?);
            let over = came_at + slow_start.over;
            (came_at <= last && last < over).then(|| over.min(last + slow_start.every))
        };
        let rationed = || {
            let (ration, first) = (self.ration?, noted.offered_at.first()?);
            (noted.offered_at.len() as u64 >= u64::from(ration.offers)).then(|| *first + ration.over)
        };
        [slow(), rationed()]
    }

    fn count(&mut self, agent: AgentNo, now: Time) {
        let ration = self.ration;
        let noted = self.of.entry(agent).or_default();
        noted.last_offer_at = Some(now);
        if let Some(ration) = ration {
            if noted.offered_at.first().is_some_and(|first| now >= *first + ration.over) {
                noted.offered_at.clear();
            }
            noted.offered_at.push(now);
        }
    }

    /// Of those that should have ended, the agents and when.
    pub(super) fn ends(&self) -> impl Iterator<Item = (AgentNo, Time)> {
        let all = self.of.iter().flat_map(|(agent, noted)| noted.until.map(|until| (*agent, until)));
        all.filter_map(|(agent, until)| Some((agent, until?)))
    }
}

impl Tenant {
    /// What is owed comes before all else, and nothing comes that is not.
    pub(super) fn check_throttles(&mut self, change: &Change, step: &mut Step<'_>) {
        if let Change::AgentThrottled { agent, why, until } = change {
            let owed = self.throttles.owed.extract_if(.., |owed| (owed.0, owed.1) == (*agent, *why)).next();
            let name = self.name_of(*agent);
            let by = why.name();
            match owed {
                Some((.., expected)) if expected == *until => {}
                Some((.., expected)) => {
                    let what = format!(
                        "agent {name} is held back by its {by} until {}, it is until {}",
                        until.0, expected.0
                    );
                    step.broken(Invariant::Leases, what);
                }
                None => {
                    let what = format!("agent {name} is held back by its {by}, and has none that does");
                    step.broken(Invariant::Lifecycle, what);
                }
            }
            return;
        }
        for (agent, why, _) in std::mem::take(&mut self.throttles.owed) {
            let what = format!(
                "agent {} was offered as much as its {} lets, and is not held back",
                self.name_of(agent),
                why.name()
            );
            step.broken(Invariant::Lifecycle, what);
        }
    }

    pub(super) fn throttle(&mut self, agent: AgentNo, why: ThrottleWhy, until: Time) {
        self.throttles.of.entry(agent).or_default().until[why as usize] = Some(until);
    }

    pub(super) fn unthrottle(&mut self, agent: AgentNo, why: ThrottleWhy, step: &mut Step<'_>) {
        let until = self.throttles.of.entry(agent).or_default().until[why as usize].take();
        let (name, by) = (self.name_of(agent), why.name());
        match until {
            Some(until) if step.now < until => {
                let early = until.since(step.now).0;
                let what = format!("agent {name} is held back by its {by} for {early} ms too short");
                step.broken(Invariant::Leases, what);
            }
            Some(until) => step.check_overrun(until, || format!("what held agent {name} back")),
            None => {
                let what = format!("agent {name} is let go by its {by}, and was not held back");
                step.broken(Invariant::Lifecycle, what);
            }
        }
        if let Some(agent) = self.agents.get_mut(agent.index()) {
            agent.changed_at = step.now;
        }
    }

    /// Before the contact is in the agent's hands. What is the agent's own comes all the same, and counts.
    pub(super) fn check_held_back(
        &mut self,
        number: ContactNo,
        agent: AgentNo,
        by: Option<Hand>,
        step: &mut Step<'_>,
    ) {
        let is_bot = self.agents.get(agent.index()).is_none_or(|agent| agent.is_bot);
        if by.is_some() || self.throttles.is_idle() && !self.throttles.holds_back(agent) {
            return;
        }
        let is_own = self.contact(number).is_some_and(|contact| contact.prefers == Some(agent));
        let due = self.throttles.due(agent).into_iter().flatten().find(|until| *until > step.now);
        let is_held_back = self.throttles.holds_back(agent) || due.is_some() && !is_bot;
        if is_held_back && !is_own {
            let contact = self.contact(number).map_or("", |contact| contact.id.as_str());
            let what =
                format!("contact {contact} is offered to agent {}, who is held back", self.name_of(agent));
            step.broken(Invariant::Eligibility, what);
        }
        if is_bot {
            return;
        }
        self.throttles.count(agent, step.now);
        let due = self.throttles.due(agent);
        let said = self.throttles.of.get(&agent).map_or([None, None], |noted| noted.until);
        for (why, (due, said)) in ThrottleWhy::ALL.into_iter().zip(due.into_iter().zip(said)) {
            if let Some(until) = due.filter(|due| *due > step.now && said != Some(*due)) {
                self.throttles.owed.push((agent, why, until));
            }
        }
    }

    /// Whether what waits for anybody may be the agent's.
    pub(super) fn may_look(&self, agent: AgentNo, contact: &Contact) -> bool {
        let is_its_own =
            matches!(contact.state, State::Waiting(Place::Preferred { agent: own, .. }) if own == agent);
        is_its_own || !self.throttles.holds_back(agent)
    }

    pub(super) fn throttled_agents(&self) -> impl Iterator<Item = (&AgentId, Time)> {
        self.throttles.ends().filter_map(|(agent, until)| Some((&self.agents.get(agent.index())?.id, until)))
    }

    fn name_of(&self, agent: AgentNo) -> String {
        self.agents.get(agent.index()).map_or_else(|| agent.to_string(), |agent| agent.id.to_string())
    }
}
