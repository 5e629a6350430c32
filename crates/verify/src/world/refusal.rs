//! Inputs that were turned away.

use model::Refusal;
use model::transition::RefusedInput;

use crate::ingest::Content;
use crate::keys::key;
use crate::report::Invariant;
use crate::told::{Kind, Told};
use crate::world::Step;

pub(super) fn judge(refused: &RefusedInput, step: &mut Step<'_>) -> Told {
    let tenant = key(refused.tenant.as_str());
    let position = refused.position;
    match step.positions.as_ref().map(|positions| positions.contains(&position)) {
        None => step.findings.unchecked("effects of commits whose inputs are unknown", 1),
        Some(true) => judge_input(refused, tenant, step),
        Some(false) => {
            step.broken(
                Invariant::Refusals,
                format!("refuses input {position}, which this commit does not cover"),
            );
        }
    }
    Told {
        agent: refused.agent.as_ref().map_or(0, |agent| key(agent.as_str())),
        detail: key((position, refused.reason.code())),
        ..Told::new(Kind::Refused, tenant)
    }
}

fn judge_input(refused: &RefusedInput, tenant: u64, step: &mut Step<'_>) {
    let (position, reason) = (refused.position, refused.reason);
    let Some(slot) = step.ingest.slot_mut(position) else {
        return step.findings.unchecked("refusals of inputs that the ingest stream purged", 1);
    };
    let is_repeated = std::mem::replace(&mut slot.is_refused, true);
    let slot = *slot;
    if slot.content == Content::Absent {
        return step
            .broken(Invariant::Refusals, format!("refuses input {position}, which is not in the stream"));
    }
    if is_repeated {
        step.broken(Invariant::OneEffect, format!("refuses input {position} a second time"));
    }
    if slot.tenant != tenant && reason != Refusal::BadSubject {
        let what = format!("refuses input {position} for tenant {}, whose it is not", refused.tenant);
        step.broken(Invariant::Refusals, what);
    }
    if reason == Refusal::Poison {
        if !step.tried.contains(&position) {
            let what = format!("sets input {position} aside as poison, but nobody tried it before");
            step.broken(Invariant::Refusals, what);
        }
        return;
    }
    let is_plausible = match slot.content {
        Content::Absent | Content::Config => true,
        Content::Malformed(found) => found == reason,
        Content::Sound => !is_of_the_decoder(reason) && reason != Refusal::OverQuota,
        Content::Contact => !is_of_the_decoder(reason),
    };
    if !is_plausible {
        let found = match slot.content {
            Content::Malformed(found) => found.code(),
            Content::Absent | Content::Config | Content::Sound => "well formed",
            Content::Contact => "a contact",
        };
        step.broken(Invariant::Refusals, format!("refuses input {position} as {reason}, but it is {found}"));
    }
}

/// Reasons that bytes alone give; `bad_field` is also a judgement of the roster's rules.
fn is_of_the_decoder(reason: Refusal) -> bool {
    match reason {
        Refusal::TooLarge
        | Refusal::NotUtf8
        | Refusal::NotJson
        | Refusal::DuplicateKey
        | Refusal::BadSubject
        | Refusal::ForeignTenant
        | Refusal::ForeignAgent
        | Refusal::ConfigMissing
        | Refusal::ConfigInvalid => true,
        Refusal::BadField
        | Refusal::Poison
        | Refusal::OverQuota
        | Refusal::UnknownTenant
        | Refusal::Moved
        | Refusal::TooOld
        | Refusal::ConfigVersion
        | Refusal::ConfigInUse
        | Refusal::UnknownAgent
        | Refusal::UnknownChannel
        | Refusal::UnknownQueue
        | Refusal::UnknownSkill
        | Refusal::SiteMissing
        | Refusal::UnknownSite
        | Refusal::UnknownReason
        | Refusal::UnknownContact
        | Refusal::IdReuse
        | Refusal::OldSession
        | Refusal::NoSession
        | Refusal::OfferGone
        | Refusal::NotHolder
        | Refusal::WrongState
        | Refusal::NotPulled
        | Refusal::NotEligible
        | Refusal::NotOpen
        | Refusal::NothingWaits
        | Refusal::AgentBusy
        | Refusal::LimitReached
        | Refusal::TooManySkills => false,
    }
}
