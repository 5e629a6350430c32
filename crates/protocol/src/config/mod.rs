//! A tenant's configuration: TOML text to [`TenantConfig`].
//!
//! A text is taken whole or refused whole, and a refusal names every mistake with its line, its reason and the
//! nearest valid name, so that one attempt is enough to mend it. What is valid, with every default, stands in the
//! commented [`EXAMPLE`].

mod diagnostic;
mod diff;
mod presets;
mod reader;
mod sections;

use model::TenantConfig;

pub use diagnostic::{Diagnostic, show_first};
pub use diff::diff;
pub use presets::{PRESETS, preset};

use crate::input::CAPACITY_DEFAULT;
use reader::Reader;

/// A complete configuration with comments; what it leaves out is the default.
pub const EXAMPLE: &str = include_str!("../../examples/tenant.toml");

/// Largest text, in bytes.
pub const TEXT_SIZE_MAX: usize = 256 * 1024;

/// All mistakes, in the order of the text; at least one.
pub fn parse(text: &str) -> Result<TenantConfig, Vec<Diagnostic>> {
    if text.len() > TEXT_SIZE_MAX {
        let reason = format!("the text has {} bytes, at most {TEXT_SIZE_MAX} are taken", text.len());
        return Err(vec![Diagnostic { line: 1, column: 1, reason, nearest: None }]);
    }
    let mut reader = Reader::new(text);
    let config = match reader.document() {
        Some(document) => sections::tenant(&mut reader, &document),
        None => None,
    };
    reader.finish(config)
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
        .collect()
}

/// blake3 of the text in lower-case hexadecimal: the name under which it is stored.
pub fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

#[cfg(test)]
mod tests;
