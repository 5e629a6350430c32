//! A tenant's configuration: TOML text to [`TenantConfig`].
//!
//! A text is taken whole or refused whole, and a refusal names every mistake with its line, its reason and the
//! nearest valid name, so that one attempt is enough to mend it. What is valid, with every default, stands in the
//! commented [`EXAMPLE`].

mod bound;
mod calendars;
mod capacity;
mod customers;
mod diagnostic;
mod diff;
mod overflow;
mod preference;
mod presets;
mod quiet;
mod ratios;
mod reader;
mod rules;
mod schedule;
mod sections;
mod throttle;
mod waiting;

use model::TenantConfig;

pub use diagnostic::{Diagnostic, show_first};
pub use diff::diff;
pub use presets::{PRESETS, preset};

use crate::input::CAPACITY_DEFAULT;
use crate::record::encoded_bytes;
use reader::Reader;

/// A complete configuration with comments; what it leaves out is the default.
pub const EXAMPLE: &str = include_str!("../../examples/tenant.toml");

/// Largest text, in bytes.
pub const TEXT_SIZE_MAX: usize = 256 * 1024;

/// Largest configuration in bytes, as the journal holds it. One step may take [`STEP_BYTES_MAX`], 728 KiB, and with a
/// configuration come the offers that it makes possible: a slice of settling ends with the offer that completes 512, and
/// that may be the first of the [`AGENT_HOLDS_MAX`](model::agent::AGENT_HOLDS_MAX) that one agent takes. An offer and its
/// acceptance take at most 141 bytes, so those are 105 KiB. A queue that says nothing but its name takes 200 bytes.
///
/// [`STEP_BYTES_MAX`]: crate::record::STEP_BYTES_MAX
pub const ENCODED_SIZE_MAX: usize = 512 * 1024;

/// All mistakes, in the order of the text; at least one.
pub fn parse(text: &str) -> Result<TenantConfig, Vec<Diagnostic>> {
    if text.len() > TEXT_SIZE_MAX {
        let reason = format!("the text has {} bytes, at most {TEXT_SIZE_MAX} are taken", text.len());
        return Err(vec![of_the_whole(reason)]);
    }
    let mut reader = Reader::new(text);
    let config = match reader.document() {
        Some(document) => sections::tenant(&mut reader, &document),
        None => None,
    };
    let config = reader.finish(config)?;
    let bytes = encoded_bytes(&config);
    if bytes > ENCODED_SIZE_MAX {
        let reason = format!(
            "the configuration takes {bytes} bytes in the journal, at most {ENCODED_SIZE_MAX} are taken; give it fewer \
             queues or skills, or shorter names"
        );
        return Err(vec![of_the_whole(reason)]);
    }
    Ok(config)
}

fn of_the_whole(reason: String) -> Diagnostic {
    Diagnostic { line: 1, column: 1, reason, nearest: None }
}

/// What is valid and yet hardly meant, in lines for people.
pub fn warnings(config: &TenantConfig) -> Vec<String> {
    let beyond = config.channels.iter().filter(|channel| channel.cost > CAPACITY_DEFAULT);
    beyond
        .map(|channel| {
            format!(
                "channel {:?} costs {} units; an agent has {CAPACITY_DEFAULT}, unless its roster entry says more, and \
                 gets none of what it has too few for",
                channel.name.as_str(),
                channel.cost
            )
        })
        .chain(calendars::warnings(&config.calendars, &config.queues))
        .collect()
}

/// blake3 of the text in lower-case hexadecimal: the name under which it is stored.
pub fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

#[cfg(test)]
mod tests;
