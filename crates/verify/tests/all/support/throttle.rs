//! The words of people who are held back.

use std::sync::Arc;

use model::throttle::{Ration, SlowStart, ThrottleWhy};
use model::{Change, Millis, TenantConfig, Time};

use super::script::{agent_number, transition};

/// `config <version>`, of a tenant that offers one contact every 4 s for 20 s, and three a minute; or until when whom.
pub fn change(words: &[&str], now: Time) -> Change {
    let why = |name: &str| ThrottleWhy::ALL.into_iter().find(|why| why.name() == name).unwrap();
    match words {
        ["config", version] => {
            let applied = transition(&format!("config {version}"), now).change;
            let Change::ConfigApplied { hash, config } = applied else { unreachable!() };
            let slow_start = Some(SlowStart { over: Millis(20_000), every: Millis(4_000) });
            let ration = Some(Ration { offers: 3, over: Millis(60_000) });
            let config = TenantConfig { slow_start, ration, ..config.as_ref().clone() };
            Change::ConfigApplied { hash, config: Arc::new(config) }
        }
        [agent, reason, "over"] => Change::AgentUnthrottled { agent: agent_number(agent), why: why(reason) },
        [agent, reason, until] => {
            let until = Time(until.parse().unwrap());
            Change::AgentThrottled { agent: agent_number(agent), why: why(reason), until }
        }
        _ => panic!("{words:?} is no transition"),
    }
}
