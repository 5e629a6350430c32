//! Small centres, each for one thing that customers or routers do.

use protocol::config::{parse, show_first};
use wissel_simulate::{Candidate, Comparison, compare, run};
use workload::DaySummary;
use workload::centre::{CentreFile, CentreOptions, FileError, centre_plan};

const TENANT: &str = r#"
version = 1
[channels.voice]
[channels.email]
interruptions = 5
[queues.calls]
service_level = { percent = 80, within = "20s" }
[queues.mails]
due_in = "4h"
auto_accept = true
[aux]
reasons = ["break", "no_answer"]
[rona]
retries = 2
aux = "no_answer"
"#;

/// A Monday. `count` agents from `from` on, and what comes.
fn centre(count: u32, from: &str, contacts: &str) -> String {
    format!(
        r#"
name = "small"
about = "a small centre"
date = "2025-03-03"
utc_offset = "+00:00"
[profiles]
even = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
[habits]
accept_delay = {{ always = "2s" }}
break_reason = "break"
return_after = "1m"
[[agents]]
name = "agent"
count = {count}
channels = ["voice", "email"]
shifts = [{{ from = "{from}", to = "20:00" }}]
{contacts}"#
    )
}

fn config(tenant: &str) -> model::TenantConfig {
    parse(tenant).unwrap_or_else(|wrong| panic!("{}", show_first(&wrong, 9)))
}

fn played(tenant: &str, centre: &str) -> DaySummary {
    let file = CentreFile::parse(centre).unwrap_or_else(|error| panic!("{error}"));
    let plan = centre_plan(&file, &config(tenant), &CentreOptions::default());
    let run = run(plan.unwrap_or_else(|error| panic!("{error}")), 1);
    assert_eq!(run.refused, Vec::<String>::new());
    run.summary()
}

/// Mails before noon, each of whose senders calls two hours later if nobody has taken it up.
const MAILS_AND_CALLS: &str = r#"
[[contacts]]
name = "mail"
channel = "email"
queue = "mails"
per_day = 40
profile = "even"
from = "08:00"
to = "09:00"
handle = { always = "5m" }
then = [{ when = "still_waiting", percent = 100, after = { always = "2h" }, channel = "voice", queue = "calls", handle = { always = "3m" }, patience = { always = "20m" } }]
"#;

fn contacts(day: &DaySummary, channel: &str) -> u64 {
    let own = day.by_channel.iter().find(|own| own.channel.as_str() == channel);
    own.map_or(0, |own| own.figures.contacts)
}

#[test]
fn who_hears_nothing_calls() {
    let at_once = played(TENANT, &centre(20, "07:00", MAILS_AND_CALLS));
    assert!(contacts(&at_once, "email") > 20);
    assert_eq!(contacts(&at_once, "voice"), 0, "all mails were taken up within two hours");
    let late = played(TENANT, &centre(20, "11:30", MAILS_AND_CALLS));
    assert_eq!(contacts(&late, "voice"), contacts(&late, "email"), "nobody was there for any of them");
    for day in [at_once, late] {
        assert_eq!(day.faults(), Vec::<String>::new());
        assert_eq!(day.accounts.came, day.accounts.ended);
    }
}

#[test]
fn who_does_not_get_through_writes() {
    let calls = r#"
[[contacts]]
name = "call"
channel = "voice"
queue = "calls"
per_day = 30
profile = "even"
from = "08:00"
to = "09:00"
handle = { always = "5m" }
patience = { always = "1m" }
then = [{ when = "not_served", percent = 100, after = { always = "10m" }, channel = "email", queue = "mails", handle = { always = "5m" } }]
"#;
    let nobody = played(TENANT, &centre(5, "10:00", calls));
    assert_eq!(nobody.live.abandoned, nobody.live.contacts);
    assert_eq!(contacts(&nobody, "email"), contacts(&nobody, "voice"));
    assert_eq!((nobody.deadlines.missed, nobody.accounts.stuck), (0, 0));
    assert_eq!(contacts(&played(TENANT, &centre(30, "07:00", calls)), "email"), 0);
}

#[test]
fn deadlines_that_nobody_could_meet_are_no_fault_of_the_router() {
    let day = played(TENANT, &centre(1, "13:30", MAILS_AND_CALLS.replace("5m", "30m").as_str()));
    assert!(day.deadlines.missed > 10, "{:?}", day.deadlines);
    assert_eq!(day.deadlines.infeasible, day.deadlines.missed);
    // The same agents from the morning on meet all of them; kept away from them by the router, they would be asked why.
    let paused = TENANT.replace("auto_accept = true", "taking = \"pulled\"");
    let day = played(&paused, &centre(20, "07:00", MAILS_AND_CALLS));
    assert!(day.deadlines.missed > 10 && day.deadlines.infeasible == 0, "{:?}", day.deadlines);
    assert!(day.faults().iter().any(|fault| fault.contains("could have been met")), "{:?}", day.faults());
}

#[test]
fn who_waits_when_the_day_is_over_is_stuck() {
    let calls = r#"
[[contacts]]
name = "call"
channel = "voice"
queue = "calls"
per_day = 10
profile = "even"
from = "21:00"
to = "22:00"
handle = { always = "5m" }
patience = { always = "9h" }
"#;
    let day = played(TENANT, &centre(5, "08:00", calls));
    assert_eq!(day.accounts.stuck, day.accounts.came);
    assert!(day.faults()[0].contains("stuck"), "{:?}", day.faults());
}

#[test]
fn a_rule_without_hysteresis_is_told() {
    let restless = format!(
        "{TENANT}{}",
        r#"
[[overflow]]
name = "restless"
queue = "calls"
when = { signal = "waiting", at_least = 1 }
until = { signal = "waiting", at_most = 0 }
raise = 1
"#
    );
    let calls = r#"
[[contacts]]
name = "call"
channel = "voice"
queue = "calls"
per_day = 200
profile = "even"
from = "08:00"
to = "12:00"
handle = { mean = "3m" }
patience = { mean = "3m" }
"#;
    let day = played(&restless, &centre(3, "07:00", calls));
    assert!(day.rules[0].per_hour_max > 4, "{:?}", day.rules);
    assert!(day.faults().iter().any(|fault| fault.contains("restless")), "{:?}", day.faults());
}

fn compared(seeds: &[u64]) -> Comparison {
    // The mails are an hour's work, and most of the calls come just before it begins, and while it is done.
    let contacts = MAILS_AND_CALLS.replace("5m", "10m").replace("2h", "80m");
    let text = centre(3, "10:00", &contacts);
    let file = CentreFile::parse(&text).unwrap_or_else(|error| panic!("{error}"));
    let candidate = |name: &str| Candidate {
        name: name.to_owned(),
        config: config(&format!("{TENANT}\n[customers]\nmode = \"{name}\"\ntogether_patience = \"30m\"\n")),
    };
    compare(&file, &["omnichannel", "multichannel"].map(candidate), seeds, 100, |_, _| {})
        .unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn what_channels_know_of_one_another_saves_work_on_every_day() {
    let comparison = compared(&[1, 2, 3, 4, 5]);
    assert!(comparison.is_well(), "{comparison}");
    let [one, other] = &comparison.candidates[..] else { panic!("two candidates") };
    let repeated = |at: usize| other.measures.iter().zip(&one.measures).nth(at).expect("a measure");
    let (of_other, of_one) = repeated(12);
    assert_eq!(of_one.measure, wissel_simulate::measure::Measure::RepeatedWork);
    let against = of_other.against.expect("not the first");
    assert_eq!((against.higher, against.lower), (5, 0), "{comparison}");
    assert!(against.difference.is_clear(), "{comparison}");
    // The differences are those of the same days.
    let differences: Vec<f64> =
        of_other.values.iter().zip(&of_one.values).map(|(two, one)| two - one).collect();
    assert!((against.difference.mean - differences.iter().sum::<f64>() / 5.0).abs() < 1e-9);
    let text = comparison.to_string();
    for part in ["multichannel", "duplicate work", "difference", "5 days"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

fn refused(centre: &str) -> String {
    let plan = |file: CentreFile| centre_plan(&file, &config(TENANT), &CentreOptions::default());
    let error: FileError = CentreFile::parse(centre).and_then(plan).expect_err("a bad file");
    error.to_string()
}

#[test]
fn what_is_wrong_with_a_file_is_said_where_it_stands() {
    let good = centre(1, "08:00", MAILS_AND_CALLS);
    for (from, to, said) in [
        ("per_day = 40", "per_dya = 40", "line 22"),
        (
            "profile = \"even\"",
            "profile = \"odd\"",
            "contacts \"mail\": there is no profile \"odd\"; there are even",
        ),
        (
            "channel = \"email\"",
            "channel = \"pigeon\"",
            "contacts \"mail\": the tenant has no channel pigeon",
        ),
        ("queue = \"calls\"", "queue = \"nowhere\"", "contacts \"mail\": the tenant has no queue nowhere"),
        ("from = \"08:00\"\nto = \"09:00\"", "from = \"09:00\"\nto = \"08:00\"", "from is before to"),
        (
            "handle = { always = \"5m\" }\nthen",
            "handle = { mean = \"5m\", to = \"6m\" }\nthen",
            "is one of { mean, deviation }",
        ),
        ("2025-03-03", "2025-02-30", "is no date such as"),
        ("always = \"2s\"", "always = \"2 seconds\"", "is no length of time such as"),
        ("break_reason = \"break\"", "break_reason = \"lunch\"", "the tenant has no reason lunch"),
    ] {
        assert!(good.contains(from), "{from}");
        let error = refused(&good.replace(from, to));
        assert!(error.contains(said), "{said} is not in: {error}");
    }
}
