"""The rounds of the probes: which of them came back as pages, and which loops are whole.

In each round the blood pressure of every probe falls or rises, in turn. So one line of its alert
follows, and one page, which the pager writes down as sent through the loop-back sink. The time of
the line says which round it was.

Pure: lines go in as they are read, in any order of their topics.
"""

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from alerts.routing import LOOP_BACK
from topics.alerts import Alert, alert_id
from topics.base import epoch_ms
from topics.pages import Outcome, PageLine
from topics.reserved import LOOP_PARTITIONS, PROBES

RULE: Final = "UNATTRIBUTED-DETERIORATION"  # low pressure without a fever, bound to no episode
REVISIONS_KEPT: Final = 16  # of each probe, whose page was not read yet
BEFORE: Final = 0  # no round of these came back yet

_EVERY: Final = frozenset(range(len(PROBES)))
# Each loop speaks for other partitions than its own: where one is ill, the other can tell.
GROUPS: Final = (_EVERY - {LOOP_PARTITIONS[0]}, frozenset({LOOP_PARTITIONS[0]}))


class Back(NamedTuple):
    """A round of one partition that came back: when it began."""

    partition: int
    round_ms: int


class Rounds:
    """What is known of the rounds since this process began."""

    def __init__(self) -> None:
        self._partitions = {
            alert_id(probe, 0, RULE, 0): partition for partition, probe in enumerate(PROBES)
        }
        self._lines: dict[tuple[int, int], int] = {}  # when the round of a revision began
        self._pages: dict[tuple[int, int], None] = {}  # whose line was not read yet
        self._back_ms: dict[int, int] = dict.fromkeys(_EVERY, BEFORE)

    def take(self, line: Alert | PageLine) -> Back | None:
        """Take a line; return the round that it shows to be back."""
        partition = self._partitions.get(line.alert_id)
        if partition is None:
            return None
        place = partition, line.revision
        if isinstance(line, Alert):
            self._lines[place] = epoch_ms(line.at)
        elif (line.sink, line.outcome) == (LOOP_BACK, Outcome.SENT):
            self._pages[place] = None
        if place not in self._lines or place not in self._pages:
            self._cut()
            return None
        del self._pages[place]
        back = Back(partition, self._lines.pop(place))
        self._back_ms[partition] = max(self._back_ms[partition], back.round_ms)
        return back

    def whole_ms(self, partitions: Collection[int] = _EVERY) -> int:
        """Return when the newest round began since which each partition has come back."""
        return min(self._back_ms[each] for each in partitions)

    def lost(self, before_ms: int) -> Iterator[int]:
        """Name the partitions of which no round came back that began at that time or later."""
        return (each for each in sorted(_EVERY) if self._back_ms[each] < before_ms)

    def _cut(self) -> None:
        for places in (self._lines, self._pages):
            while len(places) > REVISIONS_KEPT * len(PROBES):
                del places[next(iter(places))]
