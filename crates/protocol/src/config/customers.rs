//! What a tenant wants to know of its customers.

use model::Millis;
use model::config::{CustomerMode, CustomersConfig, REMEMBER_MAX};

use super::reader::{Reader, Section};

const KEYS: &[&str] = &["mode", "remember", "remember_max", "last_agent_within", "together_patience"];

pub(super) fn read(reader: &mut Reader<'_>, tenant: &Section<'_>) -> CustomersConfig {
    let mut customers = CustomersConfig::default();
    let item = tenant.get("customers");
    let Some(section) = item.and_then(|item| reader.section(item, "customers".to_owned())) else {
        return customers;
    };
    reader.check_keys(&section, KEYS);
    let mode = section.get("mode");
    let mode = mode.and_then(|item| reader.choice(item, "mode", &CustomerMode::ALL, CustomerMode::name));
    customers.mode = mode.unwrap_or_default();
    let count = section.get("remember_max").and_then(|item| reader.whole(item, 0..=i64::from(REMEMBER_MAX)));
    if let Some(count) = count.and_then(|count| u32::try_from(count).ok()) {
        customers.remember_max = count;
    }
    let spans = [
        ("remember", &mut customers.remember),
        ("last_agent_within", &mut customers.last_agent_within),
        ("together_patience", &mut customers.together_patience),
    ];
    for (key, span) in spans {
        if let Some(read) = section.get(key).and_then(|item| reader.duration(item, Millis::ZERO)) {
            *span = read;
        }
    }
    if let Some(item) = section.get("last_agent_within")
        && customers.last_agent_within > customers.remember
    {
        let reason = "last agents are forgotten sooner, as `remember` says; make that longer or this shorter";
        reader.note(item.span().start, reason);
    }
    if customers.last_agent_within > customers.remember {
        customers.last_agent_within = customers.remember;
    }
    customers
}
