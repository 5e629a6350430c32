//! Inputs that no honest client sends: each must be refused, and none may cost the node anything else.

use bytes::Bytes;

/// Larger than an input may be, and small enough for the server.
const LARGE_BYTES: usize = 200 * 1024;
/// Deeper than any reader should follow.
const DEPTH: usize = 20_000;

/// Bodies for a tenant's contact subject.
pub fn bodies() -> Vec<Bytes> {
    let texts = [
        "",
        "null",
        "[]",
        "{\"type\":\"contact_",
        "{\"type\":\"contact_create\"}",
        "{\"type\":\"contact_create\",\"contact\":\"a.b\",\"queue\":\"sales\",\"channel\":\"voice\"}",
        "{\"type\":\"contact_create\",\"contact\":\"*\",\"queue\":\"sales\",\"channel\":\"voice\"}",
        "{\"type\":\"contact_create\",\"contact\":\">\",\"queue\":\"sales\",\"channel\":\"voice\"}",
        "{\"type\":\"contact_create\",\"contact\":\"a\\u0000b\",\"queue\":\"sales\",\"channel\":\"voice\"}",
        "{\"type\":\"contact_create\",\"contact\":\"a\\r\\nPUB x 0\",\"queue\":\"sales\",\"channel\":\"voice\"}",
        "{\"type\":\"contact_create\",\"contact\":\"x\",\"contact\":\"y\",\"queue\":\"sales\",\"channel\":\"voice\"}",
        "{\"type\":\"contact_create\",\"contact\":\"x\",\"queue\":\"sales\",\"channel\":\"voice\",\"points\":1e999}",
        "{\"type\":\"contact_create\",\"contact\":\"x\",\"queue\":\"sales\",\"channel\":\"voice\",\"points\":NaN}",
        "{\"type\":\"contact_create\",\"contact\":\"x\",\"queue\":\"sales\",\"channel\":\"voice\",\"points\":9e18}",
        "{\"type\":\"contact_create\",\"contact\":\"x\",\"queue\":\"nowhere\",\"channel\":\"voice\"}",
        "{\"type\":\"contact_create\",\"contact\":\"x\",\"tenant\":\"other\",\"queue\":\"sales\",\"channel\":\"voice\"}",
        "{\"type\":\"contact_create\",\"contact\":\"x\",\"queue\":\"sales\",\"channel\":\"voice\",\"surprise\":1}",
        "{\"type\":\"agent_put\",\"agent\":\"a00\"}",
        "{\"type\":\"config_apply\",\"hash\":\"0\"}",
        "{\"type\":\"contact_end\",\"contact\":\"never-was\",\"by\":\"customer\"}",
    ];
    let mut bodies: Vec<Bytes> = texts.iter().map(|text| Bytes::from_static(text.as_bytes())).collect();
    bodies.push(Bytes::from_static(b"{\"type\":\"contact_create\",\"contact\":\"\xff\xfe\"}"));
    bodies.push(format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH)).into());
    bodies
        .push(format!("{{\"type\":\"contact_create\",\"contact\":\"{}\"}}", "x".repeat(LARGE_BYTES)).into());
    let keys: Vec<String> = (0..10_000).map(|number| format!("\"k{number}\":0")).collect();
    bodies.push(format!("{{{}}}", keys.join(",")).into());
    bodies
}

/// Subjects below a tenant's that no input arrives on, and which its stream takes all the same.
pub fn subjects(tenant: &str) -> Vec<String> {
    ["contact.more", "agent", "agent.a00.more", "nonsense", "admin.more"]
        .iter()
        .map(|rest| format!("wissel.in.{tenant}.{rest}"))
        .collect()
}
