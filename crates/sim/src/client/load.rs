//! What is sent whatever comes back: configuration, roster, shifts, contacts.

use std::sync::Arc;

use model::InputBody;
use protocol::{config, input};
use workload::Rng;
use workload::config_text::config_text;

use super::ClientDue;
use super::desktop::DeskDue;
use crate::scenario::tenant;
use crate::world::{Due, World};

impl World {
    pub fn begin_load(&mut self) {
        let mut rng = Rng::stream(self.scenario.seed, "load", 0);
        self.plan(10, Due::Client(ClientDue::Configure(1)));
        self.plan(60, Due::Client(ClientDue::EnterRoster));
        if let Some(at) = self.scenario.reconfigured_at {
            self.plan(at, Due::Client(ClientDue::Configure(2)));
        }
        for desktop in 0..self.clients.desktops.len() {
            let at = 300 + rng.below(2_000);
            self.desk_later(desktop, at, DeskDue::SignIn);
            self.desk_later(desktop, at + 50, DeskDue::Beat);
            if rng.below(3) == 0 {
                self.desk_later(desktop, 5_000 + rng.below(12_000), DeskDue::Break);
            }
        }
        self.begin_hands();
        for caller in 0..self.clients.callers.len() {
            let at = self.clients.callers[caller].planned().at;
            self.plan(at, Due::Client(ClientDue::Create(caller)));
        }
    }

    pub fn configure(&mut self, version: u64) {
        let config = if version == 1 { self.scenario.config.clone() } else { self.scenario.second_config() };
        let hash = config::hash(&config_text(&config));
        let body = InputBody::ConfigApply { hash, config: Arc::new(config) };
        self.send_admin(&format!("config.{version}"), &body);
    }

    pub fn enter_roster(&mut self) {
        for spec in self.scenario.roster.clone() {
            let id = format!("put.{}", spec.agent);
            self.send_admin(&id, &InputBody::AgentPut(Arc::new(spec)));
        }
    }

    pub fn send_admin(&mut self, id: &str, body: &InputBody) {
        let (subject, bytes) =
            input::encode(&tenant(), body).expect("the administration's inputs can be sent");
        self.send(None, &subject, id.to_owned(), bytes, None);
    }
}
