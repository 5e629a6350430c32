//! What producers, agents and the administration say, kind by kind.

use std::sync::Arc;

use model::agent::{AfterDraining, Presence};
use model::config::QueueState;
use model::input::{AgentAction, AgentInput, EndedBy, TransferTo};
use model::{AgentId, AgentNo, ContactId, Input, InputBody, OfferNo, Refusal, TenantConfig, TenantId};

use super::memory::{KnownAgent, KnownContact, Whereabouts};
use super::worlds::{self, agent_id, reason};
use super::{Generator, TICK};

impl Generator {
    pub(super) fn create(&mut self, at: usize, keeps_away: bool) -> Input {
        let (body, digest) = self.worlds[at].contact(&mut self.rng, self.now, keeps_away);
        self.said(at, InputBody::ContactCreate { body, digest })
    }

    pub(super) fn end(&mut self, at: usize) -> Input {
        let contact = match self.some_contact(at, |_| true) {
            Some(known) => known.name,
            None => ContactId::new("c1").expect("a generated name is an id"),
        };
        let by = if self.rng.percent(70) { EndedBy::Customer } else { EndedBy::Organisation };
        self.said(at, InputBody::ContactEnd { contact, by })
    }

    /// Of contacts that wait, and of those in somebody's hands.
    pub(super) fn update(&mut self, at: usize) -> Input {
        if self.rng.one_in(2)
            && let Some(input) = self.answer(at)
        {
            return input;
        }
        let contact = match self.some_contact(at, |_| true) {
            Some(known) => known.name,
            None => ContactId::new("c1").expect("a generated name is an id"),
        };
        if self.rng.percent(40) {
            let is_quiet = self.rng.percent(50);
            let is_offered = |at| matches!(at, Whereabouts::Offered(..));
            let offered = if self.rng.percent(50) { self.some_contact(at, is_offered) } else { None };
            let contact = offered.map_or(contact, |known| known.name);
            return self.said(at, InputBody::ContactQuiet { contact, is_quiet });
        }
        let update = Arc::new(worlds::update(&mut self.rng));
        self.said(at, InputBody::ContactUpdate { contact, update })
    }

    /// To what was proposed, mostly while it still is.
    fn answer(&mut self, at: usize) -> Option<Input> {
        let contacts = self.worlds[at].memory.contacts.values();
        let asked: Vec<ContactId> =
            contacts.filter(|known| known.is_proposed).map(|known| known.name.clone()).collect();
        let contact = self.rng.pick(&asked).cloned()?;
        let accepts = self.rng.percent(70);
        Some(self.said(at, InputBody::ContactAnswer { contact, accepts }))
    }

    /// Mostly back to open, so that work goes on.
    pub(super) fn switch(&mut self, at: usize) -> Input {
        let queue = self.worlds[at].some_queue(&mut self.rng);
        let state = match self.rng.below(4) {
            0 => QueueState::Paused,
            1 => QueueState::Closed,
            _ => QueueState::Open,
        };
        self.said(at, InputBody::QueueSwitch { queue, state })
    }

    /// Something that is in an agent's hands is answered or finished.
    pub(super) fn work(&mut self, at: usize) -> Input {
        let Some(known) = self.some_contact(at, |at| at != Whereabouts::Waiting) else {
            return self.presence(at);
        };
        let contact = known.name;
        let chance = self.rng.below(100);
        match known.at {
            Whereabouts::Offered(agent, offer) => match chance {
                0..75 => self.act(at, agent, AgentAction::Accept { contact, offer }),
                _ => self.act(at, agent, AgentAction::Decline { contact, offer }),
            },
            Whereabouts::Active(agent)
                if self.rng.percent(30) && self.consult_about(at, &contact).is_some() =>
            {
                self.consult(at, agent, contact)
            }
            Whereabouts::Active(agent) => match chance {
                0..50 if known.is_scheduled => self.act(at, agent, AgentAction::NotReached { contact }),
                50..51 => self.act(at, agent, AgentAction::NotReached { contact }),
                0..70 => self.act(at, agent, AgentAction::Complete { contact }),
                70..80 => self.act(at, agent, AgentAction::Requeue { contact }),
                80..83 => self.act(at, agent, AgentAction::Quiet { contact }),
                83..87 => self.act(at, agent, AgentAction::StillWorking { contact }),
                87..92 => self.consult(at, agent, contact),
                _ => {
                    let to = self.transfer_target(at);
                    let skills = self.rng.one_in(3).then(|| self.worlds[at].contact_skills(&mut self.rng));
                    let update =
                        self.rng.one_in(3).then(|| Arc::new(worlds::said_on_transfer(&mut self.rng)));
                    self.act(at, agent, AgentAction::Transfer { contact, to, skills, update })
                }
            },
            Whereabouts::WrapUp(agent) => match chance {
                0..80 => self.act(at, agent, AgentAction::WrapUpDone { contact }),
                _ => self.act(at, agent, AgentAction::Complete { contact }),
            },
            Whereabouts::Waiting => TICK,
        }
    }

    fn transfer_target(&mut self, at: usize) -> TransferTo {
        if self.rng.percent(50) {
            TransferTo::Queue(self.worlds[at].some_queue(&mut self.rng))
        } else {
            TransferTo::Agent(agent_id(self.rng.below(self.worlds[at].roster + 1)))
        }
    }

    /// Most agents come to be Available again; some leave with work in hands.
    pub(super) fn presence(&mut self, at: usize) -> Input {
        let Some((number, known)) = self.some_agent(at) else { return self.roster(at) };
        if known.removed && !self.rng.one_in(10) {
            return self.roster(at);
        }
        let aux = || reason("break");
        let action = match (&known.presence, self.rng.below(100)) {
            (Presence::SignedOut, chance) => {
                let aux = (chance < 15).then(aux);
                return self.act_in(at, number, known.session + 1, 1, AgentAction::SignIn { aux });
            }
            (Presence::Available, 0..25) => AgentAction::Aux { reason: aux() },
            (Presence::Available, 25..40) => AgentAction::SignOut,
            (Presence::Available, 40..60) => AgentAction::Drain { then: self.after_draining() },
            (Presence::Aux(_) | Presence::Draining { .. } | Presence::Lost { .. }, 0..10) => {
                AgentAction::SignOut
            }
            (Presence::Aux(_), 10..20) => AgentAction::Drain { then: self.after_draining() },
            (_, 85..90) => AgentAction::Aux { reason: reason("meeting") },
            (_, 90..92) => AgentAction::SignIn { aux: None },
            (_, 92..96) => {
                let sign_in = AgentAction::SignIn { aux: None };
                return self.act_in(at, number, known.session + 2, 7, sign_in);
            }
            (_, _) => AgentAction::Available,
        };
        self.act(at, number, action)
    }

    /// As a burst; for long queues to meet many idle agents.
    pub(super) fn everybody_available(&mut self, at: usize) {
        for (number, known) in (0..).map(AgentNo).zip(self.memory(at).agents.clone()) {
            let input = match known.presence {
                Presence::SignedOut => {
                    self.act_in(at, number, known.session + 1, 1, AgentAction::SignIn { aux: None })
                }
                Presence::Available
                | Presence::Aux(_)
                | Presence::Draining { .. }
                | Presence::Lost { .. } => self.act(at, number, AgentAction::Available),
            };
            self.burst.push_back(input);
        }
    }

    fn after_draining(&mut self) -> AfterDraining {
        self.rng.one_of(&[AfterDraining::SignOut, AfterDraining::Aux(reason("meeting"))])
    }

    pub(super) fn silence(&mut self, at: usize) -> Input {
        let Some((_, known)) = self.some_agent(at) else { return TICK };
        let tenant = self.worlds[at].name.clone();
        let (agent, session) =
            (known.name, known.session - u64::from(known.session > 0 && self.rng.one_in(15)));
        match (known.presence, self.rng.below(100)) {
            (Presence::Lost { .. }, 0..80) => Input::AgentBack { tenant, agent, session },
            (_, 0..92) => Input::AgentSilent { tenant, agent, session },
            (_, _) => Input::AgentBack { tenant, agent, session },
        }
    }

    /// Entries are edited, removed and put back.
    pub(super) fn roster(&mut self, at: usize) -> Input {
        let agent = self.rng.below(self.worlds[at].roster);
        let agents = &self.memory(at).agents;
        let removed: Vec<AgentId> =
            agents.iter().filter(|known| known.removed).map(|known| known.name.clone()).collect();
        let out: Vec<AgentId> = agents
            .iter()
            .filter(|known| !known.removed && known.presence == Presence::SignedOut)
            .map(|known| known.name.clone())
            .collect();
        if self.rng.percent(30)
            && let Some(agent) = self.rng.pick(&out).cloned()
        {
            return self.said(at, InputBody::AgentRemove { agent });
        }
        let back = self.rng.pick(&removed).cloned().filter(|_| self.rng.percent(60));
        let mut spec = self.worlds[at].agent_spec(&mut self.rng, agent);
        if let Some(agent) = back {
            Arc::make_mut(&mut spec).agent = agent;
        }
        self.said(at, InputBody::AgentPut(spec))
    }

    pub(super) fn another_config(&mut self, at: usize) -> Input {
        let config = self.worlds[at].config(&mut self.rng);
        self.config_apply(at, config)
    }

    pub(super) fn config_apply(&mut self, at: usize, config: Arc<TenantConfig>) -> Input {
        let hash = format!("hash{}", config.version);
        self.said(at, InputBody::ConfigApply { hash, config })
    }

    pub(super) fn sign_in_first(&mut self, at: usize, agent: usize) -> Input {
        let action = AgentAction::SignIn { aux: None };
        let said = AgentInput { agent: agent_id(agent), session: 1, counter: 1, action };
        self.said(at, InputBody::Agent(said))
    }

    /// Well formed, and wrong.
    pub(super) fn hostile(&mut self, at: usize) -> Input {
        let Some((number, known)) = self.some_agent(at) else { return TICK };
        let unknown_contact = || ContactId::new("nobody-knows-me").expect("a generated name is an id");
        let contact = self.some_contact(at, |_| true).map_or_else(unknown_contact, |known| known.name);
        match self.rng.below(18) {
            0 => self.act_in(at, number, known.session.saturating_sub(1), 99, AgentAction::Available),
            1 => self.act_in(at, number, known.session + 1, 1, AgentAction::Available),
            2 => self.act_in(at, number, known.session, known.counter, AgentAction::SignOut),
            3 => self.act_in(at, number, known.session, known.counter + 1, AgentAction::SignIn { aux: None }),
            4 => self.act(at, number, AgentAction::Aux { reason: reason("nap") }),
            5 => self.act(at, number, AgentAction::SignIn { aux: Some(reason("nap")) }),
            6 => self.act(at, number, AgentAction::Drain { then: AfterDraining::Aux(reason("nap")) }),
            7 => self.act(at, number, AgentAction::Complete { contact }),
            8 => self.act(at, number, AgentAction::WrapUpDone { contact }),
            9 => self.act(at, number, AgentAction::Requeue { contact }),
            10 => {
                let to = self.transfer_target(at);
                self.act(at, number, AgentAction::Transfer { contact, to, skills: None, update: None })
            }
            11 | 12 => self.answer_gone_offer(at),
            13 => self.same_id_other_body(at),
            14 => self.said(at, InputBody::AgentRemove { agent: known.name }),
            15 => self.old_config(at),
            16 => self.malformed(at),
            _ => self.unknown_names(at),
        }
    }

    fn answer_gone_offer(&mut self, at: usize) -> Input {
        let gone = self.worlds[at].memory.gone_offers.as_slice();
        let Some((agent, contact, offer)) = self.rng.pick(gone).cloned() else { return TICK };
        let offer = OfferNo(offer.0 + u64::from(self.rng.one_in(5)));
        let action = if self.rng.percent(50) {
            AgentAction::Accept { contact, offer }
        } else {
            AgentAction::Decline { contact, offer }
        };
        self.act(at, agent, action)
    }

    fn same_id_other_body(&mut self, at: usize) -> Input {
        let open = self.some_contact(at, |_| true).map(|known| (known.name, known.digest));
        let closed = self.rng.pick(&self.worlds[at].memory.closed).cloned();
        let known = if self.rng.percent(50) { open.or(closed) } else { closed.or(open) };
        let Some((contact, digest)) = known else { return TICK };
        let (body, _) = self.worlds[at].contact(&mut self.rng, self.now, false);
        let mut body = Arc::unwrap_or_clone(body);
        body.contact = contact;
        let digest = digest + u64::from(self.rng.percent(70));
        self.said(at, InputBody::ContactCreate { body: Arc::new(body), digest })
    }

    fn old_config(&mut self, at: usize) -> Input {
        let version = self.worlds[at].version;
        let config = self.worlds[at].config(&mut self.rng);
        self.worlds[at].version = version;
        let mut config = Arc::unwrap_or_clone(config);
        config.version = version.saturating_sub(self.rng.between(0, 1));
        self.said(at, InputBody::ConfigApply { hash: "another".to_owned(), config: Arc::new(config) })
    }

    fn malformed(&mut self, at: usize) -> Input {
        let (reason, agent) = self.rng.one_of(&[
            (Refusal::NotJson, None),
            (Refusal::ConfigInvalid, None),
            (Refusal::BadField, Some(agent_id(0))),
        ]);
        let body = InputBody::Malformed { reason, detail: "not as it should be".to_owned(), agent };
        let mut input = self.said(at, body);
        if self.rng.one_in(3)
            && let Input::Tenant(input) = &mut input
        {
            input.tenant = TenantId::new("stranger").expect("a generated name is an id");
        }
        input
    }

    fn unknown_names(&mut self, at: usize) -> Input {
        let stranger = AgentId::new("stranger").expect("a generated name is an id");
        let tenant = TenantId::new("stranger").expect("a generated name is an id");
        let said =
            AgentInput { agent: stranger.clone(), session: 1, counter: 1, action: AgentAction::Available };
        match self.rng.below(4) {
            0 => self.said(at, InputBody::Agent(said)),
            1 => Input::AgentSilent { tenant, agent: stranger, session: 1 },
            2 => self.said(at, InputBody::AgentRemove { agent: stranger }),
            _ => {
                let mut input = self.create(at, false);
                if let Input::Tenant(input) = &mut input {
                    input.tenant = tenant;
                }
                input
            }
        }
    }

    pub(super) fn act(&mut self, at: usize, agent: AgentNo, action: AgentAction) -> Input {
        let known = &self.memory(at).agents[agent.index()];
        let (session, counter) = (known.session, known.counter);
        let counter = counter + self.rng.between(1, 2);
        self.act_in(at, agent, session, counter, action)
    }

    fn act_in(
        &mut self,
        at: usize,
        agent: AgentNo,
        session: u64,
        counter: u64,
        action: AgentAction,
    ) -> Input {
        let agent = self.memory(at).agents[agent.index()].name.clone();
        self.said(at, InputBody::Agent(AgentInput { agent, session, counter, action }))
    }

    pub(super) fn some_agent(&mut self, at: usize) -> Option<(AgentNo, KnownAgent)> {
        let agents = self.worlds[at].memory.agents.as_slice();
        let number = self.rng.below(agents.len());
        let known = agents.get(number)?.clone();
        Some((AgentNo(number as u32), known))
    }

    /// One of those in these places, each as likely as the others.
    pub(super) fn some_contact(
        &mut self,
        at: usize,
        is_wanted: impl Fn(Whereabouts) -> bool,
    ) -> Option<KnownContact> {
        let contacts = self.worlds[at].memory.contacts.values();
        let wanted: Vec<&KnownContact> = contacts.filter(|known| is_wanted(known.at)).collect();
        self.rng.pick(&wanted).map(|known| (*known).clone())
    }
}
