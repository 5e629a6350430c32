//! What each change does to the state: the last section of the rules, and nothing else changes state.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::config::{QueueState, SkillDemand};
use model::contact::EXCLUDED_AGENTS_MAX;
use model::overflow::Proposed;
use model::row::{ClosedRow, ContactState, RememberedRow, ScheduleState, Silence};
use model::throttle::Throttle;
use model::transition::{ExitWhy, KnownWhy, OfferEnd, Place, PresenceCause, ReturnedWhy};
use model::{
    AgentNo, AgentSpec, Change, ContactBody, ContactNo, Millis, OfferNo, Outcome, Presence, ProfileNo,
    RuleName, SkillLevel, TenantConfig, TenantNo, Time, Transition,
};

use super::classify::with_update;
use super::state::{Agent, Contact, Profile, Tenant};
use super::{STAYS, Twin};

/// How long the id of a closed contact is remembered at least.
const REMEMBERED_FOR: Millis = Millis(24 * Millis::HOUR.0);
/// Most ids that are forgotten at one close.
const FORGOTTEN_PER_CLOSE: usize = 2;

impl Twin {
    pub fn apply(&mut self, now: Time, transition: &Transition) {
        let number = transition.tenant;
        self.unlink_by(transition);
        match &transition.change {
            Change::TenantOpened { name } => self.tenants.push(Tenant::new(number, name.clone())),
            Change::Resumed { grace } => self.tenants.iter_mut().for_each(|tenant| tenant.resumed(*grace)),
            Change::Refused(_) => {}
            Change::TenantLeft { .. }
            | Change::TenantRows { .. }
            | Change::TenantCame { .. }
            | Change::TenantGone => {
                panic!("{STAYS}");
            }
            Change::ConfigApplied { hash, config } => self.tenant_mut(number).config_applied(hash, config),
            Change::AgentPut { agent, spec } => self.tenant_mut(number).agent_put(*agent, spec),
            Change::AgentRemoved { agent } => self.tenant_mut(number).agent_mut(*agent).removed = true,
            Change::ProfileOpened {
                profile,
                queue,
                channel,
                ageing_per_minute,
                requirement,
                pressure,
                site,
                person,
            } => {
                let requirement = requirement.as_ref().clone();
                let opened = Profile {
                    queue: *queue,
                    channel: *channel,
                    ageing_per_minute: *ageing_per_minute,
                    requirement,
                    pressure: *pressure,
                    site: *site,
                    preference: self.tenant(number).preference_of(*queue),
                    person: *person,
                };
                let profiles = &mut self.tenant_mut(number).profiles;
                if profile.index() == profiles.len() {
                    profiles.push(None);
                }
                profiles[profile.index()] = Some(opened);
            }
            Change::ProfileClosed { profile } => self.tenant_mut(number).profiles[profile.index()] = None,
            Change::QueueSwitched { queue, state } => {
                let switched = &mut self.tenant_mut(number).switched;
                match state {
                    QueueState::Open => switched.remove(queue),
                    QueueState::Paused | QueueState::Closed => switched.insert(*queue, *state),
                };
            }
            Change::AgentHeard { agent, session, counter } => {
                let agent = self.tenant_mut(number).agent_mut(*agent);
                agent.session = *session;
                agent.counter = *counter;
            }
            Change::AgentPresence { agent, presence, cause } => {
                self.tenant_mut(number).agent_mut(*agent).take_presence(now, presence, *cause);
                self.tenant_mut(number).slow_start_by(now, *agent, presence);
            }
            Change::AgentDeferred { agent, limit, until } => {
                let agent = self.tenant_mut(number).agent_mut(*agent);
                agent.deferred = Some((*limit, *until));
                agent.deferral_is_timed = true;
            }
            Change::AgentThrottled { agent, why, until } => {
                self.tenant_mut(number).agent_mut(*agent).throttle.set_until(*why, Some(*until));
            }
            Change::AgentUnthrottled { agent, why } => {
                self.tenant_mut(number).agent_mut(*agent).throttle.set_until(*why, None);
            }
            Change::ContactArrived { contact, profile, points, arrived_at, due_at, digest, body, known } => {
                let tenant = self.tenant_mut(number);
                let wanted = body.preferred_agent.as_ref().and_then(|name| tenant.agent_in_roster(name));
                let arrived = Contact {
                    profile: *profile,
                    points: *points,
                    arrived_at: *arrived_at,
                    due_at: *due_at,
                    digest: *digest,
                    preferred: known.map(|known| known.agent).or(wanted),
                    known: known.map(|known| known.why),
                    excluded: tenant.excluded_by(body),
                    body: Arc::clone(body),
                    state: None,
                    kept_from: Vec::new(),
                    kept_from_until: Time(0),
                    entered_at: now,
                    step: 0,
                    pressed: false,
                    to_classify: false,
                    overflowed: None,
                    schedule: None,
                    estimated: None,
                    unservable: false,
                    interruptions: 0,
                    work_since: None,
                    handling: None,
                    silence: Silence::default(),
                    linked: tenant.linked_by(body),
                    handed_over_by: None,
                };
                tenant.contact_arrived(*contact, arrived);
            }
            Change::ContactQueued { contact, place } => {
                let contact = self.tenant_mut(number).contact_mut(*contact);
                contact.state = Some(ContactState::Waiting(*place));
                contact.to_classify = false;
                contact.end_note();
                contact.unservable = false;
                match place {
                    Place::Queue => contact.prefer(None, None),
                    Place::Preferred { .. } => {}
                }
            }
            Change::Offered { contact, agent, offer, expires_at, by } => {
                self.tenant_mut(number).offered(*contact, *agent, *offer, *expires_at);
                self.tenant_mut(number).count_offer(now, *agent, *by);
                self.tenant_mut(number).count_turn(*contact);
                if by.is_none() {
                    self.tenant_mut(number).agent_mut(*agent).deferred = None;
                }
            }
            Change::Accepted { contact } => {
                self.tenant_mut(number).note_answer(now, *contact);
                self.tenant_mut(number).note_wait(now, *contact);
                self.tenant_mut(number).work_begins(now, *contact);
                self.tenant_mut(number).accepted(*contact);
                self.tenant_mut(number).handling_begins(now, *contact);
            }
            Change::OfferEnded { contact, how, kept_from_until } => {
                self.tenant_mut(number).offer_ended(*contact, *how, *kept_from_until);
            }
            Change::ExclusionLifted { contact } => {
                self.tenant_mut(number).contact_mut(*contact).keep_from_nobody();
            }
            Change::WrapUpStarted { contact, until } => {
                self.tenant_mut(number).wrap_up_started(now, *contact, *until);
            }
            Change::ContactInterrupted { contact } => self.tenant_mut(number).interrupted(*contact),
            Change::ContactParked { contact, until } => {
                self.tenant_mut(number).parked_bound(now, *contact, *until);
            }
            Change::ContactResumed { contact } => {
                self.tenant_mut(number).resumed_with_agent(*contact);
                self.tenant_mut(number).handling_begins(now, *contact);
            }
            Change::ContactStuck { contact } => self.tenant_mut(number).contact_mut(*contact).stuck(),
            Change::ContactWorkedOn { contact } => self.tenant_mut(number).handling_begins(now, *contact),
            Change::ContactReturned { contact, profile, points, why, kept_from_until } => {
                let tenant = self.tenant_mut(number);
                let is_finished = match why {
                    ReturnedWhy::TransferredToQueue | ReturnedWhy::TransferredToAgent { .. } => true,
                    ReturnedWhy::Requeued | ReturnedWhy::AgentLeft | ReturnedWhy::Supervisor => false,
                };
                tenant.work_ends(now, *contact, is_finished);
                tenant.contact_returned(now, *contact, *why, *kept_from_until);
                let is_another_queue = tenant.profile(*profile).queue != tenant.profile_of(*contact).queue;
                let contact = tenant.contact_mut(*contact);
                contact.profile = *profile;
                contact.points = *points;
                contact.entered_at = now;
                let begins_anew = match why {
                    ReturnedWhy::TransferredToQueue | ReturnedWhy::TransferredToAgent { .. } => true,
                    ReturnedWhy::Supervisor => is_another_queue,
                    ReturnedWhy::Requeued | ReturnedWhy::AgentLeft => false,
                };
                if begins_anew {
                    contact.step = 0;
                    contact.pressed = false;
                    contact.to_classify = false;
                    contact.overflowed = None;
                }
            }
            Change::ContactHandedOver { contact, agent, offer } => {
                self.tenant_mut(number).handed_over(now, *contact, *agent, *offer);
            }
            Change::ContactRelaxed { contact, step, profile } => {
                let contact = self.tenant_mut(number).contact_mut(*contact);
                contact.step = *step;
                contact.profile = *profile;
                contact.end_lending();
            }
            Change::ContactPressed { contact, profile } => {
                let contact = self.tenant_mut(number).contact_mut(*contact);
                contact.pressed = true;
                contact.profile = *profile;
            }
            Change::ContactMoved { contact, profile, points, why } => {
                let contact = self.tenant_mut(number).contact_mut(*contact);
                contact.profile = *profile;
                contact.points = *points;
                contact.entered_at = now;
                contact.step = 0;
                contact.pressed = false;
                contact.state = None;
                contact.unservable = false;
                contact.leave_overflow();
                match why {
                    ExitWhy::WindowOver => contact.schedule = None,
                    ExitWhy::Full
                    | ExitWhy::MaxWait
                    | ExitWhy::Closed
                    | ExitWhy::OffHours
                    | ExitWhy::Supervisor => {}
                }
            }
            Change::ContactScheduled { contact, until, tries } => {
                let tenant = self.tenant_mut(number);
                if tenant.contact(*contact).holder().is_some() {
                    tenant.work_ends(now, *contact, true);
                    let agent = tenant.take_from_holder(*contact);
                    tenant.agent_mut(agent).idle_since = now;
                }
                let contact = tenant.contact_mut(*contact);
                contact.state = Some(ContactState::Scheduled);
                contact.schedule = Some(ScheduleState { tries: *tries, answered: false, until: *until });
            }
            Change::ContactReleased { contact, arrived_at } => {
                let contact = self.tenant_mut(number).contact_mut(*contact);
                contact.state = None;
                contact.arrived_at = *arrived_at;
                contact.entered_at = now;
            }
            Change::ContactJoined { contact, agent, until } => {
                let contact = self.tenant_mut(number).contact_mut(*contact);
                contact.state =
                    Some(ContactState::Waiting(Place::Preferred { agent: *agent, until: *until }));
                contact.prefer(Some(*agent), Some(KnownWhy::Matter));
                contact.unservable = false;
            }
            Change::ContactUpdated { contact, update } => {
                let contact = self.tenant_mut(number).contact_mut(*contact);
                contact.body = Arc::new(with_update(&contact.body, update));
                contact.to_classify = contact.holder().is_some()
                    || matches!(contact.state, Some(ContactState::Scheduled | ContactState::Quiet { .. }));
            }
            Change::ContactReclassified { contact, profile, points, rule } => {
                self.tenant_mut(number).reclassified(now, *contact, *profile, *points, rule.as_ref());
            }
            Change::ContactKeptForPeople { contact, profile } => {
                self.tenant_mut(number).contact_mut(*contact).kept_for_people(*profile);
            }
            Change::ContactProposed { contact, rule, channel, queue, until } => {
                let open = Proposed::Open { channel: *channel, queue: *queue, until: *until };
                self.tenant_mut(number).proposed(*contact, rule, open);
            }
            Change::ProposalEnded { contact, how: _ } => {
                self.tenant_mut(number).contact_mut(*contact).end_proposal();
            }
            Change::ContactSwitched { contact, profile, points, due_at } => {
                let contact = self.tenant_mut(number).contact_mut(*contact);
                contact.profile = *profile;
                contact.points = *points;
                contact.due_at = *due_at;
                contact.entered_at = now;
                contact.step = 0;
                contact.pressed = false;
                contact.state = None;
                contact.silence = Silence::default();
                contact.leave_overflow();
            }
            Change::ContactQuieted { contact, until } => {
                self.tenant_mut(number).quieted(now, *contact, *until);
            }
            Change::ContactSlowed { contact, profile, points, due_at } => {
                let from = self.tenant(number).profile_of(*contact).channel;
                let contact = self.tenant_mut(number).contact_mut(*contact);
                contact.asks_as(now, *profile, *points, *due_at);
                contact.silence = Silence { slowed_from: Some(from), noted: false };
            }
            Change::ContactReplied { contact, profile, points } => {
                let contact = self.tenant_mut(number).contact_mut(*contact);
                contact.asks_as(now, *profile, *points, Time::MAX);
                contact.silence = Silence::default();
            }
            Change::ContactNoted { contact, is_quiet } => {
                self.tenant_mut(number).contact_mut(*contact).note(*is_quiet);
            }
            Change::ContactEstimated { contact, outlook } => {
                self.tenant_mut(number).estimated(now, *contact, *outlook);
            }
            Change::ContactUnservable { contact } => {
                self.tenant_mut(number).contact_mut(*contact).unservable = true;
            }
            Change::ContactServable { contact } => {
                self.tenant_mut(number).contact_mut(*contact).unservable = false;
            }
            Change::DeadlinesJudged { queue, risk } => {
                let at_risk = &mut self.tenant_mut(number).at_risk;
                match risk {
                    Some(_) => at_risk.insert(*queue),
                    None => at_risk.remove(queue),
                };
            }
            Change::OverflowTurned { rule, state, measured: _ } => {
                self.tenant_mut(number).turned(rule, *state);
            }
            Change::ContactOverflowed { contact, rule, profile, points, step } => {
                self.tenant_mut(number).overflowed(now, *contact, rule, *profile, *points, *step);
            }
            Change::ContactClosed { contact, outcome } => {
                let remembered = self.to_remember(now, number, *contact, *outcome);
                let closed = self.tenant(number).contact(*contact);
                let id_hash = (self.hash)(&self.key, closed.body.contact.as_str());
                let closed = ClosedRow { id_hash, digest: closed.digest, closed_at: now };
                self.tenant_mut(number).contact_closed(now, *contact, closed);
                if let Some(remembered) = remembered {
                    self.tenant_mut(number).remember(now, remembered);
                }
            }
        }
    }

    /// Nothing for a contact whose body names no customer.
    fn to_remember(
        &self,
        now: Time,
        tenant: TenantNo,
        contact: ContactNo,
        outcome: Outcome,
    ) -> Option<RememberedRow> {
        let tenant = self.tenant(tenant);
        let (contact, profile) = (tenant.contact(contact), tenant.profile_of(contact));
        let customer = contact.body.customer.as_ref()?;
        if contact.body.consult.is_some() {
            return None;
        }
        Some(RememberedRow {
            customer_hash: (self.hash)(&self.key, customer.as_str()),
            contact: contact.body.contact.clone(),
            matter: contact.body.matter.clone(),
            channel: profile.channel,
            queue: profile.queue,
            agent: contact.holder().or(contact.quiet_after()),
            outcome,
            arrived_at: contact.arrived_at,
            ended_at: now,
        })
    }
}

impl Tenant {
    fn resumed(&mut self, grace: Millis) {
        for contact in self.contacts.values_mut() {
            if let Some(ContactState::Offered { expires_at, .. }) = &mut contact.state {
                *expires_at += grace;
            }
        }
        for agent in &mut self.agents {
            if let Presence::Lost { until, .. } = &mut agent.presence {
                *until += grace;
            }
        }
    }

    /// Names get numbers in the order in which they first appear, and keep them.
    fn config_applied(&mut self, hash: &str, config: &Arc<TenantConfig>) {
        number_new_names(&mut self.skills, config.skills.iter());
        number_new_names(&mut self.sites, config.sites.iter());
        number_new_names(&mut self.channels, config.channels.iter().map(|channel| &channel.name));
        number_new_names(&mut self.queues, config.queues.iter().map(|queue| &queue.name));
        self.channels_in_force = self.channels.iter().map(|name| config.channel(name).cloned()).collect();
        self.queues_in_force = self.queues.iter().map(|name| config.queue(name).cloned()).collect();
        let former = self.config.replace((hash.to_owned(), Arc::clone(config)));
        let former = former.map(|(_, former)| former);
        if let Some(former) = &former {
            self.carry_throttles(former);
        }
        self.carry_ratios(former.clone());
        self.carry_overflow(former);
        self.carry_estimates();
        self.carry_work();
    }

    fn agent_put(&mut self, number: AgentNo, spec: &Arc<AgentSpec>) {
        if number.index() == self.agents.len() {
            self.agents.push(Agent::new(spec));
        }
        let skills = self.agent_skills(&spec.skills);
        let channels = spec
            .channels
            .iter()
            .filter_map(|entry| Some((self.channel_number(&entry.channel)?, entry.max)))
            .collect();
        let site = spec.site.as_ref().and_then(|site| self.site_number(site));
        let agent = self.agent_mut(number);
        agent.site = site;
        agent.spec = Arc::clone(spec);
        agent.removed = false;
        agent.skills = skills;
        agent.channels = channels;
    }

    fn agent_skills(&self, demands: &[SkillDemand]) -> Vec<SkillLevel> {
        let mut skills: Vec<SkillLevel> = demands
            .iter()
            .filter_map(|demand| {
                Some(SkillLevel { skill: self.skill_number(&demand.skill)?, level: demand.level })
            })
            .collect();
        skills.sort();
        skills
    }

    /// Unknown agents are disregarded; the others count in the order given, up to the limit.
    fn excluded_by(&self, body: &ContactBody) -> Vec<AgentNo> {
        let known = body.excluded_agents.iter().filter_map(|name| self.agent_in_roster(name));
        let mut excluded: Vec<AgentNo> = Vec::new();
        for agent in known {
            if excluded.len() < EXCLUDED_AGENTS_MAX && !excluded.contains(&agent) {
                excluded.push(agent);
            }
        }
        excluded.sort();
        excluded
    }

    fn contact_arrived(&mut self, number: ContactNo, contact: Contact) {
        self.arrivals += 1;
        self.places_taken.insert(number.place());
        self.open_ids.insert(contact.body.contact.clone(), number);
        self.contacts.insert(number, contact);
    }

    fn offered(&mut self, number: ContactNo, agent: AgentNo, offer: OfferNo, expires_at: Time) {
        let channel = self.profile_of(number).channel;
        self.contact_mut(number).state = Some(ContactState::Offered { agent, offer, expires_at });
        self.contact_mut(number).to_classify = false;
        self.contact_mut(number).end_proposal();
        self.contact_mut(number).end_note();
        self.contact_mut(number).unservable = false;
        self.offers = offer.0;
        let agent = self.agent_mut(agent);
        agent.held.insert(number, channel);
        agent.last_offer = offer;
    }

    fn accepted(&mut self, number: ContactNo) {
        let contact = self.contact_mut(number);
        let Some(ContactState::Offered { agent, offer, expires_at: _ }) = contact.state else {
            unreachable!("only an offered contact is accepted");
        };
        contact.state = Some(ContactState::Active { agent, offer });
        contact.handling = None;
        contact.end_note();
        if let Some(schedule) = &mut contact.schedule {
            schedule.answered = true;
        }
        self.agent_mut(agent).misses = 0;
    }

    fn offer_ended(&mut self, number: ContactNo, how: OfferEnd, kept_from_until: Time) {
        let agent = self.take_from_holder(number);
        let contact = self.contact_mut(number);
        match how {
            OfferEnd::Declined | OfferEnd::Expired | OfferEnd::Withdrawn => {
                contact.keep_from(agent);
                contact.kept_from_until = kept_from_until;
                contact.prefer(None, None);
            }
            OfferEnd::Revoked => {}
        }
        match how {
            OfferEnd::Expired => {
                let agent = self.agent_mut(agent);
                agent.misses = agent.misses.saturating_add(1);
            }
            OfferEnd::Declined | OfferEnd::Revoked | OfferEnd::Withdrawn => {}
        }
    }

    fn reclassified(
        &mut self,
        now: Time,
        number: ContactNo,
        profile: ProfileNo,
        points: i32,
        rule: Option<&RuleName>,
    ) {
        let is_moved = self.profile(profile).queue != self.profile_of(number).queue;
        let body = &self.contact(number).body;
        let rule = self.config().rules.iter().find(|known| Some(&known.name) == rule);
        let (_, classified) = self.classified_by(rule, body).expect("what is classified has a queue");
        let contact = self.contact_mut(number);
        contact.body = Arc::new(ContactBody { classified, ..(*contact.body).clone() });
        contact.profile = profile;
        contact.points = points;
        contact.state = None;
        contact.to_classify = false;
        contact.unservable = false;
        if is_moved {
            contact.entered_at = now;
            contact.step = 0;
            contact.pressed = false;
            contact.leave_overflow();
        }
    }

    fn wrap_up_started(&mut self, now: Time, number: ContactNo, until: Time) {
        let contact = self.contact_mut(number);
        let Some(ContactState::Active { agent, offer }) = contact.state else {
            unreachable!("only an active contact goes into wrap-up");
        };
        contact.state = Some(ContactState::WrapUp { agent, offer, until });
        self.agent_mut(agent).idle_since = now;
    }

    fn contact_returned(&mut self, now: Time, number: ContactNo, why: ReturnedWhy, kept_from_until: Time) {
        let was_active = self.contact(number).is_active();
        let agent = self.take_from_holder(number);
        if was_active {
            self.agent_mut(agent).idle_since = now;
        }
        let contact = self.contact_mut(number);
        contact.handed_over(agent, why);
        contact.keep_from_nobody();
        match why {
            ReturnedWhy::TransferredToQueue | ReturnedWhy::Requeued | ReturnedWhy::Supervisor => {
                contact.keep_from(agent);
                contact.kept_from_until = kept_from_until;
                contact.prefer(None, None);
            }
            ReturnedWhy::TransferredToAgent { agent: wanted } => contact.prefer(Some(wanted), None),
            ReturnedWhy::AgentLeft => contact.prefer(None, None),
        }
    }

    fn contact_closed(&mut self, now: Time, number: ContactNo, closed: ClosedRow) {
        self.work_ends(now, number, true);
        if self.contact(number).holder().is_some() {
            let was_active = self.contact(number).is_active();
            let agent = self.take_from_holder(number);
            if was_active {
                self.agent_mut(agent).idle_since = now;
            }
        }
        if let Some(contact) = self.contacts.remove(&number) {
            self.open_ids.remove(&contact.body.contact);
            self.places_taken.remove(&number.place());
        }
        self.closed.push_back(closed);
        self.closed_digests.insert(closed.id_hash, closed.digest);
        for _ in 0..FORGOTTEN_PER_CLOSE {
            if self.closed.front().is_some_and(|oldest| now.since(oldest.closed_at) > REMEMBERED_FOR)
                && let Some(forgotten) = self.closed.pop_front()
            {
                self.closed_digests.remove(&forgotten.id_hash);
            }
        }
    }

    fn interrupted(&mut self, number: ContactNo) {
        let contact = self.contact_mut(number);
        let Some(ContactState::Active { agent, offer }) = contact.state else {
            unreachable!("only an active contact is interrupted");
        };
        contact.interruptions = contact.interruptions.saturating_add(1);
        contact.work_since = None;
        contact.state = Some(ContactState::Parked { agent, offer, until: None });
        self.agent_mut(agent).held.remove(&number);
    }

    fn resumed_with_agent(&mut self, number: ContactNo) {
        let channel = self.profile_of(number).channel;
        let contact = self.contact_mut(number);
        let Some(ContactState::Parked { agent, offer, until: _ }) = contact.state else {
            unreachable!("only a parked contact is resumed");
        };
        contact.handling = None;
        contact.state = Some(ContactState::Active { agent, offer });
        self.agent_mut(agent).held.insert(number, channel);
    }

    /// The contact leaves its holder's hands and is nowhere.
    pub fn take_from_holder(&mut self, number: ContactNo) -> AgentNo {
        let contact = self.contact_mut(number);
        let agent = contact.holder().expect("only a contact that is held leaves its holder");
        contact.state = None;
        self.agent_mut(agent).held.remove(&number);
        agent
    }
}

impl Agent {
    fn new(spec: &Arc<AgentSpec>) -> Agent {
        Agent {
            spec: Arc::clone(spec),
            removed: false,
            presence: Presence::SignedOut,
            session: 0,
            counter: 0,
            idle_since: Time(0),
            available_since: Time(0),
            last_offer: OfferNo(0),
            misses: 0,
            deferred: None,
            deferral_is_timed: false,
            throttle: Throttle::default(),
            skills: Vec::new(),
            channels: Vec::new(),
            site: None,
            held: BTreeMap::new(),
        }
    }

    fn take_presence(&mut self, now: Time, presence: &Presence, cause: PresenceCause) {
        if !self.presence.is_signed_in() && presence.is_signed_in() {
            self.idle_since = now;
            self.misses = 0;
        }
        if *presence == Presence::Available && self.presence != Presence::Available {
            self.available_since = now;
        }
        if cause == PresenceCause::Rona {
            self.misses = 0;
        }
        self.deferred = None;
        self.presence = presence.clone();
    }
}

impl Contact {
    fn prefer(&mut self, agent: Option<AgentNo>, known: Option<KnownWhy>) {
        self.preferred = agent;
        self.known = known;
    }

    /// Of more than the limit the first drops out.
    fn keep_from(&mut self, agent: AgentNo) {
        self.kept_from.push(agent);
        if self.kept_from.len() > EXCLUDED_AGENTS_MAX {
            self.kept_from.remove(0);
        }
    }

    fn keep_from_nobody(&mut self) {
        self.kept_from.clear();
        self.kept_from_until = Time(0);
    }
}

fn number_new_names<'a, Name: Clone + PartialEq + 'a>(
    numbered: &mut Vec<Name>,
    names: impl Iterator<Item = &'a Name>,
) {
    for name in names {
        if !numbered.contains(name) {
            numbered.push(name.clone());
        }
    }
}
