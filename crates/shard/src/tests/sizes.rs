//! Whatever one step decides fits a record: the worst legal input of each kind is decoded, decided by the engine, and
//! encoded behind a group that was a byte short of full.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::{Decisions, Engine};
use model::agent::AGENT_HOLDS_MAX;
use model::transition::RefusedInput;
use model::{AgentId, Change, Input, Refusal, TenantId, TenantNo, Time, Transition};
use protocol::config;
use protocol::input::{self, BODY_SIZE_MAX, DETAIL_SIZE_MAX};
use protocol::record::{
    self, Body, COMMIT_BYTES_TARGET, Commit, Hash, Header, LostInputs, Record, STEP_BYTES_MAX,
    transition_bytes,
};

use crate::limits::GROUP_INPUTS_MAX;

const TENANT: &str = "acme";
/// What one agent may hold.
const HOLDS: usize = AGENT_HOLDS_MAX;
/// Contacts that may wait for one agent alone.
const WAITERS: usize = 32;
/// Contacts that are interrupted for one.
const YIELDED: usize = 4;
/// Offers of one slice of settling.
const SLICE: usize = 512;

#[test]
fn a_large_contact() {
    let mut desk = Desk::new(&config("auto_accept = true"));
    desk.sign_in("ann", HOLDS);
    let attributes: Vec<String> =
        (0..64).map(|name| format!("\"a{name}\":\"{}\"", "x".repeat(244))).collect();
    let body = format!(
        r#"{{"type":"contact_create","contact":"c","channel":"chat","queue":"q","attributes":{{{}}}}}"#,
        attributes.join(",")
    );
    assert!((BODY_SIZE_MAX - 1_000..BODY_SIZE_MAX).contains(&body.len()), "{}", body.len());
    let decided = desk.tell("contact", &body);
    assert_eq!(count(&decided, "Accepted"), 1);
    check(decided);
}

#[test]
fn an_agent_who_takes_all_it_can() {
    for (is_roster, body) in
        [(false, r#"{"type":"available","session":1,"counter":9}"#.to_owned()), (true, roster("ann", HOLDS))]
    {
        let mut desk = Desk::new(&config("auto_accept = true"));
        desk.sign_in("ann", if is_roster { 1 } else { HOLDS });
        if !is_roster {
            desk.tell("agent.ann", r#"{"type":"aux","session":1,"counter":2,"reason":"no_answer"}"#);
        }
        desk.contacts(HOLDS + 1, "");
        let decided = desk.tell(if is_roster { "admin" } else { "agent.ann" }, &body);
        assert!(count(&decided, "Accepted") >= HOLDS - 1);
        check(decided);
    }
}

#[test]
fn an_agent_who_leaves_everything_to_others() {
    let mut desk = Desk::holding_all(
        "auto_accept = true\npreferred_patience = \"1h\"\nretry_same_agent_after = \"1ms\"",
    );
    desk.contacts(WAITERS, r#","preferred_agent":"ann""#);
    desk.sign_in("bob", HOLDS);
    desk.sign_in("cleo", HOLDS);
    let decided = desk.tell("agent.ann", r#"{"type":"sign_out","session":1,"counter":9}"#);
    assert_eq!(count(&decided, "ContactReturned"), HOLDS);
    assert_eq!(count(&decided, "Accepted"), HOLDS + WAITERS);
    check(decided);
}

#[test]
fn an_agent_whose_window_is_over() {
    let mut desk = Desk::holding_all("auto_accept = true");
    desk.sign_in("bob", HOLDS);
    let agent = AgentId::new("ann").expect("valid");
    desk.handle(Input::AgentSilent { tenant: tenant(), agent, session: 1 });
    desk.now += model::Millis::HOUR;
    let decided = desk.handle(Input::Tick { until: Time::MAX });
    assert_eq!(count(&decided, "Accepted"), HOLDS);
    check(decided);
}

#[test]
fn many_agents_whose_windows_are_over_at_once() {
    const AGENTS: usize = 8;
    let mut desk = Desk::new(&config("auto_accept = true"));
    for agent in 0..AGENTS {
        desk.sign_in(&format!("a{agent}"), HOLDS);
    }
    desk.contacts(AGENTS * HOLDS, "");
    for agent in 0..AGENTS {
        let agent = AgentId::new(&format!("a{agent}")).expect("valid");
        desk.handle(Input::AgentSilent { tenant: tenant(), agent, session: 1 });
    }
    desk.now += model::Millis::HOUR;
    let mut returned = 0;
    while desk.engine.next_timer().is_some_and(|due| due <= desk.now) {
        let decided = desk.handle(Input::Tick { until: Time::MAX });
        returned += count(&decided, "ContactReturned");
        check(decided);
    }
    assert_eq!(returned, AGENTS * HOLDS);
}

#[test]
fn an_agent_whose_offers_are_taken_back() {
    let mut desk = Desk::holding_all("auto_accept = false");
    desk.sign_in("bob", HOLDS);
    let decided = desk.tell("agent.ann", r#"{"type":"aux","session":1,"counter":9,"reason":"no_answer"}"#);
    assert_eq!((count(&decided, "OfferEnded"), count(&decided, "Offered")), (HOLDS, HOLDS));
    check(decided);
}

/// Of each more was said meanwhile, each asks for something that nobody asked for before, then for less, and then counts as live.
#[test]
fn an_agent_whose_offers_were_updated_and_are_taken_back() {
    let skills = |level: &dyn Fn(usize) -> usize| {
        let each: Vec<String> = (0..15).map(|skill| format!("\"s{skill}\":{}", level(skill))).collect();
        each.join(",")
    };
    let names: Vec<String> = (0..16).map(|skill| format!("\"s{skill}\"")).collect();
    let rule = "[[rules]]\nname = \"r\"\nwhen.all = [{ field = \"attributes.x\", exists = true }]\n";
    let head = format!("version = 1\nskills = [{}]\n", names.join(","));
    let queue = "relax = [{ after = \"1m\", skills = { s15 = 3 } }]\noffer_timeout = \"1h\"\ndue_in = \"61m\"\npressure = \"1h\"";
    let text = config(queue).replace("version = 1\n", &head).replace("cost", "kind = \"indirect\"\ncost")
        + rule
        + "skills = { s15 = 2 }\n";
    let mut desk = Desk::new(&text);
    for agent in ["ann", "bob"] {
        let skills = format!(r#""skills":{{{},"s15":10}},"channels""#, skills(&|_| 10));
        desk.tell("admin", &roster(agent, HOLDS).replace("\"channels\"", &skills));
    }
    desk.tell("agent.ann", r#"{"type":"sign_in","session":1,"counter":1}"#);
    for contact in 0..HOLDS {
        let level = |skill: usize| 1 + contact / 10usize.pow(skill.min(3) as u32) % 10;
        let body = format!(
            r#"{{"type":"contact_create","contact":"c{contact}","channel":"chat","queue":"q","skills":{{{}}}}}"#,
            skills(&level)
        );
        assert_eq!(count(&desk.tell("contact", &body), "Offered"), 1);
        let update =
            format!(r#"{{"type":"contact_update","contact":"c{contact}","attributes":{{"x":"1"}}}}"#);
        desk.tell("contact", &update);
    }
    desk.tell("agent.bob", r#"{"type":"sign_in","session":1,"counter":1}"#);
    desk.now += model::Millis::from_seconds(120);
    let decided = desk.tell("agent.ann", r#"{"type":"aux","session":1,"counter":9,"reason":"no_answer"}"#);
    assert_eq!(count(&decided, "ContactReclassified"), HOLDS);
    assert_eq!((count(&decided, "ContactRelaxed"), count(&decided, "ContactPressed")), (HOLDS, HOLDS));
    assert_eq!((count(&decided, "ProfileOpened"), count(&decided, "Offered")), (3 * HOLDS, HOLDS));
    check(decided);
}

/// A look that acts on as many as it may: each asks for something that nobody asked for, and is accepted at once.
#[test]
fn a_backlog_that_overflows() {
    const LOOK: usize = 256;
    let names: Vec<String> = (0..16).map(|skill| format!("\"s{skill}\"")).collect();
    let lent: Vec<String> = (0..12).map(|skill| format!("s{skill} = 10")).collect();
    let long = "r".repeat(64);
    let rule = format!(
        "[[overflow]]\nname = \"{long}\"\nqueue = \"q\"\ncap = {LOOK}\nwhen = {{ signal = \"waiting\", at_least = 1 }}\n\
         until = {{ signal = \"waiting\", at_most = 0 }}\nlend = {{ skills = {{ {} }} }}\n",
        lent.join(", ")
    );
    let head = format!("version = 1\nskills = [{}]\n", names.join(","));
    let queue = "skills = { s15 = 10 }\nauto_accept = true";
    let text = config(queue).replace("version = 1\n", &head) + &rule;
    let mut desk = Desk::new(&text);
    let skills: Vec<String> = (0..15).map(|skill| format!("\"s{skill}\":10")).collect();
    let skills = format!(r#""skills":{{{}}},"channels""#, skills.join(","));
    for agent in ["ann", "bob"] {
        desk.tell("admin", &roster(agent, HOLDS).replace("\"channels\"", &skills));
        desk.tell(&format!("agent.{agent}"), r#"{"type":"sign_in","session":1,"counter":1}"#);
    }
    for contact in 0..LOOK + 9 {
        let levels = [contact % 10, contact / 10 % 10, contact / 100].map(|level| level + 1);
        let own = format!(r#","skills":{{"s12":{},"s13":{},"s14":{}}}"#, levels[0], levels[1], levels[2]);
        desk.contacts(1, &own);
    }
    desk.now += model::Millis::from_seconds(5);
    let decided = desk.handle(Input::Tick { until: Time::MAX });
    // Four changes for each, until the tick has decided as much as it may.
    let acted_on = 768 / 4;
    assert!(acted_on < LOOK);
    assert_eq!(count(&decided, "ContactOverflowed"), acted_on);
    assert_eq!((count(&decided, "ProfileOpened"), count(&decided, "Accepted")), (acted_on, acted_on));
    check(decided);
}

#[test]
fn the_largest_configuration_and_all_it_makes_possible() {
    // Nobody can take anything until the second version makes contacts cheap.
    let mut desk = Desk::new(&config("auto_accept = true").replace("cost = 1", "cost = 60000"));
    for agent in 0..SLICE - 1 {
        desk.sign_in(&format!("a{agent}"), 1);
    }
    desk.sign_in("z", HOLDS);
    desk.contacts(SLICE + HOLDS, "");
    let text = largest_config();
    check(desk.apply(&text));
    let decided = desk.handle(Input::Offering(true));
    assert_eq!(count(&decided, "Accepted"), SLICE - 1 + HOLDS);
    check(decided);
}

#[test]
fn a_refusal() {
    let change = Change::Refused(Box::new(RefusedInput {
        tenant: TenantId::new(&"t".repeat(64)).expect("valid"),
        position: u64::MAX,
        reason: Refusal::ConfigInvalid,
        detail: "x".repeat(DETAIL_SIZE_MAX),
        agent: Some(AgentId::new(&"a".repeat(64)).expect("valid")),
        head: "x".repeat(input::HEAD_SIZE),
    }));
    check(vec![Transition { tenant: TenantNo(u32::MAX), change }]);
}

/// What the limits on capacity and configuration count with.
#[test]
fn what_a_contact_costs_at_most() {
    let bytes = |change| transition_bytes(&Transition { tenant: TenantNo(u32::MAX), change });
    let (contact, agent) = (model::ContactNo(u64::MAX), model::AgentNo(u32::MAX));
    let offered =
        Change::Offered { contact, agent, offer: model::OfferNo(u64::MAX), expires_at: Time::MAX, by: None };
    let returned = Change::ContactReturned {
        contact,
        profile: model::ProfileNo(u32::MAX),
        points: i32::MIN,
        why: model::transition::ReturnedWhy::AgentLeft,
        kept_from_until: Time::MAX,
    };
    let taken = bytes(offered) + bytes(Change::Accepted { contact });
    let preferred = model::transition::Place::Preferred { agent, until: Time::MAX };
    let estimate =
        model::estimate::Estimate::Known { p50: model::Millis(u64::MAX), p90: model::Millis(u64::MAX) };
    let outlook = model::estimate::Outlook { position: u32::MAX, estimate };
    let waits = bytes(Change::ContactQueued { contact, place: preferred })
        + bytes(Change::ContactEstimated { contact, outlook });
    let moved = taken + bytes(returned.clone()) + bytes(Change::ExclusionLifted { contact });
    let mut requirement = model::Requirement::default();
    for skill in 0..model::skill::REQUIREMENT_SKILLS_MAX as u16 {
        let skill = model::SkillNo(u16::MAX - skill);
        assert!(requirement.add(model::SkillLevel { skill, level: model::Level::MAX }));
    }
    let profile = model::ProfileNo(u32::MAX);
    let opened = Change::ProfileOpened {
        profile,
        queue: model::QueueNo(u16::MAX),
        channel: model::ChannelNo(u8::MAX),
        ageing_per_minute: u32::MAX,
        requirement: Box::new(requirement),
        pressure: Some(model::Millis(u64::MAX)),
        site: Some(model::SiteNo(u16::MAX)),
        person: true,
    };
    let opened = bytes(opened) + bytes(Change::ProfileClosed { profile });
    let rule = model::RuleName::new(&"r".repeat(64)).ok();
    let changed = moved
        + waits.saturating_sub(taken)
        + bytes(Change::ContactReclassified { contact, profile, points: i32::MIN, rule })
        + bytes(Change::ContactRelaxed { contact, step: u8::MAX, profile })
        + bytes(Change::ContactPressed { contact, profile })
        + bytes(Change::ContactJoined { contact, agent, until: Time::MAX })
        + 3 * opened;
    // Whoever was offered one whose customer fell silent meanwhile did not have it, so it is no more than what comes back.
    let slowed = Change::ContactSlowed { contact, profile, points: i32::MIN, due_at: Time::MAX };
    let returned_or_relaxed =
        bytes(returned.clone()) + bytes(Change::ContactRelaxed { contact, step: u8::MAX, profile });
    let how = model::transition::OfferEnd::Revoked;
    let ended = bytes(Change::OfferEnded { contact, how, kept_from_until: Time::MAX });
    assert!(bytes(slowed) + ended <= returned_or_relaxed);
    let rule = model::RuleName::new(&"r".repeat(64)).expect("valid");
    let overflowed = bytes(Change::ContactOverflowed {
        contact,
        rule: rule.clone(),
        profile,
        points: i32::MIN,
        step: u8::MAX,
    });
    let state = model::overflow::OverflowState::Rising { since: Time::MAX };
    let turned = bytes(Change::OverflowTurned { rule, state, measured: vec![Some(u64::MAX); 8] });
    // A look ends like a tick: five changes for a contact, after that at most one contact's and what 64 rules turn.
    let each = (moved / 2).max((overflowed + opened + taken) / 5);
    assert!(768 * each + changed + WAITERS * moved + 64 * turned + 500 <= STEP_BYTES_MAX, "{each}, {turned}");
    // What a live contact interrupts takes less than the pressure that it never comes under.
    let interrupted = bytes(Change::ContactInterrupted { contact });
    let pressed = bytes(Change::ContactPressed { contact, profile }) + opened;
    assert!(YIELDED * interrupted <= pressed, "{interrupted}, {pressed}");
    // And what an agent goes on with, counted as offers, less than an offer.
    assert!(interrupted.max(bytes(Change::ContactResumed { contact })) <= taken);
    // What stays with an agent who is signed out costs less than what comes back.
    assert!(bytes(Change::ContactParked { contact, until: Time::MAX }) <= bytes(returned));
    let risk =
        model::work::DeadlineRisk { contact, due_at: Time::MAX, expected_at: Time::MAX, late: u32::MAX };
    let judged = bytes(Change::DeadlinesJudged { queue: model::QueueNo(u16::MAX), risk: Some(risk) });
    assert!(judged <= taken, "{judged}");
    // Whoever waits is not offered, and costs less also when nobody could take it.
    let place = model::transition::Place::Queue;
    let unservable =
        bytes(Change::ContactQueued { contact, place }) + bytes(Change::ContactUnservable { contact });
    assert!(unservable <= taken, "{unservable}");
    assert!(taken <= 141 && moved <= 320 && changed <= 2_166, "{taken}, {moved}, {changed}");
    // The last agent of a slice may be interrupted in all that it holds, and offered as much.
    let last = HOLDS * (taken + interrupted);
    assert!(config::ENCODED_SIZE_MAX + (SLICE - 1) * taken + last + 500 <= STEP_BYTES_MAX);
    assert!((HOLDS + WAITERS) * changed + 500 <= STEP_BYTES_MAX);
    // A tick that has decided almost all it may, and then an agent's whole hands.
    assert!(768 * moved / 2 + (HOLDS + WAITERS) * changed + 500 <= STEP_BYTES_MAX);
}

/// Encodes a step's decisions in the worst company.
fn check(step: Vec<Transition>) {
    let bytes: usize = step.iter().map(transition_bytes).sum();
    assert!(bytes <= STEP_BYTES_MAX, "{bytes}");
    let refused = |detail: usize| {
        let change = Change::Refused(Box::new(RefusedInput {
            tenant: tenant(),
            position: 1,
            reason: Refusal::BadField,
            detail: "x".repeat(detail),
            agent: None,
            head: String::new(),
        }));
        Transition { tenant: TenantNo(1), change }
    };
    let frame = transition_bytes(&refused(COMMIT_BYTES_TARGET)) - COMMIT_BYTES_TARGET;
    let mut transitions = vec![refused(COMMIT_BYTES_TARGET - 1 - frame)];
    assert_eq!(transition_bytes(&transitions[0]), COMMIT_BYTES_TARGET - 1);
    transitions.extend(step);
    let lost = vec![LostInputs { first: u64::MAX, last: u64::MAX }; GROUP_INPUTS_MAX];
    let commit = Commit {
        ingest_position: u64::MAX,
        published_through: u64::MAX,
        lost,
        transitions,
        ingest_stamp: None,
    };
    let header = Header { epoch: u64::MAX, commit_no: u64::MAX, prev_hash: Hash::ZERO };
    let record = Record { header, now: Time::MAX, body: Body::Commit(commit) };
    record::encode(&record).expect("it fits");
}

/// One tenant's inputs on their way into an engine.
struct Desk {
    engine: Engine,
    now: Time,
    position: u64,
    texts: BTreeMap<(TenantId, String), Arc<str>>,
}

impl Desk {
    fn new(config: &str) -> Desk {
        let engine = Engine::new([7; 16]);
        let mut desk = Desk { engine, now: Time(1_800_000_000_000), position: 0, texts: BTreeMap::new() };
        desk.handle(Input::Offering(true));
        desk.apply(config);
        while !desk.engine.is_settled() {
            desk.handle(Input::Offering(true));
        }
        desk
    }

    /// An agent `ann` who holds, or is offered, all that she can.
    fn holding_all(queue: &str) -> Desk {
        let mut desk = Desk::new(&config(queue));
        desk.sign_in("ann", HOLDS);
        desk.contacts(HOLDS, "");
        desk
    }

    fn apply(&mut self, text: &str) -> Vec<Transition> {
        let hash = config::hash(text);
        self.texts.insert((tenant(), hash.clone()), Arc::from(text));
        let decided = self.tell("admin", &format!(r#"{{"type":"config_apply","hash":"{hash}"}}"#));
        assert_eq!(count(&decided, "ConfigApplied"), 1);
        decided
    }

    fn sign_in(&mut self, agent: &str, capacity: usize) {
        self.tell("admin", &roster(agent, capacity));
        self.tell(&format!("agent.{agent}"), r#"{"type":"sign_in","session":1,"counter":1}"#);
    }

    fn contacts(&mut self, contacts: usize, fields: &str) {
        for _ in 0..contacts {
            let position = self.position;
            let body = format!(
                r#"{{"type":"contact_create","contact":"c{position}","channel":"chat","queue":"q"{fields}}}"#
            );
            self.tell("contact", &body);
        }
    }

    fn tell(&mut self, source: &str, body: &str) -> Vec<Transition> {
        self.position += 1;
        let subject = format!("wissel.in.{TENANT}.{source}");
        let input = input::decode(&subject, body.as_bytes(), self.position, self.now, None, &self.texts);
        let decided = self.handle(Input::Tenant(input.expect("a good subject")));
        assert_eq!(count(&decided, "Refused"), 0, "{body}: {decided:?}");
        decided
    }

    fn handle(&mut self, input: Input) -> Vec<Transition> {
        let mut decisions = Decisions::default();
        self.engine.handle(self.now, input, &mut decisions);
        decisions.transitions
    }
}

fn tenant() -> TenantId {
    TenantId::new(TENANT).expect("valid")
}

/// A contact takes the least that it can.
fn config(queue: &str) -> String {
    format!("version = 1\n[channels.chat]\ncost = 1\nmax = \"none\"\n[queues.q]\n{queue}\n")
}

/// To a byte or so what is taken; each of its queues is as large as its text is small.
fn largest_config() -> String {
    let text = |queues: usize| {
        let queues: String = (0..queues).map(|queue| format!("[queues.q{queue}]\n")).collect();
        let config = config("auto_accept = true").replace("version = 1", "version = 2");
        format!("{config}{queues}")
    };
    let (mut taken, mut refused) = (1, model::config::QUEUES_MAX);
    while taken + 1 < refused {
        let queues = usize::midpoint(taken, refused);
        if config::parse(&text(queues)).is_ok() {
            taken = queues;
        } else {
            refused = queues;
        }
    }
    text(taken)
}

fn roster(agent: &str, capacity: usize) -> String {
    format!(r#"{{"type":"agent_put","agent":"{agent}","channels":{{"chat":{{}}}},"capacity":{capacity}}}"#)
}

fn count(decided: &[Transition], change: &str) -> usize {
    decided.iter().filter(|transition| format!("{:?}", transition.change).starts_with(change)).count()
}
