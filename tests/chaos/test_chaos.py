"""A short round of chaos: each kind of fault once, and what comes out is what a replay says."""

from pathlib import Path

import pytest
from chaos.round import Round
from chaos.schedule import KINDS, drawn, scheduled

SEED = 7
PATIENTS = 36
SHORT = (
    "worker_kill",
    "poison",
    "worker_joins",
    "connections_cut",
    "duplicates",
    "worker_stop",
    "leaders_move",
    "late",
    "broker_kill",
    "wrong_clock",
    "worker_term",
    "disk_full",
)


def test_the_same_seed_gives_the_same_schedule() -> None:
    assert drawn(SEED, 50) == drawn(SEED, 50)
    assert drawn(SEED, 50) != drawn(SEED + 1, 50)
    assert {each.kind for each in drawn(SEED, 500)} == set(KINDS)


@pytest.mark.broker
@pytest.mark.timeout(900)  # two minutes where nobody else uses the machine
async def test_a_short_round_of_chaos_is_right(tmp_path: Path) -> None:
    """Nothing missing, nothing extra, whatever happens to workers, brokers and the network."""
    report = await Round(SEED, tmp_path / "round", scheduled(SEED, SHORT), PATIENTS).run()

    assert report["differences"] == []
    assert report["right"]
    assert report["events"] > 0
    assert report["alert_lines"] > 0
    assert sum(report["faults"].values()) == len(SHORT) - (not report["small_disk"])
