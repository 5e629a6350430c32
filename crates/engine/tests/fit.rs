//! What is decided before a new configuration is carried over into all that is derived of it is what is decided after.

use std::sync::Arc;

use model::agent::AgentChannel;
use model::config::{
    ChannelConfig, ChannelKind, CustomersConfig, QueueConfig, RonaConfig, SiteNeed, TenantConfig,
};
use model::hand::{PullFrom, Taking};
use model::input::{AgentAction, AgentInput, TenantInput};
use model::{AgentSpec, Change, ContactBody, Input, InputBody, Millis, TenantId, Time, Transition};
use wissel_engine::twin::Twin;
use wissel_engine::{Decisions, Engine, id_hash};

const KEY: [u8; 16] = *b"sixteen byte key";
const NOW: Time = Time(1_700_000_000_000);

/// Agents pull also while nothing is offered. The second configuration gives the channel another lane, which the line of what waits
/// does not have yet when the agent asks.
#[test]
fn what_waits_is_pulled_from_a_line_that_is_not_carried_over() {
    let mut both = Both::new();
    both.say(applied(1, &["call"]));
    both.say(InputBody::AgentPut(Arc::new(agent())));
    both.say(said(1, AgentAction::SignIn { aux: None }));
    both.say(InputBody::ContactCreate { body: Arc::new(contact()), digest: 1 });
    both.say(applied(2, &["text", "call"]));
    assert!(!both.engine.is_fitted(), "the profile is to be opened anew");
    let decided = both.say(said(2, AgentAction::Pull { from: PullFrom::Queue(id("basket")) }));
    let is_accepted = |decided: &Transition| matches!(decided.change, Change::Accepted { .. });
    assert!(decided.iter().any(is_accepted), "{decided:?}");
}

struct Both {
    engine: Engine,
    twin: Twin,
    position: u64,
}

impl Both {
    fn new() -> Both {
        Both { engine: Engine::new(KEY), twin: Twin::new(KEY, id_hash), position: 0 }
    }

    /// Both decide alike; what they decide.
    fn say(&mut self, body: InputBody) -> Vec<Transition> {
        self.position += 1;
        let (tenant, position) = (id::<TenantId>("t"), self.position);
        let input = Input::Tenant(TenantInput { tenant, position, stamp: NOW, sent_at: None, body });
        let (mut decisions, mut expected) = (Decisions::default(), Vec::new());
        self.engine.handle(NOW, input.clone(), &mut decisions);
        self.twin.handle(NOW, input, &mut expected);
        assert_eq!(decisions.transitions, expected);
        decisions.transitions
    }
}

fn id<T: TryFrom<String>>(name: &str) -> T
where
    T::Error: std::fmt::Debug,
{
    T::try_from(name.to_owned()).expect("an id")
}

fn said(counter: u64, action: AgentAction) -> InputBody {
    InputBody::Agent(AgentInput { agent: id("ann"), session: 1, counter, action })
}

fn applied(version: u64, channels: &[&str]) -> InputBody {
    let channel = |name: &&str| ChannelConfig {
        name: id(name),
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
    };
    let config = TenantConfig {
        version,
        channels: channels.iter().map(channel).collect(),
        skills: Vec::new(),
        sites: Vec::new(),
        reserve: None,
        queues: vec![QueueConfig { taking: Taking::Pulled, ..QueueConfig::new(id("basket")) }],
        aux_reasons: vec![id("rona")],
        rona: RonaConfig { retries: 1, aux: id("rona") },
        reconnect_window: Millis::from_seconds(60),
        slow_start: None,
        ration: None,
        customers: CustomersConfig::default(),
        calendars: Vec::new(),
        default_queue: None,
        rules: Vec::new(),
        overflow: Vec::new(),
        ratios: Vec::new(),
    };
    InputBody::ConfigApply { hash: format!("hash {version}"), config: Arc::new(config) }
}

fn agent() -> AgentSpec {
    AgentSpec {
        kind: model::AgentKind::Person,
        agent: id("ann"),
        skills: Vec::new(),
        channels: vec![AgentChannel { channel: id("call"), max: None }],
        capacity: 100,
        rank: 0,
        site: None,
        reserve: None,
    }
}

fn contact() -> ContactBody {
    ContactBody {
        person: false,
        contact: id("c1"),
        channel: id("call"),
        queue: Some(id("basket")),
        customer: None,
        matter: None,
        skills: Vec::new(),
        site: None,
        points: 0,
        due_at: None,
        arrived_at: None,
        preferred_agent: None,
        preferred_patience: None,
        excluded_agents: Vec::new(),
        attributes: Default::default(),
        window: None,
        reachable: Vec::new(),
        traceparent: None,
        classified: None,
        consult: None,
    }
}
