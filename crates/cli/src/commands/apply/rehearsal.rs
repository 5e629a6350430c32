//! `wissel apply --dry-run`: the new text beside the one in force, and what it would do to all that is open, tried on a copy of the
//! state that the journal gives.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::sync::Arc;

use anyhow::{Context, Result};
use async_nats::jetstream;
use model::rehearsal::{ContactRehearsed, Fate, QueueRehearsed, Reach, Rehearsal};
use model::{Refusal, TenantConfig, TenantId, Time};
use protocol::config;
use protocol::rehearsal::RehearsalView;
use protocol::text::show_time;
use serde::Serialize;

use crate::arguments::{Done, Format};
use crate::print;
use crate::shard_view::ShardView;

/// Of contacts and agents that have something in common, so many are named for people.
const NAMED_MAX: usize = 5;

/// What would change.
#[derive(Debug)]
pub struct DryRun {
    /// Of the last record; whatever happens by itself would have made another.
    at: Time,
    sequence: u64,
    before: Before,
}

#[derive(Debug)]
enum Before {
    /// The tenant has no configuration yet.
    Nothing,
    Config {
        changes: Vec<String>,
        rehearsed: Result<Rehearsal, (Refusal, String)>,
    },
}

#[derive(Serialize)]
struct DryRunView<'a> {
    /// Time of the last record read.
    at: String,
    /// The last record read.
    sequence: u64,
    /// It would be the tenant's first configuration.
    first: bool,
    changes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<RefusedView<'a>>,
    #[serde(flatten)]
    rehearsed: Option<RehearsalView<'a>>,
}

#[derive(Serialize)]
struct RefusedView<'a> {
    reason: &'static str,
    detail: &'a str,
}

impl DryRun {
    pub async fn of(
        jetstream: &jetstream::Context,
        shard: u16,
        tenant: &TenantId,
        text: &str,
        new: TenantConfig,
    ) -> Result<DryRun> {
        let view = ShardView::open(jetstream, shard).await.with_context(|| {
            format!("cannot read what is open in shard {shard}, where tenant {tenant} is")
        })?;
        let (at, sequence) = (view.now(), view.sequence());
        let engine = view.engine;
        let before = match (engine.config(tenant), engine.rows_to_rehearse(tenant)) {
            (Some(old), Some(rows)) => Before::Config {
                changes: config::diff(old, &new),
                rehearsed: engine::rehearse(rows, at, config::hash(text), Arc::new(new)),
            },
            _ => Before::Nothing,
        };
        Ok(DryRun { at, sequence, before })
    }

    pub fn print(&self, format: Format) -> Result<Done> {
        match format {
            Format::Json => print::json(&self.view())?,
            Format::Text => print::text(self.text())?,
        }
        Ok(match &self.before {
            Before::Config { rehearsed: Err(_), .. } => Done::Wanting,
            Before::Config { rehearsed: Ok(_), .. } | Before::Nothing => Done::Well,
        })
    }

    fn view(&self) -> DryRunView<'_> {
        let (at, sequence) = (show_time(self.at), self.sequence);
        match &self.before {
            Before::Nothing => {
                DryRunView { at, sequence, first: true, changes: &[], refused: None, rehearsed: None }
            }
            Before::Config { changes, rehearsed } => DryRunView {
                at,
                sequence,
                first: false,
                changes,
                refused: rehearsed
                    .as_ref()
                    .err()
                    .map(|(reason, detail)| RefusedView { reason: reason.code(), detail }),
                rehearsed: rehearsed.as_ref().ok().map(RehearsalView::new),
            },
        }
    }

    fn text(&self) -> String {
        let Before::Config { changes, rehearsed } = &self.before else {
            return "the tenant has no configuration yet; this would be its first\n".to_owned();
        };
        let mut text = String::new();
        if changes.is_empty() {
            line(&mut text, "nothing would change");
        }
        changes.iter().for_each(|change| line(&mut text, change));
        match rehearsed {
            Err((reason, detail)) => {
                line(&mut text, format_args!("\nit would be refused ({}): {detail}", reason.code()));
            }
            Ok(_) if changes.is_empty() => {}
            Ok(rehearsal) => {
                line(&mut text, format_args!("\nto what was open at {}, at once:", show_time(self.at)));
                add_rehearsal(&mut text, rehearsal);
            }
        }
        text
    }
}

/// In the order in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happens {
    Ends,
    Nobody,
    Somebody,
    Moves,
    Presses,
    Offers,
}

impl Happens {
    fn words(self) -> &'static str {
        match self {
            Happens::Ends => "would end",
            Happens::Nobody => "would have nobody in the roster any more",
            Happens::Somebody => "would have somebody in the roster again",
            Happens::Moves => "would go to another queue",
            Happens::Presses => "would count as live, so near is the deadline",
            Happens::Offers => "would be offered",
        }
    }
}

/// And what is to be said of the one contact.
fn happening(fate: &Fate) -> (Happens, String) {
    match fate {
        Fate::Closed(outcome) => (Happens::Ends, format!(", {}", outcome.name())),
        Fate::Unservable => (Happens::Nobody, String::new()),
        Fate::Servable => (Happens::Somebody, String::new()),
        Fate::Moved(queue) => (Happens::Moves, format!(" to {queue}")),
        Fate::Pressed => (Happens::Presses, String::new()),
        Fate::Offered(agent) => (Happens::Offers, format!(" to {agent}")),
    }
}

/// Writing to a text cannot fail.
fn line(text: &mut String, what: impl Display) {
    let _ = writeln!(text, "{what}");
}

fn add_rehearsal(text: &mut String, rehearsal: &Rehearsal) {
    let begun = text.len();
    let Rehearsal { queues, contacts, agents } = rehearsal;
    let mut happens: BTreeMap<Happens, Vec<String>> = BTreeMap::new();
    for ContactRehearsed { contact, queue, fate } in contacts {
        let (what, how) = happening(fate);
        happens.entry(what).or_default().push(format!("{contact} of {queue}{how}"));
    }
    for (what, those) in happens {
        add_named(text, ("contact", "contacts"), what.words(), &those);
    }
    for QueueRehearsed { queue, waiting, before, after } in
        queues.iter().filter(|queue| queue.before != queue.after)
    {
        let roster = format!("{} for each ({} before)", agents_of(after), span_of(before));
        let forsaken = format!("nobody for {} ({} before)", after.forsaken, before.forsaken);
        line(text, format_args!("  queue {queue}, {waiting} waiting: {roster}, {forsaken}"));
    }
    let change = |(before, after): (u32, u32)| format!("{before} of those who wait before, {after} after");
    let those = agents.iter().map(|agent| {
        let away = if agent.is_signed_in { "" } else { ", signed out" };
        format!("{}{away}: {}", agent.agent, change((agent.before, agent.after)))
    });
    add_named(text, ("agent", "agents"), "could be given more of them, or fewer", &those.collect::<Vec<_>>());
    if text.len() == begun {
        line(text, "  nothing");
    }
}

fn add_named(text: &mut String, (one, many): (&str, &str), what: &str, those: &[String]) {
    if those.is_empty() {
        return;
    }
    line(text, format_args!("  {} {} {what}", those.len(), if those.len() == 1 { one } else { many }));
    those.iter().take(NAMED_MAX).for_each(|named| line(text, format_args!("    {named}")));
    if let Some(more @ 1..) = those.len().checked_sub(NAMED_MAX) {
        line(text, format_args!("    and {more} more; -o json names all"));
    }
}

fn agents_of(reach: &Reach) -> String {
    let span = span_of(reach);
    if span == "1" { "1 agent".to_owned() } else { format!("{span} agents") }
}

fn span_of(reach: &Reach) -> String {
    let Reach { fewest, most, .. } = reach;
    if fewest == most { most.to_string() } else { format!("{fewest} to {most}") }
}
