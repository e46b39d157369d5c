"""What a grading policy and a management profile are made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from stream.clinical.crs import CrsTable
from stream.clinical.icans import IcansTable
from stream.clinical.policies.regimen import Regimen
from stream.clinical.policies.thresholds import BUILT_IN, Site


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
    steroids_for_crs: Mapping[int, tuple[Regimen, ...]]  # by grade; a grade left out has none
    steroids_for_icans: Mapping[int, tuple[Regimen, ...]]
    fever_as_grade_2_after: timedelta | None = None  # grade 1 with fever for longer counts as 2
    considered_at_grade_1_until: timedelta | None = None  # after the infusion; an onset before it
    steroid_at_once_from_grade: int | None = None  # of CRS; None: tocilizumab is waited for
    steroid_after_fever: timedelta | None = None  # at grade 1 that lasts for longer
    fever_longer_than_that: bool = False  # "more than" these spans; else at their end
    steroid_at_grade_2_for_hypotension: bool = False  # alone, where tocilizumab did not help
    site: Site = BUILT_IN
    policy_hash: str | None = None  # of all of it, once it is known which thresholds hold

    @property
    def steroid_for_icans_from_grade(self) -> int:
        """The mildest ICANS that has a steroid."""
        return min(self.steroids_for_icans)
