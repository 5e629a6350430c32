//! The golden records of what people decide out of turn.

use model::hand::{Hand, Taking};

use super::*;

pub fn by_hand(
    contact: ContactNo,
    agent: AgentNo,
    profile: ProfileNo,
    until: Time,
) -> Vec<(&'static str, Change)> {
    let offered = |by| Change::Offered { contact, agent, offer: OfferNo(6), expires_at: until, by: Some(by) };
    let returned = Change::ContactReturned {
        contact,
        profile,
        points: 2,
        why: ReturnedWhy::Supervisor,
        kept_from_until: until,
    };
    let available = Presence::Available;
    vec![
        (
            "commit_config_applied_taking",
            Change::ConfigApplied { hash: "c0ffee".into(), config: Arc::new(config_with_taking()) },
        ),
        ("commit_offered_by_supervisor", offered(Hand::Supervisor)),
        ("commit_offered_by_agent", offered(Hand::Agent)),
        (
            "commit_offer_withdrawn",
            Change::OfferEnded { contact, how: OfferEnd::Withdrawn, kept_from_until: until },
        ),
        ("commit_contact_returned_by_supervisor", returned),
        (
            "commit_contact_moved_by_supervisor",
            Change::ContactMoved { contact, profile, points: 2, why: ExitWhy::Supervisor },
        ),
        (
            "commit_agent_presence_by_supervisor",
            Change::AgentPresence { agent, presence: available, cause: PresenceCause::Supervisor },
        ),
    ]
}

/// Agents take what waits, in one queue alone and in another beside offers.
fn config_with_taking() -> TenantConfig {
    let mut config = config();
    config.queues[0].taking = Taking::Pulled;
    let name = QueueId::new("service").expect("valid");
    config.queues.push(QueueConfig { name, taking: Taking::Both, ..config.queues[0].clone() });
    config
}
