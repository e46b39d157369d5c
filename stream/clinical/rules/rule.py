"""What a rule is: its inputs, declared, and one pure function from a view to a verdict."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from stream.clinical.levels import Level
from stream.clinical.patient import Told
from stream.clinical.policies.register import POLICY_NAMES
from stream.clinical.signals import Signal
from stream.clinical.view import View
from topics.alerts import Priority


class Bound(StrEnum):
    """What an alert belongs to; its id is made from it."""

    EPISODE = "episode"
    STAY = "stay"


class Evidence(NamedTuple):
    """One reading that makes a rule hold."""

    signal: str
    value: float | str | None  # None: unknown
    unit: str | None
    effective_ms: int
    event_id: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule holds: under which policies and how urgently, why, and what to do."""

    priorities: Mapping[str, Priority]  # of the policies under which it holds; never empty
    because: tuple[Evidence, ...]
    advice: Callable[[], str]  # in plain words; asked for only when there is something to tell
    source: str
    grades: Mapping[str, int] | None = None  # of those policies, where the rule speaks of a grade
    repeat_after_ms: int | None = None  # said again so long as it stays true


class Verdict(NamedTuple):
    """What a rule says of a view, and when it wants to be asked again though nothing happens."""

    finding: Finding | None
    wake_ms: int | None = None
    ending: str = ""  # where it no longer holds: why, in plain words
    never: str = ""  # where it never held: the same
    ended_by: tuple[Evidence, ...] = ()  # what shows it, where that is one reading
    can_never_have_held: bool = False  # what it needs is kept for the stay, and is not there


NOT_MET: Final = Verdict(None)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of CLINICAL.md."""

    name: str
    bound: Bound
    inputs: tuple[Signal[Any] | Level[Any], ...]  # what can change its verdict, beside time
    judge: Callable[[View], Verdict]
    never_retracts: bool = False  # it speaks of what was sent to us: that stays as it was
    before_infusion: bool = False  # asked too while the first infusion is planned
    lasting: bool = False  # all that it goes by is kept for the stay
    settles: bool = False  # raised once a moment is over: another record of it may explain it


def under_every_policy(priority: Priority) -> Mapping[str, Priority]:
    """Give the priorities of a rule that does not depend on the grade."""
    return dict.fromkeys(POLICY_NAMES, priority)


def told_of(view: View, rule: str) -> Told | None:
    """Give what was last said of a rule's alert in the open episode; of the stay where none is."""
    return view.patient.told(rule, 0 if view.episode is None else view.episode.number)
