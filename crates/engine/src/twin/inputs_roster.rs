//! What the administration says: configurations and the roster.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{AgentId, AgentNo, AgentSpec, Change, Refusal, TenantConfig, TenantId, TenantNo};

use super::Step;
use super::inputs::{Refused, refused};
use super::state::Tenant;

/// Most agent numbers that one tenant ever gives.
const AGENTS_MAX: usize = 1_048_576;

impl Step<'_> {
    pub fn config_apply(
        &mut self,
        tenant: &TenantId,
        hash: &str,
        config: &Arc<TenantConfig>,
    ) -> Result<(), Refused> {
        if self.tenant == TenantNo::SHARD {
            let count = u32::try_from(self.twin.tenants.len()).expect("a shard has far fewer tenants");
            self.tenant = TenantNo(count + 1);
            self.decide(Change::TenantOpened { name: tenant.clone() });
        } else if let Some((present_hash, present)) = &self.world().config {
            if config.version <= present.version {
                if hash == present_hash {
                    return Ok(());
                }
                let detail =
                    format!("version {} is in force, {} is not higher", present.version, config.version);
                return refused(Refusal::ConfigVersion, detail);
            }
            self.world().check_that_names_fit(config)?;
            self.world().check_that_contacts_keep_their_settings(config)?;
        }
        self.decide(Change::ConfigApplied { hash: hash.to_owned(), config: Arc::clone(config) });
        self.settle();
        Ok(())
    }

    pub fn agent_put(&mut self, spec: &Arc<AgentSpec>) -> Result<(), Refused> {
        let world = self.world();
        world.check_skills(&spec.skills)?;
        world.check_channels(spec)?;
        world.check_site(spec.site.as_ref())?;
        world.check_agent_spec(spec)?;
        let known = world.agent_number(&spec.agent);
        if known.is_some_and(|agent| !world.agent(agent).removed && world.agent(agent).spec == *spec) {
            return Ok(());
        }
        if known.is_none() && world.agents.len() >= AGENTS_MAX {
            return refused(
                Refusal::LimitReached,
                format!("a tenant has at most {AGENTS_MAX} agents in its life"),
            );
        }
        let agent = known.unwrap_or_else(|| {
            AgentNo(u32::try_from(world.agents.len()).expect("agent numbers are limited to 1,048,576"))
        });
        self.decide(Change::AgentPut { agent, spec: Arc::clone(spec) });
        self.fill(agent);
        Ok(())
    }

    pub fn agent_remove(&mut self, agent: &AgentId) -> Result<(), Refused> {
        let Some(number) = self.world().agent_in_roster(agent) else {
            return refused(Refusal::UnknownAgent, format!("agent {agent} is not in the roster"));
        };
        if self.world().agent(number).presence.is_signed_in() {
            return refused(Refusal::AgentBusy, format!("agent {agent} is signed in"));
        }
        let parked = self.world().parked_with(number);
        for contact in &parked {
            self.agent_left(*contact);
        }
        self.decide(Change::AgentRemoved { agent: number });
        for contact in parked {
            self.place(contact);
        }
        Ok(())
    }
}

impl Tenant {
    fn check_that_names_fit(&self, config: &TenantConfig) -> Result<(), Refused> {
        let new_skills = config.skills.iter().filter(|name| !self.skills.contains(name)).count();
        let new_queues = config.queues.iter().filter(|queue| !self.queues.contains(&queue.name)).count();
        let new_channels =
            config.channels.iter().filter(|channel| !self.channels.contains(&channel.name)).count();
        let new_sites = config.sites.iter().filter(|site| !self.sites.contains(site)).count();
        let fits = self.skills.len() + new_skills <= 65_536
            && self.sites.len() + new_sites <= 65_536
            && self.queues.len() + new_queues <= 65_536
            && self.channels.len() + new_channels <= 256;
        if fits { Ok(()) } else { refused(Refusal::LimitReached, "too many names".to_owned()) }
    }

    fn check_that_contacts_keep_their_settings(&self, config: &TenantConfig) -> Result<(), Refused> {
        for contact in self.contacts.values() {
            let profile = self.profile(contact.profile);
            let queue = &self.queues[profile.queue.index()];
            let channel = &self.channels[profile.channel.index()];
            if config.queue(queue).is_none() {
                return refused(Refusal::ConfigInUse, format!("queue {queue} still has open contacts"));
            }
            let present = self.config().channel(channel).map(|present| present.kind);
            if config.channel(channel).map(|new| new.kind) != present {
                return refused(Refusal::ConfigInUse, format!("channel {channel} still has open contacts"));
            }
        }
        for channel in self.channels_to_come_back_to() {
            let present = self.config().channel(channel).map(|present| present.kind);
            if config.channel(channel).map(|new| new.kind) != present {
                return refused(Refusal::ConfigInUse, format!("silent customers come back to {channel}"));
            }
        }
        Ok(())
    }

    fn check_channels(&self, spec: &AgentSpec) -> Result<(), Refused> {
        for entry in &spec.channels {
            if self.channel_number(&entry.channel).is_none() {
                let detail = format!("channel {} is not configured", entry.channel);
                return refused(Refusal::UnknownChannel, detail);
            }
        }
        Ok(())
    }

    /// All names are checked before.
    fn check_agent_spec(&self, spec: &AgentSpec) -> Result<(), Refused> {
        for entry in &spec.channels {
            let settings = self.config().channel(&entry.channel);
            if entry.max.is_some() && settings.is_some_and(|settings| settings.max.is_none()) {
                let detail = format!("channel {} has no maximum to replace", entry.channel);
                return refused(Refusal::BadField, detail);
            }
        }
        if spec.reserve.is_some() && self.config().reserve.is_none() {
            return refused(Refusal::BadField, "there is no reserve to replace".to_owned());
        }
        if spec.capacity == 0 {
            return refused(Refusal::BadField, "an agent has a capacity of at least 1".to_owned());
        }
        let distinct: BTreeSet<_> = spec.skills.iter().map(|demand| &demand.skill).collect();
        if distinct.len() < spec.skills.len() {
            return refused(Refusal::BadField, "a skill is given twice".to_owned());
        }
        Ok(())
    }
}
