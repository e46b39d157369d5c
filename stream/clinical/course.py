"""The course of an illness: when an episode of CRS opens and when it closes.

The readings are walked in the order in which they were true, moment by moment, whatever the order
in which they came. A reading that is newest takes one step; one that comes late has the walk done
again from the moment before it, as far as the trail of the last hours goes back, else from
`Patient.before`, up to where single readings are no longer kept.

An episode is opened by the first temperature of 38.0 or more, or, while an antipyretic is in its
window or a circuit runs, by hypotension or hypoxia. It closes when it has been clean for 24 hours:
the last counting temperature is below 38.0, and there is no hypotension, oxygen need, vasopressor
or circuit (`closing`). While none is open, a steroid or anakinra may
have CRS graded all the same: that is an illness too, until it has been clean for 24 hours.
It also says how severe the illness has been (`severity`).
Source: CLINICAL.md DEC-4, DEC-33, DEC-40, DEC-44, DEC-50; vectors B03, B10.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from stream.clinical import closing
from stream.clinical.bedside import VASOPRESSOR_RATES
from stream.clinical.crs import FEVER_C
from stream.clinical.illness import is_ill
from stream.clinical.masking import (
    ANTIPYRETIC_WINDOW_MS,
    MASKING_SIGNALS,
    in_antipyretic_window,
    masks,
    runs_circuit,
)
from stream.clinical.patient import Course, Episode, Patient
from stream.clinical.series import Reading, place_after, up_to
from stream.clinical.severity import graded
from stream.clinical.signals import (
    AGE,
    HOME_POSITIVE_PRESSURE,
    OXYGEN,
    PRESSURE,
    TEMPERATURE,
    WEIGHT,
    Signal,
    Temperature,
    attribution,
)
from stream.clinical.times import HOUR_MS
from stream.clinical.trail import Trail

TREATED_MS: Final = 6 * HOUR_MS  # after an antipyretic, the end included
AFEBRILE_GAP_MS: Final = 8 * HOUR_MS  # without fever for so long: a later fever is another one
EPISODES_KEPT: Final = 20

COURSE_SIGNALS: Final[tuple[Signal[Any], ...]] = (
    TEMPERATURE,
    PRESSURE,
    OXYGEN,
    *(signal for _, signal in VASOPRESSOR_RATES),
    *MASKING_SIGNALS,
    *(attribution(domain) for domain in ("fever", "hypotension", "hypoxia")),
)
FOLLOWED: Final = frozenset(signal.name for signal in COURSE_SIGNALS)
COURSE_FACTS: Final = (AGE, HOME_POSITIVE_PRESSURE, WEIGHT)


def followed(patient: Patient, moment_ms: int) -> Patient:
    """Follow the course after readings of one moment were added, changed or removed."""
    latest_ms = patient.course.at_ms
    if latest_ms is None or moment_ms > latest_ms:
        front = patient.course
    elif moment_ms == latest_ms:
        front = patient.front
    else:
        return retraced_from(patient, moment_ms)
    course = step(patient, front, moment_ms)
    trail = patient.trail if course is front else patient.trail.and_then(moment_ms, course)
    return _gone_on(patient, front, course, trail)


def retraced(patient: Patient) -> Patient:
    """Walk again over all readings that are kept."""
    front = course = patient.before
    trail = Trail(course)
    for moment_ms, before, after in walk(patient, patient.before):
        front, course = before, after
        if after is not before:
            trail = trail.and_then(moment_ms, after)
    return _gone_on(patient, front, course, trail)


def retraced_from(patient: Patient, moment_ms: int) -> Patient:
    """Walk again over all readings from a moment on: those before it are what they were."""
    trail = patient.trail.until(moment_ms)
    steps = () if trail is None else tuple(walk(patient, trail.end))
    if trail is None or not steps:  # or all that was said since then was taken back
        return retraced(patient)
    for each_ms, before, after in steps:
        if after is not before:
            trail = trail.and_then(each_ms, after)
    _, front, course = steps[-1]
    return _gone_on(patient, front, course, trail)


def trail_since(patient: Patient, moment_ms: int) -> Trail:
    """Give the courses since a moment, as far back as readings are kept."""
    if patient.trail.covers(moment_ms):
        return patient.trail
    trail = Trail(patient.before)
    for each_ms, before, after in walk(patient, trail.start):
        if after is not before:
            trail = trail.and_then(each_ms, after)
    return trail


def walk(
    patient: Patient, course: Course, until_ms: int | None = None
) -> Iterator[tuple[int, Course, Course]]:
    """Go on from a course: each moment, with the course before and after it."""
    for moment_ms in _moments(patient, course.at_ms, until_ms):
        before, course = course, step(patient, course, moment_ms)
        yield moment_ms, before, course


def step(patient: Patient, course: Course, moment_ms: int) -> Course:
    """Take in what became true at one moment."""
    if patient.stay_from_ms is not None and moment_ms < patient.stay_from_ms:
        return course
    # What is true at a time comes before what is due then.
    course = closing.settled(course, moment_ms - 1)
    temperature = _measured_at(patient, moment_ms)
    fever = temperature is not None and temperature.value.celsius >= FEVER_C
    counting, last_fever = course.counting, course.fever
    if temperature is not None and (
        fever or not in_antipyretic_window(patient, moment_ms, TREATED_MS)
    ):
        counting = moment_ms, temperature.value.celsius
    if temperature is not None and fever:
        last_fever = Reading(*temperature[:4], temperature.value.celsius)
    fever_from_ms, afebrile_from_ms = _fever_run(course, temperature)
    circuit = runs_circuit(patient, moment_ms)
    ill = is_ill(patient, moment_ms)
    onset_ms = course.onset_ms
    if onset_ms is None:
        masked = circuit or in_antipyretic_window(patient, moment_ms, ANTIPYRETIC_WINDOW_MS)
        onset_ms = moment_ms if fever or (ill and masked) else None
    well = not ill and not circuit
    after = Course(
        at_ms=moment_ms,
        onset_ms=onset_ms,
        clean_ms=course.clean_ms,
        counting=counting,
        fever=last_fever if onset_ms is not None else None,
        fever_from_ms=fever_from_ms,
        afebrile_from_ms=afebrile_from_ms,
        closed=course.closed,
        grade_2_from=course.grade_2_from,
        response=course.response,
        masked_ms=course.masked_ms,
        mild_from=course.mild_from,
        again_from=course.again_from,
    )
    after = _followed_on(patient, after, moment_ms, ill=ill, well=well)
    return graded(patient, after, moment_ms, may_be=not well)


def _followed_on(
    patient: Patient, course: Course, moment_ms: int, *, ill: bool, well: bool
) -> Course:
    """Follow since when a mask has CRS graded with no episode open, and since when it is clean.

    Of an episode the temperature is to be clean too.
    """
    masked_ms, counting = course.masked_ms, course.counting
    if course.onset_ms is not None:
        clean = well and counting is not None and counting[1] < FEVER_C
    else:
        if masked_ms is None and ill and any(masks(patient, moment_ms, None)):
            masked_ms = moment_ms
        clean = well and masked_ms is not None
    if clean == (course.clean_ms is not None) and masked_ms == course.masked_ms:
        return course  # as nearly always
    clean_ms = moment_ms if course.clean_ms is None else course.clean_ms
    return course._replace(clean_ms=clean_ms if clean else None, masked_ms=masked_ms)


def with_episodes(patient: Patient, now_ms: int) -> Patient:
    """Give each episode that there is by now its number; the oldest of too many are cut."""
    known = patient.episodes
    episodes = _numbered(known, closing.settled(patient.course, now_ms))
    if episodes == known:
        return patient
    over = max(len(episodes) - EPISODES_KEPT, 0)
    patient = patient.with_cut("episodes", over) if over else patient
    return patient._replace(episodes=episodes[over:])


def _gone_on(patient: Patient, front: Course, course: Course, trail: Trail) -> Patient:
    """Put a course in the place of what it was, and count the closed episodes left out of it."""
    before, closed = patient.course.closed, course.closed
    if closed is not before and len(closed) == closing.CLOSED_KEPT:
        over = sum(close_ms <= closed[0][0] for _, close_ms in before)
        patient = patient.with_cut("closed", over) if over else patient
    return patient._replace(front=front, course=course, trail=trail)


def _numbered(known: tuple[Episode, ...], course: Course) -> tuple[Episode, ...]:
    """Give each episode its number: the one it had, the next where it is new.

    One that turns out never to have been keeps its number, and nothing more than the moment.
    """
    spans: list[tuple[int, int | None]] = list(course.closed)
    if course.onset_ms is not None:
        spans.append((course.onset_ms, None))
    if [(each.onset_ms, each.closed_ms) for each in known] == spans:
        return known  # as nearly always
    episodes = {each.number: each for each in known}
    taken: set[int] = set()
    for onset_ms, closed_ms in spans:
        fitting = [
            each.number
            for each in known
            if each.number not in taken and _overlaps(each, onset_ms, closed_ms)
        ]
        number = max(fitting) if fitting else max(episodes, default=0) + 1
        taken.add(number)
        episodes[number] = Episode(number, onset_ms, closed_ms)
    for number, episode in episodes.items():
        if number not in taken and episode.closed_ms is None:
            episodes[number] = replace(episode, closed_ms=episode.onset_ms)
    return tuple(episodes[number] for number in sorted(episodes))


def _overlaps(episode: Episode, onset_ms: int, closed_ms: int | None) -> bool:
    begins_in_time = closed_ms is None or episode.onset_ms <= closed_ms
    return begins_in_time and (episode.closed_ms is None or episode.closed_ms >= onset_ms)


def _fever_run(
    course: Course, temperature: Reading[Temperature] | None
) -> tuple[int | None, int | None]:
    """Follow since when there has been fever, and since when there has been none (DEC-9)."""
    fever_from_ms, afebrile_from_ms = course.fever_from_ms, course.afebrile_from_ms
    if temperature is None:
        return fever_from_ms, afebrile_from_ms
    at_ms = temperature.effective_ms
    if temperature.value.celsius < FEVER_C:
        return fever_from_ms, at_ms if afebrile_from_ms is None else afebrile_from_ms
    if fever_from_ms is None or (
        afebrile_from_ms is not None and at_ms - afebrile_from_ms >= AFEBRILE_GAP_MS
    ):
        fever_from_ms = at_ms
    return fever_from_ms, None


def _measured_at(patient: Patient, moment_ms: int) -> Reading[Temperature] | None:
    return patient.newest(TEMPERATURE, max(moment_ms, patient.stay_from_ms or 0), moment_ms)


def _moments(patient: Patient, after_ms: int | None, until_ms: int | None) -> Iterable[int]:
    moments: set[int] = set()
    for name, series in patient.series.items():  # fewer than there are signals of the course
        newest = series.newest
        if newest is None or name not in FOLLOWED:
            continue
        if after_ms is None:
            moments.update([each.effective_ms for each in up_to(series, until_ms)])
        elif newest.effective_ms > after_ms:
            later = up_to(series[place_after(series, after_ms) :], until_ms)
            moments.update([each.effective_ms for each in later])
    return sorted(moments)
