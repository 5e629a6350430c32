"use strict";
// Draws the summary that stands in this file. Every text goes in as text, so that nothing in the data can be markup.
const { summary, verdict, meanings } = JSON.parse(document.getElementById("data").textContent);
const main = document.getElementById("report");
const WIDTH = 1000, LEFT = 64, RIGHT = 16, TOP = 12;

function add(parent, name, attributes = {}, ...children) {
  const isSvg = parent instanceof SVGElement || name === "svg";
  const element = isSvg
    ? document.createElementNS("http://www.w3.org/2000/svg", name)
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  for (const child of children) element.append(child);
  parent.append(element);
  return element;
}
function time(ns) {
  if (ns === undefined || ns === null) return "–";
  if (ns >= 1e9) return (ns / 1e9).toFixed(ns >= 1e10 ? 0 : 2) + " s";
  if (ns >= 1e6) return (ns / 1e6).toFixed(ns >= 1e7 ? 1 : 2) + " ms";
  if (ns >= 1e3) return (ns / 1e3).toFixed(0) + " µs";
  return ns + " ns";
}
const percent = share => share === null || share === undefined ? "–" : (100 * share).toFixed(1) + " %";

function section(title, text) {
  add(main, "h2", {}, title);
  if (text) add(main, "p", { class: "soft" }, text);
}
// Cells are text, or { text, kind } with a class.
function table(parent, head, rows) {
  const wide = add(parent, "div", { class: "wide" });
  const element = add(wide, "table");
  const top = add(add(element, "thead"), "tr");
  head.forEach(text => add(top, "th", { scope: "col" }, text));
  const body = add(element, "tbody");
  for (const row of rows) {
    const line = add(body, "tr");
    row.forEach(cell => {
      const { text, kind } = typeof cell === "object" && cell !== null ? cell : { text: cell };
      add(line, "td", kind ? { class: kind } : {}, String(text));
    });
  }
}
// A frame with axes: what is drawn inside uses x() and y().
function frame(name, height, { ticksX, ticksY, x, y, unitX }) {
  const figure = add(main, "figure");
  const svg = add(figure, "svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": name, id: name });
  for (const { at, label } of ticksY) {
    add(svg, "line", { class: "axis", x1: LEFT, x2: WIDTH - RIGHT, y1: y(at), y2: y(at) });
    add(svg, "text", { x: LEFT - 8, y: y(at) + 4, "text-anchor": "end" }, label);
  }
  for (const { at, label } of ticksX) {
    add(svg, "text", { x: x(at), y: height - 18, "text-anchor": "middle" }, label);
  }
  add(svg, "text", { x: WIDTH - RIGHT, y: height - 2, "text-anchor": "end" }, unitX);
  return { figure, svg };
}
function legend(figure, entries) {
  const element = add(figure, "div", { class: "legend" });
  for (const { label, color } of entries) {
    const entry = add(element, "span");
    add(entry, "span", { class: "key", style: `border-color:${color}` });
    entry.append(label);
  }
}
// Points with nothing in them break the line.
function curve(svg, points, color, dashes) {
  let path = "", isOpen = false;
  for (const point of points) {
    if (point === null) { isOpen = false; continue; }
    path += `${isOpen ? "L" : "M"}${point[0].toFixed(1)} ${point[1].toFixed(1)}`;
    isOpen = true;
  }
  const attributes = { class: "curve", d: path, style: `stroke:${color}` };
  if (dashes) attributes["stroke-dasharray"] = dashes;
  add(svg, "path", attributes);
}
function steps(most, count) {
  const raw = Math.max(most, 1e-9) / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(step => step >= raw);
  const all = [];
  for (let at = 0; at <= most + step * 0.001; at += step) all.push(at);
  return all;
}
// A plot over the seconds of the run, with the warm-up and the faults behind it.
function overTime(name, unit, series, { most, show = value => String(Math.round(value * 100) / 100), marks = [] }) {
  const height = 260, bottom = height - 36, count = summary.seconds.length;
  const top = most ?? Math.max(1, ...series.flatMap(({ values }) => values.map(value => value ?? 0)));
  const x = second => LEFT + (WIDTH - LEFT - RIGHT) * second / count;
  const y = value => bottom - (bottom - TOP) * Math.min(value, top) / top;
  const { figure, svg } = frame(name, height, {
    x, y, unitX: "seconds since the first phase began",
    ticksX: steps(count, 10).filter(at => at <= count).map(at => ({ at, label: String(at) })),
    ticksY: steps(top, 5).filter(at => at <= top).map(at => ({ at, label: show(at) })),
  });
  behind(svg, x, bottom);
  for (const { values, color } of series) {
    curve(svg, values.map((value, second) => value === null ? null : [x(second + 0.5), y(value)]), color);
  }
  for (const { at, color } of marks) curve(svg, [[LEFT, y(at)], [WIDTH - RIGHT, y(at)]], color, "6 4");
  legend(figure, series.concat(marks).map(({ label, color }) => ({ label: `${label}${unit}`, color })));
}
function behind(svg, x, bottom) {
  if (summary.warm_up_s > 0) {
    add(svg, "rect", { class: "warmup", x: x(0), y: TOP, width: x(summary.warm_up_s) - x(0), height: bottom - TOP });
  }
  for (const fault of summary.faults) {
    const [from, to] = [x(fault.at_s), x(fault.mended_s)];
    const area = add(svg, "rect", { class: "fault", x: from, y: TOP, width: Math.max(1, to - from), height: bottom - TOP });
    add(area, "title", {}, fault.what);
    add(svg, "line", { class: "faultline", x1: from, x2: from, y1: TOP, y2: bottom });
    add(svg, "text", { x: from + 4, y: TOP + 12 }, fault.what);
  }
}

function head() {
  add(main, "h1", {}, summary.scenario);
  add(main, "p", { class: "soft" }, summary.about);
  const kind = { pass: "good", invalid: "warn", interrupted: "warn" }[summary.verdict] ?? "bad";
  add(main, "p", {}, "");
  add(main, "span", { class: `verdict ${kind}`, id: "verdict" }, verdict);
  const list = add(main, "ul");
  summary.reasons.forEach(reason => add(list, "li", {}, reason));
  const all = summary.all;
  add(main, "p", {}, `${all.planned} contacts planned, ${all.sent} sent, ${all.dropped} dropped, ${all.stored} acknowledged; ` +
    `${all.answered} answered, ${all.abandoned} gave up, ${all.refused} refused, ${all.unanswered} neither.`);
}
function generator() {
  section("The generator", "Asked first: one that fell behind makes the run invalid, not slow.");
  const { generator } = summary;
  table(main, ["", "p50", "p99", "max"], [
    ["pacing alone, before the run", generator.self_check],
    ["send lag", generator.send_lag],
    ["timers late during the run", generator.stall],
  ].map(([name, latency]) => [name, time(latency.p50_ns), time(latency.p99_ns), time(latency.max_ns)]));
  add(main, "p", {}, `${generator.workers} workers, ${generator.broken_connections} broken connections.`);
}
function thresholds() {
  if (!summary.thresholds.length) return;
  section("Thresholds");
  table(main, ["threshold", "found", ""], summary.thresholds.map(({ threshold, found, holds }) => [
    threshold, found ?? "nothing to measure", { text: holds ? "✓ holds" : "✗ missed", kind: holds ? "good" : "bad" },
  ]));
}
function rates() {
  section("Planned and sent", "Contacts of each second, by the instants of the plan. The shaded first part is the warm-up; faults are marked in red.");
  overTime("rates", " per second", [
    { label: "planned", color: "var(--c1)", values: summary.seconds.map(second => second.planned) },
    { label: "sent", color: "var(--c0)", values: summary.seconds.map(second => second.sent) },
  ], {});
}
function percentiles() {
  section("Latency by percentile", "The axis stretches towards the maximum: each step to the right is ten times rarer.");
  const curves = Object.entries(summary.curves);
  const values = curves.flatMap(([, points]) => points.map(point => point.ns));
  if (!values.length) return;
  const low = Math.floor(Math.log10(Math.max(1, Math.min(...values)))), high = Math.ceil(Math.log10(Math.max(...values)));
  const nines = share => -Math.log10(Math.max(1e-12, 1 - share / 100));
  const most = Math.max(1, ...curves.map(([, points]) => nines(points.at(-1).percent)));
  const height = 340, bottom = height - 36;
  const x = share => LEFT + (WIDTH - LEFT - RIGHT) * Math.min(1, nines(share) / most);
  const y = ns => bottom - (bottom - TOP) * (Math.log10(Math.max(1, ns)) - low) / Math.max(1, high - low);
  const powers = Array.from({ length: high - low + 1 }, (_, place) => 10 ** (low + place));
  const { figure, svg } = frame("percentiles", height, {
    x, y, unitX: "percentile",
    ticksX: [0, 50, 90, 99, 99.9, 99.99, 99.999].filter(at => nines(at) <= most).map(at => ({ at, label: `p${at}` })),
    ticksY: powers.map(at => ({ at, label: time(at) })),
  });
  curves.forEach(([, points], place) =>
    curve(svg, points.map(({ percent, ns }) => [x(percent), y(ns)]), `var(--c${place % 7})`));
  legend(figure, curves.map(([name], place) => ({ label: name, color: `var(--c${place % 7})` })));
  table(main, ["latency", "count", "p50", "p90", "p99", "p99.9", "max", "what"],
    Object.entries(summary.all.latency).map(([name, latency]) => [
      name, latency.count, ...["p50", "p90", "p99", "p999", "max"].map(key => time(latency[`${key}_ns`])),
      { text: meanings[name] ?? "", kind: "long" },
    ]));
}
function heat() {
  section("Waits over time", "Offers of each second by how long their contacts had waited since they were planned; a stronger colour is more.");
  const buckets = Math.max(...summary.seconds.map(second => second.wait_buckets.findLastIndex(count => count > 0))) + 1;
  if (buckets <= 0) return;
  const height = 60 + 18 * buckets, bottom = height - 36, count = summary.seconds.length;
  const x = second => LEFT + (WIDTH - LEFT - RIGHT) * second / count;
  const y = bucket => bottom - (bottom - TOP) * bucket / buckets;
  const { svg } = frame("heat", height, {
    x, y, unitX: "seconds since the first phase began",
    ticksX: steps(count, 10).filter(at => at <= count).map(at => ({ at, label: String(at) })),
    ticksY: Array.from({ length: buckets }, (_, bucket) => ({ at: bucket, label: bucket ? time(2 ** (bucket - 1) * 1e6) : "0" })),
  });
  const most = Math.max(...summary.seconds.flatMap(second => second.wait_buckets));
  for (const { second, wait_buckets } of summary.seconds) {
    wait_buckets.forEach((found, bucket) => {
      if (!found) return;
      const cell = add(svg, "rect", {
        class: "cell", x: x(second), y: y(bucket + 1), width: Math.max(1, x(1) - x(0)), height: y(0) - y(1),
        style: `fill:rgba(var(--heat), ${(0.15 + 0.85 * Math.sqrt(found / most)).toFixed(3)})`,
      });
      add(cell, "title", {}, `second ${second}: ${found}`);
    });
  }
  behind(svg, x, bottom);
}
function backlog() {
  section("Backlog", "At the end of each second: contacts that no agent has, and how long the oldest of them has waited.");
  overTime("backlog", "", [
    { label: "waiting", color: "var(--c0)", values: summary.seconds.map(second => second.waiting) },
    { label: "in hands", color: "var(--c2)", values: summary.seconds.map(second => second.in_hands) },
  ], {});
  overTime("oldest", "", [
    { label: "oldest that waits", color: "var(--c1)", values: summary.seconds.map(second => second.oldest_ms / 1e3) },
  ], { show: seconds => `${Math.round(seconds * 1000) / 1000} s` });
}
function service() {
  section("Service level", "Contacts of each second that were answered in time; dashed: what their queues are to reach.");
  const targets = [...new Set(summary.flows.map(flow => flow.service_level_target).filter(target => target !== null))];
  overTime("service", "", [
    { label: "answered in time", color: "var(--c2)", values: summary.seconds.map(second => second.service_level) },
  ], { most: 1, show: percent, marks: targets.map(at => ({ at, label: `target ${percent(at)}`, color: "var(--c3)" })) });
  table(main, ["flow", "planned", "answered", "gave up", "queued", "service level", "target", "wait p50", "wait p99"],
    summary.flows.map(flow => [flow.flow, flow.planned, flow.answered, flow.abandoned, flow.queued,
      `${percent(flow.service_level)} in ${flow.answer_within_ms} ms`, percent(flow.service_level_target),
      time(flow.latency.wait?.p50_ns), time(flow.latency.wait?.p99_ns)]));
}
function faults() {
  if (!summary.faults.length) return;
  section("Faults");
  table(main, ["fault", "at", "mended", "longest time without a decision"], summary.faults.map(fault => [
    fault.what, `${fault.at_s.toFixed(1)} s`, `${fault.mended_s.toFixed(1)} s`, time(fault.outage_ms * 1e6),
  ]));
}
function invariants() {
  section("Invariants");
  const { invariants } = summary, { checker } = invariants;
  const mark = count => ({ text: count ? `✗ ${count}` : "✓ none", kind: count ? "bad" : "good" });
  const rows = [
    ["violations seen while it ran", mark(invariants.seen_live)],
    ["acknowledged contacts without an end", mark(invariants.lost)],
    ["withdrawn at the end, which is no violation", String(invariants.withdrawn)],
  ];
  if (checker) {
    rows.push(["outside checker", { text: checker.is_sound ? "✓ sound" : "✗ not sound", kind: checker.is_sound ? "good" : "bad" }]);
    rows.push(["what it read", `${checker.inputs} inputs, ${checker.records} records, ${checker.offers} offers`]);
    rows.push(["what it could not check", checker.unchecked.join(", ") || "nothing"]);
  } else {
    rows.push(["outside checker", { text: "not asked", kind: "warn" }]);
  }
  table(main, ["", ""], rows);
  const list = add(main, "ul");
  invariants.findings.forEach(finding => add(list, "li", {}, finding));
}
function environment() {
  section("Where, and how to do it again");
  const { environment } = summary;
  table(main, ["", ""], [
    ["began", summary.began_at], ["seed", summary.seed], ["wissel-load", environment.wissel_load],
    ["nats-server", environment.server], ["processors", environment.processors], ["kernel", environment.kernel],
    ["load average before", environment.load_average],
    ["cluster", environment.started ? `${environment.started} servers and nodes, started on this machine` : "ran already"],
  ].map(([name, value]) => [name, { text: value, kind: "text" }]));
  const quoted = environment.arguments.map(word => /^[\w@%+=:,.\/-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
  const again = environment.arguments.includes("--seed") ? "" : ` --seed ${summary.seed}`;
  add(main, "pre", {}, `wissel-load ${quoted.join(" ")}${again}`);
  const details = add(main, "details");
  add(details, "summary", {}, "Every second as a table");
  table(details, ["second", "planned", "sent", "offered", "waiting", "oldest", "in hands", "in time", "wait p99"],
    summary.seconds.map(second => [second.second, second.planned, second.sent, second.offered, second.waiting,
      `${second.oldest_ms} ms`, second.in_hands, percent(second.service_level), time(second.wait?.p99_ns)]));
}

[head, generator, thresholds, rates, percentiles, heat, backlog, service, faults, invariants, environment].forEach(part => part());
document.body.dataset.drawn = "yes";
