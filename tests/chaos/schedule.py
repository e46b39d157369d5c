"""Which faults happen when, and which beside which: the same seed, the same schedule."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

# How often each kind is drawn. Those of the feed spoil one step of the ward's minutes.
OF_PROCESSES: Final = MappingProxyType(
    {
        "worker_kill": 6,
        "worker_stop": 3,
        "worker_term": 4,
        "worker_joins": 3,
        "broker_kill": 3,
        "broker_freezes": 1,
        "all_brokers_kill": 1,
        "leaders_move": 3,
        "connections_cut": 4,
        "network_gone": 2,
        "disk_full": 1,
    }
)
OF_THE_FEED: Final = MappingProxyType({"poison": 3, "duplicates": 3, "late": 3, "wrong_clock": 3})
KINDS: Final = (*OF_PROCESSES, *OF_THE_FEED)
# What takes long is made when it is asked for, and never drawn.
LONG: Final = ("worker_long_stop", "broker_away", "outage")
# Of those of processes, so a third of all, are not over yet when the next one is made.
BESIDE: Final = 0.45
UNWELL: Final = 0.5  # of the others are undone, but not waited for until all workers are well
BREAK_S: Final = (0.5, 6.0)
BREAK_BESIDE_S: Final = (0.1, 1.5)


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong. `pick` says whom it hits, as a share of those there are."""

    number: int
    kind: str
    pick: float
    length: float  # of what lasts, as a share of the longest
    is_beside: bool  # the next one is made while it lasts, or its workers are not well again
    waits: bool  # for the workers to be well again after it
    break_s: float


def drawn(seed: int, faults: int) -> list[Fault]:
    """Draw a schedule of so many faults."""
    chance = random.Random(f"kinds of {seed}")
    weights = {**OF_PROCESSES, **OF_THE_FEED}
    return scheduled(seed, chance.choices(list(weights), list(weights.values()), k=faults))


def scheduled(seed: int, kinds: Sequence[str]) -> list[Fault]:
    """Schedule faults of these kinds, one after the other or one beside the next."""
    chance = random.Random(f"faults of {seed}")
    return [_fault(number, kind, chance) for number, kind in enumerate(kinds)]


def _fault(number: int, kind: str, chance: random.Random) -> Fault:
    is_beside = chance.random() < BESIDE and kind not in OF_THE_FEED
    return Fault(
        number,
        kind,
        pick=chance.random(),
        length=round(chance.random(), 3),
        is_beside=is_beside,
        waits=chance.random() >= UNWELL,
        break_s=round(chance.uniform(*(BREAK_BESIDE_S if is_beside else BREAK_S)), 2),
    )
