//! The board in the terminal: drawn in place where that is possible, a line every few seconds where it is not.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::time::{Duration, Instant};

use model::{Millis, Time};
use workload::Play;

use super::board::{Board, Queue};
use super::day::{Day, DayTime};
use super::nodes_text;
use super::routers::Seen;

const REDRAW: Duration = Duration::from_millis(200);
const LINE_EVERY: Duration = Duration::from_secs(5);
const BAR_WIDTH: u64 = 30;

pub struct Table {
    pub board: Board,
    day: Day,
    heading: String,
    to: Target,
    shown_at: Option<Instant>,
    /// Lines that the next drawing replaces.
    drawn: usize,
    /// News of the nodes that have a line of their own.
    told: usize,
    /// What the reader was last told to try.
    advice: Option<String>,
    /// Nobody reads standard output any more, as after `head`.
    pub is_unread: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// Drawn over and over in its place.
    Terminal,
    /// A line now and then.
    Lines,
    /// As [`Target::Lines`], beside results that are data.
    LinesAside,
}

impl Table {
    /// `is_aside`: standard output is for data.
    pub fn new(is_aside: bool, day: &Day, heading: &str) -> Table {
        let config = &day.plan.config;
        let within = config.queues.first().map_or(Millis::ZERO, |queue| queue.service_level.within);
        let to = match (is_aside, io::stdout().is_terminal()) {
            (true, _) => Target::LinesAside,
            (false, true) => Target::Terminal,
            (false, false) => Target::Lines,
        };
        let board = Board::new(config.queues.iter().map(|queue| queue.name.clone()), within);
        let mut table = Table {
            board,
            day: day.clone(),
            heading: heading.to_owned(),
            to,
            shown_at: None,
            drawn: 0,
            told: 0,
            advice: None,
            is_unread: false,
        };
        if to != Target::Terminal {
            table.write(&format!("{heading}\n"));
        }
        table
    }

    /// Shows the play at this instant, unless it was shown a moment ago.
    pub fn show(&mut self, now: Time, play: &Play, seen: &Seen<'_>) {
        self.tell(seen);
        if !self.is_time() {
            return;
        }
        let (came, contacts) = play.progress();
        let progress = Progress { came: came as u64, contacts: contacts as u64 };
        self.draw(now, Some(&progress), seen);
    }

    /// Shows the board alone.
    pub fn show_alone(&mut self, now: Time, seen: &Seen<'_>) {
        self.tell(seen);
        if self.is_time() {
            self.draw(now, None, seen);
        }
    }

    /// What is drawn stays; the next line stands below it.
    pub fn end(&mut self) {
        self.drawn = 0;
        if self.to == Target::Terminal {
            self.write("\n");
        }
    }

    fn is_time(&mut self) -> bool {
        let pause = match self.to {
            Target::Terminal => REDRAW,
            Target::Lines | Target::LinesAside => LINE_EVERY,
        };
        let is_time = self.shown_at.is_none_or(|shown_at| shown_at.elapsed() >= pause);
        if is_time {
            self.shown_at = Some(Instant::now());
        }
        is_time
    }

    /// What happened to the nodes, as it happens: where nothing is drawn over, between the lines.
    fn tell(&mut self, seen: &Seen<'_>) {
        let Seen::Several { members, .. } = seen else { return };
        if self.to == Target::Terminal {
            return;
        }
        let mut lines: Vec<String> = members.news()[self.told..].to_vec();
        self.told += lines.len();
        let advice = nodes_text::advice(members);
        if advice.is_some() && advice != self.advice {
            lines.extend(advice.as_ref().map(|advice| format!("try: {advice}")));
            self.advice = advice;
        }
        for line in lines {
            self.write(&format!("{line}\n"));
        }
    }

    fn draw(&mut self, now: Time, progress: Option<&Progress>, seen: &Seen<'_>) {
        match self.to {
            Target::Terminal => {
                let text = self.whole(now, progress, seen);
                // Up to where the last one began, and clear from there.
                let back = if self.drawn > 0 { format!("\x1b[{}A\x1b[J", self.drawn) } else { String::new() };
                self.drawn = text.lines().count();
                self.write(&format!("{back}{text}"));
            }
            Target::Lines | Target::LinesAside => {
                let text = self.line(now, progress, seen);
                self.write(&text);
            }
        }
    }

    fn line(&self, now: Time, progress: Option<&Progress>, seen: &Seen<'_>) -> String {
        let (all, staffing) = (self.all(), self.board.staffing());
        let came = progress.map(|progress| format!("  {} of {} came", progress.came, progress.contacts));
        format!(
            "{}{}  waiting {} (longest {})  answered {}  abandoned {}  SL {}  agents {} free {} busy {} aux  {}{}\n",
            self.clock(now, progress.is_some()),
            came.unwrap_or_default(),
            all.waiting(),
            span(self.day.stretched(all.longest_wait(now))),
            all.answered,
            all.abandoned,
            permille(all.service_level_permille()),
            staffing.available,
            staffing.busy,
            staffing.aux,
            latencies(seen),
            owner(seen),
        )
    }

    fn whole(&self, now: Time, progress: Option<&Progress>, seen: &Seen<'_>) -> String {
        let mut text = format!("{}\n{}", self.heading, self.clock(now, progress.is_some()));
        // Writing to a string cannot fail.
        if let Some(Progress { came, contacts }) = progress {
            let _ = write!(text, "  {}  {came} of {contacts} came", bar(*came, *contacts));
        }
        let _ = writeln!(
            text,
            "\n\n{:<10}{:>9}{:>9}{:>10}{:>11}{:>9}",
            "queue", "waiting", "longest", "answered", "abandoned", "SL"
        );
        for (name, queue) in &self.board.queues {
            self.row(&mut text, name.as_str(), queue, now);
        }
        self.row(&mut text, "all", &self.all(), now);
        let staffing = self.board.staffing();
        let _ = writeln!(
            text,
            "\nagents    available {}  busy {}  aux {}  lost {}  signed out {}\nlatency   {}",
            staffing.available,
            staffing.busy,
            staffing.aux,
            staffing.lost,
            staffing.signed_out,
            latencies(seen)
        );
        if let Seen::Several { members, .. } = seen {
            text.push_str(&nodes_text::section(members, Instant::now()));
        }
        text
    }

    fn row(&self, text: &mut String, name: &str, queue: &Queue, now: Time) {
        let longest = self.day.stretched(queue.longest_wait(now));
        let _ = writeln!(
            text,
            "{name:<10}{:>9}{:>9}{:>10}{:>11}{:>9}",
            queue.waiting(),
            if longest.is_zero() { "-".to_owned() } else { span(longest) },
            queue.answered,
            queue.abandoned,
            permille(queue.service_level_permille())
        );
    }

    fn all(&self) -> Queue {
        let mut all = Queue::default();
        self.board.queues.values().for_each(|queue| all.add(queue));
        all
    }

    /// The real centre's clock in a play, else that of the rest of the world.
    fn clock(&self, now: Time, is_play: bool) -> String {
        let DayTime(at) = self.day.time_of_day(now);
        let (seconds, zone) = if is_play { (at.0 / 1000, "") } else { (now.0 / 1000, " UTC") };
        format!("{:02}:{:02}:{:02}{zone}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
    }

    fn write(&mut self, text: &str) {
        match self.to {
            Target::Terminal | Target::Lines => {
                let mut output = io::stdout().lock();
                let written = output.write_all(text.as_bytes()).and_then(|()| output.flush());
                self.is_unread |= written.is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
            }
            // The play goes on to its result.
            Target::LinesAside => {
                let _ = io::stderr().lock().write_all(text.as_bytes());
            }
        }
    }
}

struct Progress {
    came: u64,
    contacts: u64,
}

fn latencies(seen: &Seen<'_>) -> String {
    match seen {
        Seen::One { commit, .. } if commit.count == 0 => "nothing measured yet".to_owned(),
        Seen::One { decision, commit } => format!(
            "decision p50 {} p99 {}  commit p50 {} p99 {}",
            micros(decision.p50_us),
            micros(decision.p99_us),
            micros(commit.p50_us),
            micros(commit.p99_us)
        ),
        Seen::Several { offers, .. } if offers.count == 0 => "nothing measured yet".to_owned(),
        Seen::Several { offers, .. } => format!(
            "contact to offer p50 {} p99 {} max {}",
            micros(offers.p50_us),
            micros(offers.p99_us),
            micros(offers.max_us)
        ),
    }
}

/// Behind the rest of a line.
fn owner(seen: &Seen<'_>) -> String {
    match seen {
        Seen::One { .. } => String::new(),
        Seen::Several { members, .. } => format!("  {}", nodes_text::played(members)),
    }
}

fn bar(part: u64, whole: u64) -> String {
    let filled = (part * BAR_WIDTH).checked_div(whole).unwrap_or(0) as usize;
    format!("[{}{}]", "#".repeat(filled), "-".repeat(BAR_WIDTH as usize - filled))
}

/// Three digits are enough to see.
pub fn micros(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100),
        _ => format!("{}.{} s", micros / 1_000_000, micros % 1_000_000 / 100_000),
    }
}

fn span(span: Millis) -> String {
    let seconds = span.0 / 1000;
    if seconds < 60 { format!("{seconds}s") } else { format!("{}m{:02}s", seconds / 60, seconds % 60) }
}

fn permille(permille: Option<u64>) -> String {
    permille.map_or("-".to_owned(), |permille| format!("{}.{}%", permille / 10, permille % 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_in_units_that_fit() {
        assert_eq!(
            [0, 999, 1_000, 12_340, 2_500_000].map(micros),
            ["0 µs", "999 µs", "1.0 ms", "12.3 ms", "2.5 s"]
        );
        assert_eq!([59_999, 60_000, 133_000].map(|millis| span(Millis(millis))), ["59s", "1m00s", "2m13s"]);
        assert_eq!(permille(Some(182)), "18.2%");
        assert_eq!(bar(1, 2).matches('#').count(), 15);
        assert_eq!(bar(0, 0).len(), 32);
    }
}
