//! The real day played to its end against the simplest router, in virtual time.

mod support;

use model::calendar::{CalendarConfig, Date, OpenRange, SpecialDay};
use model::config::{QuietConfig, SiteNeed, SkillDemand};
use model::contact::Outcome;
use model::hand::Taking;
use model::overflow::{Bound, Floor, Lent, Limit, OverflowAction, OverflowRule, Proposal, Signal, Threshold};
use model::throttle::{Ration, SlowStart};
use model::time::{Millis, Time};
use model::{AgentId, CalendarId, ChannelId, ContactId, Level, OfferNo, RuleName, SiteId};
use support::play;
use wissel_workload::distribution::Span;
use wissel_workload::{DayOptions, Observation, Plan, Play, Trace, config_text::config_text, day_plan};

fn day(options: &DayOptions) -> Plan {
    day_plan(&Trace::bank1999(), options)
}

#[test]
fn every_contact_has_exactly_one_outcome() {
    let played = play(day(&DayOptions::default()), 1);
    let summary = played.summary();
    println!("{summary}");
    assert!(played.is_done());
    assert_eq!((summary.lost, summary.assigned_twice), (0, 0));
    let figures = summary.whole.played;
    assert_eq!((figures.contacts, figures.answered + figures.abandoned), (2239, 2239));
    for (planned, record) in played.records() {
        let contact = &planned.body.contact;
        assert_eq!(record.created, Some(planned.at), "{contact}");
        match record.outcome {
            Some(Outcome::Completed) => assert_eq!(record.held, planned.handle, "{contact}"),
            Some(Outcome::Abandoned) => {
                assert_eq!(record.ended, planned.patience.map(|patience| planned.at + patience), "{contact}");
            }
            Some(
                Outcome::Cancelled
                | Outcome::Blocked
                | Outcome::TimedOut
                | Outcome::TurnedAway
                | Outcome::NotReached,
            )
            | None => panic!("{contact} has no outcome of a caller"),
        }
    }
}

/// The play is the real day in what matters, so that what a router makes of it means something.
#[test]
fn the_played_day_resembles_the_real_one() {
    let summary = play(day(&DayOptions::default()), 1).summary();
    let real = summary.whole.real.expect("the day was real");
    assert_eq!((real.contacts, real.answered, real.abandoned), (2239, 1511, 728));
    assert_eq!(real.asa, Millis(134_846));
    assert_eq!(real.service_level_permille, 180);
    assert_eq!(summary.occupancy_permille_real, Some(854));
    let played = summary.whole.played;
    // Over seeds 1 to 20: 1,456 to 1,539 answered, ASA 114 to 146 s, occupancy 81.3% to 86.4%.
    assert!(played.answered.abs_diff(real.answered) < 60, "{summary}");
    assert!(played.asa.0.abs_diff(real.asa.0) < 25_000, "{summary}");
    assert!(summary.occupancy_permille.abs_diff(854) < 45, "{summary}");
}

#[test]
fn what_others_do_is_not_counted() {
    let mut play = Play::new(day(&DayOptions::default()), 1);
    let before = play.summary();
    let agent = AgentId::new("guest").expect("an id");
    let contact = ContactId::new("guest-1").expect("an id");
    let (offer, expires_at) = (OfferNo(1), Time(20_000));
    for observation in [
        Observation::Offered { agent: agent.clone(), contact: contact.clone(), offer, expires_at },
        Observation::Accepted { agent: agent.clone(), contact: contact.clone(), offer },
        Observation::Closed { contact, agent: Some(agent), outcome: Outcome::Completed },
    ] {
        play.observe(Time(0), observation);
    }
    assert_eq!(play.summary(), before);
}

#[test]
fn a_seed_is_a_plan_and_a_play() {
    let bytes = |options: &DayOptions| format!("{:?}", day(options));
    let options = DayOptions::default();
    assert_eq!(bytes(&options), bytes(&options));
    assert_ne!(bytes(&options), bytes(&DayOptions { seed: 2000, ..DayOptions::default() }));
    let records = |seed| format!("{:?}", play(day(&options), seed).records().collect::<Vec<_>>());
    assert_eq!(records(1), records(1));
    assert_ne!(records(1), records(2));
}

#[test]
fn agents_who_miss_and_decline_lose_nobody() {
    let mut options = DayOptions::default();
    options.habits.no_show_permille = 150;
    options.habits.decline_permille = 100;
    // Some accept after the offer's time is over.
    options.habits.accept_delay = Span::Exponential { mean: Millis::from_seconds(8) };
    let summary = play(day(&options), 3).summary();
    assert_eq!((summary.lost, summary.assigned_twice), (0, 0), "{summary}");
    assert!(summary.offers_ended > 300, "{summary}");
}

#[test]
fn a_faster_day_tells_the_same_story() {
    let begin = Time(1_800_000_000_000);
    let plan = day(&DayOptions::default()).moved_to(begin).faster(60).expect("sixty times is allowed");
    assert_eq!(plan.begins_at(), begin);
    let last = plan.contacts.last().expect("a contact");
    assert!(last.at.since(begin) < Millis::from_seconds(18 * 60), "eighteen hours in eighteen minutes");
    let fast = play(plan, 1).summary();
    let slow = play(day(&DayOptions::default()), 1).summary();
    assert_eq!((fast.lost, fast.assigned_twice), (0, 0));
    assert_eq!(fast.whole.real, slow.whole.real);
    assert_eq!(fast.occupancy_permille_real, slow.occupancy_permille_real);
    assert!(fast.whole.played.answered.abs_diff(slow.whole.played.answered) < 60, "{fast}\n{slow}");
    let refused = day(&DayOptions::default()).faster(101).expect_err("ageing has a limit");
    assert_eq!(refused.speed_max, 100);
}

#[test]
fn the_configuration_as_text() {
    let text = config_text(&day(&DayOptions::default()).config);
    let head = r#"version = 1
skills = ["ps", "pe", "ne", "in", "nw", "tt"]
reconnect_window = "60s"

[channels.voice]
kind = "live"
cost = 100

[queues.ps]
skills = { ps = 1 }
method = "longest_idle"
points = 0
ageing_per_minute = 60
offer_timeout = "20s"
wrap_up = "0s"
due_in = "24h"
retry_same_agent_after = "30s"
service_level = { percent = 80, within = "20s" }

[queues.pe]
"#;
    assert!(text.starts_with(head), "{text}");
    let tail = r#"
[aux]
reasons = ["break", "no_answer"]

[rona]
retries = 2
aux = "no_answer"
"#;
    assert!(text.ends_with(tail), "{text}");
}

#[test]
fn overflow_as_text() {
    let mut config = day(&DayOptions::default()).config;
    let limit = |signal, bound| Limit { signal, bound };
    let queue = |at: usize| config.queues[at].name.clone();
    let when = vec![
        limit(Signal::Waiting, Bound::AtLeast(3)),
        limit(Signal::Oldest, Bound::AtLeast(90_000)),
        limit(Signal::AtRisk { within: Millis::HOUR }, Bound::AtLeast(1)),
        limit(Signal::EwtP90, Bound::AtLeast(120_000)),
    ];
    let free = Signal::Free { channel: config.channels[0].name.clone() };
    let until = vec![
        limit(Signal::Eligible, Bound::AtLeast(2)),
        limit(free, Bound::AtLeast(1)),
        limit(Signal::Backlog, Bound::AtMost(600_000)),
        limit(Signal::Late, Bound::AtMost(0)),
    ];
    let skill = SkillDemand { skill: config.skills[1].clone(), level: Level::MIN };
    let rule = |name: &str, floor, action| OverflowRule {
        name: RuleName::new(name).expect("an id"),
        queue: queue(0),
        when: Threshold { limits: when.clone(), lasting: Millis::from_seconds(30) },
        until: Threshold { limits: until.clone(), lasting: Millis::ZERO },
        floor,
        cap: 7,
        action,
    };
    let floor = Floor { queue: queue(1), limit: limit(Signal::ServiceLevel, Bound::AtLeast(80)) };
    let lent = Lent { skills: vec![skill], keep_own: false };
    let channels = vec![config.channels[0].name.clone()];
    let proposal = Proposal { channels, queue: queue(1), timeout: Millis::from_seconds(60) };
    let rules = vec![
        rule("lend", vec![floor], OverflowAction::Lend(lent)),
        rule("move", Vec::new(), OverflowAction::Move(queue(1))),
        rule("raise", Vec::new(), OverflowAction::Raise(5)),
        rule("relax", Vec::new(), OverflowAction::Relax(1)),
        rule("write", Vec::new(), OverflowAction::Propose(proposal)),
    ];
    config.channels[0].steering = 7;
    config.overflow = rules;
    config.queues[1].estimate = true;
    config.queues[1].foresee = true;
    config.queues[1].handling_max = Some(Millis::HOUR);
    config.queues[1].taking = Taking::Pulled;
    config.slow_start = Some(SlowStart { over: Millis::from_seconds(60), every: Millis(1_500) });
    config.ration = Some(Ration { offers: 20, over: Millis::HOUR });
    let text = config_text(&config);
    let channel = &config.channels[0].name;
    let proposal = format!("propose = {{ channels = [\"{channel}\"], queue = \"pe\", timeout = \"60s\" }}\n");
    let when = "when = [{ signal = \"waiting\", at_least = 3, for = \"30s\" }, { signal = \"oldest\", at_least = \"90s\", for = \"30s\" }, \
                { signal = \"at_risk\", within = \"1h\", at_least = 1, for = \"30s\" }, { signal = \"ewt_p90\", at_least = \"120s\", for = \"30s\" }]\n";
    let until = format!(
        "until = [{{ signal = \"eligible\", at_least = 2, for = \"0s\" }}, \
         {{ signal = \"free\", channel = \"{channel}\", at_least = 1, for = \"0s\" }}, \
         {{ signal = \"backlog\", at_most = \"600s\", for = \"0s\" }}, \
         {{ signal = \"late\", at_most = 0, for = \"0s\" }}]\n"
    );
    for part in [
        "[[overflow]]\nname = \"lend\"\nqueue = \"ps\"\ncap = 7\n",
        when,
        &until,
        "floor = [{ queue = \"pe\", signal = \"service_level\", at_least = 80 }]\n",
        "lend = { skills = { pe = 1 }, keep_own = false }\n",
        "move = \"pe\"\n",
        "raise = 5\n",
        "relax = 1\n",
        "estimate = true\nforesee = true\ntaking = \"pulled\"\n",
        "steering = 7\n",
        "handling_max = \"1h\"\n",
        "[slow_start]\nover = \"60s\"\nevery = \"1500ms\"\n",
        "[ration]\noffers = 20\nover = \"1h\"\n",
        &proposal,
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}

#[test]
fn calendars_as_text() {
    let mut config = day(&DayOptions::default()).config;
    let name = CalendarId::new("office").expect("an id");
    let morning = OpenRange { from: 8 * 60, to: 12 * 60 };
    let mut week: [Vec<OpenRange>; 7] = Default::default();
    week[4] = vec![morning, OpenRange { from: 13 * 60, to: 24 * 60 }];
    let special = vec![
        SpecialDay { date: Date::new(2026, 12, 24), open: vec![morning] },
        SpecialDay { date: Date::new(2026, 12, 25), open: Vec::new() },
    ];
    config.calendars =
        vec![CalendarConfig { name: name.clone(), zone: "Europe/Amsterdam".to_owned(), week, special }];
    let queue = &mut config.queues[0];
    (queue.calendar, queue.due_business_days) = (Some(name.clone()), Some(2));
    (queue.hours, queue.pressure) = (Some(name), Some(Millis(90_000)));
    let text = config_text(&config);
    for part in [
        "[calendars.office]\nzone = \"Europe/Amsterdam\"\nmon = []\n",
        "fri = [\"08:00-12:00\", \"13:00-24:00\"]\nsat = []\n",
        "special = { 2026-12-24 = [\"08:00-12:00\"], 2026-12-25 = [] }\n",
        "due_in = \"2 business days\"\n",
        "pressure = \"90s\"\n",
        "calendar = \"office\"\nhours = \"office\"\n",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}

#[test]
fn sites_and_capacity_as_text() {
    let mut config = day(&DayOptions::default()).config;
    config.sites = ["north", "south"].map(|site| SiteId::new(site).expect("an id")).to_vec();
    config.channels[0].site = SiteNeed::Required;
    config.channels[0].beside = Some(vec![ChannelId::new("chat").expect("an id")]);
    config.channels[0].interruptions = Some(2);
    config.channels[0].bound_for = Some(Millis::HOUR);
    let to = ChannelId::new("later").expect("an id");
    config.channels[0].quiet = Some(QuietConfig { to, ends: Millis::from_seconds(90) });
    config.reserve = Some(40);
    let skill = config.skills[0].clone();
    config.queues[0].prefer = vec![SkillDemand { skill: skill.clone(), level: Level::MIN }];
    let text = config_text(&config);
    assert!(text.contains(&format!("\nprefer = {{ {skill} = 1 }}\n")), "{text}");
    for line in [
        "\nsites = [\"north\", \"south\"]\nreserve = 40\n",
        "cost = 100\nsite = \"required\"\nbeside = [\"chat\"]\nquiet = { to = \"later\", ends = \"90s\" }\nbound = \"status\"\nbound_for = \"1h\"\ninterruptions = 2\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
}
