//! How much an agent is given at once, and beside what.

use model::config::ChannelKind;
use model::{AgentNo, ChannelNo, ContactNo};

use super::Step;
use super::agent::Agent;
use super::tenant::{ChannelSettings, Tenant};
use crate::report::Invariant;

impl Tenant {
    /// Units in its hands.
    pub(super) fn used_by(&self, agent: &Agent) -> u64 {
        let cost =
            |channel: ChannelNo| self.channels.get(channel.index()).map_or(0, |settings| settings.cost);
        agent.held.iter().map(|(channel, count)| u64::from(cost(*channel)) * u64::from(*count)).sum()
    }

    /// Only what is given counts: a change of the configuration or the roster takes nothing away, so an agent may
    /// hold more than it would be given.
    pub(super) fn check_capacity(&self, number: ContactNo, agent: AgentNo, step: &mut Step<'_>) {
        let agent = &self.agents[agent.index()];
        let used = self.used_by(agent);
        if used > u64::from(agent.capacity) {
            let what = format!("agent {} is given {used} units of {}", agent.id, agent.capacity);
            return step.broken(Invariant::Capacity, what);
        }
        let Some(channel) = self.contact(number).and_then(|contact| self.profiles.get(&contact.profile))
        else {
            return;
        };
        let channel = channel.channel;
        if let Some(held) = self.barred_beside(agent, channel) {
            let (name, held) = (self.channels.name(channel.index()), self.channels.name(held.index()));
            let what = format!("agent {} is given {name} beside {held}, which keeps it away", agent.id);
            return step.broken(Invariant::Capacity, what);
        }
        let (reserve, indirect) = (self.reserve_of(agent), self.indirect_units(agent));
        let is_indirect = self.channels.get(channel.index()).is_some_and(is_indirect);
        if let Some(reserve) = reserve.filter(|_| is_indirect && !self.spares(agent, indirect)) {
            let what = format!(
                "agent {} is given {indirect} units of indirect work, {reserve} of {} are kept from it",
                agent.id, agent.capacity
            );
            return step.broken(Invariant::Capacity, what);
        }
        let held = agent.held.iter().find(|(held, _)| *held == channel).map_or(0, |(_, count)| *count);
        let max = self.channels.get(channel.index()).and_then(|settings| settings.max);
        let own = agent.channels.iter().find(|(known, _)| *known == channel).and_then(|(_, max)| *max);
        if let Some(max) = max.map(|max| own.unwrap_or(max)).filter(|max| held > u32::from(*max)) {
            let name = self.channels.name(channel.index());
            step.broken(
                Invariant::Capacity,
                format!("agent {} is given {held} of {name}, at most {max}", agent.id),
            );
        }
    }

    /// Something in the agent's hands that keeps the channel away.
    pub(super) fn barred_beside(&self, agent: &Agent, channel: ChannelNo) -> Option<ChannelNo> {
        let name = self.channels.name(channel.index());
        let bars = |held: &ChannelNo| {
            let beside = self.channels.get(held.index()).and_then(|settings| settings.beside.as_ref());
            *held != channel && beside.is_some_and(|beside| beside.iter().all(|other| other.as_str() != name))
        };
        agent.held.iter().filter(|(_, count)| *count > 0).map(|(held, _)| *held).find(bars)
    }

    /// Whether one more of the channel keeps indirect work out of the agent's reserve.
    pub(super) fn has_room_beside_reserve(&self, agent: &Agent, channel: ChannelNo) -> bool {
        let Some(settings) = self.channels.get(channel.index()) else { return false };
        !is_indirect(settings) || self.spares(agent, self.indirect_units(agent) + u64::from(settings.cost))
    }

    fn spares(&self, agent: &Agent, indirect: u64) -> bool {
        self.reserve_of(agent)
            .is_none_or(|reserve| indirect + u64::from(reserve) <= u64::from(agent.capacity))
    }

    fn reserve_of(&self, agent: &Agent) -> Option<u16> {
        self.reserve.map(|reserve| agent.reserve.unwrap_or(reserve))
    }

    fn indirect_units(&self, agent: &Agent) -> u64 {
        let of = |(channel, count): &(ChannelNo, u32)| {
            let settings = self.channels.get(channel.index()).filter(|settings| is_indirect(settings));
            settings.map_or(0, |settings| u64::from(settings.cost) * u64::from(*count))
        };
        agent.held.iter().map(of).sum()
    }
}

fn is_indirect(settings: &ChannelSettings) -> bool {
    settings.kind == ChannelKind::Indirect
}
