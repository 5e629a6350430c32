//! Customers who fall silent in a chat and write again.

use std::sync::Arc;

use model::config::QuietConfig;
use model::{ChannelId, InputBody, Millis, TenantConfig};
use protocol::input;

use super::ClientDue;
use crate::scenario::{Planned, known, tenant};
use crate::world::{Due, World};
use workload::Rng;

/// Who is silent in a chat waits as an e-mail.
pub fn with_quiet(mut config: TenantConfig, rng: &mut Rng) -> TenantConfig {
    for channel in config.channels.iter_mut().filter(|channel| channel.name.as_str() == "chat") {
        let quiet =
            QuietConfig { to: known("email", ChannelId::new), ends: Millis::from_seconds(1 + rng.below(6)) };
        channel.quiet = (rng.below(4) > 0).then_some(quiet);
    }
    config
}

/// So much after it came: the customer falls silent, or writes. Some say the same twice, and some say it on the phone.
pub fn silent_at_times(mut planned: Planned, rng: &mut Rng) -> Planned {
    let often = if planned.body.channel.as_str() == "chat" { 2 + rng.below(4) } else { rng.below(20) / 19 };
    let mut at = 0;
    let said = (0..often).map(|number| {
        at += 200 + rng.below(4_000);
        (at, (number % 2 == 0) != (rng.below(6) == 0))
    });
    planned.silences = Arc::new(said.collect());
    planned
}

impl World {
    pub fn plan_silences(&mut self, caller: usize) {
        let silences = Arc::clone(&self.clients.callers[caller].planned().silences);
        for (number, (after, _)) in silences.iter().enumerate() {
            self.plan(*after, Due::Client(ClientDue::Silence { caller, number }));
        }
    }

    /// The messaging platform knows, wherever the contact is by then.
    pub fn silence(&mut self, caller: usize, number: usize) {
        let it = &self.clients.callers[caller];
        let (contact, is_quiet) = (it.id().clone(), it.planned().silences[number].1);
        let id = format!("silence.{contact}.{number}");
        let (subject, bytes) = input::encode(&tenant(), &InputBody::ContactQuiet { contact, is_quiet })
            .expect("a silence can be sent");
        self.send(None, &subject, id, bytes, None);
    }
}
