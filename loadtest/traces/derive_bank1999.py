#!/usr/bin/env python3
"""Derives the day that the product carries from one day of the "Anonymous Bank" call records.

    derive_bank1999.py calls_one_day.csv     writes bank1999_day.csv and bank1999_agents.csv beside itself,
                                             and prints what the real centre did as the tables of README.md

The source is one row per call: call_id, type, and begin, end and seconds of VRU, queue and service, the outcome
(AGENT, HANG, PHANTOM) and the agent. README.md says what each rule below rests on.
"""

import csv
import pathlib
import sys
from collections import Counter, defaultdict

HEAD_START = 90  # seconds that a priority customer was given on arrival
CLOCK_SLACK = 2  # the queue's and the service's clocks disagree by this much on most calls
AWAY_EVIDENCE = 30  # seconds of callers waiting in an agent's pause from which on it was not a pause
JOIN = 10  # an absence that begins or ends this near to a call is taken to reach it
SERVICE_LEVEL_WITHIN = 20
SKILL_CALLS_MIN = 2  # a type handled once in the day may be a call passed on; languages and returns excepted
SKILL_ALWAYS = ("PE", "TT")
TYPES = ("PS", "PE", "NE", "IN", "NW", "TT")


def main():
    rows = read(sys.argv[1])
    calls = offered(rows)
    overtaken_by = priorities(calls)
    agents, pauses = shifts(calls)
    here = pathlib.Path(__file__).parent
    write_calls(here / "bank1999_day.csv", calls)
    write_agents(here / "bank1999_agents.csv", agents)
    report(rows, calls, agents, pauses)
    print(f"\novertaken within a type {len(overtaken_by)} times, by at most {max(overtaken_by)} s")


def read(path):
    def seconds(clock):
        hours, minutes, rest = clock.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + int(rest)

    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for field in ("vru_exit", "queue_start", "queue_exit", "service_start", "service_exit"):
            row[field] = seconds(row[field])
        row["queue_seconds"] = int(row["queue_seconds"])
        row["service_seconds"] = int(row["service_seconds"])
    return rows


def offered(rows):
    """Calls that a router would be offered: those that queued or were answered at once, without phantoms."""
    calls = []
    for row in rows:
        if row["outcome"] == "PHANTOM" or (row["queue_start"] == 0 and row["service_start"] == 0):
            continue
        calls.append(
            {
                "type": row["type"],
                "arrived": row["vru_exit"],
                "outcome": {"AGENT": "answered", "HANG": "abandoned"}[row["outcome"]],
                "wait": row["queue_seconds"],
                "service": row["service_seconds"] if row["outcome"] == "AGENT" else 0,
                "begin": row["service_start"],
                "agent": row["agent"],
                "priority": None,
            }
        )
    calls.sort(key=lambda call: call["arrived"])  # stable: the source's order within a second
    for number, call in enumerate(calls, 1):
        call["id"] = f"{number:04}"
        call["left"] = call["arrived"] + call["wait"]
    return calls


def priorities(calls):
    """Who had the head start, as far as overtaking within a type shows it.

    A caller taken while an earlier one of the same type stayed waiting was ahead by the head start, and the other
    had none. From there it follows by elimination: within the head start, a caller taken before a later priority
    caller has priority too, and a caller left waiting behind an earlier one without it has none.
    """
    waited = [call for call in calls if call["wait"] > 0]
    taken = [call for call in waited if call["outcome"] == "answered"]
    overtaken_by = []
    behind = []  # (taken, left waiting though it came less than the head start later)
    for first in taken:
        for other in waited:
            if other is first or other["type"] != first["type"] or other["left"] <= first["left"] + CLOCK_SLACK:
                continue
            if other["arrived"] < first["arrived"]:
                ahead = first["arrived"] - other["arrived"]
                assert ahead <= HEAD_START, "overtaken by more than the head start"
                overtaken_by.append(ahead)
                first["priority"], other["priority"] = True, other["priority"] or False
            elif other["arrived"] < min(first["left"], first["arrived"] + HEAD_START) - CLOCK_SLACK:
                behind.append((first, other))
    changed = True
    while changed:
        changed = False
        for first, other in behind:
            if first["priority"] is False and other["priority"] is None:
                other["priority"] = False
                changed = True
            if other["priority"] is True and first["priority"] is None:
                first["priority"] = True
                changed = True
    return overtaken_by


def shifts(calls):
    """When each agent was evidently at work, and away, and which types it handled; and the pauses while people waited."""
    handled = defaultdict(list)
    for call in calls:
        if call["agent"] and call["begin"]:
            handled[call["agent"]].append(call)
    queued = [call for call in calls if call["wait"] > 0]
    agents, pauses = [], []
    for name in sorted(handled):
        mine = sorted(handled[name], key=lambda call: call["begin"])
        count = Counter(call["type"] for call in mine)
        types = [t for t in TYPES if count[t] >= SKILL_CALLS_MIN or (count[t] and t in SKILL_ALWAYS)]
        end, away = mine[0]["begin"], []
        for call in mine:
            seen = waited_for(queued, types, end, call["begin"])
            if seen and len(seen) >= 0.8 * (call["begin"] - end):
                pauses.append(call["begin"] - end)
            if len(seen) >= AWAY_EVIDENCE:
                away.append(absence(seen, end, call["begin"]))
            end = max(end, call["begin"] + call["service"])
        agents.append({"name": name, "types": types, "begin": mine[0]["begin"], "end": end, "away": away})
    return agents, sorted(pauses)


def waited_for(queued, types, begin, end):
    """The seconds of a pause in which callers of the agent's types waited all the same."""
    return [
        second
        for second in range(begin, end)
        if any(
            call["type"] in types and call["arrived"] + CLOCK_SLACK < second < call["left"] - CLOCK_SLACK
            for call in queued
        )
    ]


def absence(seen, begin, end):
    first = begin if seen[0] - begin <= JOIN else seen[0]
    last = end if end - seen[-1] <= JOIN else seen[-1]
    return first, last


def write_calls(path, calls):
    with open(path, "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["call", "type", "priority", "arrived_s", "outcome", "wait_s", "service_s", "agent"])
        for call in calls:
            priority = {None: "unseen", False: "no", True: "yes"}[call["priority"]]
            out.writerow(
                [call["id"], call["type"], priority, call["arrived"], call["outcome"], call["wait"], call["service"], call["agent"]]
            )


def write_agents(path, agents):
    with open(path, "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["agent", "step", "from_s", "to_s", "types"])
        for agent in agents:
            out.writerow([agent["name"], "shift", agent["begin"], agent["end"], " ".join(agent["types"])])
            for begin, end in agent["away"]:
                out.writerow([agent["name"], "away", begin, end, ""])


def report(rows, calls, agents, pauses):
    outcomes = Counter(row["outcome"] for row in rows)
    unqueued = sum(1 for row in rows if row["outcome"] == "HANG" and not row["queue_start"])
    print(f"source {len(rows)} calls: {dict(outcomes)}, of the hung up {unqueued} in the VRU")
    seen = Counter({None: "unseen", False: "no", True: "yes"}[call["priority"]] for call in calls)
    print(f"offered {len(calls)}, priority {dict(seen)}\n")
    print("| type | offered | answered | abandoned | answered at once | within 20 s | ASA s | wait mean s | p50 | p90 | max | AHT s |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for name in ("all",) + TYPES:
        print(figures(name, [call for call in calls if name in ("all", call["type"])]))
    staffed = sum(a["end"] - a["begin"] for a in agents) - sum(e - b for a in agents for b, e in a["away"])
    served = sum(call["service"] for call in calls if call["agent"])
    print(f"\n{len(agents)} agents; at work {staffed} s, serving {served} s: occupancy {served / staffed:.3f}")
    quarter = [pauses[len(pauses) * part // 4] for part in (1, 2, 3)]
    print(f"\npauses of agents between two calls while callers waited: {len(pauses)}, quartiles {quarter} s")
    print("\n| agent | from | to | away | away s | calls | types |\n|---|---|---|---|---|---|---|")
    for a in agents:
        own = sum(1 for call in calls if call["agent"] == a["name"])
        gone = sum(e - b for b, e in a["away"])
        print(f"| {a['name']} | {clock(a['begin'])} | {clock(a['end'])} | {len(a['away'])} | {gone} | {own} | {' '.join(a['types'])} |")


def figures(name, calls):
    answered = [call for call in calls if call["outcome"] == "answered"]
    waits = sorted(call["wait"] for call in calls)
    within = sum(1 for call in answered if call["wait"] <= SERVICE_LEVEL_WITHIN)
    at_once = sum(1 for call in answered if call["wait"] == 0)
    mean = lambda values: sum(values) / max(1, len(values))
    at = lambda part: waits[max(0, -(-len(waits) * part // 100) - 1)]  # nearest rank
    cells = [
        name, len(calls), len(answered), len(calls) - len(answered), at_once,
        f"{100 * within / len(calls):.1f}%", f"{mean([c['wait'] for c in answered]):.1f}", f"{mean(waits):.1f}",
        at(50), at(90), waits[-1], f"{mean([c['service'] for c in answered]):.1f}",
    ]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def clock(second):
    return f"{second // 3600}:{second // 60 % 60:02}"


if __name__ == "__main__":
    main()
