//! Samples of skills that are preferred.

use std::sync::Arc;

use model::config::SkillDemand;
use model::moving::TenantPart;
use model::row::ProfileRow;
use model::skill::{Level, Requirement, SkillLevel};
use model::{Change, Row, SkillId, SkillNo};

use super::configs::config;
use super::rows::{part, profile};

pub fn changes() -> Vec<(&'static str, Change)> {
    let mut preference = Requirement::default();
    assert!(preference.add(SkillLevel { skill: SkillNo(3), level: Level::MAX }));
    let preference = Some(Arc::new(preference));
    let mut preferring = config();
    let skill = SkillId::new("dutch").expect("valid");
    preferring.queues[0].prefer = vec![SkillDemand { skill, level: Level::MAX }];
    let row = ProfileRow { preference, ..profile() };
    let part = TenantPart { rows: vec![Row::Profile(Box::new(row))], ..part() };
    vec![
        (
            "commit_config_applied_preference",
            Change::ConfigApplied { hash: "c0ffee".into(), config: Arc::new(preferring) },
        ),
        ("commit_tenant_rows_preference", Change::TenantRows { hash: "c0ffee".into(), part: Box::new(part) }),
    ]
}
