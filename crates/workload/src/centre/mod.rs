//! A contact centre described in a file, and a day of it as a plan.
//!
//! The file says who comes, when, on which channel, how patient and how long to handle, what else they do about the same matter,
//! and who works when. How it is routed stands in a tenant's configuration, so that one day can be played with several; nothing
//! of the day depends on which. Everything that is left to chance is drawn here, one stream per contact, before anything is
//! played: the same seed is the same day for every configuration (common random numbers).

mod agents;
mod contacts;
mod report;
mod text;
mod units;

use model::config::TenantConfig;
use model::time::Millis;

use crate::plan::{Habits, Plan};

pub use report::CentreReport;
pub use text::{CentreFile, FileError};

/// The centre that the product carries: a municipality with 200 agents on all channels.
pub const OFFICE_DAY: &str = include_str!("../../../../loadtest/days/office/day.toml");
/// How it routes.
pub const OFFICE_TENANT: &str = include_str!("../../../../loadtest/days/office/tenant.toml");

#[derive(Debug, Clone, PartialEq)]
pub struct CentreOptions {
    /// Decides all that is drawn.
    pub seed: u64,
    /// Share of the arrivals and of each group's agents that is played, in percent, at least one agent of each group: a small day for
    /// tests.
    pub percent: u32,
}

impl Default for CentreOptions {
    fn default() -> CentreOptions {
        CentreOptions { seed: 1, percent: 100 }
    }
}

/// The day of this seed. It names queues, channels and skills of the configuration; what that does not know is said.
pub fn centre_plan(
    file: &CentreFile,
    config: &TenantConfig,
    options: &CentreOptions,
) -> Result<Plan, FileError> {
    file.check(config)?;
    let midnight = file.midnight()?;
    let staff = agents::staff(file, midnight, options)?;
    Ok(Plan {
        config: config.clone(),
        roster: staff.iter().map(|(spec, _)| spec.clone()).collect(),
        shifts: staff.into_iter().map(|(_, shift)| shift).collect(),
        contacts: contacts::contacts(file, midnight, options)?,
        habits: Habits {
            accept_delay: file.habits.accept_delay.span()?,
            no_show_permille: file.habits.no_show_permille,
            decline_permille: file.habits.decline_permille,
            away_reason: file.habits.break_reason.clone(),
            return_after: file.habits.return_after.0,
            first_session: 1,
        },
        ends_at: Some(midnight + Millis(24 * Millis::HOUR.0)),
        speed: 1,
    })
}
