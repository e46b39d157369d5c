"""Speed, as ratios within one run: machines differ, and other programs disturb them.

    make bench, or its parts:
    PYTHONPATH=tests python -m bench [engine] [rates] [throughput] [latency] [recovery]
                                [failover]

Contenders run one after the other, round by round, on one broker that is started for it.
"""

import argparse
import asyncio
import json
import logging
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Final

from bench import engine, failover, latency, rates, recovery, throughput
from bench.results import Table
from rich.console import Console

from deploy.broker.cluster import Cluster
from deploy.topics_job import make_topics

ON_KAFKA: Final = {
    "throughput": throughput.measure,
    "latency": latency.measure,
    "recovery": recovery.measure,
    "failover": failover.measure,
}
WIDTH: Final = 150  # what is cut off cannot be compared
PARTS: Final = ("engine", "rates", *ON_KAFKA)


def main() -> None:
    """Measure what is asked for, print it, and write it where that is asked for."""
    options = _parser().parse_args()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # new topics have no leaders at first
    console = Console(width=WIDTH, highlight=False)
    found: list[Table] = []
    parts = options.parts or list(PARTS)
    if "engine" in parts:
        found += _shown(engine.measure(options), console)
    if "rates" in parts:
        found += _shown(rates.measure(options), console)
    chosen = [part for part in ON_KAFKA if part in parts]
    if chosen:
        with tempfile.TemporaryDirectory(prefix="stormwatch-bench-") as name:
            folder = Path(name)
            with Cluster(folder / "kafka", heap_mb=512) as kafka:
                asyncio.run(make_topics(kafka.bootstrap, keep=True))
                for part in chosen:
                    tables = asyncio.run(ON_KAFKA[part](kafka.bootstrap, folder, options))
                    found += _shown(tables, console)
    if options.json:
        options.json.write_text(json.dumps([asdict(table) for table in found], indent=2) + "\n")
    if options.markdown:
        options.markdown.write_text("\n".join(table.markdown() for table in found))


def _shown(tables: list[Table], console: Console) -> list[Table]:
    for table in tables:
        table.show(console)
    return tables


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="all of them by default")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--events", type=int, default=20_000, help="of the clinical ward")
    parser.add_argument("--records", type=int, default=200_000, help="for the trivial engine")
    parser.add_argument("--batch", type=int, default=5_000, help="records of the bare loop's batch")
    parser.add_argument("--seconds", type=float, default=20, help="of each slice of latency")
    parser.add_argument("--patients", type=int, default=200, help="of the ward of rates")
    parser.add_argument("--days", type=float, default=30, help="that it is watched")
    parser.add_argument("--json", type=Path, help="write the tables here")
    parser.add_argument("--markdown", type=Path, help="and here, for a page")
    return parser


if __name__ == "__main__":
    main()
