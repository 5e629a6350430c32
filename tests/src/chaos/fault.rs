//! The faults there are: what each is called, its number in the fault matrix, and what it needs to be fired.

use workload::Rng;

macro_rules! faults {
    ($($(#[doc = $doc:literal])+ $name:ident = $label:literal, $number:literal, $needs:expr, $weight:literal;)+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault {
            $($(#[doc = $doc])+ $name,)+
        }
        impl Fault {
            pub const ALL: &[Fault] = &[$(Fault::$name),+];
            /// As the record and the command line call it.
            pub fn name(self) -> &'static str {
                match self { $(Fault::$name => $label),+ }
            }
            /// Its number in the fault matrix.
            pub fn number(self) -> &'static str {
                match self { $(Fault::$name => $number),+ }
            }
            fn needs(self) -> Needs {
                match self { $(Fault::$name => $needs),+ }
            }
            /// How often it is drawn, beside the others.
            fn weight(self) -> u64 {
                match self { $(Fault::$name => $weight),+ }
            }
            /// In a sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Fault::$name => concat!($($doc),+).trim_ascii()),+ }
            }
        }
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    /// Routers that take over from each other.
    Routers,
    SmallDisks,
    FakeClock,
}

/// What a run has, beside three servers.
#[derive(Debug, Clone, Copy)]
pub struct Means {
    pub routers: usize,
    pub has_small_disks: bool,
    pub has_fake_clock: bool,
}

faults! {
    /// The owner of a shard is killed and started again.
    RouterKilled = "router-killed", "F1", Needs::Nothing, 4;
    /// A router crashes at one of its own points.
    RouterCrashes = "router-crashes", "F1", Needs::Nothing, 4;
    /// Two routers are killed at once.
    TwoRoutersKilled = "two-routers-killed", "F2", Needs::Routers, 2;
    /// All routers are killed at once.
    AllRoutersKilled = "all-routers-killed", "F2", Needs::Nothing, 2;
    /// The owner is frozen for half the silence limit.
    PausedHalf = "router-paused-0.5x", "F3", Needs::Nothing, 2;
    /// The owner is frozen for twice the silence limit.
    PausedTwice = "router-paused-2x", "F3", Needs::Nothing, 3;
    /// The owner is frozen for ten times the silence limit.
    PausedLong = "router-paused-10x", "F3", Needs::Nothing, 2;
    /// The owner is frozen for 300 ms, again and again.
    PausedShortly = "router-paused-shortly", "F4", Needs::Nothing, 2;
    /// The owner is told to hand over, and starts again.
    HandedOver = "router-handed-over", "F29", Needs::Nothing, 2;
    /// All routers are told to hand over, one after the other.
    RollingRestart = "routers-restarted-in-turn", "F29", Needs::Routers, 2;
    /// The server that leads a journal is killed.
    LeaderKilled = "server-killed-leader", "F5", Needs::Nothing, 3;
    /// A server that follows is killed.
    FollowerKilled = "server-killed-follower", "F5", Needs::Nothing, 2;
    /// The server that leads the cluster's own affairs is killed.
    MetaLeaderKilled = "server-killed-meta-leader", "F5", Needs::Nothing, 2;
    /// The server that leads a journal is frozen.
    LeaderPaused = "server-paused", "F6", Needs::Nothing, 2;
    /// All servers are killed at once.
    AllServersKilled = "all-servers-killed", "F7", Needs::Nothing, 1;
    /// Leaders of streams step down every few seconds.
    StepDowns = "leaders-step-down", "F9", Needs::Nothing, 2;
    /// Servers are stopped and started one after the other.
    ServersRestarted = "servers-restarted-in-turn", "F9", Needs::Nothing, 1;
    /// A server lets its clients go and ends.
    ServerRetires = "server-retires", "F9", Needs::Nothing, 1;
    /// Nothing passes between the owner and all servers.
    CutOff = "router-cut-off", "F10", Needs::Nothing, 3;
    /// Nothing passes from the servers to the owner.
    Deaf = "router-deaf", "F11", Needs::Nothing, 2;
    /// Nothing passes from the owner to the servers.
    Mute = "router-mute", "F11", Needs::Nothing, 2;
    /// The owner's links break and mend every second.
    Flapping = "links-flap", "F13", Needs::Nothing, 2;
    /// The owner's links are slow, and unevenly so.
    SlowLinks = "links-slow", "F14", Needs::Nothing, 2;
    /// The owner's links carry 256 kbit a second.
    NarrowLinks = "links-narrow", "F14", Needs::Nothing, 1;
    /// The owner's links stand still now and then.
    StallingLinks = "links-stall", "F14", Needs::Nothing, 1;
    /// The owner's connections are reset, again and again.
    Resets = "links-reset", "F14", Needs::Nothing, 1;
    /// Bits change on the owner's links, which are encrypted.
    DamagedLinks = "links-damage", "F14", Needs::Nothing, 2;
    /// A router starts with a wrong clock.
    ClockWrong = "clock-wrong-at-start", "F15", Needs::FakeClock, 1;
    /// A router's clock jumps while it runs.
    ClockJumps = "clock-jumps", "F15", Needs::FakeClock, 2;
    /// The disk of one server is full.
    DiskFull = "disk-full-on-one", "F17", Needs::SmallDisks, 3;
    /// The disks of all servers are full.
    AllDisksFull = "disk-full-on-all", "F17", Needs::SmallDisks, 2;
    /// Bits of a killed server's journal and ingest stores are changed.
    StoreDamaged = "store-damaged", "F19", Needs::Nothing, 0;
    /// Hostile inputs come in a flood.
    HostileFlood = "hostile-flood", "F22", Needs::Nothing, 2;
    /// Agents vanish with what they hold, and come back.
    AgentsVanish = "agents-vanish", "F25", Needs::Nothing, 2;
    /// Agents sit at two desktops.
    TwoDesktops = "two-desktops", "F25", Needs::Nothing, 2;
    /// Every agent signs in at once, and contacts come in a burst.
    MassSignIn = "mass-sign-in", "F26", Needs::Nothing, 2;
    /// The stream of nodes is deleted and made again.
    MembersDeleted = "members-deleted", "F31", Needs::Nothing, 2;
    /// The routers' credentials are taken away and given back.
    CredentialsRevoked = "credentials-revoked", "F33", Needs::Nothing, 2;
}

impl Fault {
    pub fn named(name: &str) -> Option<Fault> {
        Fault::ALL.iter().copied().find(|fault| fault.name() == name)
    }

    pub fn is_possible(self, means: Means) -> bool {
        match self.needs() {
            Needs::Nothing => true,
            Needs::Routers => means.routers > 2,
            Needs::SmallDisks => means.has_small_disks,
            Needs::FakeClock => means.has_fake_clock,
        }
    }
}

/// So many faults, in an order, by chance. None stands twice before it is the turn of those that were not drawn, so that
/// a hundred runs meet each many times.
pub fn draw(rng: &mut Rng, count: usize, means: Means) -> Vec<Fault> {
    let possible = || -> Vec<Fault> {
        Fault::ALL.iter().copied().filter(|fault| fault.weight() > 0 && fault.is_possible(means)).collect()
    };
    let mut left = possible();
    let mut drawn = Vec::new();
    while drawn.len() < count {
        if left.is_empty() {
            left = possible();
        }
        let total: u64 = left.iter().map(|fault| fault.weight()).sum();
        let mut ticket = rng.below(total);
        let at = left.iter().position(|fault| {
            let is_it = ticket < fault.weight();
            ticket = ticket.saturating_sub(fault.weight());
            is_it
        });
        drawn.push(left.remove(at.unwrap_or(0)));
    }
    drawn
}

#[test]
fn a_seed_draws_the_same_faults_and_no_two_alike() {
    let means = Means { routers: 3, has_small_disks: false, has_fake_clock: true };
    let drawn = |seed| draw(&mut Rng::new(seed), 12, means);
    assert_eq!(drawn(7), drawn(7));
    assert_ne!(drawn(7), drawn(8));
    let mut sorted = drawn(7);
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), 12);
    assert!(!sorted.contains(&Fault::DiskFull));
}
