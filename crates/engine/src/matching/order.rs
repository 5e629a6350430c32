//! The orders in which free agents are kept. A method is an order, and for `best_skill` tiers before it.

use model::config::Method;

use crate::state::agents::Agent;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Idle,
    Available,
    Load,
    LastOffer,
    Rank,
}

pub const ORDERS: usize = 5;

/// Times stay below this bit, so that a load can stand above them in one key.
const LOAD_SHIFT: u32 = 58;
/// Loads are told apart in eighths: finer, and the agent idle longest would rarely be chosen.
const LOAD_STEPS: u64 = 8;

impl Order {
    pub fn of(method: Method) -> Order {
        match method {
            Method::LongestIdle | Method::BestSkill => Order::Idle,
            Method::LongestAvailable => Order::Available,
            Method::LeastLoaded => Order::Load,
            Method::RoundRobin => Order::LastOffer,
            Method::Order => Order::Rank,
        }
    }

    /// Lowest first; ties go to the lowest agent number.
    pub fn key(self, agent: &Agent) -> u64 {
        match self {
            Order::Idle => agent.idle_since.0,
            Order::Available => agent.available_since.0,
            Order::Load => {
                let load = u64::from(agent.used) * LOAD_STEPS / u64::from(agent.capacity);
                load << LOAD_SHIFT | agent.idle_since.0
            }
            Order::LastOffer => agent.last_offer.0,
            Order::Rank => u64::from(agent.rank),
        }
    }
}
