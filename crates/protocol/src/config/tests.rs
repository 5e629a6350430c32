//! What a configuration text may and may not say.

use super::*;

#[test]
fn the_example_is_complete() {
    let config = parse(EXAMPLE).unwrap_or_else(|diagnostics| panic!("{}", show_first(&diagnostics, 100)));
    assert_eq!(config.version, 1);
    assert_eq!(config.channels.len(), 7);
    assert_eq!(config.queues.len(), 3);
}

#[test]
fn what_a_change_would_do_is_said_in_lines() {
    let old = parse(EXAMPLE).expect("the example is valid");
    assert_eq!(diff(&old, &old), Vec::<String>::new());
    let text = EXAMPLE
        .replace("version = 1", "version = 2")
        .replace("due_in = \"8h\"", "due_in = \"90m\"")
        .replace("skills = { sales = 3 }", "skills = { sales = 3, dutch = 1 }")
        .replace("[queues.support]", "[queues.service]")
        .replace("queue = \"support\", signal", "queue = \"service\", signal")
        .replace("sales = 3, support = 1", "sales = 3, service = 1")
        .replace("max = 2", "max = \"none\"")
        .replace("default_queue = \"back_office\"", "")
        .replace("name = \"large-orders\"", "name = \"orders\"")
        .replace("starts_with = \"v1-\"", "starts_with = \"v2-\"")
        + "[[rules]]\nname = \"others\"\npoints = 1\n";
    let new = parse(&text).expect("still valid");
    assert_eq!(
        diff(&old, &new),
        [
            "version changes from 1 to 2",
            "channel \"chat\": max changes from 2 to none",
            "default_queue (for contacts that arrive from then on) changes from back_office to none",
            "rule \"large-orders\" is removed",
            "rule \"orders\" is added as number 1",
            "rule \"old-sales-form\": its conditions change",
            "rule \"others\" is added as number 3",
            "overflow rule \"orders-to-anybody\": floor changes from service_level at_least 80 of support to service_level \
             at_least 80 of service",
            "overflow rule \"orders-to-anybody\": begins off",
            "overflow rule \"letters-to-support\": floor changes from free on voice at_least 2 of support to free on voice \
             at_least 2 of service",
            "overflow rule \"letters-to-support\": begins off",
            "queue \"sales\": ratio (begins anew) changes from { sales = 3, support = 1 } to { sales = 3, service = 1 }",
            "queue \"service\": ratio (begins anew) changes from none to { sales = 3, service = 1 }",
            "queue \"support\": ratio (begins anew) changes from { sales = 3, support = 1 } to none",
            "queue \"sales\": due_in changes from 8h to 1h30m",
            "queue \"sales\": skills (for contacts that arrive from then on) changes from { sales = 3 } to \
             { sales = 3, dutch = 1 }",
            "queue \"support\" is removed; refused while open contacts have it",
            "queue \"service\" is added",
        ]
    );
}

#[test]
fn a_change_of_sites_is_said_in_lines() {
    let old = parse(EXAMPLE).expect("the example is valid");
    let text = EXAMPLE
        .replace("sites = [\"city\", \"airport\"]", "sites = [\"city\", \"harbour\"]")
        .replace("site = \"required\"", "");
    let new = parse(&text).unwrap_or_else(|diagnostics| panic!("{}", show_first(&diagnostics, 100)));
    assert_eq!(
        diff(&old, &new),
        [
            "site \"airport\" is removed",
            "site \"harbour\" is added",
            "channel \"desk\": site (for contacts that arrive from then on) changes from required to optional",
        ]
    );
}

#[test]
fn a_change_of_capacity_is_said_in_lines() {
    let old = parse(EXAMPLE).expect("the example is valid");
    let text = EXAMPLE.replace("reserve = 30", "").replace("beside = [\"chat\"]", "beside = []");
    let text = text.replace("interruptions = 2", "");
    let other = EXAMPLE.replace("reserve = 30", "reserve = 40").replace("beside = [\"chat\"]", "");
    let other = other.replace("interruptions = 2", "interruptions = 3");
    let expect = |text: &str, lines: [&str; 3]| {
        let new = parse(text).unwrap_or_else(|diagnostics| panic!("{}", show_first(&diagnostics, 100)));
        assert_eq!(diff(&old, &new), lines);
    };
    let of_voice = |to: &str| format!("channel \"voice\": beside changes from [chat] to {to}");
    let of_email = |to: &str| format!("channel \"email\": interruptions changes from 2 to {to}");
    expect(&text, ["reserve changes from 30 to none", &of_voice("[]"), &of_email("none")]);
    expect(&other, ["reserve changes from 30 to 40", &of_voice("all"), &of_email("3")]);
}

#[test]
fn a_change_of_what_stays_is_said_in_lines() {
    let old = parse(EXAMPLE).expect("the example is valid");
    let text = EXAMPLE.replace("bound = \"status\"\nbound_for = \"3d\"\n", "");
    let other = EXAMPLE.replace("bound_for = \"3d\"\n", "");
    for (text, to) in [(text, "session"), (other, "status, for 7d")] {
        let new = parse(&text).unwrap_or_else(|diagnostics| panic!("{}", show_first(&diagnostics, 100)));
        assert_eq!(
            diff(&old, &new),
            [format!("channel \"email\": bound changes from status, for 3d to {to}")]
        );
    }
}

#[test]
fn a_change_of_what_a_contact_may_take_is_said_in_lines() {
    let old = parse(EXAMPLE).expect("the example is valid");
    for (text, to) in [("", "none"), ("handling_max = \"90m\"", "1h30m")] {
        let text = EXAMPLE.replace("handling_max = \"2h\"", text);
        let new = parse(&text).unwrap_or_else(|diagnostics| panic!("{}", show_first(&diagnostics, 100)));
        assert_eq!(diff(&old, &new), [format!("queue \"sales\": handling_max changes from 2h to {to}")]);
    }
}

#[test]
fn a_change_of_slow_start_and_ration_is_said_in_lines() {
    let old = parse(EXAMPLE).expect("the example is valid");
    let slow_start =
        ("[slow_start]\nover = \"30s\"\nevery = \"3s\"", "slow_start changes from over 30s, every 3s");
    let ration = ("[ration]\noffers = 100\nover = \"1h\"", "ration changes from 100 offers, over 1h");
    let other_ration = "[ration]\noffers = 20\nover = \"1h\"";
    for ((text, from), other, to) in
        [(slow_start, "", "none"), (ration, "", "none"), (ration, other_ration, "20 offers, over 1h")]
    {
        let text = EXAMPLE.replace(text, other);
        let new = parse(&text).unwrap_or_else(|diagnostics| panic!("{}", show_first(&diagnostics, 100)));
        assert_eq!(diff(&old, &new), [format!("{from} to {to}")]);
    }
}

#[test]
fn a_change_of_quiet_is_said_in_lines() {
    let old = parse(EXAMPLE).expect("the example is valid");
    let text = EXAMPLE.replace("quiet = { to = \"messaging_later\" }", "");
    let other = EXAMPLE.replace("to = \"messaging_later\"", "to = \"email\", ends = \"2h\"");
    for (text, to) in [(text, "none"), (other, "to email, ends 2h")] {
        let new = parse(&text).unwrap_or_else(|diagnostics| panic!("{}", show_first(&diagnostics, 100)));
        let line = format!("channel \"messaging\": quiet changes from to messaging_later, ends 1d to {to}");
        assert_eq!(diff(&old, &new), [line]);
    }
}

#[test]
fn a_change_of_calendars_is_said_in_lines() {
    let old = parse(EXAMPLE).expect("the example is valid");
    let text = EXAMPLE
        .replace("fri = [\"08:00-12:00\", \"13:00-17:00\"]\nholidays = [\"2026-12-25\", ", "holidays = [")
        .replace("special = { \"2026-12-24\" = [\"08:00-12:00\"] }", "special = { \"2026-12-24\" = [] }")
        .replace("[calendars.phones]\nzone = \"Europe/Amsterdam\"", "[calendars.always]\nzone = \"UTC\"")
        .replace("hours = \"phones\"", "hours = \"always\"")
        .replace("due_in = \"2 business days\"", "due_in = \"16h\"")
        .replace("pressure = \"2h\"", "");
    let new = parse(&text).unwrap_or_else(|diagnostics| panic!("{}", show_first(&diagnostics, 100)));
    assert_eq!(
        diff(&old, &new),
        [
            "calendar \"office\": fri changes from 08:00-12:00 13:00-17:00 to closed",
            "calendar \"office\": 2026-12-24 changes from 08:00-12:00 to closed",
            "calendar \"office\": 2026-12-25 changes from closed to as its weekday",
            "calendar \"phones\" is removed",
            "calendar \"always\" is added",
            "queue \"support\": hours changes from phones to always",
            "queue \"back_office\": due_in changes from 2 business days to 16h",
            "queue \"back_office\": pressure changes from 2h to none",
        ]
    );
}

#[test]
fn a_change_of_overflow_is_said_in_lines() {
    let old = parse(EXAMPLE).expect("the example is valid");
    let first = EXAMPLE.find("[[overflow]]").expect("the first rule");
    let second = first + EXAMPLE[first + 2..].find("[[overflow]]").expect("the second rule") + 2;
    let end = EXAMPLE.find("# Ratios").expect("what follows");
    let changed = EXAMPLE[first..second]
        .replace("at_least = 20, for = \"30s\"", "at_least = 20")
        .replace("at_most = 5", "at_most = 6")
        .replace("floor = ", "# floor = ")
        .replace("cap = 10", "cap = 9")
        .replace("support = 1 }, keep_own = true", "support = 2 }, keep_own = false");
    let other = "[[overflow]]\nname = \"late\"\nqueue = \"back_office\"\nmove = \"support\"\n\
                 when = { signal = \"at_risk\", within = \"2h\", at_least = 1 }\nuntil = { signal = \"waiting\", at_most = 0 }\n";
    let all = [&EXAMPLE[..first], other, &changed, &EXAMPLE[end..]].concat();
    let new = parse(&all).unwrap_or_else(|diagnostics| panic!("{}", show_first(&diagnostics, 100)));
    assert_eq!(
        diff(&old, &new),
        [
            "overflow rule \"old-orders-first\" is removed",
            "overflow rule \"letters-to-support\" is removed",
            "overflow rule \"write-instead\" is removed",
            "overflow rule \"late\" is added as number 1",
            "overflow rule \"orders-to-anybody\": its place changes from 1 to 2",
            "overflow rule \"orders-to-anybody\": when changes from waiting at_least 20 for 30s to waiting at_least 20 for 0s",
            "overflow rule \"orders-to-anybody\": until changes from waiting at_most 5 for 1m to waiting at_most 6 for 1m",
            "overflow rule \"orders-to-anybody\": floor changes from service_level at_least 80 of support to none",
            "overflow rule \"orders-to-anybody\": cap changes from 10 to 9",
            "overflow rule \"orders-to-anybody\": what it does changes from lend to { support = 1 } to lend to \
             { support = 2 } without its own",
            "overflow rule \"orders-to-anybody\": begins off",
        ]
    );
}

#[test]
fn a_change_of_estimates_is_said_in_lines() {
    let old = parse(EXAMPLE).expect("the example is valid");
    let text = EXAMPLE
        .replace("estimate = true", "estimate = false")
        .replace("foresee = true", "foresee = false")
        .replace("signal = \"oldest\", at_most = \"5m\"", "signal = \"ewt_p90\", at_most = \"5m\"");
    let new = parse(&text).unwrap_or_else(|diagnostics| panic!("{}", show_first(&diagnostics, 100)));
    assert_eq!(
        diff(&old, &new),
        [
            "overflow rule \"old-orders-first\": until changes from oldest at_most 5m for 0s to ewt_p90 at_most 5m for 0s",
            "overflow rule \"old-orders-first\": begins off",
            "queue \"sales\": estimate changes from true to false",
            "queue \"back_office\": foresee changes from true to false",
        ]
    );
}

#[test]
fn a_change_of_work_and_of_who_is_free_is_said_in_lines() {
    let old = parse(EXAMPLE).expect("the example is valid");
    let text = EXAMPLE
        .replace("signal = \"backlog\", at_least = \"4h\"", "signal = \"backlog\", at_least = \"3h\"")
        .replace("signal = \"free\", channel = \"voice\"", "signal = \"free\", channel = \"chat\"");
    let new = parse(&text).unwrap_or_else(|diagnostics| panic!("{}", show_first(&diagnostics, 100)));
    assert_eq!(
        diff(&old, &new),
        [
            "overflow rule \"letters-to-support\": when changes from backlog at_least 4h for 5m to backlog at_least 3h for 5m",
            "overflow rule \"letters-to-support\": floor changes from free on voice at_least 2 of support to free on chat \
             at_least 2 of support",
            "overflow rule \"letters-to-support\": begins off",
        ]
    );
}

#[test]
fn a_change_of_what_is_preferred_and_of_who_is_for_people_is_said_in_lines() {
    let old = parse(EXAMPLE).expect("the example is valid");
    let new = parse(
        &EXAMPLE
            .replace("prefer = { dutch = 3 }", "prefer = { dutch = 3, english = 1 }")
            .replace("person = false", "person = true")
            .replace("person = true\n\n[[rules]]", "person = false\n\n[[rules]]"),
    );
    let new = new.unwrap_or_else(|diagnostics| panic!("{}", show_first(&diagnostics, 100)));
    assert_eq!(
        diff(&old, &new),
        [
            "rule \"large-orders\": person changes from true to false",
            "queue \"support\": prefer (for contacts that arrive from then on) changes from { dutch = 3 } to { dutch = 3, english = 1 }",
            "queue \"support\": person (for contacts that arrive from then on) changes from false to true",
        ]
    );
}

#[test]
fn a_change_of_ratios_is_said_for_each_queue() {
    let old = parse(EXAMPLE).expect("the example is valid");
    let text = EXAMPLE.replace("{ sales = 3, support = 1 }", "{ back_office = 2, sales = 3 }");
    let new = parse(&text).unwrap_or_else(|diagnostics| panic!("{}", show_first(&diagnostics, 100)));
    let ratio = "ratio (begins anew) changes from";
    assert_eq!(
        diff(&old, &new),
        [
            format!("queue \"back_office\": {ratio} none to {{ back_office = 2, sales = 3 }}"),
            format!(
                "queue \"sales\": {ratio} {{ sales = 3, support = 1 }} to {{ back_office = 2, sales = 3 }}"
            ),
            format!("queue \"support\": {ratio} {{ sales = 3, support = 1 }} to none"),
        ]
    );
    // In whichever order it is written.
    let text = EXAMPLE.replace("{ sales = 3, support = 1 }", "{ support = 1, sales = 3 }");
    assert_eq!(diff(&old, &parse(&text).expect("the same")), [""; 0]);
}

#[test]
fn a_change_of_proposals_is_said_in_lines() {
    let old = parse(EXAMPLE).expect("the example is valid");
    let text =
        EXAMPLE.replace("steering = 1", "steering = 2").replace("timeout = \"60s\"", "timeout = \"90s\"");
    let new = parse(&text).unwrap_or_else(|diagnostics| panic!("{}", show_first(&diagnostics, 100)));
    assert_eq!(
        diff(&old, &new),
        [
            "channel \"email\": steering changes from 1 to 2",
            "overflow rule \"write-instead\": what it does changes from propose email in back_office for 1m to propose email \
             in back_office for 1m30s",
            "overflow rule \"write-instead\": begins off",
        ]
    );
}

#[test]
fn a_change_of_what_befalls_scheduled_contacts_is_said_in_lines() {
    let old = parse(EXAMPLE).expect("the example is valid");
    let text = EXAMPLE
        .replace("release = 10", "release = 3")
        .replace("retries = 2\nretry_after", "retries = 5\nretry_after")
        .replace("retry_after = \"15m\"", "retry_after = \"1h\"");
    let new = parse(&text).unwrap_or_else(|diagnostics| panic!("{}", show_first(&diagnostics, 100)));
    assert_eq!(
        diff(&old, &new),
        [
            "queue \"support\": retry_after changes from 15m to 1h",
            "queue \"support\": release changes from 10 to 3",
            "queue \"support\": retries changes from 2 to 5",
        ]
    );
}

#[test]
fn a_text_that_is_too_large_is_not_read() {
    let diagnostics = parse(&"#".repeat(TEXT_SIZE_MAX + 1)).expect_err("too large");
    assert!(diagnostics[0].reason.contains("262145"), "{}", diagnostics[0]);
}

#[test]
fn a_configuration_that_no_record_holds_is_refused() {
    let text = |queues: usize| {
        let queues: String = (0..queues).map(|queue| format!("[queues.q{queue}]\n")).collect();
        format!("version = 1\n[channels.voice]\n{queues}")
    };
    // Within every other limit.
    let diagnostics = parse(&text(3_000)).expect_err("too large");
    let [Diagnostic { line: 1, column: 1, reason, nearest: None }] = &diagnostics[..] else {
        panic!("{diagnostics:?}")
    };
    let start = "the configuration takes ";
    let bytes = reason.strip_prefix(start).and_then(|rest| rest.split(' ').next()).expect("it says how many");
    assert!(bytes.parse::<usize>().is_ok_and(|bytes| bytes > ENCODED_SIZE_MAX), "{reason}");
    assert!(reason.contains("at most 524288 are taken"), "{reason}");
    assert!(parse(&text(2_000)).is_ok());
}

#[test]
fn what_is_hardly_meant_is_warned_of() {
    assert_eq!(warnings(&parse(EXAMPLE).expect("the example is valid")), Vec::<String>::new());
    let text = EXAMPLE.replace("[channels.voice]", "[channels.voice]\ncost = 1000");
    let warnings = warnings(&parse(&text).expect("valid, for agents with more units"));
    let text = EXAMPLE.replace("due_in = \"2 business days\"", "due_in = \"100d\"");
    assert_eq!(
        super::warnings(&parse(&text).expect("valid, and far")),
        [
            "queue \"back_office\": calendar \"office\" is not open for 100d within 366d; what is not due by then falls due then"
        ]
    );
    assert!(warnings[0].starts_with("channel \"voice\" costs 1000 units; an agent has 100"), "{warnings:?}");
}

#[test]
fn a_large_text_that_stands_twice_is_judged_quickly() {
    let lines: String = (0..8_000).map(|line| format!("x{line} = 1\n")).collect();
    let diagnostics = parse(&format!("[queues.x]\n{lines}[queues.x]\n{lines}")).expect_err("twice");
    assert_eq!(diagnostics.len(), 100);
    assert_eq!(
        diagnostics[0].to_string(),
        "line 8002, column 9: the table [queues.x] stands twice; the first is in line 1"
    );
}

#[test]
fn mistakes_at_the_end_of_a_large_text_are_found_quickly() {
    let lines: String = (0..20_000).map(|line| format!("x{line} = 1\n")).collect();
    let diagnostics = parse(&lines).expect_err("nothing of it is valid");
    assert_eq!(diagnostics.len(), 100);
    assert!(diagnostics[99].reason.starts_with("and 19"), "{}", diagnostics[99]);
}
