//! The channels that a tenant may name without describing them.

use model::config::ChannelKind;

/// A channel before the tenant's own changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    pub name: &'static str,
    pub kind: ChannelKind,
    /// Of an agent's 100 units.
    pub cost: u16,
    pub max: Option<u8>,
    /// Goes to the agent who has the customer's other contact.
    pub companion: bool,
}

/// Speech, pictures and people at a counter take a whole agent; text leaves room for several at once; indirect
/// work is limited by units alone, so that all of it shares few lanes on the decision path.
pub const PRESETS: &[Preset] = &[
    live("voice", 100, Some(1)),
    live("web_call", 100, Some(1)),
    live("video", 100, Some(1)),
    live("chat", 30, Some(3)),
    // Beside the contact that the customer already has with the same agent, so it takes nothing more of that agent.
    Preset { companion: true, ..live("cobrowse", 0, Some(1)) },
    live("messaging", 25, Some(4)),
    live("sms", 25, Some(4)),
    indirect("social", 50),
    indirect("email", 50),
    indirect("web_form", 50),
    indirect("post", 100),
    indirect("fax", 100),
    live("callback", 100, Some(1)),
    live("desk", 100, Some(1)),
    live("appointment", 100, Some(1)),
];

pub fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

const fn live(name: &'static str, cost: u16, max: Option<u8>) -> Preset {
    Preset { name, kind: ChannelKind::Live, cost, max, companion: false }
}

const fn indirect(name: &'static str, cost: u16) -> Preset {
    Preset { name, kind: ChannelKind::Indirect, cost, max: None, companion: false }
}
