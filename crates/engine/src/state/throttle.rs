//! People who are held back from work that is theirs to take: what is noted of their slow starts and rations.
//!
//! Beside the agents' records, which have a bit of it: where the configuration says nothing of either, nothing is noted.

use model::throttle::{Ration, RationWindow, SlowStart, Throttle, ThrottleWhy};
use model::{AgentKind, AgentNo, Presence, TenantConfig, Time};

use super::tenant::Tenant;
use super::timers::Timers;

#[derive(Debug, Default)]
pub struct Throttles(
    /// By agent's number; of those beyond, nothing is noted.
    Vec<Throttle>,
);

/// What a configuration says.
pub type Throttling = (Option<SlowStart>, Option<Ration>);

pub fn throttling(config: &TenantConfig) -> Throttling {
    (config.slow_start, config.ration)
}

impl Tenant {
    pub fn throttle(&self, agent: AgentNo) -> Throttle {
        self.throttles.0.get(agent.index()).copied().unwrap_or_default()
    }

    /// When the agent is to be looked at because it is throttled.
    #[inline]
    pub fn throttled_until(&self, agent: AgentNo) -> Option<Time> {
        if !self.agents[agent].is_throttled {
            return None;
        }
        let throttle = self.throttle(agent);
        [throttle.slow_until, throttle.ration_until].into_iter().flatten().min()
    }

    pub fn set_throttle(&mut self, agent: AgentNo, throttle: Throttle) {
        self.agents[agent].is_throttled = throttle.is_on();
        let noted = &mut self.throttles.0;
        if noted.len() > agent.index() {
            noted[agent.index()] = throttle;
        } else if !throttle.is_empty() {
            noted.resize(self.agents.len().max(agent.index() + 1), Throttle::default());
            noted[agent.index()] = throttle;
        }
    }

    /// Of its presence it is only noted whether it came.
    #[cold]
    pub fn note_presence(&mut self, now: Time, agent: AgentNo, presence: &Presence) {
        let throttle = self.throttle(agent);
        let started_at = match presence {
            Presence::SignedOut => None,
            Presence::Available => throttle.started_at.or(Some(now)),
            Presence::Aux(_) | Presence::Draining { .. } | Presence::Lost { .. } => throttle.started_at,
        };
        self.set_throttle(agent, Throttle { started_at, ..throttle });
    }

    /// The agent is offered a contact, and by nobody's hand.
    #[cold]
    pub fn count_offer(&mut self, now: Time, agent: AgentNo) {
        let Some(ration) = self.settings().config.ration else { return };
        if self.agents[agent].spec.kind == AgentKind::Bot {
            return;
        }
        let throttle = self.throttle(agent);
        let window = match throttle.window {
            Some(window) if now < window.since + ration.over => {
                RationWindow { offers: window.offers.saturating_add(1), ..window }
            }
            Some(_) | None => RationWindow { since: now, offers: 1 },
        };
        self.set_throttle(agent, Throttle { window: Some(window), ..throttle });
    }

    /// Until when the agent is to be held back for this, if it was offered a contact just now.
    pub fn to_throttle(&self, now: Time, agent: AgentNo, why: ThrottleWhy) -> Option<Time> {
        if self.agents[agent].spec.kind == AgentKind::Bot {
            return None;
        }
        let (config, throttle) = (&self.settings().config, self.throttle(agent));
        let until = match why {
            ThrottleWhy::SlowStart => {
                let (slow_start, started_at) = (config.slow_start?, throttle.started_at?);
                let over = started_at + slow_start.over;
                (now < over).then(|| over.min(now + slow_start.every))
            }
            ThrottleWhy::Ration => {
                let (ration, window) = (config.ration?, throttle.window?);
                (window.offers >= ration.offers).then(|| window.since + ration.over)
            }
        };
        until.filter(|until| throttle.until(why) != Some(*until))
    }

    #[cold]
    pub fn change_throttle(
        &mut self,
        agent: AgentNo,
        why: ThrottleWhy,
        until: Option<Time>,
        timers: &mut Timers,
    ) {
        let mut throttle = self.throttle(agent);
        throttle.set_until(why, until);
        self.set_throttle(agent, throttle);
        self.touch(agent);
        self.set_agent_timer(agent, timers);
    }

    /// Another configuration is in force: what it says otherwise is not noted any more.
    pub fn carry_throttles(&mut self, former: Option<Throttling>, timers: &mut Timers) {
        let (slow_start, ration) = throttling(&self.settings().config);
        let Some(former) = former.filter(|former| *former != (slow_start, ration)) else { return };
        for agent in (0..self.throttles.0.len()).map(|agent| AgentNo(agent as u32)) {
            let mut throttle = self.throttle(agent);
            if throttle.is_empty() {
                continue;
            }
            if former.0 != slow_start {
                (throttle.started_at, throttle.slow_until) = (None, None);
            }
            if former.1 != ration {
                (throttle.window, throttle.ration_until) = (None, None);
            }
            let was_throttled = self.agents[agent].is_throttled;
            self.set_throttle(agent, throttle);
            if was_throttled {
                self.touch(agent);
                self.set_agent_timer(agent, timers);
                self.fit.list_agents();
            }
        }
    }
}
