//! Disciplines of queueing theory in the words of a configuration.

use std::collections::BTreeMap;

use model::config::{ChannelKind, Method};
use model::overflow::{Bound, Signal};
use wissel_workload::system::{AgentSelection, Class, Group, Law, QueueSelection, Serving, Setup, System};

fn class() -> Class {
    Class {
        rate: 1.0,
        patience: None,
        priority: 0.0,
        slope: 1.0,
        deadline: None,
        deadline_is_patience: false,
    }
}

/// A group of two that serves these classes at these levels.
fn group(serves: &[(usize, u32)]) -> Group {
    let serving =
        |level| Serving { level, service: Law::Exponential { rate: 1.0 }, reserve: 0, min_queue: 0 };
    let serves: BTreeMap<usize, Serving> =
        serves.iter().map(|(class, level)| (*class, serving(*level))).collect();
    Group { count: 2, slots: 1, speed: None, serves }
}

fn setup(classes: usize, groups: Vec<Group>, queue_selection: QueueSelection) -> Setup {
    Setup {
        classes: vec![class(); classes],
        groups,
        agent_selection: AgentSelection::LongestIdle,
        group_order: vec![Vec::new(); classes],
        queue_selection,
        room: None,
        target: 0.0,
        second: None,
    }
}

fn system(setup: &Setup) -> System {
    System::of(setup).unwrap_or_else(|no| panic!("{no}"))
}

fn refused(setup: &Setup) -> String {
    System::of(setup).expect_err("there is no word for it").to_string()
}

#[test]
fn slopes_are_rates_of_ageing_in_their_ratio() {
    let mut own = setup(3, vec![group(&[(0, 1), (1, 1), (2, 1)])], QueueSelection::Accumulating);
    for (class, slope) in own.classes.iter_mut().zip([1.5, 1.0, 0.25]) {
        class.slope = slope;
    }
    let queues = system(&own).config.queues;
    let ageing: Vec<u32> = queues.iter().map(|queue| queue.ageing_per_minute).collect();
    assert_eq!(ageing, [6, 4, 1]);
    (own.classes[0].slope, own.classes[1].slope) = (std::f64::consts::PI, std::f64::consts::SQRT_2);
    assert!(refused(&own).contains("no whole rates of ageing"), "{}", refused(&own));
}

#[test]
fn constant_deadlines_are_a_head_start_and_drawn_ones_stand_with_the_contact() {
    let mut own = setup(2, vec![group(&[(0, 1), (1, 1)])], QueueSelection::EarliestDeadline);
    own.classes[0].deadline = Some(Law::Fixed { length: 0.5 });
    own.classes[1].deadline = Some(Law::Fixed { length: 2.0 });
    let said = system(&own);
    assert_eq!((said.has_due, said.config.channels[0].kind), (false, ChannelKind::Live));
    let [first, other] = &said.config.queues[..] else { panic!("two queues") };
    assert_eq!(first.ageing_per_minute, other.ageing_per_minute);
    // Points are worth a minute each at an ageing of 1.
    let head_start_ms =
        f64::from(first.points - other.points) * 60_000.0 / f64::from(first.ageing_per_minute);
    assert!((head_start_ms / (1.5 * said.unit_ms) - 1.0).abs() < 1e-5, "{head_start_ms}");
    own.classes[0].deadline = Some(Law::Uniform { low: 0.0, high: 1.0 });
    let said = system(&own);
    assert_eq!((said.has_due, said.config.channels[0].kind), (true, ChannelKind::Indirect));
    own.classes[1].deadline = None;
    assert!(refused(&own).contains("classes[1].deadline"), "{}", refused(&own));
}

#[test]
fn levels_become_points_unless_groups_contradict_one_another() {
    let groups = |second: &[(usize, u32)]| vec![group(&[(0, 1), (1, 2)]), group(second)];
    let said = system(&setup(3, groups(&[(2, 1), (1, 2)]), QueueSelection::Level));
    let points: Vec<i32> = said.config.queues.iter().map(|queue| queue.points).collect();
    assert!(points[0] == points[2] && points[0] > points[1], "{points:?}");
    assert!(said.wait_max.is_some());
    let contradicting = setup(2, groups(&[(1, 1), (0, 2)]), QueueSelection::Level);
    assert!(refused(&contradicting).contains("contradict one another"), "{}", refused(&contradicting));
}

#[test]
fn one_order_of_groups_is_a_rank_and_several_are_levels() {
    let mut own = setup(2, vec![group(&[(0, 1), (1, 1)]), group(&[(0, 1), (1, 1)])], QueueSelection::Fcfs);
    own.agent_selection = AgentSelection::Order;
    own.group_order = vec![vec![1, 0], vec![1, 0]];
    let said = system(&own);
    assert_eq!(said.config.queues[0].method, Method::Order);
    assert!(said.roster[0].rank > said.roster[2].rank, "{:?}", said.roster);
    own.group_order = vec![vec![0, 1], vec![1, 0]];
    let said = system(&own);
    assert_eq!(said.config.queues[0].method, Method::BestSkill);
    let level = |agent: usize, class: usize| said.roster[agent].skills[class].level.get();
    assert!(level(0, 0) > level(2, 0) && level(0, 1) < level(2, 1), "{:?}", said.roster);
}

#[test]
fn what_a_group_serves_only_at_times_is_lent_by_a_rule() {
    let mut own = setup(2, vec![group(&[(0, 1)]), group(&[(0, 1), (1, 1)])], QueueSelection::Fcfs);
    own.agent_selection = AgentSelection::Order;
    own.groups[1].serves.get_mut(&0).expect("served").reserve = 2;
    let said = system(&own);
    let [rule] = &said.config.overflow[..] else { panic!("one rule") };
    assert_eq!(rule.queue, said.config.queues[0].name);
    assert_eq!(rule.floor[0].limit.bound, Bound::AtLeast(3));
    assert!(matches!(rule.floor[0].limit.signal, Signal::Free { .. }));
    let has =
        |agent: usize, skill: &str| said.roster[agent].skills.iter().any(|own| own.skill.as_str() == skill);
    assert!(has(2, "group-1") && !has(0, "group-1") && !has(2, "class-0"), "{:?}", said.roster);
    assert!(said.wanted[0].is_looked_for && !said.wanted[1].is_looked_for);
    // Without the reserve an agent who comes free would have to choose by age between what it has and what is lent.
    let serving = own.groups[1].serves.get_mut(&0).expect("served");
    (serving.reserve, serving.min_queue) = (0, 2);
    assert!(refused(&own).contains("this class has to come last"), "{}", refused(&own));
    own.queue_selection = QueueSelection::Priority;
    own.classes[0].priority = 1.0;
    assert_eq!(system(&own).config.overflow[0].when.limits[0].bound, Bound::AtLeast(3));
}

#[test]
fn a_room_for_all_is_one_queue() {
    let mut own = setup(2, vec![group(&[(0, 1)]), group(&[(1, 1)])], QueueSelection::Fcfs);
    own.room = Some(3);
    let said = system(&own);
    assert_eq!((said.config.queues.len(), said.config.queues[0].room), (1, Some(3)));
    assert_ne!(said.wanted[0].skills, said.wanted[1].skills);
}
