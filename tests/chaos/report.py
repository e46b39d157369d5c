"""Merges the reports of rounds into one page."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from chaos.schedule import KINDS, LONG

ROOT: Final = Path(__file__).parent.parent.parent
REPORTS: Final = Path(__file__).parent / "reports"  # kept: they add up over machines
WORK: Final = ROOT / "build" / "chaos"
DOCUMENT: Final = ROOT / "docs" / "chaos.md"
AIM_FAULTS: Final = 300
AIM_EVENTS: Final = 1_000_000
WRONG: Final = ("missing", "extra", "states_differ", "open_differ", "dead_letters_missing")

Report = dict[str, Any]

HEAD: Final = """# Chaos

Written by `make chaos-report` from the reports of single rounds; do not edit it by hand.

A round runs the real commands: three watchers under a supervisor, on three real brokers with a disk and a network that can be
taken from them, a ward that sends for as long as faults are made, and at its end a replay of what lies on the topics as the oracle.
`make chaos` runs rounds, `tests/chaos/` has them; a seed gives the same schedule of faults and the same events.

Every alert line has to be on the topic with the very bytes of the replay, under its id and revision, and every state in the
changelog too. Two of the twelve partitions have a device with a wrong clock: live, a record is taken when it comes, in a replay it
waits for its time, so there only what is open in the end is compared. *Missing* and *extra* count alert lines, *repeated* those that
were written more than once with the same bytes, which the pager ignores.

In rounds with *own ticks* the ward sends in real time, the workers write the ticks themselves and wait for other topics no longer than by
default: there too what is open in the end is compared.

A stop of 30 s, brokers that freeze and an outage of all of them for ten minutes are made by rounds of their own (`--kinds worker_long_stop outage`, `--kinds broker_freezes`).

Times were measured on two cores that had other work for ten: read them as upper bounds.

## What it has found

- Seed 101 (25 faults, 28 666 records), before what decision 7 says: 598 lines missing, 682 extra, 72 states wrong. A broker was killed
  while workers came and went; Faust took a recovery that was cut short for a whole one, and the new owner claimed its partitions with a
  part of their states. We read the changelog ourselves since then, and the same seed is right. The rounds below are all of later
  versions.
- Seed 301: the states of two patients held the same in another order: a reading went before a ferritin that was ten seconds older. No
  alert was different. What we take for the cause, and have not traced in the broker: a new leader of a partition does not show its
  newest record until a second copy follows it, and until then the topic seems to be read to its end. It is the freedom that the design
  leaves to the live edge. Such states are counted apart since then, and that round is not among those below.
- Seed 404, first run: of the partitions with a wrong clock nothing more was taken, and every worker that got them ended itself after a
  minute. A record ahead of the clock that was not the last one held was waited for as long as `STORMWATCH_ALIGN_WAIT_S` allows, which is
  ten minutes here and two seconds by default, at each such record. The same seed is right since that is mended.
- Seed 504, first run: one patient's vitals of a minute were taken after the next minute's assessment, so 90 lines came in another order of
  revisions. A broker was killed, and the new leader of a partition did not show its newest records yet: what seed 301 had made us guess.
  For a second and a half the end of a topic that a new leader tells of was not believed since then, and the same seed was right.
- Seeds 604 and 609, first run, while the machine was busy with tests: one line of STEROID-ICANS each had another time than the replay's,
  12 s and a minute off; the alert was there in both. What we take for the cause, and have not traced: followers that took longer than
  that second and a half, so that an assessment was taken after later vital signs. A leader that is new, or of which fetches have told
  nothing for half a second, is asked where the topic ends now, which a broker does not answer before it shows everything. Both seeds
  were right when they were run again, before that was mended too; their first runs are not among those below.
- Ticks of their own (`--ticks own`), seed 1001: a worker that led the group knew of no topics, since the network had gone away while it
  joined, and assigned nothing to anybody for five minutes: what 498 s below may well have been. It ends now, and another one leads.

"""


def merged(folder: Path) -> str:
    """Return the page about all reports in a folder."""
    reports = [json.loads(each.read_text()) for each in sorted(folder.glob("seed-*.json"))]
    parts = (_totals(reports), _kinds(reports), _rounds(reports), _steps(folder), _soak(folder))
    return HEAD + "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _steps(folder: Path) -> list[str]:
    """Show what `make scale` found last."""
    if not (kept := folder / "scale.json").exists():
        return []
    report = json.loads(kept.read_text())
    rows = [f"| {s['step']} | {s['median_s']} | {s['longest_s']} |" for s in report["steps"]]
    return [
        "## Workers that join, leave and die",
        "",
        f"`make scale`, {report['rate']:.0f} records a second. The longest silence of a partition's changelog after each step, in seconds: the",
        "median over the partitions, and the worst. What the first row says comes from the machine, not from the step.",
        "",
        "| step | median | longest |",
        "| --- | --- | --- |",
        *rows,
    ]


def _soak(folder: Path) -> list[str]:
    """Show what `make soak` found last."""
    if not (kept := folder / "soak.json").exists():
        return []
    report = json.loads(kept.read_text())
    rows = [
        f"| {name.replace('_', ' ')} | {report[name]['first_half']} | {report[name]['second_half']} |"
        for name in ("memory_mb", "files", "tasks", "lag")
    ]
    return [
        "## An even load for long",
        "",
        f"`make soak`: {report['minutes']} minutes (the aim is 60), {report['per_s']} records a second (the aim is 2 000). The most of each half,",
        "the first quarter left out, while caches and states fill.",
        "",
        f"The worker ended by itself {len(report['worker_ended'])} times: {'; '.join(report['worker_ended']) or 'never'}.",
        "",
        "| | first half | second half |",
        "| --- | --- | --- |",
        *rows,
    ]


def _totals(reports: Sequence[Report]) -> list[str]:
    faults = sum(sum(each["faults"].values()) for each in reports)
    events = sum(each["events"] for each in reports)
    lines = sum(each["alert_lines"] for each in reports)
    repeated = sum(each["repeated"] for each in reports)
    wrong = ", ".join(f"{sum(r[name] for r in reports)} {name.replace('_', ' ')}" for name in WRONG)
    reordered = sum(each["reordered"] for each in reports)
    undisturbed = max((each["longest_undisturbed_s"] for each in reports), default=0.0)
    return [
        "## So far",
        "",
        f"{len(reports)} rounds, {faults} faults (the aim is {AIM_FAULTS}), {events:,} records (the aim is {AIM_EVENTS:,}), {lines:,} alert lines:",
        f"**{wrong}**; {repeated:,} lines repeated, {reordered} states that hold the same in another order.",
        f"Longest time from event to alert with no fault near it: {undisturbed} s.",
    ]


def _kinds(reports: Sequence[Report]) -> list[str]:
    counts: Counter[str] = Counter()
    longest: dict[str, float] = {}
    for report in reports:
        counts.update(report["faults"])
        for kind, seconds in report["longest_s"].items():
            longest[kind] = max(seconds, longest.get(kind, 0.0))
    rows = [
        f"| {kind.replace('_', ' ')} | {counts[kind]} | {longest.get(kind, '')} |"
        for kind in (*KINDS, *LONG)
    ]
    return [
        "| fault | times | longest from event to alert, s |",
        "| --- | --- | --- |",
        *rows,
        "",
        "From the moment an event was first sent, whether or not a broker was there to take it, to its alert line. A line counts for",
        "every fault that was made within 20 s before the event or until the line came: faults overlap on purpose.",
    ]


def _rounds(reports: Sequence[Report]) -> list[str]:
    rows = [
        f"| {each['seed']}{' (own ticks)' if each.get('ticks') == 'own' else ''} | {each['seconds']} | {sum(each['faults'].values())} | {each['events']:,} |"
        f" {each['alert_lines']:,} | {sum(each[name] for name in WRONG)} | {each['repeated']} |"
        f" {'yes' if each['small_disk'] else 'no: not run'} |"
        for each in sorted(reports, key=lambda each: each["seed"])
    ]
    return [
        "| seed | seconds | faults | records | alert lines | wrong | repeated | full disk could be made |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *rows,
    ]
