"""What a grading policy and a management profile are made of."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from stream.clinical.crs import CrsTable
from stream.clinical.expected import EXPECTED, Expected
from stream.clinical.icans import IcansTable


@dataclass(frozen=True, slots=True)
class GradingPolicy:
    """How severe an illness is called."""

    name: str
    source: str
    crs: CrsTable
    icans: IcansTable
    honours_attribution: bool  # "not attributable to any other cause"


class TocilizumabTrigger(StrEnum):
    """What, beside the grade, a profile asks for before tocilizumab is advised."""

    GRADE_ALONE = "grade_alone"
    INSTABILITY = "instability"  # despite fluids and vasopressors, or high-flow oxygen


@dataclass(frozen=True, slots=True)
class ManagementProfile:
    """What is advised; kept apart from how severe an illness is called."""

    name: str
    source: str
    tocilizumab_from_grade: int
    tocilizumab_trigger: TocilizumabTrigger
    tocilizumab_interval: timedelta = timedelta(hours=8)  # the review, line 69; exactly 8 h will do
    tocilizumab_max_a_stay: int = 4  # the review, line 69: "3-4"
    tocilizumab_max_in_24_h: int = 3  # ASCO 2021 and the labels; one exactly 24 h old is none
    fever_as_grade_2_after: timedelta | None = None  # grade 1 with fever for longer counts as 2
    ice_due_after: timedelta = timedelta(hours=24)  # the review, line 55: daily
    expected: Expected = EXPECTED
