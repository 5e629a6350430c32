//! Where a process may be struck: every step of the commit path, of a take-over, of a hand-over and of a snapshot.
//!
//! The simulated shell passes each point in the order in which the real one does. A trap waits at one of them and strikes
//! when it is passed for the n-th time.

use std::fmt;

macro_rules! points {
    ($($(#[doc = $doc:literal])+ $name:ident => $code:literal,)+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Point {
            $($(#[doc = $doc])+ $name,)+
        }
        impl Point {
            pub const ALL: &[Point] = &[$(Point::$name),+];
            pub fn name(self) -> &'static str {
                match self { $(Point::$name => $code),+ }
            }
        }
    };
}

points! {
    /// A group is decided; nothing of it was carried out.
    Decided => "decided",
    /// Its record is in the client's buffer.
    BeforePublish => "before_publish",
    /// Its record is on its way.
    AfterPublish => "after_publish",
    /// Its acknowledgement is here and was not handled.
    AfterAck => "after_ack",
    /// It is handled; the outputs are not given out.
    BeforeEmit => "before_emit",
    /// The outputs are stored; the shard was not told.
    BeforeConfirm => "before_confirm",
    /// A batch of records is here, during a take-over.
    MidReplay => "mid_replay",
    /// A part of a snapshot is here, during a take-over.
    MidSnapshotLoad => "mid_snapshot_load",
    /// The record that opens an epoch is in the client's buffer.
    OpeningBeforePublish => "opening_before_publish",
    /// It is on its way.
    OpeningAfterPublish => "opening_after_publish",
    /// It is acknowledged and not read back.
    OpeningAfterAck => "opening_after_ack",
    /// It was read back; nothing of it was handled.
    OpeningReadBack => "opening_read_back",
    /// The new owner is about to send again what may not have been sent.
    BeforeReemit => "before_reemit",
    /// A trial is in the client's buffer.
    TryingBeforePublish => "trying_before_publish",
    /// It is on its way.
    TryingAfterPublish => "trying_after_publish",
    /// It is acknowledged; its input is not decided.
    TryingAfterAck => "trying_after_ack",
    /// A snapshot's parts are stored.
    SnapshotPart => "snapshot_part",
    /// They were read back; the manifest is not written.
    BeforeManifest => "before_manifest",
    /// It is written; nothing is purged.
    AfterManifest => "after_manifest",
    /// Inputs are purged, the journal is not.
    MidPurge => "mid_purge",
    /// The journal is purged, too.
    AfterPurge => "after_purge",
    /// The record of the release is in the client's buffer.
    ReleasedBeforePublish => "released_before_publish",
    /// It is on its way.
    ReleasedAfterPublish => "released_after_publish",
    /// It is acknowledged; the process does not know yet that it is done.
    ReleasedAfterAck => "released_after_ack",
}

/// What strikes at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Harm {
    Crash,
    /// Stopped for longer than the others wait for it, then continued.
    Pause,
    /// What is asked next is never answered; past the asking, the answer is lost.
    TimeOut,
    /// What is asked next happens seconds after it was given up; past the asking, the answer comes that late.
    LateApply,
}

impl Harm {
    pub const ALL: [Harm; 4] = [Harm::Crash, Harm::Pause, Harm::TimeOut, Harm::LateApply];

    pub fn name(self) -> &'static str {
        match self {
            Harm::Crash => "crash",
            Harm::Pause => "pause",
            Harm::TimeOut => "time_out",
            Harm::LateApply => "late_apply",
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Harm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Strikes once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trap {
    pub point: Point,
    pub harm: Harm,
    /// At which pass of the point, counted from 1.
    pub pass: u32,
}

/// What becomes of a process that passes a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passed {
    /// It goes on.
    On,
    /// It is stopped or gone.
    No,
}
