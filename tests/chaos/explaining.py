"""How long of a wait the faults that were made can explain.

While no broker can be reached, or one that leads can't be or does not answer, nothing moves, be it
of its partitions: that explains itself for as long as it lasts. Everything else is got over: a
worker that is gone costs its session, and the group then deals out anew. One wait may be hit by
that and once more before it is over; faults that go on for longer, one after the other, explain no
more of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from chaos.faults import Done
from chaos.schedule import OF_THE_FEED

from stream.membership import REBALANCE_TIMEOUT_S
from stream.worker_settings import WorkerSettings

Span = tuple[float, float]  # by the wall clock, in seconds

# All of their time is explained. With `network_gone` that may be one broker of three: it leads on,
# so nobody else does, and is not reached. One that is frozen or has a full disk leads until it ends
# or the others notice; the rest is explained too, which is more than it need be. One that was
# killed alone is not among these: within seconds others lead, or it is back.
AWAY: Final = frozenset(
    {"all_brokers_kill", "broker_freezes", "disk_full", "network_gone", "outage"}
)
SESSION_S: Final = float(WorkerSettings.model_fields["session_timeout_s"].default)
FELT_S: Final = SESSION_S + REBALANCE_TIMEOUT_S  # from a fault, and from its end
RESTARTS: Final = 2  # one, and another one that breaks it off
RESTARTS_S: Final = RESTARTS * FELT_S


class Explaining:
    """What the faults of a round explain."""

    def __init__(self, faults: Iterable[Done]) -> None:
        acting = [each for each in faults if _acts(each)]
        away = [(each.began_s, each.ended_s) for each in acting if each.kind in AWAY]
        self._away = _joined(away)
        self._felt = _joined([*away, *(span for each in acting for span in _felt(each))])

    def of(self, wait: Span) -> float:
        """Return how many seconds of a wait are explained."""
        away_s = _common(wait, self._away)
        return away_s + min(RESTARTS_S, _common(wait, self._felt) - away_s)


def _acts(fault: Done) -> bool:
    """Tell whether a fault can keep anybody waiting; a disk may be full though no node ends."""
    return fault.kind not in OF_THE_FEED and (fault.is_made or fault.kind in AWAY)


def _felt(fault: Done) -> Iterator[Span]:
    yield fault.began_s, fault.began_s + FELT_S
    yield fault.ended_s, fault.ended_s + FELT_S


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Join what overlaps."""
    joined: list[Span] = []
    for began, ended in sorted(spans):
        if joined and began <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(ended, joined[-1][1])
        else:
            joined.append((began, ended))
    return joined


def _common(wait: Span, spans: Sequence[Span]) -> float:
    began, ended = wait
    return sum(max(0.0, min(ended, until) - max(began, since)) for since, until in spans)
