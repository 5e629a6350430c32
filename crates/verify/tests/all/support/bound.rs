//! The words of work that stays with an agent who is signed out.

use model::transition::ReturnedWhy;
use model::{Change, ContactNo, Millis, ProfileNo, Time};

/// So long its contacts stay.
pub const STAYS: Option<Millis> = Some(Millis(20_000));

pub fn change(word: &str, contact: ContactNo, rest: &str) -> Change {
    let number = rest.parse().unwrap();
    if word == "stays" {
        return Change::ContactParked { contact, until: Time(number) };
    }
    let (profile, kept_from_until) = (ProfileNo(number as u32), Time(0));
    Change::ContactReturned { contact, profile, points: 0, why: ReturnedWhy::AgentLeft, kept_from_until }
}
