//! What do rules cost an arrival?
//!
//! Workload: a contact with five attributes arrives where nobody works, waits, and ends; the tenant has so many rules of three
//! conditions each, over ten attributes, and none matches, so that the scan goes to its end. Without rules it is the
//! floor: what a rule costs is the difference.

use std::sync::Arc;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use engine::{Decisions, Engine};
use model::config::TenantConfig;
use model::input::{EndedBy, TenantInput};
use model::rule::{Among, Condition, Decimal, Rule, Test, When};
use model::{ContactBody, ContactId, Input, InputBody, RuleName, TenantId, Time};
use workload::world::{World, WorldOptions};

criterion_group!(benches, arrivals);
criterion_main!(benches);

const NOW: Time = Time(1_700_000_000_000);

fn arrivals(criterion: &mut Criterion) {
    let mut world = World::new(WorldOptions { agents: 20, ..WorldOptions::default() });
    let mut body = world.contact(contact_id(0), NOW);
    body.attributes = (0..5).map(|at| (format!("attribute-{at}"), format!("value-{at}"))).collect();
    let mut group = criterion.benchmark_group("rules");
    for count in [0, 1, 10, 100, 256] {
        let mut engine = Engine::new([7; 16]);
        let mut decisions = Decisions::default();
        let config = TenantConfig { rules: (0..count).map(rule).collect(), ..world.config() };
        say(
            &mut engine,
            &mut decisions,
            InputBody::ConfigApply { hash: "h".into(), config: Arc::new(config) },
        );
        let mut number = 0;
        let mut next = || {
            number += 1;
            let body = ContactBody { contact: contact_id(number), ..body.clone() };
            (body.contact.clone(), Arc::new(body))
        };
        group.bench_function(format!("arrival and end, {count} rules"), |bencher| {
            bencher.iter_batched(
                &mut next,
                |(contact, body)| {
                    say(&mut engine, &mut decisions, InputBody::ContactCreate { body, digest: 1 });
                    say(
                        &mut engine,
                        &mut decisions,
                        InputBody::ContactEnd { contact, by: EndedBy::Customer },
                    );
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

fn say(engine: &mut Engine, decisions: &mut Decisions, body: InputBody) {
    let tenant = TenantId::new("bench").expect("a valid id");
    let input = TenantInput { tenant, position: 1, stamp: NOW, sent_at: None, body };
    decisions.clear();
    engine.handle(NOW, Input::Tenant(input), decisions);
}

/// A text, a number and a list: the first two hold, so that all three are looked at.
fn rule(number: usize) -> Rule {
    let of = |at: usize, test| Condition::Attribute { name: format!("attribute-{}", at % 10), test };
    let most = Decimal::parse("1000").expect("a number");
    let silver = vec!["silver".to_owned(), format!("gold-{number}")];
    let conditions = vec![
        of(number % 5, Test::StartsWith("value".to_owned())),
        of(number % 5, Test::Among(Among { not: true, names: vec!["other".to_owned()] })),
        if number.is_multiple_of(2) {
            of(number, Test::AtMost(most))
        } else {
            of(number, Test::Among(Among { not: false, names: silver }))
        },
    ];
    let name = RuleName::new(&format!("rule-{number}")).expect("a valid id");
    Rule { name, when: When::All(conditions), queue: None, points: 1, skills: Vec::new(), person: false }
}

fn contact_id(number: u64) -> ContactId {
    ContactId::new(&format!("c{number}")).expect("a valid id")
}
