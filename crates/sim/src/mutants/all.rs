//! All mutants of all crates, by name.

use std::fmt;

use super::Shell;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    Shell(Shell),
    Shard(shard::mutants::Mutant),
    Protocol(protocol::mutants::Mutant),
    Engine(engine::mutants::Mutant),
}

/// For this thread, until another is chosen.
pub fn choose(mutant: Option<Mutant>) {
    let (mut shell, mut shard, mut protocol, mut engine) = (None, None, None, None);
    match mutant {
        Some(Mutant::Shell(one)) => shell = Some(one),
        Some(Mutant::Shard(one)) => shard = Some(one),
        Some(Mutant::Protocol(one)) => protocol = Some(one),
        Some(Mutant::Engine(one)) => engine = Some(one),
        None => {}
    }
    super::choose(shell);
    shard::mutants::choose(shard);
    protocol::mutants::choose(protocol);
    engine::mutants::choose(engine);
}

macro_rules! mutants {
    ($($name:literal => $kind:ident($mutant:expr),)+) => {
        pub const ALL: &[(&str, Mutant)] = &[$(($name, Mutant::$kind($mutant))),+];
    };
}

use engine::mutants::Mutant as InEngine;
use protocol::mutants::Mutant as InProtocol;
use shard::mutants::Mutant as InShard;

mutants! {
    "no_expected_sequence" => Shell(Shell::NoExpectedSequence),
    "lower_epoch_taken" => Shell(Shell::LowerEpochTaken),
    "purged_before_manifest" => Shell(Shell::PurgedBeforeManifest),
    "confirmed_early" => Shell(Shell::ConfirmedEarly),
    "outputs_given_up" => Shell(Shell::OutputsGivenUp),
    "epochs_in_flight" => Shell(Shell::EpochsInFlight),
    "output_before_commit" => Shard(InShard::OutputBeforeCommit),
    "conflict_believed_fenced" => Shard(InShard::ConflictBelievedFenced),
    "conflict_believed_ours" => Shard(InShard::ConflictBelievedOurs),
    "position_left_out" => Shard(InShard::PositionLeftOut),
    "clock_in_replay" => Shard(InShard::ClockInReplay),
    "ingest_gap_ignored" => Shard(InShard::IngestGapIgnored),
    "ingest_identity_ignored" => Shard(InShard::IngestIdentityIgnored),
    "nothing_sent_again" => Shard(InShard::NothingSentAgain),
    "retry_rewritten" => Shard(InShard::RetryRewritten),
    "void_applied" => Shard(InShard::VoidApplied),
    "lost_end_ignored" => Shard(InShard::LostEndIgnored),
    "shorter_believed_at_once" => Shard(InShard::ShorterBelievedAtOnce),
    "offers_while_blind" => Shard(InShard::OffersWhileBlind),
    "timers_before_inputs" => Shard(InShard::TimersBeforeInputs),
    "released_unsent" => Shard(InShard::ReleasedUnsent),
    "trials_not_journaled" => Shard(InShard::TrialsNotJournaled),
    "grace_not_given" => Shard(InShard::GraceNotGiven),
    "epoch_not_raised" => Shard(InShard::EpochNotRaised),
    "prev_hash_unchecked" => Protocol(InProtocol::PrevHashUnchecked),
    "snapshot_unchecked" => Protocol(InProtocol::SnapshotUnchecked),
    "contacts_repeat" => Engine(InEngine::ContactsRepeat),
    "agent_inputs_repeat" => Engine(InEngine::AgentInputsRepeat),
    "capacity_kept" => Engine(InEngine::CapacityKept),
    "capacity_given_twice" => Engine(InEngine::CapacityGivenTwice),
    "declined_comes_back" => Engine(InEngine::DeclinedComesBack),
    "worst_first" => Engine(InEngine::WorstFirst),
    "not_filled" => Engine(InEngine::NotFilled),
    "site_let_go" => Engine(InEngine::SiteLetGo),
    "preference_ignored" => Engine(InEngine::PreferenceIgnored),
    "assigned_beyond_capacity" => Engine(InEngine::AssignedBeyondCapacity),
    "pulled_twice" => Engine(InEngine::PulledTwice),
    "pulled_is_offered" => Engine(InEngine::PulledIsOffered),
    "quiet_cut_short" => Engine(InEngine::QuietCutShort),
    "ration_overrun" => Engine(InEngine::RationOverrun),
    "handling_cut_short" => Engine(InEngine::HandlingCutShort),
    "ratio_ignored" => Engine(InEngine::RatioIgnored),
    "interruptions_uncounted" => Engine(InEngine::InterruptionsUncounted),
    "bound_let_go" => Engine(InEngine::BoundLetGo),
    "consult_goes_on" => Engine(InEngine::ConsultGoesOn),
    "bots_pass_on" => Engine(InEngine::BotsPassOn),
    "person_unheard" => Engine(InEngine::PersonUnheard),
}

pub fn named(name: &str) -> Option<Mutant> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, mutant)| *mutant)
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = ALL.iter().find(|(_, mutant)| mutant == self).map_or("unknown", |(name, _)| name);
        f.write_str(name)
    }
}
