//! The day that the product carries, through the engine.

use protocol::config::{parse, show_first};
use wissel_simulate::run;
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

/// What `wissel dev` sends is what is simulated here.
#[test]
fn its_configuration_survives_being_written() {
    let config = parse(OFFICE_TENANT).unwrap_or_else(|wrong| panic!("{}", show_first(&wrong, 9)));
    let written = workload::config_text::config_text(&config);
    let read = parse(&written).unwrap_or_else(|wrong| panic!("{}\n{written}", show_first(&wrong, 9)));
    assert_eq!(read, config);
}
