"""The bytes of a patient's state: versioned JSON, exact both ways."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any, Final

import orjson

from stream.clinical.entries import Entry
from stream.clinical.ledger import Ledger
from stream.clinical.patient import Course, Doubt, Episode, Patient, Response, Told
from stream.clinical.series import Reading, Readings
from stream.clinical.trail import Trail

__all__ = ["VERSION", "Patient", "UnknownVersionError", "decode", "encode"]

VERSION: Final = 7
# What a course says beside its values. A state that was written before that was known lacks it, and
# is read as that of a patient of whom there is none to say; code that knows none reads past it.
SAID_BESIDE: Final = ("masked_ms", "mild_from", "again_from")
PLAIN_FIELDS: Final = (
    "wakes",
    "applied",
    "cut",
    "changed_ms",
    "asked_ms",
    "charted_ms",
    "thinned_ms",
    "stay",
    "stay_from_ms",
)


class UnknownVersionError(ValueError):
    """The state was written by a version of this code that is not known here."""


def encode(patient: Patient) -> bytes:
    """Write a state."""
    courses = (patient.before, patient.front, patient.course)
    return orjson.dumps(
        {
            "version": VERSION,
            "patient_id": patient.patient_id,
            "entries": patient.entries.saved(),
            "replaced": [[*name, *version] for name, version in patient.replaced.items()],
            "courses": [_course_out(each) for each in courses],
            "beside": [_beside_out(each) for each in courses],
            "episodes": [[each.number, each.onset_ms, each.closed_ms] for each in patient.episodes],
            "alerts": {name: _told_out(each) for name, each in patient.alerts.items()},
            "doubts": {rule: dict(doubts) for rule, doubts in patient.doubts.items()},
            **{name: _plain(getattr(patient, name)) for name in PLAIN_FIELDS},
        }
    )


def decode(saved: bytes) -> Patient:
    """Read a state; one of another version raises `UnknownVersionError`."""
    found: dict[str, Any] = orjson.loads(saved)
    if found.get("version") != VERSION:
        raise UnknownVersionError(f"state version {found.get('version')}, known is {VERSION}")
    entries = Ledger.read(found["entries"])
    beside = found.get("beside", [{}, {}, {}])
    before, front, course = map(_course_in, found["courses"], beside)
    return Patient(
        patient_id=found["patient_id"],
        entries=entries,
        replaced={
            (source, event_id): (recorded_ms, standing, digest)
            for source, event_id, recorded_ms, standing, digest in found["replaced"]
        },
        series=_series(entries.values()),
        before=before,
        front=front,
        course=course,
        trail=_trail(front, course),
        episodes=tuple(Episode(*values) for values in found["episodes"]),
        alerts={identity: _told_in(each) for identity, each in found["alerts"].items()},
        doubts={
            rule: {signal: Doubt(**each) for signal, each in doubts.items()}
            for rule, doubts in found["doubts"].items()
        },
        **{name: found[name] for name in PLAIN_FIELDS},
    )


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value


def _series(entries: Iterable[Entry]) -> Mapping[str, Readings[Any]]:
    found: dict[str, list[Reading[Any]]] = {}
    for entry in entries:
        for name, reading in entry.readings:
            found.setdefault(name, []).append(reading)
    return {
        name: Readings(sorted(readings, key=lambda each: each[:4]))
        for name, readings in found.items()
    }


def _course_out(course: Course) -> list[Any]:
    """Write the values in their order: a course is written several times in each state."""
    # orjson knows tuples, not their subclasses.
    fever = None if course.fever is None else list(course.fever)
    plain = {
        "fever": fever,
        "grade_2_from": dict(course.grade_2_from),
        "response": {name: list(each) for name, each in course.response.items()},
    }
    values = course._asdict() | plain
    return [value for name, value in values.items() if name not in SAID_BESIDE]


def _beside_out(course: Course) -> dict[str, Any]:
    """Write what there is, which is nothing of nearly everyone."""
    found = {name: getattr(course, name) for name in SAID_BESIDE}
    return {name: _plain(value) for name, value in found.items() if value}


def _course_in(saved: list[Any], beside: dict[str, Any]) -> Course:
    course = Course(*saved, **beside)
    return course._replace(
        counting=None if course.counting is None else (course.counting[0], course.counting[1]),
        fever=None if course.fever is None else Reading(*course.fever),
        closed=tuple((onset, end) for onset, end in course.closed),
        response={name: Response(*each) for name, each in course.response.items()},
    )


def _trail(front: Course, course: Course) -> Trail:
    """Begin a trail anew with what is known of its end."""
    if course.at_ms is None or course.at_ms == front.at_ms:
        return Trail(course)
    return Trail(front, [course.at_ms], [course])


def _told_out(told: Told) -> list[Any]:
    """Write the values in their order: there are many, most of them of alerts that have ended."""
    return [getattr(told, each.name) for each in fields(Told)]


def _told_in(saved: list[Any]) -> Told:
    told = Told(*saved)
    return replace(told, because=tuple(told.because))
