//! Rules of the tree that a compiler does not know: every file says what it is for, none is unfinished, none
//! is too long, and the formatter, the lints and the documentation have nothing to say.
//!
//! They are tests so that `cargo test --workspace` is the one command that says whether a change is whole.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Longer files mix two things; most are below 250 lines.
const LINES_MAX: usize = 700;

/// Built from halves, so that this file does not hold what it looks for.
fn unfinished() -> Vec<String> {
    let halves =
        [("TO", "DO"), ("FIX", "ME"), ("XX", "X"), ("HA", "CK"), ("todo", "!"), ("unimplemented", "!")];
    halves.iter().map(|(one, other)| format!("{one}{other}")).collect()
}

#[test]
fn every_file_says_what_it_is_for() {
    report("a file starts with `//!` and says what it is for", &sources(&["rs"]), |text| {
        let first = text.lines().next().unwrap_or_default();
        let said = first.strip_prefix("//!").map(str::trim).unwrap_or_default();
        (said.len() < 10).then(|| format!("starts with {first:?}"))
    });
}

#[test]
fn nothing_is_unfinished() {
    let words = unfinished();
    report("what is begun is finished", &sources(&["rs", "py", "sh", "js"]), |text| {
        text.lines().enumerate().find_map(|(at, line)| {
            let word = words.iter().find(|word| has_word(line, word))?;
            Some(format!("line {} has {word}", at + 1))
        })
    });
}

#[test]
fn no_file_is_too_long() {
    report("a file has one subject", &sources(&["rs", "py", "sh"]), |text| {
        let lines = text.lines().count();
        (lines > LINES_MAX).then(|| format!("has {lines} lines, {LINES_MAX} at most"))
    });
}

#[test]
fn lints_are_expected_with_a_reason_and_never_allowed() {
    let forms = [format!("#[{}(", "allow"), format!("#![{}(", "allow")];
    report("write #[expect(…, reason = \"…\")]", &sources(&["rs"]), |text| {
        let at = text.lines().position(|line| forms.iter().any(|form| line.contains(form.as_str())))?;
        Some(format!("line {} allows a lint", at + 1))
    });
}

#[test]
fn the_formatter_has_nothing_to_change() {
    cargo(&["fmt", "--all", "--check"], "cargo fmt --all", &[]);
}

/// Lints and documentation in one test, since both lock the same build folder.
#[test]
fn the_lints_and_the_documentation_have_no_warnings() {
    let deny = if is_the_named_toolchain() { &["--", "-D", "warnings"][..] } else { &[] };
    let clippy = ["clippy", "--workspace", "--all-targets", "--all-features", "--quiet"];
    cargo(&[&clippy[..], deny].concat(), "cargo clippy --workspace --all-targets --all-features", &[]);
    let deny = if is_the_named_toolchain() {
        &[("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links")][..]
    } else {
        &[]
    };
    cargo(&["doc", "--workspace", "--no-deps", "--quiet"], "cargo doc --workspace --no-deps", deny);
}

/// A later toolchain has lints that nobody here has met; a newcomer who has one is not to be stopped by them.
fn is_the_named_toolchain() -> bool {
    let named = env!("CARGO_PKG_RUST_VERSION");
    let version =
        Command::new("rustc").arg("--version").current_dir(root()).output().expect("rustc can be run");
    String::from_utf8_lossy(&version.stdout).starts_with(&format!("rustc {named}."))
}

#[test]
fn words_are_found_whole() {
    let word = &unfinished()[0];
    assert!(has_word(&format!("// {word}: later"), word) && has_word(word, word));
    assert!(!has_word(&format!("MA{word}RES"), word));
}

/// A word, not a part of one; a macro's name ends with its own `!`.
fn has_word(line: &str, word: &str) -> bool {
    let is_inside = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices(word).any(|(at, found)| {
        !line[..at].ends_with(is_inside)
            && (found.ends_with('!') || !line[at + found.len()..].starts_with(is_inside))
    })
}

fn report(rule: &str, paths: &[PathBuf], wrong: impl Fn(&str) -> Option<String>) {
    assert!(!paths.is_empty(), "no files were found, so nothing was checked");
    let found: Vec<String> = paths
        .iter()
        .filter_map(|path| {
            let text = std::fs::read_to_string(path).expect("a tracked file can be read");
            wrong(&text).map(|what| format!("{}: {what}", path.display()))
        })
        .collect();
    assert!(found.is_empty(), "{rule}:\n  {}", found.join("\n  "));
}

/// Runs cargo over the workspace; what it prints is the message.
fn cargo(arguments: &[&str], mend: &str, variables: &[(&str, &str)]) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(arguments)
        .envs(variables.iter().copied())
        .current_dir(root())
        .output()
        .expect("cargo can be run");
    assert!(
        output.status.success(),
        "run `{mend}` and mend what it says (`rustup component add rustfmt clippy` if it is missing):\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace").to_owned()
}

/// The files of the tree with one of `endings`, without what is built, fetched or hidden.
fn sources(endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder can be read").flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            let is_left_out =
                name.starts_with('.') || ["target", "node_modules", "vendor"].contains(&name.as_str());
            if path.is_dir() {
                // A build folder of any name is marked by cargo.
                if !is_left_out && !path.join("CACHEDIR.TAG").exists() {
                    open.push(path);
                }
            } else if path.extension().is_some_and(|ending| endings.iter().any(|one| ending == *one)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
