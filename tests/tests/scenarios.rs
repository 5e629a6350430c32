//! What each feature does, as text: `tests/scenarios/README.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use model::TenantConfig;
use protocol::config::{Diagnostic, parse, show_first};
use toml::Table;
use wissel_tests::scenarios::{Played, Script, files, folder, keys, play, tenants_folder};

/// After a change that is meant, `UPDATE_EXPECTED=1` writes the scenarios anew.
#[test]
fn every_scenario_comes_out_as_written() {
    let tenants = tenants();
    let mut wrong = Vec::new();
    for (name, text) in files(&folder(), "txt") {
        let played =
            play_on(&text, &|file| config(&tenants, file)).unwrap_or_else(|why| panic!("{name}: {why}"));
        if played.text != text {
            if std::env::var_os("UPDATE_EXPECTED").is_some() {
                fs::write(folder().join(&name), &played.text).expect("a scenario can be written");
            } else {
                wrong.push(format!("{name} comes out as\n{}", played.text));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Without any one key of its configuration a scenario is refused or comes out otherwise: nothing stands there for show.
#[test]
fn every_key_of_a_configuration_matters() {
    let tenants = tenants();
    let scenarios = files(&folder(), "txt");
    let mut idle = Vec::new();
    let mut tried = 0;
    for (file, text) in &tenants {
        let whole: Table = text.parse().unwrap_or_else(|error| panic!("{file}: {error}"));
        let users = users(&scenarios, &tenants, file);
        assert!(!users.is_empty(), "no scenario shows {file}");
        for path in keys::all(&whole) {
            tried += 1;
            let changed = keys::without(&whole, &path).to_string();
            let is_felt = read(&changed).is_err()
                || users.iter().any(|(text, before)| {
                    let configs = |name: &str| {
                        if name == file {
                            read(&changed).map(Arc::new).map_err(|wrong| show_first(&wrong, 3))
                        } else {
                            config(&tenants, name)
                        }
                    };
                    play_on(text, &configs).map_or(true, |after| after.decided != *before)
                });
            if !is_felt {
                idle.push(format!("{file}: {path}"));
            }
        }
    }
    assert!(tried > 0);
    assert!(idle.is_empty(), "no scenario comes out otherwise without:\n{}", idle.join("\n"));
}

/// The table of features names what there is, and all of it.
#[test]
fn the_table_is_true() {
    let readme = fs::read_to_string(folder().join("README.md")).expect("the scenarios have a README");
    let rows = readme.lines().filter(|line| line.starts_with('|') && line.contains(".txt"));
    let mut named = BTreeSet::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, _, scenario, tenant, _] = cells[..] else { panic!("three cells: {row}") };
        let [scenario, tenant] = [scenario, tenant].map(|cell| cell.trim_matches('`'));
        let text =
            fs::read_to_string(folder().join(scenario)).unwrap_or_else(|_| panic!("no such file: {row}"));
        assert!(text.contains(&format!("tenant {tenant}\n")), "{scenario} is not of {tenant}");
        named.insert(scenario.to_owned());
    }
    let there: BTreeSet<String> = files(&folder(), "txt").into_iter().map(|(name, _)| name).collect();
    assert_eq!(named, there);
}

/// The scenarios that name the file, with what is decided in each.
fn users<'a>(
    scenarios: &'a [(String, String)],
    tenants: &BTreeMap<String, String>,
    file: &str,
) -> Vec<(&'a str, String)> {
    let of_file = scenarios.iter().filter(|(_, text)| text.contains(file));
    let played = of_file.map(|(name, text)| {
        let played =
            play_on(text, &|file| config(tenants, file)).unwrap_or_else(|why| panic!("{name}: {why}"));
        (text.as_str(), played.decided)
    });
    played.collect()
}

fn play_on(
    text: &str,
    configs: &dyn Fn(&str) -> Result<Arc<TenantConfig>, String>,
) -> Result<Played, String> {
    play(&Script::parse(text)?, configs)
}

fn tenants() -> BTreeMap<String, String> {
    files(&tenants_folder(), "toml").into_iter().collect()
}

fn config(tenants: &BTreeMap<String, String>, file: &str) -> Result<Arc<TenantConfig>, String> {
    let text = tenants.get(file).ok_or_else(|| format!("there is no {file} in loadtest/tenants"))?;
    read(text).map(Arc::new).map_err(|wrong| format!("{file}: {}", show_first(&wrong, 9)))
}

fn read(text: &str) -> Result<TenantConfig, Vec<Diagnostic>> {
    parse(text)
}
