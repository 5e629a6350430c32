//! A row of each kind, as a tenant that moves brings them: they stand in journals, so they are read for ever, too.

use model::estimate::{Estimated, Waits};
use model::moving::{Departure, Residence, TenantPart};
use model::overflow::{Answers, Overflowed};
use model::row::{
    AgentRow, ClosedRow, ContactRow, ContactState, ProfileRow, RememberedRow, ScheduleState, TenantRow,
};
use model::work::Work;
use model::{Row, ShardId};

use super::*;

const AT: Time = Time(1_790_000_000_000);

pub fn departure() -> Departure {
    Departure { from: ShardId::new("0").expect("valid"), position: 77, at: AT }
}

pub fn part() -> TenantPart {
    TenantPart { departure: departure(), part: 0, rows: rows() }
}

fn rows() -> Vec<Row> {
    vec![
        Row::Tenant(Box::new(tenant())),
        Row::Agent(Box::new(agent())),
        Row::Profile(Box::new(profile())),
        Row::Contact(Box::new(contact())),
        Row::Closed(ClosedRow { id_hash: u128::MAX - 1, digest: u64::MAX, closed_at: AT }),
        Row::Remembered(Box::new(remembered())),
    ]
}

pub fn tenant() -> TenantRow {
    TenantRow {
        tenant: TenantNo(3),
        name: TenantId::new("acme").expect("valid"),
        config: Some(("c0ffee".into(), Arc::new(config()))),
        skills: vec![SkillId::new("dutch").expect("valid")],
        channels: vec![ChannelId::new("voice").expect("valid")],
        queues: vec![QueueId::new("sales").expect("valid")],
        sites: vec![site()],
        switched: vec![(QueueNo(0), QueueState::Closed)],
        arrivals: 10,
        offers: 7,
        agents: 1,
        profiles: 5,
        overflow: vec![OverflowState::On],
        answers: vec![(QueueNo(0), Answers { within: u128::MAX - 2, count: 128 })],
        waits: vec![(QueueNo(0), Waits { paces: vec![900, 1_100], scored: 3, within_p50: 1, within_p90: 2 })],
        work: vec![(QueueNo(0), Work { efforts: vec![60_000, 90_000], at_risk: true })],
        turns: vec![],
        residence: Residence::Left { to: ShardId::new("4").expect("valid"), position: 77, at: AT },
        key: Some([7; 16]),
    }
}

pub fn agent() -> AgentRow {
    AgentRow {
        agent: AgentNo(0),
        removed: false,
        spec: Arc::new(spec()),
        presence: Presence::Available,
        session: 4,
        counter: 9,
        idle_since: AT,
        available_since: AT,
        last_offer: OfferNo(7),
        misses: 1,
        deferred: Some((16, AT)),
        throttle: None,
    }
}

pub fn profile() -> ProfileRow {
    let mut requirement = Requirement::default();
    assert!(requirement.add(SkillLevel { skill: SkillNo(0), level: Level::MAX }));
    ProfileRow {
        profile: ProfileNo(4),
        queue: QueueNo(0),
        channel: ChannelNo(0),
        ageing_per_minute: 1,
        requirement,
        pressure: Some(Millis(60_000)),
        site: Some(SiteNo(0)),
        preference: None,
        person: false,
    }
}

pub fn contact() -> ContactRow {
    ContactRow {
        contact: ContactNo::new(9, 2),
        profile: ProfileNo(4),
        points: -3,
        arrived_at: AT,
        due_at: Time::MAX,
        digest: u64::MAX,
        body: Arc::new(contact_body()),
        state: ContactState::Offered { agent: AgentNo(0), offer: OfferNo(7), expires_at: AT },
        preferred: Some(AgentNo(0)),
        excluded: vec![AgentNo(0)],
        kept_from: vec![AgentNo(0)],
        kept_from_until: AT,
        entered_at: AT,
        step: 1,
        known: Some(KnownWhy::Matter),
        pressed: true,
        to_classify: true,
        overflowed: Some(Box::new(Overflowed {
            rules: vec![rule_name()],
            lent: None,
            raised: 5,
            proposed: None,
        })),
        schedule: Some(ScheduleState { tries: 1, answered: true, until: AT }),
        estimated: Some(Box::new(Estimated { at: AT, first: OUTLOOK, told: OUTLOOK })),
        unservable: true,
        interruptions: 2,
        work_since: Some(AT),
        handling: None,
        silence: None,
        linked: None,
        handed_over_by: None,
    }
}

fn remembered() -> RememberedRow {
    RememberedRow {
        customer_hash: u128::MAX,
        contact: ContactId::new("call-0").expect("valid"),
        matter: Some(MatterRef::new("order-7").expect("valid")),
        channel: ChannelNo(0),
        queue: QueueNo(0),
        agent: Some(AgentNo(0)),
        outcome: Outcome::Completed,
        arrived_at: AT,
        ended_at: AT,
    }
}

pub fn spec() -> AgentSpec {
    AgentSpec {
        agent: AgentId::new("ann").expect("valid"),
        skills: vec![SkillDemand { skill: SkillId::new("dutch").expect("valid"), level: Level::MAX }],
        channels: vec![AgentChannel { channel: ChannelId::new("voice").expect("valid"), max: None }],
        capacity: 100,
        rank: 0,
        site: None,
        reserve: None,
        kind: model::AgentKind::Person,
    }
}

pub fn contact_body() -> ContactBody {
    ContactBody {
        contact: ContactId::new("call-1").expect("valid"),
        channel: ChannelId::new("voice").expect("valid"),
        queue: Some(QueueId::new("sales").expect("valid")),
        customer: None,
        matter: None,
        skills: vec![],
        site: None,
        points: 0,
        due_at: None,
        arrived_at: None,
        preferred_agent: Some(AgentId::new("ann").expect("valid")),
        preferred_patience: Some(Millis(1000)),
        excluded_agents: vec![],
        attributes: [("language".to_owned(), "nl".to_owned())].into(),
        window: None,
        reachable: vec![],
        traceparent: None,
        person: false,
        classified: None,
        consult: None,
    }
}

pub fn classified_body() -> ContactBody {
    let classified = Classified {
        rule: Some(rule_name()),
        queue: QueueId::new("sales").expect("valid"),
        points: 5,
        skills: vec![SkillDemand { skill: SkillId::new("dutch").expect("valid"), level: Level::MAX }],
        person: false,
    };
    ContactBody { queue: None, classified: Some(Box::new(classified)), ..contact_body() }
}

pub fn update() -> ContactUpdate {
    ContactUpdate {
        customer: Some(CustomerRef::new("k-5").expect("valid")),
        person: false,
        attributes: [("language".to_owned(), None), ("tier".to_owned(), Some("gold".to_owned()))].into(),
    }
}
