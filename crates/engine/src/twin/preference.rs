//! Preferred skills: "Order of agents" of the rules.

use std::sync::Arc;

use model::{AgentNo, ContactNo, QueueNo, Requirement, SkillLevel};

use super::state::Tenant;

impl Tenant {
    /// What the queue prefers as the configuration in force has it; nothing for nothing.
    pub fn preference_of(&self, queue: QueueNo) -> Option<Arc<Requirement>> {
        let mut preference = Requirement::default();
        for wanted in &self.queue(queue).prefer {
            let skill = self.skill_number(&wanted.skill).expect("a configuration names its skills");
            assert!(
                preference.add(SkillLevel { skill, level: wanted.level }),
                "a queue prefers 8 skills at most"
            );
        }
        (preference != Requirement::default()).then(|| Arc::new(preference))
    }

    /// How many of the skills that the contact's profile prefers the agent has.
    pub fn preferred_skills_of(&self, agent: AgentNo, contact: ContactNo) -> usize {
        let Some(preference) = &self.profile_of(contact).preference else { return 0 };
        let has = |wanted: &&SkillLevel| {
            let mut skills = self.agent(agent).skills.iter();
            skills.any(|have| have.skill == wanted.skill && have.level >= wanted.level)
        };
        preference.as_slice().iter().filter(has).count()
    }
}
