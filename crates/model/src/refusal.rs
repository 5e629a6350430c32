//! Why an input was refused. A refusal is a value, journaled and sent to the dead-letter stream; it changes
//! nothing else. When several reasons hold, the first in the order of this enum is given.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! refusals {
    ($($(#[doc = $doc:literal])+ $name:ident => $code:literal,)+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Refusal {
            $($(#[doc = $doc])+ $name,)+
        }
        impl Refusal {
            pub const ALL: &[Refusal] = &[$(Refusal::$name),+];
            /// The stable code: a subject token, a metric label, a JSON value.
            pub fn code(self) -> &'static str {
                match self { $(Refusal::$name => $code),+ }
            }
            /// One sentence for people.
            pub fn meaning(self) -> &'static str {
                match self { $(Refusal::$name => concat!($($doc),+)),+ }
            }
        }
    };
}

refusals! {
    /// The message, its nesting, its keys or one of its strings exceeds a limit.
    TooLarge => "too_large",
    /// The body is not valid UTF-8.
    NotUtf8 => "not_utf8",
    /// The body is not valid JSON.
    NotJson => "not_json",
    /// A key stands twice in one object.
    DuplicateKey => "duplicate_key",
    /// A field is missing, unknown, of the wrong type or out of range.
    BadField => "bad_field",
    /// The subject is not one that inputs arrive on.
    BadSubject => "bad_subject",
    /// The body names another tenant than its subject.
    ForeignTenant => "foreign_tenant",
    /// The body names another agent than its subject.
    ForeignAgent => "foreign_agent",
    /// The input crashed the node before; it was set aside.
    Poison => "poison",
    /// The shard cannot keep up, and the tenant has brought more new contacts than others.
    OverQuota => "over_quota",
    /// The tenant has no configuration on this shard.
    UnknownTenant => "unknown_tenant",
    /// The tenant is served by another shard, or is on its way between two.
    Moved => "moved",
    /// The input is older than the idempotence horizon, so a repeat could not be told from a first.
    TooOld => "too_old",
    /// The configuration's text is not in the store under the hash that the input names.
    ConfigMissing => "config_missing",
    /// The configuration does not validate.
    ConfigInvalid => "config_invalid",
    /// The configuration's version is not higher than the one in force.
    ConfigVersion => "config_version",
    /// The configuration removes a queue, a channel or a reason that open contacts or agents still need.
    ConfigInUse => "config_in_use",
    /// No such agent in the roster.
    UnknownAgent => "unknown_agent",
    /// No such channel in the configuration.
    UnknownChannel => "unknown_channel",
    /// The contact says no site, and its channel asks for one.
    SiteMissing => "site_missing",
    /// No such site in the configuration.
    UnknownSite => "unknown_site",
    /// No such queue in the configuration.
    UnknownQueue => "unknown_queue",
    /// No such skill in the configuration.
    UnknownSkill => "unknown_skill",
    /// No such aux reason in the configuration.
    UnknownReason => "unknown_reason",
    /// No contact of this id is open or was recently.
    UnknownContact => "unknown_contact",
    /// The id was used before for a contact with another body.
    IdReuse => "id_reuse",
    /// The agent's session is older than the one in force.
    OldSession => "old_session",
    /// The agent has not signed in with this session.
    NoSession => "no_session",
    /// The offer is not open any more, or is not this agent's.
    OfferGone => "offer_gone",
    /// The contact is not in this agent's hands.
    NotHolder => "not_holder",
    /// The contact is not in a state in which this can be done.
    WrongState => "wrong_state",
    /// The queue's contacts are not for agents to take: it offers them, or is paused.
    NotPulled => "not_pulled",
    /// The agent is not one who may have the contact: of another site, without a skill, or kept away from.
    NotEligible => "not_eligible",
    /// The agent is not available, does not work on the channel, or has no room for the contact.
    NotOpen => "not_open",
    /// Nothing waits there that this agent could take.
    NothingWaits => "nothing_waits",
    /// The agent still holds contacts or is signed in.
    AgentBusy => "agent_busy",
    /// A limit of the tenant is reached: open contacts, agents or distinct requirements.
    LimitReached => "limit_reached",
    /// More skills are required than a contact may require.
    TooManySkills => "too_many_skills",
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
