//! The event feed as a client reads it: messages to events, each once and in order.

use anyhow::{Context, Result};
use futures_util::StreamExt;
use model::agent::{AfterDraining, PresenceBefore};
use model::{AgentId, AuxReason, ChannelId, ContactId, OfferNo, Outcome, Presence, QueueId, RuleName, Time};
use protocol::text::Moment;
use serde::Deserialize;
use workload::Observation;

/// Reads messages of one shard's feed; an owner that takes over says some of them again.
#[derive(Debug, Default)]
pub struct Feed {
    /// Of the last event.
    seen: Option<Origin>,
    /// Messages received, the repeated ones included.
    messages: u64,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Message {
    pub at: Moment,
    pub origin: Origin,
    #[serde(flatten)]
    pub event: Event,
}

/// Place in the journal; grows from event to event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Origin {
    commit: u64,
    index: u32,
}

/// What the published events say, as far as a player and a table need it.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    AgentPut {
        agent: AgentId,
    },
    AgentRemoved {
        agent: AgentId,
    },
    AgentPresence {
        agent: AgentId,
        presence: PresenceView,
    },
    ContactArrived {
        contact: Contact,
    },
    ContactQueued {
        contact: Contact,
    },
    ContactOffered {
        contact: Contact,
        agent: AgentId,
        offer: u64,
        expires_at: Moment,
    },
    ContactAccepted {
        contact: Contact,
        agent: AgentId,
        offer: u64,
    },
    OfferEnded {
        contact: Contact,
        agent: AgentId,
        offer: u64,
    },
    ContactReturned {
        contact: Contact,
        agent: AgentId,
    },
    ContactScheduled {
        contact: Contact,
        agent: Option<AgentId>,
    },
    ContactSwitched {
        contact: Contact,
    },
    ContactSlowed {
        contact: Contact,
    },
    ContactReplied {
        contact: Contact,
    },
    ContactProposed {
        contact: Contact,
    },
    ContactInterrupted {
        contact: Contact,
        agent: AgentId,
    },
    ContactResumed {
        contact: Contact,
        agent: AgentId,
    },
    ContactQuieted {
        contact: Contact,
        agent: AgentId,
    },
    ContactClosed {
        contact: Contact,
        agent: Option<AgentId>,
        outcome: Outcome,
    },
    OverflowTurned {
        rule: RuleName,
        state: RuleState,
    },
    /// The administration's, and whatever later versions add.
    #[serde(other)]
    Other,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Contact {
    pub contact: ContactId,
    pub channel: ChannelId,
    pub queue: QueueId,
    pub arrived_at: Moment,
    pub due_at: Option<Moment>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleState {
    Off,
    Rising,
    On,
    Falling,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PresenceView {
    SignedOut,
    Available,
    Aux { reason: AuxReason },
    Draining { aux: Option<AuxReason> },
    Lost { until: Moment, before: Before },
}

#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Before {
    Available,
    Aux { reason: AuxReason },
    Draining { aux: Option<AuxReason> },
}

/// The feed of a running server.
#[derive(Debug)]
pub struct FeedReader {
    events: async_nats::Subscriber,
    feed: Feed,
}

impl FeedReader {
    /// `events` hears all of the feed.
    pub fn new(events: async_nats::Subscriber) -> FeedReader {
        FeedReader { events, feed: Feed::default() }
    }

    /// The next event that was not there before.
    pub async fn next(&mut self) -> Result<Message> {
        loop {
            let message = self.events.next().await.context("the subscription to the feed has ended")?;
            if let Some(event) = self.feed.read(&message.payload)? {
                return Ok(event);
            }
        }
    }

    /// Messages received so far.
    pub fn messages(&self) -> u64 {
        self.feed.messages
    }
}

impl Feed {
    /// The message, unless it was there before.
    pub fn read(&mut self, payload: &[u8]) -> Result<Option<Message>> {
        self.messages += 1;
        let message: Message = serde_json::from_slice(payload).context("an event that is not ours")?;
        if self.seen.is_some_and(|seen| message.origin <= seen) {
            return Ok(None);
        }
        self.seen = Some(message.origin);
        Ok(Some(message))
    }
}

impl Message {
    pub fn at(&self) -> Time {
        self.at.0
    }

    /// What a player needs of it.
    pub fn observation(&self) -> Option<Observation> {
        let id = |contact: &Contact| contact.contact.clone();
        Some(match self.event.clone() {
            Event::AgentPresence { agent, presence } => {
                Observation::Presence { agent, presence: presence.into() }
            }
            Event::ContactArrived { contact }
            | Event::ContactSwitched { contact }
            | Event::ContactSlowed { contact }
            | Event::ContactReplied { contact } => Observation::Became {
                due_at: contact.due_at.as_ref().map(|due_at| due_at.0),
                contact: contact.contact,
                channel: contact.channel,
                queue: contact.queue,
            },
            Event::ContactQueued { contact } => Observation::Queued { contact: id(&contact) },
            Event::ContactScheduled { contact, agent } => {
                Observation::Scheduled { contact: id(&contact), agent }
            }
            Event::ContactProposed { contact } => Observation::Proposed { contact: id(&contact) },
            Event::ContactInterrupted { contact, agent } => {
                Observation::Interrupted { agent, contact: id(&contact) }
            }
            Event::ContactResumed { contact, agent } => Observation::Resumed { agent, contact: id(&contact) },
            Event::ContactQuieted { contact, agent } => Observation::Quieted { agent, contact: id(&contact) },
            Event::OverflowTurned { rule, state } => Observation::Turned { rule, is_on: state.is_on() },
            Event::ContactOffered { contact, agent, offer, expires_at } => Observation::Offered {
                agent,
                contact: id(&contact),
                offer: OfferNo(offer),
                expires_at: expires_at.0,
            },
            Event::ContactAccepted { contact, agent, offer } => {
                Observation::Accepted { agent, contact: id(&contact), offer: OfferNo(offer) }
            }
            Event::OfferEnded { contact, agent, offer } => {
                Observation::OfferEnded { agent, contact: id(&contact), offer: OfferNo(offer) }
            }
            Event::ContactReturned { contact, agent } => {
                Observation::Returned { agent, contact: id(&contact) }
            }
            Event::ContactClosed { contact, agent, outcome } => {
                Observation::Closed { contact: id(&contact), agent, outcome }
            }
            Event::AgentPut { .. } | Event::AgentRemoved { .. } | Event::Other => return None,
        })
    }
}

impl RuleState {
    fn is_on(self) -> bool {
        match self {
            RuleState::On | RuleState::Falling => true,
            RuleState::Off | RuleState::Rising => false,
        }
    }
}

impl From<PresenceView> for Presence {
    fn from(view: PresenceView) -> Presence {
        match view {
            PresenceView::SignedOut => Presence::SignedOut,
            PresenceView::Available => Presence::Available,
            PresenceView::Aux { reason } => Presence::Aux(reason),
            PresenceView::Draining { aux } => Presence::Draining { then: after(aux) },
            PresenceView::Lost { until, before } => Presence::Lost {
                until: until.0,
                before: match before {
                    Before::Available => PresenceBefore::Available,
                    Before::Aux { reason } => PresenceBefore::Aux(reason),
                    Before::Draining { aux } => PresenceBefore::Draining(after(aux)),
                },
            },
        }
    }
}

fn after(aux: Option<AuxReason>) -> AfterDraining {
    aux.map_or(AfterDraining::SignOut, AfterDraining::Aux)
}

#[cfg(test)]
mod tests {
    use model::TenantId;
    use model::event::{Event as Said, EventKind};
    use model::transition::PresenceCause;
    use protocol::output::{Origin as From, OutputKind, outputs};

    use super::*;

    /// What the product publishes for a presence, read back.
    #[test]
    fn presences_are_read_as_they_were_told() {
        let reason = || AuxReason::new("lunch").expect("an id");
        let agent = AgentId::new("jo").expect("an id");
        for presence in [
            Presence::SignedOut,
            Presence::Available,
            Presence::Aux(reason()),
            Presence::Draining { then: AfterDraining::SignOut },
            Presence::Draining { then: AfterDraining::Aux(reason()) },
            Presence::Lost { until: Time(1_000), before: PresenceBefore::Available },
            Presence::Lost {
                until: Time(1_000),
                before: PresenceBefore::Draining(AfterDraining::Aux(reason())),
            },
        ] {
            let said = Said {
                tenant: TenantId::new("bank").expect("an id"),
                at: Time(5_000),
                kind: EventKind::AgentPresence {
                    agent: agent.clone(),
                    session: 1,
                    presence: presence.clone(),
                    cause: PresenceCause::Agent,
                },
            };
            let mut out = Vec::new();
            outputs(&said, From { shard: "0", epoch: 1, commit_no: 2, index: 3 }, &mut out);
            let message =
                out.iter().find(|output| output.kind == OutputKind::Feed).expect("it is told to the feed");
            let mut feed = Feed::default();
            let read = feed.read(&message.payload).expect("ours").expect("the first time");
            assert_eq!(read.at(), Time(5_000));
            assert_eq!(read.observation(), Some(Observation::Presence { agent: agent.clone(), presence }));
            assert!(feed.read(&message.payload).expect("ours").is_none(), "the same again");
            assert_eq!(feed.messages, 2);
        }
    }

    #[test]
    fn what_later_versions_add_is_passed_over() {
        let payload = br#"{"type":"weather","at":"2026-01-01T00:00:00Z","origin":{"shard":"0","epoch":1,"commit":1,"index":0},"sky":"blue"}"#;
        let read = Feed::default().read(payload).expect("ours").expect("the first time");
        assert!(read.observation().is_none());
    }
}
