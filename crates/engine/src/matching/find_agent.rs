//! The agent for a contact: down the profile's column, tier by tier, for the best key of a class.

use model::{AgentNo, ContactNo, ProfileNo};

use super::Matcher;
use super::bits::ones;
use super::columns::{Column, Tier};
use super::order::Order;
use super::supply::{LaneSupply, NONE};
use crate::state::agents::Agents;
use crate::state::contacts::Contacts;

/// With fewer free classes than one in so many, only the words that have any are looked at.
const FEW_FREE: usize = 32;

impl Matcher {
    /// The best agent who is free for this contact and whom it does not keep away from.
    pub fn find_agent(
        &mut self,
        contact: ContactNo,
        contacts: &Contacts,
        agents: &Agents,
    ) -> Option<AgentNo> {
        let profile = contacts.of(contact).profile;
        let column = self.columns.get(profile)?;
        let (lane, order) = (column.lane, column.order);
        let Some(aversion) = contacts.aversion(contact.place()) else {
            return self.find_in_column(profile, lane, order);
        };
        let listed = |agent: &AgentNo| agents[*agent].listed >> lane & 1 == 1;
        let mut hidden: arrayvec::ArrayVec<AgentNo, 16> = arrayvec::ArrayVec::new();
        for &agent in aversion.excluded.iter().chain(&aversion.kept_from) {
            if listed(&agent) && !hidden.contains(&agent) {
                hidden.push(agent);
                self.hide(order, lane, &agents[agent]);
            }
        }
        let found = self.find_in_column(profile, lane, order);
        for agent in hidden {
            self.show(order, lane, &agents[agent]);
        }
        found
    }

    fn find_in_column(&mut self, profile: ProfileNo, lane: u8, order: Order) -> Option<AgentNo> {
        let hint = self.columns.take_hint(profile, self.demand.group_of(profile));
        if hint == 0 || self.supply(order).lane(lane).count == 0 {
            return None;
        }
        let column = self.columns.get(profile).expect("the caller has seen the column");
        let supply = self.supply(order).lane(lane);
        let mut found = None;
        for tier in column.tiers_from(hint) {
            let class = match &tier.bits {
                Some(bits) => best_of_bits(supply, bits, self.classes.len()),
                None => best_of_members(supply, column, tier),
            };
            if let Some(class) = class {
                found = Some((tier.score, class));
                break;
            }
        }
        let (score, class) = found.unzip();
        self.columns.lower_hint(profile, score.unwrap_or(0));
        class.map(|class| self.first_of(order, lane, class))
    }
}

#[inline]
fn best_of_members(supply: &LaneSupply, column: &Column, tier: &Tier) -> Option<u32> {
    let (mut best, mut best_class) = (NONE, 0);
    for &class in column.members_of(tier) {
        let key = supply.keys[class as usize];
        if supply.is_better(class as usize, key, best, best_class) {
            (best, best_class) = (key, class as usize);
        }
    }
    (best != NONE).then_some(best_class as u32)
}

#[inline]
fn best_of_bits(supply: &LaneSupply, members: &[u64], classes: usize) -> Option<u32> {
    let (mut best, mut best_class) = (NONE, 0);
    let mut look_at = |word: usize| {
        let both = members.get(word).copied().unwrap_or(0) & supply.available[word];
        if both == 0 || supply.least[word] > best {
            return;
        }
        for bit in ones(both) {
            let class = word * 64 + bit;
            let key = supply.keys[class];
            if supply.is_better(class, key, best, best_class) {
                (best, best_class) = (key, class);
            }
        }
    };
    if supply.count * FEW_FREE < classes {
        for (at, &summary) in supply.summary.iter().enumerate() {
            for bit in ones(summary) {
                look_at(at * 64 + bit);
            }
        }
    } else {
        for word in 0..members.len().min(supply.available.len()) {
            look_at(word);
        }
    }
    (best != NONE).then_some(best_class as u32)
}
