//! The states of a shard, and who gets which event.

use engine::Engine;
use model::Millis;

use crate::action::{Action, Left, Quarantine, TimerReason};
use crate::decider::{Codec, Decider};
use crate::event::{RequestId, ShardEvent};
use crate::limits::TIMER_MIN;
use crate::open::Opening;
use crate::running::Running;
use crate::time::{Clock, TimeMode, after};

#[derive(Debug, Clone)]
pub struct ShardConfig {
    pub name: String,
    /// Who opens the epochs.
    pub node: String,
    /// Keys the hash of contact ids; all engines of one shard share it.
    pub key: [u8; 16],
    pub time: TimeMode,
    /// A person said to go on although the ingest stream is not what the journal says.
    pub rebase: bool,
}

impl ShardConfig {
    pub(crate) fn is_time_given(&self) -> bool {
        self.time == TimeMode::Given
    }
}

/// One shard, from its start until it leaves; a new ownership is a new `Shard`.
pub struct Shard<D = Engine> {
    config: ShardConfig,
    codec: Box<dyn Codec + Send>,
    state: State<D>,
    requests: u64,
    timer: Option<(Millis, TimerReason)>,
    statistics: Statistics,
}

/// Counts since the start, for metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    pub commits: u64,
    /// Acknowledgements that did not come.
    pub ambiguities: u64,
    /// Records that were appended once more.
    pub appended_again: u64,
    /// Records in the journal that are not part of its chain.
    pub voids: u64,
    /// Ingest messages that were delivered twice.
    pub inputs_repeated: u64,
    /// Ingest sequences that are gone.
    pub inputs_lost: u64,
}

/// What a shard is at, for health and dashboards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Idle,
    Opening,
    /// Owner, but behind the ingest stream: nothing is offered.
    CatchingUp,
    Serving,
    /// Owner, but too many outputs are not confirmed: nothing is decided until they are.
    OutputsStalled,
    Quarantined,
    Left,
}

enum State<D> {
    Idle,
    Opening(Box<Opening<D>>),
    Running(Box<Running<D>>),
    /// With what it held, when a repair may be asked for.
    Quarantined(Option<Box<Running<D>>>),
    Left,
}

/// Why a shard stops, on its way up to [`Shard::handle`].
#[derive(Debug)]
pub(crate) enum Stop {
    Left(Left),
    Quarantine(Quarantine),
}

impl From<Quarantine> for Stop {
    fn from(reason: Quarantine) -> Stop {
        Stop::Quarantine(reason)
    }
}

/// What every part of a shard has at hand while it handles an event.
pub(crate) struct Context<'a> {
    pub clock: Clock,
    pub config: &'a ShardConfig,
    pub codec: &'a mut dyn Codec,
    pub actions: &'a mut Vec<Action>,
    pub statistics: &'a mut Statistics,
    requests: &'a mut u64,
}

impl Context<'_> {
    pub fn act(&mut self, action: Action) {
        self.actions.push(action);
    }

    pub fn request(&mut self) -> RequestId {
        *self.requests += 1;
        RequestId(*self.requests)
    }
}

/// A question that awaits its answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question {
    request: RequestId,
    pub deadline: Millis,
}

impl Question {
    pub fn new(request: RequestId, deadline: Millis) -> Question {
        Question { request, deadline }
    }
    pub fn is(&self, request: RequestId) -> bool {
        self.request == request
    }
}

impl<D: Decider> Shard<D> {
    pub fn new(config: ShardConfig, codec: Box<dyn Codec + Send>) -> Shard<D> {
        let statistics = Statistics::default();
        Shard { config, codec, state: State::Idle, requests: 0, timer: None, statistics }
    }

    /// Makes of the event what is to be made of it. Carry the actions out in order.
    pub fn handle(&mut self, clock: Clock, event: ShardEvent, actions: &mut Vec<Action>) {
        let mut cx = Context {
            clock,
            config: &self.config,
            codec: &mut *self.codec,
            actions,
            statistics: &mut self.statistics,
            requests: &mut self.requests,
        };
        if matches!(event, ShardEvent::Tick) {
            self.timer = None;
        }
        let state = std::mem::replace(&mut self.state, State::Left);
        self.state = state.handle(event, &mut cx);
        let timer = match &mut self.state {
            State::Opening(opening) => opening.wake_up(),
            State::Running(running) => running.wake_up(&cx),
            State::Idle | State::Quarantined(_) | State::Left => None,
        };
        // What is due and cannot be done yet is looked at again, but not in a busy loop.
        let timer = timer.map(|(at, reason)| (at.max(after(clock.monotonic, TIMER_MIN)), reason));
        if let Some((at, reason)) = timer.filter(|_| timer != self.timer) {
            actions.push(Action::SetTimer { at, reason });
        }
        self.timer = timer;
    }

    /// Starts from a follower's state, which saves reading the journal again. Before [`ShardEvent::Start`].
    pub fn start_from(
        &mut self,
        replay: crate::Replay<D>,
        clock: Clock,
        nonce: u128,
        actions: &mut Vec<Action>,
    ) {
        let mut cx = Context {
            clock,
            config: &self.config,
            codec: &mut *self.codec,
            actions,
            statistics: &mut self.statistics,
            requests: &mut self.requests,
        };
        self.state = State::Opening(Box::new(Opening::resume(replay, nonce, &mut cx)));
    }

    /// How many ingest messages may be given at once. More are refused and have to be read again.
    pub fn ingest_room(&self) -> usize {
        match &self.state {
            State::Running(running) => running.intake.room(),
            State::Idle | State::Opening(_) | State::Quarantined(_) | State::Left => 0,
        }
    }

    pub fn stage(&self) -> Stage {
        match &self.state {
            State::Idle => Stage::Idle,
            State::Opening(_) => Stage::Opening,
            State::Running(running) if running.outbox.is_full() => Stage::OutputsStalled,
            State::Running(running) if running.is_offering => Stage::Serving,
            State::Running(_) => Stage::CatchingUp,
            State::Quarantined(_) => Stage::Quarantined,
            State::Left => Stage::Left,
        }
    }

    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// The owner's engine, ahead of the journal by what is in flight; nothing before it owns.
    pub fn engine(&self) -> Option<&D> {
        match &self.state {
            State::Running(running) | State::Quarantined(Some(running)) => Some(&running.engine),
            State::Idle | State::Opening(_) | State::Quarantined(None) | State::Left => None,
        }
    }

    /// An owner that has journaled all that it decided.
    pub fn is_committed(&self) -> bool {
        match &self.state {
            State::Running(running) => running.flight.is_none() && !running.group.has_content(),
            State::Idle | State::Opening(_) | State::Quarantined(_) | State::Left => false,
        }
    }
}

impl<D: Decider> State<D> {
    fn handle(self, event: ShardEvent, cx: &mut Context<'_>) -> State<D> {
        match self {
            State::Opening(opening) => match opening.handle(event, cx) {
                Ok(Opened::NotYet(opening)) => State::Opening(opening),
                Ok(Opened::Owner(running)) => State::Running(running),
                Err(reason) => stop(None, reason, cx),
            },
            State::Running(mut running) => match running.handle(event, cx) {
                Ok(()) => State::Running(running),
                Err(reason) => stop(Some(running), reason, cx),
            },
            State::Idle | State::Quarantined(_) | State::Left => self.told(event, cx),
        }
    }

    /// An event for a shard that does nothing by itself.
    fn told(self, event: ShardEvent, cx: &mut Context<'_>) -> State<D> {
        match (self, event) {
            (State::Idle, ShardEvent::Start { nonce }) => State::Opening(Box::new(Opening::start(nonce, cx))),
            (State::Quarantined(Some(mut running)), ShardEvent::RepairFromMemory) => {
                running.repair(cx);
                State::Running(running)
            }
            (State::Idle | State::Quarantined(_), ShardEvent::Release) => {
                stop(None, Stop::Left(Left::NeverOpened), cx)
            }
            // An answer that came too late.
            (state, _) => state,
        }
    }
}

/// How far an opening is.
pub(crate) enum Opened<D> {
    NotYet(Box<Opening<D>>),
    Owner(Box<Running<D>>),
}

fn stop<D>(held: Option<Box<Running<D>>>, reason: Stop, cx: &mut Context<'_>) -> State<D> {
    match reason {
        // Nothing is wrong with the shard, and a newer node can own it.
        Stop::Quarantine(quarantine) if let Some(format) = quarantine.newer_format() => {
            cx.act(Action::Left(Left::FormatNewer { format }));
            State::Left
        }
        Stop::Left(left) => {
            cx.act(Action::Left(left));
            State::Left
        }
        Stop::Quarantine(quarantine) => {
            // What a repair needs is kept only where a repair can help.
            let held = held.filter(|_| matches!(quarantine, Quarantine::JournalLost { .. }));
            cx.act(Action::Quarantine(quarantine));
            State::Quarantined(held)
        }
    }
}

impl<D> std::fmt::Debug for Shard<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shard")
            .field("name", &self.config.name)
            .field("statistics", &self.statistics)
            .finish()
    }
}
