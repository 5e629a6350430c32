//! Crashes on demand, for tests of recovery: `WISSEL_CRASH_AT=<point>` or `<point>:<n>` aborts the process when it
//! passes that point for the n-th time (the first when no number is given). Without the variable a point costs the
//! comparison of a pointer.
//!
//! | point | where |
//! |---|---|
//! | `decided` | a record is decided and not sent |
//! | `before_publish` | its bytes are about to go to the server |
//! | `after_publish` | they are on their way, the acknowledgement is not awaited yet |
//! | `before_emit` | it is acknowledged, its outputs are not sent |
//! | `mid_snapshot` | a part of a snapshot is stored, its manifest is not |
//! | `mid_purge` | the ingest stream is purged, the journal is not |
//! | `mid_replay` | a batch of journal records was read during recovery |

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) const VARIABLE: &str = "WISSEL_CRASH_AT";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point {
    Decided,
    BeforePublish,
    AfterPublish,
    BeforeEmit,
    MidSnapshot,
    MidPurge,
    MidReplay,
}

impl Point {
    const ALL: [(Point, &'static str); 7] = [
        (Point::Decided, "decided"),
        (Point::BeforePublish, "before_publish"),
        (Point::AfterPublish, "after_publish"),
        (Point::BeforeEmit, "before_emit"),
        (Point::MidSnapshot, "mid_snapshot"),
        (Point::MidPurge, "mid_purge"),
        (Point::MidReplay, "mid_replay"),
    ];
}

struct Plan {
    point: Point,
    /// Passes that are still survived.
    left: AtomicU64,
}

static PLAN: OnceLock<Option<Plan>> = OnceLock::new();

/// Reads the variable; a value that names no point is an error, or a test would pass for the wrong reason.
pub(crate) fn prepare() -> anyhow::Result<()> {
    let Some(value) = std::env::var_os(VARIABLE) else { return Ok(()) };
    let value = value.to_string_lossy();
    let (point, passes) = parse(&value).ok_or_else(|| {
        let known: Vec<&str> = Point::ALL.iter().map(|(_, name)| *name).collect();
        anyhow::anyhow!("{VARIABLE}={value:?}: give one of {}, with :<n> for the n-th pass", known.join(", "))
    })?;
    PLAN.get_or_init(|| Some(Plan { point, left: AtomicU64::new(passes - 1) }));
    Ok(())
}

/// Aborts here when it was asked for.
pub(crate) fn pass(point: Point) {
    let Some(plan) = PLAN.get().and_then(Option::as_ref) else { return };
    if plan.point != point {
        return;
    }
    if plan.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err() {
        tracing::error!(?point, "crash on demand");
        std::process::abort();
    }
}

fn parse(value: &str) -> Option<(Point, u64)> {
    let (name, passes) = match value.split_once(':') {
        Some((name, passes)) => (name, passes.parse().ok().filter(|passes| *passes > 0)?),
        None => (value, 1),
    };
    let (point, _) = Point::ALL.iter().find(|(_, known)| *known == name)?;
    Some((*point, passes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_may_have_a_number() {
        assert_eq!(parse("decided"), Some((Point::Decided, 1)));
        assert_eq!(parse("mid_replay:12"), Some((Point::MidReplay, 12)));
        for bad in ["", "nowhere", "decided:0", "decided:x", "decided:"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
