//! Profiles: what a contact asks for, and the number that stands for it.

use std::collections::BTreeSet;

use model::config::SkillDemand;
use model::{Change, ProfileNo, QueueNo, Refusal, Requirement, SiteId, SkillLevel};

use super::Step;
use super::inputs::{Refused, refused};
use super::state::{Lasting, Profile, Tenant};

/// Numbers are given up to here, and given again after that.
const PROFILES_MAX: usize = 65_536;

impl Tenant {
    /// The queue's skills and the contact's own. Names were checked before.
    pub fn profile_for(
        &self,
        queue: QueueNo,
        lasting: Lasting,
        own: &[SkillDemand],
    ) -> Result<Profile, Refused> {
        self.profile_asking(queue, lasting, &self.queue(queue).skills, own)
    }

    pub fn profile_asking(
        &self,
        queue: QueueNo,
        (channel, site, person): Lasting,
        of_queue: &[SkillDemand],
        own: &[SkillDemand],
    ) -> Result<Profile, Refused> {
        let mut requirement = Requirement::default();
        for demand in of_queue.iter().chain(own) {
            let Some(skill) = self.skill_number(&demand.skill) else {
                return refused(Refusal::UnknownSkill, format!("skill {} is not configured", demand.skill));
            };
            if !requirement.add(SkillLevel { skill, level: demand.level }) {
                return refused(Refusal::TooManySkills, "a contact requires at most 16 skills".to_owned());
            }
        }
        let ageing_per_minute = self.queue(queue).ageing_per_minute;
        let preference = self.preference_of(queue);
        // It is never let go of: once a queue asked for a person, the contact does.
        let person = person || self.queue(queue).person;
        Ok(Profile {
            queue,
            channel,
            ageing_per_minute,
            requirement,
            pressure: None,
            site,
            preference,
            person,
        })
    }

    pub fn check_site(&self, site: Option<&SiteId>) -> Result<(), Refused> {
        match site.filter(|site| !self.config().sites.contains(site)) {
            Some(site) => refused(Refusal::UnknownSite, format!("site {site} is not configured")),
            None => Ok(()),
        }
    }

    pub fn check_skills(&self, demands: &[SkillDemand]) -> Result<(), Refused> {
        match demands.iter().find(|demand| !self.config().skills.contains(&demand.skill)) {
            Some(demand) => {
                refused(Refusal::UnknownSkill, format!("skill {} is not configured", demand.skill))
            }
            None => Ok(()),
        }
    }

    /// The number a profile has or would get.
    pub fn profile_number(&self, wanted: &Profile) -> Result<ProfileNo, Refused> {
        if let Some(at) = self.profiles.iter().position(|profile| profile.as_ref() == Some(wanted)) {
            return Ok(profile_number(at));
        }
        if self.profiles.len() < PROFILES_MAX {
            return Ok(profile_number(self.profiles.len()));
        }
        let in_use: BTreeSet<ProfileNo> = self.contacts.values().map(|contact| contact.profile).collect();
        match (0..PROFILES_MAX).map(profile_number).find(|number| !in_use.contains(number)) {
            Some(number) => Ok(number),
            None => refused(Refusal::LimitReached, "too many distinct requirements".to_owned()),
        }
    }
}

impl Step<'_> {
    /// Opens the profile under the number that was found for it, unless it is open already.
    pub fn open_profile(&mut self, number: ProfileNo, profile: Profile) {
        match self.world().profiles.get(number.index()) {
            Some(Some(present)) if *present == profile => return,
            Some(Some(_)) => self.decide(Change::ProfileClosed { profile: number }),
            Some(None) | None => {}
        }
        self.decide(Change::ProfileOpened {
            profile: number,
            queue: profile.queue,
            channel: profile.channel,
            ageing_per_minute: profile.ageing_per_minute,
            requirement: Box::new(profile.requirement),
            pressure: profile.pressure,
            site: profile.site,
            person: profile.person,
        });
    }
}

fn profile_number(at: usize) -> ProfileNo {
    ProfileNo(u32::try_from(at).expect("profile numbers are limited to 65,536"))
}
