//! The agent for a contact: down the profile's column, tier by tier, for the best key of a class.

use model::{AgentNo, ContactNo, ProfileNo};

use super::Matcher;
use super::columns::SCORE_HIGHEST;
use super::order::Order;
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

    /// The same of those who are open by yielding. There are few, so no hint is kept for them.
    #[cold]
    pub fn find_yielding(
        &mut self,
        contact: ContactNo,
        contacts: &Contacts,
        agents: &Agents,
    ) -> Option<AgentNo> {
        let Matcher { yielding, columns, classes, .. } = self;
        let column = columns.get(contacts.of(contact).profile)?;
        let supply = yielding[column.order as usize].as_mut()?;
        let order = supply.order();
        let supply = supply.lane(column.lane);
        if supply.count == 0 {
            return None;
        }
        let mut hidden: arrayvec::ArrayVec<AgentNo, 16> = arrayvec::ArrayVec::new();
        if let Some(aversion) = contacts.aversion(contact.place()) {
            for &agent in aversion.excluded.iter().chain(&aversion.kept_from) {
                if agents[agent].yielding >> column.lane & 1 == 1 && !hidden.contains(&agent) {
                    hidden.push(agent);
                    supply.remove(agents[agent].class, agent);
                }
            }
        }
        let few = supply.count * FEW_FREE < classes.len();
        let found = column.tiers_from(SCORE_HIGHEST).iter().find_map(|tier| match &tier.bits {
            Some(bits) => supply.best_of_bits(bits, few),
            None => supply.best_of_members(column.members_of(tier)),
        });
        for agent in hidden {
            supply.insert(agents[agent].class, agent, order.key(&agents[agent]));
        }
        found
    }

    fn find_in_column(&mut self, profile: ProfileNo, lane: u8, order: Order) -> Option<AgentNo> {
        let hint = self.columns.take_hint(profile, self.demand.group_of(profile));
        let supply = self.supplies[order as usize].as_mut().expect("an order that a queue uses has a supply");
        let supply = supply.lane(lane);
        if hint == 0 || supply.count == 0 {
            return None;
        }
        let few = supply.count * FEW_FREE < self.classes.len();
        let column = self.columns.get(profile).expect("the caller has seen the column");
        let mut found = None;
        for tier in column.tiers_from(hint) {
            let agent = match &tier.bits {
                Some(bits) => supply.best_of_bits(bits, few),
                None => supply.best_of_members(column.members_of(tier)),
            };
            if let Some(agent) = agent {
                found = Some((tier.score, agent));
                break;
            }
        }
        let (score, agent) = found.unzip();
        self.columns.lower_hint(profile, score.unwrap_or(0));
        agent
    }
}
