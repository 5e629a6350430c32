//! What becomes of work in agents' hands, as journals have it: interrupted, kept over a sign-out, and nobody said that it is worked on.

use model::Row;
use model::moving::TenantPart;
use model::row::{ContactRow, ContactState, Handling};

use super::*;

pub fn changes() -> Vec<(&'static str, Change)> {
    let (contact, until) = (ContactNo::new(9, 2), Time(1_790_000_030_000));
    let config = Change::ConfigApplied { hash: "c0ffee".into(), config: Arc::new(config_with_bound()) };
    let parked = ContactState::Parked { agent: AgentNo(0), offer: OfferNo(7), until: Some(until) };
    let part = |row| {
        let rows = vec![Row::Contact(Box::new(row))];
        Box::new(TenantPart { departure: rows::departure(), part: 1, rows })
    };
    let stays = part(ContactRow { state: parked, ..rows::contact() });
    let active = ContactState::Active { agent: AgentNo(0), offer: OfferNo(7) };
    let handling = Some(Handling { until, stuck: true });
    let stuck = part(ContactRow { state: active, handling, ..rows::contact() });
    vec![
        ("commit_config_applied_bound", config),
        ("commit_contact_parked", Change::ContactParked { contact, until }),
        ("commit_tenant_rows_parked", Change::TenantRows { hash: "c0ffee".into(), part: stays }),
        ("commit_contact_interrupted", Change::ContactInterrupted { contact }),
        ("commit_contact_resumed", Change::ContactResumed { contact }),
        (
            "commit_config_applied_handling",
            Change::ConfigApplied { hash: "c0ffee".into(), config: Arc::new(config_with_handling()) },
        ),
        ("commit_contact_stuck", Change::ContactStuck { contact }),
        ("commit_contact_worked_on", Change::ContactWorkedOn { contact }),
        ("commit_tenant_rows_stuck", Change::TenantRows { hash: "c0ffee".into(), part: stuck }),
    ]
}

fn config_with_handling() -> TenantConfig {
    let mut config = config();
    config.queues[0].handling_max = Some(Millis::HOUR);
    config
}

fn config_with_bound() -> TenantConfig {
    let mut config = config();
    config.channels.push(ChannelConfig {
        name: ChannelId::new("email").expect("valid"),
        kind: ChannelKind::Indirect,
        max: None,
        bound_for: Some(Millis(168 * Millis::HOUR.0)),
        ..config.channels[0].clone()
    });
    config
}
