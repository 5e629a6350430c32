//! Configuration and roster: what is derived of both anew when either changes.

use std::sync::Arc;

use model::{AgentKind, AgentNo, ChannelNo, ProfileNo, SiteNo, TenantConfig};

use super::agents::{channels_by_number, skills_by_number};
use super::contacts::NIL;
use super::profiles::ProfileKey;
use super::settings::Settings;
use super::tenant::Tenant;
use crate::matching::Matcher;
use crate::matching::classes::Kind;

impl Tenant {
    /// What is derived of the one before is carried over by [`Tenant::fit`].
    pub fn put_config(&mut self, hash: String, config: Arc<TenantConfig>) {
        let settings = Settings::compile(hash, config, &mut self.names);
        let former = self.settings.replace(settings);
        self.carry_ratios(former.as_ref());
        match former {
            None => {
                self.matcher = Matcher::new(self.settings());
                self.carry_overflow(None);
            }
            Some(former) => self.carry_over(&former),
        }
    }

    pub fn open_profile(&mut self, profile: ProfileNo, key: ProfileKey) {
        let settings = self.settings.as_ref().expect("profiles come after the first configuration");
        self.matcher.open_profile(profile, &key, settings);
        self.profiles.open(profile, key);
        self.matcher.demand.hold(&self.contacts, profile, self.is_to_hold(profile));
    }

    pub fn close_profile(&mut self, profile: ProfileNo) {
        self.matcher.close_profile(profile);
        self.profiles.close(profile);
    }

    /// Carries the roster entry into what is derived from it.
    pub fn enrol(&mut self, agent: AgentNo) {
        self.unlist(agent);
        self.equip(agent);
        let record = &mut self.agents[agent];
        let former = std::mem::replace(&mut record.class, NIL);
        record.capacity = record.spec.capacity;
        record.rank = record.spec.rank;
        record.skills = skills_by_number(&record.spec, &self.names.skills);
        let site = record.spec.site.as_ref().and_then(|site| self.names.sites.number(site.as_str()));
        record.site = site.map(|number| SiteNo(number as u16));
        record.channels = channels_by_number(&record.spec, &self.names.channels);
        let kind = Kind {
            skills: &record.skills,
            channels: &record.channels,
            site: record.site,
            is_bot: record.spec.kind == AgentKind::Bot,
        };
        let (class, is_new) = self.matcher.join_class(kind);
        record.class = class;
        let is_there = u32::from(record.is_there());
        self.matcher.classes.count_there(class, 0, is_there);
        let mut left = None;
        if former != NIL {
            self.matcher.classes.count_there(former, is_there, 0);
            left = self.matcher.leave_class(former);
        }
        self.touch(agent);
        if is_new || left.is_some() {
            self.review_servable(&left.unwrap_or_default());
        }
    }

    /// What the settings in force give the agent: its lanes and its reserve.
    pub fn equip(&mut self, agent: AgentNo) {
        let settings = self.settings.as_ref().expect("agents come after the first configuration");
        let record = &mut self.agents[agent];
        record.reserve = record.spec.reserve.or(settings.config.reserve).unwrap_or(0);
        let channels = &self.names.channels;
        record.set_lanes(settings, |name| channels.number(name).map(|number| ChannelNo(number as u8)));
    }

    /// Takes an agent who is signed out off the roster: no class counts it any more.
    pub fn strike_off(&mut self, agent: AgentNo) {
        self.unlist(agent);
        let record = &mut self.agents[agent];
        record.removed = true;
        let former = std::mem::replace(&mut record.class, NIL);
        if let Some(unserved) = self.matcher.leave_class(former) {
            self.review_servable(&unserved);
        }
    }

    fn unlist(&mut self, agent: AgentNo) {
        if self.agents[agent].class != NIL {
            self.matcher.list_yielding(&mut self.agents[agent], 0);
            self.matcher.list(&mut self.agents[agent], 0);
        }
    }
}
