//! The day that the product carries, through the engine.

use model::TenantConfig;
use model::config::CustomerMode;
use protocol::config::{parse, show_first};
use wissel_simulate::measure::Measure;
use wissel_simulate::{Candidate, compare, run};
use workload::DaySummary;
use workload::centre::{CentreFile, CentreOptions, OFFICE_DAY, OFFICE_TENANT, centre_plan};

fn played(seed: u64, percent: u32) -> DaySummary {
    let file = CentreFile::parse(OFFICE_DAY).unwrap_or_else(|error| panic!("{error}"));
    let config = parse(OFFICE_TENANT).unwrap_or_else(|wrong| panic!("{}", show_first(&wrong, 9)));
    let options = CentreOptions { seed, percent };
    let plan = centre_plan(&file, &config, &options).unwrap_or_else(|error| panic!("{error}"));
    let run = run(plan, seed);
    assert_eq!(run.refused, Vec::<String>::new());
    run.summary()
}

#[test]
fn the_whole_day_goes_as_a_day_has_to() {
    let day = played(1, 100);
    assert_eq!(day.faults(), Vec::<String>::new());
    let accounts = day.accounts;
    assert_eq!(accounts.came, accounts.ended + accounts.over_night + accounts.aside);
    assert!(accounts.came > 10_000 && accounts.over_night > 100, "{accounts:?}");
    // It has busy hours, and everything that it is there to show.
    assert_eq!(day.by_channel.len(), 15, "all channels but the one of those who are silent");
    assert!(day.occupancy_permille > 700, "{}", day.occupancy_permille);
    assert!(day.live.service_level_permille > 500 && day.live.abandoned > 100, "{:?}", day.live);
    assert!(day.rules.iter().any(|rule| rule.switches > 0), "{:?}", day.rules);
    assert!(day.deadlines.met > 1_000, "{:?}", day.deadlines);
}

#[test]
fn a_seed_is_a_day() {
    assert_eq!(played(7, 20), played(7, 20));
    assert_ne!(played(7, 20), played(8, 20));
}

/// On each day by itself, and not only on average: seeds 1 to 20 are the same in `wissel simulate --seeds 20`.
#[test]
fn modes_and_overflow_make_the_difference_that_they_are_there_for() {
    let file = CentreFile::parse(OFFICE_DAY).unwrap_or_else(|error| panic!("{error}"));
    let config = parse(OFFICE_TENANT).unwrap_or_else(|wrong| panic!("{}", show_first(&wrong, 9)));
    let candidate = |name: &str, config: TenantConfig| Candidate { name: name.to_owned(), config };
    let mut multichannel = config.clone();
    multichannel.customers.mode = CustomerMode::Multichannel;
    let mut no_overflow = config.clone();
    no_overflow.overflow.clear();
    let candidates =
        [candidate("as it is", config), candidate("multi", multichannel), candidate("plain", no_overflow)];
    let comparison =
        compare(&file, &candidates, &[1, 2, 3], 100, |_, _| {}).unwrap_or_else(|error| panic!("{error}"));
    assert!(comparison.is_well(), "{comparison}");
    let against = |at: usize, measure| {
        let measures = &comparison.candidates[at].measures;
        let found = measures.iter().find(|one| one.measure == measure).and_then(|one| one.against);
        found.map(|against| (against.higher, against.lower)).expect("not the first candidate")
    };
    assert_eq!(against(1, Measure::RepeatedWork), (3, 0), "{comparison}");
    assert_eq!(against(1, Measure::RepeatedWhileOpen), (3, 0), "{comparison}");
    assert_eq!(against(2, Measure::ServiceLevel), (0, 3), "{comparison}");
    assert_eq!(against(2, Measure::Abandonment), (3, 0), "{comparison}");
}

/// What `wissel dev` sends is what is simulated here.
#[test]
fn its_configuration_survives_being_written() {
    let config = parse(OFFICE_TENANT).unwrap_or_else(|wrong| panic!("{}", show_first(&wrong, 9)));
    let written = workload::config_text::config_text(&config);
    let read = parse(&written).unwrap_or_else(|wrong| panic!("{}\n{written}", show_first(&wrong, 9)));
    assert_eq!(read, config);
}
