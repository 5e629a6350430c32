//! The parts of a configuration text, each with its keys, defaults and checks.

use std::collections::BTreeSet;

use model::calendar::CalendarConfig;
use model::config::{
    AGEING_PER_MINUTE_MAX, AGEING_RATES_MAX, CHANNELS_MAX, ChannelConfig, ChannelKind, Method, POINTS_MAX,
    QUEUES_MAX, QueueConfig, RonaConfig, SITES_MAX, SKILLS_MAX, ServiceLevel, SiteNeed, SkillDemand,
};
use model::hand::Taking;
use model::skill::REQUIREMENT_SKILLS_MAX;
use model::{AuxReason, ChannelId, Level, Millis, QueueId, SiteId, SkillId, TenantConfig};
use toml::Spanned;
use toml::de::DeTable;

use super::bound;
use super::calendars;
use super::capacity::{self, Besides};
use super::customers;
use super::overflow;
use super::preference;
use super::presets::{PRESETS, preset};
use super::quiet::Quiets;
use super::ratios;
use super::reader::{Item, Reader, Section, shown};
use super::rules;
use super::schedule;
use super::throttle;
use super::waiting::{self, Exits};
use crate::text::nearest;

/// What every JSON reader holds exactly.
const VERSION_MAX: i64 = (1 << 53) - 1;
/// Most aux reasons of a tenant; a person chooses from this list.
const AUX_REASONS_MAX: usize = 256;
/// An offer that nobody could see before it ends is of no use.
const OFFER_TIMEOUT_MIN: Millis = Millis::from_seconds(1);
/// Sooner nobody could say anything.
const HANDLING_MIN: Millis = Millis::from_seconds(1);
const RONA_AUX: &str = "no_answer";

const TENANT_KEYS: &[&str] = &[
    "version",
    "reconnect_window",
    "skills",
    "sites",
    "reserve",
    "channels",
    "calendars",
    "queues",
    "aux",
    "rona",
    "customers",
    "slow_start",
    "ration",
    "default_queue",
    "rules",
    "overflow",
    "ratios",
];
const CHANNEL_KEYS: &[&str] = &[
    "kind",
    "cost",
    "max",
    "companion",
    "site",
    "steering",
    "beside",
    "interruptions",
    "quiet",
    "bound",
    "bound_for",
];
/// What a channel costs is compared, and shown to people.
const STEERING_MAX: i64 = 1_000_000;
const QUEUE_KEYS: &[&str] = &[
    "skills",
    "prefer",
    "person",
    "method",
    "points",
    "ageing_per_minute",
    "due_in",
    "offer_timeout",
    "auto_accept",
    "wrap_up",
    "preferred_patience",
    "retry_same_agent_after",
    "service_level",
    "relax",
    "room",
    "max_wait",
    "exit_to",
    "calendar",
    "hours",
    "pressure",
    "release",
    "retries",
    "retry_after",
    "estimate",
    "foresee",
    "taking",
    "handling_max",
];

/// Nothing when the text lacks what a configuration cannot be without; the reader then knows why.
pub(super) fn tenant(reader: &mut Reader<'_>, document: &Spanned<DeTable<'_>>) -> Option<TenantConfig> {
    let section = Section { table: document.get_ref(), name: "the configuration".to_owned(), at: 0 };
    reader.check_keys(&section, TENANT_KEYS);
    let version = match section.get("version") {
        Some(item) => reader.whole(item, 1..=VERSION_MAX),
        None => {
            reader.missing(&section, "version", "1");
            None
        }
    };
    let reconnect_window =
        section.get("reconnect_window").and_then(|item| reader.duration(item, Millis::ZERO));
    let skills = section
        .get("skills")
        .map(|item| reader.ids(item, "skill", SKILLS_MAX, SkillId::new))
        .unwrap_or_default();
    let sites =
        section.get("sites").map(|item| reader.ids(item, "site", SITES_MAX, SiteId::new)).unwrap_or_default();
    let reserve = capacity::reserve(reader, &section);
    let channels = channels(reader, &section, Tenant { has_sites: !sites.is_empty(), reserve });
    let calendars = calendars::calendars(reader, &section);
    let queues = queues(reader, &section, &skills, &calendars);
    let mut aux_reasons = aux_reasons(reader, &section);
    let rona = rona(reader, &section, &aux_reasons);
    if !aux_reasons.contains(&rona.aux) {
        aux_reasons.push(rona.aux.clone());
    }
    let mut config = TenantConfig {
        version: 0,
        channels,
        skills,
        sites,
        reserve,
        queues,
        aux_reasons,
        rona,
        reconnect_window: reconnect_window.unwrap_or(Millis::from_seconds(60)),
        slow_start: throttle::slow_start(reader, &section),
        ration: throttle::ration(reader, &section),
        customers: customers::read(reader, &section),
        calendars,
        default_queue: None,
        rules: Vec::new(),
        overflow: Vec::new(),
        ratios: Vec::new(),
    };
    rules::read(reader, &section, &mut config);
    config.overflow = overflow::read(reader, &section, &config);
    config.ratios = ratios::read(reader, &section, &config);
    config.version = version?.cast_unsigned();
    Some(config)
}

/// What of the tenant is said of its channels.
#[derive(Clone, Copy)]
struct Tenant {
    has_sites: bool,
    reserve: Option<u16>,
}

fn channels(reader: &mut Reader<'_>, tenant: &Section<'_>, of: Tenant) -> Vec<ChannelConfig> {
    let Some(item) = tenant.get("channels") else {
        reader.note(tenant.at, "the configuration needs at least one channel, for example: [channels.voice]");
        return Vec::new();
    };
    let Some(section) = reader.section(item, "channels".to_owned()) else { return Vec::new() };
    if section.table.is_empty() || section.table.len() > CHANNELS_MAX {
        let count = section.table.len();
        reader.note(section.at, format!("{count} channels stand here, a tenant has 1 to {CHANNELS_MAX}"));
        return Vec::new();
    }
    let (mut channels, mut besides, mut quiets) = (Vec::new(), Besides::default(), Quiets::default());
    for (key, item) in section.in_text_order() {
        let at = key.span().start;
        let name = reader.id(key.get_ref(), at, "channel", ChannelId::new);
        let Some(section) = reader.section(item, format!("channels.{}", key.get_ref())) else { continue };
        if let Some(name) = name {
            let beside = besides.read(reader, &section, &name);
            let quiet = quiets.read(reader, &section, &name);
            let channel = channel(reader, &Section { at, ..section }, name, of.has_sites);
            channels.extend(channel.map(|channel| ChannelConfig { beside, quiet, ..channel }));
        }
    }
    besides.check(reader, &channels);
    quiets.check(reader, &channels);
    capacity::check_lanes(reader, section.at, &channels, of.reserve);
    channels
}

fn channel(
    reader: &mut Reader<'_>,
    section: &Section<'_>,
    name: ChannelId,
    has_sites: bool,
) -> Option<ChannelConfig> {
    reader.check_keys(section, CHANNEL_KEYS);
    let preset = preset(name.as_str());
    let kind = section
        .get("kind")
        .and_then(|item| reader.choice(item, "kind", &ChannelKind::ALL, ChannelKind::name));
    let cost = section.get("cost").and_then(|item| reader.whole(item, 0..=i64::from(u16::MAX)));
    let kind = kind.or(preset.map(|preset| preset.kind));
    let interruptions = capacity::interruptions(reader, section, kind);
    let bound_for = bound::bound_for(reader, section, kind);
    let companion = section.get("companion").and_then(|item| reader.flag(item));
    let steering = section.get("steering").and_then(|item| reader.whole(item, 0..=STEERING_MAX));
    let max = match section.get("max") {
        Some(item) if item.get_ref().as_str() == Some("none") => None,
        Some(item) => match item.get_ref().as_str() {
            Some(_) => {
                reader.mismatch(item, "a whole number from 1 to 255, or \"none\"");
                None
            }
            None => reader.whole(item, 1..=255),
        },
        None => preset.and_then(|preset| preset.max).map(i64::from),
    };
    if preset.is_none() && (section.get("kind").is_none() || section.get("cost").is_none()) {
        let reason = format!(
            "channel {} is none of the known ones ({}), so it needs both kind and cost, for example: \
             kind = \"live\" and cost = 100",
            shown(name.as_str()),
            PRESETS.iter().map(|preset| preset.name).collect::<Vec<_>>().join(", ")
        );
        let near = nearest(name.as_str(), PRESETS.iter().map(|preset| preset.name));
        reader.note_near(section.at, reason, near);
    }
    if max.is_none()
        && cost == Some(0)
        && let Some(item) = section.get("cost")
    {
        let reason = "a channel that costs nothing needs a max, or one agent would get all of it";
        reader.note(item.span().start, reason);
    }
    let site = section.get("site").and_then(|item| {
        let need = reader.choice(item, "site", &SiteNeed::ALL, SiteNeed::name);
        if need == Some(SiteNeed::Required) && !has_sites {
            let reason = "the configuration has no sites, so every contact would be refused; name them, for example: \
                          sites = [\"north\"]";
            reader.note(item.span().start, reason);
        }
        need
    });
    Some(ChannelConfig {
        steering: steering.and_then(|steering| u32::try_from(steering).ok()).unwrap_or(0),
        beside: None,
        quiet: None,
        site: site.unwrap_or_default(),
        companion: companion.or(preset.map(|preset| preset.companion)).unwrap_or(false),
        interruptions,
        bound_for,
        kind: kind?,
        cost: cost.and_then(|cost| u16::try_from(cost).ok()).or(preset.map(|preset| preset.cost))?,
        max: max.and_then(|max| u8::try_from(max).ok()),
        name,
    })
}

fn queues(
    reader: &mut Reader<'_>,
    tenant: &Section<'_>,
    skills: &[SkillId],
    calendars: &[CalendarConfig],
) -> Vec<QueueConfig> {
    let Some(item) = tenant.get("queues") else {
        reader.note(tenant.at, "the configuration needs at least one queue, for example: [queues.sales]");
        return Vec::new();
    };
    let Some(section) = reader.section(item, "queues".to_owned()) else { return Vec::new() };
    if section.table.is_empty() || section.table.len() > QUEUES_MAX {
        let count = section.table.len();
        reader.note(section.at, format!("{count} queues stand here, a tenant has 1 to {QUEUES_MAX}"));
        return Vec::new();
    }
    let known: BTreeSet<&str> = skills.iter().map(SkillId::as_str).collect();
    let mut queues = Vec::new();
    let mut exits = Exits::default();
    for (key, item) in section.in_text_order() {
        let name = reader.id(key.get_ref(), key.span().start, "queue", QueueId::new);
        let Some(section) = reader.section(item, format!("queues.{}", key.get_ref())) else { continue };
        if let Some(name) = name {
            let mut queue = queue(reader, &section, name, &known);
            queue.prefer = preference::read(reader, &section, &known);
            queue.person = section.get("person").and_then(|item| reader.flag(item)).unwrap_or(false);
            waiting::read(reader, &section, &known, &mut queue, &mut exits);
            calendars::read_queue(reader, &section, calendars, &mut queue);
            schedule::read(reader, &section, &mut queue);
            queues.push(queue);
        }
    }
    exits.check(reader, &queues);
    let rates: BTreeSet<u32> = queues.iter().map(|queue| queue.ageing_per_minute).collect();
    if rates.len() > AGEING_RATES_MAX {
        let reason = format!(
            "the queues have {} different values of ageing_per_minute, at most {AGEING_RATES_MAX} are possible; \
             give some queues the same",
            rates.len()
        );
        reader.note(section.at, reason);
    }
    queues
}

fn queue(
    reader: &mut Reader<'_>,
    section: &Section<'_>,
    name: QueueId,
    known: &BTreeSet<&str>,
) -> QueueConfig {
    reader.check_keys(section, QUEUE_KEYS);
    let default = QueueConfig::new(name);
    let mut duration = |key: &str, least: Millis, default: Millis| {
        section.get(key).and_then(|item| reader.duration(item, least)).unwrap_or(default)
    };
    let offer_timeout = duration("offer_timeout", OFFER_TIMEOUT_MIN, default.offer_timeout);
    let wrap_up = duration("wrap_up", Millis::ZERO, default.wrap_up);
    let preferred_patience = duration("preferred_patience", Millis::ZERO, default.preferred_patience);
    let retry_same_agent_after =
        duration("retry_same_agent_after", Millis::ZERO, default.retry_same_agent_after);
    let points = i64::from(POINTS_MAX);
    let points = section.get("points").and_then(|item| reader.whole(item, -points..=points));
    let ageing = section
        .get("ageing_per_minute")
        .and_then(|item| reader.whole(item, 1..=i64::from(AGEING_PER_MINUTE_MAX)));
    let method =
        section.get("method").and_then(|item| reader.choice(item, "method", &Method::ALL, Method::name));
    let auto_accept = section.get("auto_accept").and_then(|item| reader.flag(item));
    let estimate = section.get("estimate").and_then(|item| reader.flag(item));
    let foresee = section.get("foresee").and_then(|item| reader.flag(item));
    let handling_max = section.get("handling_max").and_then(|item| reader.duration(item, HANDLING_MIN));
    let taking =
        section.get("taking").and_then(|item| reader.choice(item, "taking", &Taking::ALL, Taking::name));
    QueueConfig {
        skills: section.get("skills").map(|item| demands(reader, item, known)).unwrap_or_default(),
        method: method.unwrap_or(default.method),
        points: points.and_then(|points| i32::try_from(points).ok()).unwrap_or(default.points),
        ageing_per_minute: ageing
            .and_then(|ageing| u32::try_from(ageing).ok())
            .unwrap_or(default.ageing_per_minute),
        offer_timeout,
        auto_accept: auto_accept.unwrap_or(default.auto_accept),
        wrap_up,
        preferred_patience,
        retry_same_agent_after,
        service_level: service_level(reader, section, default.service_level),
        estimate: estimate.unwrap_or(default.estimate),
        foresee: foresee.unwrap_or(default.foresee),
        taking: taking.unwrap_or(default.taking),
        handling_max,
        ..default
    }
}

pub(super) fn demands(reader: &mut Reader<'_>, item: Item<'_>, known: &BTreeSet<&str>) -> Vec<SkillDemand> {
    if item.get_ref().as_table().is_none() {
        reader.mismatch(item, "skills with their lowest level, such as { sales = 3 }");
        return Vec::new();
    }
    let Some(section) = reader.section(item, "skills".to_owned()) else { return Vec::new() };
    if section.table.len() > REQUIREMENT_SKILLS_MAX {
        let count = section.table.len();
        reader.note(
            section.at,
            format!("{count} skills stand here, at most {REQUIREMENT_SKILLS_MAX} are taken"),
        );
        return Vec::new();
    }
    let mut demands = Vec::new();
    for (key, item) in section.in_text_order() {
        let name: &str = key.get_ref();
        if !known.contains(name) {
            reader.note_unknown(key.span().start, ("skill", ""), name, known.iter().copied());
        }
        let level =
            reader.whole(item, 1..=10).and_then(|level| u8::try_from(level).ok()).and_then(Level::new);
        if let (Ok(skill), Some(level)) = (SkillId::new(name), level) {
            demands.push(SkillDemand { skill, level });
        }
    }
    demands
}

fn service_level(reader: &mut Reader<'_>, queue: &Section<'_>, default: ServiceLevel) -> ServiceLevel {
    let Some(item) = queue.get("service_level") else { return default };
    let Some(section) = reader.section(item, format!("{}.service_level", queue.name)) else { return default };
    reader.check_keys(&section, &["percent", "within"]);
    let percent = section.get("percent").and_then(|item| reader.whole(item, 1..=100));
    let within = section.get("within").and_then(|item| reader.duration(item, Millis::ZERO));
    ServiceLevel {
        percent: percent.and_then(|percent| u8::try_from(percent).ok()).unwrap_or(default.percent),
        within: within.unwrap_or(default.within),
    }
}

/// A reason that is named must be one of the `known` ones, if there are any; the default is added to them.
fn rona(reader: &mut Reader<'_>, tenant: &Section<'_>, known: &[AuxReason]) -> RonaConfig {
    let default = || RonaConfig { retries: 2, aux: AuxReason::new(RONA_AUX).expect("the default is an id") };
    let Some(item) = tenant.get("rona") else { return default() };
    let Some(section) = reader.section(item, "rona".to_owned()) else { return default() };
    reader.check_keys(&section, &["retries", "aux"]);
    let retries = section.get("retries").and_then(|item| reader.whole(item, 0..=255));
    let aux = section.get("aux").and_then(|item| match item.get_ref().as_str() {
        Some(text) => {
            let at = item.span().start;
            let aux = reader.id(text, at, "aux reason", AuxReason::new)?;
            if !known.is_empty() && !known.contains(&aux) {
                reader.note_unknown(at, ("aux reason", ""), text, known.iter().map(AuxReason::as_str));
            }
            Some(aux)
        }
        None => {
            reader.mismatch(item, "an aux reason such as \"no_answer\"");
            None
        }
    });
    let default = default();
    RonaConfig {
        retries: retries.and_then(|retries| u8::try_from(retries).ok()).unwrap_or(default.retries),
        aux: aux.unwrap_or(default.aux),
    }
}

fn aux_reasons(reader: &mut Reader<'_>, tenant: &Section<'_>) -> Vec<AuxReason> {
    let mut reasons = Vec::new();
    if let Some(item) = tenant.get("aux")
        && let Some(section) = reader.section(item, "aux".to_owned())
    {
        reader.check_keys(&section, &["reasons"]);
        if let Some(item) = section.get("reasons") {
            reasons = reader.ids(item, "aux reason", AUX_REASONS_MAX, AuxReason::new);
        }
    }
    reasons
}
