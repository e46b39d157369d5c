"""What the body does at a time: signs that follow the course smoothly, before noise."""

import math
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import Final, NamedTuple

from deploy.simulate.course import Course, Infection, Stage
from deploy.simulate.people import Person

RAMP_H: Final = 3.0  # of inflammation; it is measured in grades
HEAT_RAMP_H: Final = 0.75
FEVER_C: Final = 1.9  # above normal, at grade 1
FEVER_A_GRADE_C: Final = 0.35
WELL_C: Final = 36.7
DAILY_C: Final = 0.25
WAVE_C: Final = 0.2
LONGEST_H: Final = 72.0  # that anything lowers a fever


class Heat(NamedTuple):
    """What lowers a fever: when it was given, by how much, and its hours to act and in all."""

    given_h: float
    lowers_c: float
    sets_in_h: float
    lasts_h: float


class Body:
    """A patient's body; hours are counted from the infusion."""

    def __init__(self, person: Person, course: Course, cooled: tuple[Heat, ...]) -> None:
        self._person, self._course, self._cooled = person, course, cooled
        self._given_h = [each.given_h for each in cooled]  # in order

    @cached_property
    def _infected(self) -> tuple[Stage, ...]:
        infection: Infection | None = self._course.infection
        return infection.stages if infection else ()

    def temperature_c(self, hours: float) -> float:
        """Return the true core temperature."""
        clock = self._person.moment(hours).hour
        daily = DAILY_C * math.cos((clock - 17) / 24 * 2 * math.pi)
        fever = 0.0
        for stages in (self._course.crs, self._infected):
            risen = level_of(stages, hours, HEAT_RAMP_H)
            if risen > 0:
                wave = WAVE_C * math.sin(hours / 3.1)
                above = FEVER_C + FEVER_A_GRADE_C * max(0.0, risen - 1) + wave
                fever = max(fever, above * min(1.0, risen))
        if fever == 0:
            return WELL_C + daily
        cooled = sum(_cooling_c(each, hours) for each in self._cooled_since(hours))
        return WELL_C + daily + max(0.0, fever - cooled)

    def _cooled_since(self, hours: float) -> Iterator[Heat]:
        """Give what may still act, newest first."""
        for place in range(bisect_right(self._given_h, hours) - 1, -1, -1):
            if hours - self._given_h[place] > LONGEST_H:
                return
            yield self._cooled[place]

    def crs(self, hours: float) -> float:
        """Return how far CRS has come, in grades."""
        return level_of(self._course.crs, hours, RAMP_H)

    def infection(self, hours: float) -> float:
        """Return how far an infection has come, in grades."""
        return level_of(self._infected, hours, RAMP_H)

    def neuro(self, hours: float) -> int:
        """Return the grade of neurotoxicity."""
        return next(
            (each.grade for each in self._course.neuro if each.from_h <= hours < each.until_h), 0
        )

    def hlh(self, hours: float) -> float:
        """Return how far HLH has come: 1 at its height, half way between its ends."""
        hlh = self._course.hlh
        if hlh is None or not hlh.from_h < hours < hlh.until_h:
            return 0.0
        return math.sqrt(math.sin(math.pi * (hours - hlh.from_h) / (hlh.until_h - hlh.from_h)))

    def marrow(self, hours: float) -> float:
        """Return how far the marrow is down after lymphodepletion: 1 about day 7."""
        return math.exp(-(((hours / 24 - 7) / 4) ** 2))


def level_of(stages: tuple[Stage, ...], hours: float, ramp_h: float) -> float:
    """Follow the grades of a storm from stage to stage, over some hours each."""
    before = 0.0
    for stage in stages:
        if hours < stage.from_h:
            break
        risen = min(1.0, (hours - stage.from_h) / ramp_h)
        if hours < stage.until_h:
            return before + (stage.grade - before) * risen
        before = float(stage.grade)
    else:
        if stages:
            return before * max(0.0, 1 - (hours - stages[-1].until_h) / ramp_h)
    return 0.0


def _cooling_c(heat: Heat, hours: float) -> float:
    since_h = hours - heat.given_h
    if since_h > heat.lasts_h:
        return 0.0
    sets_in = min(1.0, since_h / heat.sets_in_h)
    return heat.lowers_c * sets_in * min(1.0, (heat.lasts_h - since_h) / heat.sets_in_h)
