//! Who comes: arrivals by profile, and what each customer will do, drawn before anything is played.

use std::sync::Arc;

use model::ContactBody;
use model::config::SkillDemand;
use model::contact::Window;
use model::id::{ContactId, CustomerRef, MatterRef, SiteId, SkillId};
use model::skill::Level;
use model::time::{Millis, Time};

use super::CentreOptions;
use super::text::{CentreFile, FileError, FlowText, ThenText, WhenText};
use super::units::Spread;
use crate::distribution::{Span, Weighted};
use crate::plan::{Because, Follows, Manner, Pause, PlannedContact};
use crate::rng::Rng;

const DAY: Millis = Millis(24 * Millis::HOUR.0);
/// Nobody is tried in vain more often than that.
const UNREACHED_MAX: u8 = 5;
/// Ids have room for it, so a flow's name may be this long.
const NAME_MAX: usize = 40;
/// A millionth, so that factors and weights are whole numbers before anything is chosen by them.
const PARTS: f64 = 1_000_000.0;

/// In order of arrival; whoever follows another stands behind it.
pub fn contacts(
    file: &CentreFile,
    midnight: Time,
    options: &CentreOptions,
) -> Result<Vec<PlannedContact>, FileError> {
    let factor = day_factor(file, options);
    let mut contacts = Vec::new();
    for (flow_no, flow) in file.contacts.iter().enumerate() {
        flow_contacts(file, flow, flow_no, factor, midnight, options, &mut contacts)
            .map_err(|error| error.within(&format!("contacts {:?}", flow.name)))?;
    }
    Ok(in_order(contacts))
}

/// In millionths.
fn day_factor(file: &CentreFile, options: &CentreOptions) -> u64 {
    let deviation = Millis(u64::from(file.day_deviation_percent) * 10_000);
    let span = Span::LogNormal { mean: Millis(PARTS as u64), deviation };
    span.draw(&mut Rng::stream(options.seed, "day", 0)).0
}

fn flow_contacts(
    file: &CentreFile,
    flow: &FlowText,
    flow_no: usize,
    factor: u64,
    midnight: Time,
    options: &CentreOptions,
    contacts: &mut Vec<PlannedContact>,
) -> Result<(), FileError> {
    if flow.name.len() > NAME_MAX {
        return Err(FileError::new(format!("a name has at most {NAME_MAX} characters")));
    }
    let arrivals = Arrivals::new(&file.profiles[&flow.profile], flow)?;
    let mut of_flow = Rng::stream(options.seed, &flow.name, 0);
    let expected = u128::from(flow.per_day) * u128::from(factor) * u128::from(options.percent) / 100;
    // In millionths: the rest comes or does not.
    let (whole, rest) = ((expected / PARTS as u128) as u64, (expected % PARTS as u128) as u64);
    let count = poisson_near(whole, &mut of_flow) + u64::from(of_flow.below(PARTS as u64) < rest);
    for index in 0..count {
        // A stream of its own for each: one more or less changes nothing for the others.
        let mut rng = Rng::stream(options.seed, &flow.name, index + 1);
        let at = midnight + arrivals.draw(&mut rng);
        one(flow, flow_no, index, at, &mut rng, contacts)?;
    }
    Ok(())
}

/// Counts of a day are Poisson; with so many that is a normal distribution, as the sum of twelve even draws nearly is.
fn poisson_near(mean: u64, rng: &mut Rng) -> u64 {
    let even: f64 = (0..12).map(|_| rng.unit()).sum::<f64>() - 6.0;
    (mean as f64 + even * (mean as f64).sqrt()).max(0.0).round() as u64
}

/// When in the day.
struct Arrivals {
    parts: Weighted,
    length: Millis,
    from: Millis,
    to: Millis,
}

impl Arrivals {
    fn new(profile: &[f64], flow: &FlowText) -> Result<Arrivals, FileError> {
        let length = Millis(DAY.0 / profile.len() as u64);
        let (from, to) = (flow.from.0, flow.to.0);
        let overlap = |part: usize| {
            let begin = part as u64 * length.0;
            (begin + length.0).min(to.0).saturating_sub(begin.max(from.0))
        };
        // A part counts by how much of it is open.
        let weight = |(part, weight): (usize, &f64)| {
            ((weight * 1_000.0).round() as u64).saturating_mul(overlap(part) / 1_000)
        };
        let weights: Vec<u64> = profile.iter().enumerate().map(weight).collect();
        let parts = Weighted::new(&weights)
            .ok_or_else(|| FileError::new("nobody comes between from and to by this profile"))?;
        Ok(Arrivals { parts, length, from, to })
    }

    fn draw(&self, rng: &mut Rng) -> Millis {
        let begin = self.parts.draw(rng) as u64 * self.length.0;
        let (from, to) = (begin.max(self.from.0), (begin + self.length.0).min(self.to.0));
        Millis(from + rng.below(to.saturating_sub(from).max(1)))
    }
}

/// A contact, and those that may follow it.
fn one(
    flow: &FlowText,
    flow_no: usize,
    index: u64,
    at: Time,
    rng: &mut Rng,
    contacts: &mut Vec<PlannedContact>,
) -> Result<(), FileError> {
    let percent = |rng: &mut Rng, percent: u16| rng.permille(percent * 10);
    let handle = flow.handle.span()?.draw(rng);
    let patience = drawn(flow.patience, rng)?;
    let window = match &flow.window {
        Some(window) => {
            let not_before = at + window.after.span()?.draw(rng);
            Some(Window { not_before: Some(not_before), not_after: Some(not_before + window.within.0) })
        }
        None => None,
    };
    let unreached_percent = flow.window.as_ref().map_or(0, |window| window.unreached_percent);
    let unreached = (0..UNREACHED_MAX).take_while(|_| percent(rng, unreached_percent)).count() as u8;
    let pause = match &flow.pause {
        Some(pause) if percent(rng, pause.percent) => {
            let length = pause.length.span()?.draw(rng);
            Some(Pause { after: Millis(handle.0 / 2), length }).filter(|_| handle.0 > 1)
        }
        Some(_) | None => None,
    };
    let agrees = percent(rng, flow.agrees_percent);
    let site =
        (!flow.sites.is_empty()).then(|| flow.sites[rng.below(flow.sites.len() as u64) as usize].clone());
    let name = format!("{}-{}", flow.name, index + 1);
    let body = ContactBody {
        contact: named(&name)?,
        channel: flow.channel.clone(),
        queue: flow.queue.clone(),
        customer: CustomerRef::new(&format!("customer-{flow_no}-{index}")).ok(),
        matter: MatterRef::new(&format!("matter-{flow_no}-{index}")).ok(),
        skills: demands(flow)?,
        site: site.clone(),
        points: flow.points,
        due_at: None,
        arrived_at: None,
        preferred_agent: None,
        preferred_patience: None,
        excluded_agents: Vec::new(),
        attributes: flow.attributes.clone(),
        window: window.map(Box::new),
        reachable: flow.reachable.clone(),
        traceparent: None,
        classified: None,
        person: false,
        consult: None,
    };
    let first = contacts.len();
    let manner = Manner { falls_silent: flow.falls_silent, agrees, unreached, pause };
    contacts.push(PlannedContact {
        at,
        body: Arc::new(body),
        patience,
        handle,
        manner,
        follows: None,
        real: None,
    });
    for (place, then) in flow.then.iter().enumerate() {
        if percent(rng, then.percent) {
            let follower =
                follower(then, &contacts[first], first, &format!("{name}-{}", place + 1), site.clone(), rng)?;
            contacts.push(follower);
        }
    }
    Ok(())
}

fn follower(
    then: &ThenText,
    other: &PlannedContact,
    place: usize,
    name: &str,
    site: Option<SiteId>,
    rng: &mut Rng,
) -> Result<PlannedContact, FileError> {
    let after = then.after.span()?.draw(rng);
    let because = match then.when {
        WhenText::StillWaiting => Because::StillWaiting,
        WhenText::NotServed => Because::NotServed,
        WhenText::InHands => Because::InHands,
    };
    let body = ContactBody {
        contact: named(name)?,
        channel: then.channel.clone(),
        queue: then.queue.clone(),
        site,
        window: None,
        reachable: Vec::new(),
        ..(*other.body).clone()
    };
    Ok(PlannedContact {
        at: other.at + after,
        body: Arc::new(body),
        patience: drawn(then.patience, rng)?,
        handle: then.handle.span()?.draw(rng),
        manner: Manner::default(),
        follows: Some(Follows { contact: place, because, after }),
        real: None,
    })
}

fn drawn(spread: Option<Spread>, rng: &mut Rng) -> Result<Option<Millis>, FileError> {
    spread.map(|spread| Ok(spread.span()?.draw(rng))).transpose()
}

fn named(name: &str) -> Result<ContactId, FileError> {
    ContactId::new(name).map_err(|error| FileError::new(format!("{name:?}: {error}")))
}

fn demands(flow: &FlowText) -> Result<Vec<SkillDemand>, FileError> {
    let one = |(skill, level): (&SkillId, &u8)| {
        let level = Level::new(*level).ok_or_else(|| FileError::new("a level is 1 to 10"))?;
        Ok(SkillDemand { skill: skill.clone(), level })
    };
    flow.skills.iter().map(one).collect()
}

fn in_order(contacts: Vec<PlannedContact>) -> Vec<PlannedContact> {
    let mut order: Vec<usize> = (0..contacts.len()).collect();
    // Stable, and nobody comes before the one that it follows.
    order.sort_by_key(|at| contacts[*at].at);
    let mut place = vec![0; contacts.len()];
    for (new, old) in order.iter().enumerate() {
        place[*old] = new;
    }
    let mut contacts: Vec<Option<PlannedContact>> = contacts.into_iter().map(Some).collect();
    let moved = order.into_iter().map(|old| {
        let mut contact = contacts[old].take().expect("each place stands once in the order");
        contact.follows =
            contact.follows.map(|follows| Follows { contact: place[follows.contact], ..follows });
        contact
    });
    moved.collect()
}
