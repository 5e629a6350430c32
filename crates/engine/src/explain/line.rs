//! In which order contacts are taken.

use model::explain::{InLine, Line, Precedence};
use model::{ContactNo, Time};

use super::NAMED_MAX;
use crate::matching::demand::GroupKind;
use crate::state::contacts::{Contact, Status};
use crate::state::tenant::Tenant;

/// Lowest first: what belongs with what the agent has; live before indirect; the negated score, or the deadline; arrival; number.
pub(super) type Rank = (bool, bool, i128, Time, ContactNo);

/// A point of a score.
const POINT: i128 = 60_000;

impl Tenant {
    /// Where a contact stands among those that an agent could have for whom it waits, or who is anybody.
    pub(super) fn rank(&self, contact: &Contact, now: Time) -> Rank {
        let (is_indirect, key) = match self.group_kind(contact.profile) {
            GroupKind::Live { ageing_per_minute } => {
                let score = i128::from(ageing_per_minute) * i128::from(now.0) - i128::from(contact.key);
                (false, -score)
            }
            GroupKind::Indirect => (true, i128::from(contact.key)),
        };
        let is_for_anybody = contact.status != Status::WaitingPreferred || !contact.belongs_to_its_agent();
        (is_for_anybody, is_indirect, key, contact.arrived_at, contact.number)
    }

    /// The first of these, which are in order, by name; and how many there are.
    pub(super) fn line(&self, ranks: &[Rank]) -> Line {
        let first = ranks.iter().take(NAMED_MAX).map(|rank| self.in_line(rank));
        Line { contacts: ranks.len() as u32, first: first.collect() }
    }

    fn in_line(&self, &(is_for_anybody, is_indirect, key, arrived_at, number): &Rank) -> InLine {
        let contact = self.contacts.of(number);
        let queue = self.profiles.brief(contact.profile).queue;
        InLine {
            contact: contact.body().contact.clone(),
            queue: self.names.queues.name(u32::from(queue.0)).clone(),
            precedence: if !is_for_anybody {
                Precedence::Belongs
            } else if is_indirect {
                Precedence::Due(Time(key as u64))
            } else {
                Precedence::Score((-key).div_euclid(POINT) as i64)
            },
            arrived_at,
            turns: self.ratios.of(queue).map(|member| member.turns),
        }
    }
}
