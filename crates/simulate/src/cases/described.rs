//! Families whose systems a file describes by `params` alone: call-backs, and indirect work between calls. Both have a second class to which
//! nobody comes by themselves, and which waits until nobody of the first does.

use std::collections::BTreeMap;

use workload::system::{AgentSelection, Class, Group, Law, QueueSelection, Second, Serving, Setup};

use super::read::{At, Reading};

/// Nothing for a family that is not known here.
pub(super) fn setup(family: &str, params: &At<'_>) -> Reading<Option<Setup>> {
    let positive = |key: &str| params.need(key, "the family needs it")?.positive();
    let whole = |key: &str| params.need(key, "the family needs it")?.whole(100_000);
    let (second, reserve, second_rate) = match family {
        "callback" => {
            let threshold = whole("k")? as u32;
            let share = params.get("p").map_or(Ok(1.0), |at| at.number())?;
            (Second::Callbacks { threshold, share }, whole("R")?, positive("mu")?)
        }
        "blending" => (Second::Endless, whole("reserve")?, positive("mu_background")?),
        _ => return Ok(None),
    };
    let patience =
        params.get("theta").map(|at| at.positive()).transpose()?.map(|rate| Law::Exponential { rate });
    let class = |rate, patience, priority| Class {
        rate,
        patience,
        priority,
        slope: 1.0,
        deadline: None,
        deadline_is_patience: false,
    };
    let serving =
        |rate, reserve| Serving { level: 1, service: Law::Exponential { rate }, reserve, min_queue: 0 };
    let serves = [(0, serving(positive("mu")?, 0)), (1, serving(second_rate, reserve as u32))];
    Ok(Some(Setup {
        classes: vec![class(positive("lam")?, patience, 0.0), class(0.0, None, 1.0)],
        groups: vec![Group {
            count: whole("n")?.max(1) as u32,
            slots: 1,
            speed: None,
            serves: BTreeMap::from(serves),
        }],
        agent_selection: AgentSelection::LongestIdle,
        group_order: vec![Vec::new(), Vec::new()],
        queue_selection: QueueSelection::Priority,
        room: None,
        target: 0.0,
        second: Some(second),
    }))
}
