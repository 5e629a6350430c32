//! A random stream of inputs from a seed, to run two engines side by side.
//!
//! Most inputs make sense, because the generator watches the transitions ([`Generator::observe`]) and answers
//! them: accepts offers, completes contacts, comes back after a break. Some are hostile. It goes through phases,
//! so that queues are long at times and empty at others, and so is the pool of idle agents.
//!
//! The same seed with the same observations gives the same stream. A test that fails prints its seed.

mod consult;
mod hand;
mod memory;
mod ratios;
mod rng;
mod said;
mod throttle;
mod worlds;

use std::collections::VecDeque;
use std::sync::Arc;

use model::input::TenantInput;
use model::{Change, Input, InputBody, Millis, Time, Transition};

use memory::Memory;
use rng::Rng;
use worlds::World;

/// When a run begins, and what clocks show then, in minutes of the day; ages and hours before it are representable.
type Begin = (Time, &'static [(&'static str, u16)]);

const BEGINS: [Begin; 4] = [
    // Noon of a day in 2025.
    (
        Time(1_750_075_200_000),
        &[("UTC", 720), ("Europe/Amsterdam", 840), ("Asia/Kathmandu", 1_065), ("America/New_York", 480)],
    ),
    // Ten minutes before a clock skips an hour, and before it shows one again.
    (Time(1_774_745_400_000), &[("Europe/Amsterdam", 110)]),
    (Time(1_792_889_400_000), &[("Europe/Amsterdam", 170)]),
    // Five minutes before midnight.
    (Time(1_750_118_100_000), &[("UTC", 1_435)]),
];
/// Inputs kept for repeats, among them old ones.
const REPEATABLE: usize = 400;
/// What is due, happens.
const TICK: Input = Input::Tick { until: Time::MAX };

#[derive(Debug)]
pub struct Generator {
    rng: Rng,
    now: Time,
    /// Sequence in the ingest stream.
    position: u64,
    worlds: Vec<World>,
    phase: Phase,
    phase_steps_left: u64,
    /// To be given before anything else, at the same time.
    burst: VecDeque<Input>,
    repeatable: Vec<Input>,
    is_offering: bool,
}

/// What prevails for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Balanced,
    /// More contacts than agents take.
    Flood,
    /// Work is done and little comes in.
    Ebb,
    /// Agents come and go, fall silent, are edited.
    Restless,
    Hostile,
    /// Contacts that keep away from many agents.
    KeepingAway,
    /// Nothing is offered.
    Withheld,
}

const PHASES: [Phase; 9] = [
    Phase::Balanced,
    Phase::Balanced,
    Phase::Flood,
    Phase::Ebb,
    Phase::Ebb,
    Phase::Restless,
    Phase::Hostile,
    Phase::KeepingAway,
    Phase::Withheld,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Create,
    Burst,
    End,
    Update,
    /// An agent deals with what it holds.
    Work,
    Presence,
    Silence,
    Roster,
    Config,
    Switch,
    Hostile,
    Repeat,
    Tick,
    Offering,
    Resume,
}

impl Phase {
    fn weights(self) -> [(Kind, usize); 15] {
        let [
            create,
            burst,
            end,
            update,
            work,
            presence,
            silence,
            roster,
            config,
            switch,
            hostile,
            repeat,
            tick,
            offering,
            resume,
        ] = match self {
            Phase::Balanced => [200, 1, 30, 60, 500, 60, 8, 8, 2, 4, 10, 20, 250, 2, 3],
            Phase::Flood => [500, 10, 20, 60, 200, 20, 4, 8, 1, 4, 5, 10, 150, 1, 1],
            Phase::Ebb => [60, 0, 300, 20, 800, 120, 3, 4, 1, 8, 5, 10, 300, 1, 1],
            Phase::Restless => [150, 1, 20, 60, 250, 400, 120, 80, 10, 20, 10, 20, 250, 5, 5],
            Phase::Hostile => [150, 1, 30, 80, 250, 60, 20, 20, 10, 20, 250, 150, 150, 5, 10],
            Phase::KeepingAway => [450, 8, 10, 30, 150, 60, 5, 5, 1, 2, 5, 10, 250, 1, 1],
            Phase::Withheld => [300, 8, 30, 30, 200, 60, 10, 10, 4, 8, 10, 20, 150, 1, 3],
        };
        [
            (Kind::Create, create),
            (Kind::Burst, burst),
            (Kind::End, end),
            (Kind::Update, update),
            (Kind::Work, work),
            (Kind::Presence, presence),
            (Kind::Silence, silence),
            (Kind::Roster, roster),
            (Kind::Config, config),
            (Kind::Switch, switch),
            (Kind::Hostile, hostile),
            (Kind::Repeat, repeat),
            (Kind::Tick, tick),
            (Kind::Offering, offering),
            (Kind::Resume, resume),
        ]
    }
}

impl Generator {
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let (begin, zones) = rng.one_of(&BEGINS);
        let worlds =
            (0..rng.one_of(&[1, 1, 2, 3])).map(|number| World::new(&mut rng, number, zones)).collect();
        let mut generator = Generator {
            rng,
            now: begin,
            position: 0,
            worlds,
            phase: Phase::Balanced,
            phase_steps_left: 100,
            burst: VecDeque::new(),
            repeatable: Vec::new(),
            is_offering: false,
        };
        generator.begin();
        generator
    }

    /// The next input and its time. `next_timer` and `is_settled` are what the engine says at present.
    pub fn next(&mut self, next_timer: Option<Time>, is_settled: bool) -> (Time, Input) {
        let input = match self.burst.pop_front() {
            Some(input) => input,
            None if !is_settled && self.rng.percent(35) => Input::Offering(true),
            None => self.choose(next_timer),
        };
        if let Input::Offering(offering) = input {
            self.is_offering = offering;
        }
        self.remember(&input);
        (self.now, input)
    }

    /// Nothing happens for so long; the time then.
    pub fn pause(&mut self, lasting: Millis) -> Time {
        self.now += lasting;
        self.now
    }

    /// Watches what was decided.
    pub fn observe(&mut self, _now: Time, transitions: &[Transition]) {
        for transition in transitions {
            if let Change::TenantOpened { name } = &transition.change
                && let Some(at) = self.worlds.iter().position(|world| world.name == *name)
            {
                // Worlds stand in the order of their numbers, as transitions name them.
                let next = transition.tenant.index() - 1;
                self.worlds.swap(at, next);
            }
            if transition.tenant.0 > 0
                && let Some(world) = self.worlds.get_mut(transition.tenant.index() - 1)
            {
                world.memory.observe(&transition.change);
            }
        }
    }

    /// Offering, configurations and rosters, with something out of turn now and then.
    fn begin(&mut self) {
        if self.rng.percent(80) {
            self.burst.push_back(Input::Offering(true));
        }
        for at in 0..self.worlds.len() {
            if self.rng.one_in(4) {
                let create = self.create(at, false);
                self.burst.push_back(create);
            }
            let config = self.worlds[at].config(&mut self.rng);
            // Taken as in force at once, so that the first roster suits it.
            self.worlds[at].memory.config = Some(Arc::clone(&config));
            let apply = self.config_apply(at, config);
            self.burst.push_back(apply);
            for agent in 0..self.worlds[at].roster {
                let spec = self.worlds[at].agent_spec(&mut self.rng, agent);
                let put = self.said(at, InputBody::AgentPut(spec));
                self.burst.push_back(put);
            }
            for agent in 0..self.worlds[at].roster {
                if self.rng.percent(70) {
                    let sign_in = self.sign_in_first(at, agent);
                    self.burst.push_back(sign_in);
                }
            }
        }
    }

    fn choose(&mut self, next_timer: Option<Time>) -> Input {
        if self.phase_steps_left == 0 {
            return self.change_phase();
        }
        self.phase_steps_left -= 1;
        self.pass_time();
        let at = self.rng.below(self.worlds.len());
        let mut kind = self.choose_kind();
        if kind == Kind::Create && self.open_contacts(at) > self.open_contacts_aim(at) {
            kind = if self.rng.percent(60) { Kind::End } else { Kind::Work };
        }
        match kind {
            Kind::Create => self.create(at, self.phase == Phase::KeepingAway),
            Kind::Burst => self.burst_of_contacts(at),
            Kind::End => self.end(at),
            Kind::Update => self.update(at),
            Kind::Work if self.rng.one_in(6) => self.by_hand(at),
            Kind::Work => self.work(at),
            Kind::Presence => self.presence(at),
            Kind::Silence => self.silence(at),
            Kind::Roster => self.roster(at),
            Kind::Config => self.another_config(at),
            Kind::Switch => self.switch(at),
            Kind::Hostile => self.hostile(at),
            Kind::Repeat => self.repeat(),
            Kind::Tick => self.tick(next_timer),
            Kind::Offering => Input::Offering(self.phase != Phase::Withheld && !self.rng.one_in(3)),
            Kind::Resume => Input::Resume { grace: Millis(self.rng.one_of(&[0, 1, 500, 5_000])) },
        }
    }

    fn change_phase(&mut self) -> Input {
        let was_withheld = self.phase == Phase::Withheld;
        self.phase = self.rng.one_of(&PHASES);
        self.phase_steps_left = self.rng.between(40, 400);
        for at in 0..self.worlds.len() {
            if self.worlds[at].is_big && was_withheld {
                self.everybody_available(at);
            }
            if self.worlds[at].is_big && self.phase == Phase::Withheld {
                self.burst_of_contacts(at);
            }
        }
        let offering = Input::Offering(self.phase != Phase::Withheld);
        if was_withheld {
            self.burst.push_back(offering);
            return TICK;
        }
        offering
    }

    fn choose_kind(&mut self) -> Kind {
        let weights = self.phase.weights();
        let mut left = self.rng.below(weights.iter().map(|(_, weight)| weight).sum());
        for (kind, weight) in weights {
            match left.checked_sub(weight) {
                None => return kind,
                Some(less) => left = less,
            }
        }
        Kind::Tick
    }

    fn pass_time(&mut self) {
        let ms = match self.rng.below(5_000) {
            0 => 25 * Millis::HOUR.0,
            1..4 => self.rng.between(60_000, 600_000),
            4..40 => self.rng.between(3_000, 30_000),
            40..500 => self.rng.between(200, 2_000),
            500..2_500 => self.rng.between(1, 200),
            _ => 0,
        };
        self.pause(Millis(ms));
    }

    /// Often exactly when the next timer is due, or a little early or late.
    fn tick(&mut self, next_timer: Option<Time>) -> Input {
        if let Some(due) = next_timer {
            let at = match self.rng.below(10) {
                0 => due - Millis(1),
                1..3 => due + Millis(self.rng.between(1, 3_000)),
                3..5 => self.now,
                _ => due,
            };
            // Far timers are mostly left to the jumps of time, or nobody would answer in time.
            let is_near = at.since(self.now) < Millis(1_000);
            if is_near || self.rng.one_in(6) {
                self.now = self.now.max(at);
            }
        }
        // Sometimes what is due last must wait for inputs that were not read yet.
        let until =
            if self.rng.one_in(4) { self.now - Millis(self.rng.between(0, 1_000)) } else { Time::MAX };
        Input::Tick { until }
    }

    fn burst_of_contacts(&mut self, at: usize) -> Input {
        let is_full = self.open_contacts(at) > self.open_contacts_aim(at);
        let size = match (is_full, self.worlds[at].is_big) {
            (true, _) => 0,
            (false, true) => 800,
            (false, false) => self.rng.between(5, 60).min(2 * self.open_contacts_aim(at) as u64),
        };
        for _ in 0..size {
            let create = self.create(at, self.phase == Phase::KeepingAway);
            self.burst.push_back(create);
        }
        TICK
    }

    fn repeat(&mut self) -> Input {
        self.rng.pick(&self.repeatable).cloned().unwrap_or(TICK)
    }

    fn remember(&mut self, input: &Input) {
        if self.repeatable.len() < REPEATABLE {
            self.repeatable.push(input.clone());
        } else if self.rng.one_in(3) {
            let at = self.rng.below(REPEATABLE);
            self.repeatable[at] = input.clone();
        }
    }

    /// So that queues run empty at times.
    fn open_contacts_aim(&self, at: usize) -> usize {
        let world = &self.worlds[at];
        match self.phase {
            Phase::Ebb => 1,
            Phase::Balanced => world.open_contacts_aim.min(world.roster),
            Phase::Flood | Phase::Restless | Phase::Hostile | Phase::KeepingAway | Phase::Withheld => {
                world.open_contacts_aim
            }
        }
    }

    fn open_contacts(&self, at: usize) -> usize {
        self.memory(at).contacts.len()
    }

    fn memory(&self, at: usize) -> &Memory {
        &self.worlds[at].memory
    }

    /// An input of a tenant's stream: stored just now, or a while ago, or too long ago.
    fn said(&mut self, at: usize, body: InputBody) -> Input {
        self.position += 1;
        let day = Millis(24 * Millis::HOUR.0);
        let (stamp, sent_at) = match self.rng.below(300) {
            0 => (self.now - day - Millis(1), None),
            1 => (self.now - day, None),
            2 => (self.now, Some(self.now - day - Millis(5))),
            3 => (self.now - day - day, Some(self.now)),
            4 => (self.now + Millis(5_000), None),
            5..60 => (self.now - Millis(self.rng.between(0, 3_000)), None),
            60..90 => (self.now, Some(self.now - Millis(self.rng.between(0, 3_000)))),
            _ => (self.now, None),
        };
        let tenant = self.worlds[at].name.clone();
        Input::Tenant(TenantInput { tenant, position: self.position, stamp, sent_at, body })
    }
}
