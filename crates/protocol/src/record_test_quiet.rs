//! Customers who fall silent and write again, and work that stays with an agent who was signed out, as journals have them.

use model::config::QuietConfig;
use model::moving::TenantPart;
use model::row::{ContactRow, ContactState, Silence};
use model::{ChannelNo, Row};

use super::*;

#[path = "record_test_bound.rs"]
mod bound;
#[path = "record_test_consult.rs"]
pub mod consult;
#[path = "record_test_throttle.rs"]
mod throttle;

pub fn changes() -> Vec<(&'static str, Change)> {
    let (contact, profile, until) = (ContactNo::new(9, 2), ProfileNo(4), Time(1_790_000_030_000));
    let config = Change::ConfigApplied { hash: "c0ffee".into(), config: Arc::new(config_with_quiet()) };
    let part = TenantPart { departure: rows::departure(), part: 1, rows: contact_rows() };
    let of_silence = [
        ("commit_config_applied_quiet", config),
        ("commit_contact_quieted", Change::ContactQuieted { contact, until }),
        ("commit_contact_slowed", Change::ContactSlowed { contact, profile, points: 5, due_at: until }),
        ("commit_contact_replied", Change::ContactReplied { contact, profile, points: 5 }),
        ("commit_contact_noted", Change::ContactNoted { contact, is_quiet: true }),
        ("commit_tenant_rows_quiet", Change::TenantRows { hash: "c0ffee".into(), part: Box::new(part) }),
    ];
    of_silence.into_iter().chain(bound::changes()).chain(throttle::changes()).collect()
}

/// A live channel, and an indirect one for those who are silent.
fn config_with_quiet() -> TenantConfig {
    let mut config = config();
    let later = ChannelId::new("later").expect("valid");
    config.channels.push(ChannelConfig {
        name: later.clone(),
        kind: ChannelKind::Indirect,
        max: None,
        ..config.channels[0].clone()
    });
    config.channels[0].quiet = Some(QuietConfig { to: later, ends: Millis(24 * Millis::HOUR.0) });
    config
}

fn contact_rows() -> Vec<Row> {
    let (agent, offer, until) = (AgentNo(0), OfferNo(7), Time(1_790_000_030_000));
    let quiet = ContactState::Quiet { agent, offer, until };
    let slowed_from = Some(ChannelNo(0));
    [
        (quiet, Silence { slowed_from, noted: false }),
        (rows::contact().state, Silence { slowed_from, noted: true }),
        (rows::contact().state, Silence { slowed_from: None, noted: true }),
    ]
    .map(|(state, silence)| {
        Row::Contact(Box::new(ContactRow { state, silence: Some(silence), ..rows::contact() }))
    })
    .to_vec()
}
