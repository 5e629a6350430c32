//! A queueing system: who comes, who serves, and by which disciplines.

use std::collections::BTreeMap;

use super::law::Law;

/// Times are in a unit without a name, rates per that unit. There is at least one class and one group.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    pub classes: Vec<Class>,
    pub groups: Vec<Group>,
    pub agent_selection: AgentSelection,
    /// For each class the groups that are asked, in this order; empty: as the groups stand.
    pub group_order: Vec<Vec<usize>>,
    pub queue_selection: QueueSelection,
    /// Places to wait, of all classes together; absent: as many as come.
    pub room: Option<u32>,
    /// Waits up to this are within the service level.
    pub target: f64,
    /// Where nobody comes by themselves to the second class; absent: to each class its own.
    pub second: Option<Second>,
}

/// Whence contacts of the second class come, whose rate is zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Second {
    /// Customers of the first who are told that so many or more are before them, and of whom this share wants to be called back.
    Callbacks { threshold: u32, share: f64 },
    /// There is always one more.
    Endless,
}

/// Customers of one kind, who come as a Poisson stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Class {
    pub rate: f64,
    /// From arrival until the customer leaves, if still waiting; absent: for ever.
    pub patience: Option<Law>,
    /// Lower comes first.
    pub priority: f64,
    /// Priority that accumulates while waiting.
    pub slope: f64,
    /// After arrival, known when the customer comes.
    pub deadline: Option<Law>,
    /// The customer leaves at the deadline.
    pub deadline_is_patience: bool,
}

/// Agents who are alike.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    pub count: u32,
    /// Contacts that one agent holds at once.
    pub slots: u32,
    /// At which each contact is worked on, by the number that the agent holds; absent: at 1, however many.
    pub speed: Option<Vec<f64>>,
    /// By class.
    pub serves: BTreeMap<usize, Serving>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Serving {
    /// 1 is what the group does first, or best.
    pub level: u32,
    pub service: Law,
    /// Only while more of the group are idle than this, the one who would take it counted.
    pub reserve: u32,
    /// Only while more of the class wait than this, the one that would be taken counted.
    pub min_queue: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentSelection {
    LongestIdle,
    /// The first group in the class's order of groups.
    Order,
    /// The lowest level, then the longest idle.
    LevelLongestIdle,
    LeastLoaded,
    MostLoaded,
}

#[derive(Debug, Clone, PartialEq)]
pub enum QueueSelection {
    Fcfs,
    Priority,
    /// The lowest level of the agent's group, then the oldest.
    Level,
    /// The largest slope times wait.
    Accumulating,
    EarliestDeadline,
    LongestQueue {
        weights: Vec<f64>,
    },
    /// The first class goes to a group that has others too when its queue is longer than `ratio` times theirs by `threshold`.
    QueueRatio {
        ratio: f64,
        threshold: f64,
    },
}

impl Serving {
    pub fn is_restricted(&self) -> bool {
        self.reserve > 0 || self.min_queue > 0
    }
}

impl Setup {
    /// Whether they come by themselves.
    pub fn comes(&self, class: usize) -> bool {
        self.classes[class].rate > 0.0
    }

    pub fn rate(&self) -> f64 {
        self.classes.iter().map(|class| class.rate).sum()
    }

    pub fn agents(&self) -> u32 {
        self.groups.iter().map(|group| group.count).sum()
    }

    /// The mean service, over the groups that serve the class, each alike.
    pub fn mean_service(&self, class: usize) -> f64 {
        let means = self.groups.iter().filter_map(|group| group.serves.get(&class));
        let (sum, count) =
            means.fold((0.0, 0.0), |(sum, count), serving| (sum + serving.service.mean(), count + 1.0));
        if count > 0.0 { sum / count } else { 0.0 }
    }

    /// What comes over what could be served: exact for one class; with several, each group does its share of each.
    pub fn load(&self) -> f64 {
        let done = |group: &Group| {
            let fastest = |speed: &Vec<f64>| {
                let each = speed.iter().enumerate().skip(1).take(group.slots as usize);
                each.map(|(held, speed)| held as f64 * speed).fold(0.0, f64::max)
            };
            let at_once = group.speed.as_ref().map_or(f64::from(group.slots), fastest);
            let (work, rate) = group.serves.iter().fold((0.0, 0.0), |(work, rate), (class, serving)| {
                let comes = self.classes[*class].rate;
                (work + comes * serving.service.mean(), rate + comes)
            });
            f64::from(group.count) * at_once * rate / work
        };
        self.rate() / self.groups.iter().filter(|group| !group.serves.is_empty()).map(done).sum::<f64>()
    }
}
