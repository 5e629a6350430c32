//! People who are held back from contacts: "Throttled agents" of the rules.

use std::sync::Arc;

use model::hand::Hand;
use model::throttle::{RationWindow, Throttle, ThrottleWhy};
use model::{AgentKind, AgentNo, Change, Presence, TenantConfig, Time};

use super::Step;
use super::state::{Agent, Tenant};

impl Step<'_> {
    /// After an offer. Returns how often that is.
    pub fn throttle(&mut self, agent: AgentNo, by: Option<Hand>) -> usize {
        if !self.world().agent(agent).counts(by) {
            return 0;
        }
        let (now, config) = (self.now, Arc::clone(&self.world().config.as_ref().expect("is configured").1));
        let mut throttled = 0;
        if let (Some(slow_start), Some(began)) =
            (&config.slow_start, self.world().agent(agent).throttle.started_at)
            && now < began + slow_start.over
        {
            let until = (now + slow_start.every).min(began + slow_start.over);
            throttled += self.throttle_until(agent, ThrottleWhy::SlowStart, until);
        }
        if let (Some(ration), Some(window)) = (&config.ration, self.world().agent(agent).throttle.window)
            && window.offers >= ration.offers
        {
            throttled += self.throttle_until(agent, ThrottleWhy::Ration, window.since + ration.over);
        }
        throttled
    }

    fn throttle_until(&mut self, agent: AgentNo, why: ThrottleWhy, until: Time) -> usize {
        if self.world().agent(agent).throttle.until(why) == Some(until) {
            return 0;
        }
        self.decide(Change::AgentThrottled { agent, why, until });
        1
    }

    /// At the agent's timer; whether it was for that.
    pub fn unthrottle(&mut self, agent: AgentNo) -> bool {
        let mut was_due = false;
        for why in [ThrottleWhy::SlowStart, ThrottleWhy::Ration] {
            match self.world().agent(agent).throttle.until(why) {
                Some(until) if until <= self.now => {
                    self.decide(Change::AgentUnthrottled { agent, why });
                    was_due = true;
                }
                Some(_) | None => {}
            }
        }
        if was_due && !self.world().agent(agent).is_throttled() {
            self.fill(agent);
        }
        was_due
    }
}

impl Agent {
    pub fn is_throttled(&self) -> bool {
        self.throttle.slow_until.is_some() || self.throttle.ration_until.is_some()
    }

    /// When the first of its throttles ends.
    pub fn unthrottled_at(&self) -> Option<Time> {
        match (self.throttle.slow_until, self.throttle.ration_until) {
            (Some(slow), Some(ration)) => Some(slow.min(ration)),
            (slow, ration) => slow.or(ration),
        }
    }

    /// An offer to it.
    fn counts(&self, by: Option<Hand>) -> bool {
        by.is_none() && self.spec.kind == AgentKind::Person
    }

    pub fn throttle_row(&self) -> Option<Throttle> {
        (self.throttle != Throttle::default()).then_some(self.throttle)
    }
}

impl Tenant {
    pub fn slow_start_by(&mut self, now: Time, agent: AgentNo, presence: &Presence) {
        if self.config().slow_start.is_none() {
            return;
        }
        let throttle = &mut self.agent_mut(agent).throttle;
        match presence {
            Presence::SignedOut => throttle.started_at = None,
            Presence::Available if throttle.started_at.is_none() => throttle.started_at = Some(now),
            Presence::Available | Presence::Aux(_) | Presence::Draining { .. } | Presence::Lost { .. } => {}
        }
    }

    pub fn count_offer(&mut self, now: Time, agent: AgentNo, by: Option<Hand>) {
        let Some(ration) = self.config().ration else { return };
        if !self.agent(agent).counts(by) {
            return;
        }
        let window = &mut self.agent_mut(agent).throttle.window;
        *window = match *window {
            Some(RationWindow { since, offers }) if since + ration.over > now => {
                Some(RationWindow { since, offers: offers + 1 })
            }
            Some(_) | None => Some(RationWindow { since: now, offers: 1 }),
        };
    }

    pub fn carry_throttles(&mut self, former: &TenantConfig) {
        let (slow_start, ration) = (self.config().slow_start, self.config().ration);
        for agent in &mut self.agents {
            if former.slow_start != slow_start {
                agent.throttle.started_at = None;
                agent.throttle.slow_until = None;
            }
            if former.ration != ration {
                agent.throttle.window = None;
                agent.throttle.ration_until = None;
            }
        }
    }
}
