//! Matching: which agent for a contact, which contact for an agent, in two or three cache misses.
//!
//! Nothing here is truth: all of it is derived from the state and is built anew from it at will.
//!
//! - [`classes`]: agents who can do the same are one class; a class has a short **row** of the profiles it serves.
//! - [`columns`]: a profile has a **column** of the classes that serve it, best score first, in tiers.
//! - [`supply`]: per lane, the free agents of each class, best first, and the best key of each class in one dense array.
//! - [`demand`]: per profile, the waiting contacts, best first, and the best key of each profile in one dense array.
//!
//! A contact looks down its profile's column at the dense keys of the classes; a freed agent looks along its class's row at the
//! dense keys of the profiles. Rules that hold a pair back (reserve, pressure, interruption, relaxation, overflow) belong
//! where a candidate is taken from these two scans: [`find_agent`] and [`find_contact`].

pub mod bits;
pub mod classes;
pub mod columns;
pub mod demand;
pub mod find_agent;
pub mod find_contact;
pub mod find_in_turn;
pub mod find_pulled;
pub mod order;
pub mod preference;
pub mod supply;

use arrayvec::ArrayVec;
use model::config::{ChannelKind, LANES_MAX};
use model::{ChannelNo, ProfileNo, Requirement};

use crate::state::agents::{Agent, LaneMask};
use crate::state::profiles::ProfileKey;
use crate::state::settings::Settings;
use classes::{Classes, Kind};
use columns::Columns;
use demand::{Demand, GroupKind};
use order::{ORDERS, Order};
use supply::Supply;

#[derive(Debug, Default)]
pub struct Matcher {
    pub classes: Classes,
    pub columns: Columns,
    pub demand: Demand,
    /// By order; nothing for an order that no queue uses.
    supplies: [Option<Supply>; ORDERS],
    /// Agents who are open by yielding, in the same way; all empty where nothing can be interrupted.
    yielding: [Option<Supply>; ORDERS],
}

impl Matcher {
    /// An empty matcher for these settings; profiles, agents and contacts are added anew.
    pub fn new(settings: &Settings) -> Matcher {
        let mut matcher = Matcher::default();
        for queue in &settings.config.queues {
            let order = Order::of(queue.method);
            let supply = || Supply::new(order, settings.lanes.len());
            matcher.supplies[order as usize].get_or_insert_with(supply);
            if settings.interrupts {
                matcher.yielding[order as usize].get_or_insert_with(supply);
            }
        }
        matcher
    }

    /// A profile whose channel or queue the settings do not have any more waits for nobody.
    pub fn open_profile(&mut self, profile: ProfileNo, key: &ProfileKey, settings: &Settings) {
        let (Some(channel), Some(queue)) = (settings.channel(key.channel), settings.queue(key.queue)) else {
            return;
        };
        let kind = match channel.kind {
            ChannelKind::Live => GroupKind::Live { ageing_per_minute: key.ageing_per_minute },
            ChannelKind::Indirect if key.pressure.is_some() => {
                GroupKind::Live { ageing_per_minute: key.ageing_per_minute }
            }
            ChannelKind::Indirect => GroupKind::Indirect,
        };
        let group = self.demand.open(profile, channel.lane, kind);
        let members = self.classes.qualified(key);
        self.columns.open(profile, key, channel.lane, queue.method, members);
        for (class, score) in self.columns.members(profile) {
            self.classes.add_to_row(class, profile, score, group, channel.lane);
        }
        self.classes.judge_rows(self.columns.members(profile).map(|(class, _)| class));
        self.columns.raise_hint(profile);
    }

    pub fn close_profile(&mut self, profile: ProfileNo) {
        self.take_from_classes(profile);
        self.demand.close(profile);
    }

    /// For settings by which its contacts find agents in another way, or not any more. Who waits goes on waiting.
    pub fn reopen_profile(&mut self, profile: ProfileNo, key: &ProfileKey, settings: &Settings) {
        self.take_from_classes(profile);
        if settings.channel(key.channel).is_some() && settings.queue(key.queue).is_some() {
            self.open_profile(profile, key, settings);
        } else {
            self.demand.close(profile);
        }
    }

    fn take_from_classes(&mut self, profile: ProfileNo) {
        for (class, _) in self.columns.members(profile) {
            self.classes.remove_from_row(class, profile);
        }
        self.columns.close(profile);
    }

    /// Lists as these settings need them, and nobody on them.
    pub fn empty_lists(&mut self, settings: &Settings) {
        let Matcher { supplies, yielding, .. } = Matcher::new(settings);
        (self.supplies, self.yielding) = (supplies, yielding);
        if let Some(last) = self.classes.len().checked_sub(1) {
            for supply in self.supplies.iter_mut().chain(&mut self.yielding).flatten() {
                supply.make_room(last as u32);
            }
        }
    }

    /// How many classes serve the profile.
    pub fn members_of(&self, profile: ProfileNo) -> usize {
        self.columns.get(profile).map_or(0, columns::Column::len)
    }

    /// The class of agents of this kind, and whether it was made for the first of them.
    pub fn join_class(&mut self, kind: Kind<'_>) -> (u32, bool) {
        let (class, is_new) = self.classes.join(kind);
        if is_new {
            for supply in self.supplies.iter_mut().chain(&mut self.yielding).flatten() {
                supply.make_room(class);
            }
            for (profile, score, lane) in self.columns.served_by(kind) {
                self.columns.add_member(profile, class, score);
                self.classes.add_to_row(class, profile, score, self.demand.group_of(profile), lane);
            }
            self.classes.judge_rows(std::iter::once(class));
        }
        (class, is_new)
    }

    /// The agent must not be listed any more. When it was the last of its kind: the profiles that nobody serves from here.
    pub fn leave_class(&mut self, class: u32) -> Option<Vec<ProfileNo>> {
        if !self.classes.leave(class) {
            return None;
        }
        let mut unserved = vec![];
        for (profile, score) in self.classes.row(class) {
            self.columns.remove_member(profile, class, score);
            if !self.columns.is_served(profile) {
                unserved.push(profile);
            }
        }
        self.classes.dissolve(class);
        Some(unserved)
    }

    /// Lists the agent where it is open and nowhere else.
    pub fn list(&mut self, agent: &mut Agent, open: LaneMask) {
        let mut appeared: ArrayVec<u8, LANES_MAX> = ArrayVec::new();
        for supply in self.supplies.iter_mut().flatten() {
            let key = supply.order().key(agent);
            for lane in lanes_in(open | agent.listed) {
                let bit = 1 << lane;
                let is_first = if open & bit == 0 {
                    supply.lane(lane).remove(agent.class, agent.number);
                    false
                } else if agent.listed & bit == 0 {
                    supply.lane(lane).insert(agent.class, agent.number, key)
                } else {
                    supply.lane(lane).change_key(agent.class, agent.number, key);
                    false
                };
                if is_first && !appeared.contains(&lane) {
                    appeared.push(lane);
                }
            }
        }
        agent.listed = open;
        for lane in appeared {
            self.classes.raise_hints(agent.class, lane, &mut self.columns);
        }
    }

    /// Lists the agent where it is open by yielding and nowhere else.
    #[cold]
    pub fn list_yielding(&mut self, agent: &mut Agent, lanes: LaneMask) {
        for supply in self.yielding.iter_mut().flatten() {
            let key = supply.order().key(agent);
            for lane in lanes_in(lanes | agent.yielding) {
                let bit = 1 << lane;
                if lanes & bit == 0 {
                    supply.lane(lane).remove(agent.class, agent.number);
                } else if agent.yielding & bit == 0 {
                    supply.lane(lane).insert(agent.class, agent.number, key);
                } else {
                    supply.lane(lane).change_key(agent.class, agent.number, key);
                }
            }
        }
        agent.yielding = lanes;
    }

    /// Agents who have what is required and are open on the channel, of this lane. The lists must be up to date.
    pub fn free_for(&self, requirement: &Requirement, person: bool, channel: ChannelNo, lane: u8) -> u64 {
        // Every supply lists them all.
        let Some(supply) = self.supplies.iter().flatten().next() else { return 0 };
        let lane = supply.lane_at(lane);
        self.classes.anywhere(channel, requirement, person).map(|class| lane.listed(class)).sum()
    }

    fn supply_mut(&mut self, order: Order) -> &mut Supply {
        self.supplies[order as usize].as_mut().expect("an order that a queue uses has a supply")
    }
}

/// The lanes of a mask, lowest first.
pub fn lanes_in(mut mask: LaneMask) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let lane = (mask != 0).then(|| mask.trailing_zeros() as u8)?;
        mask &= mask - 1;
        Some(lane)
    })
}

/// For the searches: an agent that a contact keeps away from is taken off the lists for one look-up.
impl Matcher {
    fn hide(&mut self, order: Order, lane: u8, agent: &Agent) {
        self.supply_mut(order).lane(lane).remove(agent.class, agent.number);
    }

    /// Off the list on which the profile's contacts find agents, until it is shown to them again.
    pub fn hide_from(&mut self, profile: ProfileNo, agent: &Agent) {
        if let Some((order, lane)) = self.columns.get(profile).map(|column| (column.order, column.lane)) {
            self.hide(order, lane, agent);
        }
    }

    pub fn show_to(&mut self, profile: ProfileNo, agent: &Agent) {
        if let Some((order, lane)) = self.columns.get(profile).map(|column| (column.order, column.lane)) {
            self.show(order, lane, agent);
        }
    }

    fn show(&mut self, order: Order, lane: u8, agent: &Agent) {
        let key = order.key(agent);
        if self.supply_mut(order).lane(lane).insert(agent.class, agent.number, key) {
            self.classes.raise_hints(agent.class, lane, &mut self.columns);
        }
    }
}
