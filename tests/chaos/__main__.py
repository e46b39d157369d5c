"""Chaos: real commands on three real brokers, a seeded schedule of faults, and a replay as oracle.

    PYTHONPATH=tests python -m chaos run [--seed 1] [--rounds 1] [--faults 40] [--patients 240]
    PYTHONPATH=tests python -m chaos run --seed 900 --kinds worker_long_stop broker_away outage
    PYTHONPATH=tests python -m chaos run --seed 1001 --ticks own
    PYTHONPATH=tests python -m chaos scale
    PYTHONPATH=tests python -m chaos soak [--minutes 60] [--per-s 2000] [--workers 1]
    PYTHONPATH=tests python -m chaos merge

A round is one seed: it has a cluster of its own. Its report is kept, and a round that has one is
not run again: a run that was broken off goes on where it was. `--again` asks for one more report.
With `--ticks own` the workers write the ticks, and wait for other topics no longer than by default,
while the ward sends in real time.
`merge` writes all reports into docs/chaos.md. `scale` measures what it costs that workers come and
go, `soak` whether they stay as they are for an hour. Both keep their report, and fail where it says
that something is wrong.
"""

import argparse
import asyncio
import json
import logging
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NoReturn

from chaos.report import DOCUMENT, REPORTS, ROOT, WORK, merged
from chaos.round import Round
from chaos.scale import Scale
from chaos.schedule import KINDS, LONG, drawn, scheduled
from chaos.soak import Soak


def main() -> None:
    """Run rounds, or merge their reports."""
    parser = argparse.ArgumentParser(prog="chaos")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run")
    run.add_argument("--seed", type=int, default=1)
    run.add_argument("--rounds", type=int, default=1)
    run.add_argument("--faults", type=int, default=40)
    run.add_argument("--kinds", nargs="+", choices=(*KINDS, *LONG), help="these, and none drawn")
    run.add_argument("--patients", type=int, default=240)
    run.add_argument("--ticks", choices=("topic", "own"), default="topic")
    run.add_argument("--again", action="store_true", help="also those that have a report")
    run.add_argument("--reports", type=Path, default=REPORTS)
    scale = commands.add_parser("scale")
    soak = commands.add_parser("soak")
    soak.add_argument("--minutes", type=float, default=60)
    soak.add_argument("--per-s", type=float, default=2_000)
    soak.add_argument("--patients", type=int, default=1_000)
    soak.add_argument("--workers", type=int, default=1)
    for each in (scale, soak, commands.add_parser("merge")):
        each.add_argument("--reports", type=Path, default=REPORTS)
    options = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(name)s %(message)s", level=logging.INFO)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # brokers are down on purpose
    options.reports.mkdir(parents=True, exist_ok=True)
    match options.command:
        case "merge":
            DOCUMENT.write_text(merged(options.reports))
        case "scale":
            measured("scale", options, lambda folder: Scale(folder).run())
        case "soak":
            load = options.minutes, options.per_s, options.patients, options.workers
            measured("soak", options, lambda folder: Soak(folder, *load).run())
        case _:
            run_rounds(options)


def measured(
    name: str,
    options: argparse.Namespace,
    run: Callable[[Path], Coroutine[Any, Any, dict[str, Any]]],
) -> NoReturn:
    """Measure in a folder of its own, and keep what was found."""
    commit = commit_of(ROOT)
    with tempfile.TemporaryDirectory(prefix=f"stormwatch-{name}-") as folder:
        report = asyncio.run(run(Path(folder))) | {"commit": commit}
    (options.reports / f"{name}.json").write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))
    for each in report["wrong"]:
        print("wrong:", each, file=sys.stderr)
    sys.exit(1 if report["wrong"] else 0)


def run_rounds(options: argparse.Namespace) -> NoReturn:
    """Run the rounds that have no report yet."""
    seeds = range(options.seed, options.seed + options.rounds)
    right = [one(seed, options) for seed in seeds]
    sys.exit(0 if all(right) else 1)


def one(seed: int, options: argparse.Namespace) -> bool:
    """Run the round of a seed, unless it was run before; tell whether all was right."""
    kept = options.reports / f"seed-{seed}.json"
    while options.again and kept.exists():
        kept = kept.with_stem(f"{kept.stem}-again")
    if not kept.exists():
        commit, folder = commit_of(ROOT), WORK / kept.stem
        shutil.rmtree(folder, ignore_errors=True)
        kinds = options.kinds
        schedule = scheduled(seed, kinds) if kinds else drawn(seed, options.faults)
        report = asyncio.run(
            Round(seed, folder, schedule, options.patients, options.ticks == "own").run()
        )
        text = json.dumps(report | {"commit": commit}, indent=1, sort_keys=True)
        kept.write_text(text + "\n")
        if report["right"]:  # else what the workers said is kept too
            shutil.rmtree(folder, ignore_errors=True)
    return is_right(json.loads(kept.read_text()))


def commit_of(folder: Path) -> str:
    """Return the day and the commit of what is run, as far as git knows it."""
    command = [shutil.which("git") or "git", "log", "-1", "--format=%cs %h"]
    try:
        return subprocess.run(
            command, cwd=folder, check=True, capture_output=True, text=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def is_right(report: dict[str, Any]) -> bool:
    """Show a report; tell whether all was right."""
    print({name: value for name, value in report.items() if name != "differences"})
    for each in report["differences"]:
        print("   ", each)
    return bool(report["right"])


if __name__ == "__main__":
    main()
