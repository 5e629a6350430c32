//! The published shapes: JSON Schema for every input, output, question and answer, and one AsyncAPI document over
//! them.
//!
//! All of it is generated from the structs that are decoded and serialised, and committed under `schema/`, so that
//! a change of shape shows in review. A schema says what decoding accepts, but for the limits that hold over a body
//! as a whole (its size, its depth, its number of keys, bytes where a schema counts characters, keys given twice)
//! and for the sum of a length of time, at most 365 days.

mod asyncapi;

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::input::{INPUT_SHAPES, InputShape};
use crate::output::{BODIES, BodyShape, Head, OutputKind};
use crate::query::{QUERY_SHAPES, QueryShape};

/// Every document with its path under `schema/`.
pub fn documents() -> Vec<(String, String)> {
    let inputs = INPUT_SHAPES.iter().map(|shape| (input_path(shape), input_schema(shape)));
    let outputs = BODIES.iter().map(|shape| (output_path(shape), output_schema(shape)));
    let queries = QUERY_SHAPES.iter().flat_map(query_schemas);
    let overview = ("asyncapi.json".to_owned(), asyncapi::document());
    inputs.chain(outputs).chain(queries).chain([overview]).map(|(path, value)| (path, show(&value))).collect()
}

fn show(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("keys are strings");
    text.push('\n');
    text
}

fn input_path(shape: &InputShape) -> String {
    format!("input/{}/{}.json", shape.source, shape.name)
}

fn output_path(shape: &BodyShape) -> String {
    format!("output/{}/{}.json", side(shape.kind), shape.name)
}

/// `name` is `request` or an answer's.
fn query_path(shape: &QueryShape, name: &str) -> String {
    format!("query/{}/{name}.json", shape.verb)
}

fn side(kind: OutputKind) -> &'static str {
    match kind {
        OutputKind::AgentDesktop => "agent",
        OutputKind::Customer => "customer",
        OutputKind::Feed => "event",
        OutputKind::DeadLetter => "refused",
    }
}

fn input_schema(shape: &InputShape) -> Value {
    let mut generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
    let own = (shape.schema)(&mut generator);
    let common = (shape.common)(&mut generator);
    let mut schema = merged(&mut generator, shape.name, &[common, own]);
    schema.insert("description".to_owned(), json!(shape.description));
    Value::Object(schema)
}

fn output_schema(shape: &BodyShape) -> Value {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let head = generator.root_schema_for::<Head<'_>>();
    let own = (shape.schema)(&mut generator);
    let description = own.get("description").cloned();
    let mut schema = merged(&mut generator, shape.name, &[head, own]);
    schema.extend(description.map(|text| ("description".to_owned(), text)));
    Value::Object(schema)
}

/// The request's and the answers', with their paths.
fn query_schemas(shape: &QueryShape) -> Vec<(String, Value)> {
    let request = (shape.request)(&mut SchemaSettings::draft2020_12().for_deserialize().into_generator());
    let answers = shape.answers.iter().map(|(name, schema)| {
        (*name, schema(&mut SchemaSettings::draft2020_12().for_serialize().into_generator()))
    });
    let all = [("request", request)].into_iter().chain(answers);
    all.map(|(name, mut schema)| {
        schema.insert("title".to_owned(), json!(name));
        (query_path(shape, name), schema.to_value())
    })
    .collect()
}

/// One object with the fields of all `parts`, and the type that tells it from the others.
fn merged(generator: &mut SchemaGenerator, name: &str, parts: &[Schema]) -> Map<String, Value> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    let mut schema = Map::new();
    for part in parts {
        if let Some(fields) = part.get("properties").and_then(Value::as_object) {
            properties.extend(fields.clone());
        }
        if let Some(names) = part.get("required").and_then(Value::as_array) {
            required.extend(names.iter().filter(|name| *name != "type").cloned());
        }
        if part.get("additionalProperties") == Some(&Value::Bool(false)) {
            schema.insert("additionalProperties".to_owned(), Value::Bool(false));
        }
    }
    properties.insert("type".to_owned(), json!({ "const": name }));
    required.insert(0, json!("type"));
    schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".to_owned(), json!(name));
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema.insert("required".to_owned(), Value::Array(required));
    let definitions = generator.take_definitions(true);
    if !definitions.is_empty() {
        schema.insert("$defs".to_owned(), Value::Object(definitions));
    }
    schema
}
