//! Scenario files: those of the tree are sound, and what is wrong in one is said with its line.

use std::path::{Path, PathBuf};

use wissel_load::plan::Plan;
use wissel_load::scenario::{self, Loaded};
use wissel_load::threshold::Figure;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder()).expect("the folder of scenarios");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|ending| ending == "toml")).collect();
    files.sort();
    files
}

fn load(name: &str) -> Loaded {
    scenario::load(&folder().join(name)).unwrap_or_else(|mistakes| panic!("{}", mistakes.join("\n")))
}

#[test]
fn every_scenario_of_the_tree_is_sound_and_can_be_planned() {
    assert!(!files().is_empty());
    for path in files() {
        let loaded = scenario::load(&path).unwrap_or_else(|mistakes| panic!("{}", mistakes.join("\n")));
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        assert_eq!(loaded.scenario.name, name, "a scenario is named as its file");
        let plan = Plan::new(&loaded.scenario);
        assert!(!plan.contacts.is_empty(), "{name}");
        let counted: u64 = plan.per_second(loaded.scenario.flows.len()).iter().flatten().sum();
        assert_eq!(counted, plan.contacts.len() as u64, "{name}");
    }
}

#[test]
fn a_plan_depends_on_its_seed_alone_and_is_split_whole() {
    let mut scenario = load("short.toml").scenario;
    let plan = Plan::new(&scenario);
    assert_eq!(plan, Plan::new(&scenario));
    for workers in 1..=5 {
        let mut all: Vec<usize> = (0..workers).flat_map(|worker| plan.share(worker, workers)).collect();
        all.sort_unstable();
        assert_eq!(all, (0..plan.contacts.len()).collect::<Vec<_>>(), "{workers} workers");
    }
    // A flow more changes nothing of what those before it draw.
    let calls: Vec<_> = plan.contacts.iter().filter(|contact| contact.flow == 0).copied().collect();
    scenario.flows.truncate(1);
    assert_eq!(Plan::new(&scenario).contacts, calls);
    scenario.seed += 1;
    assert_ne!(Plan::new(&scenario).contacts, calls);
}

/// One change of a sound file, and what is said of it.
fn refused(from: &str, to: &str) -> String {
    let text = std::fs::read_to_string(folder().join("short.toml")).expect("the scenario");
    assert!(text.contains(from), "{from:?} is not in the file");
    let place = std::env::temp_dir().join(format!(
        "wissel-load-{}-{}",
        std::process::id(),
        from.len() * 1000 + to.len()
    ));
    std::fs::create_dir_all(&place).expect("a folder");
    let path = place.join("short.toml");
    let config = folder().join("tenants/centre.toml").display().to_string();
    let text = text.replacen(from, to, 1).replace("tenants/centre.toml", &config);
    std::fs::write(&path, text).expect("a file");
    let mistakes = scenario::load(&path).err();
    std::fs::remove_dir_all(&place).expect("it goes");
    mistakes.unwrap_or_else(|| panic!("{to:?} was taken")).join("\n")
}

#[test]
fn what_is_wrong_is_said_with_line_reason_and_the_nearest_name() {
    for (from, to, parts) in [
        ("seed = 7", "sede = 7", &["line 4", "unknown field `sede`", "did you mean \"seed\"?"][..]),
        ("seed = 7", "seed = \"x\"", &["line 4", "invalid type"]),
        ("queue = \"sales\"", "queue = \"saels\"", &["no queue \"saels\"", "did you mean \"sales\"?"]),
        ("channel = \"voice\"", "channel = \"voise\"", &["no channel \"voise\"", "did you mean \"voice\"?"]),
        (
            "skills = { sales = 3 }",
            "skills = { sale = 3 }",
            &["no skill \"sale\"", "did you mean \"sales\"?"],
        ),
        ("rate = 25 }", "rate = 25, to = 3 }", &["either a rate, or from and to"]),
        ("rate = 25 }", "rate = -1 }", &["a rate is from 0"]),
        ("mean = \"5s\"", "mean = \"5 sec\"", &["\"5 sec\" is not a length of time"]),
        ("always = \"400ms\"", "from = \"400ms\"", &["{ from, to } with from <= to"]),
        ("gaps = \"even\"", "gaps = \"evn\"", &["unknown variant `evn`", "did you mean \"even\"?"]),
        ("\"refused = 0\"", "\"refuse = 0\"", &["unknown figure \"refuse\"", "did you mean \"refused\"?"]),
        (
            "\"refused = 0\"",
            "\"refused of call = 0\"",
            &["there is no flow \"call\"", "did you mean \"calls\"?"],
        ),
        ("\"refused = 0\"", "\"outage < 3s\"", &["after faults, and there are none"]),
        ("name = \"chats\"", "name = \"calls\"", &["\"calls\" stands twice"]),
        ("name = \"chats\"", "name = \"chats-1\"", &["is no name"]),
        ("warm_up = \"1s\"", "warm_up = \"10s\"", &["nothing is left after a warm-up"]),
        ("count = 30", "count = 0", &["at least one agent"]),
        ("break_length = \"1s\"", "break_reason = \"lunch\"", &["no aux reason \"lunch\""]),
        (
            "config = \"tenants/centre.toml\"",
            "config = \"none.toml\"",
            &["line 5", "none.toml cannot be read"],
        ),
        (
            "drain = \"15s\"",
            "faults = [{ at = \"1s\", kill = \"bode-1\", for = \"1s\" }]",
            &["\"bode-1\" is nobody", "line 7"],
        ),
        (
            "drain = \"15s\"",
            "faults = [{ at = \"1s\", partition = \"server-1\", for = \"1s\" }]",
            &["links lie between nodes and servers"],
        ),
    ] {
        let said = refused(from, to);
        for part in parts {
            assert!(said.contains(part), "{to:?}: {part:?} is not in {said:?}");
        }
    }
}

#[test]
fn a_fault_is_read_with_whom_it_befalls() {
    let text = std::fs::read_to_string(folder().join("short.toml")).expect("the scenario");
    let text = text.replacen(
        "drain = \"15s\"",
        "drain = \"15s\"\nfaults = [{ at = \"3s\", kill = \"owner\", for = \"2s\" }]",
        1,
    );
    let text = text.replacen("\"refused = 0\"", "\"outage max < 3s\"", 1);
    let scenario = scenario::parse(&text).expect("it is sound");
    assert_eq!(scenario.faults.len(), 1);
    assert!(scenario.thresholds.iter().any(|threshold| threshold.get_ref().figure == Figure::Outage));
}
