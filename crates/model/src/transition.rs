//! What the engine decides: the journal's vocabulary. `apply` of a transition is the only thing that changes
//! state, so a list of transitions is the whole truth; replay never decides again.
//!
//! Adding a variant or a field is a change of the journal's format: the version rule in `crates/ARCHITECTURE.md`
//! says how.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::agent::{AgentSpec, Presence};
use crate::config::{QueueState, TenantConfig};
use crate::contact::{ContactBody, ContactUpdate, Outcome};
use crate::estimate::Outlook;
use crate::hand::Hand;
use crate::id::{
    AgentId, AgentNo, ChannelNo, ContactNo, OfferNo, ProfileNo, QueueNo, RuleName, ShardId, SiteNo, TenantId,
    TenantNo,
};
use crate::moving::TenantPart;
use crate::overflow::OverflowState;
use crate::refusal::Refusal;
use crate::skill::Requirement;
use crate::throttle::ThrottleWhy;
use crate::time::{Millis, Time};
use crate::work::DeadlineRisk;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// [`TenantNo::SHARD`] for what concerns the shard as a whole.
    pub tenant: TenantNo,
    pub change: Change,
}

impl TenantNo {
    /// Stands for the shard itself; tenants count from 1.
    pub const SHARD: TenantNo = TenantNo(0);
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    // The shard.
    /// The shard met this tenant for the first time; under the tenant's new number.
    TenantOpened {
        name: TenantId,
    },
    /// Open offers and the windows of lost agents end this much later. Under the shard's number.
    Resumed {
        grace: Millis,
    },
    /// Changes nothing; goes to the dead-letter stream. Under the shard's number when the tenant is unknown.
    Refused(Box<RefusedInput>),

    // The administration.
    ConfigApplied {
        hash: String,
        config: Arc<TenantConfig>,
    },
    AgentPut {
        agent: AgentNo,
        spec: Arc<AgentSpec>,
    },
    AgentRemoved {
        agent: AgentNo,
    },
    /// It prefers what its queue does in the configuration in force.
    ProfileOpened {
        profile: ProfileNo,
        queue: QueueNo,
        channel: ChannelNo,
        ageing_per_minute: u32,
        requirement: Box<Requirement>,
        /// Its contacts are indirect and count as live ones that arrived so long before their deadlines.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pressure: Option<Millis>,
        /// Only agents of this site serve it; absent: those of all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site: Option<SiteNo>,
        /// No bot serves it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        person: bool,
    },
    /// No open contact asks for it any more and the number is needed for another.
    ProfileClosed {
        profile: ProfileNo,
    },
    QueueSwitched {
        queue: QueueNo,
        state: QueueState,
    },

    // Agents.
    /// An input of this session with this counter took effect.
    AgentHeard {
        agent: AgentNo,
        session: u64,
        counter: u64,
    },
    AgentPresence {
        agent: AgentNo,
        presence: Presence,
        cause: PresenceCause,
    },
    /// The best contacts for this agent all keep away from it; it looks again at `until`, `limit` deep.
    AgentDeferred {
        agent: AgentNo,
        limit: u32,
        until: Time,
    },
    /// It was just offered a contact: it is held back from others, but for its own, until then.
    AgentThrottled {
        agent: AgentNo,
        why: ThrottleWhy,
        until: Time,
    },
    /// The time of that is over.
    AgentUnthrottled {
        agent: AgentNo,
        why: ThrottleWhy,
    },

    // Contacts. One that has arrived or returned is nowhere until the next transition queues, offers or closes it.
    ContactArrived {
        contact: ContactNo,
        profile: ProfileNo,
        points: i32,
        arrived_at: Time,
        /// For indirect channels; [`Time::MAX`] for live ones.
        due_at: Time,
        digest: u64,
        body: Arc<ContactBody>,
        /// Whom it prefers because of what is known of its customer; none when its body says whom.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        known: Option<KnownAgent>,
    },
    ContactQueued {
        contact: ContactNo,
        place: Place,
    },
    Offered {
        contact: ContactNo,
        agent: AgentNo,
        offer: OfferNo,
        expires_at: Time,
        /// Nothing when it was the contact's turn, and the agent's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Hand>,
    },
    Accepted {
        contact: ContactNo,
    },
    /// After a decline, an expiry or a withdrawal the agent is kept from this contact until `kept_from_until`;
    /// after a revocation it is not, and the time is 0.
    OfferEnded {
        contact: ContactNo,
        how: OfferEnd,
        kept_from_until: Time,
    },
    /// Agents who declined it or let it expire may be offered it again.
    ExclusionLifted {
        contact: ContactNo,
    },
    WrapUpStarted {
        contact: ContactNo,
        until: Time,
    },
    /// Its agent is about to be offered a live contact: what was active is parked with it, and takes nothing of its capacity.
    ContactInterrupted {
        contact: ContactNo,
    },
    /// Its agent is about to be signed out, and it stays with that one all the same: what was active is parked, for so long at most.
    ContactParked {
        contact: ContactNo,
        until: Time,
    },
    /// It has been active for as long as its queue says at most, and nobody said that it is worked on.
    ContactStuck {
        contact: ContactNo,
    },
    /// Its agent says that it is worked on: its time begins anew.
    ContactWorkedOn {
        contact: ContactNo,
    },
    /// It was parked with its agent and is active again.
    ContactResumed {
        contact: ContactNo,
    },
    /// An active or parked contact left its agent and will be placed anew, with its first arrival.
    /// The agent who let it go is kept from it until `kept_from_until`.
    ContactReturned {
        contact: ContactNo,
        profile: ProfileNo,
        points: i32,
        why: ReturnedWhy,
        kept_from_until: Time,
    },
    /// Who asked this agent about it left it to that one, who has it from here on without an offer. What was active or parked is
    /// active.
    ContactHandedOver {
        contact: ContactNo,
        agent: AgentNo,
        /// By which the agent had accepted the consult.
        offer: OfferNo,
    },
    /// It has been in its queue for so long that it asks for less: it takes this step of its queue's.
    ContactRelaxed {
        contact: ContactNo,
        step: u8,
        profile: ProfileNo,
    },
    /// Its deadline is so near that it counts as a live contact from here on.
    ContactPressed {
        contact: ContactNo,
        profile: ProfileNo,
    },
    /// It left its queue by the exit, or by a supervisor's hand, into another queue, with its first arrival.
    ContactMoved {
        contact: ContactNo,
        profile: ProfileNo,
        points: i32,
        why: ExitWhy,
    },
    /// It waits in its queue, and the agent got another one of its matter: it waits for that agent until then.
    ContactJoined {
        contact: ContactNo,
        agent: AgentNo,
        until: Time,
    },
    /// Its producer said more of it.
    ContactUpdated {
        contact: ContactNo,
        update: Arc<ContactUpdate>,
    },
    /// After an update the rules make something else of it: this one decides, or none. With its first arrival it goes to the
    /// profile's queue, or back into the one it is in.
    ContactReclassified {
        contact: ContactNo,
        profile: ProfileNo,
        points: i32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rule: Option<RuleName>,
    },
    /// It asks for a person, and what it asked for until here did not say so. It is nowhere, and all else of it stays.
    ContactKeptForPeople {
        contact: ContactNo,
        profile: ProfileNo,
    },
    /// It is put off until then: when it came, or by the agent who had it and did not reach the customer.
    ContactScheduled {
        contact: ContactNo,
        until: Time,
        /// In which the customer was not reached, up to here.
        tries: u8,
    },
    /// Its time has come and its queue has few enough of its kind, or its window is over. It is nowhere.
    ContactReleased {
        contact: ContactNo,
        /// From here on it counts as having arrived then.
        arrived_at: Time,
    },
    /// A rule that is on proposes this channel to the customer of a contact that waits, and goes on waiting meanwhile.
    ContactProposed {
        contact: ContactNo,
        rule: RuleName,
        channel: ChannelNo,
        queue: QueueNo,
        until: Time,
    },
    /// It stays as it is, and nothing more is proposed.
    ProposalEnded {
        contact: ContactNo,
        how: ProposalEnd,
    },
    /// The customer agreed: it is of the proposed channel, in the proposed queue and nowhere, with its first arrival.
    ContactSwitched {
        contact: ContactNo,
        profile: ProfileNo,
        points: i32,
        /// As when it arrives: [`Time::MAX`] on live channels.
        due_at: Time,
    },
    /// Its customer is silent: what was active or parked leaves its agent, and is nobody's until the customer writes again, or until then.
    ContactQuieted {
        contact: ContactNo,
        until: Time,
    },
    /// It waited, and its customer is silent: it is indirect work in its queue and nowhere, with its first arrival.
    ContactSlowed {
        contact: ContactNo,
        profile: ProfileNo,
        points: i32,
        due_at: Time,
    },
    /// The customer of one that is quiet or slowed wrote again: it is live in its queue and nowhere, with its first arrival.
    ContactReplied {
        contact: ContactNo,
        profile: ProfileNo,
        points: i32,
    },
    /// Its customer fell silent or wrote again while it is offered: that counts if it is not accepted.
    ContactNoted {
        contact: ContactNo,
        is_quiet: bool,
    },
    /// What a contact that waits is told of its line.
    ContactEstimated {
        contact: ContactNo,
        outlook: Outlook,
    },
    ContactClosed {
        contact: ContactNo,
        outcome: Outcome,
    },

    // What nobody can take.
    /// It waits in its queue, and nobody in the roster could ever take it, signed in or not.
    ContactUnservable {
        contact: ContactNo,
    },
    /// Somebody in the roster could take it after all.
    ContactServable {
        contact: ContactNo,
    },

    /// A queue that foresees: its deadlines are at risk, or with nothing they will be met again.
    DeadlinesJudged {
        queue: QueueNo,
        risk: Option<DeadlineRisk<ContactNo>>,
    },
    // A tenant that moves from one shard to another.
    /// From here on this shard decides nothing for the tenant.
    TenantLeft {
        to: ShardId,
        /// Of the input that said so.
        position: u64,
    },
    /// Some of what its former shard knows of the tenant. It is opened under the next number when it is new here.
    TenantRows {
        /// Of the text that holds them.
        hash: String,
        part: Box<TenantPart>,
    },
    /// All is here: this shard decides for the tenant from here on. Open offers and the windows of lost agents end as much later as it
    /// was on its way.
    TenantCame {
        grace: Millis,
    },
    /// It has arrived where it went; what was kept of it is dropped.
    TenantGone,

    // Overflow.
    /// A rule was judged anew; `measured` stands beside the limits that decided, in their order, with nothing for what is unknown.
    OverflowTurned {
        rule: RuleName,
        state: OverflowState,
        measured: Vec<Option<u64>>,
    },
    /// A rule that is on acted on a contact that waits: it goes on waiting as this profile, with these points and this step of
    /// relaxation; in another queue it is nowhere, with its first arrival.
    ContactOverflowed {
        contact: ContactNo,
        rule: RuleName,
        profile: ProfileNo,
        points: i32,
        step: u8,
    },
}

/// An agent who knows a new contact's customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KnownAgent {
    pub agent: AgentNo,
    pub why: KnownWhy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KnownWhy {
    /// Has another contact of the same matter.
    Matter,
    /// Has the contact beside which this one is a companion.
    Companion,
    /// Had the customer's last contact.
    LastAgent,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedInput {
    /// From the subject.
    pub tenant: TenantId,
    /// Sequence in the ingest stream, where the whole input can be read while it is kept.
    pub position: u64,
    pub reason: Refusal,
    /// What, where, and how to mend it, in a sentence.
    pub detail: String,
    /// The agent whose desktop is told; none for producers.
    pub agent: Option<AgentId>,
    /// The first bytes of the input with values masked; filled in by the shard, which has the bytes.
    pub head: String,
}

/// Why a contact takes its queue's exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExitWhy {
    Full,
    MaxWait,
    Closed,
    /// It came outside the hours of its queue.
    OffHours,
    /// It was scheduled, and not answered in its window.
    WindowOver,
    /// No exit: a supervisor moved it.
    Supervisor,
}

impl ExitWhy {
    /// How the contact ends when the exit leads nowhere; what a supervisor moves has another queue.
    pub fn outcome(self) -> Outcome {
        match self {
            ExitWhy::Full => Outcome::Blocked,
            ExitWhy::MaxWait | ExitWhy::WindowOver => Outcome::TimedOut,
            ExitWhy::Closed | ExitWhy::OffHours => Outcome::TurnedAway,
            ExitWhy::Supervisor => Outcome::Cancelled,
        }
    }
}

/// Where a waiting contact waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In its queue, for anyone who qualifies.
    Queue,
    /// For its preferred agent alone, until then.
    Preferred { agent: AgentNo, until: Time },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferEnd {
    Declined,
    /// The time-out passed without an answer (RONA).
    Expired,
    /// Taken back by us: the agent left, fell silent, or took a state without new work; or a supervisor gave the contact to another.
    Revoked,
    /// A supervisor sent the contact back to its queue, or to another.
    Withdrawn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalEnd {
    /// The customer does not want to.
    Declined,
    /// It was not answered in time.
    Expired,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnedWhy {
    TransferredToQueue,
    TransferredToAgent {
        agent: AgentNo,
    },
    Requeued,
    AgentLeft,
    /// A supervisor took it out of the agent's hands.
    Supervisor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PresenceCause {
    /// The agent asked for it.
    Agent,
    /// Too many offers expired unanswered.
    Rona,
    /// The last contact of a draining agent ended.
    Drained,
    /// Heartbeats stopped, or came back.
    Heartbeat,
    /// A lost agent did not come back in its window.
    WindowOver,
    /// The roster entry was removed.
    Roster,
    /// A supervisor said so.
    Supervisor,
}
