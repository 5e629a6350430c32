//! Who is told what of each event.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::agent::{AfterDraining, PresenceBefore};
use model::config::{QueueState, SkillDemand};
use model::consult::ConsultOf;
use model::contact::Window;
use model::estimate::{Estimate, Outlook, Score, UnknownWhy};
use model::event::HistoryEntry;
use model::hand::Hand;
use model::overflow::OverflowState;
use model::rule::Classified;
use model::transition::{ExitWhy, KnownWhy, OfferEnd, PresenceCause, ProposalEnd, RefusedInput, ReturnedWhy};
use model::work::DeadlineRisk;
use model::{
    AgentNo, AuxReason, ChannelId, ContactBody, ContactId, CustomerRef, Level, MatterRef, Millis, OfferNo,
    Outcome, QueueId, Refusal, RuleName, ShardId, SiteId, SkillId,
};

use super::*;

const ORIGIN: Origin<'static> = Origin { shard: "eu-1", epoch: 3, commit_no: 41, index: 5 };

/// One message in a line: its side, its subject, and its payload without tenant, time and origin.
fn told(kind: EventKind) -> Vec<String> {
    let event = Event { tenant: TenantId::new("acme").expect("an id"), at: Time(1_500), kind };
    let mut out = Vec::new();
    outputs(&event, ORIGIN, &mut out);
    let show = |output: Output| {
        let payload = String::from_utf8(output.payload).expect("JSON");
        let head = r#","tenant":"acme","at":"1970-01-01T00:00:01.500Z","origin":{"shard":"eu-1","epoch":3,"commit":41,"index":5}"#;
        assert!(payload.contains(head), "{payload}");
        let id = output.message_id.trim_end_matches("-asks");
        assert_eq!(id, format!("eu-1-3-41-5-{}", output.kind.code()));
        subject::parse(&output.subject).expect("one of our subjects");
        format!("{:?} {} {}", output.kind, output.subject, payload.replace(head, ""))
    };
    out.into_iter().map(show).collect()
}

fn contact_told(step: ContactStep) -> Vec<String> {
    told(EventKind::Contact { facts: facts(), step })
}

fn facts() -> ContactFacts {
    let queue = QueueId::new("sales").expect("an id");
    let channel = ChannelId::new("email").expect("an id");
    let body = ContactBody {
        contact: ContactId::new("c1").expect("an id"),
        channel: channel.clone(),
        queue: Some(QueueId::new("first").expect("an id")),
        customer: Some(CustomerRef::new("cust").expect("an id")),
        matter: Some(MatterRef::new("order-7").expect("an id")),
        skills: vec![SkillDemand { skill: SkillId::new("dutch").expect("an id"), level: Level::MAX }],
        site: Some(SiteId::new("north").expect("an id")),
        person: true,
        points: 0,
        due_at: None,
        arrived_at: None,
        preferred_agent: None,
        preferred_patience: None,
        excluded_agents: Vec::new(),
        attributes: BTreeMap::from([("a \"b\"".to_owned(), "☎\n".to_owned())]),
        window: None,
        reachable: Vec::new(),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        classified: None,
        consult: None,
    };
    ContactFacts { body: Arc::new(body), queue, channel, arrived_at: Time(0), due_at: Some(Time(60_000)) }
}

fn history(ended: Option<(Time, Outcome)>) -> HistoryEntry {
    let facts = facts();
    HistoryEntry {
        contact: ContactId::new("c0").expect("an id"),
        matter: None,
        channel: facts.channel,
        queue: facts.queue,
        agent: ended.is_some().then(agent),
        arrived_at: Time(0),
        ended,
    }
}

fn agent() -> AgentId {
    AgentId::new("jo").expect("an id")
}

const SUMMARY: &str = r#""contact":{"contact":"c1","channel":"email","queue":"sales","site":"north","arrived_at":"1970-01-01T00:00:00.000Z","due_at":"1970-01-01T00:01:00.000Z","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}"#;
const CONTACT: &str = r#""contact":{"contact":"c1","channel":"email","queue":"sales","customer":"cust","matter":"order-7","skills":{"dutch":10},"site":"north","person":true,"attributes":{"a \"b\"":"☎\n"},"arrived_at":"1970-01-01T00:00:00.000Z","due_at":"1970-01-01T00:01:00.000Z","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}"#;

const OPEN: &str =
    r#"{"contact":"c0","channel":"email","queue":"sales","arrived_at":"1970-01-01T00:00:00.000Z"}"#;
const ENDED: &str = r#"{"contact":"c0","channel":"email","queue":"sales","agent":"jo","arrived_at":"1970-01-01T00:00:00.000Z","ended_at":"1970-01-01T00:00:05.000Z","outcome":"completed"}"#;

#[test]
fn the_life_of_a_contact_is_told_to_whom_it_concerns() {
    let offer = OfferNo(9);
    assert_eq!(
        contact_told(ContactStep::Arrived { known: Some((agent(), KnownWhy::LastAgent)) }),
        [format!(
            r#"Feed wissel.event.acme.contact_arrived {{"type":"contact_arrived",{CONTACT},"known":{{"agent":"jo","why":"last_agent"}}}}"#
        )]
    );
    assert_eq!(
        contact_told(ContactStep::Joined { agent: agent(), until: Time(20_000) }),
        [format!(
            r#"Feed wissel.event.acme.contact_joined {{"type":"contact_joined",{SUMMARY},"agent":"jo","until":"1970-01-01T00:00:20.000Z"}}"#
        )]
    );
    assert_eq!(
        contact_told(ContactStep::Queued { preferred: Some(agent()) }),
        [
            r#"Customer wissel.out.acme.contact.c1 {"type":"queued","contact":"c1","queue":"sales"}"#
                .to_owned(),
            format!(
                r#"Feed wissel.event.acme.contact_queued {{"type":"contact_queued",{SUMMARY},"preferred_agent":"jo"}}"#
            ),
        ]
    );
    assert_eq!(
        contact_told(ContactStep::Offered {
            by: None,
            agent: agent(),
            offer,
            expires_at: Time(20_000),
            handed_over_by: None,
            history: vec![history(None), history(Some((Time(5_000), Outcome::Completed)))]
        }),
        [
            format!(
                r#"AgentDesktop wissel.out.acme.agent.jo {{"type":"offer","offer":9,"expires_at":"1970-01-01T00:00:20.000Z",{CONTACT},"history":[{OPEN},{ENDED}]}}"#
            ),
            format!(
                r#"Feed wissel.event.acme.contact_offered {{"type":"contact_offered",{SUMMARY},"agent":"jo","offer":9,"expires_at":"1970-01-01T00:00:20.000Z"}}"#
            ),
        ]
    );
    let expires_at = Time(20_000);
    let by = Some(Hand::Agent);
    let (handed_over_by, history) = (Some(AgentId::new("rob").expect("an id")), Vec::new());
    let pulled = ContactStep::Offered { agent: agent(), offer, expires_at, by, handed_over_by, history };
    let messages = contact_told(pulled);
    for message in &messages {
        assert!(message.contains(r#""expires_at":"1970-01-01T00:00:20.000Z","by":"agent""#), "{message}");
    }
    assert!(messages[0].contains(r#""by":"agent","handed_over_by":"rob","contact""#), "{}", messages[0]);
    assert_eq!(
        contact_told(ContactStep::OfferEnded { agent: agent(), offer, how: OfferEnd::Expired }),
        [
            r#"AgentDesktop wissel.out.acme.agent.jo {"type":"offer_ended","contact":"c1","offer":9,"how":"expired"}"#
                .to_owned(),
            format!(
                r#"Feed wissel.event.acme.offer_ended {{"type":"offer_ended",{SUMMARY},"agent":"jo","offer":9,"how":"expired"}}"#
            ),
        ]
    );
    assert_eq!(
        contact_told(ContactStep::Closed { agent: None, outcome: Outcome::Abandoned }),
        [
            r#"Customer wissel.out.acme.contact.c1 {"type":"ended","contact":"c1","outcome":"abandoned"}"#
                .to_owned(),
            format!(
                r#"Feed wissel.event.acme.contact_closed {{"type":"contact_closed",{SUMMARY},"outcome":"abandoned"}}"#
            ),
        ]
    );
}

#[test]
fn what_is_put_off_is_told() {
    let until = Time(20_000);
    const UNTIL: &str = r#""until":"1970-01-01T00:00:20.000Z""#;
    assert_eq!(
        contact_told(ContactStep::Scheduled { agent: Some(agent()), until, tries: 1 }),
        [
            format!(
                r#"AgentDesktop wissel.out.acme.agent.jo {{"type":"not_reached","contact":"c1",{UNTIL}}}"#
            ),
            format!(r#"Customer wissel.out.acme.contact.c1 {{"type":"scheduled","contact":"c1",{UNTIL}}}"#),
            format!(
                r#"Feed wissel.event.acme.contact_scheduled {{"type":"contact_scheduled",{SUMMARY},"agent":"jo",{UNTIL},"tries":1}}"#
            ),
        ]
    );
    assert_eq!(contact_told(ContactStep::Scheduled { agent: None, until, tries: 0 }).len(), 2);
    assert_eq!(
        contact_told(ContactStep::Released),
        [format!(r#"Feed wissel.event.acme.contact_released {{"type":"contact_released",{SUMMARY}}}"#)]
    );
}

#[test]
fn what_is_interrupted_and_resumed_is_told() {
    let told = |kind: &str, more: &str| {
        [
            format!(r#"AgentDesktop wissel.out.acme.agent.jo {{"type":"{kind}","contact":"c1"}}"#),
            format!(
                r#"Feed wissel.event.acme.contact_{kind} {{"type":"contact_{kind}",{SUMMARY},"agent":"jo"{more}}}"#
            ),
        ]
    };
    let interrupted = ContactStep::Interrupted { agent: agent(), times: 2 };
    assert_eq!(contact_told(interrupted), told("interrupted", r#","times":2"#));
    assert_eq!(contact_told(ContactStep::Resumed { agent: agent() }), told("resumed", ""));
}

#[test]
fn what_stays_with_an_agent_who_is_signed_out_is_told() {
    const UNTIL: &str = r#""until":"1970-01-01T00:00:20.000Z""#;
    assert_eq!(
        contact_told(ContactStep::Parked { agent: agent(), until: Time(20_000) }),
        [
            format!(r#"AgentDesktop wissel.out.acme.agent.jo {{"type":"parked","contact":"c1",{UNTIL}}}"#),
            format!(
                r#"Feed wissel.event.acme.contact_parked {{"type":"contact_parked",{SUMMARY},"agent":"jo",{UNTIL}}}"#
            ),
        ]
    );
}

#[test]
fn what_is_stuck_and_worked_on_is_told() {
    let feed =
        |kind: &str| format!(r#"Feed wissel.event.acme.{kind} {{"type":"{kind}",{SUMMARY},"agent":"jo"}}"#);
    let stuck = r#"AgentDesktop wissel.out.acme.agent.jo {"type":"stuck","contact":"c1"}"#.to_owned();
    assert_eq!(contact_told(ContactStep::Stuck { agent: agent() }), [stuck, feed("contact_stuck")]);
    assert_eq!(contact_told(ContactStep::WorkedOn { agent: agent() }), [feed("contact_worked_on")]);
}

#[test]
fn who_falls_silent_and_writes_again_is_told() {
    const UNTIL: &str = r#""until":"1970-01-01T00:00:20.000Z""#;
    let of = |kind: &str, more: &str| {
        format!(r#"Feed wissel.event.acme.contact_{kind} {{"type":"contact_{kind}",{SUMMARY},{more}}}"#)
    };
    let quieted = ContactStep::Quieted { agent: agent(), until: Time(20_000) };
    assert_eq!(
        contact_told(quieted),
        [
            format!(r#"AgentDesktop wissel.out.acme.agent.jo {{"type":"quieted","contact":"c1",{UNTIL}}}"#),
            of("quieted", &format!(r#""agent":"jo",{UNTIL}"#)),
        ]
    );
    let from = r#""from_channel":"chat""#;
    assert_eq!(contact_told(ContactStep::Slowed { from: chat() }), [of("slowed", from)]);
    assert_eq!(contact_told(ContactStep::Replied { from: chat() }), [of("replied", from)]);
}

#[test]
fn who_asks_is_told_what_becomes_of_it_beside_who_is_asked() {
    let asks = |state: &str| {
        format!(
            r#"AgentDesktop wissel.out.acme.agent.kim {{"type":"consult","contact":"c1","about":"c0",{state}}}"#
        )
    };
    let first = |step| told(EventKind::Contact { facts: consult_facts(), step }).remove(0);
    let accepted = ContactStep::Accepted { agent: agent(), offer: OfferNo(7), score: None };
    let all = told(EventKind::Contact { facts: consult_facts(), step: accepted });
    assert_eq!(all[0], asks(r#""state":"active","agent":"jo""#));
    let of = r#""consult_of":{"contact":"c0","agent":"kim"}"#;
    assert!(all[1].starts_with("AgentDesktop wissel.out.acme.agent.jo") && all[1].contains(of), "{}", all[1]);
    assert!(all[3].starts_with("Feed") && all[3].contains(of), "{}", all[3]);
    assert_eq!(first(ContactStep::Queued { preferred: None }), asks(r#""state":"waiting""#));
    let wraps_up = ContactStep::WrapUpStarted { agent: agent(), until: Time(9) };
    assert_eq!(first(wraps_up), asks(r#""state":"ended","outcome":"completed""#));
    let closed = ContactStep::Closed { agent: None, outcome: Outcome::Cancelled };
    assert_eq!(first(closed), asks(r#""state":"ended","outcome":"cancelled""#));
    let kim = ContactStep::HandedOver { from: kim(), agent: agent(), offer: OfferNo(7) };
    assert_eq!(
        contact_told(kim),
        [
            r#"AgentDesktop wissel.out.acme.agent.kim {"type":"handed_over","contact":"c1","agent":"jo"}"#
                .to_owned(),
            format!(r#"AgentDesktop wissel.out.acme.agent.jo {{"type":"assigned","offer":7,{CONTACT}}}"#),
            r#"Customer wissel.out.acme.contact.c1 {"type":"accepted","contact":"c1","agent":"jo"}"#
                .to_owned(),
            format!(
                r#"Feed wissel.event.acme.contact_handed_over {{"type":"contact_handed_over",{SUMMARY},"from":"kim","agent":"jo","offer":7}}"#
            ),
        ]
    );
}

/// By it agent kim asks about another.
fn consult_facts() -> ContactFacts {
    let mut facts = facts();
    let of = ConsultOf { contact: ContactId::new("c0").expect("an id"), agent: kim() };
    Arc::make_mut(&mut facts.body).consult = Some(Box::new(of));
    facts
}

fn kim() -> AgentId {
    AgentId::new("kim").expect("an id")
}

#[test]
fn a_window_goes_out_with_the_contact() {
    let mut facts = facts();
    let window = Window { not_before: Some(Time(20_000)), not_after: Some(Time(40_000)) };
    Arc::make_mut(&mut facts.body).window = Some(Box::new(window));
    let told = told(EventKind::Contact { facts, step: ContactStep::Arrived { known: None } });
    let window = r#""not_before":"1970-01-01T00:00:20.000Z","not_after":"1970-01-01T00:00:40.000Z""#;
    assert!(told[0].contains(window), "{}", told[0]);
}

#[test]
fn what_chose_the_queue_is_told() {
    let arrived = |rule: Option<RuleName>| {
        let mut facts = facts();
        let queue = facts.queue.clone();
        let classified = Classified { rule, queue, points: 0, skills: Vec::new(), person: false };
        Arc::make_mut(&mut facts.body).classified = Some(Box::new(classified));
        told(EventKind::Contact { facts, step: ContactStep::Arrived { known: None } })
    };
    let text = |classified: &str| {
        format!(
            r#"Feed wissel.event.acme.contact_arrived {{"type":"contact_arrived",{CONTACT},"classified":{classified}}}"#
        )
    };
    assert_eq!(arrived(None), [text(r#""default""#)]);
    assert_eq!(arrived(Some(rule())), [text(r#"{"rule":"gold"}"#)]);
    let from = QueueId::new("first").expect("an id");
    let text = |more: &str| {
        format!(
            r#"Feed wissel.event.acme.contact_reclassified {{"type":"contact_reclassified",{SUMMARY},"from":"first"{more}}}"#
        )
    };
    let reclassified = |rule| contact_told(ContactStep::Reclassified { from: from.clone(), rule });
    assert_eq!(reclassified(Some(rule())), [text(r#","classified":{"rule":"gold"}"#)]);
    // Its producer named a queue.
    assert_eq!(reclassified(None), [text("")]);
    assert_eq!(
        contact_told(ContactStep::Updated { agent: Some(agent()) }),
        [
            format!(r#"AgentDesktop wissel.out.acme.agent.jo {{"type":"updated",{CONTACT}}}"#),
            format!(
                r#"Feed wissel.event.acme.contact_updated {{"type":"contact_updated",{CONTACT},"agent":"jo"}}"#
            ),
        ]
    );
}

#[test]
fn work_that_nobody_can_take_is_told_to_its_customer_and_in_the_feed() {
    for (step, name) in [(ContactStep::Unservable, "unservable"), (ContactStep::Servable, "servable")] {
        assert_eq!(
            contact_told(step),
            [
                format!(
                    r#"Customer wissel.out.acme.contact.c1 {{"type":"{name}","contact":"c1","queue":"sales"}}"#
                ),
                format!(r#"Feed wissel.event.acme.contact_{name} {{"type":"contact_{name}",{SUMMARY}}}"#),
            ]
        );
    }
}

#[test]
fn what_overflow_does_is_told_in_the_feed() {
    let from = QueueId::new("first").expect("an id");
    assert_eq!(
        contact_told(ContactStep::Overflowed { from: from.clone(), rule: rule() }),
        [format!(
            r#"Feed wissel.event.acme.contact_overflowed {{"type":"contact_overflowed",{SUMMARY},"rule":"gold","from":"first"}}"#
        )]
    );
    let state = OverflowState::Falling { since: Time(20_000) };
    assert_eq!(
        told(EventKind::OverflowTurned { rule: rule(), queue: from, state, measured: vec![Some(12), None] }),
        [
            r#"Feed wissel.event.acme.overflow_turned {"type":"overflow_turned","rule":"gold","queue":"first","state":"falling","since":"1970-01-01T00:00:20.000Z","measured":[12,null]}"#
        ]
    );
}

#[test]
fn deadlines_at_risk_are_told_in_the_feed() {
    let queue = QueueId::new("letters").expect("an id");
    assert_eq!(
        told(EventKind::DeadlinesJudged { queue: queue.clone(), risk: Some(risk()) }),
        [
            r#"Feed wissel.event.acme.deadlines_at_risk {"type":"deadlines_at_risk","queue":"letters","first":"c9","due_at":"1970-01-01T00:00:20.000Z","expected_at":"1970-01-01T00:00:25.000Z","late":3}"#
        ]
    );
    assert_eq!(
        told(EventKind::DeadlinesJudged { queue, risk: None }),
        [r#"Feed wissel.event.acme.deadlines_met {"type":"deadlines_met","queue":"letters"}"#]
    );
}

fn risk() -> DeadlineRisk<ContactId> {
    let contact = ContactId::new("c9").expect("an id");
    DeadlineRisk { contact, due_at: Time(20_000), expected_at: Time(25_000), late: 3 }
}

fn rule() -> RuleName {
    RuleName::new("gold").expect("an id")
}

#[test]
fn a_presence_is_told_in_one_form() {
    let aux = AuxReason::new("lunch").expect("an id");
    for (presence, text) in [
        (model::Presence::SignedOut, r#"{"state":"signed_out"}"#),
        (model::Presence::Aux(aux.clone()), r#"{"state":"aux","reason":"lunch"}"#),
        (model::Presence::Draining { then: AfterDraining::SignOut }, r#"{"state":"draining"}"#),
        (
            model::Presence::Lost {
                until: Time(0),
                before: PresenceBefore::Draining(AfterDraining::Aux(aux)),
            },
            r#"{"state":"lost","until":"1970-01-01T00:00:00.000Z","before":{"state":"draining","aux":"lunch"}}"#,
        ),
    ] {
        let told = told(EventKind::AgentPresence {
            agent: agent(),
            session: 2,
            presence,
            cause: PresenceCause::Rona,
        });
        assert_eq!(
            told,
            [
                format!(
                    r#"AgentDesktop wissel.out.acme.agent.jo {{"type":"presence","session":2,"presence":{text},"cause":"rona"}}"#
                ),
                format!(
                    r#"Feed wissel.event.acme.agent_presence {{"type":"agent_presence","agent":"jo","session":2,"presence":{text},"cause":"rona"}}"#
                ),
            ]
        );
    }
}

#[test]
fn a_refusal_goes_to_the_dead_letters_and_to_the_agent() {
    let input = RefusedInput {
        tenant: TenantId::new("acme").expect("an id"),
        position: 17,
        reason: Refusal::OfferGone,
        detail: "the offer ended".to_owned(),
        agent: Some(agent()),
        head: "{}".to_owned(),
    };
    let meaning = "The offer is not open any more, or is not this agent's.";
    assert_eq!(
        told(EventKind::Refused(Box::new(input))),
        [
            format!(
                r#"DeadLetter wissel.refused.acme.offer_gone {{"type":"refused","position":17,"reason":"offer_gone","meaning":"{meaning}","detail":"the offer ended","agent":"jo","head":"{{}}"}}"#
            ),
            format!(
                r#"AgentDesktop wissel.out.acme.agent.jo {{"type":"refused","position":17,"reason":"offer_gone","meaning":"{meaning}","detail":"the offer ended"}}"#
            ),
        ]
    );
}

#[test]
fn what_is_expected_is_told_to_the_customer_and_scored_in_the_feed() {
    const EXPECTED: &str = r#""position":3,"p50_ms":12000,"p90_ms":40000"#;
    assert_eq!(
        contact_told(ContactStep::Estimated { outlook: score().first }),
        [
            format!(
                r#"Customer wissel.out.acme.contact.c1 {{"type":"estimate","contact":"c1","queue":"sales",{EXPECTED}}}"#
            ),
            format!(
                r#"Feed wissel.event.acme.contact_estimated {{"type":"contact_estimated",{SUMMARY},{EXPECTED}}}"#
            ),
        ]
    );
    assert_eq!(
        contact_told(ContactStep::Estimated { outlook: unknown() })[0],
        r#"Customer wissel.out.acme.contact.c1 {"type":"estimate","contact":"c1","queue":"sales","position":3,"unknown":"too_few"}"#
    );
    let accepted = ContactStep::Accepted { agent: agent(), offer: OfferNo(9), score: Some(score()) };
    assert_eq!(
        contact_told(accepted).last().expect("the feed is told"),
        &format!(
            r#"Feed wissel.event.acme.contact_accepted {{"type":"contact_accepted",{SUMMARY},"agent":"jo","offer":9,"score":{{{EXPECTED},"waited_ms":15000}}}}"#
        )
    );
}

#[test]
fn what_is_proposed_is_told_to_the_customer() {
    const UNTIL: &str = r#""until":"1970-01-01T00:00:20.000Z""#;
    assert_eq!(
        contact_told(proposed()),
        [
            format!(
                r#"Customer wissel.out.acme.contact.c1 {{"type":"proposal","contact":"c1","channel":"chat","queue":"first",{UNTIL}}}"#
            ),
            format!(
                r#"Feed wissel.event.acme.contact_proposed {{"type":"contact_proposed",{SUMMARY},"rule":"gold","channel":"chat","to":"first",{UNTIL}}}"#
            ),
        ]
    );
    assert_eq!(
        contact_told(ContactStep::ProposalEnded { how: ProposalEnd::Declined }),
        [
            r#"Customer wissel.out.acme.contact.c1 {"type":"proposal_ended","contact":"c1","how":"declined"}"#
                .to_owned(),
            format!(
                r#"Feed wissel.event.acme.proposal_ended {{"type":"proposal_ended",{SUMMARY},"how":"declined"}}"#
            ),
        ]
    );
    let from = QueueId::new("first").expect("an id");
    assert_eq!(
        contact_told(ContactStep::Switched { from, from_channel: chat() }),
        [
            r#"Customer wissel.out.acme.contact.c1 {"type":"switched","contact":"c1","channel":"email","queue":"sales","due_at":"1970-01-01T00:01:00.000Z"}"#
                .to_owned(),
            format!(
                r#"Feed wissel.event.acme.contact_switched {{"type":"contact_switched",{SUMMARY},"from":"first","from_channel":"chat"}}"#
            ),
        ]
    );
}

fn proposed() -> ContactStep {
    let queue = QueueId::new("first").expect("an id");
    ContactStep::Proposed { rule: rule(), channel: chat(), queue, until: Time(20_000) }
}

fn chat() -> ChannelId {
    ChannelId::new("chat").expect("an id")
}

fn score() -> Score {
    let estimate = Estimate::Known { p50: Millis(12_000), p90: Millis(40_000) };
    Score { first: Outlook { position: 3, estimate }, waited: Millis(15_000) }
}

fn unknown() -> Outlook {
    Outlook { estimate: Estimate::Unknown(UnknownWhy::TooFew), ..score().first }
}

/// Every kind of event once, with everything optional.
pub(crate) fn every_event() -> Vec<EventKind> {
    let offer = OfferNo(9);
    let presence = model::Presence::Available;
    let queue = QueueId::new("sales").expect("an id");
    let refused = RefusedInput {
        tenant: TenantId::new("acme").expect("an id"),
        position: 17,
        reason: Refusal::BadField,
        detail: String::new(),
        agent: Some(agent()),
        head: String::new(),
    };
    let steps = [
        ContactStep::Arrived { known: None },
        ContactStep::Queued { preferred: None },
        ContactStep::Offered {
            agent: agent(),
            offer,
            expires_at: Time(20_000),
            by: Some(Hand::Supervisor),
            handed_over_by: Some(agent()),
            history: Vec::new(),
        },
        ContactStep::Accepted { agent: agent(), offer, score: Some(score()) },
        ContactStep::Estimated { outlook: score().first },
        ContactStep::Estimated { outlook: unknown() },
        proposed(),
        ContactStep::ProposalEnded { how: ProposalEnd::Expired },
        ContactStep::Switched { from: queue.clone(), from_channel: chat() },
        ContactStep::OfferEnded { agent: agent(), offer, how: OfferEnd::Revoked },
        ContactStep::WrapUpStarted { agent: agent(), until: Time(9) },
        ContactStep::Returned { agent: agent(), why: ReturnedWhy::TransferredToAgent { agent: AgentNo(4) } },
        ContactStep::Relaxed { step: 1 },
        ContactStep::Pressed,
        ContactStep::Moved { from: queue.clone(), why: ExitWhy::MaxWait },
        ContactStep::Joined { agent: agent(), until: Time(9) },
        ContactStep::Updated { agent: Some(agent()) },
        ContactStep::Reclassified { from: queue.clone(), rule: Some(rule()) },
        ContactStep::Overflowed { from: queue.clone(), rule: rule() },
        ContactStep::Scheduled { agent: Some(agent()), until: Time(20_000), tries: 1 },
        ContactStep::Released,
        ContactStep::Unservable,
        ContactStep::Servable,
        ContactStep::Interrupted { agent: agent(), times: 1 },
        ContactStep::Parked { agent: agent(), until: Time(20_000) },
        ContactStep::Stuck { agent: agent() },
        ContactStep::WorkedOn { agent: agent() },
        ContactStep::Resumed { agent: agent() },
        ContactStep::Quieted { agent: agent(), until: Time(20_000) },
        ContactStep::HandedOver { from: kim(), agent: agent(), offer: OfferNo(7) },
        ContactStep::Slowed { from: chat() },
        ContactStep::Replied { from: chat() },
        ContactStep::Closed { agent: Some(agent()), outcome: Outcome::Completed },
    ];
    let sales = queue.clone();
    let mut events = vec![
        EventKind::TenantOpened,
        EventKind::TenantLeft { to: ShardId::new("4").expect("an id") },
        EventKind::TenantCame { from: ShardId::new("0").expect("an id") },
        EventKind::ConfigApplied { version: 2, hash: "ab".repeat(32) },
        EventKind::Refused(Box::new(refused)),
        EventKind::AgentPut { agent: agent() },
        EventKind::AgentRemoved { agent: agent() },
        EventKind::QueueSwitched { queue: queue.clone(), state: QueueState::Paused },
        EventKind::OverflowTurned {
            rule: rule(),
            queue,
            state: OverflowState::Rising { since: Time(9) },
            measured: vec![Some(7)],
        },
        EventKind::DeadlinesJudged { queue: sales.clone(), risk: Some(risk()) },
        EventKind::DeadlinesJudged { queue: sales, risk: None },
        EventKind::AgentPresence { agent: agent(), session: 2, presence, cause: PresenceCause::Agent },
    ];
    let of_consult = steps.clone().map(|step| EventKind::Contact { facts: consult_facts(), step });
    events.extend(steps.map(|step| EventKind::Contact { facts: facts(), step }));
    events.extend(of_consult);
    events
}

#[test]
fn every_published_type_is_told_by_some_event() {
    let mut told = BTreeSet::new();
    for kind in every_event() {
        let event = Event { tenant: TenantId::new("acme").expect("an id"), at: Time(0), kind };
        let mut out = Vec::new();
        outputs(&event, ORIGIN, &mut out);
        let ids: BTreeSet<&str> = out.iter().map(|output| output.message_id.as_str()).collect();
        assert_eq!(ids.len(), out.len(), "two messages share an id");
        for output in out {
            let payload: serde_json::Value = serde_json::from_slice(&output.payload).expect("JSON");
            told.insert((output.kind, payload["type"].as_str().expect("a type").to_owned()));
        }
    }
    let published: BTreeSet<(OutputKind, String)> =
        message::BODIES.iter().map(|body| (body.kind, body.name.to_owned())).collect();
    assert_eq!(told, published);
}

#[test]
fn what_is_told_fits_its_published_schema() {
    let schemas: BTreeMap<String, jsonschema::Validator> = crate::schema::documents()
        .into_iter()
        .filter(|(path, _)| path.starts_with("output/"))
        .map(|(path, text)| {
            let schema = serde_json::from_str(&text).expect("JSON");
            let validator = jsonschema::options().should_validate_formats(true).build(&schema);
            (path, validator.expect("a valid schema"))
        })
        .collect();
    for kind in every_event() {
        let event = Event { tenant: TenantId::new("acme").expect("an id"), at: Time::MAX, kind };
        let mut out = Vec::new();
        outputs(&event, ORIGIN, &mut out);
        for output in out {
            let payload: serde_json::Value = serde_json::from_slice(&output.payload).expect("JSON");
            let side = match output.kind {
                OutputKind::AgentDesktop => "agent",
                OutputKind::Customer => "customer",
                OutputKind::Feed => "event",
                OutputKind::DeadLetter => "refused",
            };
            let path = format!("output/{side}/{}.json", payload["type"].as_str().expect("a type"));
            let fits = schemas[&path].validate(&payload);
            assert!(fits.is_ok(), "{path}: {fits:?}: {payload}");
        }
    }
}
