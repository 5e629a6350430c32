//! Each obstacle and answer as JSON.

use super::*;
use model::config::{Method, SkillDemand};
use model::ratio::Turns;
use model::throttle::ThrottleWhy;
use model::{Level, Millis, OfferNo, Presence, Time};
use serde_json::json;

fn id<T: TryFrom<String>>(name: &str) -> T
where
    T::Error: std::fmt::Debug,
{
    T::try_from(name.to_owned()).expect("an id")
}

fn demand() -> SkillDemand {
    SkillDemand { skill: id("french"), level: Level::MAX }
}

/// With everything that an explanation can say.
fn contact() -> ContactExplained {
    let standings = [
        Standing::IdleSince(Time(1_000)),
        Standing::AvailableSince(Time(1_000)),
        Standing::Load { used: 10, capacity: 100, idle_since: Time(1_000) },
        Standing::Skill { sum: 7, idle_since: Time(1_000) },
        Standing::LastOffer(OfferNo(4)),
        Standing::Rank(2),
    ];
    let obstacles = [
        Obstacle::Channel,
        Obstacle::Site(id("north")),
        Obstacle::Skill { skill: id("french"), level: Level::MAX },
        Obstacle::Excluded,
        Obstacle::KeptFrom,
        Obstacle::SignedOut,
        Obstacle::Lost,
        Obstacle::Draining,
        Obstacle::Aux(id("break")),
        Obstacle::Capacity,
        Obstacle::Reserve,
        Obstacle::Beside(id("voice")),
        Obstacle::ChannelFull,
        Obstacle::HoldsMost,
        Obstacle::Parked,
        Obstacle::Quiet,
        Obstacle::Deferred,
        Obstacle::Bot,
        Obstacle::Throttled(ThrottleWhy::Ration),
    ];
    let precedences = [Precedence::Belongs, Precedence::Score(-3), Precedence::Due(Time(2_000))];
    let exit_to = Some(id("mail"));
    let happenings = [
        Happening::PreferenceOver,
        Happening::ExclusionLifted { agents: vec![id("ann")] },
        Happening::Relaxes { step: 1, requires: vec![demand()], eligible: 3 },
        Happening::Pressed,
        Happening::Leaves { exit_to: None },
        Happening::WindowOver { exit_to },
        Happening::Due,
        Happening::Unthrottled { agents: vec![id("ann")] },
    ];
    let in_line = |precedence| InLine {
        contact: id("c2"),
        queue: id("q"),
        precedence,
        arrived_at: Time(5),
        turns: (precedence != Precedence::Belongs).then_some(Turns { turns: 4, share: 3 }),
    };
    ContactExplained {
        contact: id("c1"),
        channel: id("voice"),
        queue: id("q"),
        method: Method::BestSkill,
        whereabouts: Whereabouts::ForAgent { agent: id("ann"), until: Time(3_000) },
        arrived_at: Time(1_000),
        entered_at: Time(1_500),
        due_at: Some(Time(9_000)),
        rule: Some(id("vip")),
        overflow: vec![id("lend")],
        requires: vec![demand()],
        prefers: vec![demand()],
        person: true,
        site: Some(id("north")),
        unservable: true,
        points: -2,
        step: 1,
        pressed: true,
        holdups: vec![Obstacle::QueuePaused, Obstacle::Pulled, Obstacle::PutOff, Obstacle::WaitsForAnother],
        candidates: standings
            .map(|standing| Candidate {
                agent: id("ann"),
                interrupts: standing == Standing::Rank(2),
                preferred: (standing == Standing::Rank(2))
                    .then_some(model::explain::SkillsHad { had: 1, of: 1 }),
                standing,
            })
            .to_vec(),
        candidate_count: 9,
        others: obstacles.map(|obstacle| AgentGroup { obstacle, agents: 2, some: vec![id("bob")] }).to_vec(),
        ahead: Line { contacts: 8, first: precedences.map(in_line).to_vec() },
        upcoming: happenings.map(|what| Upcoming { at: Time(4_000), what }).to_vec(),
    }
}

fn conforms<T: JsonSchema + Serialize>(answer: &T) -> serde_json::Value {
    let schema = serde_json::to_value(schemars::schema_for!(T)).expect("JSON");
    let answer = serde_json::to_value(answer).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(&answer).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}\n{answer:#}");
    answer
}

#[test]
fn what_is_said_of_a_contact_has_the_shape_that_is_published() {
    let why = contact();
    let answer = conforms(&ContactWhy::new(&why));
    assert_eq!(answer["state"], "for_agent");
    assert_eq!((&answer["site"], &answer["unservable"]), (&json!("north"), &json!(true)));
    assert_eq!(
        answer["others"][1],
        json!({ "obstacle": "site", "site": "north", "agents": 2, "some": ["bob"] })
    );
    assert_eq!(answer["others"][2]["obstacle"], "skill");
    assert_eq!((&answer["others"][17]["obstacle"], &answer["person"]), (&json!("bot"), &json!(true)));
    assert_eq!(
        answer["others"][8],
        json!({ "obstacle": "aux", "reason": "break", "agents": 2, "some": ["bob"] })
    );
    assert_eq!(
        answer["candidates"]["first"][3],
        json!({
            "agent": "ann",
            "level_sum": 7,
            "idle_since": "1970-01-01T00:00:01.000Z",
            "interrupts": false,
        })
    );
    assert_eq!(
        answer["candidates"]["first"][5],
        json!({ "agent": "ann", "rank": 2, "preferred": 1, "interrupts": true })
    );
    assert_eq!(answer["ahead"]["first"][1]["score"], -3);
    assert_eq!(
        answer["upcoming"][2],
        json!({ "at": "1970-01-01T00:00:04.000Z", "what": "relaxes", "step": 1, "requires": { "french": 10 }, "eligible": 3 })
    );
}

#[test]
fn what_is_said_of_an_agent_and_of_an_offer_has_it_too() {
    let ContactExplained { candidates, ahead, .. } = contact();
    let states = [
        Whereabouts::InQueue,
        Whereabouts::PutOff { until: Time(1) },
        Whereabouts::Offered { agent: id("ann"), offer: OfferNo(3), expires_at: Time(1) },
        Whereabouts::Active { agent: id("ann") },
        Whereabouts::WrapUp { agent: id("ann"), until: Time(1) },
    ];
    let held = |whereabouts| Held { contact: id("c1"), channel: id("voice"), whereabouts };
    let agent = AgentExplained {
        agent: id("ann"),
        presence: Presence::Available,
        idle_since: Time(1_000),
        used: 100,
        capacity: 100,
        holds: states.map(held).to_vec(),
        deferred_until: Some(Time(2_000)),
        throttled: vec![(ThrottleWhy::SlowStart, Time(3_000))],
        channels: vec![(id("voice"), Some(Obstacle::Capacity)), (id("chat"), None)],
        next: ahead.clone(),
        others: vec![ContactGroup { obstacle: Obstacle::Channel, contacts: 1, some: vec![id("c3")] }],
    };
    let answer = conforms(&AgentWhy::new(&agent));
    assert_eq!(
        answer["channels"],
        json!([{ "channel": "voice", "open": false, "obstacle": "capacity" }, { "channel": "chat", "open": true }])
    );
    assert_eq!(answer["throttled"], json!([{ "why": "slow_start", "until": "1970-01-01T00:00:03.000Z" }]));
    let offer = OfferExplained {
        offer: OfferNo(7),
        agent: id("ann"),
        queue: id("q"),
        method: Method::Order,
        age: Millis(1_234),
        preferred: true,
        known: Some(model::transition::KnownWhy::Matter),
        candidates,
        candidate_count: 6,
        passed: ahead,
    };
    let answer = conforms(&OfferWhy::new(&offer));
    assert_eq!((&answer["age_ms"], &answer["known"]), (&json!(1_234), &json!("matter")));
}
