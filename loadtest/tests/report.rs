//! The page as a browser draws it. Where there is none, only what can be seen in its text is checked.

use std::path::{Path, PathBuf};
use std::process::Command;

use testkit::Scratch;
use wissel_load::output;
use wissel_load::summary::Summary;

/// `CHROMIUM`, or the first of its usual names on PATH.
fn browser() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Some(named.into());
    }
    let search = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&search).collect();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|path| path.is_file())
}

fn page(summary: &Summary, folder: &Path) -> PathBuf {
    let path = folder.join("report.html");
    std::fs::write(&path, output::report(summary).expect("a page")).expect("a file");
    path
}

/// The document after its script has run.
fn drawn(browser: &Path, page: &Path, profile: &Path) -> String {
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("the browser can be run");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_browser_draws_every_part_of_the_page() {
    let summary: Summary = serde_json::from_str(include_str!("summary.json")).expect("a summary");
    let Some(browser) = browser() else {
        eprintln!("no browser: the page is not drawn; apt-get install chromium");
        return;
    };
    let scratch = Scratch::new();
    let mut hostile = summary.clone();
    hostile.about = "<img src=x onerror=document.body.dataset.broken=1></script>".to_owned();
    let dom = drawn(&browser, &page(&hostile, scratch.path()), &scratch.join("profile"));
    assert!(dom.contains("data-drawn=\"yes\""), "the script ran to its end: {dom}");
    assert!(!dom.contains("data-broken"), "what is in the data is no markup");
    for plot in ["rates", "percentiles", "heat", "backlog", "oldest", "service"] {
        assert!(dom.contains(&format!("id=\"{plot}\"")), "{plot} is missing");
    }
    assert!(dom.contains("id=\"verdict\">PASS<"), "the verdict");
    // Every series has its curve, in the plot and with its word; every second its cell, in the table of seconds.
    let curves = dom.matches("class=\"curve\"").count();
    assert!(curves >= summary.curves.len() + 6, "{curves}");
    assert!(dom.matches("class=\"cell\"").count() >= summary.seconds.len() - 2);
    assert_eq!(dom.matches("class=\"fault\"").count(), 5, "the fault is marked in all plots over time");
    assert_well_drawn(&dom);
}

#[test]
fn a_run_in_which_nothing_happened_has_a_page_too() {
    let mut summary: Summary = serde_json::from_str(include_str!("summary.json")).expect("a summary");
    summary.curves.clear();
    summary.all.latency.clear();
    summary.faults.clear();
    summary.thresholds.clear();
    summary.invariants.checker = None;
    summary.flows.iter_mut().for_each(|flow| flow.latency.clear());
    for second in &mut summary.seconds {
        (second.response, second.wait, second.service_level) = (None, None, None);
        second.wait_buckets.iter_mut().for_each(|count| *count = 0);
    }
    let Some(browser) = browser() else { return };
    let scratch = Scratch::new();
    let dom = drawn(&browser, &page(&summary, scratch.path()), &scratch.join("profile"));
    assert!(dom.contains("data-drawn=\"yes\""), "{dom}");
    assert_well_drawn(&dom);
}

/// Before the script, which may use these words.
fn assert_well_drawn(dom: &str) {
    let page = dom.split("<script").next().unwrap_or_default();
    assert!(page.len() > 1_000, "there is a page: {page}");
    for wrong in ["NaN", "undefined", "Infinity", "[object"] {
        assert!(!page.contains(wrong), "{wrong}: {page}");
    }
}
