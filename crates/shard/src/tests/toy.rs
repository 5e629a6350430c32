//! Decisions that are easy to check: every input is written down once, with its reason; every fifth sets a timer.
//!
//! Some inputs differ: `offer` sets a longer timer, `nothing` changes nothing, `poison` crashes whoever reads its bytes,
//! what is decided on `bulky` fills a group, and what is decided on `huge` fits no record, unless it is set aside. JSON is read as
//! it is in earnest, and leaves no trace unless it is refused.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use engine::Decisions;
use model::event::EventKind;
use model::input::TenantInput;
use model::row::ClosedRow;
use model::transition::RefusedInput;
use model::{
    Change, Event, Input, InputBody, Millis, ProfileNo, Refusal, Row, TenantId, TenantNo, Time, Transition,
};
use protocol::record::{COMMIT_BYTES_TARGET, RECORD_BYTES_MAX, transition_bytes};

use crate::decider::{Codec, Decider};
use crate::event::IngestMessage;

/// Ends behind the moment at which a silence of ingest is noticed.
pub const OFFER: Millis = Millis(2_200);

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Toy {
    pub decided: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub position: u64,
    pub is_poison: bool,
    /// Still to fire.
    pub timer: Option<Time>,
}

impl Decider for Toy {
    fn new(_: [u8; 16]) -> Toy {
        Toy::default()
    }

    fn handle(&mut self, now: Time, input: Input, decisions: &mut Decisions) {
        let change = match input {
            Input::Tenant(TenantInput {
                tenant,
                position,
                body: InputBody::Malformed { reason, detail, .. },
                ..
            }) => {
                if detail == "nothing" {
                    return;
                }
                let detail = match detail.as_str() {
                    "bulky" => "x".repeat(COMMIT_BYTES_TARGET),
                    "huge" if reason != Refusal::Poison => "x".repeat(RECORD_BYTES_MAX),
                    _ => detail,
                };
                let head = String::new();
                Change::Refused(Box::new(RefusedInput {
                    tenant,
                    position,
                    reason,
                    detail,
                    agent: None,
                    head,
                }))
            }
            Input::Tick { until } => {
                while let Some(due) = self.next_timer().filter(|due| *due <= now.min(until)) {
                    let at = self.decided.iter().position(|entry| entry.timer == Some(due)).expect("a timer");
                    let profile = ProfileNo(self.decided[at].position as u32);
                    self.decide(now, Change::ProfileClosed { profile }, decisions);
                }
                return;
            }
            Input::Resume { grace } => Change::Resumed { grace },
            Input::Offering(is_on) => {
                let bytes: usize = decisions.transitions.iter().map(transition_bytes).sum();
                assert!(!is_on || bytes < COMMIT_BYTES_TARGET, "what is offered has room in its group");
                return;
            }
            Input::Tenant(_) | Input::AgentSilent { .. } | Input::AgentBack { .. } => return,
        };
        self.decide(now, change, decisions);
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the toy decides three changes and shall never see another"
    )]
    fn apply(&mut self, now: Time, transition: &Transition, events: &mut Vec<Event>) {
        match &transition.change {
            Change::Refused(refused) => {
                let span = if refused.detail == "offer" {
                    Some(OFFER)
                } else {
                    (refused.position % 5 == 0).then_some(Millis(300))
                };
                let timer = span.map(|span| now + span);
                let is_poison = refused.reason == Refusal::Poison;
                self.decided.push(Entry { position: refused.position, is_poison, timer });
                let kind = EventKind::Refused(refused.clone());
                events.push(Event { tenant: refused.tenant.clone(), at: now, kind });
            }
            Change::ProfileClosed { profile } => {
                let entry = self.decided.iter_mut().find(|entry| entry.position as u32 == profile.0);
                entry.expect("a decided input").timer = None;
                let tenant = TenantId::new("acme").expect("valid");
                events.push(Event { tenant, at: now, kind: EventKind::TenantOpened });
            }
            Change::Resumed { grace } => {
                for timer in self.decided.iter_mut().filter_map(|entry| entry.timer.as_mut()) {
                    *timer += *grace;
                }
            }
            other => panic!("the toy does not decide {other:?}"),
        }
    }

    fn next_timer(&self) -> Option<Time> {
        self.decided.iter().filter_map(|entry| entry.timer).min()
    }

    fn is_settled(&self) -> bool {
        true
    }

    fn is_fitted(&self) -> bool {
        true
    }

    fn fit(&mut self) {}

    fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        self.decided.iter().map(|entry| {
            Row::Closed(ClosedRow {
                id_hash: u128::from(entry.position),
                digest: u64::from(entry.is_poison),
                closed_at: entry.timer.unwrap_or_default(),
            })
        })
    }

    fn from_rows(_: [u8; 16], rows: impl Iterator<Item = Row>) -> Toy {
        let decided = rows.map(|row| {
            let Row::Closed(row) = row else { panic!("the toy has no {row:?}") };
            let timer = (row.closed_at != Time(0)).then_some(row.closed_at);
            Entry { position: row.id_hash as u64, is_poison: row.digest == 1, timer }
        });
        Toy { decided: decided.collect() }
    }
}

impl Toy {
    fn decide(&mut self, now: Time, change: Change, decisions: &mut Decisions) {
        let transition = Transition { tenant: TenantNo::SHARD, change };
        self.apply(now, &transition, &mut decisions.events);
        decisions.transitions.push(transition);
    }
}

/// Raises `crashed` where a real decoder would panic.
#[derive(Debug)]
pub struct ToyCodec {
    pub crashed: Arc<AtomicBool>,
}

impl Codec for ToyCodec {
    fn decode(&mut self, message: &IngestMessage) -> TenantInput {
        self.read(&message.bytes);
        if message.bytes.starts_with(b"{") {
            let IngestMessage { sequence, subject, stamp, bytes, traceparent: _ } = message;
            return protocol::input::decode(subject, bytes, *sequence, *stamp, None, &BTreeMap::new())
                .expect("a subject");
        }
        input(message, Refusal::BadField)
    }
    fn set_aside(&mut self, message: &IngestMessage) -> TenantInput {
        input(message, Refusal::Poison)
    }
    fn redacted_head(&self, bytes: &[u8]) -> String {
        self.read(bytes);
        String::from_utf8_lossy(bytes).into_owned()
    }
}

impl ToyCodec {
    fn read(&self, bytes: &[u8]) {
        if bytes == b"poison" {
            self.crashed.store(true, Ordering::Relaxed);
        }
    }
}

fn input(message: &IngestMessage, reason: Refusal) -> TenantInput {
    let detail = String::from_utf8_lossy(&message.bytes).into_owned();
    TenantInput {
        tenant: TenantId::new("acme").expect("valid"),
        position: message.sequence,
        stamp: message.stamp,
        sent_at: None,
        body: InputBody::Malformed { reason, detail, agent: None },
    }
}
