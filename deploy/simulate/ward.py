"""A ward: stays that begin over time, each a stream of its own, merged by arrival.

Nothing is held but the plan of each stay and what is still on its way, however long it runs.

At the start the beds are half full; the other half come over three quarters of the time. The feeds
of a patient begin some hours before the first sign of a storm and not at the infusion, so that a
single day of a ward sees storms too; in who stays well they begin on any of the first ten days. A
bed that is free stays empty.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from heapq import merge
from typing import Final, NamedTuple

from deploy.simulate.bedside import assessments
from deploy.simulate.body import Body
from deploy.simulate.care import plan_care
from deploy.simulate.chance import chance_of
from deploy.simulate.chart import administration, pharmacy
from deploy.simulate.course import draw_course
from deploy.simulate.events import Sent, by_arrival
from deploy.simulate.faults import with_faults
from deploy.simulate.laboratory import cultures, results
from deploy.simulate.monitors import vitals
from deploy.simulate.people import draw_person
from deploy.simulate.stay import Stay

AT_THE_START: Final = 0.5  # of the patients
COME_OVER: Final = 0.75  # of the time
WITHIN_H: Final = 1.0  # the feeds of those who are there at the start begin
WELL_FOR_H: Final = 240.0
LEAST_NOTICE_H: Final = 2.0  # from the first reading to the first sign
USUAL_NOTICE_H: Final = 8.0  # more than that, on average


class Ward(NamedTuple):
    """What is to be simulated. The same ward gives the same bytes."""

    patients: int
    hours: float
    seed: int
    start: datetime
    against: float = 0.2  # share of what people do that is against the rules
    faults: float = 1.0  # times as often as usual
    wrong_clocks: bool = False
    every_min: float | None = None


def events(ward: Ward) -> Iterator[Sent]:
    """Give every line of a ward in the order of arrival."""
    stays = [lines_of(ward, draw_stay(ward, number)) for number in range(ward.patients)]
    return merge(*stays, key=lambda sent: sent.arrives_at)


def draw_stay(ward: Ward, number: int) -> Stay:
    """Draw a patient and all that happens, and let the feeds begin before it does."""
    chance = chance_of(ward.seed, number)
    there = number < ward.patients * AT_THE_START
    enters_h = chance.uniform(0, min(WITHIN_H, ward.hours) if there else ward.hours * COME_OVER)
    # The course is drawn for an infusion at the start, then moved to the day that feeds begin.
    person = draw_person(chance, number, ward.start)
    course = draw_course(chance, person)
    if course.begins_h is None:
        from_h = chance.uniform(0, WELL_FOR_H)
    else:
        notice_h = LEAST_NOTICE_H + chance.expovariate(1 / USUAL_NOTICE_H)
        from_h = max(0.0, course.begins_h - notice_h)
    infused_at = ward.start + timedelta(seconds=round(3600 * (enters_h - from_h)))
    person = replace(person, infused_at=infused_at)
    until_h = min(course.ends_h, from_h + ward.hours - enters_h)
    care = plan_care(ward.seed, person, course, (from_h, until_h), ward.against)
    body = Body(person, course, care.cooled)
    return Stay(ward.seed, person, course, care, body, from_h, until_h)


def lines_of(ward: Ward, stay: Stay) -> Iterator[Sent]:
    """Give the lines of one stay in the order of arrival."""
    sources = (
        administration(stay),
        pharmacy(stay),
        assessments(stay),
        results(stay),
        cultures(stay, ward.against),
        vitals(stay, ward.every_min),
    )
    arisen = merge(*sources, key=lambda sent: sent.made_at)
    faulty = with_faults(
        stay.chance("faults"), arisen, times=ward.faults, wrong_clocks=ward.wrong_clocks
    )
    last = ward.start + timedelta(hours=ward.hours)
    return (sent for sent in by_arrival(faulty) if sent.arrives_at < last)
