//! The two durable sinks: the event feed and the dead letters. What they hold must be what the journal implies: all
//! of it that the journal calls sent, once, and nothing else.
//!
//! And in order, but for messages that a broken link or a lost leader took from among many in flight: they are sent again
//! behind newer ones, their origin says where they belong, and a warning says that it happened.

use model::Time;
use protocol::text::parse_time;
use serde::Deserialize;

use std::collections::HashMap;

use crate::evidence::{Extent, Limits, Message};
use crate::findings::Findings;
use crate::journal::Journal;
use crate::keys::key;
use crate::outputs::{NoOrigin, Origin, Outputs};
use crate::report::{Counts, Invariant, Where};
use crate::told::{Kind, Told, moment, outlook_key_of};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SinkName {
    Feed,
    DeadLetters,
}

#[derive(Debug)]
pub(crate) struct Sink {
    name: SinkName,
    extent: Extent,
    /// Of the first message of this shard.
    first: Option<Origin>,
    /// The furthest origin taken; an epoch below its epoch is refused by every consumer.
    last: Option<Origin>,
    /// Of each tenant that moved: the last message that says whether it is here.
    stays: Stays,
}

/// By key of the tenant; what is sent again says nothing new.
#[derive(Debug, Default)]
struct Stays(HashMap<u64, (Origin, bool)>);

impl Stays {
    /// `origin` is that of a message of this shard.
    fn note(&mut self, said: &Told, origin: Origin) {
        if said.kind != Kind::TenantLeft && said.kind != Kind::TenantCame {
            return;
        }
        let is_here = said.kind == Kind::TenantCame;
        let stay = self.0.entry(said.tenant).or_insert((origin, is_here));
        if origin >= stay.0 {
            *stay = (origin, is_here);
        }
    }
}

/// What judging a message may look at and write down.
#[derive(Debug)]
pub(crate) struct SinkContext<'a> {
    pub shard: &'a str,
    pub journal: &'a Journal,
    pub outputs: &'a mut Outputs,
    pub findings: &'a mut Findings,
    pub counts: &'a mut Counts,
    pub limits: &'a Limits,
    pub is_final: bool,
}

impl Sink {
    pub fn new(name: SinkName, extent: Extent) -> Sink {
        Sink { name, extent, first: None, last: None, stays: Stays::default() }
    }

    pub fn read(&mut self, message: &Message<'_>, context: &mut SinkContext<'_>) {
        let place = self.name.place(message.sequence);
        match self.name {
            SinkName::Feed => context.counts.feed_messages += 1,
            SinkName::DeadLetters => context.counts.dead_letters += 1,
        }
        let body: Body<'_> = match serde_json::from_slice(&message.bytes) {
            Ok(body) => body,
            Err(error) => {
                let what = format!("cannot be read as an output: {error}");
                return context.findings.violation(Invariant::CommitBeforeEffect, &place, what);
            }
        };
        if body.origin.shard != context.shard {
            context.counts.messages_of_other_shards += 1;
            if self.is_of_this_shard(key(body.tenant), context) {
                let what =
                    format!("shard {} speaks for tenant {} of this one", body.origin.shard, body.tenant);
                context.findings.violation(Invariant::CommitBeforeEffect, &place, what);
            }
            return;
        }
        self.judge(message, &body, &place, context);
    }

    /// Whether nobody else may speak for the tenant now. The feed has what one shard says of it before what the next one says.
    fn is_of_this_shard(&self, tenant: u64, context: &SinkContext<'_>) -> bool {
        let world = &context.journal.world;
        match (self.name, self.stays.0.get(&tenant)) {
            (SinkName::Feed, Some((_, is_here))) => *is_here,
            (SinkName::Feed, None) => world.has_tenant(tenant) && !world.came_first(tenant),
            (SinkName::DeadLetters, _) => world.has_tenant(tenant) && !world.has_moved(tenant),
        }
    }

    fn judge(
        &mut self,
        message: &Message<'_>,
        body: &Body<'_>,
        place: &Where,
        context: &mut SinkContext<'_>,
    ) {
        let origin =
            Origin { epoch: body.origin.epoch, commit: body.origin.commit, index: body.origin.index };
        self.first = self.first.or(Some(origin));
        let last = self.last.replace(self.last.map_or(origin, |last| last.max(origin)));
        let (commit, told) = match context.outputs.find(origin) {
            Ok(found) => found,
            Err(why) => return report_no_origin(origin, why, place, context),
        };
        let Some(said) = body.told(self.name) else {
            let what = format!("says {}, which is no {}", body.kind, self.name.what());
            return context.findings.violation(Invariant::CommitBeforeEffect, place, what);
        };
        let is_repeated = std::mem::replace(&mut told.is_seen, true);
        self.stays.note(&said, origin);
        let difference = told.difference(&said).or_else(|| {
            (parse_time(body.at).map(moment) != Some(moment(commit.now))).then_some("another time")
        });
        if let Some(field) = difference {
            let what = format!(
                "says {} of commit {}, index {}, with {field} than the journal, which has {}",
                body.kind,
                origin.commit,
                origin.index,
                told.kind.name()
            );
            context.findings.violation(Invariant::CommitBeforeEffect, place, what);
        } else if last.is_some_and(|last| origin.epoch < last.epoch) {
            let what = format!("epoch {} after epoch {}", origin.epoch, last.map_or(0, |last| last.epoch));
            context.findings.violation(Invariant::EpochAtSinks, place, what);
        } else if is_repeated {
            let what = format!("commit {}, index {} is told a second time", origin.commit, origin.index);
            context.findings.violation(Invariant::OutputComplete, place, what);
        } else if let Some(last) = last.filter(|last| origin < *last) {
            let what = format!(
                "commit {}, index {} is told after commit {}, index {}",
                origin.commit, origin.index, last.commit, last.index
            );
            context.findings.warning(Invariant::OutputComplete, place, what);
        }
        check_stamp(message.stamp, commit.stamp, place, context);
        self.check_envelope(message, body, origin, place, context);
    }

    /// The subject routes it and the id makes a repeat known; both follow from what it says.
    fn check_envelope(
        &self,
        message: &Message<'_>,
        body: &Body<'_>,
        origin: Origin,
        place: &Where,
        context: &mut SinkContext<'_>,
    ) {
        let (subject, end) = match self.name {
            SinkName::Feed => (format!("wissel.event.{}.{}", body.tenant, body.kind), "feed"),
            SinkName::DeadLetters => {
                (format!("wissel.refused.{}.{}", body.tenant, body.reason.unwrap_or_default()), "refused")
            }
        };
        if *message.subject != *subject {
            let what = format!("stands under {}, not under {subject}", message.subject);
            context.findings.violation(Invariant::CommitBeforeEffect, place, what);
        }
        let id = format!("{}-{}-{}-{}-{end}", context.shard, origin.epoch, origin.commit, origin.index);
        if message.message_id.as_deref() != Some(&id) {
            let found = message.message_id.as_deref().unwrap_or("none");
            let what = format!("has the message id {found}, not {id}: a repeat would not be known");
            context.findings.violation(Invariant::OutputComplete, place, what);
        }
    }

    /// After the last message: what the journal calls sent, and is not here.
    pub fn finish(&self, context: &mut SinkContext<'_>) {
        let through = context.journal.published_through;
        let mut unchecked = 0;
        for (origin, told) in context.outputs.iter() {
            if told.is_seen || !self.name.takes(told.kind) {
                continue;
            }
            if origin.commit > through {
                context.counts.outputs_awaited += 1;
            } else if self.extent.is_purged() && self.first.is_none_or(|first| origin < first) {
                unchecked += 1;
            } else {
                let place = Where::Journal { sequence: 0, commit: origin.commit, transition: None };
                let what = format!(
                    "{} at index {} is called sent and is not among {}",
                    told.kind.name(),
                    origin.index,
                    self.name.what()
                );
                context.findings.violation(Invariant::OutputComplete, &place, what);
            }
        }
        context
            .findings
            .unchecked("outputs older than what the feed or the dead letters still hold", unchecked);
    }
}

impl SinkName {
    fn place(self, sequence: u64) -> Where {
        match self {
            SinkName::Feed => Where::Feed { sequence },
            SinkName::DeadLetters => Where::DeadLetters { sequence },
        }
    }

    fn what(self) -> &'static str {
        match self {
            SinkName::Feed => "the events of the feed",
            SinkName::DeadLetters => "the dead letters",
        }
    }

    fn takes(self, kind: Kind) -> bool {
        (self == SinkName::DeadLetters) == (kind == Kind::Refused)
    }
}

/// An origin that the journal does not have: an invention, unless the journal was not read that far.
pub(crate) fn report_no_origin(origin: Origin, why: NoOrigin, place: &Where, context: &mut SinkContext<'_>) {
    let Origin { epoch, commit, index } = origin;
    let what = match why {
        NoOrigin::Before if context.journal.is_partial() => {
            return context.findings.unchecked("outputs of commits that the journal purged", 1);
        }
        NoOrigin::Beyond if context.journal.is_broken => {
            return context.findings.unchecked("outputs of commits after the break of the chain", 1);
        }
        NoOrigin::Beyond if !context.is_final => {
            return context.findings.unchecked("outputs of commits after the journal's dump", 1);
        }
        NoOrigin::Before | NoOrigin::Beyond => format!("commit {commit} is not in the journal"),
        NoOrigin::Epoch(journaled) => format!("commit {commit} is of epoch {journaled}, not {epoch}"),
        NoOrigin::Index(told) => format!("commit {commit} tells {told} things, there is no index {index}"),
    };
    context.findings.violation(Invariant::CommitBeforeEffect, place, what);
}

/// Nothing is out before it is in the journal.
pub(crate) fn check_stamp(seen: Time, journaled: Time, place: &Where, context: &mut SinkContext<'_>) {
    let early = journaled.since(seen);
    if early > context.limits.clock_skew_max {
        let what = format!("was out {} ms before the journal had it", early.0);
        context.findings.violation(Invariant::CommitBeforeEffect, place, what);
    }
}

/// The fields of all kinds of messages; ids and codes hold nothing that JSON escapes.
#[derive(Debug, Deserialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    tenant: &'a str,
    at: &'a str,
    origin: BodyOrigin<'a>,
    #[serde(borrow)]
    contact: Option<BodyContact<'a>>,
    agent: Option<&'a str>,
    preferred_agent: Option<&'a str>,
    offer: Option<u64>,
    expires_at: Option<&'a str>,
    until: Option<&'a str>,
    since: Option<&'a str>,
    how: Option<&'a str>,
    why: Option<&'a str>,
    outcome: Option<&'a str>,
    session: Option<u64>,
    #[serde(borrow)]
    presence: Option<BodyPresence<'a>>,
    cause: Option<&'a str>,
    version: Option<u64>,
    hash: Option<&'a str>,
    position: Option<u64>,
    reason: Option<&'a str>,
    queue: Option<&'a str>,
    state: Option<&'a str>,
    step: Option<u8>,
    rule: Option<&'a str>,
    measured: Option<Vec<Option<u64>>>,
    tries: Option<u8>,
    times: Option<u8>,
    first: Option<&'a str>,
    due_at: Option<&'a str>,
    expected_at: Option<&'a str>,
    late: Option<u32>,
    from: Option<&'a str>,
    #[serde(borrow)]
    classified: Option<Classified<'a>>,
    channel: Option<&'a str>,
    to: Option<&'a str>,
    from_channel: Option<&'a str>,
    p50_ms: Option<u64>,
    p90_ms: Option<u64>,
    unknown: Option<&'a str>,
    #[serde(borrow)]
    score: Option<BodyScore<'a>>,
}

#[derive(Debug, Deserialize)]
struct BodyScore<'a> {
    position: u64,
    p50_ms: Option<u64>,
    p90_ms: Option<u64>,
    unknown: Option<&'a str>,
    waited_ms: u64,
}

impl BodyScore<'_> {
    fn key(&self) -> u64 {
        let known = self.p50_ms.zip(self.p90_ms);
        key((outlook_key_of(self.position, known, self.unknown), self.waited_ms))
    }
}

#[derive(Debug, Deserialize)]
struct BodyOrigin<'a> {
    shard: &'a str,
    epoch: u64,
    commit: u64,
    index: u32,
}

#[derive(Debug, Deserialize)]
struct BodyContact<'a> {
    contact: &'a str,
    queue: &'a str,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Classified<'a> {
    Default,
    Rule(&'a str),
}

impl Classified<'_> {
    fn key(self) -> u64 {
        match self {
            Classified::Default => key("default"),
            Classified::Rule(rule) => key(("rule", rule)),
        }
    }
}

#[derive(Debug, Deserialize)]
struct BodyPresence<'a> {
    state: &'a str,
}

impl Body<'_> {
    /// Nothing when the sink takes no such kind, or a field of it is missing.
    fn told(&self, sink: SinkName) -> Option<Told> {
        let kind = KINDS.iter().copied().find(|kind| kind.name() == self.kind)?;
        if !sink.takes(kind) {
            return None;
        }
        let name = |name: Option<&str>| name.map_or(0, key);
        let time = |text: Option<&str>| parse_time(text?).map(moment);
        let told = Told {
            contact: name(self.contact.as_ref().map(|contact| contact.contact)),
            queue: name(self.contact.as_ref().map(|contact| contact.queue).or(self.queue)),
            agent: name(self.agent.or(self.preferred_agent)),
            offer: self.offer.unwrap_or(0),
            ..Told::new(kind, key(self.tenant))
        };
        let detail = match kind {
            Kind::TenantOpened
            | Kind::AgentPut
            | Kind::AgentRemoved
            | Kind::ContactQueued
            | Kind::ContactPressed
            | Kind::ContactUpdated
            | Kind::ContactReleased
            | Kind::ContactUnservable
            | Kind::ContactServable
            | Kind::ContactStuck
            | Kind::ContactWorkedOn
            | Kind::ContactResumed
            | Kind::DeadlinesMet => 0,
            Kind::ContactInterrupted => u64::from(self.times?),
            Kind::ContactHandedOver => key(self.from?),
            Kind::ContactAccepted => self.score.as_ref().map_or(0, BodyScore::key),
            Kind::ContactEstimated => {
                outlook_key_of(self.position?, self.p50_ms.zip(self.p90_ms), self.unknown)
            }
            Kind::ContactArrived => self.classified.map_or(0, Classified::key),
            Kind::ConfigApplied => key((self.version?, self.hash?)),
            Kind::AgentPresence => key((self.session?, self.presence.as_ref()?.state, self.cause?)),
            Kind::ContactOffered => time(self.expires_at)?,
            Kind::ContactWrapUp | Kind::ContactQuieted | Kind::ContactParked => time(self.until)?,
            Kind::ContactSlowed | Kind::ContactReplied => key(self.from_channel?),
            Kind::OfferEnded => key(self.how?),
            Kind::ContactReturned => key(self.why?),
            Kind::QueueSwitched => key(self.state?),
            Kind::ContactRelaxed => u64::from(self.step?),
            Kind::ContactJoined => time(self.until)?,
            Kind::ContactScheduled => key((time(self.until)?, self.tries?)),
            Kind::ContactMoved => key((key(self.from?), self.why?)),
            Kind::ContactReclassified => key((key(self.from?), self.classified.map_or(0, Classified::key))),
            Kind::ContactClosed => key(self.outcome?),
            Kind::OverflowTurned => {
                let since = self.since.map_or(Some(0), |since| time(Some(since)))?;
                key((self.rule?, self.state?, since, self.measured.as_ref()?))
            }
            Kind::DeadlinesAtRisk => {
                key((self.first?, time(self.due_at)?, time(self.expected_at)?, self.late?))
            }
            Kind::ContactOverflowed => key((key(self.from?), self.rule?)),
            Kind::ContactProposed => key((self.rule?, self.channel?, self.to?, time(self.until)?)),
            Kind::ProposalEnded => key(self.how?),
            Kind::ContactSwitched => key((key(self.from?), key(self.from_channel?))),
            Kind::TenantLeft => key(self.to?),
            Kind::TenantCame => key(self.from?),
            Kind::Refused => key((self.position?, self.reason?)),
        };
        Some(Told { detail, ..told })
    }
}

const KINDS: [Kind; 44] = [
    Kind::ContactArrived,
    Kind::ContactQueued,
    Kind::ContactOffered,
    Kind::ContactAccepted,
    Kind::ContactWrapUp,
    Kind::ContactClosed,
    Kind::OfferEnded,
    Kind::AgentPresence,
    Kind::ContactReturned,
    Kind::Refused,
    Kind::ContactMoved,
    Kind::ContactJoined,
    Kind::ContactUpdated,
    Kind::ContactReclassified,
    Kind::ContactOverflowed,
    Kind::OverflowTurned,
    Kind::DeadlinesAtRisk,
    Kind::DeadlinesMet,
    Kind::ContactEstimated,
    Kind::ContactProposed,
    Kind::ProposalEnded,
    Kind::ContactSwitched,
    Kind::ContactRelaxed,
    Kind::ContactPressed,
    Kind::ContactScheduled,
    Kind::ContactReleased,
    Kind::ContactUnservable,
    Kind::ContactServable,
    Kind::ContactInterrupted,
    Kind::ContactParked,
    Kind::ContactStuck,
    Kind::ContactWorkedOn,
    Kind::ContactResumed,
    Kind::ContactQuieted,
    Kind::ContactHandedOver,
    Kind::ContactSlowed,
    Kind::ContactReplied,
    Kind::QueueSwitched,
    Kind::AgentPut,
    Kind::AgentRemoved,
    Kind::ConfigApplied,
    Kind::TenantOpened,
    Kind::TenantLeft,
    Kind::TenantCame,
];
