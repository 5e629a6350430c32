//! The state in canonical form: what a snapshot holds and what a digest is taken of.
//!
//! Two engines that hold equal state yield equal rows in equal order: tenants by number, and in each its
//! settings, agents, profiles and contacts by number, then the closed ids and the contacts remembered from the oldest. Nothing that can be
//! derived is here, so a faster index never changes a digest.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::agent::{AgentSpec, Presence};
use crate::config::{QueueState, TenantConfig};
use crate::contact::{ContactBody, Outcome};
use crate::estimate::{Estimated, Waits};
use crate::id::{
    AgentNo, ChannelId, ChannelNo, ContactId, ContactNo, MatterRef, OfferNo, ProfileNo, QueueId, QueueNo,
    SiteId, SiteNo, SkillId, TenantId, TenantNo,
};
use crate::moving::Residence;
use crate::overflow::{Answers, OverflowState, Overflowed};
use crate::skill::Requirement;
use crate::throttle::Throttle;
use crate::time::{Millis, Time};
use crate::transition::{KnownWhy, Place};
use crate::work::Work;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Row {
    Tenant(Box<TenantRow>),
    Agent(Box<AgentRow>),
    Profile(Box<ProfileRow>),
    Contact(Box<ContactRow>),
    Closed(ClosedRow),
    Remembered(Box<RememberedRow>),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantRow {
    pub tenant: TenantNo,
    pub name: TenantId,
    /// Nothing before the first configuration.
    pub config: Option<(String, Arc<TenantConfig>)>,
    /// Every name that any configuration used, in the order of its number.
    pub skills: Vec<SkillId>,
    pub channels: Vec<ChannelId>,
    pub queues: Vec<QueueId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<SiteId>,
    /// Queues that are not open, by number.
    #[serde(default)]
    pub switched: Vec<(QueueNo, QueueState)>,
    /// Contacts that ever arrived.
    pub arrivals: u64,
    /// Offers ever made.
    pub offers: u64,
    /// One past the highest agent and profile number ever given.
    pub agents: u32,
    pub profiles: u32,
    /// Of the configuration's overflow rules, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overflow: Vec<OverflowState>,
    /// By queue, where a rule measures the service level and there was an answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<(QueueNo, Answers)>,
    /// By queue that estimates, where something is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits: Vec<(QueueNo, Waits)>,
    /// By queue that measures work, where something was handled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub work: Vec<(QueueNo, Work)>,
    /// By queue of a ratio that has had any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<(QueueNo, u64)>,
    #[serde(default, skip_serializing_if = "is_here_since_it_was_opened")]
    pub residence: Residence,
    /// Of the hashes of its ids, when it is not the shard's: that of the shard where the tenant was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<[u8; 16]>,
}

fn is_here_since_it_was_opened(residence: &Residence) -> bool {
    *residence == Residence::Here
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentRow {
    pub agent: AgentNo,
    /// Removed from the roster; only the name and the number are kept.
    pub removed: bool,
    pub spec: Arc<AgentSpec>,
    pub presence: Presence,
    pub session: u64,
    pub counter: u64,
    /// When its last contact ended, or when it signed in.
    pub idle_since: Time,
    /// When it became Available; kept while it is not.
    pub available_since: Time,
    /// The last offer made to it; 0 for none.
    pub last_offer: OfferNo,
    /// Offers that expired since it last accepted one.
    pub misses: u8,
    /// How deep it looks next time, when its last look met too many contacts that keep away from it.
    pub deferred: Option<(u32, Time)>,
    /// Nothing where the configuration holds nobody back, and before there is anything to note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttle: Option<Throttle>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileRow {
    pub profile: ProfileNo,
    pub queue: QueueNo,
    pub channel: ChannelNo,
    pub ageing_per_minute: u32,
    pub requirement: Requirement,
    /// See [`crate::Change::ProfileOpened`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pressure: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteNo>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preference: Option<Arc<Requirement>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub person: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactRow {
    pub contact: ContactNo,
    pub profile: ProfileNo,
    pub points: i32,
    pub arrived_at: Time,
    pub due_at: Time,
    pub digest: u64,
    pub body: Arc<ContactBody>,
    pub state: ContactState,
    /// The agent it prefers; nothing once it waited long enough, was offered in vain, or has none.
    pub preferred: Option<AgentNo>,
    /// Agents it keeps away from for good, ascending.
    pub excluded: Vec<AgentNo>,
    /// Agents it keeps away from until `kept_from_until`, in the order in which they were added.
    pub kept_from: Vec<AgentNo>,
    pub kept_from_until: Time,
    /// When it came to its present queue, and how many of its relaxation steps it took since.
    #[serde(default)]
    pub entered_at: Time,
    #[serde(default)]
    pub step: u8,
    /// Why it prefers that agent, when its customer is the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<KnownWhy>,
    /// Whether its deadline was found near while it was in its present queue.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pressed: bool,
    /// Updated while it was in an agent's hands: classified anew when it comes back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub to_classify: bool,
    /// Nothing until a rule of overflow acts on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overflowed: Option<Box<Overflowed>>,
    /// Of a contact that is scheduled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleState>,
    /// Of one that was told how long it will wait, until it is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated: Option<Box<Estimated>>,
    /// Whether it was said, since it began to wait in its queue, that nobody in the roster could ever take it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unservable: bool,
    /// How often it was interrupted.
    #[serde(default, skip_serializing_if = "is_never")]
    pub interruptions: u8,
    /// When it was accepted by whoever has it, in a queue that measures work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work_since: Option<Time>,
    /// Of one that is active, in a queue that says for how long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling: Option<Handling>,
    /// Of one whose customer is silent while it waits, or was last said to be otherwise while it is offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence: Option<Silence>,
    /// Of a consult: the contact that it is about, as long as it is linked with that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linked: Option<ContactNo>,
    /// Who transferred or requeued it last; nothing until somebody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_over_by: Option<AgentNo>,
}

/// How long a contact may be active without a word of its agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handling {
    pub until: Time,
    /// It was said that this is over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stuck: bool,
}

/// What is known of a customer who writes when it likes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Silence {
    /// The live channel that it came from when it became indirect work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slowed_from: Option<ChannelNo>,
    /// While it is offered the opposite was said: that the customer is silent, or of one that is slowed, that it wrote again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub noted: bool,
}

impl Silence {
    pub fn is_empty(self) -> bool {
        self == Silence::default()
    }
}

fn is_never(times: &u8) -> bool {
    *times == 0
}

/// How far a scheduled contact is with its tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleState {
    /// Tries in which the customer was not reached.
    pub tries: u8,
    /// An agent accepted it since it was put off the last time: its window counts no more.
    pub answered: bool,
    /// Its time: until then it was put off the last time.
    pub until: Time,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactState {
    Waiting(Place),
    Offered {
        agent: AgentNo,
        offer: OfferNo,
        expires_at: Time,
    },
    Active {
        agent: AgentNo,
        offer: OfferNo,
    },
    WrapUp {
        agent: AgentNo,
        offer: OfferNo,
        until: Time,
    },
    /// Put off; the time stands in its [`ScheduleState`].
    Scheduled,
    /// It was active with the agent, and interrupted, or the agent was signed out.
    Parked {
        agent: AgentNo,
        offer: OfferNo,
        /// Since the agent was signed out: then it returns to its queue.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Time>,
    },
    /// Nobody's until its customer writes again; the agent had it.
    Quiet {
        agent: AgentNo,
        offer: OfferNo,
        until: Time,
    },
}

/// A contact that ended, known with its customer. The oldest stands first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RememberedRow {
    /// Keyed hash of the customer.
    pub customer_hash: u128,
    pub contact: ContactId,
    pub matter: Option<MatterRef>,
    pub channel: ChannelNo,
    pub queue: QueueNo,
    /// Who had it when it ended.
    pub agent: Option<AgentNo>,
    pub outcome: Outcome,
    pub arrived_at: Time,
    pub ended_at: Time,
}

/// An id that was used; kept so that a repeat changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedRow {
    /// Keyed hash of the contact's id.
    pub id_hash: u128,
    pub digest: u64,
    pub closed_at: Time,
}
