//! An agent at a desktop: signs in, answers most offers, finishes contacts in every way there is, takes breaks.
//!
//! It knows only what it was told. What it has asked for and hears nothing of, it asks for again after a while, since
//! an input may be refused as the one that seemed to have crashed a node.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, interval, sleep_until};
use workload::Rng;

use super::client::{Client, contact};
use super::site::{AGENTS, KINDS, TENANT, agent_name};
use super::{Phase, between};

/// As in the desktop protocol.
const BEAT_EVERY: Duration = Duration::from_secs(5);
/// Longer than a node needs to come back, so that it is seldom asked twice for one thing.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(4);
const NEVER: Duration = Duration::from_secs(3600);

pub struct Desk {
    client: Client,
    agent: String,
    rng: Rng,
    session: u64,
    counter: u64,
    held: BTreeMap<String, Held>,
    duty: (Duty, Instant),
    is_finishing: bool,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    step: Step,
    due: Instant,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Offered { offer: u64, is_wanted: bool },
    Active,
    WrapUp,
}

/// What the agent does next about itself.
#[derive(Debug, Clone, Copy)]
enum Duty {
    SignIn,
    Return,
    Pause,
}

impl Desk {
    pub async fn open(url: &str, number: u64, seed: u64) -> Result<(Desk, async_nats::Subscriber)> {
        let agent = agent_name(number);
        let client = Client::connect(url, &format!("desk-{agent}")).await?;
        let messages = client.subscribe(&format!("wissel.out.{TENANT}.agent.{agent}")).await?;
        let mut rng = Rng::stream(seed, "desk", number);
        let duty = (Duty::SignIn, Instant::now() + between(&mut rng, 0, 500));
        let (held, is_finishing) = (BTreeMap::new(), false);
        Ok((Desk { client, agent, rng, session: 0, counter: 0, held, duty, is_finishing }, messages))
    }

    /// Until all is over.
    pub async fn work(mut self, mut messages: async_nats::Subscriber, mut phase: watch::Receiver<Phase>) {
        let mut beats = interval(BEAT_EVERY);
        loop {
            tokio::select! {
                message = messages.next() => {
                    let Some(message) = message else { return };
                    if let Ok(value) = serde_json::from_slice(&message.payload)
                        && self.client.take(&message.subject, &value).is_some()
                    {
                        self.hear(&value);
                    }
                }
                () = sleep_until(self.next_due()) => self.act().await,
                _ = beats.tick() => self.beat().await,
                changed = phase.changed() => {
                    if changed.is_err() || *phase.borrow() == Phase::Over {
                        return;
                    }
                    self.is_finishing = true;
                }
            }
        }
    }

    pub fn client(&self) -> Client {
        self.client.clone()
    }

    fn hear(&mut self, message: &Value) {
        let contact = contact(message).map(str::to_owned);
        match (message["type"].as_str().unwrap_or_default(), contact) {
            ("presence", _) => self.hear_presence(message),
            ("offer", Some(contact)) => self.hear_offer(contact, message["offer"].as_u64().unwrap_or(0)),
            ("assigned", Some(contact)) => {
                let due = Instant::now() + between(&mut self.rng, 100, 900);
                self.held.insert(contact, Held { step: Step::Active, due });
            }
            ("wrap_up", Some(contact)) => {
                // Every third waits for its end instead of saying so.
                let wait =
                    if self.rng.permille(333) { ASK_AGAIN_AFTER } else { between(&mut self.rng, 50, 300) };
                self.held.insert(contact, Held { step: Step::WrapUp, due: Instant::now() + wait });
            }
            ("offer_ended" | "returned" | "closed", Some(contact)) => {
                self.held.remove(&contact);
            }
            _ => {}
        }
    }

    fn hear_offer(&mut self, contact: String, offer: u64) {
        let (wait, is_wanted) = match self.rng.below(100) {
            0..10 if !self.is_finishing => (between(&mut self.rng, 30, 400), false),
            10..18 if !self.is_finishing => (NEVER, false),
            _ => (between(&mut self.rng, 30, 400), true),
        };
        let step = Step::Offered { offer, is_wanted };
        self.held.insert(contact, Held { step, due: Instant::now() + wait });
    }

    fn hear_presence(&mut self, message: &Value) {
        if message["session"].as_u64() != Some(self.session) {
            return;
        }
        let now = Instant::now();
        self.duty = match message["presence"]["state"].as_str().unwrap_or_default() {
            "signed_out" => {
                self.held.clear();
                (Duty::SignIn, now + between(&mut self.rng, 50, 500))
            }
            "available" => (Duty::Pause, now + between(&mut self.rng, 3_000, 15_000)),
            _ => (Duty::Return, now + between(&mut self.rng, 200, 1_000)),
        };
    }

    fn next_due(&self) -> Instant {
        self.held.values().map(|held| held.due).fold(self.duty.1, Instant::min)
    }

    /// One input, and its acknowledgement.
    async fn act(&mut self) {
        let again = Instant::now() + ASK_AGAIN_AFTER;
        let first = self.held.iter().min_by_key(|(_, held)| held.due);
        let first = first.map(|(contact, held)| (contact.clone(), held.step, held.due));
        match first {
            Some((contact, step, due)) if due < self.duty.1 => {
                let body = self.answer(&contact, step);
                if let Some(held) = self.held.get_mut(&contact) {
                    held.due = again;
                }
                self.send(body).await;
            }
            _ => {
                let body = self.change_presence();
                self.duty.1 = again;
                self.send(body).await;
            }
        }
    }

    fn answer(&mut self, contact: &str, step: Step) -> Value {
        match step {
            Step::Offered { offer, is_wanted } => {
                let kind = if is_wanted { "accept" } else { "decline" };
                json!({ "type": kind, "contact": contact, "offer": offer })
            }
            Step::WrapUp => json!({ "type": "wrap_up_done", "contact": contact }),
            Step::Active if self.is_finishing => json!({ "type": "complete", "contact": contact }),
            Step::Active => match self.rng.below(100) {
                0..7 => json!({ "type": "requeue", "contact": contact }),
                7..14 => {
                    let (queue, _) = KINDS[self.rng.below(KINDS.len() as u64) as usize];
                    json!({ "type": "transfer", "contact": contact, "to": { "queue": queue } })
                }
                14..20 => {
                    let agent = agent_name(self.rng.below(AGENTS));
                    json!({ "type": "transfer", "contact": contact, "to": { "agent": agent } })
                }
                _ => json!({ "type": "complete", "contact": contact }),
            },
        }
    }

    fn change_presence(&mut self) -> Value {
        match self.duty.0 {
            Duty::SignIn => {
                self.session += 1;
                self.counter = 0;
                json!({ "type": "sign_in" })
            }
            Duty::Pause if !self.is_finishing => match self.rng.below(10) {
                0..5 => json!({ "type": "aux", "reason": "break" }),
                5..8 => json!({ "type": "drain", "aux": "break" }),
                _ => json!({ "type": "sign_out" }),
            },
            // Those who are there say once more that they are, which changes nothing.
            Duty::Return | Duty::Pause => json!({ "type": "available" }),
        }
    }

    async fn send(&mut self, mut body: Value) {
        self.counter += 1;
        body["session"] = json!(self.session);
        body["counter"] = json!(self.counter);
        let subject = format!("wissel.in.{TENANT}.agent.{}", self.agent);
        let id = format!("{TENANT}.{}.{}.{}", self.agent, self.session, self.counter);
        self.client.send(&subject, body.to_string().into(), &id, None).await;
    }

    async fn beat(&self) {
        let subject = format!("wissel.beat.{TENANT}.agent.{}", self.agent);
        // One that is lost is made good by the next.
        let _ = self.client.tell(subject, &json!({ "type": "beat", "session": self.session })).await;
    }
}
