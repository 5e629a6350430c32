//! A temporary folder for one test, which shows the logs in it when the test fails.
//!
//! Processes write into files rather than through the test, so that what a frozen or killed one said last
//! is there too. With `WISSEL_KEEP=1` the folder stays.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Lines shown of each log; the cause stands near the end.
const LINES_SHOWN: usize = 40;
/// Servers write below `<name>/`, and clusters one deeper.
const DEPTH_MAX: usize = 4;

/// Declare it before what runs in it, so that it is dropped last and the logs are complete.
#[derive(Debug)]
pub struct Scratch {
    /// Empty only while it is dropped.
    folder: Option<TempDir>,
}

impl Scratch {
    /// A new empty folder.
    ///
    /// # Panics
    /// When the system has no room for one: no test can go on then.
    #[expect(clippy::new_without_default, reason = "it creates a folder, which a default should not do")]
    pub fn new() -> Scratch {
        let folder = tempfile::Builder::new().prefix("wissel-test-").tempdir();
        Scratch { folder: Some(folder.expect("the system's temporary folder can be written to")) }
    }

    pub fn path(&self) -> &Path {
        self.folder.as_ref().map_or(Path::new(""), TempDir::path)
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Every log in the folder, as a failed test shows them.
    pub fn logs(&self) -> String {
        let mut paths = Vec::new();
        collect_logs(self.path(), DEPTH_MAX, &mut paths);
        paths.sort();
        paths.iter().map(|path| tail(path, self.path())).collect()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.logs());
        }
        if std::env::var_os("WISSEL_KEEP").is_some_and(|keep| keep != "0")
            && let Some(folder) = self.folder.take()
        {
            eprintln!("kept: {}", folder.keep().display());
        }
    }
}

fn collect_logs(folder: &Path, depth: usize, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() && depth > 0 {
            collect_logs(&path, depth - 1, paths);
        } else if path.extension().is_some_and(|extension| extension == "log" || extension == "out") {
            paths.push(path);
        }
    }
}

fn tail(path: &Path, base: &Path) -> String {
    let text = String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    if lines.is_empty() {
        return String::new();
    }
    let shown = lines[lines.len().saturating_sub(LINES_SHOWN)..].join("\n");
    format!("--- {} ({} lines)\n{shown}\n", path.strip_prefix(base).unwrap_or(path).display(), lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_shown_by_name_with_their_end() {
        let scratch = Scratch::new();
        fs::create_dir_all(scratch.join("a/b")).expect("a folder");
        let long: String = (0..100).map(|line| format!("line {line}\n")).collect();
        fs::write(scratch.join("a/b/deep.log"), long).expect("a log");
        fs::write(scratch.join("empty.log"), "").expect("a log");
        fs::write(scratch.join("data.bin"), "not a log").expect("a file");
        let shown = scratch.logs();
        assert!(shown.starts_with("--- a/b/deep.log (100 lines)\nline 60\n"), "{shown}");
        assert!(shown.ends_with("line 99\n") && !shown.contains("not a log"), "{shown}");
    }
}
