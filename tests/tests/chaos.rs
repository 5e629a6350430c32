//! A short run of the fault harness, as every change must pass it: a cluster of servers and routers, a handful of faults,
//! and `wissel verify` at the end. Long runs are made by the program `chaos`; see `chaos/README.md`.

use std::time::Duration;

use testkit::Scratch;
use wissel_tests::chaos::fault::Fault;
use wissel_tests::chaos::run::{Options, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_bears_a_handful_of_faults() {
    let scratch = Scratch::new();
    let options = Options {
        seed: 1,
        routers: 3,
        shards: 2,
        faults: 0,
        only: vec![
            Fault::RouterKilled,
            Fault::PausedTwice,
            Fault::StepDowns,
            Fault::Resets,
            Fault::HostileFlood,
            Fault::HandedOver,
            Fault::MembersDeleted,
        ],
        every: Duration::from_millis(100),
        load_min: Duration::from_secs(20),
        kept: scratch.join("kept"),
    };
    let outcome = run(&options).await.expect("the run is made and judged");
    assert!(outcome.is_sound(), "{:#?}\n{:#?}", outcome.findings, outcome.faults);
    assert_eq!(outcome.unchecked, Vec::<String>::new());
    assert_eq!(outcome.faults.len(), options.only.len());
    assert!(outcome.contacts > 100 && outcome.offers > 100, "{outcome:?}");
    assert!(outcome.ownership_changes > 0, "a killed and a frozen owner are replaced: {outcome:?}");
}
