//! `wissel dev`: a server, a node and a real day in one terminal, so that the first minute with Wissel needs nothing
//! but the binary. With `--nodes` it is a cluster, to see what the death of a node does to the day.
//!
//! Callers and agents are played through NATS like any others; nothing here reaches into the node but its clock. There
//! are two drivers: [`lockstep`] moves a virtual clock as soon as the node has nothing left to do, [`realtime`]
//! keeps to the wall clock, with a table in the terminal. Several nodes ([`nodes`]) are processes that anybody may kill.

mod board;
mod day;
mod described;
mod feed;
mod guest;
mod lockstep;
mod members;
mod nodes;
mod nodes_text;
mod offers;
mod realtime;
mod routers;
mod schema;
mod server;
mod site;
mod stop;
mod summary;
mod table;

use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use workload::Play;

use crate::arguments::{Done, Format, Misuse, Output};
use crate::print;
use day::{DayTime, Window};
use described::Outcome;
use routers::Routers;
use server::About;
use server::Wish;
use site::Site;
use stop::Stop;
use summary::{Measured, Report};
use table::Table;

const EXAMPLES: &str = "\
Examples:
  wissel dev                               real speed from 10:00, the busiest hour; other clients can join in
  wissel dev --speed 60 --from 07:00       a minute in a second
  wissel dev --no-play                     a server, a node and the tenant `bank`, and nobody in it
  wissel dev --day --speed max             the whole day as fast as this machine can
  wissel dev --day --speed max -o json     the same, with one JSON object at the end
  wissel dev --centre office               a town hall with 200 agents on all channels, a Monday in virtual time
  wissel dev --centre office --percent 10  a tenth of it, in half a minute
  wissel dev --nodes 3                     three servers and three nodes, to kill one of them and see the day go on
  wissel dev --store data                  keep what happens, and go on with it the next time

While it runs, any NATS client on this machine can join in: the address stands above the table, the tenant is `bank`.
Its queue `guest` on the channel `voice` requires the skill `guest`, which nobody who is played has. Other clients' agents
and contacts are there like those that are played, and the summary does not count them.

With --speed max the clock is virtual: it moves only when every input is in the journal and every output was received,
so the figures do not depend on the machine, and latencies are those of one input at a time.

With --centre the day is one that a file describes (`office`, or a folder with day.toml and tenant.toml; `wissel simulate` plays the same
through the engine alone). It ends at midnight: what is indirect and not due waits over night, and all else is over.

With --nodes the servers are three, every stream has three copies, and each node is a process of its own, whose id stands in
the table beside what it owns. Kill any of them with `kill -9`: another one takes its shards over, and the killed one is
started again after five seconds. What a node alone can measure is then not in the summary.

Exit codes: 0 every contact that came has exactly one outcome and was never with two agents at once, and with --centre also nothing is
stuck, no deadline was missed that could have been met, and no overflow rule switched more than four times within an hour; 1 otherwise.";

/// A nats-server, a node and a real day of a call centre, in this terminal
///
/// Finds nats-server (NATS_SERVER, then PATH), or fetches it once. Starts it on loopback, creates the streams and the
/// tenant `bank`, runs a node, and plays the 2,239 calls and 18 agents of a real bank's day against it. Ctrl-C ends with
/// the figures so far.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Dev {
    /// Play the whole day unattended, then end
    #[arg(long)]
    day: bool,
    /// How many times faster than life, 1 to 100; `max` is as fast as this machine can [default: 1; max with --centre]
    #[arg(long, value_name = "N")]
    speed: Option<Speed>,
    /// Play the day of a described centre: `office`, or a folder with day.toml and tenant.toml
    #[arg(long, value_name = "NAME", conflicts_with_all = ["from", "until", "no_play"])]
    centre: Option<String>,
    /// Share of the described centre's arrivals and agents that is played
    #[arg(long, default_value_t = 100, value_name = "PERCENT", requires = "centre", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    percent: u32,
    /// Time of day at which the play begins [default: 10:00; with --day or --speed max the opening]
    #[arg(long, value_name = "HH:MM")]
    from: Option<DayTime>,
    /// Time of day after which nobody calls any more [default: the end of the day]
    #[arg(long, value_name = "HH:MM")]
    until: Option<DayTime>,
    /// Decides everything that the trace leaves open
    #[arg(long, default_value_t = 1999, value_name = "N")]
    seed: u64,
    /// Keep the server's data in this folder [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    /// Port for NATS clients [default: 4222 if it is free, else any; any with --day]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Nodes that share the work, 1 to 9; more than one is a cluster on three servers
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=9))]
    nodes: u16,
    /// Play nobody
    #[arg(long, conflicts_with_all = ["day", "from", "until", "speed"])]
    no_play: bool,
    /// Print the JSON Schema of the summary and end
    #[arg(long)]
    print_schema: bool,
    #[command(flatten)]
    output: Output,
}

/// How fast the day goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speed {
    /// So many times faster than life, by the wall clock.
    Times(u32),
    /// In virtual time, which never waits.
    Max,
}

impl FromStr for Speed {
    type Err = String;
    fn from_str(text: &str) -> Result<Speed, String> {
        if text == "max" {
            return Ok(Speed::Max);
        }
        let times = text.parse().ok().filter(|times| (1..=SPEED_MAX).contains(times));
        times
            .map(Speed::Times)
            .ok_or_else(|| format!("expected a whole number from 1 to {SPEED_MAX}, or `max`"))
    }
}

/// The day's queues age by 60 points a minute, and a configuration has a limit of 6000.
const SPEED_MAX: u32 = 100;

/// What a play needs of its surroundings, whichever way time goes.
struct Stage {
    site: Site,
    play: Play,
    table: Table,
    stop: Stop,
}

impl Dev {
    pub async fn run(self) -> Result<Done> {
        if self.print_schema {
            print::json(&schema::schema())?;
            return Ok(Done::Well);
        }
        let window = self.window()?;
        self.refuse_virtual_cluster()?;
        self.refuse_hurried_centre()?;
        let mut stop = Stop::on_signals()?;
        let wish = Wish {
            store: self.store.as_deref(),
            port: self.port,
            is_unattended: self.is_unattended(),
            is_cluster: self.nodes > 1,
        };
        let mut server = tokio::select! {
            server = server::start(&wish) => server?,
            () = stop.wait() => return Ok(Done::Well),
        };
        let about = server.about.clone();
        let done = tokio::select! {
            done = self.with_server(&about, &window, stop) => done,
            why = server.ended() => Err(why),
        };
        server.stop(Duration::from_secs(1)).await;
        done
    }

    /// Nobody is expected to join in, and it ends by itself.
    fn is_unattended(&self) -> bool {
        self.day || self.speed() == Speed::Max
    }

    fn speed(&self) -> Speed {
        self.speed.unwrap_or(if self.centre.is_some() { Speed::Max } else { Speed::Times(1) })
    }

    fn refuse_hurried_centre(&self) -> Result<()> {
        if self.centre.is_some() && self.speed() != Speed::Max {
            let reason = "a described centre has opening hours and appointments, which cannot hurry: it is played with --speed max, \
                 which may be left out";
            return Err(Misuse(reason.to_owned()).into());
        }
        Ok(())
    }

    fn refuse_virtual_cluster(&self) -> Result<()> {
        if self.nodes > 1 && self.speed() == Speed::Max {
            let reason = "--speed max plays in virtual time, which only a node in this process can follow: leave --nodes out, \
                 or give a --speed from 1 to 100";
            return Err(Misuse(reason.to_owned()).into());
        }
        Ok(())
    }

    fn window(&self) -> Result<Window> {
        let begins_busy = !self.is_unattended() && !self.no_play;
        let from = self.from.or(begins_busy.then_some(DayTime::BUSY));
        if let (Some(from), Some(until)) = (from, self.until)
            && until <= from
        {
            let reason =
                format!("nobody calls between {from} and {until}: --until must be later than --from");
            return Err(Misuse(reason).into());
        }
        Ok(Window { from, until: self.until })
    }

    async fn with_server(&self, server: &About, window: &Window, mut stop: Stop) -> Result<Done> {
        let day = match &self.centre {
            Some(name) => day::Day::described(name, self.seed, self.percent)?,
            None => day::Day::new(self.seed, self.speed(), window, server.is_used)?,
        };
        let (site, mut routers) = tokio::select! {
            opened = Site::open(server, &day, self.no_play, self.nodes) => opened?,
            // Nothing was played; the nodes end with their handles.
            () = stop.wait() => return Ok(Done::Well),
        };
        let day = day.beginning_soon();
        let table = Table::new(self.output.format == Format::Json, &day, &self.heading(&site, server, &day));
        if self.no_play {
            realtime::watch(site, routers, table, stop).await?;
            return Ok(Done::Well);
        }
        let play = Play::new(day.plan.clone(), self.seed);
        let mut stage = Stage { site, play, table, stop };
        let began = std::time::Instant::now();
        let ended = match &mut routers {
            Routers::Here(here) if here.clock.is_some() => lockstep::play(&mut stage, here).await,
            Routers::Here(_) | Routers::Apart(_) => realtime::play(&mut stage, &routers).await,
        };
        let measured = Measured {
            wall: began.elapsed(),
            end_to_end: stage.site.offers.summary(),
            work: routers.work(&stage.site).await?,
            inputs: stage.site.inputs,
            is_whole: matches!(ended, Ok(Ended::Played)),
        };
        let report = Report::new(&stage.play, &day, &measured);
        stage.table.end();
        let described = day.centre.as_ref().map(|centre| Outcome::new(&stage.play, centre, &report));
        let shown = match &described {
            Some(outcome) => self.show(outcome),
            None => self.show(&report),
        };
        ended?;
        if measured.is_whole && shown.is_ok() && !self.is_unattended() {
            let what = if self.nodes > 1 {
                "The servers and the nodes stay"
            } else {
                "The server and the node stay"
            };
            eprintln!("\n{what} up for your own clients; Ctrl-C ends.");
            stage.stop.wait().await;
        }
        routers.close().await;
        shown?;
        let is_well = described.as_ref().map_or(report.is_well(), Outcome::is_well);
        Ok(if is_well { Done::Well } else { Done::Wanting })
    }

    fn heading(&self, site: &Site, server: &About, day: &day::Day) -> String {
        let one = site.heading(server, day);
        if self.nodes > 1 { format!("{one}\n{}", nodes_text::HEADING) } else { one }
    }

    fn show(&self, report: &(impl Serialize + Display)) -> Result<()> {
        match self.output.format {
            Format::Json => print::json(report),
            Format::Text => print::text(report),
        }
    }
}

/// How a play came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// Nothing is left to happen.
    Played,
    /// Somebody ended it.
    Stopped,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_numbers_or_max() {
        assert_eq!("max".parse(), Ok(Speed::Max));
        assert_eq!("60".parse(), Ok(Speed::Times(60)));
        for text in ["0", "101", "-1", "1.5", "fast", ""] {
            assert!(text.parse::<Speed>().is_err(), "{text}");
        }
    }
}
