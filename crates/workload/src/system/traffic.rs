//! Who comes, how patient, with which deadline and how long to serve. Each purpose of each class has a stream of its own, so that
//! another discipline, or another law of one thing, changes no other draw.

use model::time::Millis;

use super::setup::Setup;
use crate::distribution::Span;
use crate::rng::Rng;

#[derive(Debug, Clone)]
struct Stream {
    span: Span,
    rng: Rng,
}

impl Stream {
    fn draw(&mut self) -> Millis {
        self.span.draw(&mut self.rng)
    }
}

#[derive(Debug, Clone)]
struct ClassTraffic {
    gaps: Stream,
    patience: Option<Stream>,
    deadline: Option<Stream>,
    deadline_is_patience: bool,
    /// By group.
    service: Vec<Option<Stream>>,
}

/// What one customer brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drawn {
    pub patience: Option<Millis>,
    pub deadline: Option<Millis>,
}

#[derive(Debug, Clone)]
pub struct Traffic {
    classes: Vec<ClassTraffic>,
    agreeing: Rng,
}

impl Traffic {
    pub fn new(setup: &Setup, unit_ms: f64, seed: u64) -> Traffic {
        let classes = setup.classes.iter().enumerate().map(|(at, class)| {
            let stream = |law: super::Law, name: &str, part: usize| Stream {
                span: law.span(unit_ms),
                rng: Rng::stream(seed, name, (at << 16 | part) as u64),
            };
            let service = |(group, of): (usize, &super::Group)| {
                of.serves.get(&at).map(|serving| stream(serving.service, "system service", group))
            };
            ClassTraffic {
                gaps: stream(super::Law::Exponential { rate: class.rate }, "system arrivals", 0),
                patience: class.patience.map(|law| stream(law, "system patience", 0)),
                deadline: class.deadline.map(|law| stream(law, "system deadlines", 0)),
                deadline_is_patience: class.deadline_is_patience,
                service: setup.groups.iter().enumerate().map(service).collect(),
            }
        });
        Traffic { classes: classes.collect(), agreeing: Rng::stream(seed, "system agreeing", 0) }
    }

    /// Whether a customer takes what is offered to this share.
    pub fn agrees(&mut self, share: f64) -> bool {
        self.agreeing.unit() < share
    }

    /// From one arrival of the class to the next.
    pub fn gap(&mut self, class: usize) -> Millis {
        self.classes[class].gaps.draw()
    }

    pub fn customer(&mut self, class: usize) -> Drawn {
        let class = &mut self.classes[class];
        let deadline = class.deadline.as_mut().map(Stream::draw);
        let patience = class.patience.as_mut().map(Stream::draw);
        let until = if class.deadline_is_patience { deadline } else { None };
        // Of the two, whichever comes first.
        let patience = patience.into_iter().chain(until).min();
        Drawn { patience, deadline }
    }

    /// How long the group works on one of the class at speed 1; nothing when it does not serve that.
    pub fn service(&mut self, class: usize, group: usize) -> Option<Millis> {
        self.classes[class].service[group].as_mut().map(Stream::draw)
    }
}
