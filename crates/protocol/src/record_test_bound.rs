//! Work that stays with an agent who was signed out, as journals have it.

use model::Row;
use model::moving::TenantPart;
use model::row::{ContactRow, ContactState};

use super::*;

pub fn changes() -> Vec<(&'static str, Change)> {
    let (contact, until) = (ContactNo::new(9, 2), Time(1_790_000_030_000));
    let config = Change::ConfigApplied { hash: "c0ffee".into(), config: Arc::new(config_with_bound()) };
    let parked = ContactState::Parked { agent: AgentNo(0), offer: OfferNo(7), until: Some(until) };
    let row = Row::Contact(Box::new(ContactRow { state: parked, ..rows::contact() }));
    let part = TenantPart { departure: rows::departure(), part: 1, rows: vec![row] };
    vec![
        ("commit_config_applied_bound", config),
        ("commit_contact_parked", Change::ContactParked { contact, until }),
        ("commit_tenant_rows_parked", Change::TenantRows { hash: "c0ffee".into(), part: Box::new(part) }),
    ]
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
