"""CRS under both policies, row by row as published.

`manikath-2025`: the review's table (lines 27 to 30), which is that of Lee 2014,
DOI 10.1182/blood-2014-05-552729, with haemofiltration added. `astct-2019`: Lee 2019, table 2,
DOI 10.1016/j.bbmt.2018.12.758. Left out: grade 5, which is a death and ends the watch.
Source: CLINICAL.md §1.1, §2.1, §2.4, DEC-8, DEC-19 to DEC-24, DEC-40, DEC-49, DEC-65.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from stream.clinical.circulation import Circulation
from stream.clinical.grade import GradeRange, look_up, look_up_open, worst
from stream.clinical.oxygen import Breathing, OxygenNeed

FEVER_C: Final = 38.0  # 38.0 is a fever; compared before rounding


@dataclass(frozen=True, slots=True, eq=False)  # two tables are the same only if they are one
class CrsTable:
    """The grades that one policy gives to each level of circulation and breathing."""

    by_circulation: Mapping[Circulation, int]
    by_oxygen: Mapping[OxygenNeed, int]
    high_fio2: int | None  # the grade of a charted FiO2 of 0.40 or more, on whatever device
    haemofiltration: int | None  # the grade of a running CRRT
    ecmo: int


REVIEW: Final = CrsTable(
    by_circulation=MappingProxyType(
        {
            Circulation.STABLE: 1,
            Circulation.HYPOTENSION: 2,  # "responding to fluids"
            Circulation.VASOPRESSIN_ALONE: 2,  # an agent like any other (DEC-21), at low dose
            Circulation.ONE_LOW_DOSE: 2,
            Circulation.ONE_HIGH_DOSE: 3,
            Circulation.ONE_AND_VASOPRESSIN: 3,  # "multiple"
            Circulation.SEVERAL: 3,
        }
    ),
    by_oxygen=MappingProxyType(
        {
            OxygenNeed.ROOM_AIR: 1,
            OxygenNeed.LOW_FLOW: 2,
            OxygenNeed.HIGH_FLOW: 3,
            OxygenNeed.AIRWAY_PROTECTION: 4,  # "ventilator support", with no exception written
            OxygenNeed.POSITIVE_PRESSURE: 4,  # NIV too (DEC-20)
        }
    ),
    high_fio2=3,
    haemofiltration=4,
    ecmo=4,
)

CONSENSUS: Final = CrsTable(
    by_circulation=MappingProxyType(
        {
            Circulation.STABLE: 1,
            Circulation.HYPOTENSION: 2,  # "not requiring vasopressors"
            Circulation.VASOPRESSIN_ALONE: 3,  # "a vasopressor" (DEC-24)
            Circulation.ONE_LOW_DOSE: 3,
            Circulation.ONE_HIGH_DOSE: 3,
            Circulation.ONE_AND_VASOPRESSIN: 3,  # "with or without vasopressin"
            Circulation.SEVERAL: 4,  # "multiple (excluding vasopressin)"
        }
    ),
    by_oxygen=MappingProxyType(
        {
            OxygenNeed.ROOM_AIR: 1,
            OxygenNeed.LOW_FLOW: 2,
            OxygenNeed.HIGH_FLOW: 3,
            OxygenNeed.AIRWAY_PROTECTION: 1,  # not by itself a need of oxygen
            OxygenNeed.POSITIVE_PRESSURE: 4,
        }
    ),
    high_fio2=None,
    haemofiltration=None,  # organ toxicity does not count
    ecmo=4,
)


def grade_crs(  # noqa: PLR0913, each input of the table is one argument
    table: CrsTable,
    *,
    fever: bool | None,
    circulation: tuple[Circulation, Circulation | None],
    breathing: Breathing,
    haemofiltration: bool | None,
    ecmo: bool | None,
) -> GradeRange:
    """Grade CRS from what is known. None means unknown and never counts as normal.

    Pass `fever=True` for a whole episode: once fever is masked or gone, the other rows set the
    grade, which stays 1 or more until the episode closes.
    """
    return _grade(table, fever, circulation, breathing, haemofiltration, ecmo)


@cache  # the inputs have few values, and are asked about at every reading
def grade_circulation(
    table: CrsTable, circulation: tuple[Circulation, Circulation | None]
) -> GradeRange:
    """Grade the cardiac domain; a level with no known end may be any from there on."""
    lowest, highest = circulation
    if highest is None:
        return look_up_open(table.by_circulation, lowest)
    return look_up(table.by_circulation, lowest, highest)


@cache
def grade_oxygen(table: CrsTable, breathing: Breathing) -> GradeRange:
    """Grade the pulmonary domain; an intubation that nobody explains may be for another reason."""
    need = OxygenNeed.AIRWAY_PROTECTION if breathing.unexplained else breathing.lowest
    if need is not None and breathing.highest is None:
        grade = look_up_open(table.by_oxygen, need)
    else:
        grade = look_up(table.by_oxygen, need, breathing.highest)
    if table.high_fio2 is None or breathing.high_fio2 is False:
        return grade
    lowest = table.high_fio2 if breathing.high_fio2 else min(table.by_oxygen.values())
    return worst(grade, GradeRange(lowest, table.high_fio2))


@cache
def _grade(  # noqa: PLR0913, PLR0917, each input of the table is one argument
    table: CrsTable,
    fever: bool | None,
    circulation: tuple[Circulation, Circulation | None],
    breathing: Breathing,
    haemofiltration: bool | None,
    ecmo: bool | None,
) -> GradeRange:
    if fever is False:
        return GradeRange(0, 0)
    grade = worst(
        grade_circulation(table, circulation),
        grade_oxygen(table, breathing),
        _grade_support(table.haemofiltration, haemofiltration),
        _grade_support(table.ecmo, ecmo),
    )
    return grade if fever else GradeRange(0, grade.highest)


def _grade_support(grade: int | None, running: bool | None) -> GradeRange:
    """Grade a support that sets a grade of its own; None as its grade: it does not count."""
    if grade is None or running is False:
        return GradeRange(1, 1)
    return GradeRange(grade, grade) if running else GradeRange(1, grade)
