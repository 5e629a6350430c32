//! What is counted and summed of a part of a run. Means are taken of whole sums, so parts add up to the run.

use model::Time;

/// Of one class, by the part in which the contact arrived.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClassSums {
    pub arrivals: u64,
    pub blocked: u64,
    /// Was not assigned at once.
    pub waited: u64,
    pub served: u64,
    pub abandoned: u64,
    /// Time in queue of all that were admitted, and of those who were served.
    pub wait_ms: u64,
    pub wait_served_ms: u64,
    /// Waited no longer than the target, and was served, or gave up.
    pub served_within: u64,
    pub abandoned_within: u64,
    /// In service, of those who were served.
    pub service_ms: u64,
    /// Began after its deadline.
    pub late: u64,
    /// By the group that served it.
    pub by_group: Vec<u64>,
}

/// Of a part of a run: areas are under the number of contacts over time, within the part's span.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sums {
    pub span_ms: u64,
    pub classes: Vec<ClassSums>,
    /// By class.
    pub queue_area: Vec<u64>,
    /// By group, then class.
    pub busy_area: Vec<Vec<u64>>,
    /// Under the number of agents who hold nothing.
    pub idle_area: u64,
    /// Time in queue of each that was admitted, where a quantile is asked for.
    pub waits_ms: Vec<u64>,
    /// Days that are summed up; parts of a steady run are none.
    pub days: u64,
}

impl Sums {
    pub fn new(classes: usize, groups: usize) -> Sums {
        let class = ClassSums { by_group: vec![0; groups], ..ClassSums::default() };
        Sums {
            classes: vec![class; classes],
            queue_area: vec![0; classes],
            busy_area: vec![vec![0; classes]; groups],
            ..Sums::default()
        }
    }

    pub fn add(&mut self, other: &Sums) {
        self.span_ms += other.span_ms;
        self.idle_area += other.idle_area;
        self.days += other.days;
        self.waits_ms.extend(&other.waits_ms);
        for (own, other) in self.queue_area.iter_mut().zip(&other.queue_area) {
            *own += other;
        }
        for (own, other) in self.busy_area.iter_mut().flatten().zip(other.busy_area.iter().flatten()) {
            *own += other;
        }
        for (own, other) in self.classes.iter_mut().zip(&other.classes) {
            own.add(other);
        }
    }

    /// Of all classes together.
    pub fn all(&self) -> ClassSums {
        let mut all = ClassSums { by_group: vec![0; self.busy_area.len()], ..ClassSums::default() };
        self.classes.iter().for_each(|class| all.add(class));
        all
    }
}

impl ClassSums {
    fn add(&mut self, other: &ClassSums) {
        // Every field by name: one that is added must be summed here.
        let ClassSums {
            arrivals,
            blocked,
            waited,
            served,
            abandoned,
            wait_ms,
            wait_served_ms,
            served_within,
            abandoned_within,
            service_ms,
            late,
            by_group,
        } = other;
        self.arrivals += arrivals;
        self.blocked += blocked;
        self.waited += waited;
        self.served += served;
        self.abandoned += abandoned;
        self.wait_ms += wait_ms;
        self.wait_served_ms += wait_served_ms;
        self.served_within += served_within;
        self.abandoned_within += abandoned_within;
        self.service_ms += service_ms;
        self.late += late;
        self.by_group.iter_mut().zip(by_group).for_each(|(own, other)| *own += other);
    }

    pub fn admitted(&self) -> u64 {
        self.arrivals - self.blocked
    }
}

/// A number that changes at moments, and the area under it since the last look.
#[derive(Debug, Clone, Copy, Default)]
pub struct Level {
    pub value: u32,
    since: Time,
    area: u64,
}

impl Level {
    pub fn new(value: u32, now: Time) -> Level {
        Level { value, since: now, area: 0 }
    }

    pub fn change(&mut self, now: Time, by: i32) {
        self.settle(now);
        self.value = self.value.checked_add_signed(by).expect("nobody leaves where nobody is");
    }

    /// The area since the last time.
    pub fn take_area(&mut self, now: Time) -> u64 {
        self.settle(now);
        std::mem::take(&mut self.area)
    }

    fn settle(&mut self, now: Time) {
        self.area += u64::from(self.value) * now.since(self.since).0;
        self.since = now;
    }
}
