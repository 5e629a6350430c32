//! A small language for the twin's tests: a line is `second verb words...`.
//!
//! One tenant, live `call`, indirect `mail`, and these queues. `sales` is plain and accepts by itself, as do `fast`
//! (ages ten times as fast) and `gold` (five points); `wrapping` has 30 s of wrap-up; `idle`, `available`, `loaded`,
//! `skilled` (requires French), `robin` and `ordered` are named for their methods. Offers last 20 s, a declined
//! contact keeps away for 60 s, preferred agents are waited for 10 s, one missed offer is forgiven, silent agents are
//! waited for 30 s. `patient` requires French at level 3, after 30 s at level 1, after 60 s nothing at all, and closes
//! what has waited for 90 s; `small` has room for one, and its exit leads to `patient`. The counter is open from second 20 of
//! the test to 140, and at that time of each day; `letters` promises a minute of its open time and presses 20 s before, `forms`
//! one business day of it, and `lobby` keeps to its hours, with an exit to `letters`. `calls` lets one scheduled contact wait at a time
//! and tries twice more, 30 s later; its exit leads to `idle`.
//!
//! Contacts that name no queue (`-`) go to `idle`. Four rules: `vip` sends those with the attribute `tier` gold and an `amount` of
//! at least 1000 to `gold`, with three points; `french` asks for French at level 2 when `lang` is fr or the customer begins
//! with `fr`; `small-tier` sends those of `small` that have a `tier` to `fast`; `cross` asks for a
//! person when the `tone` is cross.
//!
//! `crowd` requires French. Three overflow rules watch it, on as soon as one waits there: `lift` gives each four points, `lend` lends the
//! first two to anybody for whom what they ask for themselves is no hindrance, and `push` moves to `small`.
//!
//! `line` estimates, and accepts by itself. `busy` proposes any channel but `call` in `gold` to whoever waits there, for 20 s: `mail` and
//! `post`, both indirect, are the cheapest, then comes `chat`. Agents work on `call` and `mail`.
//! `works` accepts by itself, and `swamped` gives those who wait there two points while the backlog is 30 s, until it is 10 s; it foresees. `spared`
//! gives those of `spare` two points while nobody is open on `call`.
//! `polite` prefers French at level 3, `people` is for people, and its exit leads to `idle` after 30 s. An agent may be a `bot`, a contact ask
//! for a `person`.
//! `note` is indirect, and live work may interrupt each of its contacts twice. So is `case`, whose contacts stay with an agent who was
//! signed out, for 100 s. `text` is live, and goes to `note` while its customer is
//! silent, for 100 s. Nothing may come beside a contact of the channel `booth`, and an agent may
//! have a reserve. There are the sites `north` and `south`, and contacts of the channel `desk` say at which. In the roster from
//! the start, and never signed in, is `zoe`, who speaks French at level 10; so whatever asks for no site is servable while she is there.
//!
//! `config` applies the same once more, with a `slow` start or a `ration`. From `basket` agents pull. `timed` accepts by itself and says after 30 s of work that a contact is stuck. `three` and `one`, which
//! gives nine points, accept by themselves and take turns by their names.
//!
//! Only what happens to contacts and presences is told, and refusals; in the order in which it was decided.

mod contact;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use model::agent::{AfterDraining, AgentChannel};
use model::calendar::{CalendarConfig, OpenRange};
use model::config::{
    ChannelConfig, ChannelKind, CustomersConfig, Method, QueueConfig, QueueState, QuietConfig, RelaxStep,
    RonaConfig, ScheduleConfig, SiteNeed, SkillDemand,
};
use model::estimate::{Estimate, Outlook};
use model::hand::Taking;
use model::input::{AgentAction, AgentInput, EndedBy, TenantInput, TransferTo};
use model::overflow::{Bound, Lent, Limit, OverflowAction, OverflowRule, Proposal, Signal, Threshold};
use model::ratio::{Ratio, Share};
use model::row::ContactState;
use model::rule::{Among, Condition, Decimal, Rule, Test, When};
use model::transition::Place;
use model::work::DeadlineRisk;
use model::{
    AgentKind, AgentSpec, Change, Input, InputBody, Level, Millis, OfferNo, Presence, TenantConfig, TenantNo,
    Time, Transition,
};

use super::super::Twin;
use contact::{body, update};

const START_MS: u64 = 1_000_000_000;
const ATTRIBUTES: [&str; 4] = ["tier", "amount", "lang", "tone"];

/// Runs the inputs and compares what was decided.
#[track_caller]
pub fn check(inputs: &str, expected: &str) {
    check_from(0, inputs, expected);
}

/// What is told before that second is not looked at.
#[track_caller]
pub fn check_from(second: u64, inputs: &str, expected: &str) {
    let mut script = Script::new();
    let mut told = String::new();
    for line in inputs.lines().map(str::trim).filter(|line| !line.is_empty()) {
        for transition in script.run(line) {
            script.tell(&transition, &mut told);
        }
        if script.now < at(&second.to_string()) {
            told.clear();
        }
    }
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(told.lines().collect::<Vec<_>>(), expected, "\n{told}");
}

struct Script {
    twin: Twin,
    now: Time,
    /// Sessions by agent; each `in` starts the next.
    sessions: BTreeMap<String, u64>,
    /// One counter for everybody: it grows.
    counter: u64,
    /// Of the configuration.
    version: u64,
    /// Names by contact number, also of closed ones.
    contacts: BTreeMap<u64, String>,
}

impl Script {
    fn new() -> Script {
        let mut script = Script {
            twin: Twin::new([0; 16], |_, id| id.bytes().fold(7, |hash, byte| hash * 31 + u128::from(byte))),
            now: Time(START_MS),
            sessions: BTreeMap::new(),
            counter: 0,
            version: 1,
            contacts: BTreeMap::new(),
        };
        script.handle(Input::Offering(true));
        let config = InputBody::ConfigApply { hash: "hash".to_owned(), config: Arc::new(config()) };
        let config = script.said(config);
        script.handle(config);
        let zoe = script.said(InputBody::AgentPut(Arc::new(agent_spec(&["zoe", "skills=french:10"]))));
        script.handle(zoe);
        script
    }

    fn run(&mut self, line: &str) -> Vec<Transition> {
        let words: Vec<&str> = line.split_whitespace().collect();
        self.now = at(words[0]);
        let input = self.input(words[1], &words[2..]);
        self.handle(input)
    }

    fn handle(&mut self, input: Input) -> Vec<Transition> {
        let mut transitions = Vec::new();
        self.twin.handle(self.now, input, &mut transitions);
        while !self.twin.is_settled() {
            self.twin.handle(self.now, Input::Offering(true), &mut transitions);
        }
        transitions
    }

    fn input(&mut self, verb: &str, words: &[&str]) -> Input {
        let name = words.first().copied().unwrap_or_default();
        let contact = || id(words[1]);
        match verb {
            "tick" => Input::Tick { until: Time::MAX },
            "on" => Input::Offering(true),
            "off" => Input::Offering(false),
            "silent" => Input::AgentSilent { tenant: id("t"), agent: id(name), session: self.sessions[name] },
            "back" => Input::AgentBack { tenant: id("t"), agent: id(name), session: self.sessions[name] },
            "drop" => self.said(InputBody::AgentRemove { agent: id(name) }),
            "put" => self.said(InputBody::AgentPut(Arc::new(agent_spec(words)))),
            "new" => self.said(InputBody::ContactCreate { body: Arc::new(body(words)), digest: 1 }),
            "config" => {
                self.version += 1;
                self.said(super::throttle::configured(config(), self.version, words))
            }
            "other" => self.said(InputBody::ContactCreate { body: Arc::new(body(words)), digest: 2 }),
            "switch" => {
                let state = QueueState::ALL.into_iter().find(|state| state.name() == words[1]);
                self.said(InputBody::QueueSwitch { queue: id(name), state: state.expect("a state") })
            }
            "update" => {
                let update = Arc::new(update(words));
                self.said(InputBody::ContactUpdate { contact: id(name), update })
            }
            "yes" => self.said(InputBody::ContactAnswer { contact: id(name), accepts: true }),
            "hush" => self.said(InputBody::ContactQuiet { contact: id(name), is_quiet: true }),
            "reply" => self.said(InputBody::ContactQuiet { contact: id(name), is_quiet: false }),
            "working" => self.act(name, AgentAction::StillWorking { contact: contact() }),
            "quiet" => self.act(name, AgentAction::Quiet { contact: contact() }),
            "no" => self.said(InputBody::ContactAnswer { contact: id(name), accepts: false }),
            "gone" => self.said(InputBody::ContactEnd { contact: id(name), by: EndedBy::Customer }),
            "in" => {
                *self.sessions.entry(name.to_owned()).or_default() += 1;
                let aux = words.contains(&"aux").then(|| id("break"));
                self.act(name, AgentAction::SignIn { aux })
            }
            "seen" => {
                self.counter -= 1;
                self.act(name, AgentAction::SignOut)
            }
            "out" => self.act(name, AgentAction::SignOut),
            "ready" => self.act(name, AgentAction::Available),
            "break" => self.act(name, AgentAction::Aux { reason: id("break") }),
            "drain" => self.act(name, AgentAction::Drain { then: AfterDraining::SignOut }),
            "accept" => {
                let offer = self.open_offer(words[1]);
                self.act(name, AgentAction::Accept { contact: contact(), offer })
            }
            "decline" => {
                let offer = self.open_offer(words[1]);
                self.act(name, AgentAction::Decline { contact: contact(), offer })
            }
            "assign" | "take-back" | "set" => {
                self.said(InputBody::Supervisor(super::hand::supervisor(verb, words)))
            }
            "pull" => self.act(name, super::hand::pull(&words[1..])),
            "consult" => self.act(name, super::consult::consult(&words[1..])),
            "leave-to" => self.act(name, super::consult::leave_to(&words[1..])),
            "requeue" => self.act(name, AgentAction::Requeue { contact: contact() }),
            "complete" => self.act(name, AgentAction::Complete { contact: contact() }),
            "missed" => self.act(name, AgentAction::NotReached { contact: contact() }),
            "done" => self.act(name, AgentAction::WrapUpDone { contact: contact() }),
            "transfer" => {
                let to = TransferTo::Queue(id(words[2]));
                let update = Some(Arc::new(update(words)));
                self.act(name, AgentAction::Transfer { contact: contact(), to, skills: None, update })
            }
            "hand" => {
                let to = TransferTo::Agent(id(words[2]));
                let update = None;
                self.act(name, AgentAction::Transfer { contact: contact(), to, skills: None, update })
            }
            other => panic!("no such verb: {other}"),
        }
    }

    fn act(&mut self, agent: &str, action: AgentAction) -> Input {
        self.counter += 1;
        let session = self.sessions.get(agent).copied().unwrap_or_default();
        self.said(InputBody::Agent(AgentInput { agent: id(agent), session, counter: self.counter, action }))
    }

    fn said(&mut self, body: InputBody) -> Input {
        Input::Tenant(TenantInput { tenant: id("t"), position: 0, stamp: self.now, sent_at: None, body })
    }

    fn open_offer(&self, contact: &str) -> OfferNo {
        let world = self.twin.tenant(TenantNo(1));
        match world.contact(world.open_ids[contact]).state {
            Some(ContactState::Offered { offer, .. }) => offer,
            Some(
                ContactState::Waiting(_)
                | ContactState::Active { .. }
                | ContactState::WrapUp { .. }
                | ContactState::Parked { .. }
                | ContactState::Quiet { .. }
                | ContactState::Scheduled,
            )
            | None => OfferNo(0),
        }
    }

    fn tell(&mut self, transition: &Transition, told: &mut String) {
        if let Change::ContactArrived { contact, body, .. } = &transition.change {
            self.contacts.insert(contact.0, body.contact.to_string());
        }
        if let Some(line) = self.line(&transition.change) {
            let second = (self.now.0 - START_MS) / 1_000;
            writeln!(told, "{second}: {line}").expect("a string takes any text");
        }
    }

    fn line(&self, change: &Change) -> Option<String> {
        let agent =
            |agent: &model::AgentNo| self.twin.tenant(TenantNo(1)).agent(*agent).spec.agent.to_string();
        let contact = |contact: &model::ContactNo| self.contacts[&contact.0].clone();
        Some(match change {
            Change::TenantOpened { .. }
            | Change::TenantLeft { .. }
            | Change::TenantRows { .. }
            | Change::TenantCame { .. }
            | Change::TenantGone
            | Change::Resumed { .. }
            | Change::ConfigApplied { .. }
            | Change::AgentPut { .. }
            | Change::AgentRemoved { .. }
            | Change::ProfileOpened { .. }
            | Change::ProfileClosed { .. }
            | Change::AgentHeard { .. } => return None,
            Change::ContactArrived { contact: number, body, .. } => {
                let classified = body.classified.as_ref()?;
                let by = classified.rule.as_ref().map_or("nobody", |rule| rule.as_str());
                format!("classified {} to {} by {by}", contact(number), classified.queue)
            }
            Change::Refused(refused) => format!("refused {}", refused.reason),
            Change::AgentPresence { agent: number, presence, cause } => {
                let presence = match presence {
                    Presence::Draining { .. } => "Draining".to_owned(),
                    Presence::Lost { .. } => "Lost".to_owned(),
                    Presence::SignedOut | Presence::Available | Presence::Aux(_) => format!("{presence:?}"),
                };
                format!("{} {presence} {cause:?}", agent(number))
            }
            Change::AgentDeferred { agent: number, limit, until: _ } => {
                format!("deferred {} {limit}", agent(number))
            }
            Change::AgentThrottled { agent: number, why, until } => {
                format!("throttled {} {why:?} until {}", agent(number), (until.0 - START_MS) / 1_000)
            }
            Change::AgentUnthrottled { agent: number, why } => {
                format!("unthrottled {} {why:?}", agent(number))
            }
            Change::ContactQueued { contact: number, place: Place::Queue } => {
                format!("queued {}", contact(number))
            }
            Change::ContactQueued { contact: number, place: Place::Preferred { agent: waited_for, .. } } => {
                format!("queued {} for {}", contact(number), agent(waited_for))
            }
            Change::Offered { contact: number, agent: asked, .. } => {
                format!("offered {} to {}", contact(number), agent(asked))
            }
            Change::Accepted { contact: number } => format!("accepted {}", contact(number)),
            Change::OfferEnded { contact: number, how, .. } => {
                format!("{how:?} {}", contact(number)).to_lowercase()
            }
            Change::ExclusionLifted { contact: number } => format!("lifted {}", contact(number)),
            Change::WrapUpStarted { contact: number, .. } => format!("wrap-up {}", contact(number)),
            Change::ContactReturned { contact: number, .. } => format!("returned {}", contact(number)),
            Change::QueueSwitched { queue, state } => {
                format!("queue {} {state:?}", self.twin.tenant(TenantNo(1)).queues[queue.index()])
            }
            Change::ContactRelaxed { contact: number, step, .. } => {
                format!("relaxed {} {step}", contact(number))
            }
            Change::ContactPressed { contact: number, .. } => format!("pressed {}", contact(number)),
            Change::ContactMoved { contact: number, profile, why, .. } => {
                let world = self.twin.tenant(TenantNo(1));
                let queue = &world.queues[world.profile(*profile).queue.index()];
                format!("moved {} to {queue}, {why:?}", contact(number))
            }
            Change::ContactJoined { contact: number, agent: joined, .. } => {
                format!("joined {} to {}", contact(number), agent(joined))
            }
            Change::ContactUpdated { contact: number, .. } => format!("updated {}", contact(number)),
            Change::ContactReclassified { contact: number, profile, points, rule } => {
                let world = self.twin.tenant(TenantNo(1));
                let queue = &world.queues[world.profile(*profile).queue.index()];
                let by = rule.as_ref().map_or("nobody", |rule| rule.as_str());
                format!("reclassified {} to {queue} with {points} by {by}", contact(number))
            }
            Change::ContactKeptForPeople { contact: number, .. } => {
                format!("{} for people", contact(number))
            }
            Change::ContactProposed { contact: number, rule, channel, queue, until } => {
                let world = self.twin.tenant(TenantNo(1));
                let (channel, queue) = (&world.channels[channel.index()], &world.queues[queue.index()]);
                let until = (until.0 - START_MS) / 1_000;
                format!("proposed {channel} in {queue} to {} until {until} by {rule}", contact(number))
            }
            Change::ProposalEnded { contact: number, how } => {
                format!("proposal {how:?} {}", contact(number)).to_lowercase()
            }
            Change::ContactSwitched { contact: number, profile, points, due_at } => {
                let world = self.twin.tenant(TenantNo(1));
                let profile = world.profile(*profile);
                let channel = &world.channels[profile.channel.index()];
                let queue = &world.queues[profile.queue.index()];
                let due = if *due_at == Time::MAX {
                    String::new()
                } else {
                    format!(", due {}", (due_at.0 - START_MS) / 1_000)
                };
                format!("switched {} to {channel} in {queue} with {points}{due}", contact(number))
            }
            Change::ContactHandedOver { contact: number, agent: asked, .. } => {
                format!("handed over {} to {}", contact(number), agent(asked))
            }
            Change::ContactQuieted { contact: number, until } => {
                format!("quieted {} until {}", contact(number), (until.0 - START_MS) / 1_000)
            }
            Change::ContactSlowed { contact: number, points, due_at, .. } => {
                let due = (due_at.0 - START_MS) / 1_000;
                format!("slowed {} with {points}, due {due}", contact(number))
            }
            Change::ContactReplied { contact: number, points, .. } => {
                format!("replied {} with {points}", contact(number))
            }
            Change::ContactNoted { contact: number, is_quiet } => {
                format!("noted {} {is_quiet}", contact(number))
            }
            Change::ContactEstimated { contact: number, outlook: Outlook { position, estimate } } => {
                let wait = match estimate {
                    Estimate::Known { p50, p90 } => format!("{} to {}", p50.0, p90.0),
                    Estimate::Unknown(why) => why.name().to_owned(),
                };
                format!("estimated {} at {position}: {wait}", contact(number))
            }
            Change::DeadlinesJudged { queue, risk } => {
                let queue = &self.twin.tenant(TenantNo(1)).queues[queue.index()];
                match risk {
                    Some(DeadlineRisk { contact: number, due_at, expected_at, late }) => {
                        let of = |time: &Time| (time.0 - START_MS) / 1_000;
                        let (due, expected) = (of(due_at), of(expected_at));
                        format!(
                            "{queue} at risk: {} due {due}, expected {expected}, {late} late",
                            contact(number)
                        )
                    }
                    None => format!("{queue} is met"),
                }
            }
            Change::OverflowTurned { rule, state, measured } => {
                let shown = |measured: &Option<u64>| {
                    measured.map_or("unknown".to_owned(), |number| number.to_string())
                };
                let measured: Vec<String> = measured.iter().map(shown).collect();
                format!("overflow {rule} {} at [{}]", state.name(), measured.join(", "))
            }
            Change::ContactOverflowed { contact: number, rule, profile, points, step } => {
                let world = self.twin.tenant(TenantNo(1));
                let queue = &world.queues[world.profile(*profile).queue.index()];
                format!("overflowed {} to {queue} with {points} at step {step} by {rule}", contact(number))
            }
            Change::ContactScheduled { contact: number, until, tries } => {
                let until = (until.0 - START_MS) / 1_000;
                format!("put off {} until {until} after {tries}", contact(number))
            }
            Change::ContactInterrupted { contact: number } => format!("interrupted {}", contact(number)),
            Change::ContactParked { contact: number, until } => {
                format!("parked {} until {}", contact(number), (until.0 - START_MS) / 1_000)
            }
            Change::ContactStuck { contact: number } => format!("stuck {}", contact(number)),
            Change::ContactWorkedOn { contact: number } => format!("worked on {}", contact(number)),
            Change::ContactResumed { contact: number } => format!("resumed {}", contact(number)),
            Change::ContactUnservable { contact: number } => format!("unservable {}", contact(number)),
            Change::ContactServable { contact: number } => format!("servable {}", contact(number)),
            Change::ContactReleased { contact: number, .. } => format!("released {}", contact(number)),
            Change::ContactClosed { contact: number, outcome } => {
                format!("closed {} {outcome:?}", contact(number))
            }
        })
    }
}

fn config() -> TenantConfig {
    let mut queues: Vec<QueueConfig> = [
        ("sales", Method::LongestIdle),
        ("fast", Method::LongestIdle),
        ("gold", Method::LongestIdle),
        ("wrapping", Method::LongestIdle),
        ("idle", Method::LongestIdle),
        ("available", Method::LongestAvailable),
        ("loaded", Method::LeastLoaded),
        ("skilled", Method::BestSkill),
        ("robin", Method::RoundRobin),
        ("ordered", Method::Order),
        ("patient", Method::LongestIdle),
        ("small", Method::LongestIdle),
        ("letters", Method::LongestIdle),
        ("forms", Method::LongestIdle),
        ("lobby", Method::LongestIdle),
        ("crowd", Method::LongestIdle),
        ("calls", Method::LongestIdle),
        ("line", Method::LongestIdle),
        ("busy", Method::LongestIdle),
        ("works", Method::LongestIdle),
        ("spare", Method::LongestIdle),
        ("polite", Method::LongestIdle),
        ("basket", Method::LongestIdle),
        ("people", Method::LongestIdle),
        ("timed", Method::LongestIdle),
        ("three", Method::LongestIdle),
        ("one", Method::LongestIdle),
    ]
    .map(|(name, method)| queue(name, method))
    .to_vec();
    for queue in &mut queues {
        match queue.name.as_str() {
            "sales" => queue.auto_accept = true,
            "fast" => (queue.auto_accept, queue.ageing_per_minute) = (true, 10),
            "gold" => (queue.auto_accept, queue.points) = (true, 5),
            "wrapping" => queue.wrap_up = Millis::from_seconds(30),
            "crowd" => {
                queue.skills = skills("french:3");
                queue.relax = vec![step(20, "french:2", true)];
            }
            "timed" => (queue.auto_accept, queue.handling_max) = (true, Some(Millis::from_seconds(30))),
            "three" => queue.auto_accept = true,
            "one" => (queue.auto_accept, queue.points) = (true, 9),
            "basket" => queue.taking = Taking::Pulled,
            "line" => (queue.auto_accept, queue.estimate) = (true, true),
            "works" => (queue.auto_accept, queue.foresee) = (true, true),
            "skilled" => queue.skills = skills("french:1"),
            "polite" => queue.prefer = skills("french:3"),
            "people" => {
                (queue.person, queue.max_wait) = (true, Some(Millis::from_seconds(30)));
                queue.exit_to = Some(id("idle"));
            }
            "patient" => {
                queue.skills = skills("french:3");
                queue.relax = vec![step(30, "french:1", true), step(60, "", false)];
                queue.max_wait = Some(Millis::from_seconds(90));
            }
            "letters" => {
                queue.calendar = Some(counter().name);
                (queue.due_in, queue.pressure) = (Millis::from_seconds(60), Some(Millis::from_seconds(20)));
            }
            "forms" => {
                queue.calendar = Some(counter().name);
                queue.due_business_days = Some(1);
            }
            "lobby" => (queue.hours, queue.exit_to) = (Some(counter().name), Some(id("letters"))),
            "calls" => {
                queue.exit_to = Some(id("idle"));
                queue.schedule =
                    ScheduleConfig { release: 1, retries: 2, retry_after: Millis::from_seconds(30) };
            }
            "small" => (queue.room, queue.exit_to) = (Some(1), Some(id("patient"))),
            _ => {}
        }
    }
    let channel = |name, kind, steering| ChannelConfig {
        name: id(name),
        kind,
        cost: 1,
        max: None,
        companion: false,
        site: SiteNeed::Optional,
        steering,
        beside: None,
        interruptions: None,
        bound_for: None,
        quiet: None,
    };
    let quiet = QuietConfig { to: id("note"), ends: Millis::from_seconds(100) };
    let text = ChannelConfig { quiet: Some(quiet), ..channel("text", ChannelKind::Live, 9) };
    let note = ChannelConfig { interruptions: Some(2), ..channel("note", ChannelKind::Indirect, 9) };
    let case = ChannelConfig {
        bound_for: Some(Millis::from_seconds(100)),
        interruptions: Some(2),
        ..channel("case", ChannelKind::Indirect, 9)
    };
    let booth = ChannelConfig { beside: Some(Vec::new()), ..channel("booth", ChannelKind::Live, 9) };
    let desk = ChannelConfig { site: SiteNeed::Required, ..channel("desk", ChannelKind::Live, 9) };
    TenantConfig {
        version: 1,
        channels: vec![
            channel("call", ChannelKind::Live, 9),
            channel("mail", ChannelKind::Indirect, 1),
            desk,
            channel("chat", ChannelKind::Live, 2),
            channel("post", ChannelKind::Indirect, 1),
            booth,
            note,
            text,
            case,
        ],
        reserve: Some(0),
        skills: vec![id("french")],
        sites: vec![id("north"), id("south")],
        queues,
        aux_reasons: vec![id("no_answer"), id("break")],
        rona: RonaConfig { retries: 1, aux: id("no_answer") },
        reconnect_window: Millis::from_seconds(30),
        slow_start: None,
        ration: None,
        customers: CustomersConfig::default(),
        calendars: vec![counter()],
        default_queue: Some(id("idle")),
        rules: rules(),
        overflow: overflow(),
        ratios: vec![Ratio { shares: vec![share("one", 1), share("three", 3)] }],
    }
}

fn share(queue: &str, share: u16) -> Share {
    Share { queue: id(queue), share }
}

fn overflow() -> Vec<OverflowRule> {
    let one = |signal, bound| Threshold { limits: vec![Limit { signal, bound }], lasting: Millis::ZERO };
    let threshold = |bound| one(Signal::Waiting, bound);
    let rule = |name: &str, cap, action| OverflowRule {
        name: id(name),
        queue: id("crowd"),
        when: threshold(Bound::AtLeast(1)),
        until: threshold(Bound::AtMost(0)),
        floor: Vec::new(),
        cap,
        action,
    };
    let proposal = Proposal {
        channels: vec![id("call"), id("chat"), id("mail"), id("post")],
        queue: id("gold"),
        timeout: Millis::from_seconds(20),
    };
    vec![
        rule("lift", 9, OverflowAction::Raise(4)),
        rule("lend", 2, OverflowAction::Lend(Lent { skills: Vec::new(), keep_own: true })),
        rule("push", 9, OverflowAction::Move(id("small"))),
        OverflowRule { queue: id("busy"), ..rule("propose", 9, OverflowAction::Propose(proposal)) },
        OverflowRule {
            queue: id("works"),
            when: one(Signal::Backlog, Bound::AtLeast(30_000)),
            until: one(Signal::Backlog, Bound::AtMost(10_000)),
            ..rule("swamped", 9, OverflowAction::Raise(2))
        },
        OverflowRule {
            queue: id("spare"),
            when: one(Signal::Free { channel: id("call") }, Bound::AtMost(0)),
            until: one(Signal::Free { channel: id("call") }, Bound::AtLeast(1)),
            ..rule("spared", 9, OverflowAction::Raise(2))
        },
    ]
}

/// Open from 13:47 to 13:49; a test begins at 13:46:40.
fn counter() -> CalendarConfig {
    let open = OpenRange { from: 13 * 60 + 47, to: 13 * 60 + 49 };
    CalendarConfig {
        name: id("counter"),
        zone: "UTC".to_owned(),
        week: std::array::from_fn(|_| vec![open]),
        special: Vec::new(),
    }
}

fn rules() -> Vec<Rule> {
    let is = |value: &str| Test::Among(Among { not: false, names: vec![value.to_owned()] });
    let attribute = |name: &str, test| Condition::Attribute { name: name.to_owned(), test };
    let amount = Decimal::parse("1000").expect("a number");
    let vip = vec![attribute("tier", is("gold")), attribute("amount", Test::AtLeast(amount))];
    let french = vec![attribute("lang", is("fr")), Condition::Customer(Test::StartsWith("fr".to_owned()))];
    let small = vec![
        Condition::Queue(Among { not: false, names: vec![id("small")] }),
        attribute("tier", Test::Exists(true)),
    ];
    let rule = |name: &str, when, queue: &str| {
        let queue = (!queue.is_empty()).then(|| id(queue));
        Rule { name: id(name), when, queue, points: 0, skills: Vec::new(), person: false }
    };
    vec![
        Rule { points: 3, ..rule("vip", When::All(vip), "gold") },
        Rule { skills: skills("french:2"), ..rule("french", When::Any(french), "") },
        rule("small-tier", When::All(small), "fast"),
        Rule { person: true, ..rule("cross", When::All(vec![attribute("tone", is("cross"))]), "") },
    ]
}

fn queue(name: &str, method: Method) -> QueueConfig {
    QueueConfig {
        method,
        due_in: Millis::HOUR,
        preferred_patience: Millis::from_seconds(10),
        ..QueueConfig::new(id(name))
    }
}

fn step(after: u64, demand: &str, keep_own: bool) -> RelaxStep {
    let skills = if demand.is_empty() { Vec::new() } else { skills(demand) };
    RelaxStep { after: Millis::from_seconds(after), skills, keep_own }
}

/// `name [cap=n] [rank=n] [reserve=n] [skills=skill:level] [site=name]`
fn agent_spec(words: &[&str]) -> AgentSpec {
    let channel = |name| AgentChannel { channel: id(name), max: None };
    AgentSpec {
        agent: id(words[0]),
        skills: option(words, "skills").map(skills).unwrap_or_default(),
        channels: vec![
            channel("call"),
            channel("mail"),
            channel("desk"),
            channel("booth"),
            channel("note"),
            channel("text"),
            channel("case"),
        ],
        capacity: option(words, "cap").map_or(1, number),
        rank: option(words, "rank").map_or(0, number),
        site: option(words, "site").map(id),
        reserve: option(words, "reserve").map(number),
        kind: if words.contains(&"bot") { AgentKind::Bot } else { AgentKind::Person },
    }
}

fn skills(text: &str) -> Vec<SkillDemand> {
    let (skill, level) = text.split_once(':').expect("a skill is name:level");
    vec![SkillDemand { skill: id(skill), level: Level::new(number(level)).expect("levels are 1 to 10") }]
}

fn option<'a>(words: &[&'a str], name: &str) -> Option<&'a str> {
    words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
}

fn at(second: &str) -> Time {
    Time(START_MS) + Millis::from_seconds(number(second))
}

fn number<N: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> N {
    text.parse().expect("a number in a test")
}

pub fn id<I: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> I {
    text.parse().expect("an id in a test")
}
