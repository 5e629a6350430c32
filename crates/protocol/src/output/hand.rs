//! Whose hand offered a contact out of turn.

use model::hand::Hand;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Hand")]
pub(crate) enum HandView {
    Supervisor,
    Agent,
}

impl HandView {
    pub(super) fn new(hand: Hand) -> HandView {
        match hand {
            Hand::Supervisor => HandView::Supervisor,
            Hand::Agent => HandView::Agent,
        }
    }
}
