//! Reading the ingest stream: order, gaps, and whether what was read is all there is.

use std::collections::VecDeque;

use model::{Millis, Time};
use protocol::record::LostInputs;

use crate::action::{Action, Alarm, Quarantine};
use crate::event::{IngestMessage, RequestId};
use crate::limits::{
    INBOX_MAX, INGEST_CONFIRM, INGEST_SILENCE_MAX, LAG_MAX, MISSING_READS_MAX, RETRY_AFTER,
    SHORTER_BELIEVED_AFTER, STALL_MIN,
};
use crate::machine::Context;
use crate::mutants::{self, Mutant};
use crate::stall::Stall;
use crate::time::{after, elapsed};

#[derive(Debug)]
pub(crate) struct Intake {
    /// Answers of any other subscription are late and ignored.
    subscription: Option<RequestId>,
    resubscribe_at: Option<Millis>,
    /// Last sequence that went into the inbox; the subscription goes on behind it.
    read: u64,
    /// Its stamp; nothing when that is unknown.
    read_stamp: Option<Time>,
    /// Both, as they were when the present subscription was asked for.
    behind: (u64, Option<Time>),
    /// Of the last input decided; nothing when that is unknown.
    decided_stamp: Option<Time>,
    inbox: VecDeque<Entry>,
    /// Where the stream begins: whatever was before was purged, by an owner that had covered it.
    first: u64,
    /// What the server held behind the last message read.
    pending: u64,
    /// When a subscription last said anything; asking anew is not hearing.
    heard: Millis,
    /// When the present subscription was asked for.
    asked: Millis,
    /// The subscription has said how much is behind it.
    tail_known: bool,
    /// A gap that begins here was seen this often. The client drops messages under pressure and a replica may fail to
    /// read one, so a gap counts only when new subscriptions keep showing it.
    reread: Gap,
    /// The input that an earlier owner tried: it had waited for whatever is missing before it.
    tried: Option<u64>,
    /// Since when the stream is said to end before what was read. A former leader says so for a while.
    shorter_since: Option<Millis>,
    /// Stamp of the last input decided.
    last_stamp: Time,
    /// Since when it is unknown or false that nearly everything was read.
    blind_since: Option<Millis>,
}

/// Missing messages, and how often they were missing when read again.
#[derive(Debug, Default)]
struct Gap {
    first: u64,
    /// The least that any read showed: what lies behind it was there once, and only dropped on the way.
    last: u64,
    seen: u32,
}

impl Gap {
    /// True when every read has shown all of `lost` as missing, often enough.
    fn is_seen(&mut self, lost: LostInputs) -> bool {
        let is_same = self.first == lost.first;
        *self = Gap {
            first: lost.first,
            last: if is_same { self.last.min(lost.last) } else { lost.last },
            seen: if is_same { self.seen + 1 } else { 1 },
        };
        self.seen >= MISSING_READS_MAX && self.last == lost.last
    }
}

#[derive(Debug)]
pub(crate) struct Entry {
    /// The gap before this message.
    pub lost: Option<LostInputs>,
    pub message: IngestMessage,
}

impl Intake {
    /// Blind until it has read to the tail.
    pub fn new(position: u64, stamp: Option<Time>, tried: Option<u64>, cx: &mut Context<'_>) -> Intake {
        let now = cx.clock.monotonic;
        let mut intake = Intake {
            subscription: None,
            resubscribe_at: None,
            read: position,
            read_stamp: stamp,
            behind: (position, stamp),
            decided_stamp: stamp,
            inbox: VecDeque::new(),
            first: 0,
            pending: 0,
            heard: now,
            asked: now,
            tail_known: false,
            reread: Gap::default(),
            tried,
            shorter_since: None,
            last_stamp: Time(0),
            blind_since: Some(now),
        };
        intake.subscribe(cx);
        intake
    }

    pub fn insert(
        &mut self,
        request: RequestId,
        messages: Vec<IngestMessage>,
        pending: u64,
        cx: &mut Context<'_>,
    ) {
        if self.subscription != Some(request) {
            return;
        }
        self.notice_silence(cx);
        self.heard = cx.clock.monotonic;
        self.pending = pending;
        self.tail_known = true;
        for message in messages {
            let expected = self.read + 1;
            if message.sequence < expected {
                cx.statistics.inputs_repeated += 1;
                continue;
            }
            if self.inbox.len() == INBOX_MAX {
                return self.subscribe(cx);
            }
            let lost = (message.sequence > expected && !mutants::is(Mutant::IngestGapIgnored))
                .then(|| LostInputs { first: expected, last: message.sequence - 1 });
            if let Some(lost) = lost {
                let is_certain = lost.last < self.first || self.tried == Some(message.sequence);
                if !is_certain && !self.reread.is_seen(lost) {
                    return self.failed(request, cx.clock.monotonic);
                }
                cx.statistics.inputs_lost += lost.last - lost.first + 1;
                cx.act(Action::Alarm(Alarm::InputsLost { first: lost.first, last: lost.last }));
            }
            (self.read, self.read_stamp) = (message.sequence, Some(message.stamp));
            self.inbox.push_back(Entry { lost, message });
        }
    }

    pub fn opened(&mut self, request: RequestId, first: u64) {
        if self.subscription == Some(request) {
            self.first = self.first.max(first);
        }
    }

    /// The message that was read last must still be the one that was read.
    pub fn judge_stamp(&mut self, request: RequestId, before: Option<Time>) -> Result<(), Quarantine> {
        let (position, known) = self.behind;
        match (known, before) {
            (Some(known), Some(found)) if self.subscription == Some(request) && known != found => {
                Err(Quarantine::IngestChanged { position })
            }
            _ => Ok(()),
        }
    }

    pub fn decided_stamp(&self) -> Option<Time> {
        self.decided_stamp
    }

    /// A stream that ends before what was read lost it. The sequences that it gives out again must not pass for repeats.
    pub fn judge_end(&mut self, request: RequestId, end: u64, now: Millis) -> Result<(), Quarantine> {
        if self.subscription != Some(request) {
            return Ok(());
        }
        if end >= self.read {
            self.shorter_since = None;
            return Ok(());
        }
        let since = *self.shorter_since.get_or_insert(now);
        if elapsed(now, since) < SHORTER_BELIEVED_AFTER {
            return Ok(());
        }
        Err(Quarantine::IngestLost { first: end + 1, last: self.read })
    }

    pub fn failed(&mut self, request: RequestId, now: Millis) {
        if self.subscription == Some(request) {
            self.subscription = None;
            self.tail_known = false;
            self.resubscribe_at = Some(after(now, RETRY_AFTER));
        }
    }

    pub fn tick(&mut self, cx: &mut Context<'_>) {
        let is_due = self.resubscribe_at.is_some_and(|at| at <= cx.clock.monotonic);
        let is_silent =
            self.silent_at().is_some_and(|at| at <= cx.clock.monotonic) && !cx.config.is_time_given();
        if is_due || is_silent {
            self.subscribe(cx);
        }
    }

    pub fn front(&self) -> Option<&Entry> {
        self.inbox.front()
    }

    pub fn pop(&mut self) -> Option<Entry> {
        let entry = self.inbox.pop_front()?;
        self.last_stamp = entry.message.stamp;
        self.decided_stamp = Some(entry.message.stamp);
        Some(entry)
    }

    pub fn room(&self) -> usize {
        INBOX_MAX - self.inbox.len()
    }

    pub fn is_at_tail(&self) -> bool {
        self.tail_known && self.inbox.is_empty() && self.pending == 0
    }

    pub fn is_blind(&self) -> bool {
        self.blind_since.is_some()
    }

    /// Every input stored before this time has been decided. That there was nothing more was true when it was last
    /// heard: after a pause of this process it says nothing of what came meanwhile.
    pub fn read_until(&self, cx: &Context<'_>) -> Option<Time> {
        if self.is_blind() {
            return None;
        }
        let is_fresh = cx.config.is_time_given() || elapsed(cx.clock.monotonic, self.heard) <= INGEST_CONFIRM;
        Some(if self.is_at_tail() && is_fresh { Time::MAX } else { self.last_stamp })
    }

    /// Judges anew whether the shard sees what there is. What a blindness that ends has cost goes to `stall`.
    pub fn assess(&mut self, now: Time, cx: &Context<'_>, stall: &mut Stall) {
        self.notice_blindness(now, cx);
        if self.sees(now, cx)
            && let Some(since) = self.blind_since.take()
        {
            stall.stood_still(since, cx.clock.monotonic);
        }
    }

    /// Judges anew whether the shard has become blind, and leaves a blindness as it is.
    pub fn notice_blindness(&mut self, now: Time, cx: &Context<'_>) {
        if self.blind_since.is_none() && !self.sees(now, cx) {
            // A lag begins when it shows; what was not heard may have been there since the last word.
            let is_unheard = self.is_silent(cx) || !self.tail_known;
            self.blind_since = Some(if is_unheard { self.heard } else { cx.clock.monotonic });
        }
    }

    /// A word after a long silence, or after this process stood still: what was due meanwhile could not be seen.
    fn notice_silence(&mut self, cx: &Context<'_>) {
        let silence = elapsed(cx.clock.monotonic, self.heard);
        if self.blind_since.is_none() && silence >= STALL_MIN && !cx.config.is_time_given() {
            self.blind_since = Some(self.heard);
        }
    }

    fn sees(&self, now: Time, cx: &Context<'_>) -> bool {
        // Given time stands still while there is anything to do, so what was received came just now.
        let is_near = if cx.config.is_time_given() { self.pending == 0 } else { self.lag(now) <= LAG_MAX };
        self.tail_known && !self.is_silent(cx) && (self.is_at_tail() || is_near)
    }

    fn is_silent(&self, cx: &Context<'_>) -> bool {
        !cx.config.is_time_given() && elapsed(cx.clock.monotonic, self.heard) >= INGEST_SILENCE_MAX
    }

    /// When a subscription that goes on saying nothing is given up.
    pub fn silent_at(&self) -> Option<Millis> {
        self.subscription.map(|_| after(self.heard.max(self.asked), INGEST_SILENCE_MAX))
    }

    pub fn resubscribe_at(&self) -> Option<Millis> {
        self.resubscribe_at
    }

    /// Age of the oldest input that is not decided.
    fn lag(&self, now: Time) -> Millis {
        match self.inbox.front() {
            Some(entry) => now.since(entry.message.stamp),
            None if self.pending > 0 => now.since(self.last_stamp),
            None => Millis::ZERO,
        }
    }

    fn subscribe(&mut self, cx: &mut Context<'_>) {
        let request = cx.request();
        self.subscription = Some(request);
        self.resubscribe_at = None;
        self.tail_known = false;
        self.behind = (self.read, self.read_stamp);
        self.asked = cx.clock.monotonic;
        cx.act(Action::SubscribeIngest { request, from: self.read + 1 });
    }
}
