//! Questions are answered from committed state, by whoever owns the tenant's shard; silent agents are noticed.

#[expect(dead_code, reason = "each test program uses its part")]
mod common;

use std::time::Duration;

use common::{CONFIG, World, settled};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contacts_agents_and_queues_are_told() {
    let world = World::one().await;
    let node = world.node("n1").await;
    let missing = ask(&world, "acme", "queue.list", json!({})).await;
    assert_eq!((&missing["code"], &missing["node"]), (&json!("404"), &Value::Null), "{missing}");
    world.furnish().await;
    world.call("c1").await;
    let last = world.call("c2").await;
    settled(&node, last).await;
    let first = ask(&world, "acme", "contact.get", json!({"contact": "c1"})).await;
    assert_eq!(
        (&first["state"], &first["agent"], &first["queue"]),
        (&json!("offered"), &json!("jo"), &json!("sales"))
    );
    let second = ask(&world, "acme", "contact.get", json!({"contact": "c2"})).await;
    assert_eq!((&second["state"], second.get("agent")), (&json!("waiting"), None));
    let agent = ask(&world, "acme", "agent.get", json!({"agent": "jo"})).await;
    assert_eq!(
        (&agent["presence"]["state"], &agent["session"], &agent["used"]),
        (&json!("available"), &json!(1), &json!(100))
    );
    assert_eq!(
        (&agent["contacts"][0]["contact"], &agent["contacts"][0]["offer"]),
        (&json!("c1"), &first["offer"])
    );
    let queues = ask(&world, "acme", "queue.list", json!({})).await;
    assert_eq!((&queues["queues"][0]["waiting"], &queues["queues"][0]["offered"]), (&json!(1), &json!(1)));
    let head = json!({"shard": "0", "epoch": 1, "commit": queues["origin"]["commit"]});
    for answer in [&first, &second, &agent, &queues] {
        assert_eq!((&answer["origin"], &answer["at"]), (&head, &queues["at"]), "nothing happened in between");
    }
    assert!(head["commit"].as_u64() > Some(1), "{head}");

    for (tenant, verb, request, code, part) in [
        ("acme", "contact.get", json!({"contact": "nobody"}), "404", "there is no contact nobody"),
        ("acme", "agent.get", json!({"agent": "al"}), "404", "no agent al"),
        ("acme", "contact.get", json!({"id": "c1"}), "400", "id"),
        ("other", "queue.list", json!({}), "404", "there is no tenant other"),
    ] {
        let answer = ask(&world, tenant, verb, request).await;
        assert_eq!(answer["code"], code, "{answer}");
        assert!(answer["error"].as_str().unwrap_or_default().contains(part), "{answer}");
    }
    let listed = world.jetstream.client().request("$SRV.INFO.wissel", "".into()).await.expect("it is listed");
    let listed: Value = serde_json::from_slice(&listed.payload).expect("JSON");
    assert_eq!(listed["endpoints"].as_array().map(Vec::len), Some(6), "{listed}");
}

/// Whoever lost the offer's message learns from the state what went before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offer_and_the_state_show_the_customers_other_contacts() {
    let world = World::one().await;
    let node = world.node("n1").await;
    let mut desktop = world.listen("wissel.out.acme.agent.jo").await;
    world.furnish().await;
    let of_ida = |contact: &str| {
        json!({"type": "contact_create", "contact": contact, "channel": "voice", "queue": "sales",
            "customer": "ida", "matter": "order-7"})
    };
    world.contact(of_ida("c1")).await;
    let first = desktop.next("offer").await;
    assert_eq!(first.get("history"), None, "{first}");
    world.contact(json!({"type": "contact_end", "contact": "c1", "by": "customer"})).await;
    let last = world.contact(of_ida("c2")).await;
    let offer = desktop.next("offer").await;
    let history = &offer["history"];
    assert_eq!(
        (&history[0]["contact"], &history[0]["matter"], &history[0]["outcome"]),
        (&json!("c1"), &json!("order-7"), &json!("abandoned"))
    );
    settled(&node, last).await;
    let agent = ask(&world, "acme", "agent.get", json!({"agent": "jo"})).await;
    assert_eq!(agent["contacts"][0]["contact"], "c2");
    assert_eq!(&agent["contacts"][0]["history"], history);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_and_inputs_are_validated_without_being_sent() {
    let world = World::one().await;
    let _node = world.node("n1").await;
    let good = ask(&world, "acme", "validate", json!({"config": CONFIG})).await;
    assert_eq!((&good["valid"], &good["hash"]), (&json!(true), &json!(protocol::config::hash(CONFIG))));
    let text = CONFIG.replace("offer_timeout", "offer_timeuot");
    let bad = ask(&world, "acme", "validate", json!({"config": text})).await;
    assert_eq!((&bad["valid"], &bad["diagnostics"][0]["nearest"]), (&json!(false), &json!("offer_timeout")));
    let input = |subject: &str, body: &str| json!({"input": {"subject": subject, "body": body}});
    let bad = ask(&world, "acme", "validate", input("wissel.in.acme.contact", "{")).await;
    assert_eq!(bad["diagnostics"][0]["code"], "not_json");
    let session = std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_millis();
    let body = format!(r#"{{"type":"sign_in","session":{session},"counter":1}}"#);
    let good = ask(&world, "acme", "validate", input("wissel.in.acme.agent.nobody", &body)).await;
    assert_eq!((&good["valid"], &good["extent"]), (&json!(true), &json!("form")));
    let foreign = ask(&world, "acme", "validate", input("wissel.in.other.contact", "{}")).await;
    assert_eq!(foreign["code"], "400");
    assert_eq!(world.last_sequence("ING_0").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_whose_heartbeats_stop_is_lost_and_comes_back() {
    let world = World::one().await;
    let node = world.node("n1").await;
    let mut desktop = world.listen("wissel.out.acme.agent.jo").await;
    world.furnish().await;
    let last = world.put_agent("al").await;
    settled(&node, last).await;
    desktop.next("presence").await;
    // The follower may hear of the tenant a moment later than the owner.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let client = world.jetstream.client();
    let beat = || client.publish("wissel.beat.acme.agent.jo", r#"{"type":"beat","session":1}"#.into());
    beat().await.expect("sent");
    let lost = desktop.next("presence").await;
    assert_eq!((&lost["presence"]["state"], &lost["cause"]), (&json!("lost"), &json!("heartbeat")));
    beat().await.expect("sent");
    let back = desktop.next("presence").await;
    assert_eq!((&back["presence"]["state"], &back["cause"]), (&json!("available"), &json!("heartbeat")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn going_home_together_is_no_deafness() {
    let world = World::one().await;
    let node = world.node("n1").await;
    let mut desktop = world.listen("wissel.out.acme.agent.jo").await;
    world.furnish().await;
    let others: Vec<String> = (1..=9).map(|number| format!("a{number}")).collect();
    let mut last = 0;
    for agent in &others {
        world.put_agent(agent).await;
        last = world.sign_in(agent, 1).await;
    }
    settled(&node, last).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    for agent in others.iter().map(String::as_str).chain(["jo"]) {
        let subject = format!("wissel.beat.acme.agent.{agent}");
        let client = world.jetstream.client();
        client.publish(subject, r#"{"type":"beat","session":1}"#.into()).await.expect("sent");
    }
    for agent in &others {
        world.agent(agent, json!({"type": "sign_out", "session": 1, "counter": 2})).await;
    }
    desktop.next("presence").await;
    let lost = desktop.next("presence").await;
    assert_eq!((&lost["presence"]["state"], &lost["cause"]), (&json!("lost"), &json!("heartbeat")));
}

/// The answer, or `{code, error}`.
async fn ask(world: &World, tenant: &str, verb: &str, request: Value) -> Value {
    let subject = format!("wissel.api.{tenant}.{verb}");
    for _ in 0..50 {
        let answer = world.jetstream.client().request(subject.clone(), request.to_string().into()).await;
        let Ok(answer) = answer else {
            // The service may be subscribed a moment after the node has started.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let header = |name: &str| Some(answer.headers.as_ref()?.get(name)?.as_str().to_owned());
        match header("Nats-Service-Error-Code") {
            Some(code) if code == "503" => tokio::time::sleep(Duration::from_millis(50)).await,
            Some(code) => return json!({"code": code, "error": header("Nats-Service-Error")}),
            None => return serde_json::from_slice(&answer.payload).expect("JSON"),
        }
    }
    panic!("the node does not get ready")
}
