//! Configuration and roster.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::agent::AgentChannel;
use model::config::QueueState;
use model::{
    AgentId, AgentNo, AgentSpec, Change, ChannelNo, QueueId, Refusal, SiteNo, SkillNo, TenantConfig, TenantNo,
};

use super::{Origin, Turn};
use crate::state::agents::AGENTS_MAX;
use crate::state::tenant::Tenant;

/// As many as their numbers can tell apart.
const NAMES_MAX: usize = 1 << 16;
const CHANNEL_NAMES_MAX: usize = 1 << 8;

impl Turn<'_> {
    pub fn config_apply(
        &mut self,
        known: Option<TenantNo>,
        origin: Origin<'_>,
        hash: String,
        config: Arc<TenantConfig>,
    ) {
        let tenant = match known {
            Some(tenant) => tenant,
            None => TenantNo(self.engine.tenants.len() as u32 + 1),
        };
        if known.is_some() {
            match check_version(self.tenant(tenant), &hash, &config) {
                Ok(true) => {}
                Ok(false) => return,
                Err((reason, detail)) => return self.refuse(tenant, origin, reason, detail),
            }
        } else {
            self.emit(tenant, Change::TenantOpened { name: origin.tenant.clone() });
        }
        self.emit(tenant, Change::ConfigApplied { hash, config });
        if !self.tenant(tenant).is_fitted() {
            self.engine.fitting.insert(tenant);
        }
        self.settle_anew(tenant);
    }

    pub fn agent_put(&mut self, tenant: TenantNo, origin: Origin<'_>, spec: Arc<AgentSpec>) {
        let state = self.tenant(tenant);
        if let Err((reason, detail)) = check_spec(state, &spec) {
            return self.refuse(tenant, origin, reason, detail);
        }
        let agent = match state.agents.number(&spec.agent) {
            Some(agent) if !state.agents[agent].removed && *state.agents[agent].spec == *spec => return,
            Some(agent) => agent,
            None if state.agents.len() == AGENTS_MAX => {
                let detail = format!("the roster has had {AGENTS_MAX} names; no more can be told apart");
                return self.refuse(tenant, origin, Refusal::LimitReached, detail);
            }
            None => AgentNo(state.agents.len() as u32),
        };
        self.emit(tenant, Change::AgentPut { agent, spec });
        self.fill(tenant, agent);
    }

    pub fn agent_remove(&mut self, tenant: TenantNo, origin: Origin<'_>, agent: &AgentId) {
        let state = self.tenant(tenant);
        let Some(number) = state.agents.present(agent) else {
            let detail = format!("agent {agent} is not in the roster");
            return self.refuse(tenant, origin, Refusal::UnknownAgent, detail);
        };
        if state.agents[number].presence.is_signed_in() {
            let detail = format!("agent {agent} is signed in; sign it out first");
            return self.refuse(tenant, origin, Refusal::AgentBusy, detail);
        }
        let returned = self.return_all_parked(tenant, number);
        self.emit(tenant, Change::AgentRemoved { agent: number });
        for contact in returned {
            self.place(tenant, contact);
        }
    }

    pub fn queue_switch(&mut self, tenant: TenantNo, origin: Origin<'_>, queue: &QueueId, state: QueueState) {
        let queue = match self.find_queue(tenant, queue.as_str()) {
            Ok(queue) => queue,
            Err((reason, detail)) => return self.refuse(tenant, origin, reason, detail),
        };
        let before = self.tenant(tenant).queue_state(queue);
        if before == state {
            return;
        }
        self.emit(tenant, Change::QueueSwitched { queue, state });
        if before == QueueState::Paused {
            self.settle_anew(tenant);
        }
    }
}

/// Whether the configuration is to be applied; false when it is in force already.
fn check_version(tenant: &Tenant, hash: &str, config: &TenantConfig) -> Result<bool, (Refusal, String)> {
    let Some(settings) = &tenant.settings else { return Ok(true) };
    let (present, new) = (settings.config.version, config.version);
    if new <= present {
        if settings.hash == hash {
            return Ok(false);
        }
        let detail =
            format!("version {new} is not higher than {present}, which is in force; raise `version`");
        return Err((Refusal::ConfigVersion, detail));
    }
    check_names(tenant, config)?;
    let in_use: BTreeSet<(u16, u8)> = tenant
        .profiles
        .iter()
        .filter(|&(profile, _)| tenant.profiles.contacts(profile) > 0)
        .map(|(_, key)| (key.queue.0, key.channel.0))
        .collect();
    for (queue, channel) in in_use {
        let queue = tenant.names.queues.name(u32::from(queue));
        let channel = tenant.names.channels.name(u32::from(channel));
        if config.queue(queue).is_none() {
            return Err((
                Refusal::ConfigInUse,
                format!("queue {queue} has open contacts; let it run empty first"),
            ));
        }
        let present_kind = settings.config.channel(channel).map(|channel| channel.kind);
        if config.channel(channel).map(|channel| channel.kind) != present_kind {
            let detail = format!(
                "channel {channel} has open contacts; let it run empty before it goes or changes kind"
            );
            return Err((Refusal::ConfigInUse, detail));
        }
    }
    for channel in tenant.silences.channels() {
        let channel = tenant.names.channels.name(u32::from(channel.0));
        let present_kind = settings.config.channel(channel).map(|channel| channel.kind);
        if config.channel(channel).map(|channel| channel.kind) != present_kind {
            let detail = format!(
                "contacts whose customers are silent come back to channel {channel}; let them end before it goes or changes kind"
            );
            return Err((Refusal::ConfigInUse, detail));
        }
    }
    Ok(true)
}

/// A name keeps its number for ever, so the names of all versions together must fit.
fn check_names(tenant: &Tenant, config: &TenantConfig) -> Result<(), (Refusal, String)> {
    let names = &tenant.names;
    let new_skills = config.skills.iter().filter(|name| names.skills.number(name.as_str()).is_none()).count();
    let channels = config.channels.iter().map(|channel| &channel.name);
    let new_channels = channels.filter(|name| names.channels.number(name.as_str()).is_none()).count();
    let queues = config.queues.iter().map(|queue| &queue.name);
    let new_queues = queues.filter(|name| names.queues.number(name.as_str()).is_none()).count();
    let new_sites = config.sites.iter().filter(|name| names.sites.number(name.as_str()).is_none()).count();
    for (what, present, new, most) in [
        ("skills", names.skills.all().len(), new_skills, NAMES_MAX),
        ("sites", names.sites.all().len(), new_sites, NAMES_MAX),
        ("channels", names.channels.all().len(), new_channels, CHANNEL_NAMES_MAX),
        ("queues", names.queues.all().len(), new_queues, NAMES_MAX),
    ] {
        if present + new > most {
            let detail =
                format!("all versions together have named {present} {what}; {new} more exceed {most}");
            return Err((Refusal::LimitReached, detail));
        }
    }
    Ok(())
}

/// Unknown names first, then what cannot be meant.
fn check_spec(tenant: &Tenant, spec: &AgentSpec) -> Result<(), (Refusal, String)> {
    let settings = tenant.settings();
    for have in &spec.skills {
        let skill = tenant.names.skills.number(have.skill.as_str());
        if !skill.is_some_and(|skill| settings.has_skill(SkillNo(skill as u16))) {
            return Err((Refusal::UnknownSkill, format!("skill {} is not in the configuration", have.skill)));
        }
    }
    let lane_max = |entry: &AgentChannel| {
        let channel = ChannelNo(tenant.names.channels.number(entry.channel.as_str())? as u8);
        Some(settings.lanes[settings.channel(channel)?.lane as usize].max)
    };
    for entry in &spec.channels {
        if lane_max(entry).is_none() {
            let detail = format!("channel {} is not in the configuration", entry.channel);
            return Err((Refusal::UnknownChannel, detail));
        }
    }
    if let Some(name) = &spec.site {
        let site = tenant.names.sites.number(name.as_str());
        if !site.is_some_and(|site| settings.has_site(SiteNo(site as u16))) {
            return Err((Refusal::UnknownSite, format!("site {name} is not in the configuration")));
        }
    }
    let bad_field = |detail: String| Err((Refusal::BadField, detail));
    if let Some(name) = twice(spec.skills.iter().map(|have| have.skill.as_str())) {
        return bad_field(format!("skill {name} is given twice"));
    }
    if let Some(name) = twice(spec.channels.iter().map(|entry| entry.channel.as_str())) {
        return bad_field(format!("channel {name} is given twice"));
    }
    let without_max = |entry: &&AgentChannel| entry.max.is_some() && lane_max(entry) == Some(None);
    if let Some(entry) = spec.channels.iter().find(without_max) {
        let name = &entry.channel;
        return bad_field(format!("channel {name} has no maximum that could be changed for one agent"));
    }
    if spec.reserve.is_some() && settings.config.reserve.is_none() {
        return bad_field("the configuration has no reserve that could be changed for one agent".to_owned());
    }
    if spec.capacity == 0 {
        return bad_field("capacity is 0; an agent without capacity can do nothing".to_owned());
    }
    Ok(())
}

fn twice<'a>(mut names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = BTreeSet::new();
    names.find(|name| !seen.insert(*name))
}
