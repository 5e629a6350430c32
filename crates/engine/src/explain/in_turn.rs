//! In which order one agent takes contacts where queues take turns.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use model::{ContactNo, QueueNo};

use super::line::Rank;
use crate::state::ratios::Member;
use crate::state::tenant::Tenant;

/// What takes turns with one another: that of one ratio which is live, or indirect.
type Group = (u16, bool);

impl Tenant {
    /// As things stand, if nobody else takes anything and nothing comes.
    pub(super) fn in_turn(&self, mut ranks: Vec<Rank>) -> Vec<Rank> {
        ranks.sort_unstable();
        if self.ratios.is_empty() {
            return ranks;
        }
        // What waits with each of its queues, and the turns of that.
        let mut groups: BTreeMap<Group, BTreeMap<QueueNo, (Member, VecDeque<Rank>)>> = BTreeMap::new();
        for rank in &ranks {
            if let Some((member, group)) = self.takes_turns(rank) {
                let group = groups.entry(group).or_default();
                group.entry(member.queue).or_insert((member, VecDeque::new())).1.push_back(*rank);
            }
        }
        let mut taken: BTreeSet<ContactNo> = BTreeSet::new();
        let mut in_turn = Vec::with_capacity(ranks.len());
        for rank in ranks {
            let Some((_, group)) = self.takes_turns(&rank) else {
                in_turn.push(rank);
                continue;
            };
            let queues = groups.get_mut(&group).expect("a group has what is of it");
            // The ratio stands where its best contact does, until that is taken.
            while !taken.contains(&rank.4) {
                let waiting = queues.values_mut().filter(|(_, waiting)| !waiting.is_empty());
                let next = waiting.reduce(|one, other| if other.0.is_before(&one.0) { other } else { one });
                let (member, waiting) = next.expect("what is not taken waits");
                member.turns.turns += 1;
                let first = waiting.pop_front().expect("one of them waits");
                taken.insert(first.4);
                in_turn.push(first);
            }
        }
        in_turn
    }

    /// Nothing for what is given out of turn.
    fn takes_turns(&self, &(is_for_anybody, is_indirect, _, _, number): &Rank) -> Option<(Member, Group)> {
        let member = *self.ratios.of(self.queue_number(number)).filter(|_| is_for_anybody)?;
        Some((member, (member.ratio, is_indirect)))
    }
}
