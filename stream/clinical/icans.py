"""ICANS under both policies, row by row as published.

`manikath-2025`: the review's table (lines 50 to 53), with a seizure at grade 3 or more (its grade 2
"with or without seizure" contradicts its grade 3) and the unarousable at 4. It has no scale for
children and no row for edema. `astct-2019`: Lee 2019, the tables of ICE and of ICANS, DOI
10.1016/j.bbmt.2018.12.758. Left out: grade 5, which is a death and ends the watch. Tremor,
myoclonus and hemorrhage do not count; nor do word-finding difficulty, confusion and aphasia by
themselves, which ICE measures.
Source: CLINICAL.md §1.1, §2.2 to §2.4, DEC-5 to DEC-7, DEC-53 to DEC-58.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final, TypeVar

from stream.clinical.grade import GradeRange, look_up, look_up_open, worst

HIGHEST: Final = 4
# ICE: up to and with each limit.
ICE_SEVERE_UP_TO: Final = 2
ICE_MODERATE_UP_TO: Final = 6
ICE_MILD_UP_TO: Final = 9
CAPD_HIGH_FROM: Final = 9
PROLONGED_ABOVE_S: Final = 300.0  # 5 minutes exactly are not prolonged

Level = TypeVar("Level", bound=IntEnum)


class Ice(IntEnum):
    """What ICE shows, mildest first."""

    WHOLE = 0  # 10
    MILD = 1  # 7 to 9
    MODERATE = 2  # 3 to 6
    SEVERE = 3  # 0 to 2


class Capd(IntEnum):
    """What CAPD shows in a child, mildest first."""

    NONE = 0  # 0
    LOW = 1  # 1 to 8
    HIGH = 2  # 9 or more


class Arousal(IntEnum):
    """To what a patient awakens, mildest first."""

    ALERT = 0
    VOICE = 1
    TACTILE = 2
    UNAROUSABLE = 3


class Convulsion(IntEnum):
    """What seizures there are, mildest first."""

    NONE = 0
    BRIEF = 1  # clinical or on EEG
    PROLONGED = 2  # above 5 minutes, or repeated with no return to baseline in between


@dataclass(frozen=True, slots=True, eq=False)  # two tables are the same only if they are one
class IcansTable:
    """The grades that one policy gives to each level of each domain."""

    by_ice: Mapping[Ice, int]
    by_capd: Mapping[Capd, int]
    by_arousal: Mapping[Arousal, int]
    by_convulsion: Mapping[Convulsion, int]
    by_sign: Mapping[str, int]  # what is not in it does not count
    ice_schemes: frozenset[str]  # the forms that it can grade


BY_ICE: Final = MappingProxyType({Ice.WHOLE: 0, Ice.MILD: 1, Ice.MODERATE: 2, Ice.SEVERE: 3})
BY_CONVULSION: Final = MappingProxyType(
    {Convulsion.NONE: 0, Convulsion.BRIEF: 3, Convulsion.PROLONGED: 4}
)

REVIEW: Final = IcansTable(
    by_ice=BY_ICE,
    by_capd=MappingProxyType({Capd.NONE: 0, Capd.LOW: 0, Capd.HIGH: 0}),
    by_arousal=MappingProxyType(
        {
            Arousal.ALERT: 0,
            Arousal.VOICE: 3,  # "impaired, arousable to voice"
            Arousal.TACTILE: 3,
            Arousal.UNAROUSABLE: 4,  # no ICE can be done (DEC-55)
        }
    ),
    by_convulsion=BY_CONVULSION,
    by_sign=MappingProxyType({"focal_weakness": 4, "posturing": 4}),
    ice_schemes=frozenset({"astct", "zero_to_two"}),
)

CONSENSUS: Final = IcansTable(
    by_ice=BY_ICE,
    by_capd=MappingProxyType({Capd.NONE: 0, Capd.LOW: 1, Capd.HIGH: 3}),
    by_arousal=MappingProxyType(
        {
            Arousal.ALERT: 0,
            Arousal.VOICE: 2,
            Arousal.TACTILE: 3,
            Arousal.UNAROUSABLE: 4,
        }
    ),
    by_convulsion=BY_CONVULSION,
    by_sign=MappingProxyType(
        {
            "focal_weakness": 4,
            "posturing": 4,
            "focal_edema": 3,
            "diffuse_edema": 4,
            "cn6_palsy": 4,
            "papilledema": 4,
            "cushing_triad": 4,
            "impending_herniation": 4,  # DEC-56
        }
    ),
    ice_schemes=frozenset({"astct"}),  # the two forms cannot be converted into each other
)


def ice_of(points: int) -> Ice:
    """Find what an ICE score of 0 to 10 shows."""
    if points <= ICE_SEVERE_UP_TO:
        return Ice.SEVERE
    if points <= ICE_MODERATE_UP_TO:
        return Ice.MODERATE
    return Ice.MILD if points <= ICE_MILD_UP_TO else Ice.WHOLE


def capd_of(points: int) -> Capd:
    """Find what a CAPD shows."""
    if points >= CAPD_HIGH_FROM:
        return Capd.HIGH
    return Capd.LOW if points > 0 else Capd.NONE


def grade_level(table: Mapping[Level, int], level: Level | None, *, fresh: bool) -> GradeRange:
    """Grade one domain; None is unknown, and an old level may be any worse by now."""
    if level is None:
        return look_up(table, None)
    return look_up(table, level) if fresh else look_up_open(table, level)


def grade_signs(table: IcansTable, signs: frozenset[str]) -> GradeRange:
    """Grade the signs that are there."""
    grade = max((table.by_sign.get(sign, 0) for sign in signs), default=0)
    return GradeRange(grade, grade)


def grade_icans(*domains: GradeRange, estimated: bool) -> GradeRange:
    """Take the most severe domain. An estimate leaves everything above it possible."""
    grade = worst(*domains)
    return GradeRange(grade.lowest, HIGHEST) if estimated else grade
