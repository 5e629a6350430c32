//! The simplest router that can play a day: a list of callers, a list of agents, a scan of both.
//!
//! It knows one contact per agent, ordering by age and points, the longest idle agent, offers with a time-out, and the
//! presences that a played agent uses. It checks what it is told: an input that makes no sense is a fault of the player.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::agent::{AfterDraining, Presence};
use model::config::TenantConfig;
use model::contact::{ContactBody, Outcome};
use model::id::{AgentId, ContactId, OfferNo, QueueId};
use model::input::{AgentAction, AgentInput};
use model::time::Time;
use wissel_workload::{Action, Observation, Plan, Play};

pub struct Router {
    config: TenantConfig,
    agents: BTreeMap<AgentId, Agent>,
    waiting: Vec<Waiting>,
    offers: u64,
    arrivals: u64,
    said: Vec<Observation>,
}

struct Agent {
    skills: BTreeSet<String>,
    presence: Presence,
    idle_since: Time,
    misses: u8,
    session: u64,
    counter: u64,
    has: Option<Has>,
}

struct Has {
    contact: Waiting,
    offer: OfferNo,
    /// Absent once it is accepted.
    expires_at: Option<Time>,
}

#[derive(Clone)]
struct Waiting {
    body: Arc<ContactBody>,
    arrived_at: Time,
    arrival: u64,
}

/// Plays to the end in virtual time.
pub fn play(plan: Plan, seed: u64) -> Play {
    let mut router = Router::new(&plan);
    let mut play = Play::new(plan, seed);
    while let Some(now) = play.next_due().into_iter().chain(router.next_timer()).min() {
        router.tick(now);
        router.tell(now, &mut play);
        while let Some(due) = play.take_one(now) {
            assert_eq!(due.at, now, "nothing is late in virtual time");
            router.handle(now, due.action);
            router.tell(now, &mut play);
        }
    }
    play
}

impl Router {
    fn new(plan: &Plan) -> Router {
        let agent = |spec: &model::AgentSpec| Agent {
            skills: spec.skills.iter().map(|demand| demand.skill.to_string()).collect(),
            presence: Presence::SignedOut,
            idle_since: Time(0),
            misses: 0,
            session: 0,
            counter: 0,
            has: None,
        };
        Router {
            config: plan.config.clone(),
            agents: plan.roster.iter().map(|spec| (spec.agent.clone(), agent(spec))).collect(),
            waiting: Vec::new(),
            offers: 0,
            arrivals: 0,
            said: Vec::new(),
        }
    }

    fn tell(&mut self, now: Time, play: &mut Play) {
        for observation in self.said.drain(..) {
            play.observe(now, observation);
        }
    }

    fn next_timer(&self) -> Option<Time> {
        self.agents.values().filter_map(|agent| agent.has.as_ref()?.expires_at).min()
    }

    fn tick(&mut self, now: Time) {
        let is_over =
            |agent: &Agent| agent.has.as_ref().and_then(|has| has.expires_at).is_some_and(|at| at <= now);
        let over: Vec<AgentId> =
            self.agents.iter().filter(|(_, agent)| is_over(agent)).map(|(name, _)| name.clone()).collect();
        for name in over {
            let retries = self.config.rona.retries;
            let set_aside = Presence::Aux(self.config.rona.aux.clone());
            self.take_back(&name);
            let agent = self.agent(&name);
            agent.misses += 1;
            if agent.misses > retries && agent.presence == Presence::Available {
                agent.misses = 0;
                self.set(&name, set_aside);
            }
            self.match_all(now);
        }
    }

    fn handle(&mut self, now: Time, action: Action) {
        match action {
            Action::Create { body } => {
                self.arrivals += 1;
                self.said.push(Observation::Queued { contact: body.contact.clone() });
                self.waiting.push(Waiting { body, arrived_at: now, arrival: self.arrivals });
            }
            Action::End { contact, .. } => self.hang_up(contact),
            Action::Agent(input) => self.agent_input(now, input),
            Action::Answer { .. } | Action::Quiet { .. } => panic!("no caller of the day does that"),
        }
        self.match_all(now);
    }

    fn hang_up(&mut self, contact: ContactId) {
        let offered =
            |agent: &Agent| agent.has.as_ref().is_some_and(|has| has.contact.body.contact == contact);
        if let Some(name) = self.agents.iter().find(|(_, agent)| offered(agent)).map(|(name, _)| name.clone())
        {
            self.take_back(&name);
            self.drained(&name);
        }
        let at = self.waiting.iter().position(|waiting| waiting.body.contact == contact);
        self.waiting.remove(at.expect("only a waiting caller hangs up"));
        self.said.push(Observation::Closed { contact, agent: None, outcome: Outcome::Abandoned });
    }

    fn agent_input(&mut self, now: Time, input: AgentInput) {
        let name = input.agent;
        let agent = self.agent(&name);
        if matches!(input.action, AgentAction::SignIn { .. }) {
            assert!(input.session > agent.session, "each sign-in is a new session");
            agent.session = input.session;
            agent.counter = 0;
            agent.idle_since = now;
        }
        assert_eq!(
            (input.session, input.counter),
            (agent.session, agent.counter + 1),
            "{name} counts its inputs"
        );
        agent.counter = input.counter;
        match input.action {
            AgentAction::SignIn { .. } | AgentAction::Available => self.set(&name, Presence::Available),
            AgentAction::Drain { then } => {
                if agent.has.as_ref().is_some_and(|has| has.expires_at.is_some()) {
                    self.take_back(&name);
                }
                self.set(&name, Presence::Draining { then });
                self.drained(&name);
            }
            AgentAction::Accept { contact, offer } => {
                let has = agent.has.as_mut().expect("it has the offer");
                assert_eq!((&has.contact.body.contact, has.offer), (&contact, offer));
                has.expires_at = None;
                agent.misses = 0;
                self.said.push(Observation::Accepted { agent: name, contact, offer });
            }
            AgentAction::Decline { .. } => {
                self.take_back(&name);
                self.drained(&name);
            }
            AgentAction::Complete { contact } => {
                let has = agent.has.take().expect("it holds a contact");
                assert!(has.expires_at.is_none() && has.contact.body.contact == contact);
                agent.idle_since = now;
                let outcome = Outcome::Completed;
                self.said.push(Observation::Closed { contact, agent: Some(name.clone()), outcome });
                self.drained(&name);
            }
            AgentAction::Pull { .. }
            | AgentAction::SignOut
            | AgentAction::Aux { .. }
            | AgentAction::NotReached { .. }
            | AgentAction::WrapUpDone { .. }
            | AgentAction::Transfer { .. }
            | AgentAction::Requeue { .. }
            | AgentAction::Consult(_)
            | AgentAction::StillWorking { .. }
            | AgentAction::Quiet { .. } => panic!("no played agent does that"),
        }
    }

    fn take_back(&mut self, name: &AgentId) {
        let has = self.agent(name).has.take().expect("it has an offer");
        let (contact, offer) = (has.contact.body.contact.clone(), has.offer);
        self.waiting.push(has.contact);
        self.said.push(Observation::OfferEnded { agent: name.clone(), contact, offer });
    }

    fn drained(&mut self, name: &AgentId) {
        let agent = self.agent(name);
        if let (Presence::Draining { then }, None) = (agent.presence.clone(), &agent.has) {
            let next = match then {
                AfterDraining::SignOut => Presence::SignedOut,
                AfterDraining::Aux(reason) => Presence::Aux(reason),
            };
            self.set(name, next);
        }
    }

    fn set(&mut self, name: &AgentId, presence: Presence) {
        let agent = self.agent(name);
        agent.presence = presence.clone();
        self.said.push(Observation::Presence { agent: name.clone(), presence });
    }

    fn match_all(&mut self, now: Time) {
        // Age in milliseconds ahead of the ground's order: points are seconds of it.
        self.waiting.sort_by_key(|waiting| {
            let head_start = i64::from(waiting.body.points) * 1000;
            (waiting.arrived_at.0 as i64 - head_start, waiting.arrived_at, waiting.arrival)
        });
        let mut at = 0;
        while at < self.waiting.len() {
            let queue = queue_of(&self.waiting[at].body).clone();
            let is_free = |agent: &Agent| {
                agent.presence == Presence::Available
                    && agent.has.is_none()
                    && agent.skills.contains(queue.as_str())
            };
            let free = self.agents.iter().filter(|(_, agent)| is_free(agent));
            match free.min_by_key(|(_, agent)| agent.idle_since).map(|(name, _)| name.clone()) {
                Some(name) => self.offer(now, at, name),
                None => at += 1,
            }
        }
    }

    fn offer(&mut self, now: Time, at: usize, name: AgentId) {
        let waiting = self.waiting.remove(at);
        self.offers += 1;
        let queue = self.config.queue(queue_of(&waiting.body)).expect("the plan's own queue");
        let (offer, expires_at) = (OfferNo(self.offers), now + queue.offer_timeout);
        let contact = waiting.body.contact.clone();
        self.said.push(Observation::Offered { agent: name.clone(), contact, offer, expires_at });
        self.agent(&name).has = Some(Has { contact: waiting, offer, expires_at: Some(expires_at) });
    }

    fn agent(&mut self, name: &AgentId) -> &mut Agent {
        self.agents.get_mut(name).expect("the plan's own agent")
    }
}

fn queue_of(body: &ContactBody) -> &QueueId {
    body.queue.as_ref().expect("the plan's contacts name their queues")
}
