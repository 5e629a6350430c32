//! `junit.xml`: the verdict, each threshold and each invariant as a test, for whoever shows tests.

use std::fmt::Write as _;

use crate::summary::Summary;
use crate::verdict::Verdict;

pub fn junit(summary: &Summary) -> String {
    let mut cases: Vec<(String, Option<String>)> = Vec::new();
    let generator = match summary.verdict {
        Verdict::Invalid | Verdict::Interrupted => Some(summary.reasons.join("; ")),
        Verdict::Pass | Verdict::Threshold | Verdict::Invariant => None,
    };
    cases.push(("the generator kept up".to_owned(), generator));
    let invariants = &summary.invariants;
    let count =
        |count: u64| (count > 0).then(|| format!("{count} times; {}", invariants.findings.join("; ")));
    cases.push(("nothing wrong was seen while it ran".to_owned(), count(invariants.seen_live)));
    cases.push(("no acknowledged contact is lost".to_owned(), count(invariants.lost)));
    if let Some(checker) = &invariants.checker {
        let broken = (!checker.is_sound).then(|| invariants.findings.join("; "));
        cases.push(("the outside checker finds nothing".to_owned(), broken));
    }
    for judged in &summary.thresholds {
        let found = judged.found.as_deref().unwrap_or("nothing to measure");
        cases.push((judged.threshold.clone(), (!judged.holds).then(|| format!("found {found}"))));
    }
    let failures = cases.iter().filter(|(_, failure)| failure.is_some()).count();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"wissel-load {}\" tests=\"{}\" failures=\"{failures}\" \
         timestamp=\"{}\">\n",
        escaped(&summary.scenario),
        cases.len(),
        escaped(&summary.began_at)
    );
    for (name, failure) in cases {
        // Writing to a string cannot fail.
        let _ = match failure {
            None => writeln!(text, "  <testcase name=\"{}\"/>", escaped(&name)),
            Some(failure) => writeln!(
                text,
                "  <testcase name=\"{}\"><failure message=\"{}\"/></testcase>",
                escaped(&name),
                escaped(&failure)
            ),
        };
    }
    text + "</testsuite>\n"
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML has no way to write others.
            _ if character.is_control() => escaped.push(' '),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_stands_there_with_its_reason() {
        let mut summary: Summary =
            serde_json::from_str(include_str!("../../tests/summary.json")).expect("a summary");
        summary.thresholds[0].threshold = "response p99 < 50ms & more".to_owned();
        summary.thresholds[0].holds = false;
        let text = junit(&summary);
        assert!(text.contains("failures=\"1\""), "{text}");
        assert!(
            text.contains("name=\"response p99 &lt; 50ms &amp; more\"><failure message=\"found "),
            "{text}"
        );
    }
}
