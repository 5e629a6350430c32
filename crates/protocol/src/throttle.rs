//! For what an agent is held back, as it is shown.

use model::Time;
use model::throttle::ThrottleWhy;
use schemars::JsonSchema;
use serde::Serialize;

use crate::text::Moment;

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ThrottledView {
    why: ThrottledFor,
    until: Moment,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ThrottledFor {
    /// It came lately.
    SlowStart,
    /// It was offered as many contacts as it may be.
    Ration,
}

impl ThrottledView {
    pub fn new((why, until): (ThrottleWhy, Time)) -> ThrottledView {
        ThrottledView { why: ThrottledFor::new(why), until: Moment(until) }
    }
}

impl ThrottledFor {
    pub fn new(why: ThrottleWhy) -> ThrottledFor {
        match why {
            ThrottleWhy::SlowStart => ThrottledFor::SlowStart,
            ThrottleWhy::Ration => ThrottledFor::Ration,
        }
    }
}
