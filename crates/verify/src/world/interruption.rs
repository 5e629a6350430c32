//! What live work interrupts: only what may be, only for what is offered at once, no more than that needs, and it is gone on
//! with before anything else indirect.

use std::cmp::Reverse;

use model::config::ChannelKind;
use model::{AgentNo, Change, ChannelNo, ContactNo, Presence, Time};

use super::Step;
use super::agent::Agent;
use super::contact::State;
use super::tenant::Tenant;
use crate::report::Invariant;
use crate::told::{Kind, Told};

/// Contacts that are interrupted for one.
const YIELDED_MAX: usize = 4;

impl Tenant {
    pub(super) fn interrupt(&mut self, number: ContactNo, step: &mut Step<'_>) -> Option<Told> {
        let contact = self.open_contact(number, step)?;
        let id = contact.id.clone();
        let State::Active { agent, offer } = contact.state else {
            let what = format!("contact {id} is interrupted while it is {}", contact.state.name());
            step.broken(Invariant::Lifecycle, what);
            return None;
        };
        self.end_work(number, false, step.now);
        let contact = self.contact(number)?;
        let (times, allowed) = (contact.interruptions.saturating_add(1), self.interruptions_of(number));
        let may_be = times <= allowed && !contact.is_pressed;
        if !may_be {
            let what = format!("contact {id} is interrupted {times} times, it may be {allowed} times");
            let what =
                if contact.is_pressed { format!("contact {id} is interrupted, and pressed") } else { what };
            step.broken(Invariant::Lifecycle, what);
        } else if let Some(first) = self.yielded(agent).first().filter(|first| **first != number) {
            let what = format!("contact {id} is interrupted before contact {}", self.contact(*first)?.id);
            step.broken(Invariant::Order, what);
        }
        self.let_go(number, State::Parked { agent, offer, until: None });
        let contact = self.contact_mut(number)?;
        contact.interruptions = times;
        self.agents[agent.index()].parked.push(number);
        self.interrupting = may_be.then_some((agent, number));
        let told = self.tell(Kind::ContactInterrupted, self.contact(number)?);
        Some(Told { agent: self.agent_key(agent), detail: u64::from(times), ..told })
    }

    pub(super) fn resume_contact(&mut self, number: ContactNo, step: &mut Step<'_>) -> Option<Told> {
        let contact = self.open_contact(number, step)?;
        let id = contact.id.clone();
        let State::Parked { agent, offer, until } = contact.state else {
            let what = format!("contact {id} is resumed while it is {}", contact.state.name());
            step.broken(Invariant::Lifecycle, what);
            return None;
        };
        if let Some(until) = until {
            step.check_overrun(until, || format!("the stay of contact {id}"));
        }
        match self.resumable(agent) {
            Some(first) if first == number => {}
            Some(first) => {
                let what = format!("contact {id} is resumed before contact {}", self.contact(first)?.id);
                step.broken(Invariant::Order, what);
            }
            None => {
                let agent = &self.agents[agent.index()].id;
                let what = format!("contact {id} is resumed with agent {agent}, who has no room for it");
                step.broken(Invariant::Capacity, what);
            }
        }
        let channel = self.profiles.get(&contact.profile).map(|profile| profile.channel);
        self.let_go(number, State::Active { agent, offer });
        let holder = &mut self.agents[agent.index()];
        holder.active.push(number);
        if let Some(channel) = channel {
            holder.hold(channel);
        }
        self.begin_handling(number, step.now);
        let told = self.tell(Kind::ContactResumed, self.contact(number)?);
        Some(Told { agent: self.agent_key(agent), ..told })
    }

    /// Whoever was interrupted is offered something next.
    pub(super) fn check_interrupting(&mut self, change: &Change, step: &mut Step<'_>) {
        let Some((agent, number)) = self.interrupting else { return };
        let is_asked = matches!(change, Change::Offered { agent: asked, .. } if *asked == agent);
        let goes_on = if let Change::ContactInterrupted { contact } = change {
            self.contact(*contact).and_then(|contact| contact.state.holder()) == Some(agent)
        } else {
            is_asked
        };
        if !goes_on {
            self.interrupting = None;
            let id = self.contact(number).map_or("", |contact| contact.id.as_str());
            let what =
                format!("agent {} is interrupted in contact {id} for nothing", self.agents[agent.index()].id);
            step.broken(Invariant::Lifecycle, what);
        }
    }

    /// Before the contact is in the agent's hands: whether it may interrupt and come before what was.
    pub(super) fn check_interruption(
        &mut self,
        number: ContactNo,
        asked: AgentNo,
        by_supervisor: bool,
        step: &mut Step<'_>,
    ) {
        let Some(contact) = self.contact(number) else { return };
        let Some(profile) = self.profiles.get(&contact.profile) else { return };
        let (id, channel, is_pressed) = (contact.id.clone(), profile.channel, profile.pressure.is_some());
        let is_live =
            self.channels.get(channel.index()).is_some_and(|settings| settings.kind == ChannelKind::Live);
        let agent = &self.agents[asked.index()];
        if let Some((_, last)) = self.interrupting.take() {
            let before = self.with_in_hands(agent, last);
            if !is_live || self.is_open(&before, channel) {
                let what = format!("contact {id} interrupts agent {}, and need not or may not", agent.id);
                step.broken(Invariant::Order, what);
            }
        } else if let Some(parked) =
            agent.parked.first().filter(|_| !is_live && !is_pressed && !by_supervisor)
        {
            let parked = self.contact(*parked).map_or("", |contact| contact.id.as_str());
            let what = format!(
                "contact {id} is offered to agent {}, with whom contact {parked} is parked",
                agent.id
            );
            step.broken(Invariant::Order, what);
        }
    }

    /// Whether the agent would be open on the channel, on which it is not, if what it yields were not in its hands.
    pub(super) fn is_open_by_yielding(&self, number: AgentNo, channel: ChannelNo) -> bool {
        let agent = &self.agents[number.index()];
        let yielded = self.yielded(number);
        if yielded.is_empty() || self.is_open(agent, channel) {
            return false;
        }
        let mut without = agent.clone();
        for channel in yielded.iter().filter_map(|contact| self.channel_of(*contact)) {
            without.let_go(channel);
        }
        self.is_open(&without, channel)
    }

    /// Whether the agent is open on the channel only because it is interrupted just now, which opens it for a live contact alone.
    pub(super) fn is_opened_by_interrupting(&self, number: AgentNo, channel: ChannelNo) -> bool {
        let is_asked = self.interrupting.is_some_and(|(agent, _)| agent == number);
        let agent = &self.agents[number.index()];
        let before =
            || agent.parked.iter().fold(agent.clone(), |with, parked| self.with_in_hands(&with, *parked));
        is_asked && !self.is_open(&before(), channel)
    }

    /// A contact that is parked with an agent who has room for it, since when.
    pub(super) fn left_parked(&self) -> Option<(Time, String)> {
        let left = (0..self.agents.len() as u32).map(AgentNo).filter_map(|number| {
            let agent = &self.agents[number.index()];
            let contact = self.contact(self.resumable(number).filter(|_| !agent.gave_up)?)?;
            let what =
                format!("contact {} is parked with agent {}, who has room for it", contact.id, agent.id);
            Some((agent.changed_at, what))
        });
        left.min_by_key(|(since, _)| *since)
    }

    /// What the agent gives back for a live contact, the first first.
    fn yielded(&self, agent: AgentNo) -> Vec<ContactNo> {
        let active = self.agents[agent.index()].active.iter().filter_map(|number| self.contact(*number));
        let may_be = active.filter(|contact| {
            !contact.is_pressed && contact.interruptions < self.interruptions_of(contact.number)
        });
        let mut yielded: Vec<_> = may_be
            .map(|contact| (contact.interruptions, Reverse(contact.due_at), Reverse(contact.number)))
            .collect();
        yielded.sort_unstable();
        yielded.into_iter().take(YIELDED_MAX).map(|(_, _, Reverse(number))| number).collect()
    }

    /// What the agent goes on with first of what is parked with it and has room.
    fn resumable(&self, number: AgentNo) -> Option<ContactNo> {
        let agent = &self.agents[number.index()];
        match agent.presence {
            Presence::SignedOut | Presence::Lost { .. } => return None,
            Presence::Available | Presence::Aux(_) | Presence::Draining { .. } => {}
        }
        let parked = agent.parked.iter().filter_map(|contact| self.contact(*contact));
        let fits = parked.filter(|contact| {
            agent.holds() == 0
                || self.channel_of(contact.number).is_some_and(|channel| self.has_room(agent, channel))
        });
        let first = fits.min_by_key(|contact| (contact.due_at, contact.arrived_at, contact.number));
        first.map(|contact| contact.number)
    }

    /// The agent as if the contact were in its hands.
    fn with_in_hands(&self, agent: &Agent, contact: ContactNo) -> Agent {
        let mut with = agent.clone();
        if let Some(channel) = self.channel_of(contact) {
            with.hold(channel);
        }
        with
    }

    fn channel_of(&self, contact: ContactNo) -> Option<ChannelNo> {
        Some(self.profiles.get(&self.contact(contact)?.profile)?.channel)
    }

    /// How often the contact's channel lets each be interrupted.
    fn interruptions_of(&self, contact: ContactNo) -> u8 {
        let settings = self.channel_of(contact).and_then(|channel| self.channels.get(channel.index()));
        settings.map_or(0, |settings| settings.interruptions)
    }
}
