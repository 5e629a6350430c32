//! One state, however it was come by.

use engine::Engine;
use protocol::record::Hash;
use protocol::snapshot::{Manifest, digest};
use shard::{Follower, Replay};

use super::Violation;
use crate::process::{KEY, SHARD, follow};
use crate::world::World;

pub fn check(world: &World) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut replay = Follower::new(SHARD, KEY, Replay::from_beginning(KEY));
    if let Err(error) = read_on(&mut replay, world) {
        found.push(Violation::new("I12", format!("the journal cannot be replayed: {error}")));
        return found;
    }
    let expected = replay.digest();
    let mut compare = |what: String, digest: Hash| {
        if digest != expected {
            found.push(Violation::new(
                "I12",
                format!("{what} holds another state than a replay from the beginning"),
            ));
        }
    };
    if let Some(process) = super::owner(world) {
        if let Some(engine) = process.owner.as_ref().and_then(|owner| owner.shard.engine()) {
            compare(format!("owner n{}", process.number), digest(engine));
        }
        if let Some(follower) = process.follower.as_ref().filter(|it| it.sequence() == replay.sequence()) {
            compare(format!("the follower of n{}", process.number), follower.digest());
        }
    }
    for (name, bytes) in world.servers.snapshots.announced() {
        let loaded = Manifest::decode(bytes).ok().and_then(|manifest| follow::load(&world.servers, manifest));
        // One that was damaged does not load, and nobody takes it up.
        let Some(mut follower) = loaded else { continue };
        match read_on(&mut follower, world) {
            Ok(()) => compare(
                format!("the snapshot of commit {} with its suffix", name.commit_no),
                follower.digest(),
            ),
            Err(error) => {
                compare(format!("the snapshot of commit {} ({error})", name.commit_no), Hash::ZERO);
            }
        }
    }
    found
}

/// Applies what follows.
fn read_on(follower: &mut Follower<Engine>, world: &World) -> Result<(), String> {
    while follower.sequence() < world.servers.journal.last() {
        let next = follower.sequence() + 1;
        let stored = world.servers.journal.ever(next).ok_or("a record is missing")?;
        follower.apply(next, &stored.bytes).map_err(|error| error.to_string())?;
    }
    Ok(())
}
