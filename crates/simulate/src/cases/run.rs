//! One queueing system through the engine: time jumps from event to event, and only what the engine needs is made for a contact.
//!
//! The engine decides who gets whom; this side lets customers come, give up and be served, and counts. What was decided is read in
//! numbers, before anything gets a name.

use std::fmt;
use std::sync::Arc;

use engine::{Decisions, Engine};
use model::contact::{ContactBody, Outcome};
use model::input::{AgentAction, AgentInput, EndedBy, TenantInput};
use model::overflow::LOOK_EVERY;
use model::{AgentId, Change, ContactId, Input, InputBody, Millis, TenantId, Time};
use workload::system::{Calendar, Desk, Second, Setup, System, Traffic};

use super::sums::{Level, Sums};

/// Keys the hash of ids, which decides nothing.
const KEY: [u8; 16] = [0; 16];
/// The first session and sign-ins; arrivals follow.
const BEGIN: Time = Time(1);
/// To which nobody comes by themselves, where the setup says whence they come.
const SECOND: u32 = 1;
/// Of contacts that arrived before or after those that are counted.
const UNCOUNTED: u32 = u32::MAX;

/// How long is played.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Horizon {
    /// `warm_up` arrivals that are not counted, then `parts` times `each`.
    Steady { warm_up: u64, parts: u32, each: u64 },
    /// So many days that begin empty, each with arrivals for so long.
    Days { open: Millis, days: u32 },
}

#[derive(Debug, Clone)]
pub struct Played {
    /// One for each part or day.
    pub parts: Vec<Sums>,
    pub inputs: u64,
    pub wait_max: Millis,
}

/// Why nothing came of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The engine refused an input, or did what the setup has no place for: a mistake of this crate.
    Unexpected(String),
    /// So many contacts were not done after as many more arrivals as were counted.
    Unfinished(u64),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Unexpected(what) => write!(f, "the engine did what nobody expects: {what}"),
            Failure::Unfinished(count) => {
                write!(
                    f,
                    "{count} contacts were still there after as many more had come; is there more work than can be done?"
                )
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Arrival(u32),
    GaveUp {
        place: u32,
        serial: u64,
    },
    Done {
        place: u32,
        serial: u64,
    },
    /// Something that this agent holds, if nothing began or ended there since.
    DeskDone {
        agent: u32,
        turn: u64,
    },
    /// No more arrivals on this day.
    Close,
}

#[derive(Debug, Clone)]
struct Open {
    id: ContactId,
    class: u32,
    part: u32,
    /// The count of its arrival, so that an event for whoever was in this place before is known.
    serial: u64,
    arrived: Time,
    began: Time,
    agent: u32,
    is_waiting: bool,
    has_queued: bool,
    patience: Option<Millis>,
    deadline: Option<Time>,
}

#[derive(Debug, Clone)]
struct Agent {
    id: AgentId,
    group: usize,
    counter: u64,
    held: u32,
    desk: Desk,
    turn: u64,
}

/// Plays the system; `keep_waits` where quantiles are asked for.
pub fn play(
    setup: &Setup,
    system: &System,
    horizon: Horizon,
    seed: u64,
    keep_waits: bool,
) -> Result<Played, Failure> {
    let mut stage = Stage::new(setup, system, horizon, seed, keep_waits)?;
    match horizon {
        Horizon::Steady { .. } => stage.play_steady()?,
        Horizon::Days { open, days } => {
            for day in 0..days {
                stage.play_day(open, day)?;
            }
        }
    }
    Ok(Played { parts: stage.parts, inputs: stage.inputs, wait_max: stage.wait_max })
}

struct Stage<'a> {
    setup: &'a Setup,
    system: &'a System,
    horizon: Horizon,
    keep_waits: bool,
    engine: Engine,
    decisions: Decisions,
    tenant: TenantId,
    inputs: u64,
    calendar: Calendar<What>,
    traffic: Traffic,
    /// A contact of each class, but for its name and its deadline.
    bodies: Vec<ContactBody>,
    target: Millis,
    /// By place; the last one who was there stays until the next comes.
    open: Vec<Option<Open>>,
    agents: Vec<Agent>,
    queue: Vec<Level>,
    busy: Vec<Vec<Level>>,
    idle: Level,
    /// Contacts that were made, whoever made them.
    made: u64,
    /// Who came by themselves, and of those who are counted how many are not done.
    arrivals: u64,
    counted_open: u64,
    /// Who is about to come.
    coming: Option<u32>,
    /// To which whoever comes is counted, and to which areas are.
    part: u32,
    area_part: u32,
    area_since: Time,
    parts: Vec<Sums>,
    wait_max: Millis,
    is_closed: bool,
    /// Of work without end, how many more are due.
    missing: u32,
}

impl<'a> Stage<'a> {
    fn new(
        setup: &'a Setup,
        system: &'a System,
        horizon: Horizon,
        seed: u64,
        keep_waits: bool,
    ) -> Result<Stage<'a>, Failure> {
        let count = match horizon {
            Horizon::Steady { parts, .. } => parts,
            Horizon::Days { days, .. } => days,
        };
        let (classes, groups) = (setup.classes.len(), setup.groups.len());
        let agents = system.roster.iter().zip(&system.group_of).map(|(spec, group)| Agent {
            id: spec.agent.clone(),
            group: *group,
            counter: 0,
            held: 0,
            desk: Desk::default(),
            turn: 0,
        });
        let agents: Vec<Agent> = agents.collect();
        let mut stage = Stage {
            setup,
            system,
            horizon,
            keep_waits,
            engine: Engine::new(KEY),
            decisions: Decisions::default(),
            tenant: TenantId::new("system").expect("the name is an id"),
            inputs: 0,
            calendar: Calendar::default(),
            traffic: Traffic::new(setup, system.unit_ms, seed),
            bodies: (0..classes).map(|class| body(system, class)).collect(),
            target: Millis((setup.target * system.unit_ms).round() as u64),
            open: Vec::new(),
            queue: vec![Level::new(0, BEGIN); classes],
            busy: vec![vec![Level::new(0, BEGIN); classes]; groups],
            idle: Level::new(agents.len() as u32, BEGIN),
            agents,
            made: 0,
            arrivals: 0,
            counted_open: 0,
            coming: None,
            part: UNCOUNTED,
            area_part: UNCOUNTED,
            area_since: BEGIN,
            parts: vec![Sums::new(classes, groups); count as usize],
            wait_max: Millis::ZERO,
            is_closed: false,
            missing: u32::from(setup.second == Some(Second::Endless)),
        };
        stage.open_for_work()?;
        Ok(stage)
    }

    fn open_for_work(&mut self) -> Result<(), Failure> {
        self.engine.handle(BEGIN, Input::Offering(true), &mut self.decisions);
        let config = Arc::new(self.system.config.clone());
        self.say(BEGIN, InputBody::ConfigApply { hash: String::new(), config })?;
        for spec in &self.system.roster {
            self.say(BEGIN, InputBody::AgentPut(Arc::new(spec.clone())))?;
        }
        while !self.engine.is_settled() {
            self.engine.handle(BEGIN, Input::Offering(true), &mut self.decisions);
        }
        (0..self.agents.len()).try_for_each(|agent| self.act(BEGIN, agent, AgentAction::SignIn { aux: None }))
    }

    fn play_steady(&mut self) -> Result<(), Failure> {
        let Horizon::Steady { warm_up, parts, each } = self.horizon else { return Ok(()) };
        self.begin_arrivals(BEGIN);
        let counted = each * u64::from(parts);
        let last = warm_up + counted;
        while let Some(now) = self.step()? {
            if let Some(class) = self.coming.take() {
                // A part begins with its first arrival.
                let at = self.arrivals;
                if at >= warm_up && at <= last && (at - warm_up).is_multiple_of(each) {
                    self.part = if at == last { UNCOUNTED } else { ((at - warm_up) / each) as u32 };
                    self.turn_areas(now, self.part);
                }
                if at >= last {
                    if self.counted_open == 0 {
                        return Ok(());
                    }
                    if at >= last + counted {
                        return Err(Failure::Unfinished(self.counted_open));
                    }
                }
                self.arrive(now, class)?;
            }
            while self.missing > 0 {
                self.missing -= 1;
                self.make(now, SECOND, UNCOUNTED)?;
            }
        }
        Ok(())
    }

    fn play_day(&mut self, open: Millis, day: u32) -> Result<(), Failure> {
        // A day begins a moment after the last contact of the one before.
        let begin = self.area_since + Millis(1);
        self.is_closed = false;
        self.part = day;
        self.turn_areas(begin, day);
        self.parts[day as usize].days = 1;
        self.calendar.insert(begin + open, What::Close);
        self.begin_arrivals(begin);
        let mut end = begin;
        while let Some(now) = self.step()? {
            end = now;
            if let Some(class) = self.coming.take() {
                self.arrive(now, class)?;
            }
        }
        self.turn_areas(end, UNCOUNTED);
        Ok(())
    }

    fn begin_arrivals(&mut self, now: Time) {
        for class in (0..self.setup.classes.len()).filter(|class| self.setup.comes(*class)) {
            let at = now + self.traffic.gap(class);
            self.calendar.insert(at, What::Arrival(class as u32));
        }
    }

    /// What is next; who arrives with it stands in `coming`. Nothing when nothing is left.
    fn step(&mut self) -> Result<Option<Time>, Failure> {
        let next = self.calendar.next();
        if let Some(timer) = self.engine.next_timer()
            && next.is_none_or(|next| timer <= next)
        {
            // Where nothing else is left, a timer matters to nobody who waits.
            if next.is_none() && self.queue.iter().all(|queue| queue.value == 0) {
                return Ok(None);
            }
            self.engine.handle(timer, Input::Tick { until: timer }, &mut self.decisions);
            self.follow(timer)?;
            return Ok(Some(timer));
        }
        let Some((now, what)) = self.calendar.take() else { return Ok(None) };
        match what {
            What::Arrival(class) => {
                if !self.is_closed {
                    let at = now + self.traffic.gap(class as usize);
                    self.calendar.insert(at, What::Arrival(class));
                    self.coming = Some(class);
                }
            }
            What::GaveUp { place, serial } => {
                if let Some(open) = self.who(place, serial).filter(|open| open.is_waiting) {
                    let contact = open.id.clone();
                    self.say(now, InputBody::ContactEnd { contact, by: EndedBy::Customer })?;
                }
            }
            What::Done { place, serial } => {
                if let Some(open) = self.who(place, serial) {
                    let (contact, agent) = (open.id.clone(), open.agent as usize);
                    self.act(now, agent, AgentAction::Complete { contact })?;
                }
            }
            What::DeskDone { agent, turn } => {
                let own = &mut self.agents[agent as usize];
                if own.turn == turn {
                    let speed = self.setup.groups[own.group].speed.as_deref().unwrap_or_default();
                    if let Some(place) = own.desk.finish(now, speed) {
                        let contact = self.open[place as usize].as_ref().map(|open| open.id.clone());
                        let contact = contact.ok_or_else(|| unexpected("nobody is in this place"))?;
                        self.act(now, agent as usize, AgentAction::Complete { contact })?;
                        self.plan_desk(agent as usize);
                    }
                }
            }
            What::Close => {
                self.is_closed = true;
                // What becomes of those who came is counted with them; areas are those of the open day.
                self.turn_areas(now, UNCOUNTED);
            }
        }
        Ok(Some(now))
    }

    fn who(&self, place: u32, serial: u64) -> Option<&Open> {
        self.open.get(place as usize)?.as_ref().filter(|open| open.serial == serial)
    }

    /// Areas up to now belong to the part that ends.
    fn turn_areas(&mut self, now: Time, part: u32) {
        let mut nobodys = Sums::new(self.queue.len(), self.busy.len());
        let sums = self.parts.get_mut(self.area_part as usize).unwrap_or(&mut nobodys);
        sums.span_ms += now.since(self.area_since).0;
        sums.idle_area += self.idle.take_area(now);
        for (class, level) in self.queue.iter_mut().enumerate() {
            sums.queue_area[class] += level.take_area(now);
        }
        for (group, levels) in self.busy.iter_mut().enumerate() {
            for (class, level) in levels.iter_mut().enumerate() {
                sums.busy_area[group][class] += level.take_area(now);
            }
        }
        self.area_part = part;
        self.area_since = now;
    }

    fn arrive(&mut self, now: Time, class: u32) -> Result<(), Failure> {
        self.arrivals += 1;
        let told = self.make(now, class, self.part)?;
        if let (Some(Second::Callbacks { threshold, share }), Some((place, position))) =
            (self.setup.second, told)
            && position > threshold
            && self.traffic.agrees(share)
        {
            // The line is left and the call-back asked for in one breath.
            let contact = self.open_at(place).id.clone();
            self.say(now, InputBody::ContactEnd { contact, by: EndedBy::Organisation })?;
            self.make(now, SECOND, self.part)?;
        }
        Ok(())
    }

    /// A contact of the class. If it waits and was told its position, that comes back, with its place.
    fn make(&mut self, now: Time, class: u32, part: u32) -> Result<Option<(u32, u32)>, Failure> {
        let drawn = self.traffic.customer(class as usize);
        let id = contact_id(self.made);
        self.made += 1;
        let deadline = drawn.deadline.map(|deadline| now + deadline);
        let due_at = deadline.filter(|_| self.system.has_due);
        let body = ContactBody { contact: id.clone(), due_at, ..self.bodies[class as usize].clone() };
        let open = Open {
            id,
            class,
            part,
            serial: 0,
            arrived: now,
            began: now,
            agent: 0,
            is_waiting: false,
            has_queued: false,
            patience: drawn.patience,
            deadline,
        };
        if let Some(part) = self.parts.get_mut(open.part as usize) {
            part.classes[class as usize].arrivals += 1;
            self.counted_open += 1;
        }
        // Ids are unique, so no digest has to tell two bodies apart.
        self.handle(now, InputBody::ContactCreate { body: Arc::new(body), digest: 0 });
        self.follow_with(now, Some(open))
    }

    fn act(&mut self, now: Time, agent: usize, action: AgentAction) -> Result<(), Failure> {
        let own = &mut self.agents[agent];
        own.counter += 1;
        let input = AgentInput { agent: own.id.clone(), session: 1, counter: own.counter, action };
        self.say(now, InputBody::Agent(input))
    }

    fn say(&mut self, now: Time, body: InputBody) -> Result<(), Failure> {
        self.handle(now, body);
        self.follow(now)
    }

    fn handle(&mut self, now: Time, body: InputBody) {
        self.inputs += 1;
        let (tenant, position) = (self.tenant.clone(), self.inputs);
        let input = TenantInput { tenant, position, stamp: now, sent_at: None, body };
        self.engine.handle(now, Input::Tenant(input), &mut self.decisions);
    }

    fn follow(&mut self, now: Time) -> Result<(), Failure> {
        self.follow_with(now, None).map(|_| ())
    }

    /// Does what was decided. `arriving` is whoever comes by it; its place and the position that it was told come back.
    fn follow_with(&mut self, now: Time, mut arriving: Option<Open>) -> Result<Option<(u32, u32)>, Failure> {
        let (mut arrived, mut told) = (None, None);
        self.decisions.told.clear();
        let mut decided = std::mem::take(&mut self.decisions.transitions);
        for transition in decided.drain(..) {
            let change = transition.change;
            if let Change::ContactArrived { contact, .. } = change {
                let mut open =
                    arriving.take().ok_or_else(|| unexpected("a contact arrived that nobody sent"))?;
                open.serial = contact.arrival_count();
                let place = contact.place() as usize;
                if place >= self.open.len() {
                    self.open.resize(place + 1, None);
                }
                self.open[place] = Some(open);
                arrived = Some(contact);
            } else if let Change::ContactQueued { contact, .. } = change {
                self.queued(now, contact.place());
            } else if let Change::Offered { contact, agent, .. } = change {
                self.open_at(contact.place()).agent = agent.0;
            } else if let Change::Accepted { contact } = change {
                self.begin(now, contact.place())?;
            } else if let Change::ContactClosed { contact, outcome } = change {
                self.end(now, contact.place(), outcome)?;
            } else if let Change::ContactEstimated { contact, outlook } = change {
                told = (arrived == Some(contact)).then_some((contact.place(), outlook.position)).or(told);
            } else if let Change::Refused(refused) = change {
                return Err(unexpected(&format!("{:?}: {}", refused.reason, refused.detail)));
            }
        }
        self.decisions.transitions = decided;
        Ok(told)
    }

    fn open_at(&mut self, place: u32) -> &mut Open {
        self.open[place as usize].as_mut().expect("decided of a contact that arrived")
    }

    fn queued(&mut self, now: Time, place: u32) {
        let open = self.open_at(place);
        if std::mem::replace(&mut open.is_waiting, true) {
            return;
        }
        open.has_queued = true;
        let (class, serial, until) =
            (open.class as usize, open.serial, open.patience.map(|own| open.arrived + own));
        self.queue[class].change(now, 1);
        if let Some(until) = until {
            self.calendar.insert(until, What::GaveUp { place, serial });
        }
    }

    fn begin(&mut self, now: Time, place: u32) -> Result<(), Failure> {
        let open = self.open[place as usize].as_mut().expect("decided of a contact that arrived");
        let (class, at, serial) = (open.class as usize, open.agent as usize, open.serial);
        let wait = now.since(open.arrived);
        // Of work without end it counts what is begun.
        let is_endless = class == SECOND as usize && self.setup.second == Some(Second::Endless);
        let part = if is_endless { self.part } else { open.part } as usize;
        let has_waited = std::mem::replace(&mut open.is_waiting, false);
        open.began = now;
        let is_late = open.deadline.is_some_and(|deadline| now > deadline);
        let has_queued = open.has_queued && !(self.system.wanted[class].is_looked_for && wait <= LOOK_EVERY);
        if has_waited {
            self.queue[class].change(now, -1);
            self.wait_max = self.wait_max.max(wait);
        }
        self.missing += u32::from(is_endless);
        let group = self.agents[at].group;
        if let Some(sums) = self.parts.get_mut(part) {
            let own = &mut sums.classes[class];
            own.served += 1;
            own.waited += u64::from(has_queued);
            own.wait_ms += wait.0;
            own.wait_served_ms += wait.0;
            own.served_within += u64::from(wait <= self.target);
            own.late += u64::from(is_late);
            own.by_group[group] += 1;
            if self.keep_waits {
                sums.waits_ms.push(wait.0);
            }
        }
        self.busy[group][class].change(now, 1);
        let work = self.traffic.service(class, group);
        let work = work.ok_or_else(|| unexpected(&format!("group {group} got one of class {class}")))?;
        let agent = &mut self.agents[at];
        agent.held += 1;
        if agent.held == 1 {
            self.idle.change(now, -1);
        }
        match self.setup.groups[group].speed.as_deref() {
            None => self.calendar.insert(now + work, What::Done { place, serial }),
            Some(speed) => {
                agent.desk.begin(now, place, work.0 as f64, speed);
                self.plan_desk(at);
            }
        }
        Ok(())
    }

    /// Whatever was planned for the agent is void from here on.
    fn plan_desk(&mut self, at: usize) {
        let agent = &mut self.agents[at];
        agent.turn += 1;
        let speed = self.setup.groups[agent.group].speed.as_deref().unwrap_or_default();
        if let Some(due) = agent.desk.next_done(speed) {
            self.calendar.insert(due, What::DeskDone { agent: at as u32, turn: agent.turn });
        }
    }

    fn end(&mut self, now: Time, place: u32, outcome: Outcome) -> Result<(), Failure> {
        let open = self.open[place as usize].take().ok_or_else(|| unexpected("a contact ended twice"))?;
        let (class, wait) = (open.class as usize, now.since(open.arrived));
        let part = self.parts.get_mut(open.part as usize);
        self.counted_open -= u64::from(part.is_some());
        match outcome {
            Outcome::Completed => {
                let agent = &mut self.agents[open.agent as usize];
                agent.held -= 1;
                if agent.held == 0 {
                    self.idle.change(now, 1);
                }
                self.busy[agent.group][class].change(now, -1);
                if let Some(sums) = part {
                    sums.classes[class].service_ms += now.since(open.began).0;
                }
            }
            Outcome::Abandoned => {
                self.queue[class].change(now, -1);
                self.wait_max = self.wait_max.max(wait);
                if let Some(sums) = part {
                    let own = &mut sums.classes[class];
                    own.abandoned += 1;
                    own.waited += 1;
                    own.wait_ms += wait.0;
                    own.abandoned_within += u64::from(wait <= self.target);
                    if self.keep_waits {
                        sums.waits_ms.push(wait.0);
                    }
                }
            }
            Outcome::Blocked => {
                if let Some(sums) = part {
                    sums.classes[class].blocked += 1;
                }
            }
            // Wants to be called back, and so is not one of this class any more.
            Outcome::Cancelled if self.setup.second.is_some() => {
                self.queue[class].change(now, -1);
                if let Some(sums) = part {
                    sums.classes[class].blocked += 1;
                }
            }
            Outcome::Cancelled | Outcome::TimedOut | Outcome::TurnedAway | Outcome::NotReached => {
                return Err(unexpected(&format!("a contact ended as {}", outcome.name())));
            }
        }
        Ok(())
    }
}

fn unexpected(what: &str) -> Failure {
    Failure::Unexpected(what.to_owned())
}

fn body(system: &System, class: usize) -> ContactBody {
    let wanted = &system.wanted[class];
    ContactBody {
        contact: contact_id(0),
        channel: system.channel.clone(),
        queue: Some(wanted.queue.clone()),
        customer: None,
        matter: None,
        skills: wanted.skills.clone(),
        site: None,
        person: false,
        points: wanted.points,
        due_at: None,
        arrived_at: None,
        preferred_agent: None,
        preferred_patience: None,
        excluded_agents: Vec::new(),
        attributes: Default::default(),
        window: None,
        reachable: Vec::new(),
        traceparent: None,
        classified: None,
        consult: None,
    }
}

/// The number in hexadecimal, as short as it can be: every digit is checked and hashed.
fn contact_id(number: u64) -> ContactId {
    let mut text = [b'0'; 16];
    let digits = (16 - number.leading_zeros() / 4).max(1) as usize;
    let text = &mut text[..digits];
    for (at, digit) in text.iter_mut().rev().enumerate() {
        *digit = b"0123456789abcdef"[(number >> (4 * at)) as usize & 15];
    }
    let text = std::str::from_utf8(text).expect("hexadecimal digits are text");
    ContactId::new(text).expect("hexadecimal digits are an id")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_numbers_in_hexadecimal() {
        for number in [0, 9, 15, 16, 255, 4096, 1 << 40, u64::MAX] {
            assert_eq!(contact_id(number).as_str(), format!("{number:x}"));
        }
    }
}
