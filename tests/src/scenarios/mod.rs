//! Scenarios: what one feature does, as text that anybody can read and a test can run. See `tests/scenarios/README.md`.
//!
//! A file of `tests/scenarios` names a configuration of `loadtest/tenants` and says what happens; below each line stands what
//! is decided. It is played on the engine and on its slow twin at once, and the file is compared with itself as it would have to
//! be written.

mod consult;
mod hand;
pub mod keys;
mod play;
mod said;
mod script;
mod told;

use std::fs;
use std::path::{Path, PathBuf};

pub use play::{Played, play};
pub use script::Script;

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

pub fn tenants_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../loadtest/tenants")
}

/// Name and text of every file with this ending, by name.
pub fn files(folder: &Path, ending: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<(String, String)> = entries
        .map(|entry| entry.expect("a folder that opens can be read").path())
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .map(|path| {
            let name = path.file_name().expect("an entry has a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        })
        .collect();
    files.sort();
    files
}
