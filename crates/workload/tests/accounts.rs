//! Every contact is counted once, and what a router does wrong with one is found.

use std::sync::Arc;

use model::contact::Outcome;
use model::time::{Millis, Time};
use model::{AgentId, ChannelId, ContactBody, ContactId, OfferNo, QueueId};
use wissel_workload::plan::{Manner, PlannedContact};
use wissel_workload::{Accounts, DayOptions, DaySummary, Observation, Plan, Play, Trace, day_plan};

/// What the router says of a call that an agent has and ends.
const GOOD: [Said; 4] = [Said::Arrived(None), Said::Offered, Said::Accepted, Said::Closed];

#[derive(Debug, Clone, Copy)]
enum Said {
    Arrived(Option<Time>),
    Offered,
    Accepted,
    AcceptedByAnother,
    Closed,
}

/// One call at the first second of a day of an hour.
fn plan() -> Plan {
    let mut plan = day_plan(&Trace::bank1999(), &DayOptions::default());
    let first = plan.contacts[0].clone();
    let body = ContactBody { contact: contact(), ..(*first.body).clone() };
    plan.contacts = vec![PlannedContact {
        at: Time(1_000),
        body: Arc::new(body),
        patience: None,
        manner: Manner::default(),
        real: None,
        ..first
    }];
    plan.shifts.clear();
    plan.roster.clear();
    plan.ends_at = Some(Time(Millis::HOUR.0));
    plan
}

fn contact() -> ContactId {
    ContactId::new("call").expect("an id")
}

fn agent(name: &str) -> AgentId {
    AgentId::new(name).expect("an id")
}

fn after(said: &[Said]) -> DaySummary {
    let mut play = Play::new(plan(), 1);
    assert!(play.take_one(Time(1_000)).is_some(), "it comes");
    for (second, said) in said.iter().enumerate() {
        let (contact, offer) = (contact(), OfferNo(second as u64));
        let observation = match said {
            Said::Arrived(due_at) => Observation::Became {
                contact,
                channel: ChannelId::new("voice").expect("an id"),
                queue: QueueId::new("ps").expect("an id"),
                due_at: *due_at,
            },
            Said::Offered => Observation::Offered {
                agent: agent("ann"),
                contact,
                offer: OfferNo(7),
                expires_at: Time::MAX,
            },
            Said::Accepted => Observation::Accepted { agent: agent("ann"), contact, offer: OfferNo(7) },
            Said::AcceptedByAnother => Observation::Accepted { agent: agent("bob"), contact, offer },
            Said::Closed => {
                let outcome = Outcome::Completed;
                Observation::Closed { contact, agent: Some(agent("ann")), outcome }
            }
        };
        play.observe(Time(2_000 + second as u64 * 1_000), observation);
    }
    play.summary()
}

fn check(said: &[Said], accounts: Accounts, fault: Option<&str>) {
    let day = after(said);
    assert_eq!(day.accounts, Accounts { came: 1, ..accounts }, "{said:?}");
    let faults = day.faults();
    match fault {
        None => assert_eq!(faults, Vec::<String>::new(), "{said:?}"),
        Some(fault) => assert!(faults.iter().any(|found| found.contains(fault)), "{said:?}: {faults:?}"),
    }
}

#[test]
fn each_contact_is_in_one_account() {
    let none = Accounts::default();
    check(&GOOD, Accounts { ended: 1, ..none }, None);
    check(&[], Accounts { unaccounted: 1, ..none }, Some("unaccounted"));
    let twice = [&GOOD[..], &[Said::Closed]].concat();
    check(&twice, Accounts { unaccounted: 1, ..none }, Some("unaccounted"));
    check(&GOOD[..3], Accounts { stuck: 1, ..none }, Some("stuck"));
    check(&GOOD[..1], Accounts { stuck: 1, ..none }, Some("stuck"));
    let [later, sooner] = [2, 1].map(|half_hours| Some(Time(half_hours * Millis::HOUR.0 / 2 + 1)));
    check(&[Said::Arrived(later)], Accounts { over_night: 1, ..none }, None);
    let overdue = Accounts { overdue: 1, ..none };
    check(&[Said::Arrived(sooner)], overdue, None);
}

/// Nobody was there: that it was missed is no fault, but with somebody there it is.
#[test]
fn an_overdue_contact_is_a_missed_deadline() {
    let day = after(&[Said::Arrived(Some(Time(5_000)))]);
    assert_eq!((day.deadlines.missed, day.deadlines.infeasible), (1, 1));
}

#[test]
fn two_agents_at_once_are_found() {
    let said = [Said::Arrived(None), Said::Offered, Said::Accepted, Said::AcceptedByAnother, Said::Closed];
    check(&said, Accounts { ended: 1, ..Accounts::default() }, Some("two agents at once"));
}
