//! The roster and what each agent is doing.

use std::hash::BuildHasher;
use std::sync::Arc;

use arrayvec::ArrayVec;
use foldhash::fast::RandomState;
use model::agent::AGENT_HOLDS_MAX;
use model::config::LANES_MAX;
use model::{AgentId, AgentNo, AgentSpec, ChannelNo, ContactNo, OfferNo, Presence, SiteNo, SkillLevel, Time};
use smallvec::SmallVec;

use super::contacts::{Contacts, NIL};
use super::id_index::HashIndex;
use super::names::Names;
use super::settings::Settings;
use super::timers::TimerRef;
use crate::matching::bits;
use crate::mutants::{self, Mutant};
use crate::prefetch::prefetch;

/// Roster numbers of one tenant; a removed agent keeps its own.
pub const AGENTS_MAX: usize = 1 << 20;

const ID_INLINE: usize = 24;
/// Most agents hold no more; then what they hold is in their record.
const HOLDINGS_INLINE: usize = 4;

/// A set of lanes.
pub type LaneMask = u16;

/// Which presence, without what comes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentState {
    SignedOut,
    Available,
    Aux,
    Draining,
    Lost,
}

/// What every decision about an agent looks at stands first and fits three cache lines; the rest follows.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Agent {
    /// The bytes of its id, in the record when they are few: an input's id is compared with them.
    id: SmallVec<[u8; ID_INLINE]>,
    pub session: u64,
    pub counter: u64,
    /// Its class in the matcher; `NIL` for one that was removed.
    pub class: u32,
    pub used: u32,
    pub capacity: u16,
    /// Units that indirect work never takes.
    pub reserve: u16,
    /// The lanes on which the lists of free agents have it.
    pub listed: LaneMask,
    /// Lanes with a channel that it works on.
    lanes: LaneMask,
    /// Kept true by every change of presence.
    state: AgentState,
    pub removed: bool,
    /// In the tenant's list of agents whose place in the lists of free agents must be looked at again.
    pub is_stale: bool,
    /// What is noted of it beside its record holds it back from all but its own.
    pub is_throttled: bool,
    pub misses: u8,
    /// The lanes on which the lists of agents who are open by yielding have it.
    pub yielding: LaneMask,

    pub idle_since: Time,
    pub last_offer: OfferNo,
    /// Contacts held, and the most it may hold, per lane; the latter means something on lanes with a maximum alone. It never holds
    /// more than [`AGENT_HOLDS_MAX`], so no count reaches 255.
    held: [u8; LANES_MAX],
    max: [u8; LANES_MAX],
    /// For the lost agent's window or the deferral, of which it cannot have both, or until when it is throttled.
    pub timer: TimerRef,
    pub number: AgentNo,

    /// Places of the contacts in its hands, in no order.
    holdings: SmallVec<[u32; HOLDINGS_INLINE]>,
    /// Contacts that wait for it alone.
    pub waiters: Vec<u32>,
    pub deferred: Option<(u32, Time)>,
    pub available_since: Time,
    pub rank: u32,
    pub presence: Presence,
    pub spec: Arc<AgentSpec>,
    /// By number, sorted by skill.
    pub skills: Box<[SkillLevel]>,
    pub channels: Box<[ChannelNo]>,
    pub site: Option<SiteNo>,
}

impl Agent {
    pub fn id(&self) -> &AgentId {
        &self.spec.agent
    }

    pub fn state(&self) -> AgentState {
        self.state
    }

    /// Whether it could be waited for.
    pub fn is_there(&self) -> bool {
        match self.state {
            AgentState::Available | AgentState::Aux => true,
            AgentState::SignedOut | AgentState::Draining | AgentState::Lost => false,
        }
    }

    pub fn set_presence(&mut self, presence: Presence) {
        self.state = match &presence {
            Presence::SignedOut => AgentState::SignedOut,
            Presence::Available => AgentState::Available,
            Presence::Aux(_) => AgentState::Aux,
            Presence::Draining { .. } => AgentState::Draining,
            Presence::Lost { .. } => AgentState::Lost,
        };
        self.presence = presence;
    }

    /// A decision about the agent is about to come.
    #[inline]
    pub fn expect(&self) {
        prefetch(&self.id);
        prefetch(&self.idle_since);
        prefetch(&self.holdings);
    }

    /// The lanes on which it can take one more contact.
    #[inline]
    pub fn open_lanes(&self, settings: &Settings) -> LaneMask {
        if self.state != AgentState::Available {
            return 0;
        }
        self.lanes_with_room(settings) & self.lanes
    }

    /// The lanes on which there is room in its hands, whatever its presence and whether or not it works on them.
    #[inline]
    pub fn lanes_with_room(&self, settings: &Settings) -> LaneMask {
        self.lanes_beside(settings, self.holdings.len(), self.used, &self.held)
    }

    /// The lanes on which it could take one more contact if these were not in its hands, given by lane and cost.
    #[cold]
    pub fn open_lanes_without(
        &self,
        settings: &Settings,
        given_back: impl Iterator<Item = (u8, u16)>,
    ) -> LaneMask {
        if self.state != AgentState::Available {
            return 0;
        }
        self.lanes_without(settings, given_back) & self.lanes
    }

    /// The same, whatever its presence and whether or not it works on them.
    #[cold]
    pub fn lanes_without(
        &self,
        settings: &Settings,
        given_back: impl Iterator<Item = (u8, u16)>,
    ) -> LaneMask {
        let (mut holds, mut used, mut held) = (self.holdings.len(), self.used, self.held);
        for (lane, cost) in given_back {
            holds -= 1;
            used -= u32::from(cost);
            held[lane as usize] -= 1;
        }
        self.lanes_beside(settings, holds, used, &held)
    }

    /// The lanes that so many contacts of so many units leave open.
    #[inline]
    fn lanes_beside(&self, settings: &Settings, holds: usize, used: u32, held: &[u8; LANES_MAX]) -> LaneMask {
        if holds >= AGENT_HOLDS_MAX {
            return 0;
        }
        let mut open = 0;
        for (lane, setting) in settings.lanes.iter().enumerate() {
            let fits = used + u32::from(setting.cost) <= u32::from(self.capacity);
            if fits && (setting.max.is_none() || held[lane] < self.max[lane]) {
                open |= 1 << lane;
            }
        }
        if settings.has_bars {
            open &= !self.barred_beside(settings, held);
        }
        open
    }

    /// The lanes that what it holds closes, beside those that it fills.
    pub fn barred_lanes(&self, settings: &Settings) -> LaneMask {
        self.barred_beside(settings, &self.held)
    }

    /// Whether it holds a contact of any of these lanes.
    pub fn holds_on(&self, lanes: LaneMask) -> bool {
        bits::ones(lanes.into()).any(|lane| self.held[lane] > 0)
    }

    #[cold]
    fn barred_beside(&self, settings: &Settings, held: &[u8; LANES_MAX]) -> LaneMask {
        let (mut barred, mut sparing) = (0, u32::from(self.reserve));
        // Most lanes are empty: a byte each, passed over at once.
        let mut counts = u128::from_le_bytes(*held);
        while counts != 0 {
            let at = counts.trailing_zeros() / 8;
            counts &= !(0xff << (at * 8));
            let lane = &settings.lanes[at as usize];
            barred |= lane.bars;
            if lane.spares_reserve {
                sparing += u32::from(held[at as usize]) * u32::from(lane.cost);
            }
        }
        for at in bits::ones(settings.sparing.into()) {
            if sparing + u32::from(settings.lanes[at].cost) > u32::from(self.capacity) {
                barred |= 1 << at;
            }
        }
        barred
    }

    /// Takes a contact into its hands.
    pub fn take(&mut self, place: u32, lane: u8, cost: u16) {
        self.holdings.push(place);
        self.count(lane, cost);
    }

    pub fn let_go(&mut self, place: u32, lane: u8, cost: u16) {
        let at = self.holdings.iter().position(|&held| held == place);
        self.holdings.swap_remove(at.expect("what an agent lets go was in its hands"));
        let given = if mutants::is(Mutant::CapacityKept) {
            0
        } else if mutants::is(Mutant::CapacityGivenTwice) {
            (2 * u32::from(cost)).min(self.used)
        } else {
            u32::from(cost)
        };
        self.used -= given;
        let held = &mut self.held[lane as usize];
        *held = held.wrapping_sub(1);
    }

    /// Counts one of the contacts in its hands.
    pub fn count(&mut self, lane: u8, cost: u16) {
        self.used += u32::from(cost);
        let held = &mut self.held[lane as usize];
        *held = held.wrapping_add(1);
    }

    pub fn has_channel(&self, channel: ChannelNo) -> bool {
        self.channels.contains(&channel)
    }

    pub fn holds_anything(&self) -> bool {
        !self.holdings.is_empty()
    }

    /// The same entry and settings give the same lanes and maxima.
    pub fn set_lanes(&mut self, settings: &Settings, channel_of: impl Fn(&str) -> Option<ChannelNo>) {
        self.lanes = 0;
        self.max = [0; LANES_MAX];
        // What is parked with it has room by the channel's maximum where its entry says nothing of the channel any more.
        for (max, lane) in self.max.iter_mut().zip(&settings.lanes) {
            *max = lane.max.unwrap_or(0);
        }
        for entry in &self.spec.channels {
            let Some(channel) = channel_of(entry.channel.as_str()) else { continue };
            let Some(setting) = settings.channel(channel) else { continue };
            let lane = setting.lane as usize;
            self.lanes |= 1 << lane;
            if let Some(of_channel) = settings.lanes[lane].max {
                self.max[lane] = entry.max.unwrap_or(of_channel);
            }
        }
    }

    /// Places of the contacts in its hands, in no order.
    pub fn held_places(&self) -> &[u32] {
        &self.holdings
    }

    /// How many contacts are in its hands.
    pub fn holds(&self) -> usize {
        self.holdings.len()
    }

    /// What is in its hands, by contact number.
    pub fn holdings(&self, contacts: &Contacts) -> Vec<ContactNo> {
        let mut holdings: Vec<_> = self.holdings.iter().map(|&place| contacts.at(place).number).collect();
        holdings.sort_unstable();
        holdings
    }

    /// What is in its hands will be counted anew.
    pub fn clear_counts(&mut self) {
        self.used = 0;
        self.held = [0; LANES_MAX];
    }
}

#[derive(Debug, Default)]
pub struct Agents {
    numbers: HashIndex,
    hasher: RandomState,
    all: Vec<Agent>,
}

impl Agents {
    pub fn number(&self, id: &AgentId) -> Option<AgentNo> {
        let hash = self.hasher.hash_one(id);
        self.numbers
            .find(hash, |number| *self.all[number as usize].id == *id.as_str().as_bytes())
            .map(AgentNo)
    }

    /// The number unless it was removed from the roster.
    pub fn present(&self, id: &AgentId) -> Option<AgentNo> {
        self.number(id).filter(|&agent| !self[agent].removed)
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Agent> {
        self.all.iter()
    }

    /// Adds an agent under the next number, signed out.
    pub fn add(&mut self, spec: Arc<AgentSpec>) -> AgentNo {
        let number = AgentNo(self.all.len() as u32);
        self.numbers.insert(self.hasher.hash_one(&spec.agent), number.0);
        self.all.push(Agent {
            id: SmallVec::from_slice(spec.agent.as_str().as_bytes()),
            number,
            state: AgentState::SignedOut,
            removed: false,
            is_stale: false,
            is_throttled: false,
            yielding: 0,
            listed: 0,
            lanes: 0,
            capacity: spec.capacity,
            reserve: 0,
            used: 0,
            held: [0; LANES_MAX],
            max: [0; LANES_MAX],
            class: NIL,
            rank: spec.rank,
            idle_since: Time(0),
            available_since: Time(0),
            last_offer: OfferNo(0),
            presence: Presence::SignedOut,
            session: 0,
            counter: 0,
            misses: 0,
            deferred: None,
            timer: TimerRef::NONE,
            holdings: SmallVec::new(),
            waiters: Vec::new(),
            spec,
            skills: Box::default(),
            channels: Box::default(),
            site: None,
        });
        number
    }
}

impl std::ops::Index<AgentNo> for Agents {
    type Output = Agent;
    #[inline]
    fn index(&self, agent: AgentNo) -> &Agent {
        &self.all[agent.index()]
    }
}

impl std::ops::IndexMut<AgentNo> for Agents {
    #[inline]
    fn index_mut(&mut self, agent: AgentNo) -> &mut Agent {
        &mut self.all[agent.index()]
    }
}

/// The roster entry's skills by number, sorted; unknown names are skipped, they were checked when the entry came.
pub fn skills_by_number(spec: &AgentSpec, skills: &Names<model::SkillId>) -> Box<[SkillLevel]> {
    let mut result: Vec<SkillLevel> = spec
        .skills
        .iter()
        .filter_map(|have| {
            let skill = model::SkillNo(skills.number(have.skill.as_str())? as u16);
            Some(SkillLevel { skill, level: have.level })
        })
        .collect();
    result.sort_unstable();
    result.into_boxed_slice()
}

pub fn channels_by_number(spec: &AgentSpec, channels: &Names<model::ChannelId>) -> Box<[ChannelNo]> {
    let numbers = spec.channels.iter().filter_map(|entry| channels.number(entry.channel.as_str()));
    let mut result: ArrayVec<ChannelNo, 256> = numbers.map(|number| ChannelNo(number as u8)).collect();
    result.sort_unstable();
    result.to_vec().into_boxed_slice()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_decisions_look_at_fits_three_cache_lines() {
        assert!(std::mem::offset_of!(Agent, holdings) <= 128);
        // Whether there is a deferral stands in the first bytes of it.
        assert!(std::mem::offset_of!(Agent, deferred) < 192);
    }
}
