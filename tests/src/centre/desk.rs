//! An agent at a desktop: signs in, answers most offers, finishes contacts in every way there is, takes breaks.
//!
//! It knows only what it was told, and fetches its state now and then, since what it was told may be lost. What it has
//! asked for and hears nothing of, it asks for again after a while, since an input may be refused as the one that seemed
//! to have crashed a node. Now and then it accepts what has expired, and it can be told to vanish ([`Order`]).

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};
use workload::Rng;

use super::client::{Client, contact};
use super::site::{AGENTS, KINDS, agent_name};
use super::{Phase, between};

/// As in the desktop protocol.
const BEAT_EVERY: Duration = Duration::from_secs(5);
/// Longer than a node needs to come back, so that it is seldom asked twice for one thing.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(4);
const NEVER: Duration = Duration::from_secs(3600);

/// What befalls all desks of a tenant at once. Each order is a new value of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Work,
    /// This many in a thousand say and hear nothing for a while: no heartbeat, no answer.
    Vanish {
        permille: u16,
        lasts: Duration,
    },
    /// Everyone signs in anew, at once.
    SignIn,
}

#[derive(Debug)]
pub struct Desk {
    client: Client,
    tenant: String,
    agent: String,
    rng: Rng,
    session: u64,
    counter: u64,
    held: BTreeMap<String, Held>,
    duty: (Duty, Instant),
    /// Offers that are gone, and are accepted all the same.
    stale: Vec<(String, u64)>,
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
    pub async fn open(
        url: &str,
        tenant: &str,
        number: u64,
        seed: u64,
    ) -> Result<(Desk, async_nats::Subscriber)> {
        let agent = agent_name(number);
        let client = Client::connect(url, &format!("desk-{tenant}-{agent}")).await?;
        Desk::take_seat(client, tenant, agent, 0, Rng::stream(seed, tenant, number)).await
    }

    /// Another desktop for this agent, whose session is higher.
    pub async fn rival(
        url: &str,
        tenant: &str,
        number: u64,
        session: u64,
    ) -> Result<(Desk, async_nats::Subscriber)> {
        let agent = agent_name(number);
        let client = Client::connect(url, &format!("rival-{tenant}-{agent}-{session}")).await?;
        Desk::take_seat(client, tenant, agent, session, Rng::stream(session, tenant, number)).await
    }

    async fn take_seat(
        client: Client,
        tenant: &str,
        agent: String,
        session: u64,
        mut rng: Rng,
    ) -> Result<(Desk, async_nats::Subscriber)> {
        let messages = client.subscribe(&format!("wissel.out.{tenant}.agent.{agent}")).await?;
        let desk = Desk {
            client,
            tenant: tenant.to_owned(),
            agent,
            duty: (Duty::SignIn, Instant::now() + between(&mut rng, 0, 500)),
            rng,
            session,
            counter: 0,
            held: BTreeMap::new(),
            stale: Vec::new(),
            is_finishing: false,
        };
        Ok((desk, messages))
    }

    /// Until all is over.
    pub async fn work(
        mut self,
        mut messages: async_nats::Subscriber,
        mut phase: watch::Receiver<Phase>,
        mut orders: watch::Receiver<Order>,
    ) {
        let mut beats = interval(BEAT_EVERY);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
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
                _ = beats.tick() => {
                    self.beat().await;
                    self.fetch().await;
                }
                Ok(()) = orders.changed() => {
                    let order = *orders.borrow_and_update();
                    self.obey(order).await;
                }
                changed = phase.changed() => {
                    if changed.is_err() || *phase.borrow() == Phase::Over {
                        return;
                    }
                    self.is_finishing = true;
                }
            }
        }
    }

    async fn obey(&mut self, order: Order) {
        match order {
            Order::Work => {}
            Order::Vanish { permille, lasts } if self.rng.permille(permille) => sleep(lasts).await,
            Order::Vanish { .. } => {}
            Order::SignIn => self.duty = (Duty::SignIn, Instant::now()),
        }
    }

    /// Takes every offer at once, finishes every contact and never has a break.
    pub fn be_diligent(&mut self) {
        self.is_finishing = true;
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
            ("offer_ended", Some(contact)) => {
                self.held.remove(&contact);
                if self.rng.permille(100) {
                    self.stale.push((contact, message["offer"].as_u64().unwrap_or(0)));
                }
            }
            ("returned" | "not_reached" | "quieted" | "closed", Some(contact)) => {
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
        self.stand(message["presence"]["state"].as_str().unwrap_or_default());
    }

    fn stand(&mut self, state: &str) {
        let now = Instant::now();
        self.duty = match state {
            "signed_out" => {
                self.held.clear();
                (Duty::SignIn, now + between(&mut self.rng, 50, 500))
            }
            "available" => (Duty::Pause, now + between(&mut self.rng, 3_000, 15_000)),
            _ => (Duty::Return, now + between(&mut self.rng, 200, 1_000)),
        };
    }

    /// Puts right what was missed, as the desktop protocol asks.
    async fn fetch(&mut self) {
        let subject = format!("wissel.out.{}.agent.{}", self.tenant, self.agent);
        let question = json!({ "agent": self.agent });
        let asked = self.client.ask(format!("wissel.api.{}.agent.get", self.tenant), &question);
        let Some(state) = asked.await else { return };
        let origin = &state["origin"];
        let is_newer = (origin["epoch"].as_u64(), origin["commit"].as_u64())
            >= (Some(self.client.last(&subject).0), Some(self.client.last(&subject).1));
        let Some(contacts) = state["contacts"].as_array().filter(|_| is_newer) else { return };
        self.client.contains(&subject, origin);
        let session = state["session"].as_u64().unwrap_or(0);
        if session > self.session {
            // Another desktop has taken over; this one takes it back.
            self.session = session;
            self.duty = (Duty::SignIn, Instant::now() + between(&mut self.rng, 500, 2_000));
        } else if session == self.session && state["presence"]["state"] == "signed_out" {
            self.stand("signed_out");
        }
        self.held.retain(|known, _| contacts.iter().any(|contact| contact["contact"] == known.as_str()));
        for known in contacts {
            self.reconcile(known);
        }
    }

    fn reconcile(&mut self, known: &Value) {
        let Some(contact) = contact(known).map(str::to_owned) else { return };
        let offer = known["offer"].as_u64().unwrap_or(0);
        let step = self.held.get(&contact).map(|held| held.step);
        let due = Instant::now() + between(&mut self.rng, 50, 300);
        match (known["state"].as_str().unwrap_or_default(), step) {
            ("offered", Some(Step::Offered { offer: shown, .. })) if shown == offer => {}
            ("active" | "parked", Some(Step::Active)) | ("wrap_up", Some(Step::WrapUp)) => {}
            ("offered", _) => self.hear_offer(contact, offer),
            ("active" | "parked", _) => {
                self.held.insert(contact, Held { step: Step::Active, due });
            }
            ("wrap_up", _) => {
                self.held.insert(contact, Held { step: Step::WrapUp, due });
            }
            _ => {}
        }
    }

    fn next_due(&self) -> Instant {
        if !self.stale.is_empty() {
            return Instant::now();
        }
        self.held.values().map(|held| held.due).fold(self.duty.1, Instant::min)
    }

    /// One input, and its acknowledgement.
    async fn act(&mut self) {
        if let Some((contact, offer)) = self.stale.pop() {
            return self.send(json!({ "type": "accept", "contact": contact, "offer": offer })).await;
        }
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
        let subject = format!("wissel.in.{}.agent.{}", self.tenant, self.agent);
        let id = format!("{}.{}.{}.{}", self.tenant, self.agent, self.session, self.counter);
        self.client.send(&subject, body.to_string().into(), &id, None).await;
    }

    async fn beat(&self) {
        let subject = format!("wissel.beat.{}.agent.{}", self.tenant, self.agent);
        // One that is lost is made good by the next.
        let _ = self.client.tell(subject, &json!({ "type": "beat", "session": self.session })).await;
    }
}
