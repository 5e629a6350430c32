//! What goes wrong, and when: drawn from the seed before the run begins.

use model::Millis;
use shard::PublishFailure;
use workload::Rng;

use crate::jetstream::StreamName;
use crate::points::{Harm, Point, Trap};

/// What becomes of something that a process asks of the servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Fine,
    /// Done; nobody is told.
    AnswerLost,
    /// Not done; nobody is told.
    Lost,
    /// Not done, and said so.
    Refused(PublishFailure),
    /// Done this much later; nobody is told.
    Late(u64),
    /// Done, and once more this much later, by a leader that lost its term in between.
    Twice(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    Owner,
    Any(u64),
    Everyone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Both,
    ToServers,
    FromServers,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Starts again after this long.
    Crash {
        whom: Whom,
        back_after: u64,
    },
    Pause {
        whom: Whom,
        millis: u64,
    },
    Release,
    /// A second process takes the shard while the first one has it.
    SecondOwner,
    Partition {
        whom: Whom,
        direction: Direction,
        millis: u64,
    },
    /// The link goes away and comes back, each second anew.
    Flapping {
        times: u64,
    },
    WallJump {
        whom: Whom,
        millis: i64,
    },
    /// The stream has no leader: 503.
    LeaderKilled {
        stream: StreamName,
        millis: u64,
    },
    /// The stream's leader is stopped: silence.
    LeaderStopped {
        stream: StreamName,
        millis: u64,
    },
    /// A former leader of the journal answers reads with an old end.
    FormerLeader {
        behind: u64,
        millis: u64,
    },
    /// The next appends to the journal meet this.
    Appends {
        fate: Fate,
        count: u64,
    },
    /// The next reads get no answer.
    ReadsLost {
        count: u64,
    },
    /// The next inputs are stored and their acknowledgements lost.
    InputAcksLost {
        count: u64,
    },
    /// The servers do not know message ids again.
    IdsForgotten,
    JournalLosesEnd {
        count: u64,
    },
    /// The newest record cannot be read for a while.
    RecordUnreadable {
        millis: u64,
    },
    /// A stored input that nobody has read yet cannot be read any more.
    InputUnreadable,
    /// A client under pressure drops a message of its subscription.
    InputDropped {
        count: u64,
    },
    /// The subscription to the inputs says nothing.
    IngestStalled {
        millis: u64,
    },
    /// Core messages are lost, this many of a thousand.
    CoreLost {
        permille: u16,
        millis: u64,
    },
    /// Core messages overtake one another.
    CoreReordered {
        millis: u64,
    },
    Slow {
        millis: u64,
    },
    SnapshotDamaged {
        at: u64,
    },
    DesktopAway {
        desktop: u64,
        millis: u64,
    },
    DesktopRestarts {
        desktop: u64,
    },
    /// An input that crashes whoever decides it.
    Poison,
    /// Strikes at a point, whenever that is passed.
    AtPoint(Trap),
    /// The ingest stream is another one of the same name. Only people can mend it.
    IngestReplaced,
    /// A record is another one than was acknowledged there. Only people can mend it.
    RecordReplaced,
}

impl Fault {
    /// For counting.
    pub fn kind(&self) -> &'static str {
        match self {
            Fault::Crash { whom: Whom::Everyone, .. } => "crash_all",
            Fault::Crash { .. } => "crash",
            Fault::Pause { .. } => "pause",
            Fault::Release => "release",
            Fault::SecondOwner => "second_owner",
            Fault::Partition { direction: Direction::Both, .. } => "partition",
            Fault::Partition { .. } => "partition_one_way",
            Fault::Flapping { .. } => "flapping",
            Fault::WallJump { .. } => "wall_jump",
            Fault::LeaderKilled { .. } => "leader_killed",
            Fault::LeaderStopped { .. } => "leader_stopped",
            Fault::FormerLeader { .. } => "former_leader",
            Fault::Appends { fate: Fate::Fine, .. } => "none",
            Fault::Appends { fate: Fate::AnswerLost, .. } => "ack_lost",
            Fault::Appends { fate: Fate::Lost, .. } => "append_lost",
            Fault::Appends { fate: Fate::Refused(failure), .. } => refusal_kind(*failure),
            Fault::Appends { fate: Fate::Late(_), .. } => "append_late",
            Fault::Appends { fate: Fate::Twice(_), .. } => "append_twice",
            Fault::ReadsLost { .. } => "read_lost",
            Fault::InputAcksLost { .. } => "input_ack_lost",
            Fault::IdsForgotten => "ids_forgotten",
            Fault::JournalLosesEnd { .. } => "journal_loses_end",
            Fault::RecordUnreadable { .. } => "record_unreadable",
            Fault::InputUnreadable => "input_unreadable",
            Fault::InputDropped { .. } => "input_dropped",
            Fault::IngestStalled { .. } => "ingest_stalled",
            Fault::CoreLost { .. } => "core_lost",
            Fault::CoreReordered { .. } => "core_reordered",
            Fault::Slow { .. } => "slow",
            Fault::SnapshotDamaged { .. } => "snapshot_damaged",
            Fault::DesktopAway { .. } => "desktop_away",
            Fault::DesktopRestarts { .. } => "desktop_restarts",
            Fault::Poison => "poison",
            Fault::AtPoint(_) => "at_point",
            Fault::IngestReplaced => "ingest_replaced",
            Fault::RecordReplaced => "record_replaced",
        }
    }

    /// What only people can mend: the shard must stop, and nothing drains.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Fault::IngestReplaced | Fault::RecordReplaced)
    }
}

fn refusal_kind(failure: PublishFailure) -> &'static str {
    match failure {
        PublishFailure::TimedOut => "append_timed_out",
        PublishFailure::NoResponders => "append_503",
        PublishFailure::WrongLastSequence => "append_10164",
        PublishFailure::Disconnected => "append_disconnected",
        PublishFailure::Other { .. } => "append_other",
    }
}

/// Every fault with its time. The first comes once there is an owner; the last is over when the run is healed.
pub fn draw(rng: &mut Rng, begin: u64, end: u64) -> Vec<(u64, Fault)> {
    // One run in sixteen is about what cannot be combined: only the owner's memory, or people, can make it good.
    if rng.below(16) == 0 {
        let at = begin + rng.below(end - begin);
        let fault = match rng.below(4) {
            0 => Fault::IngestReplaced,
            1 => Fault::RecordReplaced,
            _ => Fault::JournalLosesEnd { count: 1 + rng.below(6) },
        };
        return vec![(at, fault)];
    }
    // One in sixteen is about what must come together: something is not out yet, or damaged, when its owner falls.
    if rng.below(16) == 0 {
        let at = begin + rng.below(end - begin);
        return draw_together(rng, at);
    }
    let count = 1 + rng.below(6);
    let mut faults: Vec<(u64, Fault)> = (0..count)
        .map(|_| {
            let at = begin + rng.below(end - begin);
            (at, draw_one(rng))
        })
        .collect();
    faults.sort_by_key(|(at, _)| *at);
    faults
}

fn draw_together(rng: &mut Rng, at: u64) -> Vec<(u64, Fault)> {
    let everyone = Fault::Crash { whom: Whom::Everyone, back_after: 500 + rng.below(5_000) };
    let outputs_gone = Fault::LeaderKilled { stream: StreamName::Outputs, millis: 3_000 };
    match rng.below(3) {
        0 => vec![(at, Fault::SnapshotDamaged { at: rng.next_u64() }), (at + 10, everyone)],
        1 => vec![(at, outputs_gone), (at + 500, Fault::Release), (at + 1_500, everyone)],
        _ => vec![(at, outputs_gone), (at + 2_500, everyone)],
    }
}

fn draw_one(rng: &mut Rng) -> Fault {
    let whom = match rng.below(4) {
        0 => Whom::Any(rng.next_u64()),
        _ => Whom::Owner,
    };
    let millis = outage(rng);
    let count = 1 + rng.below(4);
    match rng.below(64) {
        0..6 => Fault::Crash { whom, back_after: 200 + rng.below(6_000) },
        6..8 => Fault::Crash { whom: Whom::Everyone, back_after: 500 + rng.below(5_000) },
        8..13 => Fault::Pause { whom, millis },
        13..16 => Fault::Release,
        16..20 => Fault::SecondOwner,
        20..23 => Fault::Partition { whom, direction: Direction::Both, millis },
        23..25 => Fault::Partition { whom, direction: Direction::ToServers, millis },
        25..27 => Fault::Partition { whom, direction: Direction::FromServers, millis },
        27 => Fault::Flapping { times: 2 + rng.below(5) },
        28 => Fault::WallJump { whom: Whom::Any(rng.next_u64()), millis: jump(rng) },
        29..32 => Fault::LeaderKilled { stream: stream(rng), millis: 500 + rng.below(7_900) },
        32..34 => Fault::LeaderStopped { stream: stream(rng), millis: 1_000 + rng.below(7_400) },
        34..36 => Fault::FormerLeader { behind: 1 + rng.below(8), millis: 1_000 + rng.below(7_000) },
        36..43 => Fault::Appends { fate: append_fate(rng), count },
        43 => Fault::ReadsLost { count: count * 4 },
        44..46 => Fault::InputAcksLost { count: count * 5 },
        46 => Fault::IdsForgotten,
        47 => Fault::RecordUnreadable { millis: 200 + rng.below(6_000) },
        48 => Fault::InputUnreadable,
        49 => Fault::InputDropped { count },
        50..52 => Fault::IngestStalled { millis },
        52 => Fault::CoreLost { permille: 100 + rng.below(500) as u16, millis },
        53 => Fault::CoreReordered { millis },
        54 => Fault::Slow { millis },
        55 => Fault::SnapshotDamaged { at: rng.next_u64() },
        56..58 => Fault::DesktopAway { desktop: rng.next_u64(), millis: millis * 3 },
        58 => Fault::DesktopRestarts { desktop: rng.next_u64() },
        59 => Fault::Poison,
        _ => Fault::AtPoint(trap(rng)),
    }
}

/// From a blink to longer than every time-out.
fn outage(rng: &mut Rng) -> u64 {
    match rng.below(3) {
        0 => 50 + rng.below(1_500),
        1 => 1_500 + rng.below(3_000),
        _ => 4_000 + rng.below(6_000),
    }
}

fn jump(rng: &mut Rng) -> i64 {
    let size = [700, 4_000, 60_000, 3_600_000][rng.below(4) as usize];
    if rng.below(2) == 0 { size } else { -size }
}

fn stream(rng: &mut Rng) -> StreamName {
    match rng.below(6) {
        0 => StreamName::Ingest,
        1 => StreamName::Outputs,
        2 => StreamName::Snapshots,
        _ => StreamName::Journal,
    }
}

fn append_fate(rng: &mut Rng) -> Fate {
    match rng.below(9) {
        0 | 1 => Fate::AnswerLost,
        2 => Fate::Lost,
        3 => Fate::Late(2_100 + rng.below(6_000)),
        4 => Fate::Late(100 + rng.below(2_000)),
        5 => Fate::Twice(1 + rng.below(4_000)),
        6 => Fate::Refused(PublishFailure::NoResponders),
        7 => Fate::Refused(PublishFailure::WrongLastSequence),
        _ => Fate::Refused(PublishFailure::TimedOut),
    }
}

fn trap(rng: &mut Rng) -> Trap {
    let point = Point::ALL[rng.below(Point::ALL.len() as u64) as usize];
    let harm = Harm::ALL[rng.below(4) as usize];
    Trap { point, harm, pass: 1 + rng.below(6) as u32 }
}

/// How long a stopped process stays stopped: the others believe it dead by then.
pub const STOPPED_FOR: Millis = Millis(6_000);
