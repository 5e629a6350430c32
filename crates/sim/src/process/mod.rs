//! A node's process, as far as a shard can tell: an engine thread, its clocks, its connection, its follower.
//!
//! It mirrors the real shell step for step: what the shard wants done is done in order, what comes back is handed in. A
//! stopped process keeps its clock going and its mail unread; what was in its buffers goes out when it is continued.

pub mod answers;
pub mod beats;
pub mod follow;
pub mod intake;
pub mod keep;
pub mod link;
pub mod outputs;
pub mod run;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use engine::Engine;
use model::input::TenantInput;
use model::{Millis, Time};
use protocol::output::Output;
use shard::{
    Action, Clock, Codec, Follower, IngestMessage, InputCodec, Left, Quarantine, Shard, ShardConfig,
    ShardEvent, Stage, TimeMode,
};

use crate::fault::Fate;
use crate::jetstream::Ask;
use crate::scenario::EPOCH;
use crate::world::Texts;
use beats::Beats;
use intake::Subscription;
use keep::Keep;
use link::Link;
use outputs::Emitter;

pub const SHARD: &str = "0";
pub const KEY: [u8; 16] = [7; 16];
/// What an input holds that crashes whoever reads it.
pub const POISON: &[u8] = b"crashes-its-reader";

#[derive(Debug)]
pub enum Inner {
    Event {
        start: u32,
        event: Box<ShardEvent>,
    },
    Tick {
        start: u32,
        token: u64,
    },
    /// What is left of an interrupted list of actions.
    Carry {
        start: u32,
        actions: VecDeque<Action>,
    },
    /// Bytes leave the client's buffer.
    Transmit {
        start: u32,
        ask: Ask,
        passed: bool,
    },
    Live(Vec<Output>),
    Feed,
    Confirm {
        start: u32,
        through: u64,
        passed: bool,
    },
    Pull {
        start: u32,
        token: u64,
    },
    Keep {
        start: u32,
    },
    JudgeBeats {
        start: u32,
    },
}

#[derive(Debug)]
pub struct Process {
    pub number: usize,
    /// Grows with every crash: what belonged to the life before is ignored.
    pub life: u32,
    pub is_alive: bool,
    /// Stopped and not continued yet.
    pub is_stopped: bool,
    mailbox: VecDeque<Inner>,
    /// How far its wall clock is from the servers'.
    pub wall_offset: i64,
    pub link: Link,
    /// The shard, once it was started here.
    pub owner: Option<Owner>,
    starts: u32,
    emitter: Emitter,
    pub follower: Option<Follower<Engine>>,
    /// What becomes of the next thing that it asks of the servers.
    pub next_fate: Option<Fate>,
    pub beats: Beats,
    /// When the last live message that it sent arrives: one connection keeps its order.
    pub live_until: u64,
}

/// A shard from its start until it leaves.
#[derive(Debug)]
pub struct Owner {
    pub start: u32,
    pub shard: Shard<Engine>,
    crashed: Arc<AtomicBool>,
    /// The timer in force; an older one is ignored.
    token: u64,
    subscription: Option<Subscription>,
    pub keep: Keep,
    pub left: Option<Left>,
    pub quarantine: Option<Quarantine>,
    /// The highest commit whose outputs were given out.
    emitted: u64,
    /// Of each record that it sent: bytes by (epoch, commit). A retry must be the same.
    sent: Vec<(Arc<str>, Bytes)>,
}

impl Process {
    pub fn new(number: usize) -> Process {
        Process {
            number,
            life: 0,
            is_alive: true,
            is_stopped: false,
            mailbox: VecDeque::new(),
            wall_offset: 0,
            link: Link::default(),
            owner: None,
            starts: 0,
            emitter: Emitter::default(),
            follower: None,
            next_fate: None,
            beats: Beats::default(),
            live_until: 0,
        }
    }

    pub fn name(&self) -> String {
        format!("n{}", self.number)
    }

    /// Runs, and can speak with the servers.
    pub fn is_up(&self) -> bool {
        self.is_alive && !self.is_stopped && self.link.is_whole()
    }

    pub fn stage(&self) -> Stage {
        self.owner.as_ref().map_or(Stage::Idle, |owner| owner.shard.stage())
    }

    /// It believes that the shard is its own, or will be.
    pub fn is_engaged(&self) -> bool {
        match self.stage() {
            Stage::Opening | Stage::CatchingUp | Stage::Serving | Stage::OutputsStalled => true,
            Stage::Idle | Stage::Quarantined | Stage::Left => false,
        }
    }

    pub fn is_serving(&self) -> bool {
        self.is_up() && self.stage() == Stage::Serving
    }

    /// No two processes count from the same moment.
    pub fn clock(&self, now: u64) -> Clock {
        let wall = (EPOCH.0 + now).saturating_add_signed(self.wall_offset);
        Clock { wall: Time(wall), monotonic: Millis(self.monotonic(now)) }
    }

    pub fn monotonic(&self, now: u64) -> u64 {
        now + self.monotonic_base()
    }

    pub fn monotonic_base(&self) -> u64 {
        10_000 * (self.number as u64 + 1)
    }

    fn new_owner(&mut self, texts: &Texts) -> &mut Owner {
        self.starts += 1;
        let crashed = Arc::new(AtomicBool::new(false));
        let config = ShardConfig {
            name: SHARD.to_owned(),
            node: self.name(),
            key: KEY,
            time: TimeMode::Anchored,
            rebase: false,
        };
        let codec = FragileCodec { codec: InputCodec::new(texts.clone()), crashed: Arc::clone(&crashed) };
        self.owner.insert(Owner {
            start: self.starts,
            shard: Shard::new(config, Box::new(codec)),
            crashed,
            token: 0,
            subscription: None,
            keep: Keep::default(),
            left: None,
            quarantine: None,
            emitted: 0,
            sent: Vec::new(),
        })
    }

    /// The shard of that start, if it is still this process's.
    fn owner_of(&mut self, start: u32) -> Option<&mut Owner> {
        self.owner.as_mut().filter(|owner| owner.start == start)
    }
}

/// The product's decoder, and inputs that it does not survive.
#[derive(Debug)]
struct FragileCodec {
    codec: InputCodec<Texts>,
    crashed: Arc<AtomicBool>,
}

impl Codec for FragileCodec {
    fn decode(&mut self, message: &IngestMessage) -> TenantInput {
        if message.bytes.windows(POISON.len()).any(|window| window == POISON) {
            self.crashed.store(true, std::sync::atomic::Ordering::Relaxed);
        }
        self.codec.decode(message)
    }

    fn set_aside(&mut self, message: &IngestMessage) -> TenantInput {
        self.codec.set_aside(message)
    }

    fn redacted_head(&self, bytes: &[u8]) -> String {
        self.codec.redacted_head(bytes)
    }
}
