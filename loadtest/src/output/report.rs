//! `report.html`: one file that asks nobody for anything, with the summary inside and the script that draws it.
//!
//! Everything in it comes from the summary, so it can be made again from `summary.json` alone.

use anyhow::Result;

use crate::summary::Summary;
use crate::threshold::Series;

const PAGE: &str = include_str!("report.html");
const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

pub fn report(summary: &Summary) -> Result<String> {
    let meanings: serde_json::Map<String, serde_json::Value> =
        Series::ALL.iter().map(|series| (series.name().to_owned(), series.meaning().into())).collect();
    let data = serde_json::json!({
        "summary": summary,
        "verdict": summary.verdict.name(),
        "meanings": meanings,
    });
    // Nothing in the data may end the script that holds it.
    let data = serde_json::to_string(&data)?.replace('<', "\\u003c");
    let title = summary.scenario.replace(['<', '>', '&'], " ");
    Ok(PAGE
        .replace("@TITLE@", &title)
        .replace("/*@STYLE@*/", STYLE)
        .replace("/*@SCRIPT@*/", SCRIPT)
        .replace("@DATA@", &data))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_holds_its_data_and_asks_nobody() {
        let mut summary: Summary =
            serde_json::from_str(include_str!("../../tests/summary.json")).expect("a summary");
        summary.about = "</script><script>alert(1)</script>".to_owned();
        let page = report(&summary).expect("a page");
        assert!(!page.contains("</script><script>alert"), "data stays data");
        assert_eq!(page.matches("<script").count(), 2);
        for outside in ["http://", "https://", "src=", "href=", "@import", "url("] {
            // The name space of SVG is a name and is fetched by nobody.
            let page = page.replace("http://www.w3.org/2000/svg", "");
            assert!(!page.contains(outside), "{outside}");
        }
        for left in ["@TITLE@", "@DATA@", "@STYLE@", "@SCRIPT@"] {
            assert!(!page.contains(left), "{left}");
        }
    }
}
