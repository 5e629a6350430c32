//! A tenant's state as rows, and back: what snapshots hold and digests are made of.

use std::sync::Arc;

use model::estimate::Waits;
use model::overflow::Answers;
use model::row::{AgentRow, ContactRow, ContactState, ProfileRow, TenantRow};
use model::transition::Place;
use model::work::Work;
use model::{AgentNo, ContactNo, OfferNo, QueueNo, Row, Time};

use super::agents::Agent;
use super::contacts::{Contact, Status};
use super::id_index::Found;
use super::profiles::ProfileKey;
use super::tenant::{Tenant, id_hash};
use super::timers::Timers;

impl Tenant {
    pub fn row(&self) -> TenantRow {
        TenantRow {
            tenant: self.number,
            name: self.name.clone(),
            config: self
                .settings
                .as_ref()
                .map(|settings| (settings.hash.clone(), Arc::clone(&settings.config))),
            skills: self.names.skills.all().to_vec(),
            channels: self.names.channels.all().to_vec(),
            queues: self.names.queues.all().to_vec(),
            sites: self.names.sites.all().to_vec(),
            switched: self.switched().collect(),
            arrivals: self.arrivals,
            offers: self.offers,
            agents: self.agents.len() as u32,
            profiles: self.profiles.len() as u32,
            overflow: self.overflow.as_ref().map_or(Vec::new(), |overflow| overflow.states.clone()),
            answers: self.answers().collect(),
            waits: self.known_waits().collect(),
            work: self.known_work().collect(),
            turns: self.ratios.turns().collect(),
            residence: self.residence.clone(),
            key: self.has_brought_key.then_some(self.key),
        }
    }

    fn answers(&self) -> impl Iterator<Item = (QueueNo, Answers)> {
        let answers = self.overflow.iter().flat_map(|overflow| &overflow.answers);
        answers.filter(|(_, answers)| answers.count > 0).map(|(queue, answers)| (*queue, *answers))
    }

    fn known_waits(&self) -> impl Iterator<Item = (QueueNo, Waits)> {
        let waits = self.overflow.iter().flat_map(|overflow| &overflow.estimates.waits);
        let waits = waits.map(|(queue, history)| (*queue, history.waits()));
        waits.filter(|(_, waits)| !waits.is_empty()).map(|(queue, waits)| (queue, waits.clone()))
    }

    fn known_work(&self) -> impl Iterator<Item = (QueueNo, Work)> {
        let work = self.overflow.iter().flat_map(|overflow| &overflow.work.by_queue);
        work.filter(|(_, work)| !work.is_empty()).map(|(queue, work)| (*queue, work.clone()))
    }

    pub fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        let closed = self.closed.rows().map(Row::Closed);
        let remembered = self.customers.rows().map(|row| Row::Remembered(Box::new(row)));
        self.open_rows().chain(closed).chain(remembered)
    }

    /// All but what is known of contacts that ended.
    pub fn open_rows(&self) -> impl Iterator<Item = Row> + '_ {
        let tenant = std::iter::once(Row::Tenant(Box::new(self.row())));
        let agents = self.agents.iter().map(|agent| Row::Agent(Box::new(self.agent_row(agent))));
        let profiles = self.profiles.iter().map(|(profile, key)| {
            Row::Profile(Box::new(ProfileRow {
                profile,
                queue: key.queue,
                channel: key.channel,
                ageing_per_minute: key.ageing_per_minute,
                requirement: key.requirement.clone(),
                pressure: key.pressure,
                site: key.site,
                preference: key.preference.clone(),
                person: key.person,
            }))
        });
        let mut open: Vec<&Contact> = self.contacts.iter().collect();
        open.sort_unstable_by_key(|contact| contact.number);
        let contacts = open.into_iter().map(|contact| Row::Contact(Box::new(self.contact_row(contact))));
        tenant.chain(agents).chain(profiles).chain(contacts)
    }

    pub fn agent_row(&self, agent: &Agent) -> AgentRow {
        AgentRow {
            agent: agent.number,
            removed: agent.removed,
            spec: Arc::clone(&agent.spec),
            presence: agent.presence.clone(),
            session: agent.session,
            counter: agent.counter,
            idle_since: agent.idle_since,
            available_since: agent.available_since,
            last_offer: agent.last_offer,
            misses: agent.misses,
            deferred: agent.deferred,
            throttle: Some(self.throttle(agent.number)).filter(|throttle| !throttle.is_empty()),
        }
    }

    pub fn contact_row(&self, contact: &Contact) -> ContactRow {
        let aversion = self.contacts.aversion(contact.number.place()).cloned().unwrap_or_default();
        ContactRow {
            contact: contact.number,
            profile: contact.profile,
            points: contact.points,
            arrived_at: contact.arrived_at,
            due_at: self.due_at(contact),
            digest: contact.digest,
            body: Arc::clone(contact.body()),
            state: contact.state().expect("between decisions every contact is somewhere"),
            preferred: contact.preferred(),
            excluded: aversion.excluded.to_vec(),
            kept_from: aversion.kept_from.to_vec(),
            kept_from_until: aversion.kept_from_until,
            entered_at: contact.entered_at,
            step: contact.step,
            known: contact.known,
            pressed: contact.is_pressed,
            to_classify: contact.to_classify,
            overflowed: self.overflowed.get(&contact.number).cloned().map(Box::new),
            schedule: contact.is_scheduled().then(|| self.schedule.state(contact.number)).flatten(),
            estimated: self.estimated(contact.number).copied().map(Box::new),
            unservable: contact.is_said_unservable(),
            interruptions: self.parked.interruptions(contact.number),
            work_since: self.work_since(contact.number),
            handling: self.handling(contact),
            silence: self.silences.of(contact.number),
            linked: self.consults.linked(contact.number),
            handed_over_by: self.hand_overs.get(contact.number).copied(),
        }
    }

    /// Puts a row back that `rows` gave, in the order in which it gave them.
    pub fn load(&mut self, row: Row, timers: &mut Timers) {
        if let Row::Tenant(row) = &row {
            self.residence = row.residence.clone();
            self.has_brought_key = row.key.is_some();
        }
        if self.residence.is_here() {
            return self.load_row(row, timers);
        }
        let mut timers = std::mem::take(&mut self.idle_timers);
        self.load_row(row, &mut timers);
        self.idle_timers = timers;
    }

    fn load_row(&mut self, row: Row, timers: &mut Timers) {
        match row {
            Row::Tenant(row) => self.load_tenant(*row),
            Row::Agent(row) => self.load_agent(*row, timers),
            Row::Profile(row) => {
                let key = ProfileKey {
                    queue: row.queue,
                    channel: row.channel,
                    ageing_per_minute: row.ageing_per_minute,
                    requirement: row.requirement,
                    pressure: row.pressure,
                    site: row.site,
                    preference: row.preference,
                    person: row.person,
                };
                self.open_profile(row.profile, key);
            }
            Row::Contact(row) => self.load_contact(*row, timers),
            Row::Closed(row) => {
                let sequence = self.closed.push(row.id_hash, row.digest, row.closed_at);
                self.ids.insert(row.id_hash, Found::Closed(sequence));
            }
            Row::Remembered(row) => self.customers.load(*row),
        }
    }

    fn load_tenant(&mut self, row: TenantRow) {
        for skill in &row.skills {
            self.names.skills.intern(skill);
        }
        for channel in &row.channels {
            self.names.channels.intern(channel);
        }
        for queue in &row.queues {
            self.names.queues.intern(queue);
        }
        for site in &row.sites {
            self.names.sites.intern(site);
        }
        for (queue, state) in &row.switched {
            self.switch_queue(*queue, *state);
        }
        self.arrivals = row.arrivals;
        self.offers = row.offers;
        if let Some((hash, config)) = row.config {
            self.put_config(hash, config);
        }
        self.ratios.load(row.turns);
        if let Some(overflow) = &mut self.overflow {
            overflow.states = row.overflow;
            overflow.answers.extend(row.answers);
            let histories = row.waits.into_iter().map(|(queue, waits)| (queue, waits.into()));
            overflow.estimates.waits.extend(histories);
            overflow.work.by_queue.extend(row.work);
        }
    }

    fn load_agent(&mut self, row: AgentRow, timers: &mut Timers) {
        let number = self.agents.add(row.spec);
        let agent = &mut self.agents[number];
        agent.removed = row.removed;
        agent.session = row.session;
        agent.counter = row.counter;
        agent.idle_since = row.idle_since;
        agent.available_since = row.available_since;
        agent.last_offer = row.last_offer;
        agent.misses = row.misses;
        agent.deferred = row.deferred;
        agent.set_presence(row.presence);
        if let Some(throttle) = row.throttle {
            self.set_throttle(number, throttle);
        }
        if !row.removed {
            self.enrol(number);
        }
        self.set_agent_timer(number, timers);
    }

    fn load_contact(&mut self, row: ContactRow, timers: &mut Timers) {
        let id_hash = id_hash(&self.key, row.body.contact.as_str());
        if row.body.consult.is_some() {
            self.consults.insert(row.contact, row.linked);
        }
        if let Some(customer) = row.body.known_customer() {
            self.customers.add_open(customer.as_str(), row.contact);
        }
        self.contacts.insert(super::contacts::NewContact {
            number: row.contact,
            profile: row.profile,
            key: self.key_of(row.profile, row.arrived_at, row.points, row.due_at),
            points: row.points,
            arrived_at: row.arrived_at,
            id_hash,
            digest: row.digest,
            has_customer: row.body.known_customer().is_some(),
            body: row.body,
            entered_at: row.entered_at,
            step: row.step,
            is_pressed: row.pressed,
        });
        let place = row.contact.place();
        self.ids.insert(id_hash, Found::Open(place));
        self.profiles.add_contact(row.profile);
        if !row.excluded.is_empty() || !row.kept_from.is_empty() {
            self.contacts.change_aversion(place, |aversion| {
                aversion.excluded.extend(row.excluded);
                aversion.kept_from.extend(row.kept_from);
                aversion.kept_from_until = row.kept_from_until;
            });
        }
        self.contacts.at_mut(place).set_preferred(row.preferred, row.known);
        self.contacts.at_mut(place).to_classify = row.to_classify;
        if let Some(overflowed) = row.overflowed {
            self.contacts.at_mut(place).set_proposal(overflowed.open_proposal().is_some());
            self.overflowed.insert(row.contact, *overflowed);
        }
        if let (Some(overflow), Some(estimated)) = (&mut self.overflow, row.estimated) {
            overflow.estimates.told.insert(row.contact, *estimated);
        }
        if let (Some(overflow), Some(since)) = (&mut self.overflow, row.work_since) {
            overflow.work.begun.insert(row.contact, since);
        }
        if row.schedule.is_some() {
            self.set_schedule(row.contact, row.schedule);
        }
        self.contacts.of_mut(row.contact).set_said_unservable(row.unservable);
        self.parked.load(row.contact, row.interruptions);
        self.handlings.load(row.contact, row.handling);
        self.set_silence(row.contact, row.silence.unwrap_or_default());
        if let Some(agent) = row.handed_over_by {
            self.hand_overs.insert(row.contact, agent);
        }
        match row.state {
            ContactState::Waiting(Place::Queue) => self.wait_in_queue(row.contact),
            ContactState::Waiting(Place::Preferred { agent, until }) => {
                self.wait_for(row.contact, agent, until)
            }
            ContactState::Offered { agent, offer, expires_at } => {
                self.load_held(row.contact, agent, offer, Status::Offered, expires_at);
            }
            ContactState::Active { agent, offer } => {
                self.load_held(row.contact, agent, offer, Status::Active, Time(0));
            }
            ContactState::WrapUp { agent, offer, until } => {
                self.load_held(row.contact, agent, offer, Status::WrapUp, until);
            }
            ContactState::Scheduled => self.put_off(row.contact),
            ContactState::Parked { agent, offer, until } => {
                self.park_with(row.contact, agent, until);
                self.contacts.of_mut(row.contact).offer = offer;
            }
            ContactState::Quiet { agent, offer, until } => {
                self.keep_quiet(row.contact, agent, until);
                self.contacts.of_mut(row.contact).offer = offer;
            }
        }
        self.set_contact_timer(row.contact, timers);
        self.set_servable_timer(timers);
    }

    fn load_held(&mut self, contact: ContactNo, agent: AgentNo, offer: OfferNo, status: Status, until: Time) {
        self.hold(contact, agent);
        let record = self.contacts.of_mut(contact);
        record.status = status;
        record.offer = offer;
        record.until = until;
    }
}
