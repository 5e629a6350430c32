//! The engine thread: hands events to the shard and carries out what it wants, in order.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use protocol::record::{self, Body};
use shard::{Action, Alarm, Left, Quarantine, ShardEvent, Stage};

use super::{Inner, Process};
use crate::jetstream::Ask;
use crate::jetstream::snapshots::SnapshotName;
use crate::points::{Passed, Point};
use crate::world::World;

impl World {
    /// Something of a process is due.
    pub fn wake(&mut self, process: usize, life: u32, what: Inner) {
        let it = &mut self.processes[process];
        if it.life != life || !it.is_alive {
            return;
        }
        if it.is_stopped {
            it.mailbox.push_back(what);
            return;
        }
        self.run_inner(process, what);
    }

    fn run_inner(&mut self, process: usize, what: Inner) {
        match what {
            Inner::Event { start, event } => self.receive(process, start, *event),
            Inner::Tick { start, token } => {
                let is_due =
                    self.processes[process].owner_of(start).is_some_and(|owner| owner.token == token);
                if is_due {
                    self.tell(process, start, ShardEvent::Tick);
                }
            }
            Inner::Carry { start, actions } => self.carry_out(process, start, actions),
            Inner::Transmit { start, ask, passed } => self.transmit(process, start, ask, passed),
            Inner::Live(messages) => self.send_live(process, messages),
            Inner::Feed => self.feed(process),
            Inner::Confirm { start, through, passed } => self.confirm(process, start, through, passed),
            Inner::Pull { start, token } => self.pull(process, start, token),
            Inner::Keep { start } => self.keep(process, start),
            Inner::JudgeBeats { start } => self.judge_beats(process, start),
        }
    }

    /// An answer comes in from the network.
    fn receive(&mut self, process: usize, start: u32, event: ShardEvent) {
        if !self.processes[process].link.from_servers {
            return self.note(format_args!("n{process} does not hear an answer"));
        }
        if let Some(point) = self.point_received(process, start, &event)
            && self.pass(process, point) == Passed::No
        {
            return self.hold(process, Inner::Event { start, event: Box::new(event) });
        }
        // A trap may have lost the answer, or made it late.
        match self.processes[process].next_fate.take() {
            Some(crate::fault::Fate::Lost) => return,
            Some(crate::fault::Fate::Late(millis)) => {
                return self.plan_inner(process, millis, Inner::Event { start, event: Box::new(event) });
            }
            other => self.processes[process].next_fate = other,
        }
        self.tell(process, start, event);
    }

    pub fn tell(&mut self, process: usize, start: u32, event: ShardEvent) {
        let clock = self.processes[process].clock(self.now);
        let Some(owner) = self.processes[process].owner_of(start) else { return };
        let mut actions = Vec::new();
        owner.shard.handle(clock, event, &mut actions);
        if owner.crashed.load(Ordering::Relaxed) {
            // The panic came before anything could be carried out.
            self.note(format_args!("n{process} crashes over an input"));
            self.crash(process, Some(500));
            return;
        }
        self.carry_out(process, start, actions.into());
    }

    fn carry_out(&mut self, process: usize, start: u32, mut actions: VecDeque<Action>) {
        if self.is_commit(&actions) && self.pass(process, Point::Decided) == Passed::No {
            return self.hold(process, Inner::Carry { start, actions });
        }
        let is_opened = actions.iter().any(|action| matches!(action, Action::Opened { .. }));
        while let Some(action) = actions.pop_front() {
            if matches!(action, Action::Emit(_)) {
                let point = if is_opened { Point::BeforeReemit } else { Point::BeforeEmit };
                if self.pass(process, point) == Passed::No {
                    actions.push_front(action);
                    return self.hold(process, Inner::Carry { start, actions });
                }
            }
            self.act(process, start, action);
        }
    }

    fn act(&mut self, process: usize, start: u32, action: Action) {
        match action {
            Action::ReadStreamInfo { request } => self.ask(process, start, Ask::Info { request }),
            Action::ReadTail { request } => self.ask(process, start, Ask::Tail { request }),
            Action::ReadRecords { request, from, through } => {
                self.ask(process, start, Ask::Records { request, from, through });
            }
            Action::FindIngest { request, since } => {
                self.ask(process, start, Ask::FindIngest { request, since });
            }
            Action::FindSnapshot { request, before } => {
                self.ask(process, start, Ask::FindSnapshot { request, before });
            }
            Action::ReadSnapshotPart { request, epoch, commit_no, index } => {
                let name = SnapshotName { commit_no, epoch };
                self.ask(process, start, Ask::SnapshotPart { request, name, index });
            }
            Action::Publish { request, expected_last_sequence, message_id, bytes } => {
                let expected = expected_last_sequence;
                let ask = Ask::Append { request, expected, id: message_id.into(), bytes };
                self.check_identical(process, start, &ask);
                self.ask(process, start, ask);
            }
            Action::SubscribeIngest { request, from } => self.subscribe(process, start, request, from),
            Action::Opened { epoch } => {
                self.note(format_args!("n{process} opened epoch {epoch}"));
                self.opened(process, start);
            }
            Action::Committed { sequence, bytes } => self.committed(process, start, sequence, &bytes),
            Action::Emit(outputs) => self.emit(process, start, outputs),
            Action::SetTimer { at, reason: _ } => self.set_timer(process, start, at.0),
            Action::Alarm(alarm) => self.hear_alarm(process, &alarm),
            Action::Quarantine(quarantine) => self.quarantined(process, start, quarantine),
            Action::Left(left) => self.left(process, start, left),
        }
    }

    fn set_timer(&mut self, process: usize, start: u32, at: u64) {
        let now = self.now;
        let it = &mut self.processes[process];
        let base = it.monotonic_base();
        let Some(owner) = it.owner_of(start) else { return };
        owner.token += 1;
        let token = owner.token;
        self.plan_inner(process, at.saturating_sub(base + now), Inner::Tick { start, token });
    }

    fn hear_alarm(&mut self, process: usize, alarm: &Alarm) {
        self.note(format_args!("n{process} alarm {alarm:?}"));
        self.faults.heard(alarm);
    }

    fn quarantined(&mut self, process: usize, start: u32, quarantine: Quarantine) {
        self.note(format_args!("n{process} quarantine: {quarantine}"));
        let Some(owner) = self.processes[process].owner_of(start) else { return };
        owner.subscription = None;
        owner.quarantine = Some(quarantine);
    }

    fn left(&mut self, process: usize, start: u32, left: Left) {
        self.note(format_args!("n{process} left: {left:?}"));
        if let Left::Fenced { epoch, .. } = &left {
            self.check_fenced(process, *epoch);
        }
        let Some(owner) = self.processes[process].owner_of(start) else { return };
        owner.subscription = None;
        owner.left = Some(left);
    }

    /// A retry is the same bytes under the same place in the chain.
    fn check_identical(&mut self, process: usize, start: u32, ask: &Ask) {
        let Ask::Append { id, bytes, .. } = ask else { return };
        let place: Arc<str> = id.rsplit_once('.').map_or(&**id, |(place, _)| place).into();
        let Some(owner) = self.processes[process].owner_of(start) else { return };
        let before = owner.sent.iter().rev().find(|(sent, _)| *sent == place);
        match before {
            Some((_, before)) if before != bytes && owner.shard.stage() != Stage::Opening => {
                self.violation("A1", format!("record {place} is sent again with other bytes"));
            }
            Some(_) => {}
            None => owner.sent.push((place, bytes.clone())),
        }
    }

    /// Who says that it is fenced is.
    fn check_fenced(&mut self, process: usize, epoch: u64) {
        let has_opened = self.servers.journal.archive().any(|(_, stored)| {
            let opened = record::decode(&stored.bytes).ok();
            opened.is_some_and(|(record, _)| {
                record.header.epoch == epoch && matches!(record.body, Body::EpochOpened(_))
            })
        });
        if !has_opened {
            self.violation("A2", format!("n{process} left as fenced by epoch {epoch}, which nobody opened"));
        }
    }

    /// Starts the shard here; from the follower's state when there is one and `is_warm`.
    pub fn start_shard(&mut self, process: usize, is_warm: bool) {
        let nonce = u128::from(self.net.next_u64());
        let now = self.now;
        let texts = std::mem::take(&mut self.texts);
        let it = &mut self.processes[process];
        let clock = it.clock(now);
        let follower = if is_warm { it.follower.take() } else { None };
        let owner = it.new_owner(&texts);
        let start = owner.start;
        let mut actions = Vec::new();
        let is_warm = follower.is_some();
        if let Some(follower) = follower {
            owner.shard.start_from(follower.into_replay(), clock, nonce, &mut actions);
        }
        owner.shard.handle(clock, ShardEvent::Start { nonce }, &mut actions);
        self.texts = texts;
        self.note(format_args!(
            "n{process} starts the shard{}",
            if is_warm { " from its follower" } else { "" }
        ));
        self.carry_out(process, start, actions.into());
    }

    pub fn tell_owner(&mut self, process: usize, event: ShardEvent) {
        if let Some(start) = self.processes[process].owner.as_ref().map(|owner| owner.start) {
            self.tell(process, start, event);
        }
    }

    /// Ends the process; it is started again after `back_after`.
    pub fn crash(&mut self, process: usize, back_after: Option<u64>) {
        let number = self.processes[process].number;
        let life = self.processes[process].life + 1;
        let (wall_offset, link) =
            (self.processes[process].wall_offset, std::mem::take(&mut self.processes[process].link));
        let starts = self.processes[process].starts;
        self.processes[process] =
            Process { life, is_alive: false, wall_offset, starts, ..Process::new(number) };
        let it = &mut self.processes[process];
        (it.link.to_servers, it.link.from_servers) = (link.to_servers, link.from_servers);
        self.note(format_args!("n{process} is dead"));
        if let Some(after) = back_after {
            self.plan(after, crate::world::Due::Restart(process));
        }
    }

    pub fn restart(&mut self, process: usize) {
        if !self.processes[process].is_alive {
            self.processes[process].is_alive = true;
            self.note(format_args!("n{process} is back"));
        }
    }

    pub fn stop(&mut self, process: usize) {
        self.processes[process].is_stopped = true;
        self.note(format_args!("n{process} is stopped"));
    }

    pub fn resume(&mut self, process: usize) {
        if !std::mem::replace(&mut self.processes[process].is_stopped, false) {
            return;
        }
        self.note(format_args!("n{process} is continued"));
        while !self.processes[process].is_stopped
            && let Some(what) = self.processes[process].mailbox.pop_front()
        {
            self.run_inner(process, what);
        }
    }

    /// Keeps what a stopped process was about to do; a dead one does nothing any more.
    pub fn hold(&mut self, process: usize, what: Inner) {
        let it = &mut self.processes[process];
        if it.is_alive {
            it.mailbox.push_front(what);
        }
    }
}
