//! Who works, and when: groups of agents who are alike, their shifts and breaks.

use model::agent::AgentChannel;
use model::config::SkillDemand;
use model::id::AgentId;
use model::skill::Level;
use model::time::{Millis, Time};
use model::{AgentKind, AgentSpec, SkillId};

use super::CentreOptions;
use super::text::{CentreFile, FileError, GroupText, ShiftText};
use crate::plan::{Absence, Shift};
use crate::rng::Rng;

pub fn staff(
    file: &CentreFile,
    midnight: Time,
    options: &CentreOptions,
) -> Result<Vec<(AgentSpec, Shift)>, FileError> {
    let mut staff = Vec::new();
    for group in &file.agents {
        let count = (u64::from(group.count) * u64::from(options.percent)).div_ceil(100);
        for at in 0..count {
            // The roster is the same on every day; who takes a break when is not.
            let (mut of_roster, mut of_day) =
                (Rng::stream(0, &group.name, at), Rng::stream(options.seed, &group.name, at));
            let agent = AgentId::new(&format!("{}-{:03}", group.name, at + 1))
                .map_err(|error| FileError::new(error.to_string()).within("the name of a group of agents"))?;
            let spec = spec(group, agent.clone(), staff.len() as u32, &mut of_roster);
            let shift = &group.shifts[at as usize % group.shifts.len()];
            staff.push((spec, planned(shift, agent, midnight, &mut of_day)));
        }
    }
    Ok(staff)
}

fn spec(group: &GroupText, agent: AgentId, rank: u32, rng: &mut Rng) -> AgentSpec {
    let level = |level: u8| Level::new(level).expect("levels were looked at when the file was read");
    let mut skills: Vec<SkillDemand> = group
        .skills
        .iter()
        .map(|(skill, own)| SkillDemand { skill: skill.clone(), level: level(*own) })
        .collect();
    for some in &group.some {
        let has = |skill: &SkillId| skills.iter().any(|own| own.skill == *skill);
        if rng.permille(some.percent * 10) && !has(&some.skill) {
            skills.push(SkillDemand { skill: some.skill.clone(), level: level(some.level) });
        }
    }
    AgentSpec {
        agent,
        skills,
        channels: group
            .channels
            .iter()
            .map(|channel| AgentChannel { channel: channel.clone(), max: None })
            .collect(),
        capacity: group.capacity,
        rank,
        site: group.site.clone(),
        reserve: group.reserve,
        kind: AgentKind::Person,
    }
}

fn planned(shift: &ShiftText, agent: AgentId, midnight: Time, rng: &mut Rng) -> Shift {
    let later = Millis(rng.below(shift.stagger.0.0 + 1));
    let absences = shift.breaks.iter().map(|pause| {
        let [from, to] = pause.between.map(|clock| clock.0.0);
        Absence { at: midnight + Millis(from + rng.below(to - from + 1)), length: pause.length.0 }
    });
    Shift {
        absences: absences.collect(),
        agent,
        sign_in: midnight + shift.from.0 + later,
        sign_out: midnight + shift.to.0 + later,
    }
}
