//! A queue for whoever joins in. Nobody who is played has its skill, so a guest's agent is offered guests' contacts and
//! nothing else, and the day's figures are the same with and without guests.

use model::config::{QueueConfig, SkillDemand};
use model::skill::Level;
use model::{Millis, QueueId, SkillId, TenantConfig};

/// Both the queue and the skill that it requires.
pub const GUEST: &str = "guest";

/// Adds the queue and its skill to the configuration of a day, whose lengths of time are people's own at any speed.
pub fn admit(config: &mut TenantConfig) {
    let skill = SkillId::new(GUEST).expect("the name is an id");
    config.skills.push(skill.clone());
    config.queues.push(QueueConfig {
        skills: vec![SkillDemand { skill, level: Level::MIN }],
        ageing_per_minute: 60,
        wrap_up: Millis::from_seconds(5),
        retry_same_agent_after: Millis::from_seconds(30),
        ..QueueConfig::new(QueueId::new(GUEST).expect("the name is an id"))
    });
}
