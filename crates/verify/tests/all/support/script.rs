//! The words of a story's lines.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::agent::{AfterDraining, PresenceBefore};
use model::config::{
    ChannelConfig, ChannelKind, CustomersConfig, QueueConfig, QueueState, RelaxStep, RonaConfig,
    ScheduleConfig, SiteNeed, SkillDemand, TenantConfig,
};
use model::estimate::{Estimate, Outlook, UnknownWhy};
use model::hand::Taking;
use model::overflow::{
    Bound, Floor, Lent, Limit, OverflowAction, OverflowRule, OverflowState, Proposal, Signal, Threshold,
};
use model::rule::{Among, Classified, Condition, Decimal, Rule, Test, When};
use model::transition::{
    ExitWhy, KnownAgent, KnownWhy, OfferEnd, Place, PresenceCause, ProposalEnd, RefusedInput, ReturnedWhy,
};
use model::work::DeadlineRisk;
use model::{
    AgentId, AgentNo, AuxReason, Change, ChannelId, ChannelNo, ContactNo, InputBody, Level, Millis, OfferNo,
    Outcome, Presence, ProfileNo, QueueId, QueueNo, Refusal, Requirement, RuleName, SiteId, SiteNo, SkillId,
    SkillLevel, SkillNo, TenantId, TenantNo, Time, Transition,
};
use protocol::input::decode;

use super::calendars::counter;
use super::{bots, bound, consult, hand, moving, plain, quiet, throttle};

pub const CHANNELS: [&str; 9] = ["chat", "voice", "mail", "desk", "booth", "note", "task", "text", "case"];
const SITES: [&str; 2] = ["north", "south"];
pub const QUEUES: [&str; 16] = [
    "sales", "support", "spain", "letters", "forms", "lobby", "calls", "line", "busy", "hours", "polite",
    "basket", "people", "timed", "three", "one",
];
const AGENTS: [&str; 3] = ["jo", "mo", "al"];
const HASH: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// `c<n>` is the n-th arrival, at the n-th place.
pub fn contact_number(name: &str) -> ContactNo {
    let number: u32 = name[1..].parse().unwrap();
    ContactNo::new(u64::from(number) - 1, number - 1)
}

pub fn agent_number(name: &str) -> AgentNo {
    AgentNo(AGENTS.iter().position(|agent| *agent == name).unwrap() as u32)
}

/// Of so many milliseconds.
fn moment(ms: &str) -> String {
    protocol::text::show_time(Time(ms.parse().unwrap()))
}

/// Subject and body.
pub fn input(line: &str) -> (String, String) {
    let words: Vec<&str> = line.split(' ').collect();
    let agent = |kind: &str, agent: &str, number: &str, rest: String| {
        let (session, counter) = number.split_once('.').unwrap();
        let body = format!(r#"{{"type":"{kind}","session":{session},"counter":{counter}{rest}}}"#);
        (format!("wissel.in.acme.agent.{agent}"), body)
    };
    let contact = |body: String| ("wissel.in.acme.contact".to_owned(), body);
    let admin = |body: String| ("wissel.in.acme.admin".to_owned(), body);
    match words[..] {
        ["config"] => admin(format!(r#"{{"type":"config_apply","hash":"{HASH}"}}"#)),
        ["put", name] => admin(put_text(name, "")),
        ["put", name, "bot"] => admin(put_text(name, r#","kind":"bot""#)),
        ["people", ref rest @ ..] => bots::input(rest),
        ["put", name, "at", site] => admin(put_text(name, &format!(r#","site":"{site}""#))),
        ["put", name, "with", reserve] => admin(put_text(name, &format!(r#","reserve":{reserve}"#))),
        ["remove", name] => admin(format!(r#"{{"type":"agent_remove","agent":"{name}"}}"#)),
        ["in", name, number] => agent("sign_in", name, number, String::new()),
        ["out", name, number] => agent("sign_out", name, number, String::new()),
        ["ready", name, number] => agent("available", name, number, String::new()),
        ["aux", name, number] => agent("aux", name, number, r#","reason":"lunch""#.to_owned()),
        ["accept" | "decline", name, number, id, offer] => {
            agent(words[0], name, number, format!(r#","contact":"{id}","offer":{offer}"#))
        }
        ["miss", name, number, id] => {
            agent("complete", name, number, format!(r#","contact":"{id}","not_reached":true"#))
        }
        ["complete" | "requeue" | "quiet" | "still_working", name, number, id] => {
            agent(words[0], name, number, format!(r#","contact":"{id}""#))
        }
        ["create", id, channel, queue] => contact(create_text(id, channel, queue, "")),
        ["create", id, channel, queue, "of", customer, matter] => {
            let more = format!(r#","customer":"{customer}","matter":"{matter}""#);
            contact(create_text(id, channel, queue, &more))
        }
        ["create", id, channel, queue, "from", from, "to", to] => {
            let more = format!(r#","not_before":"{}","not_after":"{}""#, moment(from), moment(to));
            contact(create_text(id, channel, queue, &more))
        }
        ["create", id, channel, queue, "from", from, ref came @ ..] => {
            let mut more = format!(r#","not_before":"{}""#, moment(from));
            if let ["came", at] = came {
                more += &format!(r#","arrived_at":"{}""#, moment(at));
            }
            contact(create_text(id, channel, queue, &more))
        }
        ["create", id, channel, queue, "reach", names] => {
            let names: Vec<String> = names.split(',').map(|name| format!("\"{name}\"")).collect();
            contact(create_text(id, channel, queue, &format!(r#","reachable":[{}]"#, names.join(","))))
        }
        ["answer", id, word] => {
            let accepts = word == "yes";
            contact(format!(r#"{{"type":"contact_answer","contact":"{id}","accepts":{accepts}}}"#))
        }
        ["create", id, channel, queue, "at", site] => {
            contact(create_text(id, channel, queue, &format!(r#","site":"{site}""#)))
        }
        ["create", id, channel, queue, "without", agent] => {
            contact(create_text(id, channel, queue, &format!(r#","excluded_agents":["{agent}"]"#)))
        }
        ["create", id, channel, queue, name, value] => {
            contact(create_text(id, channel, queue, &format!(r#","attributes":{{"{name}":"{value}"}}"#)))
        }
        ["update", id, name, value] => {
            let value = if value == "null" { value.to_owned() } else { format!("\"{value}\"") };
            let attributes = format!(r#"{{"{name}":{value}}}"#);
            contact(format!(r#"{{"type":"contact_update","contact":"{id}","attributes":{attributes}}}"#))
        }
        ["hush" | "reply", id] => contact(quiet::text(words[0], id)),
        ["end", id, by] => contact(format!(r#"{{"type":"contact_end","contact":"{id}","by":"{by}"}}"#)),
        ["switch", queue, state] => {
            admin(format!(r#"{{"type":"queue_switch","queue":"{queue}","state":"{state}"}}"#))
        }
        ["leave" | "rows" | "come" | "gone", rest] => moving::input(words[0], rest),
        ["hand", ref rest @ ..] => hand::input(rest),
        ["consult", ref rest @ ..] => consult::input(rest),
        ["garbage"] => contact("{".to_owned()),
        _ => panic!("{line} is no input"),
    }
}

fn put_text(name: &str, more: &str) -> String {
    let skills = if name == "al" { "" } else { r#""dutch":5"# };
    let channels =
        r#"{"chat":{},"voice":{},"mail":{},"desk":{},"booth":{},"note":{},"task":{},"text":{},"case":{}}"#;
    format!(
        r#"{{"type":"agent_put","agent":"{name}","skills":{{{skills}}},"channels":{channels},"capacity":3{more}}}"#
    )
}

fn create_text(id: &str, channel: &str, queue: &str, more: &str) -> String {
    let queue = if queue == "-" { "null".to_owned() } else { format!("\"{queue}\"") };
    format!(r#"{{"type":"contact_create","contact":"{id}","channel":"{channel}","queue":{queue}{more}}}"#)
}

pub fn transition(line: &str, now: Time) -> Transition {
    let words: Vec<&str> = line.split(' ').collect();
    let tenant = match words[0] {
        "refuse" | "resume" => TenantNo::SHARD,
        _ => TenantNo(1),
    };
    Transition { tenant, change: change(&words, now) }
}

fn change(words: &[&str], now: Time) -> Change {
    let kept_from_until = Time(now.0 + 10_000);
    match *words {
        ["left" | "rows" | "came" | "gone", ref rest @ ..] => moving::change(words[0], rest),
        ["hand", ref rest @ ..] => hand::change(rest, now),
        ["pace", ref rest @ ..] => throttle::change(rest, now),
        ["consult", ref rest @ ..] => consult::change(rest, now),
        ["tenant"] => Change::TenantOpened { name: TenantId::new("acme").unwrap() },
        ["config", version] => Change::ConfigApplied {
            hash: HASH.to_owned(),
            config: Arc::new(config(version.parse().unwrap())),
        },
        ["put", name, ref at @ ..] => {
            let InputBody::AgentPut(spec) =
                decoded(&["put", name].iter().chain(at).copied().collect::<Vec<_>>().join(" "))
            else {
                unreachable!()
            };
            Change::AgentPut { agent: agent_number(name), spec }
        }
        ["removed", name] => Change::AgentRemoved { agent: agent_number(name) },
        ["profile", number, channel, queue] => profile(number, channel, queue, true),
        ["people", ref rest @ ..] => bots::change(rest, now),
        ["profile", number, channel, queue, "without-skills"] => profile(number, channel, queue, false),
        ["profile", number, channel, queue, "pressed", pressure] => {
            let mut opened = profile(number, channel, queue, true);
            if let Change::ProfileOpened { pressure: pressed, .. } = &mut opened {
                *pressed = Some(Millis(pressure.parse().unwrap()));
            }
            opened
        }
        ["profile", number, channel, queue, "at", name, ref rest @ ..] => {
            let mut opened = profile(number, channel, queue, rest.is_empty());
            if let Change::ProfileOpened { site, .. } = &mut opened {
                *site = SITES.iter().position(|site| *site == name).map(|number| SiteNo(number as u16));
            }
            opened
        }
        ["quieted" | "slowed" | "replied" | "noted", id, ref rest @ ..] => {
            quiet::change(words[0], contact_number(id), rest)
        }
        ["stays" | "left-by", id, rest] => bound::change(words[0], contact_number(id), rest),
        ["interrupt" | "continue" | "stuck" | "worked-on" | "servable" | "unservable", id] => {
            plain::change(words[0], contact_number(id))
        }
        ["unprofile", number] => Change::ProfileClosed { profile: ProfileNo(number.parse().unwrap()) },
        ["heard", name, number] => {
            let (session, counter) = number.split_once('.').unwrap();
            let (session, counter) = (session.parse().unwrap(), counter.parse().unwrap());
            Change::AgentHeard { agent: agent_number(name), session, counter }
        }
        ["presence", name, presence_name] => {
            let (presence, cause) = presence(presence_name, now);
            Change::AgentPresence { agent: agent_number(name), presence, cause }
        }
        ["arrive", id, profile, channel, queue, "of", customer, matter, ref known @ ..] => {
            let mut arrive =
                arrive(id, profile, &format!("create {id} {channel} {queue} of {customer} {matter}"), now);
            if let (Change::ContactArrived { known: to, .. }, [name, why]) = (&mut arrive, known) {
                let why = match *why {
                    "matter" => KnownWhy::Matter,
                    "companion" => KnownWhy::Companion,
                    _ => KnownWhy::LastAgent,
                };
                *to = Some(KnownAgent { agent: agent_number(name), why });
            }
            arrive
        }
        ["arrive", id, "as", number, profile, channel, queue] => {
            arrive(number, profile, &format!("create {id} {channel} {queue}"), now)
        }
        ["arrive", id, profile, channel, queue, "due", due] => {
            let arrived = arrive(id, profile, &format!("create {id} {channel} {queue}"), now);
            let Change::ContactArrived { contact, profile, points, arrived_at, digest, body, .. } = arrived
            else {
                unreachable!()
            };
            let due_at = Time(due.parse().unwrap());
            Change::ContactArrived { contact, profile, points, arrived_at, due_at, digest, body, known: None }
        }
        ["arrive", id, profile, channel, queue, ref rest @ ..] => {
            let rest = rest.iter().map(|word| format!(" {word}")).collect::<String>();
            arrive(id, profile, &format!("create {id} {channel} {queue}{rest}"), now)
        }
        ["classified", id, profile, rule, queue, points, ref rest @ ..] => {
            classified(id, profile, (rule, queue, points), rest, now)
        }
        ["updated", id, name, value] => {
            let InputBody::ContactUpdate { update, .. } = decoded(&format!("update {id} {name} {value}"))
            else {
                unreachable!()
            };
            Change::ContactUpdated { contact: contact_number(id), update }
        }
        ["reclassified", id, profile, points, rule] => Change::ContactReclassified {
            contact: contact_number(id),
            profile: ProfileNo(profile.parse().unwrap()),
            points: points.parse().unwrap(),
            rule: (rule != "nobody").then(|| RuleName::new(rule).unwrap()),
        },
        ["put-off", id, until, tries] => Change::ContactScheduled {
            contact: contact_number(id),
            until: Time(until.parse().unwrap()),
            tries: tries.parse().unwrap(),
        },
        ["release", id, arrived_at] => Change::ContactReleased {
            contact: contact_number(id),
            arrived_at: Time(arrived_at.parse().unwrap()),
        },
        ["queue", id] => Change::ContactQueued { contact: contact_number(id), place: Place::Queue },
        ["prefer", id, name] => {
            let place = Place::Preferred { agent: agent_number(name), until: Time(now.0 + 10_000) };
            Change::ContactQueued { contact: contact_number(id), place }
        }
        ["offer", id, name, number] => offer(id, name, number, Time(now.0 + 20_000)),
        ["offer", id, name, number, lasts] => {
            offer(id, name, number, Time(now.0 + lasts.parse::<u64>().unwrap()))
        }
        ["accept", id] => Change::Accepted { contact: contact_number(id) },
        ["ended", id, how] => {
            let (how, kept_from_until) = match how {
                "declined" => (OfferEnd::Declined, kept_from_until),
                "expired" => (OfferEnd::Expired, kept_from_until),
                _ => (OfferEnd::Revoked, Time(0)),
            };
            Change::OfferEnded { contact: contact_number(id), how, kept_from_until }
        }
        ["lift", id] => Change::ExclusionLifted { contact: contact_number(id) },
        ["wrap", id] => Change::WrapUpStarted { contact: contact_number(id), until: Time(now.0 + 10_000) },
        ["return", id, profile] => Change::ContactReturned {
            contact: contact_number(id),
            profile: ProfileNo(profile.parse().unwrap()),
            points: 0,
            why: ReturnedWhy::Requeued,
            kept_from_until,
        },
        ["close", id, how] => {
            let outcome = match how {
                "completed" => Outcome::Completed,
                "abandoned" => Outcome::Abandoned,
                "blocked" => Outcome::Blocked,
                "timed_out" => Outcome::TimedOut,
                "turned_away" => Outcome::TurnedAway,
                "not_reached" => Outcome::NotReached,
                _ => Outcome::Cancelled,
            };
            Change::ContactClosed { contact: contact_number(id), outcome }
        }
        ["switched", queue, state] => {
            let queue = QueueNo(QUEUES.iter().position(|known| *known == queue).unwrap() as u16);
            let state = QueueState::ALL.into_iter().find(|known| known.name() == state).unwrap();
            Change::QueueSwitched { queue, state }
        }
        ["join", id, name] => Change::ContactJoined {
            contact: contact_number(id),
            agent: agent_number(name),
            until: Time(now.0 + 10_000),
        },
        ["relax", id, step, profile] => Change::ContactRelaxed {
            contact: contact_number(id),
            step: step.parse().unwrap(),
            profile: ProfileNo(profile.parse().unwrap()),
        },
        ["press", id, profile] => Change::ContactPressed {
            contact: contact_number(id),
            profile: ProfileNo(profile.parse().unwrap()),
        },
        ["move", id, profile, why] => Change::ContactMoved {
            contact: contact_number(id),
            profile: ProfileNo(profile.parse().unwrap()),
            points: 0,
            why: match why {
                "full" => ExitWhy::Full,
                "max_wait" => ExitWhy::MaxWait,
                "off_hours" => ExitWhy::OffHours,
                "window_over" => ExitWhy::WindowOver,
                _ => ExitWhy::Closed,
            },
        },
        ["overflowed", id, rule, profile, points, step] => Change::ContactOverflowed {
            contact: contact_number(id),
            rule: RuleName::new(rule).unwrap(),
            profile: ProfileNo(profile.parse().unwrap()),
            points: points.parse().unwrap(),
            step: step.parse().unwrap(),
        },
        ["propose", id, rule, channel, queue, lasts] => Change::ContactProposed {
            contact: contact_number(id),
            rule: RuleName::new(rule).unwrap(),
            channel: ChannelNo(CHANNELS.iter().position(|known| *known == channel).unwrap() as u8),
            queue: QueueNo(QUEUES.iter().position(|known| *known == queue).unwrap() as u16),
            until: Time(now.0 + lasts.parse::<u64>().unwrap()),
        },
        ["proposal", id, how] => Change::ProposalEnded {
            contact: contact_number(id),
            how: if how == "declined" { ProposalEnd::Declined } else { ProposalEnd::Expired },
        },
        ["switch", id, profile, points, due_at] => Change::ContactSwitched {
            contact: contact_number(id),
            profile: ProfileNo(profile.parse().unwrap()),
            points: points.parse().unwrap(),
            due_at: Time(due_at.parse().unwrap()),
        },
        ["estimated", id, position, ref estimate @ ..] => {
            Change::ContactEstimated { contact: contact_number(id), outlook: outlook(position, estimate) }
        }
        ["turned", rule, state, ref rest @ ..] => turned(rule, state, rest, now),
        ["at-risk", queue, id, due_at, expected_at, late] => Change::DeadlinesJudged {
            queue: queue_number(queue),
            risk: Some(DeadlineRisk {
                contact: contact_number(id),
                due_at: Time(due_at.parse().unwrap()),
                expected_at: Time(expected_at.parse().unwrap()),
                late: late.parse().unwrap(),
            }),
        },
        ["met", queue] => Change::DeadlinesJudged { queue: queue_number(queue), risk: None },
        ["refuse", position, code] => refuse(position, code),
        ["resume", grace] => Change::Resumed { grace: Millis(grace.parse().unwrap()) },
        _ => panic!("{words:?} is no transition"),
    }
}

fn queue_number(name: &str) -> QueueNo {
    QueueNo(QUEUES.iter().position(|known| *known == name).unwrap() as u16)
}

fn outlook(position: &str, estimate: &[&str]) -> Outlook {
    let ms = |text: &str| Millis(text.parse().unwrap());
    let estimate = match estimate {
        [p50, p90] => Estimate::Known { p50: ms(p50), p90: ms(p90) },
        [why] => Estimate::Unknown(UnknownWhy::ALL.into_iter().find(|known| known.name() == *why).unwrap()),
        _ => panic!("{estimate:?} is no estimate"),
    };
    Outlook { position: position.parse().unwrap(), estimate }
}

/// What was measured, and for rising and falling how long ago that began.
fn turned(rule: &str, state: &str, rest: &[&str], now: Time) -> Change {
    let ago = |text: &str| Time(now.0 - text.parse::<u64>().unwrap());
    let (state, measured) = match (state, rest) {
        ("off", measured) => (OverflowState::Off, measured),
        ("on", measured) => (OverflowState::On, measured),
        ("rising", [since, measured @ ..]) => (OverflowState::Rising { since: ago(since) }, measured),
        ("falling", [since, measured @ ..]) => (OverflowState::Falling { since: ago(since) }, measured),
        _ => panic!("{state} is no state of a rule"),
    };
    let measured = measured.iter().map(|number| (*number != "?").then(|| number.parse().unwrap())).collect();
    Change::OverflowTurned { rule: RuleName::new(rule).unwrap(), state, measured }
}

fn arrive(id: &str, profile: &str, create: &str, now: Time) -> Change {
    let InputBody::ContactCreate { body, digest } = decoded(create) else { unreachable!() };
    Change::ContactArrived {
        contact: contact_number(id),
        profile: ProfileNo(profile.parse().unwrap()),
        points: 0,
        arrived_at: Time(now.0 - 5),
        due_at: Time::MAX,
        digest,
        body,
        known: None,
    }
}

/// An arrival with what the rules made of it.
fn classified(
    id: &str,
    profile: &str,
    (rule, queue, points_text): (&str, &str, &str),
    create: &[&str],
    now: Time,
) -> Change {
    let mut arrived = arrive(id, profile, &format!("create {id} {}", create.join(" ")), now);
    if let Change::ContactArrived { points, body, .. } = &mut arrived {
        *points = points_text.parse().unwrap();
        let rule = rules().into_iter().find(|known| known.name.as_str() == rule);
        Arc::make_mut(body).classified = Some(Box::new(Classified {
            queue: QueueId::new(queue).unwrap(),
            points: rule.as_ref().map_or(0, |rule| rule.points),
            skills: rule.as_ref().map_or(Vec::new(), |rule| rule.skills.clone()),
            person: rule.as_ref().is_some_and(|rule| rule.person),
            rule: rule.map(|rule| rule.name),
        }));
    }
    arrived
}

/// `gold` sends whoever has that tier to `sales`; `rich` asks for Spanish.
fn rules() -> Vec<Rule> {
    let attribute = |name: &str, test| When::All(vec![Condition::Attribute { name: name.to_owned(), test }]);
    let gold = Test::Among(Among { not: false, names: vec!["gold".to_owned()] });
    let rich = Test::AtLeast(Decimal::parse("10.5").unwrap());
    let name = |name| RuleName::new(name).unwrap();
    let sales = Some(QueueId::new("sales").unwrap());
    let spanish = SkillDemand { skill: SkillId::new("spanish").unwrap(), level: Level::MIN };
    vec![
        Rule { name: name("gold"), when: attribute("tier", gold), queue: sales, points: 5, ..bots::rule() },
        Rule { name: name("rich"), when: attribute("amount", rich), skills: vec![spanish], ..bots::rule() },
        bots::upset(),
    ]
}

fn offer(id: &str, name: &str, number: &str, expires_at: Time) -> Change {
    let offer = OfferNo(number.parse().unwrap());
    Change::Offered { contact: contact_number(id), agent: agent_number(name), offer, expires_at, by: None }
}

fn refuse(position: &str, code: &str) -> Change {
    let reason = *Refusal::ALL.iter().find(|reason| reason.code() == code).unwrap();
    Change::Refused(Box::new(RefusedInput {
        tenant: TenantId::new("acme").unwrap(),
        position: position.parse().unwrap(),
        reason,
        detail: "mend it".to_owned(),
        agent: None,
        head: "{".to_owned(),
    }))
}

fn presence(name: &str, now: Time) -> (Presence, PresenceCause) {
    let lunch = AuxReason::new("lunch").unwrap();
    match name {
        "available" => (Presence::Available, PresenceCause::Agent),
        "out" => (Presence::SignedOut, PresenceCause::Agent),
        "aux" => (Presence::Aux(lunch), PresenceCause::Agent),
        "draining" => (Presence::Draining { then: AfterDraining::Aux(lunch) }, PresenceCause::Agent),
        "lost" => {
            let until = Time(now.0 + 30_000);
            (Presence::Lost { until, before: PresenceBefore::Available }, PresenceCause::Heartbeat)
        }
        "gone" => (Presence::SignedOut, PresenceCause::WindowOver),
        other => panic!("{other} is no presence"),
    }
}

fn profile(number: &str, channel: &str, queue: &str, has_skills: bool) -> Change {
    let number_of = |names: &[&str], name: &str| names.iter().position(|known| *known == name).unwrap();
    let mut requirement = Requirement::default();
    let skill = match queue {
        "sales" => Some((0, 5)),
        "spain" => Some((1, 1)),
        _ => None,
    };
    if let Some((skill, level)) = skill.filter(|_| has_skills) {
        assert!(requirement.add(SkillLevel { skill: SkillNo(skill), level: Level::new(level).unwrap() }));
    }
    Change::ProfileOpened {
        profile: ProfileNo(number.parse().unwrap()),
        queue: QueueNo(number_of(&QUEUES, queue) as u16),
        channel: ChannelNo(number_of(&CHANNELS, channel) as u8),
        ageing_per_minute: 1,
        requirement: Box::new(requirement),
        pressure: None,
        site: None,
        person: false,
    }
}

fn decoded(line: &str) -> InputBody {
    let (subject, text) = input(line);
    let configs = BTreeMap::new();
    decode(&subject, text.as_bytes(), 1, Time(1), None, &configs).unwrap().body
}

fn config(version: u64) -> TenantConfig {
    let channel = |name: &str, kind, cost, max| ChannelConfig {
        name: ChannelId::new(name).unwrap(),
        kind,
        cost,
        max,
        companion: false,
        steering: if name == "chat" { 2 } else { 1 },
        site: if name == "desk" { SiteNeed::Required } else { SiteNeed::Optional },
        beside: None,
        interruptions: None,
        bound_for: None,
        quiet: None,
    };
    TenantConfig {
        version,
        channels: vec![
            channel("chat", ChannelKind::Live, 1, Some(1)),
            channel("voice", ChannelKind::Live, 3, None),
            channel("mail", ChannelKind::Indirect, 3, None),
            channel("desk", ChannelKind::Live, 3, None),
            ChannelConfig {
                beside: Some(vec![ChannelId::new("note").unwrap()]),
                ..channel("booth", ChannelKind::Live, 1, None)
            },
            channel("note", ChannelKind::Indirect, 1, None),
            ChannelConfig { interruptions: Some(1), ..channel("task", ChannelKind::Indirect, 1, None) },
            quiet::channel(channel("text", ChannelKind::Live, 1, None)),
            ChannelConfig { bound_for: bound::STAYS, ..channel("case", ChannelKind::Indirect, 1, None) },
        ],
        skills: vec![SkillId::new("dutch").unwrap(), SkillId::new("spanish").unwrap()],
        sites: SITES.map(|site| SiteId::new(site).unwrap()).to_vec(),
        reserve: Some(0),
        queues: vec![
            queue("sales", Some(("dutch", 5))),
            queue("support", None),
            QueueConfig {
                relax: vec![RelaxStep { after: Millis(5_000), skills: Vec::new(), keep_own: true }],
                room: Some(1),
                max_wait: Some(Millis(20_000)),
                exit_to: Some(QueueId::new("support").unwrap()),
                ..queue("spain", Some(("spanish", 1)))
            },
            QueueConfig {
                calendar: Some(counter().name),
                due_in: Millis(10_000),
                pressure: Some(Millis(5_000)),
                relax: vec![RelaxStep { after: Millis(5_000), skills: Vec::new(), keep_own: true }],
                ..queue("letters", None)
            },
            QueueConfig {
                calendar: Some(counter().name),
                due_business_days: Some(1),
                ..queue("forms", None)
            },
            QueueConfig {
                hours: Some(counter().name),
                exit_to: Some(QueueId::new("support").unwrap()),
                ..queue("lobby", None)
            },
            QueueConfig {
                schedule: ScheduleConfig { release: 1, retries: 1, retry_after: Millis(5_000) },
                exit_to: Some(QueueId::new("support").unwrap()),
                ..queue("calls", None)
            },
            QueueConfig { estimate: true, ..queue("line", None) },
            queue("busy", None),
            QueueConfig { foresee: true, due_in: Millis(40_000), ..queue("hours", None) },
            QueueConfig { prefer: queue("sales", Some(("dutch", 1))).skills, ..queue("polite", None) },
            QueueConfig { taking: Taking::Pulled, ..queue("basket", None) },
            QueueConfig { person: true, ..queue("people", None) },
            QueueConfig { handling_max: plain::LONGEST, ..queue("timed", None) },
            queue("three", None),
            queue("one", None),
        ],
        aux_reasons: vec![AuxReason::new("lunch").unwrap()],
        rona: RonaConfig { retries: 1, aux: AuxReason::new("lunch").unwrap() },
        reconnect_window: Millis(30_000),
        slow_start: None,
        ration: None,
        customers: CustomersConfig { together_patience: Millis(10_000), ..CustomersConfig::default() },
        calendars: vec![counter()],
        default_queue: Some(QueueId::new("support").unwrap()),
        rules: rules(),
        overflow: overflow(),
        ratios: plain::ratios(),
    }
}

/// On when `sales` has three waiting for 5 s, off at one: `lend` to who has no Dutch, two at a look, while nobody waits in `support`;
/// `raise` by seven; `move` to `support`. `relax` takes the step of `letters` while something is due within 10 s, and nobody answered
/// too late in `forms`. `swamped` is on when those of `hours` are 20 s of work, until somebody is free for a chat.
fn overflow() -> Vec<OverflowRule> {
    let queue = |name: &str| QueueId::new(name).unwrap();
    let threshold = |signal, bound, lasting| Threshold {
        limits: vec![Limit { signal, bound }],
        lasting: Millis(lasting),
    };
    let rule = |name: &str, action| OverflowRule {
        name: RuleName::new(name).unwrap(),
        queue: queue("sales"),
        when: threshold(Signal::Waiting, Bound::AtLeast(3), 5_000),
        until: threshold(Signal::Waiting, Bound::AtMost(1), 0),
        floor: Vec::new(),
        cap: 2,
        action,
    };
    let nobody = Limit { signal: Signal::Waiting, bound: Bound::AtMost(0) };
    let in_time = Limit { signal: Signal::ServiceLevel, bound: Bound::AtLeast(100) };
    let at_risk = Signal::AtRisk { within: Millis(10_000) };
    let free = Signal::Free { channel: ChannelId::new("chat").unwrap() };
    let some_backlog = Limit { signal: Signal::Backlog, bound: Bound::AtLeast(5_000) };
    let lent = Lent { skills: Vec::new(), keep_own: true };
    let channels = CHANNELS.map(|channel| ChannelId::new(channel).unwrap()).to_vec();
    let proposal = Proposal { channels, queue: queue("support"), timeout: Millis(20_000) };
    vec![
        OverflowRule {
            floor: vec![Floor { queue: queue("support"), limit: nobody }],
            ..rule("lend", OverflowAction::Lend(lent))
        },
        rule("raise", OverflowAction::Raise(7)),
        rule("move", OverflowAction::Move(queue("support"))),
        OverflowRule {
            queue: queue("letters"),
            when: threshold(at_risk, Bound::AtLeast(1), 0),
            until: threshold(Signal::Oldest, Bound::AtMost(1_000), 0),
            floor: vec![Floor { queue: queue("forms"), limit: in_time }],
            ..rule("relax", OverflowAction::Relax(1))
        },
        OverflowRule {
            queue: queue("busy"),
            when: threshold(Signal::Waiting, Bound::AtLeast(1), 0),
            until: threshold(Signal::Waiting, Bound::AtMost(0), 0),
            ..rule("propose", OverflowAction::Propose(proposal))
        },
        OverflowRule {
            queue: queue("hours"),
            when: threshold(Signal::Backlog, Bound::AtLeast(20_000), 0),
            until: threshold(free, Bound::AtLeast(1), 0),
            floor: vec![Floor { queue: queue("hours"), limit: some_backlog }],
            ..rule("swamped", OverflowAction::Raise(7))
        },
    ]
}

pub fn overflow_queue(rule: &RuleName) -> QueueId {
    let rule = overflow().into_iter().find(|known| known.name == *rule);
    rule.map_or_else(|| QueueId::new("sales").unwrap(), |rule| rule.queue)
}

fn queue(name: &str, skill: Option<(&str, u8)>) -> QueueConfig {
    let demand = |(skill, level)| SkillDemand {
        skill: SkillId::new(skill).unwrap(),
        level: Level::new(level).unwrap(),
    };
    QueueConfig {
        skills: skill.map(demand).into_iter().collect(),
        due_in: Millis(0),
        wrap_up: Millis(10_000),
        preferred_patience: Millis(10_000),
        retry_same_agent_after: Millis(10_000),
        ..QueueConfig::new(QueueId::new(name).unwrap())
    }
}

pub fn agent_id(number: AgentNo) -> AgentId {
    AgentId::new(AGENTS[number.index()]).unwrap()
}
