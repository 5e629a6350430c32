//! What a described day came to, for people.

use std::fmt;

use model::time::Millis;

use crate::figures::Figures;
use crate::summary::{ChannelFigures, DaySummary, Deadlines, SWITCHES_PER_HOUR_MAX};

/// A summary by channels, with what must hold of a day and whether it did.
#[derive(Debug, Clone, Copy)]
pub struct CentreReport<'a>(pub &'a DaySummary);

impl fmt::Display for CentreReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = self.0;
        writeln!(
            f,
            "{:<18}{:>9}{:>10}{:>6}{:>9}{:>9}{:>9}{:>9}{:>8}{:>10}{:>8}{:>8}{:>8}",
            "channel",
            "contacts",
            "answered",
            "left",
            "SL",
            "ASA",
            "p90",
            "max",
            "AHT",
            "cost",
            "in time",
            "late",
            "ahead"
        )?;
        day.by_channel.iter().try_for_each(|channel| line(f, channel))?;
        figures(f, "all live", &day.live, true)?;
        writeln!(f, "{:>10}", day.cost)?;
        writeln!(
            f,
            "\nservice level = {}; of live contacts also {} without short abandons, and {} of the answered.\n\
             In time, late and ahead are deadlines of indirect work, to be over by then. Seconds, minutes or hours as marked.\n",
            day.service_level_variant,
            percent(day.live.service_level_but_short_permille),
            percent(day.live.service_level_of_answered_permille),
        )?;
        let accounts = &day.accounts;
        writeln!(
            f,
            "contacts   {} came: {} ended once, {} wait over night and are not due, {} are put off or silent, {} are overdue,\n\
             \x20          {} stuck, {} unaccounted for, {} with two agents at once",
            accounts.came,
            accounts.ended,
            accounts.over_night,
            accounts.aside,
            accounts.overdue,
            accounts.stuck,
            accounts.unaccounted,
            day.assigned_twice
        )?;
        let Deadlines { met, missed, infeasible, ahead } = day.deadlines;
        writeln!(
            f,
            "deadlines  {met} met, {missed} missed, of which {infeasible} in queues where nobody could have met all; {ahead} ahead"
        )?;
        let repeats = &day.repeats;
        writeln!(
            f,
            "twice      {} matters with several contacts; {} times a second agent took one up, {} of them while open, {:.1} h in hands",
            repeats.matters,
            repeats.second_agent,
            repeats.while_open,
            hours(repeats.work)
        )?;
        writeln!(
            f,
            "agents     busy {} of the time at work; {} offers, {} accepted",
            percent(day.occupancy_permille),
            day.offers_made,
            day.offers_accepted
        )?;
        for rule in &day.rules {
            writeln!(
                f,
                "overflow   {} switched {} times, at most {} within an hour ({SWITCHES_PER_HOUR_MAX} are bearable), on for {:.1} h",
                rule.rule,
                rule.switches,
                rule.per_hour_max,
                hours(rule.on_for)
            )?;
        }
        let faults = day.faults();
        if faults.is_empty() {
            return writeln!(f, "\nEvery contact is accounted for, and nothing is stuck.");
        }
        writeln!(f)?;
        faults.iter().try_for_each(|fault| writeln!(f, "FAULT: {fault}"))
    }
}

fn line(f: &mut fmt::Formatter<'_>, channel: &ChannelFigures) -> fmt::Result {
    figures(f, channel.channel.as_str(), &channel.figures, channel.is_live)?;
    write!(f, "{:>10}", channel.cost)?;
    let Deadlines { met, missed, ahead, infeasible: _ } = channel.deadlines;
    if met + missed + ahead > 0 {
        write!(f, "{met:>8}{missed:>8}{ahead:>8}")?;
    }
    writeln!(f)
}

fn figures(f: &mut fmt::Formatter<'_>, name: &str, figures: &Figures, is_live: bool) -> fmt::Result {
    // Of what has a deadline nobody is promised an answer within seconds.
    let level = if is_live { percent(figures.service_level_permille) } else { "-".to_owned() };
    write!(
        f,
        "{name:<18}{:>9}{:>10}{:>6}{level:>9}{:>9}{:>9}{:>9}{:>8}",
        figures.contacts,
        figures.answered,
        figures.abandoned,
        span(figures.asa),
        span(figures.wait_p90),
        span(figures.wait_max),
        span(figures.aht)
    )
}

fn span(span: Millis) -> String {
    match span.0 {
        seconds if seconds < 120_000 => format!("{:.1}s", seconds as f64 / 1_000.0),
        minutes if minutes < 7_200_000 => format!("{:.1}m", minutes as f64 / 60_000.0),
        _ => format!("{:.1}h", hours(span)),
    }
}

fn hours(span: Millis) -> f64 {
    span.0 as f64 / Millis::HOUR.0 as f64
}

fn percent(permille: u32) -> String {
    format!("{}.{}%", permille / 10, permille % 10)
}
