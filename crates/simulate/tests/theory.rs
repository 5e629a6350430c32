//! The engine does what queueing theory expects of it, and systems that are not what they are said to be are found.

use protocol::config::{parse, show_first};
use wissel_simulate::cases::{Case, Options, Report, Verdict, judge, read};
use workload::config_text::config_text;
use workload::system::{AgentSelection, Law, QueueSelection, Second, Setup, System};

const THEORY: &str = include_str!("../cases/theory.json");

/// As many as a run of the tests can spare; all metrics of all cases are told apart from wrong ones by then, see below.
const OPTIONS: Options = Options { contacts: 100_000, seed: 1 };

fn cases() -> Vec<Case> {
    read(THEORY).unwrap_or_else(|error| panic!("{error}"))
}

fn case(id: &str) -> Case {
    cases().into_iter().find(|case| case.id == id).unwrap_or_else(|| panic!("there is no case {id}"))
}

fn judged(case: Case) -> Report {
    judge(&[case], OPTIONS, |_, _| {})
}

#[test]
fn every_metric_lands_in_its_band() {
    let cases = cases();
    let report = judge(&cases, OPTIONS, |_, _| {});
    assert!(report.is_well(), "{report}");
    assert_eq!((report.totals.cases_played, report.totals.not_expressed), (cases.len(), 0), "{report}");
    assert!(cases.len() >= 20 && report.totals.inside > 150, "{report}");
}

#[test]
fn a_seed_is_a_run() {
    let text = |seed| judge(&[case("PA-01")], Options { contacts: 5_000, seed }, |_, _| {}).to_string();
    assert_eq!(text(1), text(1));
    assert_ne!(text(1), text(2));
}

/// A metric of the case lands outside when the system is another.
fn check_found(id: &str, metric: &str, change: impl Fn(&mut Setup)) {
    let mut case = case(id);
    change(case.setup.as_mut().unwrap_or_else(|reason| panic!("{reason}")));
    let report = judged(case);
    let figures = &report.cases[0].metrics;
    let figure = figures.iter().find(|figure| figure.name == metric);
    let verdict = figure.map(|figure| figure.verdict);
    assert_eq!(verdict, Some(Verdict::Outside), "{id} {metric}\n{report}");
    assert!(!report.is_well());
}

#[test]
fn another_order_of_contacts_is_found() {
    check_found("PR-02", "asa_0", |setup| setup.queue_selection = QueueSelection::Fcfs);
    check_found("AP-04", "asa_0", |setup| setup.classes.iter_mut().for_each(|class| class.slope = 1.0));
    check_found("ED-05", "p_abandon", |setup| setup.queue_selection = QueueSelection::Fcfs);
    check_found("ED-07", "asa_0", |setup| setup.queue_selection = QueueSelection::Fcfs);
    check_found("WM-01", "q1", |setup| setup.queue_selection = QueueSelection::Fcfs);
}

#[test]
fn another_order_of_agents_is_found() {
    check_found("OV-04", "load_agent_1", |setup| setup.agent_selection = AgentSelection::LongestIdle);
    check_found("OV-01", "occupancy_3", |setup| setup.agent_selection = AgentSelection::LongestIdle);
    check_found("SK-01", "util_0", |setup| {
        setup.agent_selection = AgentSelection::Order;
        setup.group_order = vec![vec![0, 1, 2], vec![1, 2]];
    });
}

#[test]
fn an_overflow_without_its_reserve_or_backlog_is_found() {
    let free = |setup: &mut Setup| {
        let serving = setup.groups[1].serves.get_mut(&0).expect("pool 2 serves class A");
        (serving.reserve, serving.min_queue) = (0, 0);
    };
    check_found("NM-02", "p_wait_B", free);
    check_found("NM-05", "busy2_A", free);
    check_found("NM-01", "p_wait_B", |setup| {
        setup.groups[1].serves.get_mut(&0).expect("pool 2 serves class A").reserve = 1;
    });
}

#[test]
fn call_backs_and_indirect_work_out_of_turn_are_found() {
    check_found("CB-01", "p_callback", |setup| {
        setup.second = Some(Second::Callbacks { threshold: 5, share: 1.0 });
    });
    check_found("CB-04", "p_callback", |setup| {
        setup.second = Some(Second::Callbacks { threshold: 4, share: 1.0 });
    });
    check_found("CB-01", "wait_callback", |setup| {
        setup.groups[0].serves.get_mut(&1).expect("call-backs").reserve = 0;
    });
    check_found("BL-01", "p_wait", |setup| {
        setup.groups[0].serves.get_mut(&1).expect("indirect work").reserve = 1;
    });
}

#[test]
fn another_law_is_found() {
    check_found("MD-02", "mean_queue", |setup| {
        setup.groups[0].serves.get_mut(&0).expect("one class").service = Law::Exponential { rate: 1.0 };
    });
    check_found("MG-01", "asa_all", |setup| {
        setup.classes[0].patience = Some(Law::Exponential { rate: 2.0 });
    });
    check_found("CH-01", "mean_chats", |setup| setup.groups[0].speed = None);
    check_found("EB-04", "p_block", |setup| setup.room = Some(1));
}

/// Little's law and the flow of contacts hold of any system, and so of each that is played.
#[test]
fn what_comes_goes_and_the_line_is_as_long_as_its_waits() {
    for case in cases().into_iter().filter(|case| case.day.is_none()) {
        let Ok(setup) = &case.setup else { continue };
        let system = System::of(setup).unwrap_or_else(|no| panic!("{}: {no}", case.id));
        let horizon = wissel_simulate::cases::Horizon::Steady { warm_up: 2_000, parts: 1, each: 30_000 };
        let played = wissel_simulate::cases::play(setup, &system, horizon, 3, false)
            .unwrap_or_else(|failure| panic!("{}: {failure}", case.id));
        let (sums, all) = (&played.parts[0], played.parts[0].all());
        if setup.second.is_some() {
            continue;
        }
        assert_eq!(all.arrivals, 30_000, "{}", case.id);
        assert_eq!(all.arrivals, all.served + all.abandoned + all.blocked, "{}", case.id);
        assert_eq!(all.served, all.by_group.iter().sum::<u64>(), "{}", case.id);
        // Who is there at the beginning and the end of the part is all that keeps the two apart.
        let (queue, waits) = (sums.queue_area.iter().sum::<u64>() as f64, all.wait_ms as f64);
        assert!((queue - waits).abs() <= 0.02 * waits + 1e9, "{}: {queue} and {waits}", case.id);
        let (busy, service) = (sums.busy_area.iter().flatten().sum::<u64>() as f64, all.service_ms as f64);
        assert!((busy / service - 1.0).abs() < 0.02, "{}: {busy} and {service}", case.id);
    }
}

/// What is played is a configuration that an administration could write.
#[test]
fn every_configuration_is_one_that_the_product_reads() {
    for case in cases() {
        let Ok(setup) = &case.setup else { continue };
        let system = System::of(setup).unwrap_or_else(|no| panic!("{}: {no}", case.id));
        let text = config_text(&system.config);
        let read =
            parse(&text).unwrap_or_else(|wrong| panic!("{}: {}\n{text}", case.id, show_first(&wrong, 9)));
        assert_eq!(read, system.config, "{}", case.id);
    }
}

/// What cannot be said is named, and is no fault.
#[test]
fn what_has_no_word_is_named_with_its_reason() {
    let check = |id: &str, change: &dyn Fn(&mut Setup), said: &str| {
        let mut case = case(id);
        change(case.setup.as_mut().unwrap_or_else(|reason| panic!("{reason}")));
        let report = judged(case);
        assert!(report.is_well() && report.cases[0].metrics.is_empty(), "{report}");
        assert!(report.to_string().contains(said), "{said} is not in\n{report}");
    };
    check(
        "CH-01",
        &|setup| setup.agent_selection = AgentSelection::MostLoaded,
        "prefers the agent who holds most",
    );
    check(
        "PR-02",
        &|setup| setup.queue_selection = QueueSelection::LongestQueue { weights: vec![1.0, 1.0] },
        "no order depends on how many wait",
    );
    check("AP-04", &|setup| setup.classes[0].slope = 0.0, "no ageing of zero");
    check("AP-04", &|setup| setup.room = Some(9), "a room for all classes together is one queue");
    check("NM-02", &|setup| setup.agent_selection = AgentSelection::LongestIdle, "agents of several groups");
}

/// More comes than can be done, and nobody leaves: what was not measured did not land inside.
#[test]
fn a_run_that_comes_to_nothing_is_a_fault() {
    let mut case = case("PR-02");
    let setup = case.setup.as_mut().unwrap_or_else(|reason| panic!("{reason}"));
    setup.classes.iter_mut().for_each(|class| class.rate *= 3.0);
    let report = judge(&[case], Options { contacts: 5_000, seed: 1 }, |_, _| {});
    assert!(report.cases[0].has_failed && !report.is_well(), "{report}");
    assert!(report.to_string().contains("more work than can be done"), "{report}");
}

fn refused(change: impl Fn(&str) -> String) -> String {
    read(&change(THEORY)).expect_err("a wrong file").to_string()
}

#[test]
fn what_is_wrong_with_a_file_is_said_where_it_stands() {
    for (from, to, said) in [
        ("\"cases\": [", "\"cases\": [,", "line 3 column 13: this is no JSON"),
        ("\"cases\"", "\"case\"", "`cases` is missing; a file is"),
        ("\"id\": \"EB-05\"", "\"id\": \"EB-04\"", "cases[1].id: \"EB-04\" is the id of cases[0] too"),
        ("\"id\": \"EB-04\"", "\"id\": 4", "cases[0].id: 4 is not a text"),
        ("\"lambda\": 10.0", "\"lambda\": 0.0", "cases[0].setup.classes[0].lambda: 0.0 is not above 0"),
        (
            "[\"exp\", 1.0]",
            "[\"exp\", -1.0]",
            "cases[0].setup.groups[0].skills.0.service: [-1.0] are no parameters of exp",
        ),
        ("\"skills\": {\"0\"", "\"skills\": {\"7\"", "there is no class \"7\"; they count from 0 to 0"),
        ("\"n\": 10", "\"n\": 1.5", "cases[0].setup.groups[0].n: 1.5 is not a whole number; write one from"),
        ("\"expected\"", "\"expect\"", "cases[0]: `expected` is missing"),
    ] {
        assert!(THEORY.contains(from), "{from}");
        let error = refused(|text| text.replacen(from, to, 1));
        assert!(error.contains(said), "{said} is not in: {error}");
    }
}

#[test]
fn a_key_or_a_law_that_nobody_knows_concerns_its_case_alone() {
    for (from, to, said) in [
        (
            "\"room\": 0",
            "\"rooms\": 0",
            "cases[0].setup.rooms: \"rooms\" is no key of this format; there are classes",
        ),
        ("[\"exp\", 1.0]", "[\"weibull\", 1, 2]", "no law \"weibull\" is drawn here"),
        ("\"longest_idle\"", "\"cleverest\"", "\"cleverest\" is no selection"),
        ("\"p_block\"", "\"p_blok\"", "p_blok: the format has no metric of this name"),
    ] {
        assert!(THEORY.contains(from), "{from}");
        let cases = read(&THEORY.replacen(from, to, 1)).unwrap_or_else(|error| panic!("{error}"));
        let report = judge(&cases[..2], Options { contacts: 2_000, seed: 1 }, |_, _| {});
        assert!(report.to_string().contains(said), "{said} is not in\n{report}");
        assert_eq!(report.cases[1].not_expressed, []);
    }
}
