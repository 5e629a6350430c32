//! Customers and agents as nobody wants them: hostile, gone, double, all at once.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::World;
use crate::centre::desk::Order;
use crate::centre::site::{AGENTS, KINDS};
use crate::centre::{Phase, hostile, wall};

/// Longer than the silence after which an agent is lost, with and without coming back within its window.
const VANISHED: [Duration; 2] = [Duration::from_secs(18), Duration::from_secs(30)];
/// More than a fifth of the agents are taken for our own blindness, fewer are lost.
const VANISHING_PERMILLE: [u16; 2] = [100, 400];
const RIVALS: u64 = 3;
const BURST: u64 = 150;

impl World {
    pub(super) async fn flood(&mut self) -> Result<String> {
        let shard = self.shard();
        let tenant = &self.load.tenants[shard];
        let mut sends = JoinSet::new();
        let (bodies, subjects) = (hostile::bodies(), hostile::subjects(&tenant.name));
        let contact = format!("wissel.in.{}.contact", tenant.name);
        let wrong = subjects.into_iter().map(|subject| (subject, bodies[0].clone()));
        let all = bodies.iter().map(|body| (contact.clone(), body.clone())).chain(wrong);
        let mut count = 0;
        for (number, (subject, body)) in all.cycle().take(200).enumerate() {
            let (client, id) = (tenant.steward.clone(), format!("flood.{}.{number}", wall().0));
            sends.spawn(async move { client.send(&subject, body, &id, None).await });
            count += 1;
        }
        while sends.join_next().await.is_some() {}
        Ok(format!("{count} inputs to {}", tenant.name))
    }

    /// Goes on while other faults are fired.
    pub(super) fn vanish_agents(&mut self) -> Result<String> {
        let permille = VANISHING_PERMILLE[self.rng.below(2) as usize];
        let lasts = VANISHED[self.rng.below(2) as usize];
        self.load.orders.send_replace(Order::Vanish { permille, lasts });
        Ok(format!("{permille} in a thousand for {lasts:?}"))
    }

    pub(super) async fn open_rivals(&mut self) -> Result<String> {
        let shard = self.shard();
        let (over, is_over) = watch::channel(Phase::Load);
        for _ in 0..RIVALS {
            let (number, session) = (self.rng.below(AGENTS), 1_000_000 + wall().0 % 1_000_000_000);
            self.load.rival(shard, number, session, is_over.clone()).await?;
        }
        self.pause(4_000, 8_000).await;
        over.send_replace(Phase::Over);
        Ok(format!("{RIVALS} agents of {}", self.load.tenants[shard].name))
    }

    pub(super) async fn sign_all_in(&mut self) -> Result<String> {
        self.load.orders.send_replace(Order::SignIn);
        let shard = self.shard();
        let tenant = &self.load.tenants[shard];
        let subject = format!("wissel.in.{}.contact", tenant.name);
        let mut sends = JoinSet::new();
        for number in 0..BURST {
            let (queue, channel) = KINDS[(number % KINDS.len() as u64) as usize];
            let contact = format!("burst-{}-{number}", wall().0);
            let body =
                json!({ "type": "contact_create", "contact": contact, "queue": queue, "channel": channel });
            let (client, subject) = (tenant.steward.clone(), subject.clone());
            sends.spawn(async move {
                client.send(&subject, body.to_string().into(), &contact, Some(&contact)).await
            });
        }
        while sends.join_next().await.is_some() {}
        sleep(Duration::from_secs(2)).await;
        Ok(format!("all agents, and {BURST} contacts of {}", tenant.name))
    }
}
