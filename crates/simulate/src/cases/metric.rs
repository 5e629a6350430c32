//! What a metric's name means: a figure of the sums of a run. The names are those of the file's format.

use workload::system::Setup;

use super::sums::{ClassSums, Sums};

/// A figure; classes and groups by their place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Metric {
    /// Of one class, or of all together.
    Of(Figure, Option<usize>),
    /// Contacts in service of a group, as a share of its places; of all groups together.
    Occupancy(Option<usize>),
    /// Contacts of the class that are in service in the group.
    Busy {
        group: usize,
        class: usize,
    },
    /// Share of the class's arrivals that the group served.
    ServedBy {
        group: usize,
        class: usize,
    },
    MeanInService,
    MeanInSystem,
    /// Agents who hold nothing.
    AgentsIdle,
    /// Queue of the first class over that of the second.
    QueueRatio,
    /// Of those that found their first group busy, how many were refused.
    OverflowLoss,
    /// Of waits, in a thousand.
    WaitQuantile(u32),
    /// Contacts of the class that were taken up in a unit of time.
    Throughput(usize),
    /// Per day.
    PerDay(Daily),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    PWait,
    /// Of all who came, those who were not assigned at once, whatever became of them.
    PWaitOrLeft,
    PAbandon,
    PBlock,
    /// Not served by the first group that is asked, for whatever reason.
    POverflow,
    AsaAll,
    AsaServed,
    AsaDelayed,
    MeanQueue,
    ServiceLevel,
    ServiceLevelNet,
    ServiceLevelAdmitted,
    AbandonedWithin,
    Late,
    Sojourn,
    ServiceTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Daily {
    Arrivals,
    InTarget,
    Abandoned,
    QueueIntegral,
}

/// What a name says, as far as it can be known without the others of its case.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Spelt {
    Whole(Metric),
    /// Only where the second class comes of the first, or without end.
    Second(Metric),
    Class(Figure, Index),
    Group(Index),
    Both {
        group: Index,
        class: Index,
        is_share: bool,
    },
}

/// A letter counts from A; a number from 0 or 1, which the names of a case say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Index {
    Letter(usize),
    Number(usize),
}

/// What each of the names means in this setup, or why it is not known.
pub fn meanings(names: &[&str], setup: &Setup) -> Vec<Result<Metric, String>> {
    let spelt: Vec<Option<Spelt>> = names.iter().map(|name| spell(name)).collect();
    let numbers = |of: fn(&Spelt) -> Option<Index>| -> Vec<usize> {
        let indices = spelt.iter().flatten().filter_map(of);
        indices
            .filter_map(|index| if let Index::Number(number) = index { Some(number) } else { None })
            .collect()
    };
    let class_base = base(&numbers(class_index), setup.classes.len());
    let group_base = base(&numbers(group_index), setup.groups.len());
    let meaning = |spelt: &Option<Spelt>| -> Result<Metric, String> {
        let class = |index| place(index, class_base, setup.classes.len(), "class");
        let group = |index| place(index, group_base, setup.groups.len(), "group");
        match spelt {
            None => Err("the format has no metric of this name".to_owned()),
            Some(Spelt::Second(_)) if setup.second.is_none() => {
                Err("this is of call-backs or indirect work, and the case has none".to_owned())
            }
            Some(Spelt::Second(metric)) => Ok(*metric),
            // Where there is a second class, what is said of all is said of those who come by themselves.
            Some(Spelt::Whole(Metric::Of(figure, None))) if setup.second.is_some() => {
                Ok(Metric::Of(*figure, Some(0)))
            }
            Some(Spelt::Whole(metric)) => Ok(*metric),
            Some(Spelt::Class(figure, index)) => Ok(Metric::Of(*figure, Some(class(*index)?))),
            Some(Spelt::Group(index)) => Ok(Metric::Occupancy(Some(group(*index)?))),
            Some(Spelt::Both { group: g, class: c, is_share: false }) => {
                Ok(Metric::Busy { group: group(*g)?, class: class(*c)? })
            }
            Some(Spelt::Both { group: g, class: c, is_share: true }) => {
                Ok(Metric::ServedBy { group: group(*g)?, class: class(*c)? })
            }
        }
    };
    spelt.iter().map(meaning).collect()
}

fn class_index(spelt: &Spelt) -> Option<Index> {
    match spelt {
        Spelt::Class(_, index) | Spelt::Both { class: index, .. } => Some(*index),
        Spelt::Whole(_) | Spelt::Second(_) | Spelt::Group(_) => None,
    }
}

fn group_index(spelt: &Spelt) -> Option<Index> {
    match spelt {
        Spelt::Group(index) | Spelt::Both { group: index, .. } => Some(*index),
        Spelt::Whole(_) | Spelt::Second(_) | Spelt::Class(..) => None,
    }
}

/// Where numbers begin: a 0 says it, and so does the number of how many there are.
fn base(numbers: &[usize], count: usize) -> Option<usize> {
    let most = numbers.iter().copied().max()?;
    if numbers.contains(&0) {
        Some(0)
    } else if most == count {
        Some(1)
    } else {
        None
    }
}

fn place(index: Index, base: Option<usize>, count: usize, of: &str) -> Result<usize, String> {
    let place = match index {
        Index::Letter(letter) => Some(letter),
        Index::Number(number) => {
            let base =
                base.ok_or_else(|| format!("whether {of} {number} counts from 0 or from 1 is not said"))?;
            number.checked_sub(base)
        }
    };
    place.filter(|place| *place < count).ok_or_else(|| format!("there are {count} in place of such a {of}"))
}

fn spell(name: &str) -> Option<Spelt> {
    use Figure::*;
    let whole = |figure| Some(Spelt::Whole(Metric::Of(figure, None)));
    let second = |metric| Some(Spelt::Second(metric));
    match name {
        "p_wait" | "p_wait_admitted" => return whole(PWait),
        "p_abandon" | "p_abandon_all" => return whole(PAbandon),
        "p_block" | "lost_all" => return whole(PBlock),
        "asa_all" | "asa_mean_all" => return whole(AsaAll),
        "asa_served" => return whole(AsaServed),
        "asa_delayed" => return whole(AsaDelayed),
        "mean_queue" | "mean_queue_total" => return whole(MeanQueue),
        "sl_offered" | "service_level" => return whole(ServiceLevel),
        "sl_net" => return whole(ServiceLevelNet),
        "sl_admitted" => return whole(ServiceLevelAdmitted),
        "p_abandon_within_T" => return whole(AbandonedWithin),
        "late" => return whole(Late),
        "mean_sojourn" => return whole(Sojourn),
        "mean_chat_duration" => return whole(ServiceTime),
        "occupancy" | "occupancy_open" | "slot_occupancy" => {
            return Some(Spelt::Whole(Metric::Occupancy(None)));
        }
        "mean_chats" => return Some(Spelt::Whole(Metric::MeanInService)),
        "mean_in_system" => return Some(Spelt::Whole(Metric::MeanInSystem)),
        "p_agent_idle" => return Some(Spelt::Whole(Metric::AgentsIdle)),
        "queue_ratio" => return Some(Spelt::Whole(Metric::QueueRatio)),
        "overflow_stream_loss" => return Some(Spelt::Whole(Metric::OverflowLoss)),
        "expected_arrivals" => return Some(Spelt::Whole(Metric::PerDay(Daily::Arrivals))),
        "contacts_in_target" => return Some(Spelt::Whole(Metric::PerDay(Daily::InTarget))),
        "abandoned" => return Some(Spelt::Whole(Metric::PerDay(Daily::Abandoned))),
        "queue_integral_open" => return Some(Spelt::Whole(Metric::PerDay(Daily::QueueIntegral))),
        "q_live" => return second(Metric::Of(MeanQueue, Some(0))),
        "asa_live" => return second(Metric::Of(AsaAll, Some(0))),
        "q_callback" => return second(Metric::Of(MeanQueue, Some(1))),
        "wait_callback" => return second(Metric::Of(AsaAll, Some(1))),
        "p_callback" => return second(Metric::Of(PBlock, Some(0))),
        "p_wait_live_or_cb" => return second(Metric::Of(PWaitOrLeft, Some(0))),
        "background_busy" => return second(Metric::Busy { group: 0, class: 1 }),
        "background_throughput" => return second(Metric::Throughput(1)),
        _ => {}
    }
    if let Some(percent) = name.strip_prefix("wait_p") {
        let percent: u32 = percent.parse().ok().filter(|percent| (1..100).contains(percent))?;
        return Some(Spelt::Whole(Metric::WaitQuantile(percent * 10)));
    }
    if let Some((class, group)) = name.strip_prefix("overflow_").and_then(|rest| rest.split_once("_to_")) {
        return Some(Spelt::Both { group: index(group)?, class: index(class)?, is_share: true });
    }
    if let Some((group, class)) = name.strip_prefix("busy").and_then(|rest| rest.split_once('_')) {
        return Some(Spelt::Both { group: index(group)?, class: index(class)?, is_share: false });
    }
    if let Some((class, group)) = name.strip_prefix('z').and_then(|rest| rest.split_at_checked(1)) {
        return Some(Spelt::Both { group: index(group)?, class: index(class)?, is_share: false });
    }
    for prefix in ["util_", "occupancy_", "load_agent_"] {
        if let Some(group) = name.strip_prefix(prefix) {
            return Some(Spelt::Group(index(group)?));
        }
    }
    let of_class: [(&str, Figure); 11] = [
        ("p_wait_", PWait),
        ("p_abandon_", PAbandon),
        ("p_block_", PBlock),
        ("block_", PBlock),
        ("overflow_", POverflow),
        ("asa_", AsaAll),
        ("sl_", ServiceLevel),
        ("sojourn_", Sojourn),
        ("late_", Late),
        ("q_", MeanQueue),
        ("q", MeanQueue),
    ];
    let (rest, figure) =
        of_class.into_iter().find_map(|(prefix, figure)| Some((name.strip_prefix(prefix)?, figure)))?;
    Some(Spelt::Class(figure, index(rest)?))
}

fn index(text: &str) -> Option<Index> {
    match text.as_bytes() {
        [letter @ b'A'..=b'Z'] => Some(Index::Letter(usize::from(letter - b'A'))),
        [b'0'..=b'9'] | [b'0'..=b'9', b'0'..=b'9'] => text.parse().ok().map(Index::Number),
        _ => None,
    }
}

impl Metric {
    pub fn is_quantile(self) -> bool {
        matches!(self, Metric::WaitQuantile(_))
    }

    pub fn is_daily(self) -> bool {
        matches!(self, Metric::PerDay(_))
    }

    /// In the setup's unit of time. Not a number where nothing was there to take a mean of.
    pub fn of(self, sums: &Sums, setup: &Setup, first_groups: &[usize], unit_ms: f64) -> f64 {
        let over_time = |area: u64| area as f64 / sums.span_ms as f64;
        match self {
            Metric::Of(Figure::MeanQueue, class) => over_time(match class {
                Some(class) => sums.queue_area[class],
                None => sums.queue_area.iter().sum(),
            }),
            Metric::Of(Figure::POverflow, class) => {
                let (went_by, arrivals) = overflowed(sums, first_groups, class);
                went_by as f64 / arrivals as f64
            }
            Metric::Of(figure, Some(class)) => figure.of(&sums.classes[class], unit_ms),
            Metric::Of(figure, None) => figure.of(&sums.all(), unit_ms),
            Metric::Occupancy(group) => {
                let groups = group.map_or(0..setup.groups.len(), |group| group..group + 1);
                let places = |group: usize| u64::from(setup.groups[group].count * setup.groups[group].slots);
                let busy: u64 = groups.clone().map(|group| sums.busy_area[group].iter().sum::<u64>()).sum();
                over_time(busy) / groups.map(places).sum::<u64>() as f64
            }
            Metric::Busy { group, class } => over_time(sums.busy_area[group][class]),
            Metric::ServedBy { group, class } => {
                let class = &sums.classes[class];
                class.by_group[group] as f64 / class.arrivals as f64
            }
            Metric::MeanInService => over_time(in_service(sums)),
            Metric::MeanInSystem => over_time(in_service(sums) + sums.queue_area.iter().sum::<u64>()),
            Metric::AgentsIdle => over_time(sums.idle_area) / f64::from(setup.agents()),
            Metric::QueueRatio => {
                sums.queue_area[0] as f64 / sums.queue_area.get(1).copied().unwrap_or(0) as f64
            }
            Metric::OverflowLoss => sums.all().blocked as f64 / overflowed(sums, first_groups, None).0 as f64,
            Metric::WaitQuantile(permille) => quantile(&sums.waits_ms, permille) / unit_ms,
            Metric::Throughput(class) => sums.classes[class].served as f64 * unit_ms / sums.span_ms as f64,
            Metric::PerDay(daily) => {
                let all = sums.all();
                let count = match daily {
                    Daily::Arrivals => all.arrivals as f64,
                    Daily::InTarget => all.served_within as f64,
                    Daily::Abandoned => all.abandoned as f64,
                    Daily::QueueIntegral => sums.queue_area.iter().sum::<u64>() as f64 / unit_ms,
                };
                count / sums.days as f64
            }
        }
    }
}

impl Figure {
    fn of(self, class: &ClassSums, unit_ms: f64) -> f64 {
        let share = |count: u64, of: u64| count as f64 / of as f64;
        let mean = |sum_ms: u64, of: u64| sum_ms as f64 / unit_ms / of as f64;
        match self {
            Figure::PWait => share(class.waited, class.admitted()),
            Figure::PWaitOrLeft => share(class.waited + class.blocked, class.arrivals),
            Figure::PAbandon => share(class.abandoned, class.arrivals),
            Figure::PBlock => share(class.blocked, class.arrivals),
            Figure::AsaAll => mean(class.wait_ms, class.admitted()),
            Figure::AsaServed => mean(class.wait_served_ms, class.served),
            Figure::AsaDelayed => mean(class.wait_ms, class.waited),
            Figure::ServiceLevel => share(class.served_within, class.arrivals),
            Figure::ServiceLevelNet => share(class.served_within, class.admitted() - class.abandoned_within),
            Figure::ServiceLevelAdmitted => share(class.served_within, class.admitted()),
            Figure::AbandonedWithin => share(class.abandoned_within, class.arrivals),
            Figure::Late => share(class.late, class.arrivals),
            Figure::Sojourn => mean(class.wait_served_ms + class.service_ms, class.served),
            Figure::ServiceTime => mean(class.service_ms, class.served),
            // Areas and groups are no class's own sums; [`Metric::of`] has them.
            Figure::MeanQueue | Figure::POverflow => f64::NAN,
        }
    }
}

fn in_service(sums: &Sums) -> u64 {
    sums.busy_area.iter().flatten().sum()
}

/// How many arrivals the first group of their class did not serve, and how many arrivals there were.
fn overflowed(sums: &Sums, first_groups: &[usize], class: Option<usize>) -> (u64, u64) {
    let classes = class.map_or(0..sums.classes.len(), |class| class..class + 1);
    classes.fold((0, 0), |(went_by, arrivals), class| {
        let own = &sums.classes[class];
        (went_by + own.arrivals - own.by_group[first_groups[class]], arrivals + own.arrivals)
    })
}

/// The nearest rank.
fn quantile(waits_ms: &[u64], permille: u32) -> f64 {
    if waits_ms.is_empty() {
        return f64::NAN;
    }
    let mut waits = waits_ms.to_vec();
    let rank = (waits.len() as u64 * u64::from(permille)).div_ceil(1000).max(1) as usize - 1;
    *waits.select_nth_unstable(rank).1 as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelt(name: &str) -> Spelt {
        spell(name).unwrap_or_else(|| panic!("{name}"))
    }

    #[test]
    fn names_are_read() {
        assert_eq!(spelt("asa_all"), Spelt::Whole(Metric::Of(Figure::AsaAll, None)));
        assert_eq!(spelt("asa_1"), Spelt::Class(Figure::AsaAll, Index::Number(1)));
        assert_eq!(spelt("qA"), Spelt::Class(Figure::MeanQueue, Index::Letter(0)));
        assert_eq!(spelt("p_wait_B"), Spelt::Class(Figure::PWait, Index::Letter(1)));
        assert_eq!(spelt("load_agent_5"), Spelt::Group(Index::Number(5)));
        let both = |group, class, is_share| Spelt::Both { group: Index::Number(group), class, is_share };
        assert_eq!(spelt("busy2_A"), both(2, Index::Letter(0), false));
        assert_eq!(spelt("z12"), both(2, Index::Number(1), false));
        assert_eq!(spelt("overflow_A_to_2"), both(2, Index::Letter(0), true));
        assert_eq!(spelt("wait_p99"), Spelt::Whole(Metric::WaitQuantile(990)));
        for unknown in ["asa_", "asa_x", "wait_p0", "quality", "q_1_2"] {
            assert_eq!(spell(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn where_numbers_begin_is_said_by_all_names_together() {
        assert_eq!(base(&[0, 1], 2), Some(0));
        assert_eq!(base(&[1, 2], 2), Some(1));
        assert_eq!(base(&[1], 2), None);
        assert_eq!(base(&[], 2), None);
    }

    #[test]
    fn a_quantile_is_the_nearest_rank() {
        let waits: Vec<u64> = (1..=10).rev().collect();
        assert_eq!((quantile(&waits, 900), quantile(&waits, 990), quantile(&waits, 100)), (9.0, 10.0, 1.0));
        assert!(quantile(&[], 900).is_nan());
    }
}
