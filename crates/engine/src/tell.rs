//! What the world is told of a change.
//!
//! A decision notes it in numbers, taken from the state just before the change is applied; names are put in later, off the
//! decision path. Queues, channels and agents keep their names for ever, and a contact that has ended meanwhile has left its
//! body with the news of its end, as has one that is classified anew the body it had before; so later is never too late.

use std::sync::Arc;

use model::estimate::{Outlook, Score};
use model::event::{ContactFacts, ContactStep, EventKind, HistoryEntry};
use model::hand::Hand;
use model::moving::Residence;
use model::transition::{ExitWhy, KnownAgent, OfferEnd, Place, PresenceCause, ProposalEnd, ReturnedWhy};
use model::{
    AgentId, AgentNo, Change, ChannelNo, ContactBody, ContactId, ContactNo, Event, MatterRef, OfferNo,
    Outcome, Presence, ProfileNo, QueueNo, RuleName, TenantNo, Time,
};

use smallvec::SmallVec;

use crate::apply::Closed;
use crate::state::contacts::Contact;
use crate::state::customers::HISTORY_MAX;
use crate::state::profiles::Brief;
use crate::state::tenant::Tenant;
use crate::{Decisions, Engine};
use model::work::DeadlineRisk;

/// An event in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub(crate) tenant: TenantNo,
    pub(crate) at: Time,
    pub(crate) kind: ToldKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ToldKind {
    /// Seldom enough to be told with names at once.
    Named(Box<Event>),
    Presence {
        agent: AgentNo,
        session: u64,
        presence: Presence,
        cause: PresenceCause,
    },
    Contact {
        facts: Facts,
        step: Step,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    contact: ContactNo,
    queue: QueueNo,
    channel: ChannelNo,
    arrived_at: Time,
    due_at: Time,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Arrived {
        known: Option<KnownAgent>,
    },
    Queued {
        preferred: Option<AgentNo>,
    },
    Scheduled {
        agent: Option<AgentNo>,
        until: Time,
        tries: u8,
    },
    Released,
    Offered {
        agent: AgentNo,
        offer: OfferNo,
        expires_at: Time,
        by: Option<Hand>,
        handed_over_by: Option<AgentNo>,
        history: History,
    },
    /// Boxed for the same reason as below.
    Proposed(Box<Proposal>),
    ProposalEnded {
        how: ProposalEnd,
    },
    Switched {
        from: QueueNo,
        from_channel: ChannelNo,
    },
    Estimated {
        outlook: Outlook,
    },
    Accepted {
        agent: AgentNo,
        offer: OfferNo,
        /// Boxed for the same reason as below.
        score: Option<Box<Score>>,
    },
    OfferEnded {
        agent: AgentNo,
        offer: OfferNo,
        how: OfferEnd,
    },
    WrapUpStarted {
        agent: AgentNo,
        until: Time,
    },
    Interrupted {
        agent: AgentNo,
        times: u8,
    },
    Resumed {
        agent: AgentNo,
    },
    Parked {
        agent: AgentNo,
        until: Time,
    },
    Stuck {
        agent: AgentNo,
    },
    WorkedOn {
        agent: AgentNo,
    },
    Quieted {
        agent: AgentNo,
        until: Time,
    },
    Slowed {
        from: ChannelNo,
    },
    Replied {
        from: ChannelNo,
    },
    Returned {
        agent: AgentNo,
        why: ReturnedWhy,
    },
    HandedOver {
        from: AgentNo,
        agent: AgentNo,
        offer: OfferNo,
    },
    Relaxed {
        step: u8,
    },
    Pressed,
    Moved {
        from: QueueNo,
        why: ExitWhy,
    },
    Joined {
        agent: AgentNo,
        until: Time,
    },
    Updated {
        agent: Option<AgentNo>,
    },
    Unservable,
    Servable,
    /// Seldom enough to stand apart.
    Reclassified(Box<Reclassified>),
    Overflowed {
        from: QueueNo,
        /// Boxed, so that a step of others does not grow by it.
        rule: Box<RuleName>,
    },
    Closed {
        agent: Option<AgentNo>,
        outcome: Outcome,
        body: Arc<ContactBody>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reclassified {
    from: QueueNo,
    rule: Option<RuleName>,
    /// The body as it was until then.
    before: Arc<ContactBody>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proposal {
    rule: RuleName,
    channel: ChannelNo,
    queue: QueueNo,
    until: Time,
}

impl Told {
    /// The body of the contact whose end this tells.
    fn body_left(&self) -> Option<(TenantNo, ContactNo, Arc<ContactBody>)> {
        match &self.kind {
            ToldKind::Contact { facts, step: Step::Closed { body, .. } } => {
                Some((self.tenant, facts.contact, Arc::clone(body)))
            }
            ToldKind::Contact { .. } | ToldKind::Presence { .. } | ToldKind::Named(_) => None,
        }
    }

    /// The body that the contact had until this.
    fn body_changed(&self) -> Option<BodyChanged> {
        match &self.kind {
            ToldKind::Contact { facts, step: Step::Reclassified(said) } => Some(BodyChanged {
                tenant: self.tenant,
                contact: facts.contact,
                body: Arc::clone(&said.before),
            }),
            ToldKind::Contact { .. } | ToldKind::Presence { .. } | ToldKind::Named(_) => None,
        }
    }
}

/// With names at once: few offers have one. Nothing for a customer with no other contact.
type History = Option<Box<[HistoryEntry]>>;

/// Bodies of the contacts whose end is told.
type BodiesLeft = SmallVec<[(TenantNo, ContactNo, Arc<ContactBody>); 4]>;

/// Bodies that contacts had until what is told at this place; seldom any.
type BodiesChanged = SmallVec<[(usize, BodyChanged); 1]>;

struct BodyChanged {
    tenant: TenantNo,
    contact: ContactNo,
    body: Arc<ContactBody>,
}

impl BodyChanged {
    fn is_of(&self, told: &Told) -> bool {
        match &told.kind {
            ToldKind::Contact { facts, .. } => told.tenant == self.tenant && facts.contact == self.contact,
            ToldKind::Presence { .. } | ToldKind::Named(_) => false,
        }
    }
}

impl Engine {
    /// Puts names into what was told, so that it can be sent: apart from `handle`, because nobody waits for it.
    pub fn name(&self, decisions: &mut Decisions) {
        let Decisions { told, events, .. } = decisions;
        let left: BodiesLeft = told.iter().filter_map(Told::body_left).collect();
        let changed: BodiesChanged =
            told.iter().enumerate().filter_map(|(at, told)| Some((at, told.body_changed()?))).collect();
        let named = told.drain(..).enumerate().map(|(at, told)| {
            let before = changed.iter().find(|(changed_at, body)| at < *changed_at && body.is_of(&told));
            self.named(told, &left, before.map(|(_, body)| &body.body))
        });
        events.extend(named);
    }

    /// Of one that is told by itself, when its contact is open or its end is what is told.
    pub(crate) fn named_alone(&self, told: Told) -> Event {
        let left: BodiesLeft = told.body_left().into_iter().collect();
        self.named(told, &left, None)
    }

    /// `before`: the body that the contact had then, if it has had another since.
    fn named(&self, told: Told, left: &BodiesLeft, before: Option<&Arc<ContactBody>>) -> Event {
        let (facts, step) = match told.kind {
            ToldKind::Named(event) => return *event,
            ToldKind::Presence { agent, session, presence, cause } => {
                let tenant = self.tenant(told.tenant);
                let agent = tenant.agent_id(agent);
                let kind = EventKind::AgentPresence { agent, session, presence, cause };
                return Event { tenant: tenant.name.clone(), at: told.at, kind };
            }
            ToldKind::Contact { facts, step } => (facts, step),
        };
        let tenant = self.tenant(told.tenant);
        let body = before.or_else(|| tenant.contacts.get(facts.contact).map(Contact::body));
        let body = body.or_else(|| {
            let is_it = |left: &&(TenantNo, ContactNo, _)| left.0 == told.tenant && left.1 == facts.contact;
            left.iter().find(is_it).map(|(_, _, body)| body)
        });
        let body = Arc::clone(body.expect("what is told of a contact is named before its end is forgotten"));
        Event { tenant: tenant.name.clone(), at: told.at, kind: tenant.named(body, facts, step) }
    }
}

impl Tenant {
    /// Nothing for changes that concern the router alone, and for the end of a contact: see [`Tenant::tell_closed`].
    pub fn tell(&self, now: Time, change: &Change) -> Option<ToldKind> {
        let named =
            |kind| Some(ToldKind::Named(Box::new(Event { tenant: self.name.clone(), at: now, kind })));
        match change {
            Change::TenantOpened { .. } => named(EventKind::TenantOpened),
            Change::TenantLeft { to, .. } => named(EventKind::TenantLeft { to: to.clone() }),
            Change::TenantCame { .. } => {
                let Residence::Coming { departure, .. } = &self.residence else { return None };
                named(EventKind::TenantCame { from: departure.from.clone() })
            }
            Change::TenantRows { .. }
            | Change::TenantGone
            | Change::Resumed { .. }
            | Change::ProfileOpened { .. }
            | Change::ProfileClosed { .. }
            | Change::AgentHeard { .. }
            | Change::AgentDeferred { .. }
            | Change::AgentThrottled { .. }
            | Change::AgentUnthrottled { .. }
            | Change::ExclusionLifted { .. }
            | Change::ContactNoted { .. }
            | Change::ContactKeptForPeople { .. }
            | Change::ContactClosed { .. } => None,
            Change::Refused(refused) => named(EventKind::Refused(refused.clone())),
            Change::ConfigApplied { hash, config } => {
                named(EventKind::ConfigApplied { version: config.version, hash: hash.clone() })
            }
            Change::AgentPut { spec, .. } => named(EventKind::AgentPut { agent: spec.agent.clone() }),
            Change::AgentRemoved { agent } => named(EventKind::AgentRemoved { agent: self.agent_id(*agent) }),
            Change::QueueSwitched { queue, state } => {
                let queue = self.names.queues.name(u32::from(queue.0)).clone();
                named(EventKind::QueueSwitched { queue, state: *state })
            }
            Change::AgentPresence { agent, presence, cause } => {
                let (session, presence) = (self.agents[*agent].session, presence.clone());
                Some(ToldKind::Presence { agent: *agent, session, presence, cause: *cause })
            }
            Change::ContactArrived { contact, profile, arrived_at, due_at, known, .. } => {
                let facts = self.facts_of(*contact, *profile, *arrived_at, *due_at);
                Some(ToldKind::Contact { facts, step: Step::Arrived { known: *known } })
            }
            Change::ContactQueued { contact, place } => {
                let preferred = match place {
                    Place::Queue => None,
                    Place::Preferred { agent, .. } => Some(*agent),
                };
                self.step(*contact, |_| Step::Queued { preferred })
            }
            Change::Offered { contact, agent, offer, expires_at, by } => {
                let (agent, offer, expires_at, by) = (*agent, *offer, *expires_at, *by);
                self.step(*contact, |record| {
                    let history = self.history(now, record);
                    let handed_over_by = self.hand_overs.get(*contact).copied();
                    Step::Offered { agent, offer, expires_at, by, handed_over_by, history }
                })
            }
            Change::ContactProposed { contact, rule, channel, queue, until } => self.step(*contact, |_| {
                let (rule, channel, queue, until) = (rule.clone(), *channel, *queue, *until);
                Step::Proposed(Box::new(Proposal { rule, channel, queue, until }))
            }),
            Change::ProposalEnded { contact, how } => {
                self.step(*contact, |_| Step::ProposalEnded { how: *how })
            }
            Change::ContactSwitched { contact, profile, points: _, due_at } => {
                let record = self.contacts.of(*contact);
                let facts = self.facts_of(*contact, *profile, record.arrived_at, *due_at);
                let Brief { queue: from, channel: from_channel, .. } = self.profiles.brief(record.profile);
                Some(ToldKind::Contact { facts, step: Step::Switched { from, from_channel } })
            }
            Change::ContactEstimated { contact, outlook } => {
                self.step(*contact, |_| Step::Estimated { outlook: *outlook })
            }
            Change::Accepted { contact } => self.step(*contact, |record| Step::Accepted {
                agent: record.agent,
                offer: record.offer,
                score: self.score(now, *contact).map(Box::new),
            }),
            Change::OfferEnded { contact, how, .. } => self.step(*contact, |record| Step::OfferEnded {
                agent: record.agent,
                offer: record.offer,
                how: *how,
            }),
            Change::WrapUpStarted { contact, until } => {
                self.step(*contact, |record| Step::WrapUpStarted { agent: record.agent, until: *until })
            }
            Change::ContactInterrupted { contact } => self.step(*contact, |record| Step::Interrupted {
                agent: record.agent,
                times: self.parked.interruptions(*contact).saturating_add(1),
            }),
            Change::ContactParked { contact, until } => {
                self.step(*contact, |record| Step::Parked { agent: record.agent, until: *until })
            }
            Change::ContactStuck { contact } => {
                self.step(*contact, |record| Step::Stuck { agent: record.agent })
            }
            Change::ContactWorkedOn { contact } => {
                self.step(*contact, |record| Step::WorkedOn { agent: record.agent })
            }
            Change::ContactResumed { contact } => {
                self.step(*contact, |record| Step::Resumed { agent: record.agent })
            }
            Change::ContactQuieted { contact, until } => {
                self.step(*contact, |record| Step::Quieted { agent: record.agent, until: *until })
            }
            Change::ContactSlowed { contact, profile, points: _, due_at } => {
                let record = self.contacts.of(*contact);
                let facts = self.facts_of(*contact, *profile, record.arrived_at, *due_at);
                let from = self.profiles.brief(record.profile).channel;
                Some(ToldKind::Contact { facts, step: Step::Slowed { from } })
            }
            Change::ContactReplied { contact, profile, points: _ } => {
                let record = self.contacts.of(*contact);
                let facts = self.facts_of(*contact, *profile, record.arrived_at, Time::MAX);
                let from = self.profiles.brief(record.profile).channel;
                Some(ToldKind::Contact { facts, step: Step::Replied { from } })
            }
            Change::ContactReturned { contact, profile, why, .. } => {
                let record = self.contacts.of(*contact);
                let facts = self.facts_of(*contact, *profile, record.arrived_at, self.due_at(record));
                Some(ToldKind::Contact { facts, step: Step::Returned { agent: record.agent, why: *why } })
            }
            Change::ContactHandedOver { contact, agent, offer } => self.step(*contact, |record| {
                Step::HandedOver { from: record.agent, agent: *agent, offer: *offer }
            }),
            Change::ContactRelaxed { contact, step, profile: _ } => {
                self.step(*contact, |_| Step::Relaxed { step: *step })
            }
            Change::ContactPressed { contact, profile: _ } => self.step(*contact, |_| Step::Pressed),
            Change::ContactMoved { contact, profile, why, .. } => {
                let record = self.contacts.of(*contact);
                let facts = self.facts_of(*contact, *profile, record.arrived_at, self.due_at(record));
                let from = self.profiles.brief(record.profile).queue;
                Some(ToldKind::Contact { facts, step: Step::Moved { from, why: *why } })
            }
            Change::ContactJoined { contact, agent, until } => {
                self.step(*contact, |_| Step::Joined { agent: *agent, until: *until })
            }
            Change::ContactUpdated { contact, .. } => self.step(*contact, |record| Step::Updated {
                agent: record.status.has_agent().then_some(record.agent),
            }),
            Change::ContactScheduled { contact, until, tries } => self.step(*contact, |record| {
                let agent = record.status.is_held().then_some(record.agent);
                Step::Scheduled { agent, until: *until, tries: *tries }
            }),
            Change::ContactReleased { contact, arrived_at } => {
                let record = self.contacts.of(*contact);
                let facts = self.facts_of(*contact, record.profile, *arrived_at, self.due_at(record));
                Some(ToldKind::Contact { facts, step: Step::Released })
            }
            Change::ContactReclassified { contact, profile, rule, .. } => {
                let record = self.contacts.of(*contact);
                let facts = self.facts_of(*contact, *profile, record.arrived_at, self.due_at(record));
                let from = self.profiles.brief(record.profile).queue;
                let said = Reclassified { from, rule: rule.clone(), before: Arc::clone(record.body()) };
                Some(ToldKind::Contact { facts, step: Step::Reclassified(Box::new(said)) })
            }
            Change::ContactUnservable { contact } => self.step(*contact, |_| Step::Unservable),
            Change::ContactServable { contact } => self.step(*contact, |_| Step::Servable),
            Change::OverflowTurned { rule, state, measured } => {
                let rules = &self.settings().config.overflow;
                let queue = rules.iter().find(|known| known.name == *rule)?.queue.clone();
                let (rule, state, measured) = (rule.clone(), *state, measured.clone());
                named(EventKind::OverflowTurned { rule, queue, state, measured })
            }
            Change::DeadlinesJudged { queue, risk } => {
                let queue = self.names.queues.name(u32::from(queue.0)).clone();
                let risk = risk.map(|DeadlineRisk { contact, due_at, expected_at, late }| DeadlineRisk {
                    contact: self.contacts.of(contact).body().contact.clone(),
                    due_at,
                    expected_at,
                    late,
                });
                named(EventKind::DeadlinesJudged { queue, risk })
            }
            Change::ContactOverflowed { contact, profile, rule, .. } => {
                let record = self.contacts.of(*contact);
                let facts = self.facts_of(*contact, *profile, record.arrived_at, self.due_at(record));
                let from = self.profiles.brief(record.profile).queue;
                let rule = Box::new(rule.clone());
                Some(ToldKind::Contact { facts, step: Step::Overflowed { from, rule } })
            }
        }
    }

    /// The end of a contact, told when it is gone already.
    pub fn tell_closed(&self, closed: Closed, outcome: Outcome) -> ToldKind {
        let Closed { record, holder } = closed;
        let due_at = self.due_at(&record);
        let facts = self.facts_of(record.number, record.profile, record.arrived_at, due_at);
        ToldKind::Contact { facts, step: Step::Closed { agent: holder, outcome, body: record.into_body() } }
    }

    fn named(&self, body: Arc<ContactBody>, facts: Facts, step: Step) -> EventKind {
        let facts = ContactFacts {
            body,
            queue: self.names.queues.name(u32::from(facts.queue.0)).clone(),
            channel: self.names.channels.name(u32::from(facts.channel.0)).clone(),
            arrived_at: facts.arrived_at,
            due_at: (facts.due_at != Time::MAX).then_some(facts.due_at),
        };
        let id = |agent| self.agent_id(agent);
        let step = match step {
            Step::Arrived { known } => {
                ContactStep::Arrived { known: known.map(|known| (id(known.agent), known.why)) }
            }
            Step::Queued { preferred } => ContactStep::Queued { preferred: preferred.map(id) },
            Step::Scheduled { agent, until, tries } => {
                ContactStep::Scheduled { agent: agent.map(id), until, tries }
            }
            Step::Released => ContactStep::Released,
            Step::Offered { agent, offer, expires_at, by, handed_over_by, history } => {
                let history = history.map_or(Vec::new(), |history| history.into_vec());
                let handed_over_by = handed_over_by.map(id);
                ContactStep::Offered { agent: id(agent), offer, expires_at, by, handed_over_by, history }
            }
            Step::Proposed(proposal) => {
                let Proposal { rule, channel, queue, until } = *proposal;
                let queue = self.names.queues.name(u32::from(queue.0)).clone();
                let channel = self.names.channels.name(u32::from(channel.0)).clone();
                ContactStep::Proposed { rule, channel, queue, until }
            }
            Step::ProposalEnded { how } => ContactStep::ProposalEnded { how },
            Step::Switched { from, from_channel } => ContactStep::Switched {
                from: self.names.queues.name(u32::from(from.0)).clone(),
                from_channel: self.names.channels.name(u32::from(from_channel.0)).clone(),
            },
            Step::Estimated { outlook } => ContactStep::Estimated { outlook },
            Step::Accepted { agent, offer, score } => {
                ContactStep::Accepted { agent: id(agent), offer, score: score.map(|score| *score) }
            }
            Step::OfferEnded { agent, offer, how } => {
                ContactStep::OfferEnded { agent: id(agent), offer, how }
            }
            Step::WrapUpStarted { agent, until } => ContactStep::WrapUpStarted { agent: id(agent), until },
            Step::Interrupted { agent, times } => ContactStep::Interrupted { agent: id(agent), times },
            Step::Resumed { agent } => ContactStep::Resumed { agent: id(agent) },
            Step::Parked { agent, until } => ContactStep::Parked { agent: id(agent), until },
            Step::Stuck { agent } => ContactStep::Stuck { agent: id(agent) },
            Step::WorkedOn { agent } => ContactStep::WorkedOn { agent: id(agent) },
            Step::Quieted { agent, until } => ContactStep::Quieted { agent: id(agent), until },
            Step::Slowed { from } => {
                ContactStep::Slowed { from: self.names.channels.name(u32::from(from.0)).clone() }
            }
            Step::Replied { from } => {
                ContactStep::Replied { from: self.names.channels.name(u32::from(from.0)).clone() }
            }
            Step::Returned { agent, why } => ContactStep::Returned { agent: id(agent), why },
            Step::HandedOver { from, agent, offer } => {
                ContactStep::HandedOver { from: id(from), agent: id(agent), offer }
            }
            Step::Relaxed { step } => ContactStep::Relaxed { step },
            Step::Pressed => ContactStep::Pressed,
            Step::Moved { from, why } => {
                ContactStep::Moved { from: self.names.queues.name(u32::from(from.0)).clone(), why }
            }
            Step::Joined { agent, until } => ContactStep::Joined { agent: id(agent), until },
            Step::Updated { agent } => ContactStep::Updated { agent: agent.map(id) },
            Step::Unservable => ContactStep::Unservable,
            Step::Servable => ContactStep::Servable,
            Step::Reclassified(said) => ContactStep::Reclassified {
                from: self.names.queues.name(u32::from(said.from.0)).clone(),
                rule: said.rule,
            },
            Step::Overflowed { from, rule } => ContactStep::Overflowed {
                from: self.names.queues.name(u32::from(from.0)).clone(),
                rule: *rule,
            },
            Step::Closed { agent, outcome, .. } => ContactStep::Closed { agent: agent.map(id), outcome },
        };
        EventKind::Contact { facts, step }
    }

    #[inline]
    fn step(&self, contact: ContactNo, step: impl FnOnce(&Contact) -> Step) -> Option<ToldKind> {
        let record = self.contacts.of(contact);
        let facts = self.facts_of(contact, record.profile, record.arrived_at, self.due_at(record));
        Some(ToldKind::Contact { facts, step: step(record) })
    }

    fn facts_of(&self, contact: ContactNo, profile: ProfileNo, arrived_at: Time, due_at: Time) -> Facts {
        let brief = self.profiles.brief(profile);
        Facts { contact, queue: brief.queue, channel: brief.channel, arrived_at, due_at }
    }

    /// The other contacts of the contact's customer: open ones by number, then those that ended, latest first.
    #[inline]
    pub(crate) fn history(&self, now: Time, record: &Contact) -> History {
        record.has_customer.then(|| self.history_of_customer(now, record)).flatten()
    }

    #[cold]
    fn history_of_customer(&self, now: Time, record: &Contact) -> History {
        let channel = self.profiles.brief(record.profile).channel;
        let open = self.customers.open_beside(record.number).iter().map(|&other| self.contacts.of(other));
        let open = open.filter(|other| other.number != record.number).map(|other| {
            let Brief { queue, channel, .. } = self.profiles.brief(other.profile);
            let body = other.body();
            let agent = other.status.has_agent().then_some(other.agent);
            let of = (body.contact.clone(), body.matter.clone());
            (channel, self.history_entry(of, channel, queue, agent, other.arrived_at, None))
        });
        let remember = self.settings().config.customers.remember;
        let ended = self.customers.ended_beside(record.number);
        let ended = ended.filter(|ended| ended.ended_at + remember > now).map(|ended| {
            let of = (ended.contact.clone(), ended.matter.clone());
            let end = Some((ended.ended_at, ended.outcome));
            let entry =
                self.history_entry(of, ended.channel, ended.queue, ended.agent, ended.arrived_at, end);
            (ended.channel, entry)
        });
        let known = |entries: &mut dyn Iterator<Item = (ChannelNo, HistoryEntry)>| -> Vec<HistoryEntry> {
            let known = entries.filter(|(other, _)| self.is_one_customer(channel, *other));
            known.map(|(_, entry)| entry).take(HISTORY_MAX).collect()
        };
        let mut history = known(&mut { open });
        history.extend(known(&mut { ended }));
        (!history.is_empty()).then(|| history.into_boxed_slice())
    }

    fn history_entry(
        &self,
        (contact, matter): (ContactId, Option<MatterRef>),
        channel: ChannelNo,
        queue: QueueNo,
        agent: Option<AgentNo>,
        arrived_at: Time,
        ended: Option<(Time, Outcome)>,
    ) -> HistoryEntry {
        HistoryEntry {
            contact,
            matter,
            channel: self.names.channels.name(u32::from(channel.0)).clone(),
            queue: self.names.queues.name(u32::from(queue.0)).clone(),
            agent: agent.map(|agent| self.agent_id(agent)),
            arrived_at,
            ended,
        }
    }

    fn agent_id(&self, agent: AgentNo) -> AgentId {
        self.agents[agent].id().clone()
    }
}
