//! Samples of bots, and of who asks for a person.

use std::sync::Arc;

use model::contact::ContactUpdate;
use model::moving::TenantPart;
use model::row::{ContactRow, ProfileRow};
use model::{
    AgentKind, AgentNo, AgentSpec, Change, ChannelNo, ContactBody, ContactNo, ProfileNo, QueueNo, Row, Time,
};

use super::configs::config_with_rules;
use super::rows::{contact, contact_body, part, profile, spec};

pub fn changes() -> Vec<(&'static str, Change)> {
    let mut for_people = config_with_rules();
    for_people.queues[0].person = true;
    for_people.rules[0].person = true;
    let update = Arc::new(ContactUpdate { person: true, ..ContactUpdate::default() });
    let rows = vec![
        Row::Profile(Box::new(ProfileRow { person: true, ..profile() })),
        Row::Contact(Box::new(ContactRow { handed_over_by: Some(AgentNo(5)), ..contact() })),
    ];
    let part = TenantPart { rows, ..part() };
    vec![
        (
            "commit_config_applied_person",
            Change::ConfigApplied { hash: "c0ffee".into(), config: Arc::new(for_people) },
        ),
        (
            "commit_agent_put_bot",
            Change::AgentPut {
                agent: AgentNo(5),
                spec: Arc::new(AgentSpec { kind: AgentKind::Bot, ..spec() }),
            },
        ),
        (
            "commit_profile_opened_person",
            Change::ProfileOpened {
                profile: ProfileNo(4),
                queue: QueueNo(2),
                channel: ChannelNo(1),
                ageing_per_minute: 1,
                requirement: Box::default(),
                pressure: None,
                site: None,
                person: true,
            },
        ),
        (
            "commit_contact_arrived_person",
            Change::ContactArrived {
                contact: ContactNo::new(9, 2),
                profile: ProfileNo(4),
                points: 0,
                arrived_at: Time(1_790_000_030_000),
                due_at: Time::MAX,
                digest: 7,
                body: Arc::new(ContactBody { person: true, ..contact_body() }),
                known: None,
            },
        ),
        (
            "commit_contact_kept_for_people",
            Change::ContactKeptForPeople { contact: ContactNo::new(9, 2), profile: ProfileNo(4) },
        ),
        ("commit_contact_updated_person", Change::ContactUpdated { contact: ContactNo::new(9, 2), update }),
        ("commit_tenant_rows_person", Change::TenantRows { hash: "c0ffee".into(), part: Box::new(part) }),
    ]
}
