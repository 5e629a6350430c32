//! People who are held back, as journals have it.

use model::Row;
use model::moving::TenantPart;
use model::row::AgentRow;
use model::throttle::{Ration, RationWindow, SlowStart, Throttle, ThrottleWhy};

use super::*;

pub fn changes() -> Vec<(&'static str, Change)> {
    let (agent, until) = (AgentNo(0), Time(1_790_000_030_000));
    let config = TenantConfig {
        slow_start: Some(SlowStart { over: Millis(60_000), every: Millis(10_000) }),
        ration: Some(Ration { offers: 20, over: Millis::HOUR }),
        ..config()
    };
    let throttle = Throttle {
        started_at: Some(Time(1_790_000_000_000)),
        window: Some(RationWindow { since: Time(1_790_000_000_000), offers: 20 }),
        slow_until: Some(until),
        ration_until: Some(until),
    };
    let row = Row::Agent(Box::new(AgentRow { throttle: Some(throttle), ..rows::agent() }));
    let part = Box::new(TenantPart { departure: rows::departure(), part: 1, rows: vec![row] });
    vec![
        (
            "commit_config_applied_throttle",
            Change::ConfigApplied { hash: "c0ffee".into(), config: Arc::new(config) },
        ),
        ("commit_agent_throttled", Change::AgentThrottled { agent, why: ThrottleWhy::SlowStart, until }),
        ("commit_agent_unthrottled", Change::AgentUnthrottled { agent, why: ThrottleWhy::Ration }),
        ("commit_tenant_rows_throttled", Change::TenantRows { hash: "c0ffee".into(), part }),
    ]
}
