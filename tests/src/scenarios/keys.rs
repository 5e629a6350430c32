//! Every key of a configuration, each to be taken out alone.

use toml::{Table, Value};

/// From the outside in: names of tables and keys, and places in arrays from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPath(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Key(String),
    Place(usize),
}

impl std::fmt::Display for KeyPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, part) in self.0.iter().enumerate() {
            match part {
                Part::Key(key) if at == 0 => write!(f, "{key}")?,
                Part::Key(key) => write!(f, ".{key}")?,
                Part::Place(place) => write!(f, "[{place}]")?,
            }
        }
        Ok(())
    }
}

/// Every table, key and element.
pub fn all(config: &Table) -> Vec<KeyPath> {
    let mut found = Vec::new();
    for (key, value) in config {
        collect(&mut found, vec![Part::Key(key.clone())], value);
    }
    found
}

fn collect(found: &mut Vec<KeyPath>, path: Vec<Part>, value: &Value) {
    let inside: Vec<(Part, &Value)> = match value {
        Value::Table(table) => table.iter().map(|(key, value)| (Part::Key(key.clone()), value)).collect(),
        Value::Array(array) => (0..).map(Part::Place).zip(array).collect(),
        Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {
            Vec::new()
        }
    };
    found.push(KeyPath(path.clone()));
    for (part, value) in inside {
        collect(found, [path.clone(), vec![part]].concat(), value);
    }
}

/// The configuration without it.
pub fn without(config: &Table, path: &KeyPath) -> Table {
    let mut config = Value::Table(config.clone());
    let (last, parents) = path.0.split_last().expect("a path has a part");
    let parent = parents.iter().fold(&mut config, |value, part| match part {
        Part::Key(key) => &mut value[key.as_str()],
        Part::Place(place) => &mut value[*place],
    });
    match (last, parent) {
        (Part::Key(key), Value::Table(table)) => _ = table.remove(key),
        (Part::Place(place), Value::Array(array)) => _ = array.remove(*place),
        (last, parent) => panic!("{last:?} is no part of {parent:?}"),
    }
    let Value::Table(config) = config else { panic!("a configuration is a table") };
    config
}
