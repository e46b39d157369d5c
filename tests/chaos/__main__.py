"""Chaos: real commands on three real brokers, a seeded schedule of faults, and a replay as oracle.

    PYTHONPATH=tests python -m chaos run [--seed 1] [--rounds 1] [--faults 40] [--patients 240]
    PYTHONPATH=tests python -m chaos merge

A round is one seed: it has a cluster of its own. Its report is kept, and a round that has one is
not run again: a run that was broken off goes on where it was. `merge` writes all reports into
docs/chaos.md.
"""

import argparse
import asyncio
import json
import logging
import shutil
import sys
from pathlib import Path

from chaos.report import DOCUMENT, REPORTS, merged
from chaos.round import Round
from chaos.schedule import drawn


def main() -> None:
    """Run rounds, or merge their reports."""
    parser = argparse.ArgumentParser(prog="chaos")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run")
    run.add_argument("--seed", type=int, default=1)
    run.add_argument("--rounds", type=int, default=1)
    run.add_argument("--faults", type=int, default=40)
    run.add_argument("--patients", type=int, default=240)
    run.add_argument("--reports", type=Path, default=REPORTS)
    merge = commands.add_parser("merge")
    merge.add_argument("--reports", type=Path, default=REPORTS)
    options = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(name)s %(message)s", level=logging.INFO)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # brokers are down on purpose
    if options.command == "merge":
        DOCUMENT.write_text(merged(options.reports))
        return
    seeds = range(options.seed, options.seed + options.rounds)
    right = [one(seed, options) for seed in seeds]
    sys.exit(0 if all(right) else 1)


def one(seed: int, options: argparse.Namespace) -> bool:
    """Run the round of a seed, unless it was run before; tell whether all was right."""
    options.reports.mkdir(parents=True, exist_ok=True)
    kept = options.reports / f"seed-{seed}.json"
    if not kept.exists():
        folder = options.reports / f"seed-{seed}"
        shutil.rmtree(folder, ignore_errors=True)
        schedule = drawn(seed, options.faults)
        report = asyncio.run(Round(seed, folder, schedule, options.patients).run())
        kept.write_text(json.dumps(report, indent=1, sort_keys=True) + "\n")
        if report["right"]:
            shutil.rmtree(folder, ignore_errors=True)
    report = json.loads(kept.read_text())
    print({name: value for name, value in report.items() if name != "differences"})
    for each in report["differences"]:
        print("   ", each)
    return bool(report["right"])


if __name__ == "__main__":
    main()
