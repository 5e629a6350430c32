//! An agent at a desktop, by the desktop protocol: signs in, answers offers, finishes contacts, takes breaks.
//!
//! It knows only what it was told. What it has asked for and hears nothing of it looks up in the fetched state, and asks for again,
//! since what it was told may be lost; so it does after a broken connection and after a refusal. One input at a time: the
//! next one goes out when the one before is acknowledged.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};
use verify::{ClientEntry, ClientLog, Published, PublishedResult, Received};
use workload::Rng;

use crate::book::Book;
use crate::heard::{Filter, Said};
use crate::scenario::Group;
use crate::wire::{Wire, wall};

/// As in the desktop protocol.
const BEAT_EVERY: Duration = Duration::from_secs(5);
/// As in the desktop protocol.
const ANSWERED_WITHIN: Duration = Duration::from_secs(1);
/// Longer than a cluster needs to have an owner again, so that it is seldom asked twice for one thing.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(4);
const NEVER: Duration = Duration::from_secs(86_400);
/// An agent who was set aside for missing offers comes back after this.
const RETURN_AFTER: Duration = Duration::from_secs(1);
/// What nobody planned, such as a contact of an earlier run, is finished after this.
const UNPLANNED_HANDLE: Duration = Duration::from_millis(100);

/// What all agents do at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Work,
    /// Nothing is declined or missed any more, and nobody takes a break.
    Finish,
    SignOut,
}

#[derive(Debug)]
pub struct Desk {
    wire: Wire,
    book: Arc<Book>,
    habits: Arc<Group>,
    tenant: String,
    agent: String,
    rng: Rng,
    session: u64,
    counter: u64,
    held: BTreeMap<String, Held>,
    duty: (Duty, Instant),
    phase: Phase,
    filter: Filter,
    log: Vec<ClientEntry>,
    /// The session that heartbeats are of; 0 before the first.
    sessions: watch::Sender<u64>,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    step: Step,
    due: Instant,
    /// It was said, and nothing was heard of it yet.
    is_asked: bool,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Offered { offer: u64, answer: Answer },
    Active,
    WrapUp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Accept,
    Decline,
    Miss,
}

/// What the agent does next about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Duty {
    SignIn,
    /// Signing in, or coming back, was asked for.
    Confirm,
    Break,
    Return,
}

/// Where desks belong.
#[derive(Debug, Clone)]
pub struct Office {
    pub wire: Wire,
    pub book: Arc<Book>,
    pub tenant: String,
    pub seed: u64,
}

impl Desk {
    /// `number` among all agents of the run; it signs in after `wait`.
    pub fn new(office: &Office, habits: Arc<Group>, number: usize, agent: String, wait: Duration) -> Desk {
        Desk {
            wire: office.wire.clone(),
            book: Arc::clone(&office.book),
            habits,
            tenant: office.tenant.clone(),
            agent,
            rng: Rng::stream(office.seed, "desk", number as u64),
            // Signing in takes the next; the protocol asks for the milliseconds since 1970.
            session: wall().0,
            counter: 0,
            held: BTreeMap::new(),
            duty: (Duty::SignIn, Instant::now() + wait),
            phase: Phase::Work,
            filter: Filter::default(),
            log: Vec::new(),
            sessions: watch::channel(0).0,
        }
    }

    /// Until it is signed out; gives what it sent and took. `breaks` changes when a connection broke.
    pub async fn work(
        mut self,
        mut messages: mpsc::UnboundedReceiver<Arc<Said>>,
        mut phase: watch::Receiver<Phase>,
        mut breaks: watch::Receiver<u64>,
    ) -> ClientLog {
        let beats = tokio::spawn(beat(self.wire.clone(), self.beats_on(), self.sessions.subscribe()));
        loop {
            tokio::select! {
                message = messages.recv() => {
                    let Some(said) = message else { break };
                    if self.take(&said) {
                        self.hear(&said).await;
                    }
                }
                () = sleep_until(self.next_due()) => self.act().await,
                Ok(()) = breaks.changed() => self.fetch().await,
                changed = phase.changed() => {
                    self.phase = *phase.borrow();
                    if changed.is_err() || self.phase == Phase::SignOut {
                        self.send(json!({ "type": "sign_out" })).await;
                        break;
                    }
                    self.settle_down();
                }
            }
        }
        beats.abort();
        ClientLog { name: format!("desk-{}", self.agent), entries: self.log }
    }

    /// Offers that were left to ring are answered, and breaks are over.
    fn settle_down(&mut self) {
        for held in self.held.values_mut() {
            if let Step::Offered { answer, .. } = &mut held.step
                && *answer != Answer::Accept
                && !held.is_asked
            {
                *answer = Answer::Accept;
                held.due = Instant::now();
            }
        }
        if self.duty.0 == Duty::Return {
            self.duty.1 = Instant::now();
        }
    }

    /// Notes the message, unless it is a repeat or too late.
    fn take(&mut self, said: &Said) -> bool {
        if !self.filter.take(said) {
            return false;
        }
        self.log.push(ClientEntry::Received(Received {
            at: wall(),
            subject: self.hears(),
            kind: said.kind.clone(),
            origin: said.origin.clone(),
            contact: said.contact().map(str::to_owned),
            offer: said.offer,
        }));
        true
    }

    async fn hear(&mut self, said: &Said) {
        match (said.kind.as_str(), said.contact().map(str::to_owned)) {
            ("presence", _) if said.session == Some(self.session) => {
                let state = said.presence.as_ref().map(|presence| presence.state.clone());
                self.stand(state.as_deref().unwrap_or_default());
            }
            ("offer", Some(contact)) => self.hear_offer(contact, said.offer.unwrap_or(0)),
            ("assigned" | "resumed", Some(contact)) => self.hold(contact, Step::Active),
            ("wrap_up", Some(contact)) => self.hold(contact, Step::WrapUp),
            (
                "offer_ended" | "returned" | "not_reached" | "quieted" | "closed" | "handed_over",
                Some(contact),
            ) => {
                self.held.remove(&contact);
            }
            ("refused", _) => self.fetch().await,
            _ => {}
        }
    }

    fn hear_offer(&mut self, contact: String, offer: u64) {
        let (declines, misses) = match self.phase {
            Phase::Work => (u64::from(self.habits.declines_permille), u64::from(self.habits.misses_permille)),
            Phase::Finish | Phase::SignOut => (0, 0),
        };
        let drawn = self.rng.below(1_000);
        let answer = match drawn {
            _ if drawn < declines => Answer::Decline,
            _ if drawn < declines + misses => Answer::Miss,
            _ => Answer::Accept,
        };
        self.hold(contact, Step::Offered { offer, answer });
    }

    fn hold(&mut self, contact: String, step: Step) {
        let wait = match step {
            Step::Offered { answer: Answer::Miss, .. } => NEVER,
            Step::Offered { .. } => millis(self.habits.answer_after.0.draw(&mut self.rng)),
            Step::Active => match self.book.number(&contact) {
                Some(number) => millis(self.book.planned(number).handle),
                None => UNPLANNED_HANDLE,
            },
            Step::WrapUp => {
                self.habits.wrap_up.as_ref().map_or(NEVER, |wrap_up| millis(wrap_up.0.draw(&mut self.rng)))
            }
        };
        self.held.insert(contact, Held { step, due: Instant::now() + wait, is_asked: false });
    }

    fn stand(&mut self, state: &str) {
        let now = Instant::now();
        self.duty = match state {
            "signed_out" => {
                self.held.clear();
                (Duty::SignIn, now + RETURN_AFTER)
            }
            "available" => match (&self.habits.break_after, self.phase) {
                (Some(break_after), Phase::Work) => {
                    (Duty::Break, now + millis(break_after.0.draw(&mut self.rng)))
                }
                (Some(_), Phase::Finish | Phase::SignOut) | (None, _) => (Duty::Break, now + NEVER),
            },
            "aux" => (Duty::Return, now + self.habits.break_length.duration()),
            // Draining becomes aux by itself; who is lost is back with the next heartbeat.
            _ => (Duty::Confirm, now + ASK_AGAIN_AFTER),
        };
    }

    fn next_due(&self) -> Instant {
        self.held.values().map(|held| held.due).fold(self.duty.1, Instant::min)
    }

    async fn act(&mut self) {
        let now = Instant::now();
        let first = self.held.iter().min_by_key(|(_, held)| held.due);
        match first.map(|(contact, held)| (contact.clone(), *held)) {
            Some((_, held)) if held.due <= now && held.is_asked => {
                self.forget_asking();
                self.fetch().await;
            }
            Some((contact, held)) if held.due <= now => {
                let asked = Held { due: now + ASK_AGAIN_AFTER, is_asked: true, ..held };
                self.held.insert(contact.clone(), asked);
                self.send(said_of(&contact, held.step)).await;
            }
            Some(_) | None => self.change_presence(now).await,
        }
    }

    /// What is still so after the state was fetched is asked for again.
    fn forget_asking(&mut self) {
        let now = Instant::now();
        for held in self.held.values_mut().filter(|held| held.is_asked && held.due <= now) {
            (held.is_asked, held.due) = (false, now + ANSWERED_WITHIN);
        }
    }

    async fn change_presence(&mut self, now: Instant) {
        let again = now + ASK_AGAIN_AFTER;
        match self.duty.0 {
            Duty::SignIn => {
                self.session += 1;
                self.counter = 0;
                self.duty = (Duty::Confirm, again);
                self.send(json!({ "type": "sign_in" })).await;
                self.sessions.send_replace(self.session);
            }
            Duty::Confirm => {
                self.duty.1 = again;
                self.fetch().await;
            }
            Duty::Break if self.phase == Phase::Work => {
                self.duty = (Duty::Confirm, again);
                let reason = self.habits.break_reason.get_ref().clone();
                self.send(json!({ "type": "aux", "reason": reason })).await;
            }
            Duty::Break => self.duty.1 = now + NEVER,
            Duty::Return => {
                self.duty = (Duty::Confirm, again);
                self.send(json!({ "type": "available" })).await;
            }
        }
    }

    /// Puts right what was missed, as the desktop protocol asks.
    async fn fetch(&mut self) {
        let client = self.wire.context.client();
        let question = json!({ "agent": self.agent }).to_string();
        let asked = client.request(format!("wissel.api.{}.agent.get", self.tenant), question.into());
        let Ok(Ok(answer)) = timeout(ANSWERED_WITHIN, asked).await else { return };
        let Ok(state) = serde_json::from_slice::<Value>(&answer.payload) else { return };
        let origin = &state["origin"];
        let (Some(shard), Some(epoch), Some(commit)) =
            (origin["shard"].as_str(), origin["epoch"].as_u64(), origin["commit"].as_u64())
        else {
            return;
        };
        let is_ours = state["session"].as_u64() == Some(self.session);
        if !is_ours && self.duty.0 == Duty::Confirm {
            // The sign-in is not decided yet, or was refused: the next one takes another number.
            self.duty = (Duty::SignIn, Instant::now() + ANSWERED_WITHIN);
        }
        if !is_ours || !self.filter.is_recent(shard, epoch, commit) {
            return;
        }
        self.filter.contains(shard, epoch, commit);
        if self.duty.0 == Duty::Confirm || state["presence"]["state"] == "signed_out" {
            self.stand(state["presence"]["state"].as_str().unwrap_or_default());
        }
        let contacts = state["contacts"].as_array().map(Vec::as_slice).unwrap_or_default();
        self.held.retain(|known, _| contacts.iter().any(|contact| contact["contact"] == known.as_str()));
        contacts.iter().for_each(|contact| self.reconcile(contact));
    }

    fn reconcile(&mut self, known: &Value) {
        let Some(contact) = known["contact"].as_str().map(str::to_owned) else { return };
        let offer = known["offer"].as_u64().unwrap_or(0);
        let step = self.held.get(&contact).map(|held| held.step);
        match (known["state"].as_str().unwrap_or_default(), step) {
            ("offered", Some(Step::Offered { offer: shown, .. })) if shown == offer => {}
            ("active" | "parked", Some(Step::Active)) | ("wrap_up", Some(Step::WrapUp)) => {}
            ("offered", _) => self.hear_offer(contact, offer),
            ("active" | "parked", _) => self.hold(contact, Step::Active),
            ("wrap_up", _) => self.hold(contact, Step::WrapUp),
            _ => {}
        }
    }

    async fn send(&mut self, mut body: Value) {
        self.counter += 1;
        body["session"] = json!(self.session);
        body["counter"] = json!(self.counter);
        let subject = format!("wissel.in.{}.agent.{}", self.tenant, self.agent);
        let id = format!("{}.{}.{}.{}", self.tenant, self.agent, self.session, self.counter);
        let at = wall();
        let result = match self.wire.send(&subject, body.to_string().into(), &id).await {
            Ok(position) => PublishedResult::AckSequence(position),
            Err(error) => PublishedResult::Error(error),
        };
        self.log.push(ClientEntry::Published(Published { at, subject, contact: None, result }));
    }

    fn beats_on(&self) -> String {
        format!("wissel.beat.{}.agent.{}", self.tenant, self.agent)
    }

    fn hears(&self) -> String {
        format!("wissel.out.{}.agent.{}", self.tenant, self.agent)
    }
}

/// At once with each session, and then every few seconds. A task of its own, so that no beat waits for an acknowledgement.
async fn beat(wire: Wire, subject: String, mut sessions: watch::Receiver<u64>) {
    loop {
        let session = *sessions.borrow_and_update();
        if session > 0 {
            let body = json!({ "type": "beat", "session": session }).to_string();
            // One that is lost is made good by the next.
            let _ = wire.context.client().publish(subject.clone(), body.into()).await;
        }
        if let Ok(Err(_)) = timeout(BEAT_EVERY, sessions.changed()).await {
            return;
        }
    }
}

fn said_of(contact: &str, step: Step) -> Value {
    match step {
        Step::Offered { offer, answer: Answer::Decline } => {
            json!({ "type": "decline", "contact": contact, "offer": offer })
        }
        Step::Offered { offer, answer: Answer::Accept | Answer::Miss } => {
            json!({ "type": "accept", "contact": contact, "offer": offer })
        }
        Step::Active => json!({ "type": "complete", "contact": contact }),
        Step::WrapUp => json!({ "type": "wrap_up_done", "contact": contact }),
    }
}

fn millis(span: model::Millis) -> Duration {
    Duration::from_millis(span.0)
}
