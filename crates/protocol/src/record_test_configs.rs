//! The configurations of the golden records, one for each thing that came to be in one.

use super::*;

pub fn config() -> TenantConfig {
    let skill = SkillId::new("dutch").expect("valid");
    TenantConfig {
        version: 2,
        channels: vec![ChannelConfig {
            name: ChannelId::new("voice").expect("valid"),
            kind: ChannelKind::Live,
            cost: 100,
            max: Some(1),
            companion: false,
            steering: 0,
            site: SiteNeed::Optional,
            beside: None,
            interruptions: None,
            bound_for: None,
            quiet: None,
        }],
        skills: vec![skill.clone()],
        sites: Vec::new(),
        reserve: None,
        queues: vec![QueueConfig {
            skills: vec![SkillDemand { skill, level: Level::MIN }],
            ageing_per_minute: 10,
            due_in: Millis::HOUR,
            preferred_patience: Millis(30_000),
            ..QueueConfig::new(QueueId::new("sales").expect("valid"))
        }],
        aux_reasons: vec![AuxReason::new("rona").expect("valid")],
        rona: RonaConfig { retries: 1, aux: AuxReason::new("rona").expect("valid") },
        reconnect_window: Millis(60_000),
        slow_start: None,
        ration: None,
        customers: CustomersConfig::default(),
        calendars: vec![],
        default_queue: None,
        rules: Vec::new(),
        overflow: Vec::new(),
        ratios: Vec::new(),
    }
}

/// Live work interrupts a channel of its own.
pub fn config_with_interruptions() -> TenantConfig {
    let mut config = config();
    config.channels.push(ChannelConfig {
        name: ChannelId::new("email").expect("valid"),
        kind: ChannelKind::Indirect,
        max: None,
        interruptions: Some(2),
        ..config.channels[0].clone()
    });
    config
}

pub fn config_with_overflow() -> TenantConfig {
    let sales = || QueueId::new("sales").expect("valid");
    let limit = |signal, bound| Limit { signal, bound };
    let at_risk = Signal::AtRisk { within: Millis::HOUR };
    let when = Threshold {
        limits: vec![
            limit(Signal::Waiting, Bound::AtLeast(20)),
            limit(Signal::Oldest, Bound::AtLeast(60_000)),
            limit(Signal::Eligible, Bound::AtMost(3)),
        ],
        lasting: Millis(30_000),
    };
    let until = Threshold { limits: vec![limit(at_risk, Bound::AtMost(0))], lasting: Millis::ZERO };
    let floor = vec![Floor { queue: sales(), limit: limit(Signal::ServiceLevel, Bound::AtLeast(80)) }];
    let lent = Lent {
        skills: vec![SkillDemand { skill: SkillId::new("dutch").expect("valid"), level: Level::MIN }],
        keep_own: true,
    };
    let rule = |name: &str, floor, action| OverflowRule {
        name: RuleName::new(name).expect("valid"),
        queue: sales(),
        when: when.clone(),
        until: until.clone(),
        floor,
        cap: 10,
        action,
    };
    let mut config = config_with_waiting();
    config.overflow = vec![
        rule("lend", floor, OverflowAction::Lend(lent)),
        rule("relax", Vec::new(), OverflowAction::Relax(1)),
        rule("raise", Vec::new(), OverflowAction::Raise(5)),
        rule("move", Vec::new(), OverflowAction::Move(QueueId::new("backup").expect("valid"))),
    ];
    config
}

pub fn config_with_waiting() -> TenantConfig {
    let mut config = config();
    let backup = QueueConfig::new(QueueId::new("backup").expect("valid"));
    let sales = &mut config.queues[0];
    sales.relax = vec![RelaxStep { after: Millis(60_000), skills: Vec::new(), keep_own: true }];
    (sales.room, sales.max_wait, sales.exit_to) = (Some(9), Some(Millis::HOUR), Some(backup.name.clone()));
    config.queues.push(backup);
    config
}

pub fn config_with_customers() -> TenantConfig {
    let mut config = config();
    config.channels[0].companion = true;
    config.customers = CustomersConfig {
        mode: CustomerMode::Multichannel,
        remember: Millis::HOUR,
        remember_max: 7,
        last_agent_within: Millis(60_000),
        together_patience: Millis(5_000),
    };
    config
}

pub fn config_with_calendars() -> TenantConfig {
    let mut config = config();
    let name = CalendarId::new("office").expect("valid");
    let morning = OpenRange { from: 480, to: 720 };
    let mut week: [Vec<OpenRange>; 7] = Default::default();
    week[0] = vec![morning, OpenRange { from: 780, to: 1_050 }];
    let special = vec![
        SpecialDay { date: Date::new(2026, 12, 24), open: vec![morning] },
        SpecialDay { date: Date::new(2026, 12, 25), open: vec![] },
    ];
    let zone = "Europe/Amsterdam".to_owned();
    config.calendars = vec![CalendarConfig { name: name.clone(), zone, week, special }];
    let sales = &mut config.queues[0];
    (sales.calendar, sales.due_business_days) = (Some(name.clone()), Some(2));
    (sales.hours, sales.pressure) = (Some(name), Some(Millis::HOUR));
    config
}

pub fn config_with_estimates() -> TenantConfig {
    let mut config = config_with_overflow();
    config.queues[0].estimate = true;
    config.overflow.truncate(1);
    let limit = |signal, bound| Limit { signal, bound };
    config.overflow[0].when.limits = vec![limit(Signal::EwtP90, Bound::AtLeast(90_000))];
    config.overflow[0].until.limits = vec![limit(Signal::EwtP50, Bound::AtMost(30_000))];
    config
}

pub fn config_with_work() -> TenantConfig {
    let mut config = config_with_overflow();
    config.overflow.truncate(1);
    let limit = |signal, bound| Limit { signal, bound };
    let free = Signal::Free { channel: config.channels[0].name.clone() };
    config.overflow[0].when.limits = vec![limit(Signal::Backlog, Bound::AtLeast(7_200_000))];
    config.overflow[0].until.limits = vec![limit(free, Bound::AtLeast(2))];
    config
}

pub fn config_with_foresight() -> TenantConfig {
    let mut config = config_with_work();
    config.queues[0].foresee = true;
    config.overflow[0].when.limits = vec![Limit { signal: Signal::Late, bound: Bound::AtLeast(1) }];
    config
}

pub fn config_with_proposals() -> TenantConfig {
    let mut config = config_with_overflow();
    config.channels[0].steering = 7;
    config.overflow.truncate(1);
    config.overflow[0].action = OverflowAction::Propose(Proposal {
        channels: vec![config.channels[0].name.clone()],
        queue: config.queues[0].name.clone(),
        timeout: Millis(60_000),
    });
    config
}

pub fn config_with_sites() -> TenantConfig {
    let mut config = config();
    config.sites = vec![site()];
    config.channels[0].site = SiteNeed::Required;
    config
}

pub fn config_with_capacity() -> TenantConfig {
    let mut config = config();
    config.reserve = Some(40);
    config.channels[0].beside = Some(vec![ChannelId::new("chat").expect("valid")]);
    config
}

pub fn site() -> SiteId {
    SiteId::new("north").expect("valid")
}

pub fn config_with_schedule() -> TenantConfig {
    let mut config = config();
    config.queues[0].schedule = ScheduleConfig { release: 3, retries: 1, retry_after: Millis(60_000) };
    config
}

pub fn rule_name() -> RuleName {
    RuleName::new("gold").expect("valid")
}

pub fn config_with_rules() -> TenantConfig {
    let sales = || QueueId::new("sales").expect("valid");
    let text = |name: &str, test| Condition::Attribute { name: name.to_owned(), test };
    let conditions = vec![
        Condition::Channel(Among { not: true, names: vec![ChannelId::new("voice").expect("valid")] }),
        Condition::Queue(Among { not: false, names: vec![sales()] }),
        Condition::QueueNamed(true),
        Condition::Customer(Test::Exists(false)),
        text("tier", Test::Among(Among { not: false, names: vec!["gold".into(), "silver".into()] })),
        text("amount", Test::AtLeast(Decimal::parse("-12.50").expect("valid"))),
        text("amount", Test::AtMost(Decimal::parse("1000").expect("valid"))),
        text("path", Test::StartsWith("/a".into())),
        text("path", Test::Contains("b".into())),
    ];
    let skill = SkillId::new("dutch").expect("valid");
    let gold = Rule {
        name: rule_name(),
        when: When::All(conditions),
        queue: Some(sales()),
        points: 5,
        skills: vec![SkillDemand { skill, level: Level::MAX }],
        person: false,
    };
    let name = RuleName::new("any").expect("valid");
    let any = Rule {
        name,
        when: When::Any(vec![Condition::QueueNamed(false)]),
        queue: None,
        points: -1,
        skills: Vec::new(),
        person: false,
    };
    TenantConfig { default_queue: Some(sales()), rules: vec![gold, any], ..config() }
}
