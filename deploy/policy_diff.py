"""What one policy would have told and another one not: alerts that come, go, move, or change.

An alert is compared from when it is raised until it ends, as often as it is. Two of one id are the
same where they overlap in time, or where it was raised as often under both. Their advice is
compared line by line; of lines of different times without the times that it names.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import zip_longest
from typing import Any, Final

from alerts.life import OPEN_STATES
from alerts.readings import clock_time, counted, cut, span
from topics.alerts import Alert, AlertState, Priority
from topics.base import rfc_3339

ADVICE_MAX: Final = 120  # characters, of each of two
SENTENCES: Final = re.compile(r"(?<=\.) ")
TIMES: Final = re.compile(r"\d+ [A-Z][a-z]{2} \d\d:\d\d UTC|[\d.]+ (?:hours?|minutes?)")


class Kind(StrEnum):
    """How the second policy differs from the first."""

    COMES = "comes"
    GOES = "goes"
    MOVES = "moves"  # raised or ended at another time
    CHANGES = "changes"  # of another priority, or at another time
    REPEATS = "repeats"  # said again more often, or less
    ADVISES = "advises"  # something else


@dataclass
class Spell:
    """An alert from when it was raised until it ended."""

    alert_id: str
    rule: str
    patient_id: str
    raised_at: datetime
    ended_at: datetime | None = None
    ended: AlertState | None = None
    priorities: list[tuple[datetime, Priority]] = field(default_factory=list)  # as it turned
    advice: list[tuple[datetime, str]] = field(default_factory=list)  # as raised or changed

    @property
    def said(self) -> int:
        """How often it was raised or changed."""
        return len(self.advice)

    def add(self, line: Alert) -> None:
        """Add a line of it."""
        if line.state not in OPEN_STATES:
            self.ended_at, self.ended = line.at, line.state
            return
        self.advice.append((line.at, line.advice))
        # The pager goes by the most urgent.
        priority = max(line.priorities.values(), key=lambda each: each.urgency)
        if not self.priorities or self.priorities[-1][1] is not priority:
            self.priorities.append((line.at, priority))

    @property
    def worst(self) -> Priority:
        """Its highest priority."""
        return max((each for _, each in self.priorities), key=lambda each: each.urgency)

    def as_json(self) -> dict[str, Any]:
        """Write it for programs."""
        return {
            "raised_at": rfc_3339(self.raised_at),
            "ended_at": None if self.ended_at is None else rfc_3339(self.ended_at),
            "ended": self.ended,
            "priorities": [
                {"at": rfc_3339(at), "priority": priority} for at, priority in self.priorities
            ],
            "said": self.said,
            "advice": [{"at": rfc_3339(at), "advice": advice} for at, advice in self.advice],
        }


@dataclass(frozen=True)
class Change:
    """One difference; where one of the two is missing, it comes or goes."""

    kind: Kind
    spell: Spell  # of the second, or of the first where it goes
    one: Spell | None
    two: Spell | None

    @property
    def at(self) -> datetime:
        """When the two first differ, as far as an alert is concerned."""
        return min(each.raised_at for each in (self.one, self.two) if each is not None)

    def in_words(self) -> str:
        """Write it as a line."""
        spell = self.spell
        head = f"{self.kind:<8} {spell.patient_id}  {spell.worst} {spell.rule}: "
        return head + "; ".join(self._said())

    def as_json(self) -> dict[str, Any]:
        """Write it for programs."""
        spell = self.spell
        return {
            "change": self.kind,
            "patient_id": spell.patient_id,
            "rule": spell.rule,
            "alert_id": spell.alert_id,
            "one": None if self.one is None else self.one.as_json(),
            "two": None if self.two is None else self.two.as_json(),
        }

    def _said(self) -> Iterator[str]:
        one, two = self.one, self.two
        if one is None or two is None:
            yield f"{clock_time(self.spell.raised_at)} until {_end(self.spell)}"
        elif self.kind is Kind.REPEATS:
            times = counted(two.said, "time")
            yield f"said {times}, was {one.said}, from {clock_time(two.raised_at)}"
        elif self.kind is Kind.ADVISES:
            yield from _other_advice(one, two)
        elif self.kind is Kind.CHANGES:
            yield f"{_steps(two)}, was {_steps(one)}"
        else:
            if one.raised_at != two.raised_at:
                yield f"raised {_shift(one.raised_at, two.raised_at)}"
            if (one.ended_at, one.ended) != (two.ended_at, two.ended):
                yield f"until {_end(two)}, was {_end(one)}"


def spells_of(lines: Iterable[Alert]) -> Mapping[str, list[Spell]]:
    """Put lines together, by the id of the alert."""
    found: dict[str, list[Spell]] = {}
    for line in lines:
        spells = found.setdefault(line.alert_id, [])
        if line.state is AlertState.RAISED:
            spells.append(Spell(line.alert_id, line.rule, line.patient_id, line.at))
        spells[-1].add(line)
    return found


def differences(
    one: Mapping[str, Sequence[Spell]], two: Mapping[str, Sequence[Spell]]
) -> list[Change]:
    """Give every difference, in the order of time."""
    found = [
        change
        for alert_id in dict.fromkeys((*one, *two))
        for pair in _pairs(one.get(alert_id, ()), two.get(alert_id, ()))
        for change in _changes(*pair)
    ]
    return sorted(found, key=lambda each: (each.at, each.spell.patient_id, each.spell.rule))


def _pairs(
    one: Sequence[Spell], two: Sequence[Spell]
) -> Iterator[tuple[Spell | None, Spell | None]]:
    if len(one) == len(two) or not one or not two:
        yield from zip_longest(one, two)
        return
    first, second = list(one), list(two)
    while first and second:
        if _is_over_before(first[0], second[0]):
            yield first.pop(0), None
        elif _is_over_before(second[0], first[0]):
            yield None, second.pop(0)
        else:
            yield first.pop(0), second.pop(0)
    yield from zip_longest(first, second)


def _is_over_before(one: Spell, other: Spell) -> bool:
    return one.ended_at is not None and one.ended_at < other.raised_at


def _changes(one: Spell | None, two: Spell | None) -> Iterator[Change]:
    if two is None:
        if one is not None:
            yield Change(Kind.GOES, one, one, None)
        return
    if one is None:
        yield Change(Kind.COMES, two, None, two)
        return
    if (one.raised_at, one.ended_at, one.ended) != (two.raised_at, two.ended_at, two.ended):
        yield Change(Kind.MOVES, two, one, two)
    # The first priority goes with the raising; of what follows the moment counts as well.
    if _turns(one) != _turns(two):
        yield Change(Kind.CHANGES, two, one, two)
    elif one.said != two.said:
        yield Change(Kind.REPEATS, two, one, two)
    if any(_other_advice(one, two)):
        yield Change(Kind.ADVISES, two, one, two)


def _turns(spell: Spell) -> tuple[Priority, list[tuple[datetime, Priority]]]:
    return spell.priorities[0][1], spell.priorities[1:]


def _steps(spell: Spell) -> str:
    first, *later = spell.priorities
    return ", ".join([first[1], *(f"{each} from {clock_time(at)}" for at, each in later)])


def _other_advice(one: Spell, two: Spell) -> Iterator[str]:
    """Give the first advice of two that is not the same: what only one of them says."""
    for (was_at, was), (at, now) in zip(one.advice, two.advice, strict=False):
        timeless = was_at != at
        only_now, only_was = _only(now, was, timeless=timeless), _only(was, now, timeless=timeless)
        if only_now or only_was:
            yield f'"{only_now}", was "{only_was}", {clock_time(at)}'
            return


def _only(advice: str, other: str, *, timeless: bool) -> str:
    """Give the sentences of an advice that the other one does not have, in short."""
    said = [_without_times(each) if timeless else each for each in SENTENCES.split(other)]
    left = [
        each
        for each in SENTENCES.split(advice)
        if (_without_times(each) if timeless else each) not in said
    ]
    return cut(" ".join(left), ADVICE_MAX)


def _without_times(sentence: str) -> str:
    return TIMES.sub("", sentence)


def _shift(was: datetime, now: datetime) -> str:
    how = f"{span(was - now)} earlier" if now < was else f"{span(now - was)} later"
    return f"{how} ({clock_time(now)}, was {clock_time(was)})"


def _end(spell: Spell) -> str:
    return "the end" if spell.ended_at is None else f"{spell.ended} {clock_time(spell.ended_at)}"
