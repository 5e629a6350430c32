//! An agent's desktop, as the desktop protocol has it: session and counter, one input at a time, messages taken once,
//! the state fetched after whatever may have been missed.

use std::collections::VecDeque;
use std::sync::Arc;

use model::agent::AfterDraining;
use model::contact::ContactUpdate;
use model::id::{AgentId, AuxReason, ContactId, OfferNo, QueueId};
use model::input::{AgentAction, AgentInput, TransferTo};
use model::{InputBody, Presence};
use protocol::input;
use protocol::output::Output;
use verify::{ClientEntry, ClientLog};
use workload::Rng;

use super::copy::{Copy, New};
use super::message::Message;
use super::state::{Held, StateView};
use super::taker::{Place, Taker};
use super::{ClientDue, Clients};
use crate::scenario::{EPOCH, known, tenant};
use crate::world::{Due, World};

const BEAT_EVERY: u64 = 5_000;
const ASK_AGAIN_AFTER: u64 = 400;
/// A sign-in that the state does not show by then was refused or lost: a new session.
const SIGN_IN_PATIENCE: u64 = 8_000;

#[derive(Debug)]
pub struct Desktop {
    pub agent: AgentId,
    /// Grows with every restart of the program: what the one before had planned is gone.
    pub life: u32,
    is_online: bool,
    session: u64,
    counter: u64,
    signed_in_at: u64,
    /// The agent means to work.
    is_on_duty: bool,
    is_signed_in: bool,
    copy: Copy,
    taken: Taker,
    /// Contained in the state that was fetched last.
    fetched: Place,
    is_fetching: bool,
    waiting: VecDeque<(String, Vec<u8>, String)>,
    is_sending: bool,
    rng: Rng,
    pub log: ClientLog,
}

/// What an agent does at a time that it has set itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeskDue {
    SignIn,
    Beat,
    Fetch,
    Back,
    Answer {
        contact: String,
        offer: u64,
    },
    Finish {
        contact: String,
    },
    WrapUpDone {
        contact: String,
    },
    Break,
    /// Takes something that waits.
    Pull,
    Available,
}

impl Desktop {
    pub fn new(agent: AgentId, seed: u64, number: u64) -> Desktop {
        let log = ClientLog { name: agent.to_string(), entries: Vec::new() };
        Desktop {
            agent,
            life: 0,
            is_online: true,
            session: 0,
            counter: 0,
            signed_in_at: 0,
            is_on_duty: false,
            is_signed_in: false,
            copy: Copy::default(),
            taken: Taker::default(),
            fetched: Place::default(),
            is_fetching: false,
            waiting: VecDeque::new(),
            is_sending: false,
            rng: Rng::stream(seed, "desktop", number),
            log,
        }
    }

    /// Half the agents see a question in time.
    pub fn may_answer(&mut self) -> bool {
        self.rng.below(2) == 0
    }

    fn subject(&self) -> String {
        format!("wissel.out.{}.agent.{}", crate::scenario::TENANT, self.agent)
    }
}

impl Clients {
    pub fn desk(&mut self, desktop: usize) -> &mut Desktop {
        &mut self.desktops[desktop]
    }
}

impl World {
    pub fn desk_later(&mut self, desktop: usize, delay: u64, due: DeskDue) {
        let life = self.clients.desktops[desktop].life;
        self.plan(delay, Due::Client(ClientDue::Desk { desktop, life, due }));
    }

    pub fn desk_due(&mut self, desktop: usize, life: u32, due: DeskDue) {
        if self.clients.desktops[desktop].life != life {
            return;
        }
        match due {
            DeskDue::SignIn => self.sign_in(desktop),
            DeskDue::Beat => self.beat_of(desktop),
            DeskDue::Fetch => self.fetch_state(desktop),
            DeskDue::Back => self.desktop_returns(desktop),
            DeskDue::Answer { contact, offer } => self.answer_offer(desktop, &contact, offer),
            DeskDue::Finish { contact } => self.finish_contact(desktop, &contact),
            DeskDue::WrapUpDone { contact } => {
                if self.clients.desk(desktop).copy.is_held(&contact, Held::WrapUp) {
                    self.act_at(
                        desktop,
                        AgentAction::WrapUpDone { contact: known(&contact, ContactId::new) },
                    );
                }
            }
            DeskDue::Break => self.take_break(desktop),
            DeskDue::Pull => self.pull_something(desktop),
            DeskDue::Available => self.act_at(desktop, AgentAction::Available),
        }
    }

    fn sign_in(&mut self, desktop: usize) {
        let now = self.now;
        let desk = self.clients.desk(desktop);
        desk.is_on_duty = true;
        desk.session = (EPOCH.0 + now).max(desk.session + 1);
        (desk.counter, desk.signed_in_at, desk.is_signed_in) = (0, now, true);
        desk.waiting.clear();
        desk.copy.clear();
        self.act_at(desktop, AgentAction::SignIn { aux: None });
        self.desk_later(desktop, 300, DeskDue::Fetch);
    }

    fn beat_of(&mut self, desktop: usize) {
        let desk = self.clients.desk(desktop);
        let (agent, session) = (desk.agent.clone(), desk.session);
        if desk.is_online && desk.is_signed_in {
            self.beat(&agent, session);
        }
        self.desk_later(desktop, BEAT_EVERY, DeskDue::Beat);
    }

    /// Puts an input behind those that wait for their acknowledgement.
    pub fn act_at(&mut self, desktop: usize, action: AgentAction) {
        let desk = self.clients.desk(desktop);
        if !desk.is_signed_in {
            return;
        }
        desk.counter += 1;
        let (agent, session, counter) = (desk.agent.clone(), desk.session, desk.counter);
        let id = format!("{agent}.{session}.{counter}");
        let body = InputBody::Agent(AgentInput { agent, session, counter, action });
        let (subject, bytes) = input::encode(&tenant(), &body).expect("an agent's input can be sent");
        desk.waiting.push_back((subject, bytes, id));
        self.send_next(desktop);
    }

    fn send_next(&mut self, desktop: usize) {
        let desk = self.clients.desk(desktop);
        if desk.is_sending || !desk.is_online {
            return;
        }
        let Some((subject, bytes, id)) = desk.waiting.pop_front() else { return };
        desk.is_sending = true;
        // Now and then a client sends the same input under another id: the counter must tell it.
        let is_repeated = desk.rng.below(12) == 0;
        if is_repeated {
            self.send(None, &subject, format!("{id}.again"), bytes.clone(), None);
        }
        self.send(Some(desktop), &subject, id, bytes, None);
    }

    pub fn input_settled(&mut self, desktop: usize, is_stored: bool) {
        self.clients.desk(desktop).is_sending = false;
        if !is_stored {
            self.desk_later(desktop, 1, DeskDue::Fetch);
        }
        self.send_next(desktop);
    }

    fn answer_offer(&mut self, desktop: usize, contact: &str, offer: u64) {
        let is_healed = self.is_healed;
        let desk = self.clients.desk(desktop);
        if !desk.copy.has(contact, offer, Held::Offered) {
            return;
        }
        let (contact, offer) = (known(contact, ContactId::new), OfferNo(offer));
        let action = match desk.rng.below(10) {
            0 if !is_healed => return,
            1 if !is_healed => AgentAction::Decline { contact, offer },
            _ => AgentAction::Accept { contact, offer },
        };
        self.act_at(desktop, action);
    }

    fn finish_contact(&mut self, desktop: usize, contact: &str) {
        let is_healed = self.is_healed;
        let caller = self.clients.caller_of.get(contact).map(|at| &self.clients.callers[*at]);
        let is_scheduled = caller.is_some_and(|caller| caller.planned().body.window.is_some());
        let is_chat = caller.is_some_and(|caller| caller.planned().body.channel.as_str() == "chat");
        let is_customers = caller.is_some();
        let desk = self.clients.desk(desktop);
        if !desk.copy.is_held(contact, Held::Active) {
            return;
        }
        let contact = known(contact, ContactId::new);
        let action = match desk.rng.below(16) {
            // It may have been one that it gets no answer to; who has it sees to it once more.
            10..14 if is_customers && !is_healed => {
                let action = super::consult::ask_or_leave(contact.clone(), &mut desk.rng);
                let later = 700 + desk.rng.below(1_500);
                self.desk_later(desktop, later, DeskDue::Finish { contact: contact.to_string() });
                action
            }
            0 if !is_healed => AgentAction::Requeue { contact },
            1 if !is_healed => {
                let to = TransferTo::Queue(known("support", QueueId::new));
                let attributes = [("found".to_owned(), Some("out".to_owned()))].into();
                let says_more = desk.rng.below(2) == 0;
                let update =
                    says_more.then(|| Arc::new(ContactUpdate { customer: None, person: false, attributes }));
                AgentAction::Transfer { contact, to, skills: None, update }
            }
            2..8 if is_scheduled && !is_healed => AgentAction::NotReached { contact },
            8..10 if is_chat && !is_healed => AgentAction::Quiet { contact },
            _ => AgentAction::Complete { contact },
        };
        self.act_at(desktop, action);
    }

    fn take_break(&mut self, desktop: usize) {
        if self.is_healed {
            return;
        }
        let desk = self.clients.desk(desktop);
        let length = 500 + desk.rng.below(4_000);
        let reason = known("break", AuxReason::new);
        let action = match desk.rng.below(3) {
            0 => AgentAction::Drain { then: AfterDraining::Aux(reason) },
            1 => AgentAction::SignOut,
            _ => AgentAction::Aux { reason },
        };
        if action == AgentAction::SignOut {
            self.act_at(desktop, action);
            self.clients.desk(desktop).is_signed_in = false;
            return self.desk_later(desktop, length, DeskDue::SignIn);
        }
        self.act_at(desktop, action);
        self.desk_later(desktop, length, DeskDue::Available);
    }

    fn pull_something(&mut self, desktop: usize) {
        if !self.is_healed {
            let mut rng = self.clients.desk(desktop).rng.clone();
            let action = self.something_to_pull(&mut rng);
            self.clients.desk(desktop).rng = rng;
            self.act_at(desktop, action);
        }
    }

    /// The agent goes away from a desktop that is cut off.
    pub fn desktop_leaves(&mut self, desktop: usize, millis: u64) {
        self.note(format_args!("desktop {desktop} is away"));
        self.clients.desk(desktop).is_online = false;
        self.desk_later(desktop, millis, DeskDue::Back);
    }

    fn desktop_returns(&mut self, desktop: usize) {
        self.clients.desk(desktop).is_online = true;
        self.desk_later(desktop, 1, DeskDue::Fetch);
        self.send_next(desktop);
    }

    /// The program ends and is started anew: it knows nothing but the time.
    pub fn desktop_restarts(&mut self, desktop: usize) {
        self.note(format_args!("desktop {desktop} restarts"));
        let desk = self.clients.desk(desktop);
        desk.life += 1;
        desk.copy.clear();
        desk.waiting.clear();
        (desk.is_fetching, desk.is_online) = (false, true);
        self.desk_later(desktop, 500, DeskDue::SignIn);
        self.desk_later(desktop, 600, DeskDue::Beat);
    }

    pub fn reconnect_desktops(&mut self) {
        for desktop in 0..self.clients.desktops.len() {
            self.desk_later(desktop, 1, DeskDue::Fetch);
        }
    }

    /// A message arrives at a desktop.
    pub fn desktop_hears(&mut self, desktop: usize, output: &Output) {
        let stamp = self.stamp();
        let Some(message) = Message::read(output) else {
            return self.violation("A5", format!("a desktop cannot read {}", output.message_id));
        };
        let desk = self.clients.desk(desktop);
        if !desk.is_online || !desk.taken.take(&message.subject, message.place) {
            return;
        }
        let Place { epoch, commit, .. } = desk.fetched;
        let is_contained = (message.place.epoch, message.place.commit) <= (epoch, commit);
        if is_contained && message.kind() != "refused" {
            return;
        }
        if message.expires_at().is_some_and(|expires_at| expires_at < stamp) {
            return;
        }
        desk.log.entries.push(ClientEntry::Received(message.received(stamp)));
        self.desktop_takes(desktop, &message);
    }

    fn desktop_takes(&mut self, desktop: usize, message: &Message) {
        let desk = self.clients.desk(desktop);
        let contact = message.contact().unwrap_or_default();
        let new = match message.kind() {
            "offer" => desk.copy.put(contact, message.offer().unwrap_or_default(), Held::Offered),
            "assigned" => desk.copy.put(contact, message.offer().unwrap_or_default(), Held::Active),
            "interrupted" | "parked" | "resumed" | "wrap_up" => {
                let offer = desk.copy.offer_of(contact);
                let held = match message.kind() {
                    "interrupted" | "parked" => Held::Parked,
                    "resumed" => Held::Active,
                    _ => Held::WrapUp,
                };
                desk.copy.put(contact, offer, held)
            }
            "offer_ended" => {
                desk.copy.end_offer(contact, message.offer().unwrap_or_default());
                None
            }
            "stuck" => return self.hear_stuck(desktop, contact),
            // What an agent sees of a contact changes nothing that it does.
            "updated" => None,
            // Whom it asks answers when it does; it goes on by its own time.
            "consult" => None,
            "returned" | "not_reached" | "quieted" | "handed_over" | "closed" => {
                desk.copy.remove(contact);
                None
            }
            "presence" => return self.desktop_is(desktop, message),
            _ => return self.desk_later(desktop, 1, DeskDue::Fetch),
        };
        new.into_iter().for_each(|new| self.deal_with(desktop, new));
    }

    fn desktop_is(&mut self, desktop: usize, message: &Message) {
        let desk = self.clients.desk(desktop);
        if message.session() != Some(desk.session) {
            return;
        }
        let is_asked = message.text("cause") == "agent";
        match message.presence() {
            Some("signed_out") if !is_asked => self.signed_out(desktop),
            Some("aux") if !is_asked => self.desk_later(desktop, 400, DeskDue::Available),
            Some(_) | None => {}
        }
    }

    fn signed_out(&mut self, desktop: usize) {
        let desk = self.clients.desk(desktop);
        desk.copy.clear();
        if desk.is_on_duty && desk.is_signed_in {
            desk.is_signed_in = false;
            self.desk_later(desktop, 300, DeskDue::SignIn);
        }
    }

    /// The agent sees something new and sets itself a time to deal with it.
    fn deal_with(&mut self, desktop: usize, new: New) {
        let New { contact, offer, held } = new;
        let handle =
            self.clients.caller_of.get(&contact).map_or(500, |at| self.clients.callers[*at].handle());
        let is_healed = self.is_healed;
        let rng = &mut self.clients.desk(desktop).rng;
        let (delay, due) = match held {
            Held::Offered => {
                (100 + rng.below(if is_healed { 300 } else { 1_500 }), DeskDue::Answer { contact, offer })
            }
            Held::Active => (if is_healed { handle.min(800) } else { handle }, DeskDue::Finish { contact }),
            Held::WrapUp if rng.below(2) == 0 => (100 + rng.below(600), DeskDue::WrapUpDone { contact }),
            // It is gone on with when it is resumed.
            Held::Parked | Held::WrapUp => return,
        };
        self.desk_later(desktop, delay, due);
    }

    pub fn fetch_state(&mut self, desktop: usize) {
        let desk = self.clients.desk(desktop);
        if desk.is_fetching || !desk.is_online {
            return;
        }
        desk.is_fetching = true;
        let life = desk.life;
        self.ask_state(desktop, life);
    }

    pub fn state_fetched(&mut self, desktop: usize, life: u32, state: Option<Box<StateView>>) {
        let now = self.now;
        let desk = self.clients.desk(desktop);
        if desk.life != life {
            return;
        }
        desk.is_fetching = false;
        let Some(state) = state.filter(|state| is_new_enough(desk, state)) else {
            if desk.is_signed_in && now - desk.signed_in_at >= SIGN_IN_PATIENCE && desk.fetched.epoch == 0 {
                return self.desk_later(desktop, 1, DeskDue::SignIn);
            }
            return self.desk_later(desktop, ASK_AGAIN_AFTER, DeskDue::Fetch);
        };
        desk.fetched = desk.fetched.max(state.place);
        if !desk.is_signed_in {
            return;
        }
        let is_sign_in_lost = state.session < desk.session && now - desk.signed_in_at >= SIGN_IN_PATIENCE;
        let is_over = state.session == desk.session && state.presence == Presence::SignedOut;
        if state.session > desk.session {
            desk.session = state.session;
        }
        if is_sign_in_lost || is_over {
            return self.signed_out(desktop);
        }
        if state.session < desk.session {
            return self.desk_later(desktop, ASK_AGAIN_AFTER, DeskDue::Fetch);
        }
        if let Presence::Aux(reason) = &state.presence
            && reason.as_str() == "no_answer"
        {
            self.desk_later(desktop, 400, DeskDue::Available);
        }
        let news = self.clients.desk(desktop).copy.reconcile(&state);
        news.into_iter().for_each(|new| self.deal_with(desktop, new));
    }

    /// After the healing everybody is there, works, and knows what there is.
    pub fn heal_desktops(&mut self) {
        for desktop in 0..self.clients.desktops.len() {
            self.clients.desk(desktop).is_online = true;
            self.send_next(desktop);
            self.desk_later(desktop, 1, DeskDue::Fetch);
            self.desk_later(desktop, 1_500, DeskDue::Available);
        }
    }
}

fn is_new_enough(desk: &Desktop, state: &StateView) -> bool {
    let Place { epoch, commit, .. } = desk.taken.highest(&desk.subject());
    (state.place.epoch, state.place.commit) >= (epoch, commit)
}
