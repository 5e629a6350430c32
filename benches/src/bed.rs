//! A busy tenant: the world of `workload`, signed in, with contacts in hands and in queues.
//!
//! The bed keeps what a load would know (who holds what, what waits) outside of the operations that are timed.

use std::hash::BuildHasher;
use std::sync::Arc;

use engine::{Decisions, Engine};
use model::input::{AgentAction, AgentInput, EndedBy, InputBody, TenantInput};
use model::{
    AgentId, AgentNo, Change, ContactBody, ContactId, ContactNo, Input, OfferNo, TenantConfig, TenantId, Time,
};
use workload::Rng;
use workload::world::{Wanted, World, WorldOptions};

/// What decides: the engine or its twin.
pub trait Router {
    fn decide(&mut self, now: Time, input: Input, decisions: &mut Decisions);
    fn is_settled(&self) -> bool;
}

impl Router for Engine {
    #[inline]
    fn decide(&mut self, now: Time, input: Input, decisions: &mut Decisions) {
        self.handle(now, input, decisions);
    }

    fn is_settled(&self) -> bool {
        Engine::is_settled(self)
    }
}

impl Router for engine::twin::Twin {
    fn decide(&mut self, now: Time, input: Input, decisions: &mut Decisions) {
        self.handle(now, input, &mut decisions.transitions);
    }

    fn is_settled(&self) -> bool {
        engine::twin::Twin::is_settled(self)
    }
}

#[derive(Debug)]
pub struct Bed<R> {
    pub router: R,
    world: World,
    pub rng: Rng,
    pub now: Time,
    tenant: TenantId,
    agents: Vec<AgentId>,
    /// Each agent's session, and what it said in that.
    sessions: Vec<(u64, u64)>,
    position: u64,
    created: u64,
    /// By place: the open contact there.
    open: Vec<Option<Open>>,
    /// Places of contacts in hands, and of those that wait.
    active: Vec<u32>,
    waiting: Vec<u32>,
    pub decisions: Decisions,
}

#[derive(Debug, Clone)]
struct Open {
    id: ContactId,
    wanted: Wanted,
    agent: Option<AgentNo>,
    /// Where it stands in `active` or `waiting`.
    at: usize,
}

/// What an arrival led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrived {
    Offered,
    Queued,
}

/// How large an input is: as measured by `cargo bench`, or small under `cargo test`, which only sees that it runs.
pub fn size(measured: usize, tested: usize) -> usize {
    if std::env::args().any(|argument| argument == "--bench") { measured } else { tested }
}

pub const KEY: [u8; 16] = *b"a key of a bench";

/// The same id as an input brings it: in memory of its own.
fn decoded(id: &ContactId) -> ContactId {
    ContactId::new(id.as_str()).expect("the copy of an id is one")
}

impl<R: Router> Bed<R> {
    pub fn new(router: R, options: WorldOptions) -> Bed<R> {
        let world = World::new(options);
        let config = Arc::new(world.config());
        let roster = world.roster();
        let mut bed = Bed {
            router,
            world,
            rng: Rng::new(7),
            now: Time(1_700_000_000_000),
            tenant: TenantId::new("bench").expect("a valid id"),
            agents: roster.iter().map(|spec| spec.agent.clone()).collect(),
            sessions: vec![(0, 0); roster.len()],
            position: 0,
            created: 0,
            open: vec![],
            active: vec![],
            waiting: vec![],
            decisions: Decisions::default(),
        };
        bed.decide(InputBody::ConfigApply { hash: "bench".to_owned(), config });
        for spec in roster {
            bed.decide(InputBody::AgentPut(Arc::new(spec)));
        }
        for agent in 0..bed.agents.len() {
            let sign_in = bed.agent_input(agent, AgentAction::SignIn { aux: None });
            bed.decide(sign_in);
        }
        bed.settle();
        bed
    }

    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub fn active(&self) -> usize {
        self.active.len()
    }

    /// The configuration in force, as long as no other was applied.
    pub fn config(&self) -> TenantConfig {
        self.world.config()
    }

    /// Adds contacts until so many wait.
    pub fn fill_until_waiting(&mut self, waiting: usize) {
        while self.waiting.len() < waiting {
            let wanted = self.world.draw();
            self.arrive(wanted, |bed, input| bed.decide_input(input));
        }
    }

    /// A drawn contact.
    pub fn draw(&mut self) -> Wanted {
        self.world.draw()
    }

    /// A new contact arrives; `timed` runs the decision.
    pub fn arrive(&mut self, wanted: Wanted, timed: impl FnOnce(&mut Bed<R>, Input)) -> Arrived {
        self.arrive_as(wanted, |_| {}, timed)
    }

    /// The same for one of which more is said.
    pub fn arrive_as(
        &mut self,
        wanted: Wanted,
        say: impl FnOnce(&mut ContactBody),
        timed: impl FnOnce(&mut Bed<R>, Input),
    ) -> Arrived {
        let input = self.arrival(wanted, say);
        self.take(input, timed, wanted)
    }

    /// A random contact in hands, by its place: what it asked for, and who has it.
    pub fn in_hands(&mut self) -> (u32, Wanted, AgentId) {
        let place = self.active[self.rng.below(self.active.len() as u64) as usize];
        let (wanted, agent) = self.holder(place);
        (place, wanted, agent)
    }

    /// The place of the contact that was taken last.
    pub fn taken_last(&self) -> u32 {
        *self.active.last().expect("something is in hands")
    }

    fn holder(&self, place: u32) -> (Wanted, AgentId) {
        let open = self.open[place as usize].as_ref().expect("a contact in hands is open");
        let agent = open.agent.expect("a contact in hands has an agent");
        (open.wanted, self.agents[agent.index()].clone())
    }

    /// A random agent.
    pub fn draw_agent(&mut self) -> AgentId {
        let at = self.rng.below(self.agents.len() as u64) as usize;
        self.agents[at].clone()
    }

    /// Another configuration is put in force, and all is carried over and offered.
    pub fn reconfigure(&mut self, change: impl FnOnce(&mut TenantConfig)) {
        let mut config = self.config();
        config.version += 1;
        change(&mut config);
        self.decide(InputBody::ConfigApply { hash: "changed".to_owned(), config: Arc::new(config) });
        self.settle();
    }

    fn settle(&mut self) {
        self.decide_input(Input::Offering(true));
        while !self.router.is_settled() {
            self.decide_input(Input::Offering(true));
        }
        self.decisions.clear();
    }

    /// A random contact in hands is completed; `timed` runs the decision. Gives what the contacts that were offered then had
    /// asked for, so that they can be replaced in kind.
    pub fn complete(&mut self, timed: impl FnOnce(&mut Bed<R>, Input)) -> Vec<Wanted> {
        let place = self.active[self.rng.below(self.active.len() as u64) as usize];
        self.complete_at(place, timed)
    }

    /// The same for the one at this place.
    pub fn complete_at(&mut self, place: u32, timed: impl FnOnce(&mut Bed<R>, Input)) -> Vec<Wanted> {
        let open = self.open[place as usize].clone().expect("a contact in hands is open");
        let agent = open.agent.expect("a contact in hands has an agent").index();
        let body = self.agent_input(agent, AgentAction::Complete { contact: decoded(&open.id) });
        let input = self.input(body);
        self.decisions.clear();
        timed(self, input);
        self.note(open.wanted)
    }

    /// A random waiting contact is abandoned; `timed` runs the decision.
    pub fn abandon(&mut self, timed: impl FnOnce(&mut Bed<R>, Input)) {
        let place = self.waiting[self.rng.below(self.waiting.len() as u64) as usize];
        self.abandon_at(place, timed);
    }

    /// The contact that began to wait last.
    pub fn queued_last(&self) -> u32 {
        *self.waiting.last().expect("somebody waits")
    }

    /// The same for the one at this place.
    pub fn abandon_at(&mut self, place: u32, timed: impl FnOnce(&mut Bed<R>, Input)) {
        let open = self.open[place as usize].clone().expect("a waiting contact is open");
        let input = self.input(InputBody::ContactEnd { contact: decoded(&open.id), by: EndedBy::Customer });
        self.decisions.clear();
        timed(self, input);
        self.note(open.wanted);
    }

    /// A random contact in hands goes back to its queue with its age: it comes out of order.
    pub fn requeue(&mut self, timed: impl FnOnce(&mut Bed<R>, Input)) {
        let place = self.active[self.rng.below(self.active.len() as u64) as usize];
        let open = self.open[place as usize].clone().expect("a contact in hands is open");
        let agent = open.agent.expect("a contact in hands has an agent").index();
        let body = self.agent_input(agent, AgentAction::Requeue { contact: decoded(&open.id) });
        let input = self.input(body);
        self.decisions.clear();
        timed(self, input);
        self.note(open.wanted);
    }

    /// What comes next where about so many wait: an arrival, a completion, an abandon, or for 30 % of what agents let go a
    /// return to the queue.
    pub fn mix(&mut self, waiting: usize, timed: impl FnOnce(&mut Bed<R>, Input)) {
        let dice = self.rng.below(100);
        if self.waiting() < waiting || dice < 20 {
            let wanted = self.draw();
            self.arrive(wanted, timed);
        } else if dice < 60 {
            self.complete(timed);
        } else if dice < 76 {
            self.requeue(timed);
        } else {
            self.abandon(timed);
        }
    }

    /// Decides without timing.
    pub fn decide_input(&mut self, input: Input) {
        self.router.decide(self.now, input, &mut self.decisions);
    }

    fn take(&mut self, input: Input, timed: impl FnOnce(&mut Bed<R>, Input), wanted: Wanted) -> Arrived {
        self.decisions.clear();
        timed(self, input);
        if self.note(wanted).is_empty() { Arrived::Queued } else { Arrived::Offered }
    }

    fn arrival(&mut self, wanted: Wanted, say: impl FnOnce(&mut ContactBody)) -> Input {
        self.now = Time(self.now.0 + 1);
        self.created += 1;
        let id = ContactId::new(&format!("c{:x}", self.created.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        let id = id.expect("hexadecimal digits are a valid id");
        let mut body = self.world.contact_of(wanted, id, self.now);
        say(&mut body);
        let body = Arc::new(body);
        let digest =
            std::hash::BuildHasherDefault::<std::hash::DefaultHasher>::default().hash_one(self.created);
        self.input(InputBody::ContactCreate { body, digest })
    }

    /// What the agent says next.
    pub fn agent_input(&mut self, agent_at: usize, action: AgentAction) -> InputBody {
        let (session, counter) = &mut self.sessions[agent_at];
        if let AgentAction::SignIn { .. } = action {
            (*session, *counter) = (*session + 1, 0);
        }
        *counter += 1;
        let (session, counter) = (*session, *counter);
        let agent = AgentId::new(self.agents[agent_at].as_str()).expect("the copy of an id is one");
        InputBody::Agent(AgentInput { agent, session, counter, action })
    }

    /// The tenant's next input.
    pub fn input(&mut self, body: InputBody) -> Input {
        self.position += 1;
        let (tenant, position) = (self.tenant.clone(), self.position);
        Input::Tenant(TenantInput { tenant, position, stamp: self.now, sent_at: None, body })
    }

    /// Decides an input of the tenant without timing.
    pub fn decide(&mut self, body: InputBody) {
        let input = self.input(body);
        self.decisions.clear();
        self.decide_input(input);
    }

    /// Follows what was decided, accepts what was offered, and gives what the offered contacts had asked for.
    fn note(&mut self, wanted: Wanted) -> Vec<Wanted> {
        let transitions = std::mem::take(&mut self.decisions.transitions);
        let mut offered = vec![];
        for transition in &transitions {
            match &transition.change {
                Change::ContactArrived { contact, body, .. } => {
                    let place = contact.place() as usize;
                    if self.open.len() <= place {
                        self.open.resize(place + 1, None);
                    }
                    self.open[place] =
                        Some(Open { id: body.contact.clone(), wanted, agent: None, at: usize::MAX });
                }
                Change::ContactQueued { contact, .. } => self.move_to(contact.place(), None),
                Change::Offered { contact, agent, offer, .. } => {
                    self.move_to(contact.place(), Some(*agent));
                    offered.push((*contact, *agent, *offer));
                }
                Change::ContactClosed { contact, .. } => {
                    self.leave(contact.place());
                    self.open[contact.place() as usize] = None;
                }
                Change::TenantOpened { .. }
                | Change::TenantLeft { .. }
                | Change::TenantRows { .. }
                | Change::TenantCame { .. }
                | Change::TenantGone
                | Change::Resumed { .. }
                | Change::Refused(_)
                | Change::ContactJoined { .. }
                | Change::ConfigApplied { .. }
                | Change::AgentPut { .. }
                | Change::AgentRemoved { .. }
                | Change::ProfileOpened { .. }
                | Change::ProfileClosed { .. }
                | Change::AgentHeard { .. }
                | Change::AgentPresence { .. }
                | Change::AgentDeferred { .. }
                | Change::AgentThrottled { .. }
                | Change::AgentUnthrottled { .. }
                | Change::Accepted { .. }
                | Change::OfferEnded { .. }
                | Change::ExclusionLifted { .. }
                | Change::WrapUpStarted { .. }
                | Change::QueueSwitched { .. }
                | Change::ContactRelaxed { .. }
                | Change::ContactPressed { .. }
                | Change::ContactMoved { .. }
                | Change::ContactUpdated { .. }
                | Change::ContactReclassified { .. }
                | Change::OverflowTurned { .. }
                | Change::DeadlinesJudged { .. }
                | Change::ContactOverflowed { .. }
                | Change::ContactEstimated { .. }
                | Change::ContactProposed { .. }
                | Change::ProposalEnded { .. }
                | Change::ContactSwitched { .. }
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
                | Change::ContactNoted { .. }
                | Change::ContactKeptForPeople { .. }
                | Change::ContactReturned { .. } => {}
            }
        }
        self.decisions.transitions = transitions;
        offered.into_iter().map(|(contact, agent, offer)| self.accept(contact, agent, offer)).collect()
    }

    fn accept(&mut self, contact: ContactNo, agent: AgentNo, offer: OfferNo) -> Wanted {
        let open = self.open[contact.place() as usize].clone().expect("an offered contact is open");
        let body = self.agent_input(agent.index(), AgentAction::Accept { contact: decoded(&open.id), offer });
        self.decide(body);
        open.wanted
    }

    fn move_to(&mut self, place: u32, agent: Option<AgentNo>) {
        self.leave(place);
        let list = if agent.is_some() { &mut self.active } else { &mut self.waiting };
        list.push(place);
        let at = list.len() - 1;
        let open = self.open[place as usize].as_mut().expect("a contact that moves is open");
        (open.agent, open.at) = (agent, at);
    }

    fn leave(&mut self, place: u32) {
        let open = self.open[place as usize].as_mut().expect("a contact that leaves is open");
        if open.at == usize::MAX {
            return;
        }
        let at = std::mem::replace(&mut open.at, usize::MAX);
        let list = if open.agent.is_some() { &mut self.active } else { &mut self.waiting };
        list.swap_remove(at);
        if let Some(&moved) = list.get(at) {
            self.open[moved as usize].as_mut().expect("a listed contact is open").at = at;
        }
    }
}
