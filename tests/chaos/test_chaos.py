"""A short round of chaos: all kinds of fault, and what comes out is what a replay says."""

from pathlib import Path

import pytest
from builders import NOON, PATIENT_ID, TOPIC_OF, decoded, lab, vitals
from chaos.round import Round
from chaos.schedule import KINDS, drawn, scheduled
from chaos.verdict import hold_the_same

from stream.clinical import state
from stream.clinical.engine import Arrival, Engine, Ward
from topics.base import epoch_ms

SEED = 13  # a worker ends while there is no broker, one stops while a disk is full
PATIENTS = 36
SHORT = (
    "worker_kill",
    "poison",
    "leaders_move",
    "worker_joins",
    "duplicates",
    "disk_full",
    "worker_stop",
    "connections_cut",
    "late",
    "broker_kill",
    "worker_term",
    "wrong_clock",
    "broker_freezes",
    "network_gone",
    "all_brokers_kill",
)


def test_the_same_seed_gives_the_same_schedule() -> None:
    assert drawn(SEED, 50) == drawn(SEED, 50)
    assert drawn(SEED, 50) != drawn(SEED + 1, 50)
    assert {each.kind for each in drawn(SEED, 500)} == set(KINDS) == set(SHORT)


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
    assert report["overlapped"] >= 4


def state_of(*events: dict[str, object]) -> bytes:
    """The state of a patient of whom these events were taken in this order."""
    ward, engine = Ward({}), Engine()
    for offset, event in enumerate(events):
        found = decoded(event)
        arrival = Arrival(epoch_ms(NOON), TOPIC_OF[str(event["kind"])], offset, found, PATIENT_ID)
        engine.take(ward, arrival)
    return state.encode(ward.patients[PATIENT_ID]._replace(applied={}))


def test_a_state_that_holds_the_same_in_another_order_is_not_wrong() -> None:
    """One that lacks a reading is."""
    reading, ferritin = vitals(temperature_c=37.0), lab("ferritin", 900)
    one, other = state_of(reading, ferritin), state_of(ferritin, reading)

    assert one != other
    assert hold_the_same(one, other)
    assert not hold_the_same(one, state_of(reading))
    assert not hold_the_same(one, None)
