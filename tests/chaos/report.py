"""Merges the reports of rounds into one page."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from chaos.explaining import FELT_S
from chaos.schedule import KINDS, LONG
from chaos.words import FOUND, HEAD, OLDER, REASONS

ROOT: Final = Path(__file__).parent.parent.parent
REPORTS: Final = Path(__file__).parent / "reports"  # kept: they add up over machines
WORK: Final = ROOT / "build" / "chaos"
DOCUMENT: Final = ROOT / "docs" / "chaos.md"
AIM_FAULTS: Final = 300
AIM_EVENTS: Final = 1_000_000
CONTRADICTING: Final = "lines that contradict another of their revision where no line is compared"
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
    "unwell": "times that workers were not well again in time",
    "unexpected_ends": "ends of workers that nothing explains",
    "late": "lines late",
}
SOAKED: Final = (
    "memory_mb",
    "files",
    "files_median",
    "tasks",
    "tasks_median",
    "lag",
    "lag_median",
    "cores",
)
BY_LINE: Final = frozenset({"missing", "extra", "states_differ"})  # judged with no ticks of our own

Report = dict[str, Any]


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
    wrong = [str(each["seed"]) for each in reports if not each["right"]]
    rows = []
    for driver in sorted({_driver(each) for each in reports}, reverse=True):
        of = [each for each in reports if _driver(each) == driver]
        wrong_of = sum(not each["right"] for each in of)
        rows.append(f"| {driver} | {len(of)} | {wrong_of} | {_faults(of)} | {_events(of):,} |")
    return [
        "## So far",
        "",
        f"{len(reports)} rounds, {_faults(reports)} faults (the aim is {AIM_FAULTS}), {_events(reports):,} records (the aim is {AIM_EVENTS:,}).",
        f"**{len(wrong)} wrong**{': seed ' * bool(wrong)}{', '.join(wrong)}. By driver, of which each newer one makes more at once or judges more:",
        "",
        "| driver | rounds | wrong | faults | records |",
        "| --- | --- | --- | --- | --- |",
        *rows,
    ]


def _faults(reports: Sequence[Report]) -> int:
    return sum(sum(each["faults"].values()) for each in reports)


def _events(reports: Sequence[Report]) -> int:
    return sum(each["events"] for each in reports)


def _about(driver: int, reports: Sequence[Report]) -> list[list[str]]:
    older = [[OLDER[driver]]] if driver in OLDER else []
    return [*older, _totals(reports), _kinds(reports), _rounds(reports)]


def _steps(folder: Path) -> list[str]:
    """Show what `make scale` found last."""
    if not (kept := folder / "scale.json").exists():
        return []
    report = json.loads(kept.read_text())
    rows = [
        f"| {s['step']} | {s['median_s']} | {s['longest_s']} | {s['records']:,} | {s['not_graded']} |"
        for s in report["steps"]
    ]
    return [
        "## Workers that join, leave and die",
        "",
        f"`make scale`, {report['rate']:.0f} records a second. The longest time after each step in which no state of a partition was written, in seconds: the",
        "median over the partitions, and the worst. What the first row says comes from the machine, not from the step. All that was sent has to be graded",
        f"in the end, all workers well again after each step, and none may end by itself. {_verdict(report)}",
        "",
        "| step | median | longest | records | not graded |",
        "| --- | --- | --- | --- | --- |",
        *rows,
    ]


def _verdict(report: Report) -> str:
    wrong = "; ".join(report["wrong"])
    return f"**{f'Wrong: {wrong}' if wrong else 'Nothing was wrong'}**, at {report['commit']}."


def _soak(folder: Path) -> list[str]:
    """Show what `make soak` found last: the most of each half, and the medians of what is open."""
    if not (kept := folder / "soak.json").exists():
        return []
    report = json.loads(kept.read_text())
    rows = [
        f"| {name.replace('_', ' ')} | {_shown(report[name]['first_half'])} | {_shown(report[name]['second_half'])} |"
        for name in SOAKED
    ]
    remarks = "".join(f" **But {each}.**" for each in report.get("remarks", []))
    return [
        "## An even load for long",
        "",
        f"`make soak`: {report['minutes']} minutes (the aim is 60), {report['per_s']} records a second (the aim is 2 000), {report['workers']} workers.{remarks} The most of each",
        "half, of all workers together, the medians of open files, of tasks and of the lag, and the processor used; the first quarter is left out, while caches",
        "and states fill.",
        "",
        "No worker may end by itself, memory may be 1.05 times that of the first half, the median of open files and of tasks one more, at the end no more may",
        f"wait than was sent in ten seconds, and all has to be taken a minute later. {_verdict(report)}",
        "",
        "| | first half | second half |",
        "| --- | --- | --- |",
        *rows,
    ]


def _shown(value: float | None) -> str:
    return "-" if value is None else str(value)


def _totals(reports: Sequence[Report]) -> list[str]:
    def added(name: str) -> int:
        return sum(each.get(name) or 0 for each in reports)

    beside = ""
    others = f", {added('reordered')} states that hold the same in another order"
    if _has(reports, "overlapped"):
        beside = f", {added('overlapped')} of them overlapping"
    if _ticks(reports[0]) == "own":
        others = f", {added('reordered_last')} alerts of which something else was said last in another order"
    if _has(reports, "contradicting"):
        others += f", {_added('contradicting', CONTRADICTING, reports)}"
    wrong = ", ".join(
        _added(name, WRONG[name], reports) for name in WRONG if _judged(name, reports)
    )
    wrong_rounds = sum(not each["right"] for each in reports)
    told = [
        f"{len(reports)} round{'s' * (len(reports) != 1)}, {wrong_rounds} wrong; {_faults(reports)} faults{beside}; {_events(reports):,} records, {added('alert_lines'):,} alert lines:",
        f"**{wrong}**; {added('repeated'):,} lines repeated{others}.",
        f"Longest time from event to alert with no fault near it: {_undisturbed(reports)}.",
    ]
    if _has(reports, "longest_beyond_s"):
        longest = max(each.get("longest_beyond_s", 0.0) for each in reports)
        told.append(f"Longest that no fault explains, of any line: {longest} s.")
    if _has(reports, "end_reasons"):
        told.append(f"Workers ended by themselves: {_reasons(reports)}.")
    return told


def _undisturbed(reports: Sequence[Report]) -> str:
    """Say how long the longest took of lines near no fault; rounds without one have 0.0 or None."""
    longest = max(each["longest_undisturbed_s"] or 0.0 for each in reports)
    return f"{longest} s" if longest else "no line"


def _added(name: str, words: str, reports: Sequence[Report]) -> str:
    """Add something up, and say in how many rounds it was looked at."""
    judged = _judged(name, reports)
    where = (
        f" (judged in {len(judged)} of {len(reports)} rounds)" if len(judged) < len(reports) else ""
    )
    return f"{sum(each[name] for each in judged)} {words}{where}"


def _judged(name: str, reports: Sequence[Report]) -> list[Report]:
    """Return the reports of rounds in which it could have been wrong."""
    return [
        each
        for each in reports
        if each.get(name) is not None and not (name in BY_LINE and _ticks(each) == "own")
    ]


def _reasons(reports: Sequence[Report]) -> str:
    reasons: Counter[str] = Counter()
    for report in reports:
        reasons.update(report.get("end_reasons", {}))
    named = (
        f"{times} {'time' if times == 1 else 'times'} *{_reason(reason.rstrip(':'))}*"
        for reason, times in reasons.most_common()
    )
    return ", ".join(named) or "never"


def _reason(reason: str) -> str:
    """Say what happened, where the worker's own words do not by themselves."""
    return REASONS.get(reason, reason)


def _wrong(report: Report) -> int:
    return sum(report.get(name) or 0 for name in WRONG)


def _has(reports: Sequence[Report], name: str) -> bool:
    return any(name in each for each in reports)


def _kinds(reports: Sequence[Report]) -> list[str]:
    counts: Counter[str] = Counter()
    without: Counter[str] = Counter()
    for report in reports:
        counts.update(report["faults"])
        without.update(report.get("faults_without_effect", {}))
    longest, alone = (_longest(reports, name) for name in ("longest_s", "longest_alone_s"))
    rows = [
        f"| {kind.replace('_', ' ')} | {counts[kind]} | {without[kind]} | {longest.get(kind, '')} | {alone.get(kind, '-')} |"
        for kind in (*KINDS, *LONG)
    ]
    return [
        "| fault | times | without effect | longest from event to alert, s | of lines near no other kind, s |",
        "| --- | --- | --- | --- | --- |",
        *rows,
        "",
        f"A line counts for every fault that was made within {FELT_S:.0f} s before the event or until the line came (20 s up to driver 2). In the last column it",
        "counts where no fault of another kind was; what a feed does wrong keeps nobody waiting, and is not taken for another one there.",
    ]


def _longest(reports: Sequence[Report], name: str) -> dict[str, float]:
    longest: dict[str, float] = {}
    for report in reports:
        for kind, seconds in report.get(name, {}).items():
            longest[kind] = max(seconds, longest.get(kind, 0.0))
    return longest


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
