//! What the owner decides, and in which order: after every event, until nothing more can be decided or the group is
//! full. Inputs come first; offers, heartbeats and timers wait until nearly everything was read, since an input that
//! is stored but unread may contradict them.

use model::event::EventKind;
use model::input::TenantInput;
use model::{Change, Input, InputBody, Millis, Refusal, Time};

use crate::action::{Action, Alarm, TimerReason};
use crate::admission::Verdict;
use crate::decider::Decider;
use crate::limits::{SETTLE_STEPS_MAX, TICKS_MAX};
use crate::machine::{Context, Stop};
use crate::mutants::{self, Mutant};
use crate::running::Running;
use crate::time::after;

impl<D: Decider> Running<D> {
    pub fn pump(&mut self, cx: &mut Context<'_>) -> Result<(), Stop> {
        // Twice: what follows the record that was just sent is decided meanwhile.
        for _ in 0..2 {
            if self.outgrown.is_some() {
                return Ok(());
            }
            if self.releasing.is_none() && self.resolve.is_none() && !self.outbox.is_full() {
                self.decide_all(cx)?;
            }
            self.seal_when_due(cx)?;
        }
        self.release_when_done(cx)
    }

    /// The next moment at which something is due without any event.
    pub fn wake_up(&mut self, cx: &Context<'_>) -> Option<(Millis, TimerReason)> {
        let engine = self.engine.next_timer().and_then(|due| {
            let now = self.time.now(cx.clock);
            // What is due already waits for an input or an acknowledgement, and those wake it.
            let is_waiting = self.intake.is_blind() && !mutants::is(Mutant::TimersBeforeInputs);
            (due > now && !is_waiting)
                .then(|| (after(cx.clock.monotonic, due.since(now)), TimerReason::Engine))
        });
        let unfinished = self.is_unfinished().then_some((cx.clock.monotonic, TimerReason::Engine));
        let answer = self.flight.as_ref().and_then(|flight| flight.question);
        let silence = self.intake.silent_at().filter(|_| !self.time.is_given());
        // A release waits for the record in flight, and its arrival goes on with it.
        let release = self.releasing.filter(|_| self.flight.is_none() && self.resolve.is_none());
        let progress = self.progress_at().filter(|_| self.flight.is_none());
        [
            engine,
            unfinished,
            answer.map(|question| (question.deadline, TimerReason::Answer)),
            self.resolve_wake_up(),
            progress.map(|at| (at, TimerReason::Progress)),
            self.intake.resubscribe_at().map(|at| (at, TimerReason::Retry)),
            silence.map(|at| (at, TimerReason::Silence)),
            release.map(|at| (at, TimerReason::Release)),
            self.outbox.alarm_at().map(|at| (at, TimerReason::Outputs)),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Whether the engine has more to do of itself, and no acknowledgement will call for it.
    fn is_unfinished(&self) -> bool {
        let has_more = !self.engine.is_fitted() || self.is_offering && !self.engine.is_settled();
        let is_held_up = self.outgrown.is_some()
            || self.releasing.is_some()
            || self.resolve.is_some()
            || self.outbox.is_full()
            || self.poison.is_single();
        has_more && !is_held_up && self.flight.is_none() && !self.group.has_content()
    }

    fn decide_all(&mut self, cx: &mut Context<'_>) -> Result<(), Stop> {
        if let Some(grace) = self.stall.take() {
            self.decide(Input::Resume { grace }, cx);
        }
        if mutants::is(Mutant::OffersWhileBlind) {
            self.decide_offering(cx);
        }
        if self.poison.is_single() {
            self.decide_single(cx)?;
            if self.poison.is_single() {
                return Ok(());
            }
        }
        // What was read may be old by now, if nothing could be decided for a while: it must offer nothing.
        let now = self.time.now(cx.clock);
        self.intake.notice_blindness(now, cx);
        if self.intake.is_blind() {
            self.decide_offering(cx);
        }
        while !self.group.is_full() && self.intake.front().is_some() {
            self.decide_next_input(cx);
        }
        let now = self.time.now(cx.clock);
        self.intake.assess(now, cx, &mut self.stall);
        if let Some(grace) = self.stall.take() {
            self.decide(Input::Resume { grace }, cx);
        }
        self.decide_offering(cx);
        while self.intake.is_at_tail() && !self.intake.is_blind() && !self.group.is_full() {
            let Some(input) = self.heartbeats.pop_front() else { break };
            self.decide(input, cx);
        }
        if !self.engine.is_fitted() {
            self.engine.fit();
        }
        if self.engine.is_fitted() {
            self.decide_timers(cx);
            self.settle(cx);
        }
        Ok(())
    }

    /// One input, its `Trying` journaled before it and its answer after it.
    fn decide_single(&mut self, cx: &mut Context<'_>) -> Result<(), Stop> {
        if self.flight.is_some() || self.group.has_content() {
            return Ok(());
        }
        let Some(entry) = self.intake.front() else {
            if self.intake.is_at_tail() {
                self.poison.caught_up();
            }
            return Ok(());
        };
        let position = entry.message.sequence;
        if self.poison.may_decide(position) {
            self.decide_next_input(cx);
            self.group.is_answer = true;
            self.poison.decided();
            Ok(())
        } else {
            self.try_input(position, cx)
        }
    }

    fn decide_next_input(&mut self, cx: &mut Context<'_>) {
        let Some(entry) = self.intake.pop() else { return };
        let message = entry.message;
        self.group.lost.extend(entry.lost);
        self.group.inputs += 1;
        self.position = message.sequence;
        if self.poison.is_culprit(message.sequence) {
            // Without a head: whatever reads its bytes may be what crashes.
            cx.act(Action::Alarm(Alarm::Poison { position: message.sequence }));
            let input = cx.codec.set_aside(&message);
            self.decide(Input::Tenant(input), cx);
            return;
        }
        let mut input = cx.codec.decode(&message);
        self.admit(&mut input, cx);
        let (transitions, events) =
            (self.group.decisions.transitions.len(), self.group.decisions.events.len());
        self.decide(Input::Tenant(input), cx);
        let decisions = &mut self.group.decisions;
        let refused_changes = decisions.transitions[transitions..].iter_mut().filter_map(|transition| {
            if let Change::Refused(refused) = &mut transition.change { Some(refused) } else { None }
        });
        let refused_events = decisions.events[events..].iter_mut().filter_map(|event| {
            if let EventKind::Refused(refused) = &mut event.kind { Some(refused) } else { None }
        });
        for refused in refused_changes.chain(refused_events) {
            refused.head = cx.codec.redacted_head(&message.bytes);
            self.group.bytes += refused.head.len();
        }
    }

    /// A new contact beyond its tenant's share of a backlog becomes a refusal.
    fn admit(&mut self, input: &mut TenantInput, cx: &mut Context<'_>) {
        if !self.intake.is_blind() {
            return self.admission.caught_up();
        }
        let is_new_contact = matches!(input.body, InputBody::ContactCreate { .. });
        let verdict = self.admission.judge(&input.tenant, is_new_contact, cx.clock.monotonic);
        let Verdict::Refused { is_first } = verdict else { return };
        let tenant = &input.tenant;
        if is_first {
            cx.act(Action::Alarm(Alarm::OverQuota { tenant: tenant.clone() }));
        }
        let detail = format!(
            "the shard cannot keep up, and {tenant} has brought more new contacts than its other tenants; send this \
             one again in a minute, or let the tenant have a shard of its own"
        );
        input.body = InputBody::Malformed { reason: Refusal::OverQuota, detail, agent: None };
    }

    fn decide_offering(&mut self, cx: &mut Context<'_>) {
        let is_wanted = !self.intake.is_blind() || mutants::is(Mutant::OffersWhileBlind);
        // Switching it on makes offers; when the group has no room for them, the next one begins with it.
        let may_begin = || self.group.has_room() && self.engine.is_fitted();
        if is_wanted != self.is_offering && (!is_wanted || may_begin()) {
            self.is_offering = is_wanted;
            self.decide(Input::Offering(is_wanted), cx);
        }
    }

    fn decide_timers(&mut self, cx: &mut Context<'_>) {
        for _ in 0..TICKS_MAX {
            let now = self.group.now.unwrap_or_else(|| self.time.now(cx.clock));
            let all = mutants::is(Mutant::TimersBeforeInputs).then_some(Time::MAX);
            let Some(until) = all.or_else(|| self.intake.read_until(cx)) else { return };
            let is_due = self.engine.next_timer().is_some_and(|due| due <= now.min(until));
            if !is_due || self.group.is_full() {
                return;
            }
            self.decide(Input::Tick { until }, cx);
        }
    }

    fn settle(&mut self, cx: &mut Context<'_>) {
        for _ in 0..SETTLE_STEPS_MAX {
            if !self.is_offering || self.engine.is_settled() || self.group.is_full() {
                return;
            }
            self.decide(Input::Offering(true), cx);
        }
    }

    fn decide(&mut self, input: Input, cx: &Context<'_>) {
        let now = match self.group.now {
            Some(now) => now,
            None => *self.group.now.insert(self.time.now(cx.clock)),
        };
        let position = if let Input::Tenant(input) = &input { Some(input.position) } else { None };
        self.engine.handle(now, input, &mut self.group.decisions);
        self.group.measure(position);
        if self.group.decisions.transitions.is_empty() {
            // Nothing of this time is on record, so the group need not keep it.
            self.group.now = None;
        }
    }

    fn release_when_done(&mut self, cx: &mut Context<'_>) -> Result<(), Stop> {
        let Some(until) = self.releasing else { return Ok(()) };
        if self.flight.is_some() || self.resolve.is_some() || self.group.has_content() {
            return Ok(());
        }
        if !self.outbox.is_empty() && !mutants::is(Mutant::ReleasedUnsent) {
            if cx.clock.monotonic < until {
                return Ok(());
            }
            let from = self.outbox.published_through(self.reader.head().commit_no) + 1;
            cx.act(Action::Alarm(Alarm::ReleasedWithOutputs { from }));
        }
        self.release(cx)
    }
}
