//! The follower beside the owner: the state from committed records, for snapshots, questions and a warm start.

use bytes::Bytes;
use engine::Engine;
use protocol::snapshot::{Decoder, Manifest};
use shard::fit::{Fit, fit, is_of_record};
use shard::{Follower, Replay};

use super::{Inner, KEY, SHARD};
use crate::jetstream::Servers;
use crate::jetstream::snapshots::SnapshotName;
use crate::world::World;

impl World {
    /// The shard is owned here: its follower begins.
    pub fn opened(&mut self, process: usize, start: u32) {
        self.begin_follower(process);
        self.processes[process].beats.count_anew(self.now);
        self.plan_inner(process, 1_000, Inner::JudgeBeats { start });
    }

    /// From what it knows, unless what follows was purged meanwhile.
    pub fn begin_follower(&mut self, process: usize) {
        let first = self.servers.journal.first();
        let follower = &mut self.processes[process].follower;
        if follower.as_ref().is_none_or(|follower| follower.sequence() + 1 < first) {
            *follower = begin(&self.servers);
        }
    }

    /// The owner says what is in the journal for good.
    pub fn committed(&mut self, process: usize, start: u32, sequence: u64, bytes: &Bytes) {
        self.check_committed(sequence, bytes);
        self.catch_up(process, sequence - 1);
        let Some(follower) = &mut self.processes[process].follower else { return };
        if follower.sequence() + 1 == sequence && follower.apply(sequence, bytes).is_err() {
            self.drop_follower(process);
        }
        self.care_for_snapshots(process, start);
    }

    /// Reads what was left out, void records among them, as far as the journal gives it.
    pub fn catch_up(&mut self, process: usize, through: u64) {
        let servers = &self.servers;
        let Some(follower) = &mut self.processes[process].follower else { return };
        let mut is_broken = false;
        while follower.sequence() < through && !is_broken {
            let next = follower.sequence() + 1;
            let Some(stored) = servers.journal.get(next) else { return };
            is_broken = follower.apply(next, &stored.bytes).is_err();
        }
        if is_broken {
            self.drop_follower(process);
        }
    }

    /// The journal contradicts what it had applied: it begins again at the next opening.
    fn drop_follower(&mut self, process: usize) {
        self.note(format_args!("the follower of n{process} is done for"));
        self.processes[process].follower = None;
    }

    fn check_committed(&mut self, sequence: u64, bytes: &Bytes) {
        let is_there = self.servers.journal.ever(sequence).is_some_and(|stored| stored.bytes == *bytes);
        if !is_there && !self.faults.has_lost_end() {
            self.violation("A3", format!("journal {sequence} is called committed and is not there"));
        }
    }
}

/// As the node chooses: the newest snapshot that belongs to the journal, or the journal's beginning.
pub fn begin(servers: &Servers) -> Option<Follower<Engine>> {
    let mut before = u64::MAX;
    while let Some(bytes) = servers.snapshots.newest_before(before) {
        let Ok(manifest) = Manifest::decode(bytes) else { break };
        before = manifest.commit_no;
        if let Some(follower) = load(servers, manifest) {
            return Some(follower);
        }
    }
    (servers.journal.first() == 1).then(|| Follower::new(SHARD, KEY, Replay::from_beginning(KEY)))
}

/// Nothing when it does not belong to the journal or does not read back.
pub fn load(servers: &Servers, manifest: Manifest) -> Option<Follower<Engine>> {
    if !belongs(servers, &manifest) {
        return None;
    }
    let name = SnapshotName { commit_no: manifest.commit_no, epoch: manifest.epoch };
    let mut decoder = Decoder::new(manifest);
    let mut rows = Vec::new();
    while let Some(index) = decoder.next_part() {
        decoder.read_part(servers.snapshots.part(name, index)?, &mut rows).ok()?;
    }
    let manifest = decoder.finish().ok()?;
    Some(Follower::new(SHARD, KEY, Replay::from_snapshot(KEY, manifest, rows)))
}

pub fn belongs(servers: &Servers, manifest: &Manifest) -> bool {
    match fit(manifest, SHARD, servers.journal_facts()) {
        Fit::Yes => true,
        Fit::IfRecord { sequence } => is_of_record(manifest, &servers.records(sequence, sequence)).is_ok(),
        Fit::No(_) | Fit::Beyond { .. } => false,
    }
}
