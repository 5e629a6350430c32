//! The shape of the summary, for whoever reads it with a program.

use schemars::{Schema, schema_for};

use super::summary::Report;

pub fn schema() -> Schema {
    schema_for!(Report)
}
