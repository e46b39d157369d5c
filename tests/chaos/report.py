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
TICKS: Final = {"topic": "ticks on the topic", "own": "own ticks"}
WRONG: Final = {  # what a round may have none of
    "missing": "missing",
    "extra": "extra",
    "states_differ": "states differ",
    "records_differ": "patients of whom other records were taken",
    "unknown": "patients of whom no record lies on the topics",
    "open_differ": "open differ",
    "last_differ": "last differ",
    "dead_letters_missing": "dead letters missing",
    "dead_letters_extra": "dead letters extra",
    "untaken": "partitions not taken to their end",
    "unexpected_ends": "ends of workers that nothing explains",
    "late": "lines late",
}
BY_LINE: Final = frozenset({"missing", "extra", "states_differ"})  # judged with no ticks of our own

Report = dict[str, Any]

HEAD: Final = """# Chaos

Written by `make chaos-report` from the reports of single rounds; do not edit it by hand.

A round runs the real commands: three watchers under a supervisor, on three real brokers with a disk and a network that can be
taken from them, a ward that sends for as long as faults are made, and at its end a replay of what lies on the topics as the oracle.
`make chaos` runs rounds, `tests/chaos/` has them; a seed gives the same schedule of faults and the same events. A round that has a report
is not run again, so that a run that was broken off goes on where it was; with `--again` it is, and both reports count.

A third of the faults are made beside the next one, which comes within a second and a half: a worker is killed, stopped or joins while a broker is
down or frozen, the network gone or a disk full, or leaders move while partitions are taken over. One fault at a time acts on the processes of
brokers, so that two of three are there or come back. Of the other faults half are waited for until all workers are well, and half are only undone.
*Overlapping* are those that were not over, by the wall clock, when another one began, or that began before another one was over; what a
feed does wrong is not counted among them. A fault *without effect* was tried and is not counted: the full disk ended no broker, or no
partition got another leader.

Every alert line has to be on the topic with the very bytes of the replay, under its id and revision, and every state in the
changelog too. Two of the twelve partitions have a device with a wrong clock: live, a record is taken when it comes, in a replay it
waits for its time, so of these only what is open in the end is compared. *Missing* and *extra* count alert lines, *repeated* those that
were written more than once with the same bytes, which the pager ignores. Dead letters have to be those of the replay too, but in these two partitions.

In every round, and in these two partitions too, what hangs on no order is compared of each patient: there is a state, it was taken up to the last record
of each topic, and of the last five hours it holds the very records that lie there, the newest 200. In older rounds that was not judged, nor were dead
letters that the replay does not make.

In rounds with *own ticks* the ward sends in real time, the workers write the ticks themselves and wait for other topics no longer than by
default. So no line is compared there, and no state as a whole. What is open in the end is, and of patients of whom all falls due by time alone what
was last said of each alert, also of those that ended. Of others that hangs on the order in which records were taken while brokers were away: where it
differs is counted and not judged.

A round is wrong too where not all that lay on the inputs was committed five minutes after the last fault, where a worker ended with a status that
nothing that was done to it explains, or did not end within half a minute when it was asked to, and where an alert line took more than a minute
beyond what faults explain: a fault explains the time until 20 s after it is undone. A round that is wrong keeps its report, and is counted below.

The time from event to alert begins when the event was first sent, whether or not a broker was there to take it, and ends when a
consumer that reads all the while, as the pager does, has the line: it was confirmed by then. That consumer needs up to about two seconds to leave a
broker that is frozen.

A stop of 30 s and ten minutes without a broker, or without any, are made by rounds of their own (`--kinds worker_long_stop broker_away outage`).

Times were measured on two cores that had other work for ten: read them as upper bounds.

"""

OLDER: Final = """Driver 1 made one fault after the other, each undone before the next one began. Of each line it took the time at which a worker had it, not at
which a broker had confirmed it: up to 30 s are missing where brokers were away. It did not judge whether all was taken, how workers ended, or how
late a line was, and a full disk or a move of leaders without effect was counted. A round that was wrong was run again with the same seed once its
cause was mended, and only the later report was kept: those are told of above, and not counted."""

FOUND: Final = """## What it has found

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
  joined, and assigned nothing to anybody for five minutes: what the 498 s of driver 1 may well have been. It ends now, and another one leads.
- Seed 7401, first run: all was taken, and the round waited for offsets of topics of which nothing had ever been committed, since reading had begun at their
  ends. The group is told now where reading begins of each topic (decision 73). That run was ended by hand and left no report; the same seed is right.
- Seed 8001, first run: one worker ended with status 1. A broker was frozen while it joined, so that it reached none in its first seconds, and Faust asked what
  there was to commit before there was a group. Nothing was lost, and it was started again. It goes on waiting now; the same seed is right.
- Not here, but in a test that kills a broker: a connection that was reset in one moment of the event loop ended the task that asks for metadata, and the
  worker stood still until its watchdog ended it (decision 77). From seed 9001 on connections that are cut are reset as well, where they were closed.

"""


def merged(folder: Path) -> str:
    """Return the page about all reports in a folder, those of the newest driver first."""
    reports = [json.loads(each.read_text()) for each in sorted(folder.glob("seed-*.json"))]
    parts = [_all(reports)]
    for driver in sorted({_driver(each) for each in reports}, reverse=True):
        for ticks, told in TICKS.items():
            of = [each for each in reports if (_driver(each), _ticks(each)) == (driver, ticks)]
            if of:
                parts += [[f"## Driver {driver}, {told}"], *_about(driver, of)]
    parts += [_steps(folder), _soak(folder)]
    return HEAD + FOUND + "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _driver(report: Report) -> int:
    return int(report.get("driver", 1))


def _ticks(report: Report) -> str:
    return str(report.get("ticks", "topic"))


def _all(reports: Sequence[Report]) -> list[str]:
    faults = sum(sum(each["faults"].values()) for each in reports)
    events = sum(each["events"] for each in reports)
    wrong = [str(each["seed"]) for each in reports if not each["right"]]
    return [
        "## So far",
        "",
        f"{len(reports)} rounds, {faults} faults (the aim is {AIM_FAULTS}), {events:,} records (the aim is {AIM_EVENTS:,}).",
        f"**{len(wrong)} wrong**{': seed ' * bool(wrong)}{', '.join(wrong)}.",
    ]


def _about(driver: int, reports: Sequence[Report]) -> list[list[str]]:
    older = [[OLDER]] if driver == 1 else []
    return [*older, _totals(reports), _kinds(reports), _rounds(reports)]


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
        for name in ("memory_mb", "files", "tasks", "lag", "lag_median", "cores")
    ]
    return [
        "## An even load for long",
        "",
        f"`make soak`: {report['minutes']} minutes (the aim is 60), {report['per_s']} records a second (the aim is 2 000), {report['workers']} workers. The most of each half, of all",
        "workers together, and the median lag and the processor used; the first quarter is left out, while caches and states fill.",
        "",
        f"A worker ended by itself {len(report['worker_ended'])} times: {'; '.join(report['worker_ended']) or 'never'}.",
        "",
        "| | first half | second half |",
        "| --- | --- | --- |",
        *rows,
    ]


def _totals(reports: Sequence[Report]) -> list[str]:
    def added(name: str) -> int:
        return sum(each.get(name) or 0 for each in reports)

    def most(name: str) -> float:
        return max((each[name] for each in reports if name in each), default=0.0)

    faults = sum(sum(each["faults"].values()) for each in reports)
    beside = ""
    others = f", {added('reordered')} states that hold the same in another order"
    if _has(reports, "overlapped"):
        beside = f", {added('overlapped')} of them overlapping"
    if _ticks(reports[0]) == "own":
        others = f", {added('reordered_last')} alerts of which something else was said last in another order"
    wrong = ", ".join(_added(name, reports) for name in WRONG if _judged(name, reports))
    wrong_rounds = sum(not each["right"] for each in reports)
    told = [
        f"{len(reports)} round{'s' * (len(reports) != 1)}, {wrong_rounds} wrong; {faults} faults{beside}; {added('events'):,} records, {added('alert_lines'):,} alert lines:",
        f"**{wrong}**; {added('repeated'):,} lines repeated{others}.",
        f"Longest time from event to alert with no fault near it: {most('longest_undisturbed_s')} s.",
    ]
    if _has(reports, "longest_beyond_s"):
        told.append(f"Longest that no fault explains, of any line: {most('longest_beyond_s')} s.")
    return told


def _added(name: str, reports: Sequence[Report]) -> str:
    """Add up what is wrong, and say in how many rounds it was judged."""
    judged = _judged(name, reports)
    where = (
        f" (judged in {len(judged)} of {len(reports)} rounds)" if len(judged) < len(reports) else ""
    )
    return f"{sum(each[name] for each in judged)} {WRONG[name]}{where}"


def _judged(name: str, reports: Sequence[Report]) -> list[Report]:
    """Return the reports of rounds in which it could have been wrong."""
    return [
        each
        for each in reports
        if each.get(name) is not None and not (name in BY_LINE and _ticks(each) == "own")
    ]


def _wrong(report: Report) -> int:
    return sum(report.get(name) or 0 for name in WRONG)


def _has(reports: Sequence[Report], name: str) -> bool:
    return any(name in each for each in reports)


def _kinds(reports: Sequence[Report]) -> list[str]:
    counts: Counter[str] = Counter()
    without: Counter[str] = Counter()
    longest: dict[str, float] = {}
    for report in reports:
        counts.update(report["faults"])
        without.update(report.get("faults_without_effect", {}))
        for kind, seconds in report["longest_s"].items():
            longest[kind] = max(seconds, longest.get(kind, 0.0))
    rows = [
        f"| {kind.replace('_', ' ')} | {counts[kind]} | {without[kind]} | {longest.get(kind, '')} |"
        for kind in (*KINDS, *LONG)
    ]
    return [
        "| fault | times | without effect | longest from event to alert, s |",
        "| --- | --- | --- | --- |",
        *rows,
        "",
        "A line counts for every fault that was made within 20 s before the event or until the line came.",
    ]


def _rounds(reports: Sequence[Report]) -> list[str]:
    rows = [
        f"| {each['seed']} | {each['seconds']} | {sum(each['faults'].values())} | {each.get('overlapped', '')} | {each['events']:,} |"
        f" {each['alert_lines']:,} | {_wrong(each)} | {each['repeated']} | {each.get('longest_beyond_s', '')} |"
        f" {'yes' if each['small_disk'] else 'no: not run'} | {each.get('commit', '')} |"
        for each in sorted(reports, key=lambda each: each["seed"])
    ]
    return [
        "| seed | seconds | faults | overlapping | records | alert lines | wrong | repeated | longest that no fault explains, s | full disk could be made | commit |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *rows,
    ]
