//! Names for numbers, so that a story's transitions become the messages that a router would send.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::estimate::{Outlook, Score};
use model::event::{ContactFacts, ContactStep, EventKind};
use model::transition::Place;
use model::work::DeadlineRisk;
use model::{
    AgentNo, Change, ChannelId, ContactBody, ContactId, ContactNo, Event, OfferNo, ProfileNo, QueueId,
    QueueNo, TenantId, Time, Transition,
};

use super::script::{CHANNELS, QUEUES, agent_id, overflow_queue};

pub struct Teller {
    contacts: BTreeMap<ContactNo, Known>,
    /// The queue of each profile.
    profiles: BTreeMap<ProfileNo, QueueNo>,
    sessions: BTreeMap<AgentNo, u64>,
}

#[derive(Clone)]
struct Known {
    body: Arc<ContactBody>,
    profile: ProfileNo,
    arrived_at: Time,
    /// Agent and offer, while it is in someone's hands.
    holder: Option<(AgentNo, OfferNo)>,
    /// When it was told first what to expect, and what.
    told: Option<(Time, Outlook)>,
    interruptions: u8,
    is_slowed: bool,
}

impl Teller {
    pub fn new() -> Teller {
        Teller { contacts: BTreeMap::new(), profiles: BTreeMap::new(), sessions: BTreeMap::new() }
    }

    pub fn tell(&mut self, now: Time, transition: &Transition) -> Option<Event> {
        let kind = match &transition.change {
            Change::ProfileOpened { profile, queue, .. } => {
                self.profiles.insert(*profile, *queue);
                return None;
            }
            Change::Resumed { .. }
            | Change::TenantRows { .. }
            | Change::TenantGone
            | Change::ProfileClosed { .. }
            | Change::AgentDeferred { .. }
            | Change::AgentThrottled { .. }
            | Change::AgentUnthrottled { .. }
            | Change::ContactNoted { .. }
            | Change::ContactKeptForPeople { .. }
            | Change::ExclusionLifted { .. } => return None,
            Change::AgentHeard { agent, session, .. } => {
                self.sessions.insert(*agent, *session);
                return None;
            }
            Change::TenantOpened { .. } => EventKind::TenantOpened,
            Change::TenantLeft { to, .. } => EventKind::TenantLeft { to: to.clone() },
            // All tests have it come from there.
            Change::TenantCame { .. } => EventKind::TenantCame { from: model::ShardId::new("0").unwrap() },
            Change::Refused(refused) => EventKind::Refused(refused.clone()),
            Change::ConfigApplied { hash, config } => {
                EventKind::ConfigApplied { version: config.version, hash: hash.clone() }
            }
            Change::AgentPut { spec, .. } => EventKind::AgentPut { agent: spec.agent.clone() },
            Change::QueueSwitched { queue, state } => EventKind::QueueSwitched {
                queue: QueueId::new(QUEUES[queue.index()]).unwrap(),
                state: *state,
            },
            Change::DeadlinesJudged { queue, risk } => EventKind::DeadlinesJudged {
                queue: QueueId::new(QUEUES[queue.index()]).unwrap(),
                risk: risk.map(|DeadlineRisk { contact, due_at, expected_at, late }| DeadlineRisk {
                    contact: ContactId::new(&format!("c{}", contact.arrival_count() + 1)).unwrap(),
                    due_at,
                    expected_at,
                    late,
                }),
            },
            Change::OverflowTurned { rule, state, measured } => EventKind::OverflowTurned {
                rule: rule.clone(),
                queue: overflow_queue(rule),
                state: *state,
                measured: measured.clone(),
            },
            Change::AgentRemoved { agent } => EventKind::AgentRemoved { agent: agent_id(*agent) },
            Change::AgentPresence { agent, presence, cause } => EventKind::AgentPresence {
                agent: agent_id(*agent),
                session: self.sessions.get(agent).copied().unwrap_or(1),
                presence: presence.clone(),
                cause: *cause,
            },
            Change::ContactArrived { .. }
            | Change::ContactQueued { .. }
            | Change::Offered { .. }
            | Change::Accepted { .. }
            | Change::OfferEnded { .. }
            | Change::WrapUpStarted { .. }
            | Change::ContactReturned { .. }
            | Change::ContactRelaxed { .. }
            | Change::ContactPressed { .. }
            | Change::ContactMoved { .. }
            | Change::ContactJoined { .. }
            | Change::ContactUpdated { .. }
            | Change::ContactReclassified { .. }
            | Change::ContactOverflowed { .. }
            | Change::ContactScheduled { .. }
            | Change::ContactReleased { .. }
            | Change::ContactUnservable { .. }
            | Change::ContactServable { .. }
            | Change::ContactInterrupted { .. }
            | Change::ContactParked { .. }
            | Change::ContactStuck { .. }
            | Change::ContactWorkedOn { .. }
            | Change::ContactResumed { .. }
            | Change::ContactQuieted { .. }
            | Change::ContactHandedOver { .. }
            | Change::ContactSlowed { .. }
            | Change::ContactReplied { .. }
            | Change::ContactEstimated { .. }
            | Change::ContactProposed { .. }
            | Change::ProposalEnded { .. }
            | Change::ContactSwitched { .. }
            | Change::ContactClosed { .. } => self.contact(now, &transition.change)?,
        };
        Some(Event { tenant: TenantId::new("acme").unwrap(), at: now, kind })
    }

    fn contact(&mut self, now: Time, change: &Change) -> Option<EventKind> {
        if let Change::ContactArrived { contact, profile, arrived_at, body, .. } = change {
            let known = Known {
                body: Arc::clone(body),
                profile: *profile,
                arrived_at: *arrived_at,
                holder: None,
                told: None,
                interruptions: 0,
                is_slowed: false,
            };
            self.contacts.insert(*contact, known);
        }
        let (number, step) = self.step(now, change)?;
        let known = self.contacts.get(&number)?;
        let queue =
            self.profiles.get(&known.profile).map(|queue| QueueId::new(QUEUES[queue.index()]).unwrap());
        let facts = ContactFacts {
            body: Arc::clone(&known.body),
            queue: queue.or_else(|| known.body.queue.clone()).unwrap(),
            channel: known.body.channel.clone(),
            arrived_at: known.arrived_at,
            due_at: None,
        };
        Some(EventKind::Contact { facts, step })
    }

    fn step(&mut self, now: Time, change: &Change) -> Option<(ContactNo, ContactStep)> {
        let holder = |contact: &ContactNo| {
            let holder = self.contacts.get(contact).and_then(|known| known.holder);
            let (agent, offer) = holder.unwrap_or((AgentNo(0), OfferNo(0)));
            (agent_id(agent), offer)
        };
        let step = match change {
            Change::ContactArrived { contact, known, .. } => {
                let known = known.map(|known| (agent_id(known.agent), known.why));
                (*contact, ContactStep::Arrived { known })
            }
            Change::ContactQueued { contact, place } => {
                let preferred = match place {
                    Place::Queue => None,
                    Place::Preferred { agent, .. } => Some(agent_id(*agent)),
                };
                (*contact, ContactStep::Queued { preferred })
            }
            Change::Offered { contact, agent, offer, expires_at, by } => {
                if let Some(known) = self.contacts.get_mut(contact) {
                    known.holder = Some((*agent, *offer));
                }
                let agent = agent_id(*agent);
                let (offer, expires_at, by, history) = (*offer, *expires_at, *by, vec![]);
                let handed_over_by = None;
                (*contact, ContactStep::Offered { agent, offer, expires_at, by, handed_over_by, history })
            }
            Change::Accepted { contact } => {
                let (agent, offer) = holder(contact);
                let told = self.contacts.get_mut(contact)?.told.take();
                let score = told.map(|(at, first)| Score { first, waited: now.since(at) });
                (*contact, ContactStep::Accepted { agent, offer, score })
            }
            Change::ContactProposed { contact, rule, channel, queue, until } => {
                let channel = ChannelId::new(CHANNELS[channel.index()]).unwrap();
                let queue = QueueId::new(QUEUES[queue.index()]).unwrap();
                (*contact, ContactStep::Proposed { rule: rule.clone(), channel, queue, until: *until })
            }
            Change::ProposalEnded { contact, how } => (*contact, ContactStep::ProposalEnded { how: *how }),
            Change::ContactSwitched { contact, profile, .. } => {
                let known = self.contacts.get_mut(contact)?;
                let former = std::mem::replace(&mut known.profile, *profile);
                let from = self.profiles.get(&former).map_or("sales", |queue| QUEUES[queue.index()]);
                let (from, from_channel) = (QueueId::new(from).unwrap(), known.body.channel.clone());
                (*contact, ContactStep::Switched { from, from_channel })
            }
            Change::ContactEstimated { contact, outlook } => {
                self.contacts.get_mut(contact)?.told.get_or_insert((now, *outlook));
                (*contact, ContactStep::Estimated { outlook: *outlook })
            }
            Change::OfferEnded { contact, how, .. } => {
                let (agent, offer) = holder(contact);
                self.contacts.get_mut(contact)?.holder = None;
                (*contact, ContactStep::OfferEnded { agent, offer, how: *how })
            }
            Change::WrapUpStarted { contact, until } => {
                (*contact, ContactStep::WrapUpStarted { agent: holder(contact).0, until: *until })
            }
            Change::ContactReturned { contact, why, .. } => {
                let (agent, _) = holder(contact);
                self.contacts.get_mut(contact)?.holder = None;
                (*contact, ContactStep::Returned { agent, why: *why })
            }
            Change::ContactRelaxed { contact, step, profile } => {
                self.contacts.get_mut(contact)?.profile = *profile;
                (*contact, ContactStep::Relaxed { step: *step })
            }
            Change::ContactPressed { contact, profile } => {
                self.contacts.get_mut(contact)?.profile = *profile;
                (*contact, ContactStep::Pressed)
            }
            Change::ContactMoved { contact, profile, why, .. } => {
                let known = self.contacts.get_mut(contact)?;
                let former = std::mem::replace(&mut known.profile, *profile);
                let from = self.profiles.get(&former).map_or("sales", |queue| QUEUES[queue.index()]);
                (*contact, ContactStep::Moved { from: QueueId::new(from).unwrap(), why: *why })
            }
            Change::ContactJoined { contact, agent, until } => {
                (*contact, ContactStep::Joined { agent: agent_id(*agent), until: *until })
            }
            Change::ContactUpdated { contact, update } => {
                let known = self.contacts.get_mut(contact)?;
                let body = Arc::make_mut(&mut known.body);
                for (name, value) in &update.attributes {
                    match value {
                        Some(value) => drop(body.attributes.insert(name.clone(), value.clone())),
                        None => drop(body.attributes.remove(name)),
                    }
                }
                let agent = known.holder.map(|(agent, _)| agent_id(agent));
                (*contact, ContactStep::Updated { agent })
            }
            Change::ContactReclassified { contact, profile, rule, .. } => {
                let known = self.contacts.get_mut(contact)?;
                let former = std::mem::replace(&mut known.profile, *profile);
                let from = self.profiles.get(&former).map_or("sales", |queue| QUEUES[queue.index()]);
                let from = QueueId::new(from).unwrap();
                (*contact, ContactStep::Reclassified { from, rule: rule.clone() })
            }
            Change::ContactOverflowed { contact, rule, profile, .. } => {
                let known = self.contacts.get_mut(contact)?;
                let former = std::mem::replace(&mut known.profile, *profile);
                let from = self.profiles.get(&former).map_or("sales", |queue| QUEUES[queue.index()]);
                let from = QueueId::new(from).unwrap();
                (*contact, ContactStep::Overflowed { from, rule: rule.clone() })
            }
            Change::ContactScheduled { contact, until, tries } => {
                let held = self.contacts.get_mut(contact)?.holder.take();
                let agent = held.map(|(agent, _)| agent_id(agent));
                (*contact, ContactStep::Scheduled { agent, until: *until, tries: *tries })
            }
            Change::ContactReleased { contact, arrived_at } => {
                self.contacts.get_mut(contact)?.arrived_at = *arrived_at;
                (*contact, ContactStep::Released)
            }
            Change::ContactUnservable { contact } => (*contact, ContactStep::Unservable),
            Change::ContactServable { contact } => (*contact, ContactStep::Servable),
            Change::ContactInterrupted { contact } => {
                let (agent, _) = holder(contact);
                let known = self.contacts.get_mut(contact)?;
                known.interruptions += 1;
                (*contact, ContactStep::Interrupted { agent, times: known.interruptions })
            }
            Change::ContactParked { contact, until } => {
                (*contact, ContactStep::Parked { agent: holder(contact).0, until: *until })
            }
            Change::ContactStuck { contact } => (*contact, ContactStep::Stuck { agent: holder(contact).0 }),
            Change::ContactWorkedOn { contact } => {
                (*contact, ContactStep::WorkedOn { agent: holder(contact).0 })
            }
            Change::ContactResumed { contact } => {
                (*contact, ContactStep::Resumed { agent: holder(contact).0 })
            }
            Change::ContactHandedOver { contact, agent, offer } => {
                let from = holder(contact).0;
                self.contacts.get_mut(contact)?.holder = Some((*agent, *offer));
                (*contact, ContactStep::HandedOver { from, agent: agent_id(*agent), offer: *offer })
            }
            Change::ContactQuieted { contact, until } => {
                let agent = holder(contact).0;
                self.contacts.get_mut(contact)?.holder = None;
                (*contact, ContactStep::Quieted { agent, until: *until })
            }
            Change::ContactSlowed { contact, profile, .. } => {
                let known = self.contacts.get_mut(contact)?;
                (known.profile, known.is_slowed) = (*profile, true);
                (*contact, ContactStep::Slowed { from: known.body.channel.clone() })
            }
            Change::ContactReplied { contact, profile, .. } => {
                let known = self.contacts.get_mut(contact)?;
                known.profile = *profile;
                let note = std::mem::take(&mut known.is_slowed).then(|| ChannelId::new("note").unwrap());
                (*contact, ContactStep::Replied { from: note.unwrap_or_else(|| known.body.channel.clone()) })
            }
            Change::ContactClosed { contact, outcome } => {
                let held = self.contacts.get(contact)?.holder;
                let agent = held.map(|(agent, _)| agent_id(agent));
                (*contact, ContactStep::Closed { agent, outcome: *outcome })
            }
            Change::TenantLeft { .. }
            | Change::TenantRows { .. }
            | Change::TenantCame { .. }
            | Change::TenantGone
            | Change::TenantOpened { .. }
            | Change::Resumed { .. }
            | Change::Refused(_)
            | Change::ConfigApplied { .. }
            | Change::AgentPut { .. }
            | Change::AgentRemoved { .. }
            | Change::QueueSwitched { .. }
            | Change::OverflowTurned { .. }
            | Change::DeadlinesJudged { .. }
            | Change::ProfileOpened { .. }
            | Change::ProfileClosed { .. }
            | Change::AgentHeard { .. }
            | Change::AgentPresence { .. }
            | Change::ContactNoted { .. }
            | Change::AgentDeferred { .. }
            | Change::AgentThrottled { .. }
            | Change::AgentUnthrottled { .. }
            | Change::ContactKeptForPeople { .. }
            | Change::ExclusionLifted { .. } => return None,
        };
        Some(step)
    }
}
