//! Queues that take turns, as journals have them.

use model::Row;
use model::moving::TenantPart;
use model::ratio::{Ratio, Share};
use model::row::TenantRow;

use super::configs::config_with_waiting;
use super::*;

pub fn changes() -> Vec<(&'static str, Change)> {
    let config = Change::ConfigApplied { hash: "c0ffee".into(), config: Arc::new(config_with_ratios()) };
    let row = TenantRow {
        config: Some(("c0ffee".into(), Arc::new(config_with_ratios()))),
        turns: vec![(QueueNo(0), 41), (QueueNo(1), u64::MAX)],
        ..rows::tenant()
    };
    let rows = vec![Row::Tenant(Box::new(row))];
    let part = Box::new(TenantPart { departure: rows::departure(), part: 0, rows });
    vec![
        ("commit_config_applied_ratios", config),
        ("commit_tenant_rows_turns", Change::TenantRows { hash: "c0ffee".into(), part }),
    ]
}

fn config_with_ratios() -> TenantConfig {
    let mut config = config_with_waiting();
    let share = |(queue, share)| Share { queue: QueueId::new(queue).expect("valid"), share };
    config.ratios = vec![Ratio { shares: [("backup", 1), ("sales", 1_000)].map(share).to_vec() }];
    config
}
