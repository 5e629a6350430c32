//! Golden records (they must decode for ever), tolerance of unknown fields, and totality on damaged bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::agent::{AgentChannel, AgentSpec, Presence};
use model::calendar::{CalendarConfig, Date, OpenRange, SpecialDay};
use model::config::{
    ChannelConfig, ChannelKind, CustomerMode, CustomersConfig, QueueConfig, QueueState, RelaxStep,
    RonaConfig, ScheduleConfig, SiteNeed, SkillDemand, TenantConfig,
};
use model::contact::{ContactBody, ContactUpdate, Outcome, Window};
use model::estimate::{Estimate, Outlook, UnknownWhy};
use model::overflow::{
    Bound, Floor, Lent, Limit, OverflowAction, OverflowRule, OverflowState, Proposal, Signal, Threshold,
};
use model::rule::{Among, Classified, Condition, Decimal, Rule, Test, When};
use model::skill::{Level, Requirement, SkillLevel};
use model::transition::{
    ExitWhy, KnownAgent, KnownWhy, OfferEnd, Place, PresenceCause, ProposalEnd, RefusedInput, ReturnedWhy,
};
use model::work::DeadlineRisk;
use model::{
    AgentId, AgentNo, AuxReason, CalendarId, Change, ChannelId, ChannelNo, ContactId, ContactNo, CustomerRef,
    MatterRef, Millis, OfferNo, ProfileNo, QueueId, QueueNo, Refusal, RuleName, ShardId, SiteId, SiteNo,
    SkillId, SkillNo, TenantId, TenantNo, Time, Transition,
};
use serde::Serialize;

use super::*;
use configs::{
    config, config_with_calendars, config_with_capacity, config_with_customers, config_with_estimates,
    config_with_foresight, config_with_interruptions, config_with_overflow, config_with_proposals,
    config_with_rules, config_with_schedule, config_with_sites, config_with_waiting, config_with_work,
    rule_name, site,
};
use hand::by_hand;
use rows::{classified_body, contact_body, spec, update};

#[path = "record_test_bots.rs"]
mod bots;
#[path = "record_test_configs.rs"]
mod configs;
#[path = "record_test_hand.rs"]
mod hand;
#[path = "record_test_preference.rs"]
mod preference;
#[path = "record_test_quiet.rs"]
mod quiet;
#[path = "record_test_ratios.rs"]
mod ratios;
#[path = "record_test_rows.rs"]
pub(crate) mod rows;

/// `<name> <hex>` per line. A line is never changed or removed: it is a record that some journal may hold.
const GOLDEN: &str = include_str!("../golden/record.txt");

#[test]
fn golden_records_decode_for_ever() {
    let golden: BTreeMap<&str, &str> = GOLDEN.lines().filter_map(|line| line.split_once(' ')).collect();
    let samples = samples();
    let mut missing = String::new();
    for (name, record) in &samples {
        match golden.get(name) {
            Some(hex) => assert_eq!(&decode(&from_hex(hex)).expect(name).0, record, "{name}"),
            None => {
                missing += &format!("{name} {}\n", to_hex(&encode(record).expect("a sample is small").bytes))
            }
        }
    }
    assert!(missing.is_empty(), "append these lines to crates/protocol/golden/record.txt:\n{missing}");
    for name in golden.keys() {
        assert!(
            samples.iter().any(|(sample, _)| sample == name),
            "{name} has bytes but no sample to compare with"
        );
    }
}

#[test]
fn every_kind_and_every_change_has_a_golden_record() {
    let mut covered = BTreeSet::new();
    for (name, record) in samples() {
        let (kind, count) = match &record.body {
            Body::EpochOpened(_) => ("epoch_opened", 4),
            Body::Commit(_) => ("commit", 4),
            Body::Trying(_) => ("trying", 4),
            Body::Released(_) => ("released", 4),
        };
        assert_eq!(count, 4, "a new kind was added: give it a sample");
        covered.insert(kind.to_owned());
        if let Body::Commit(commit) = &record.body {
            for transition in &commit.transitions {
                assert!(name.starts_with("commit_"));
                covered.insert(change_name(&transition.change).to_owned());
            }
        }
    }
    assert_eq!(covered.len(), 4 + CHANGES, "{covered:?}");
}

#[test]
fn an_unknown_field_is_skipped_and_a_missing_optional_one_has_its_default() {
    #[derive(Serialize)]
    struct LaterRecord {
        later: BTreeMap<&'static str, Vec<u8>>,
        header: Header,
        now: Time,
        body: BTreeMap<&'static str, LaterCommit>,
    }
    #[derive(Serialize)]
    struct LaterCommit {
        ingest_position: u64,
        later: Option<(u8, String)>,
        published_through: u64,
        transitions: Vec<Transition>,
    }
    let commit = LaterCommit {
        ingest_position: 7,
        later: Some((1, "x".into())),
        published_through: 3,
        transitions: vec![],
    };
    let later = LaterRecord {
        later: [("deep", vec![1, 2, 3])].into(),
        header: header(),
        now: Time(9),
        body: [("commit", commit)].into(),
    };
    let bytes = encode_frame(RECORD_MAGIC, &later).expect("it is small").bytes;
    let (record, _) = decode(&bytes).expect("unknown fields are skipped");
    let expected = Commit {
        ingest_position: 7,
        published_through: 3,
        lost: vec![],
        transitions: vec![],
        ingest_stamp: None,
    };
    assert_eq!(record, Record { header: header(), now: Time(9), body: Body::Commit(expected) });
}

#[test]
fn every_flipped_bit_and_every_truncation_is_refused() {
    for (name, record) in samples() {
        let bytes = encode(&record).expect(name).bytes;
        for length in 0..bytes.len() {
            assert!(decode(&bytes[..length]).is_err(), "{name} cut to {length}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&flipped).is_err(), "{name} with bit {bit} flipped");
        }
    }
}

#[test]
fn lengths_that_lie_cost_nothing() {
    // A valid frame around bodies that announce four thousand million elements, bytes or characters.
    for announce in
        [[0xdd, 0xff, 0xff, 0xff, 0xff], [0xc6, 0xff, 0xff, 0xff, 0xff], [0xdb, 0xff, 0xff, 0xff, 0xff]]
    {
        let mut body = rmp_serde::to_vec_named(&header()).expect("a header is small");
        body.extend_from_slice(&announce);
        assert!(decode(&framed(&announce)).is_err());
        assert!(decode(&framed(&body)).is_err());
        let mut transitions = b"\x83\xa6header".to_vec();
        transitions.extend(rmp_serde::to_vec_named(&header()).expect("a header is small"));
        transitions.extend_from_slice(b"\xa3now\x00\xa4body\x81\xa6commit\x81\xabtransitions");
        transitions.extend_from_slice(&announce);
        assert!(decode(&framed(&transitions)).is_err());
    }
    assert_eq!(
        decode(&vec![0; RECORD_BYTES_MAX + 1]),
        Err(DecodeError::TooLarge { bytes: RECORD_BYTES_MAX + 1, limit: RECORD_BYTES_MAX })
    );
}

#[test]
fn nothing_may_follow_the_body() {
    let mut body = rmp_serde::to_vec_named(&samples()[0].1).expect("a sample is small");
    body.push(0xc0);
    assert_eq!(decode(&framed(&body)), Err(DecodeError::Trailing(1)));
}

#[test]
fn a_record_beyond_the_limit_is_not_encoded() {
    let text = "x".repeat(RECORD_BYTES_MAX);
    let opened = EpochOpened { node: text, nonce: 0, ingest: ingest(), rebased: None };
    let record = Record { header: header(), now: Time(0), body: Body::EpochOpened(opened) };
    assert!(matches!(encode(&record), Err(EncodeError::TooLarge { .. })));
}

#[test]
fn a_transition_counts_what_it_adds() {
    let transitions: Vec<Transition> = changes().into_iter().map(|(_, transition)| transition).collect();
    let counted: usize = transitions.iter().map(transition_bytes).sum();
    let size = |transitions| {
        let commit = Commit {
            ingest_position: 1,
            published_through: 1,
            lost: vec![],
            transitions,
            ingest_stamp: None,
        };
        encode(&Record { header: header(), now: Time(1), body: Body::Commit(commit) })
            .expect("small")
            .bytes
            .len()
    };
    // Two more bytes announce more than 15 elements.
    assert_eq!(size(transitions), size(vec![]) + counted + 2);
}

fn framed(body: &[u8]) -> Vec<u8> {
    let mut bytes = RECORD_MAGIC.to_vec();
    bytes.push(FORMAT);
    bytes.extend_from_slice(&Hash::of(body).0);
    bytes.extend_from_slice(body);
    bytes
}

fn header() -> Header {
    Header { epoch: 3, commit_no: 1_000_000, prev_hash: Hash([0xa5; 32]) }
}

fn ingest() -> IngestIdentity {
    IngestIdentity { stream: "ING_a".into(), created_ns: 1_790_000_000_123_456_789, uuid: "0197-ab".into() }
}

fn samples() -> Vec<(&'static str, Record)> {
    let record = |body| Record { header: header(), now: Time(1_790_000_000_000), body };
    let lost = vec![LostInputs { first: 70, last: 71 }];
    let empty = Commit {
        ingest_position: 77,
        published_through: 999_998,
        lost,
        transitions: vec![],
        ingest_stamp: None,
    };
    let mut samples = vec![
        (
            "epoch_opened",
            record(Body::EpochOpened(EpochOpened {
                node: "node-1".into(),
                nonce: u128::MAX - 5,
                ingest: ingest(),
                rebased: None,
            })),
        ),
        (
            "epoch_opened_rebased",
            record(Body::EpochOpened(EpochOpened {
                node: "node-1".into(),
                nonce: 7,
                ingest: ingest(),
                rebased: Some(Rebased { position: 76 }),
            })),
        ),
        ("trying", record(Body::Trying(Trying { position: 78 }))),
        ("released", record(Body::Released(Released { published_through: 999_999 }))),
        ("commit_empty", record(Body::Commit(empty))),
    ];
    for (name, transition) in changes() {
        let commit = Commit {
            ingest_position: 77,
            published_through: 999_998,
            lost: vec![],
            transitions: vec![transition],
            ingest_stamp: None,
        };
        samples.push((name, record(Body::Commit(commit))));
    }
    samples
}

const CHANGES: usize = 55;

fn change_name(change: &Change) -> &'static str {
    match change {
        Change::TenantOpened { .. } => "tenant_opened",
        Change::TenantLeft { .. } => "tenant_left",
        Change::TenantRows { .. } => "tenant_rows",
        Change::TenantCame { .. } => "tenant_came",
        Change::TenantGone => "tenant_gone",
        Change::Resumed { .. } => "resumed",
        Change::Refused(_) => "refused",
        Change::ConfigApplied { .. } => "config_applied",
        Change::AgentPut { .. } => "agent_put",
        Change::AgentRemoved { .. } => "agent_removed",
        Change::ProfileOpened { .. } => "profile_opened",
        Change::ProfileClosed { .. } => "profile_closed",
        Change::AgentHeard { .. } => "agent_heard",
        Change::AgentPresence { .. } => "agent_presence",
        Change::AgentDeferred { .. } => "agent_deferred",
        Change::AgentThrottled { .. } => "agent_throttled",
        Change::AgentUnthrottled { .. } => "agent_unthrottled",
        Change::ContactArrived { .. } => "contact_arrived",
        Change::ContactQueued { .. } => "contact_queued",
        Change::Offered { .. } => "offered",
        Change::Accepted { .. } => "accepted",
        Change::OfferEnded { .. } => "offer_ended",
        Change::ExclusionLifted { .. } => "exclusion_lifted",
        Change::WrapUpStarted { .. } => "wrap_up_started",
        Change::ContactReturned { .. } => "contact_returned",
        Change::QueueSwitched { .. } => "queue_switched",
        Change::ContactRelaxed { .. } => "contact_relaxed",
        Change::ContactPressed { .. } => "contact_pressed",
        Change::ContactMoved { .. } => "contact_moved",
        Change::ContactJoined { .. } => "contact_joined",
        Change::ContactUpdated { .. } => "contact_updated",
        Change::ContactReclassified { .. } => "contact_reclassified",
        Change::ContactScheduled { .. } => "contact_scheduled",
        Change::ContactReleased { .. } => "contact_released",
        Change::ContactClosed { .. } => "contact_closed",
        Change::ContactUnservable { .. } => "contact_unservable",
        Change::ContactServable { .. } => "contact_servable",
        Change::ContactInterrupted { .. } => "contact_interrupted",
        Change::ContactParked { .. } => "contact_parked",
        Change::ContactStuck { .. } => "contact_stuck",
        Change::ContactWorkedOn { .. } => "contact_worked_on",
        Change::ContactResumed { .. } => "contact_resumed",
        Change::ContactQuieted { .. } => "contact_quieted",
        Change::ContactHandedOver { .. } => "contact_handed_over",
        Change::ContactSlowed { .. } => "contact_slowed",
        Change::ContactKeptForPeople { .. } => "contact_kept_for_people",
        Change::ContactReplied { .. } => "contact_replied",
        Change::ContactNoted { .. } => "contact_noted",
        Change::OverflowTurned { .. } => "overflow_turned",
        Change::DeadlinesJudged { .. } => "deadlines_judged",
        Change::ContactOverflowed { .. } => "contact_overflowed",
        Change::ContactEstimated { .. } => "contact_estimated",
        Change::ContactProposed { .. } => "contact_proposed",
        Change::ProposalEnded { .. } => "proposal_ended",
        Change::ContactSwitched { .. } => "contact_switched",
    }
}

const OUTLOOK: Outlook =
    Outlook { position: 3, estimate: Estimate::Known { p50: Millis(12_000), p90: Millis(40_000) } };

fn changes() -> Vec<(&'static str, Transition)> {
    let (agent, contact, profile) = (AgentNo(5), ContactNo::new(9, 2), ProfileNo(4));
    let until = Time(1_790_000_030_000);
    let mut requirement = Requirement::default();
    assert!(requirement.add(SkillLevel { skill: SkillNo(3), level: Level::MAX }));
    let list = vec![
        ("commit_tenant_opened", Change::TenantOpened { name: TenantId::new("acme").expect("valid") }),
        ("commit_tenant_left", Change::TenantLeft { to: ShardId::new("4").expect("valid"), position: 77 }),
        ("commit_tenant_rows", Change::TenantRows { hash: "c0ffee".into(), part: Box::new(rows::part()) }),
        ("commit_tenant_came", Change::TenantCame { grace: Millis(1_250) }),
        ("commit_tenant_gone", Change::TenantGone),
        ("commit_resumed", Change::Resumed { grace: Millis(2500) }),
        ("commit_refused", Change::Refused(Box::new(refused()))),
        (
            "commit_config_applied",
            Change::ConfigApplied { hash: "c0ffee".into(), config: Arc::new(config()) },
        ),
        (
            "commit_config_applied_waiting",
            Change::ConfigApplied { hash: "c0ffee".into(), config: Arc::new(config_with_waiting()) },
        ),
        ("commit_queue_switched", Change::QueueSwitched { queue: QueueNo(2), state: QueueState::Paused }),
        ("commit_contact_relaxed", Change::ContactRelaxed { contact, step: 2, profile }),
        (
            "commit_contact_moved",
            Change::ContactMoved { contact, profile, points: -3, why: ExitWhy::MaxWait },
        ),
        ("commit_contact_joined", Change::ContactJoined { contact, agent, until }),
        (
            "commit_contact_arrived_known",
            Change::ContactArrived {
                contact,
                profile,
                points: 2,
                arrived_at: until,
                due_at: Time::MAX,
                digest: 7,
                body: Arc::new(ContactBody {
                    customer: Some(CustomerRef::new("cust-1").expect("valid")),
                    matter: Some(MatterRef::new("order-7").expect("valid")),
                    ..contact_body()
                }),
                known: Some(KnownAgent { agent, why: KnownWhy::Matter }),
            },
        ),
        (
            "commit_config_applied_customers",
            Change::ConfigApplied { hash: "c0ffee".into(), config: Arc::new(config_with_customers()) },
        ),
        (
            "commit_config_applied_calendars",
            Change::ConfigApplied { hash: "c0ffee".into(), config: Arc::new(config_with_calendars()) },
        ),
        ("commit_contact_pressed", Change::ContactPressed { contact, profile }),
        (
            "commit_contact_moved_off_hours",
            Change::ContactMoved { contact, profile, points: 0, why: ExitWhy::OffHours },
        ),
        (
            "commit_profile_opened_pressed",
            Change::ProfileOpened {
                profile,
                queue: QueueNo(1),
                channel: ChannelNo(2),
                ageing_per_minute: 1,
                requirement: Box::default(),
                pressure: Some(Millis::HOUR),
                site: None,
                person: false,
            },
        ),
        (
            "commit_config_applied_rules",
            Change::ConfigApplied { hash: "c0ffee".into(), config: Arc::new(config_with_rules()) },
        ),
        (
            "commit_contact_classified",
            Change::ContactArrived {
                contact,
                profile,
                points: 5,
                arrived_at: Time(1_789_999_999_000),
                due_at: Time::MAX,
                digest: 1,
                body: Arc::new(classified_body()),
                known: None,
            },
        ),
        ("commit_contact_updated", Change::ContactUpdated { contact, update: Arc::new(update()) }),
        (
            "commit_contact_reclassified",
            Change::ContactReclassified { contact, profile, points: 5, rule: Some(rule_name()) },
        ),
        (
            "commit_config_applied_overflow",
            Change::ConfigApplied { hash: "c0ffee".into(), config: Arc::new(config_with_overflow()) },
        ),
        (
            "commit_overflow_turned",
            Change::OverflowTurned {
                rule: rule_name(),
                state: OverflowState::Rising { since: until },
                measured: vec![Some(21), Some(65_000)],
            },
        ),
        (
            "commit_contact_overflowed",
            Change::ContactOverflowed { contact, rule: rule_name(), profile, points: 5, step: 1 },
        ),
        (
            "commit_config_applied_schedule",
            Change::ConfigApplied { hash: "c0ffee".into(), config: Arc::new(config_with_schedule()) },
        ),
        (
            "commit_contact_arrived_window",
            Change::ContactArrived {
                contact,
                profile,
                points: 5,
                arrived_at: Time(1_789_999_999_000),
                due_at: Time::MAX,
                digest: 1,
                body: Arc::new(ContactBody {
                    window: Some(Box::new(Window { not_before: Some(until), not_after: None })),
                    ..contact_body()
                }),
                known: None,
            },
        ),
        ("commit_contact_scheduled", Change::ContactScheduled { contact, until, tries: 1 }),
        ("commit_contact_released", Change::ContactReleased { contact, arrived_at: until }),
        (
            "commit_contact_moved_window_over",
            Change::ContactMoved { contact, profile, points: 0, why: ExitWhy::WindowOver },
        ),
        ("commit_contact_not_reached", Change::ContactClosed { contact, outcome: Outcome::NotReached }),
        ("commit_contact_blocked", Change::ContactClosed { contact, outcome: Outcome::Blocked }),
        ("commit_agent_put", Change::AgentPut { agent, spec: Arc::new(spec()) }),
        ("commit_agent_removed", Change::AgentRemoved { agent }),
        (
            "commit_profile_opened",
            Change::ProfileOpened {
                profile,
                queue: QueueNo(1),
                channel: ChannelNo(0),
                ageing_per_minute: 10,
                requirement: Box::new(requirement),
                pressure: None,
                site: None,
                person: false,
            },
        ),
        ("commit_profile_closed", Change::ProfileClosed { profile }),
        ("commit_agent_heard", Change::AgentHeard { agent, session: 11, counter: 12 }),
        (
            "commit_agent_presence",
            Change::AgentPresence {
                agent,
                presence: Presence::Aux(AuxReason::new("break").expect("valid")),
                cause: PresenceCause::Agent,
            },
        ),
        ("commit_agent_deferred", Change::AgentDeferred { agent, limit: 64, until }),
        (
            "commit_contact_arrived",
            Change::ContactArrived {
                contact,
                profile,
                points: -7,
                arrived_at: Time(1_789_999_999_000),
                due_at: Time::MAX,
                digest: u64::MAX,
                body: Arc::new(contact_body()),
                known: None,
            },
        ),
        (
            "commit_contact_queued",
            Change::ContactQueued { contact, place: Place::Preferred { agent, until } },
        ),
        (
            "commit_offered",
            Change::Offered { contact, agent, offer: OfferNo(6), expires_at: until, by: None },
        ),
        ("commit_accepted", Change::Accepted { contact }),
        (
            "commit_offer_ended",
            Change::OfferEnded { contact, how: OfferEnd::Expired, kept_from_until: until },
        ),
        ("commit_exclusion_lifted", Change::ExclusionLifted { contact }),
        ("commit_wrap_up_started", Change::WrapUpStarted { contact, until }),
        (
            "commit_contact_returned",
            Change::ContactReturned {
                contact,
                profile,
                points: 0,
                why: ReturnedWhy::TransferredToAgent { agent },
                kept_from_until: Time(0),
            },
        ),
        (
            "commit_config_applied_estimate",
            Change::ConfigApplied { hash: "c0ffee".into(), config: Arc::new(config_with_estimates()) },
        ),
        (
            "commit_config_applied_work",
            Change::ConfigApplied { hash: "c0ffee".into(), config: Arc::new(config_with_work()) },
        ),
        (
            "commit_deadlines_judged",
            Change::DeadlinesJudged {
                queue: QueueNo(3),
                risk: Some(DeadlineRisk {
                    contact,
                    due_at: until,
                    expected_at: Time(until.0 + 60_000),
                    late: 12,
                }),
            },
        ),
        ("commit_deadlines_judged_met", Change::DeadlinesJudged { queue: QueueNo(3), risk: None }),
        (
            "commit_config_applied_foresee",
            Change::ConfigApplied { hash: "c0ffee".into(), config: Arc::new(config_with_foresight()) },
        ),
        (
            "commit_overflow_turned_unknown",
            Change::OverflowTurned {
                rule: rule_name(),
                state: OverflowState::Off,
                measured: vec![Some(1), None],
            },
        ),
        ("commit_contact_estimated", Change::ContactEstimated { contact, outlook: OUTLOOK }),
        (
            "commit_contact_estimated_unknown",
            Change::ContactEstimated {
                contact,
                outlook: Outlook { estimate: Estimate::Unknown(UnknownWhy::NobodyThere), ..OUTLOOK },
            },
        ),
        (
            "commit_config_applied_proposals",
            Change::ConfigApplied { hash: "c0ffee".into(), config: Arc::new(config_with_proposals()) },
        ),
        (
            "commit_contact_arrived_reachable",
            Change::ContactArrived {
                contact,
                profile,
                points: 5,
                arrived_at: Time(1_789_999_999_000),
                due_at: Time::MAX,
                digest: 1,
                body: Arc::new(ContactBody {
                    reachable: vec![ChannelId::new("email").expect("valid")],
                    ..contact_body()
                }),
                known: None,
            },
        ),
        (
            "commit_contact_proposed",
            Change::ContactProposed {
                contact,
                rule: rule_name(),
                channel: ChannelNo(1),
                queue: QueueNo(2),
                until,
            },
        ),
        ("commit_proposal_ended", Change::ProposalEnded { contact, how: ProposalEnd::Declined }),
        ("commit_contact_switched", Change::ContactSwitched { contact, profile, points: 5, due_at: until }),
        ("commit_contact_closed", Change::ContactClosed { contact, outcome: Outcome::Completed }),
        (
            "commit_config_applied_sites",
            Change::ConfigApplied { hash: "c0ffee".into(), config: Arc::new(config_with_sites()) },
        ),
        (
            "commit_agent_put_site",
            Change::AgentPut { agent, spec: Arc::new(AgentSpec { site: Some(site()), ..spec() }) },
        ),
        (
            "commit_profile_opened_site",
            Change::ProfileOpened {
                profile,
                queue: QueueNo(2),
                channel: ChannelNo(1),
                ageing_per_minute: 1,
                requirement: Box::default(),
                pressure: None,
                site: Some(SiteNo(3)),
                person: false,
            },
        ),
        (
            "commit_contact_arrived_site",
            Change::ContactArrived {
                contact,
                profile,
                points: 0,
                arrived_at: until,
                due_at: Time::MAX,
                digest: 7,
                body: Arc::new(ContactBody { site: Some(site()), ..contact_body() }),
                known: None,
            },
        ),
        (
            "commit_config_applied_capacity",
            Change::ConfigApplied { hash: "c0ffee".into(), config: Arc::new(config_with_capacity()) },
        ),
        (
            "commit_agent_put_reserve",
            Change::AgentPut { agent, spec: Arc::new(AgentSpec { reserve: Some(60), ..spec() }) },
        ),
        ("commit_contact_unservable", Change::ContactUnservable { contact }),
        ("commit_contact_servable", Change::ContactServable { contact }),
        (
            "commit_config_applied_interruptions",
            Change::ConfigApplied { hash: "c0ffee".into(), config: Arc::new(config_with_interruptions()) },
        ),
    ];
    list.into_iter()
        .chain(preference::changes())
        .chain(bots::changes().into_iter().chain(ratios::changes()))
        .chain(by_hand(contact, agent, profile, until))
        .chain(quiet::changes().into_iter().chain(quiet::consult::changes()))
        .map(|(name, change)| (name, Transition { tenant: TenantNo(1), change }))
        .collect()
}

fn refused() -> RefusedInput {
    RefusedInput {
        tenant: TenantId::new("acme").expect("valid"),
        position: 77,
        reason: Refusal::BadField,
        detail: "channel: expected text".into(),
        agent: Some(AgentId::new("ann").expect("valid")),
        head: "{\"channel\":0}".into(),
    }
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hex"))
        .collect()
}
