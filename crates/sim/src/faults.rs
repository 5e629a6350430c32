//! Faults at work: which are in force, what they do, and which of them really did something.

use std::collections::BTreeMap;

use shard::{Alarm, Quarantine, ShardEvent};
use workload::Rng;

use crate::fault::{Direction, Fate, Fault, STOPPED_FOR, Whom};
use crate::jetstream::{Ask, Health, StreamName};
use crate::points::{Harm, Passed, Point, Trap};
use crate::scenario::POISONED;
use crate::world::{Due, World};

#[derive(Debug, Default)]
pub struct FaultBook {
    /// How often each kind really did something.
    pub fired: BTreeMap<&'static str, u64>,
    /// How often each point was passed.
    pub passes: BTreeMap<Point, u32>,
    traps: Vec<Trap>,
    /// Traps that struck.
    pub struck: Vec<Trap>,
    appends: Vec<Fate>,
    reads_lost: u64,
    input_acks_lost: u64,
    inputs_dropped: u64,
    ingest_stalled_until: u64,
    core_lost: (u64, u16),
    core_reordered_until: u64,
    slow_until: u64,
    silence_until: u64,
    has_lost_end: bool,
    /// Inputs that the store lost: their senders were told that they are stored.
    pub inputs_lost: Vec<u64>,
    /// What an honest shard must stop at.
    pub expected: Option<Expected>,
    rng: Option<Rng>,
}

/// Where only people can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    IngestReplaced,
    RecordReplaced,
}

impl Expected {
    pub fn is(self, quarantine: &Quarantine) -> bool {
        match self {
            Expected::IngestReplaced => matches!(quarantine, Quarantine::IngestReplaced { .. }),
            Expected::RecordReplaced => matches!(quarantine, Quarantine::Chain(_)),
        }
    }
}

impl FaultBook {
    pub fn fire(&mut self, kind: &'static str) {
        *self.fired.entry(kind).or_default() += 1;
    }

    pub fn is_any_fired(&self) -> bool {
        !self.fired.is_empty()
    }

    pub fn set_trap(&mut self, trap: Trap) {
        self.traps.push(trap);
    }

    pub fn is_trap_set(&self) -> bool {
        !self.traps.is_empty()
    }

    pub fn has_lost_end(&self) -> bool {
        self.has_lost_end
    }

    pub fn heard(&mut self, alarm: &Alarm) {
        if let Alarm::Poison { .. } = alarm {
            self.fire("poison_set_aside");
        }
    }

    /// What becomes of a question of a healthy process to healthy servers.
    pub fn fate(&mut self, ask: &Ask) -> Fate {
        if ask.is_append() {
            let Some(fate) = self.appends.pop() else { return Fate::Fine };
            self.fire(Fault::Appends { fate, count: 1 }.kind());
            return fate;
        }
        if self.reads_lost > 0 {
            self.reads_lost -= 1;
            self.fire("read_lost");
            return Fate::Lost;
        }
        Fate::Fine
    }

    pub fn loses_input_ack(&mut self) -> bool {
        let is_lost = self.input_acks_lost > 0;
        if is_lost {
            self.input_acks_lost -= 1;
            self.fire("input_ack_lost");
        }
        is_lost
    }

    pub fn drops_input(&mut self, messages: usize) -> bool {
        let is_dropped = self.inputs_dropped > 0 && messages > 0;
        if is_dropped {
            self.inputs_dropped -= 1;
            self.fire("input_dropped");
        }
        is_dropped
    }

    pub fn is_ingest_stalled(&mut self, now: u64) -> bool {
        let is_stalled = now < self.ingest_stalled_until;
        if is_stalled {
            self.fire("ingest_stalled");
        }
        is_stalled
    }

    pub fn loses_core(&mut self, now: u64) -> bool {
        let (until, permille) = self.core_lost;
        let is_lost = now < until && self.draw(1_000) < u64::from(permille);
        if is_lost {
            self.fire("core_lost");
        }
        is_lost
    }

    /// How much later than in order a core message comes.
    pub fn core_delay(&mut self, now: u64) -> u64 {
        if now >= self.core_reordered_until || self.draw(3) > 0 {
            return 0;
        }
        self.fire("core_reordered");
        1 + self.draw(800)
    }

    pub fn is_slow(&self, now: u64) -> bool {
        now < self.slow_until
    }

    /// How long the stopped leader stays stopped.
    pub fn silence_until(&self, now: u64) -> u64 {
        self.silence_until.saturating_sub(now) + 1
    }

    fn draw(&mut self, below: u64) -> u64 {
        self.rng.get_or_insert_with(|| Rng::stream(0, "core", 0)).below(below)
    }

    /// Whatever lasts ends.
    fn end_all(&mut self) {
        self.traps.clear();
        self.appends.clear();
        (self.reads_lost, self.input_acks_lost, self.inputs_dropped) = (0, 0, 0);
        (self.ingest_stalled_until, self.core_reordered_until, self.slow_until) = (0, 0, 0);
        self.core_lost = (0, 0);
    }
}

impl World {
    /// A process is at this point; a trap may strike it.
    pub fn pass(&mut self, process: usize, point: Point) -> Passed {
        let passes = self.faults.passes.entry(point).or_default();
        *passes += 1;
        let passes = *passes;
        let is_sprung = |trap: &Trap| trap.point == point && trap.pass <= passes;
        let Some(at) = self.faults.traps.iter().position(is_sprung) else { return Passed::On };
        let trap = self.faults.traps.remove(at);
        self.note(format_args!("n{process} is struck at {point}: {}", trap.harm));
        self.faults.fire("at_point");
        self.faults.struck.push(trap);
        match trap.harm {
            Harm::Crash => {
                self.crash(process, Some(1_500));
                Passed::No
            }
            Harm::Pause => {
                self.stop_for(process, STOPPED_FOR.0);
                Passed::No
            }
            Harm::TimeOut => {
                self.processes[process].next_fate = Some(Fate::Lost);
                Passed::On
            }
            Harm::LateApply => {
                self.processes[process].next_fate = Some(Fate::Late(3_500));
                Passed::On
            }
        }
    }

    fn stop_for(&mut self, process: usize, millis: u64) {
        self.stop(process);
        let at = self.scenario.faults.len();
        self.scenario.faults.push((self.now, Fault::Pause { whom: Whom::Any(process as u64), millis }));
        self.plan(millis, Due::FaultEnds(at));
    }

    fn whom(&self, whom: Whom) -> Vec<usize> {
        let count = self.processes.len();
        match whom {
            Whom::Owner => {
                let engaged =
                    (0..count).filter(|at| self.processes[*at].is_up() && self.processes[*at].is_engaged());
                engaged.take(1).collect()
            }
            Whom::Any(number) => vec![(number % count as u64) as usize],
            Whom::Everyone => (0..count).collect(),
        }
    }

    pub fn strike(&mut self, number: usize) {
        if self.is_healed {
            return;
        }
        let fault = self.scenario.faults[number].1;
        self.note(format_args!("fault: {fault:?}"));
        if self.strike_with(number, fault) {
            self.faults.fire(fault.kind());
        }
    }

    /// True when it did something at once; what waits for its moment says so then.
    fn strike_with(&mut self, number: usize, fault: Fault) -> bool {
        let now = self.now;
        match fault {
            Fault::Crash { whom, back_after } => {
                let victims = self.living(whom);
                victims.iter().for_each(|victim| self.crash(*victim, Some(back_after)));
                !victims.is_empty()
            }
            Fault::Pause { whom, millis } => {
                let victims = self.living(whom);
                victims.iter().for_each(|victim| self.stop(*victim));
                self.fix_whom(number, &victims);
                self.plan(millis, Due::FaultEnds(number));
                !victims.is_empty()
            }
            Fault::Release => {
                let victims = self.living(Whom::Owner);
                victims.iter().for_each(|victim| self.tell_owner(*victim, ShardEvent::Release));
                !victims.is_empty()
            }
            Fault::SecondOwner => {
                let candidate = self.supervisor.candidate(&self.processes);
                let is_warm = number.is_multiple_of(2);
                candidate.into_iter().for_each(|process| self.take_over(process, is_warm));
                candidate.is_some()
            }
            Fault::Partition { whom, direction, millis } => {
                let victims = self.living(whom);
                let (to, from) = match direction {
                    Direction::Both => (false, false),
                    Direction::ToServers => (false, true),
                    Direction::FromServers => (true, false),
                };
                victims.iter().for_each(|victim| self.set_link(*victim, to, from));
                self.fix_whom(number, &victims);
                self.plan(millis, Due::FaultEnds(number));
                !victims.is_empty()
            }
            Fault::Flapping { times } => self.flap(number, times),
            Fault::WallJump { whom, millis } => {
                let victims = self.living(whom);
                victims.iter().for_each(|victim| self.processes[*victim].wall_offset += millis);
                !victims.is_empty()
            }
            Fault::LeaderKilled { stream, millis } => {
                self.take_leader(number, stream, Health::Refusing, millis)
            }
            Fault::LeaderStopped { stream, millis } => {
                self.faults.silence_until = self.faults.silence_until.max(now + millis);
                self.take_leader(number, stream, Health::Silent, millis)
            }
            Fault::FormerLeader { behind, millis } => {
                let last = self.servers.journal.last();
                self.servers.former_leader = Some(last.saturating_sub(behind));
                self.plan(millis, Due::FaultEnds(number));
                last > 0
            }
            Fault::Appends { fate, count } => {
                self.faults.appends.extend((0..count).map(|_| fate));
                false
            }
            Fault::ReadsLost { count } => {
                self.faults.reads_lost += count;
                false
            }
            Fault::InputAcksLost { count } => {
                self.faults.input_acks_lost += count;
                false
            }
            Fault::IdsForgotten => {
                self.servers.ingest.forget_ids();
                self.servers.journal.forget_ids();
                true
            }
            Fault::JournalLosesEnd { count } => self.lose_end(count),
            Fault::RecordUnreadable { millis } => {
                let last = self.servers.journal.last();
                self.damage_record(number, last, millis)
            }
            Fault::InputUnreadable => self.damage_input(),
            Fault::InputDropped { count } => {
                self.faults.inputs_dropped += count;
                false
            }
            Fault::IngestStalled { millis } => {
                self.faults.ingest_stalled_until = now + millis;
                false
            }
            Fault::CoreLost { permille, millis } => {
                self.faults.core_lost = (now + millis, permille);
                self.plan(millis, Due::FaultEnds(number));
                false
            }
            Fault::CoreReordered { millis } => {
                self.faults.core_reordered_until = now + millis;
                false
            }
            Fault::Slow { millis } => {
                self.faults.slow_until = now + millis;
                true
            }
            Fault::SnapshotDamaged { at } => self.servers.snapshots.damage(at),
            Fault::DesktopAway { desktop, millis } => {
                let desktop = self.clients.desktop_at(desktop);
                self.desktop_leaves(desktop, millis);
                true
            }
            Fault::DesktopRestarts { desktop } => {
                let desktop = self.clients.desktop_at(desktop);
                self.desktop_restarts(desktop);
                true
            }
            Fault::Poison => {
                self.send_poison(POISONED);
                true
            }
            Fault::AtPoint(trap) => {
                // Counted from here.
                let passed = self.faults.passes.get(&trap.point).copied().unwrap_or(0);
                self.faults.set_trap(Trap { pass: trap.pass + passed, ..trap });
                false
            }
            Fault::IngestReplaced => self.replace_ingest(),
            Fault::RecordReplaced => self.replace_record(),
        }
    }

    pub fn relieve(&mut self, number: usize) {
        match self.scenario.faults[number].1 {
            Fault::Pause { whom, .. } => {
                for process in self.whom(whom) {
                    self.resume(process);
                }
            }
            Fault::Partition { whom, .. } => {
                for process in self.whom(whom) {
                    self.set_link(process, true, true);
                }
            }
            Fault::LeaderKilled { stream, .. } | Fault::LeaderStopped { stream, .. } => {
                self.note(format_args!("{stream:?} has a leader"));
                self.servers.set_health(stream, Health::Well);
            }
            Fault::FormerLeader { .. } => self.servers.former_leader = None,
            Fault::RecordUnreadable { .. } => self.mend_records(),
            // What was dropped on the way is a slow consumer's connection: it is made anew.
            Fault::CoreLost { .. } => self.reconnect_desktops(),
            Fault::Flapping { times } => {
                self.flap(number, times);
            }
            Fault::Crash { .. }
            | Fault::Release
            | Fault::SecondOwner
            | Fault::WallJump { .. }
            | Fault::Appends { .. }
            | Fault::ReadsLost { .. }
            | Fault::InputAcksLost { .. }
            | Fault::IdsForgotten
            | Fault::JournalLosesEnd { .. }
            | Fault::InputUnreadable
            | Fault::InputDropped { .. }
            | Fault::IngestStalled { .. }
            | Fault::CoreReordered { .. }
            | Fault::Slow { .. }
            | Fault::SnapshotDamaged { .. }
            | Fault::DesktopAway { .. }
            | Fault::DesktopRestarts { .. }
            | Fault::Poison
            | Fault::AtPoint(_)
            | Fault::IngestReplaced
            | Fault::RecordReplaced => {}
        }
    }

    fn living(&self, whom: Whom) -> Vec<usize> {
        let mut victims = self.whom(whom);
        victims.retain(|victim| self.processes[*victim].is_alive);
        victims
    }

    /// The end of a fault concerns those whom its beginning did.
    fn fix_whom(&mut self, number: usize, victims: &[usize]) {
        let fixed = Whom::Any(victims.first().copied().unwrap_or_default() as u64);
        if let Fault::Pause { whom, .. } | Fault::Partition { whom, .. } = &mut self.scenario.faults[number].1
        {
            *whom = fixed;
        }
    }

    fn flap(&mut self, number: usize, times: u64) -> bool {
        let is_whole = self.processes[0].link.is_whole();
        let is_over = times == 0 || self.is_healed;
        self.set_link(0, !is_whole || is_over, !is_whole || is_over);
        if !is_over || is_whole {
            self.scenario.faults[number].1 = Fault::Flapping { times: times.saturating_sub(1) };
            self.plan(1_000, Due::FaultEnds(number));
        }
        true
    }

    fn take_leader(&mut self, number: usize, stream: StreamName, health: Health, millis: u64) -> bool {
        self.servers.set_health(stream, health);
        self.plan(millis, Due::FaultEnds(number));
        true
    }

    /// Only an owner that has it in memory can give it back; without one nobody could tell.
    fn lose_end(&mut self, count: u64) -> bool {
        let last = self.servers.journal.last();
        let kept = self.servers.journal.first();
        if !self.processes.iter().any(|process| process.is_serving()) || last <= kept + count + 2 {
            return false;
        }
        self.faults.has_lost_end = true;
        self.servers.journal.lose_end(count);
        true
    }

    fn damage_record(&mut self, number: usize, sequence: u64, millis: u64) -> bool {
        let Some(stored) = self.servers.journal.get_mut(sequence) else { return false };
        stored.is_readable = false;
        self.plan(millis, Due::FaultEnds(number));
        true
    }

    fn mend_records(&mut self) {
        for sequence in 1..=self.servers.journal.last() {
            if let Some(stored) = self.servers.journal.get_mut(sequence) {
                stored.is_readable = true;
            }
        }
    }

    /// The newest input, before anybody has read it.
    fn damage_input(&mut self) -> bool {
        self.clients.damages_next_input = true;
        false
    }

    fn replace_ingest(&mut self) -> bool {
        let victims = self.living(Whom::Everyone);
        victims.iter().for_each(|victim| self.crash(*victim, Some(1_000)));
        self.servers.identity.uuid = "second".to_owned();
        self.faults.expected = Some(Expected::IngestReplaced);
        true
    }

    /// A record in the middle gets another hash, and the next one does not continue it.
    fn replace_record(&mut self) -> bool {
        let (first, last) = (self.servers.journal.first(), self.servers.journal.last());
        let sequence = last.saturating_sub(2);
        // What a snapshot covers nobody reads again.
        if sequence <= first || self.servers.snapshots.covers(sequence) {
            return false;
        }
        let Some(stored) = self.servers.journal.get_mut(sequence) else { return false };
        let Some(other) = crate::judge::other_record(&stored.bytes) else { return false };
        stored.bytes = other;
        let victims = self.living(Whom::Everyone);
        victims.iter().for_each(|victim| self.crash(*victim, Some(1_000)));
        self.faults.expected = Some(Expected::RecordReplaced);
        true
    }

    /// Everything that goes wrong ends.
    pub fn heal(&mut self) {
        self.note(format_args!("healed"));
        self.is_healed = true;
        self.faults.end_all();
        StreamName::ALL.into_iter().for_each(|stream| self.servers.set_health(stream, Health::Well));
        self.servers.former_leader = None;
        self.mend_records();
        for process in 0..self.processes.len() {
            self.processes[process].wall_offset = 0;
            self.processes[process].next_fate = None;
            self.set_link(process, true, true);
            self.restart(process);
            self.resume(process);
        }
        self.heal_clients();
    }
}
