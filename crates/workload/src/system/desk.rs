//! An agent whose speed depends on how many contacts it holds: what is left of each shrinks at that speed, and whenever the number
//! changes the next one is done at another time.

use model::time::Time;

#[derive(Debug, Clone, Default)]
pub struct Desk {
    /// What is held, with the milliseconds of work that are left of it at speed 1.
    held: Vec<(u32, f64)>,
    /// Up to here the work that is left is known.
    since: Time,
}

impl Desk {
    /// `speed` is that of each contact, by the number held.
    pub fn begin(&mut self, now: Time, contact: u32, work_ms: f64, speed: &[f64]) {
        self.advance(now, speed);
        self.held.push((contact, work_ms));
    }

    /// Takes away what is done first.
    pub fn finish(&mut self, now: Time, speed: &[f64]) -> Option<u32> {
        self.advance(now, speed);
        let least = self.held.iter().enumerate().min_by(|(_, one), (_, other)| one.1.total_cmp(&other.1))?.0;
        Some(self.held.swap_remove(least).0)
    }

    /// When the next one is done if nothing comes in between.
    pub fn next_done(&self, speed: &[f64]) -> Option<Time> {
        let left = self.held.iter().map(|(_, left)| *left).min_by(f64::total_cmp)?;
        let each = speed_of(speed, self.held.len());
        (each > 0.0).then(|| Time(self.since.0 + (left.max(0.0) / each).round() as u64))
    }

    fn advance(&mut self, now: Time, speed: &[f64]) {
        let done = now.since(self.since).0 as f64 * speed_of(speed, self.held.len());
        self.held.iter_mut().for_each(|(_, left)| *left -= done);
        self.since = now;
    }
}

fn speed_of(speed: &[f64], held: usize) -> f64 {
    speed.get(held).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_at_once_take_longer_each() {
        // One alone runs at 1, two at 0.75 each.
        let speed = [0.0, 1.0, 0.75];
        let mut desk = Desk::default();
        desk.begin(Time(0), 7, 1000.0, &speed);
        assert_eq!(desk.next_done(&speed), Some(Time(1000)));
        desk.begin(Time(400), 8, 300.0, &speed);
        // 300 at 0.75; then 600 - 300 are left of the other.
        assert_eq!(desk.next_done(&speed), Some(Time(800)));
        assert_eq!(desk.finish(Time(800), &speed), Some(8));
        assert_eq!(desk.next_done(&speed), Some(Time(1100)));
        assert_eq!(desk.finish(Time(1100), &speed), Some(7));
        assert_eq!((desk.next_done(&speed), desk.finish(Time(1200), &speed)), (None, None));
    }
}
