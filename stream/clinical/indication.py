"""By which grade tocilizumab is indicated, as the management profile has it.

From a grade on; at grade 1 where the fever lasts or CRS began early; or only where fluids, oxygen
and a vasopressor at low dose are not enough.
Source: CLINICAL.md §1.2 (review lines 67 to 73), §4, DEC-30.
"""

from collections.abc import Mapping
from datetime import timedelta

from stream.clinical.circulation import Circulation
from stream.clinical.illness import ECMO_SIGNALS
from stream.clinical.oxygen import OxygenNeed
from stream.clinical.policies.policy import TocilizumabTrigger
from stream.clinical.vasopressors import began
from stream.clinical.view import View
from topics.base import MILLISECOND


def indicated(view: View) -> Mapping[str, int]:
    """Give the grades by which it is indicated, by policy; of the doses nothing is asked."""
    profile = view.management
    if profile.tocilizumab_trigger is TocilizumabTrigger.INSTABILITY and not _is_unstable(view):
        return {}
    long_ms = long_fever_ms(view)
    from_grade = profile.tocilizumab_from_grade
    if (long_ms is not None and long_ms <= view.at_ms) or is_considered(view):
        from_grade = 1
    return {name: grade.lowest for name, grade in view.crs.items() if grade.lowest >= from_grade}


def is_considered(view: View) -> bool:
    """Tell whether CRS began so early that the profile has it considered at grade 1."""
    limit, onset_ms = view.management.considered_at_grade_1_until, view.course.onset_ms
    infused_ms = view.patient.stay_from_ms
    if limit is None or onset_ms is None or infused_ms is None:
        return False
    return onset_ms - infused_ms < limit // MILLISECOND


def long_fever_ms(view: View) -> int | None:
    """Find from when on the fever that lasts has lasted for too long, by the profile."""
    return fever_for_ms(view, view.management.fever_as_grade_2_after)


def fever_for_ms(view: View, limit: timedelta | None) -> int | None:
    """Find from when on there has been fever for a span of the profile: at its end (DEC-30).

    Where the profile says "more than", that is right after it.
    """
    if limit is None or view.fever_from_ms is None:
        return None
    return view.fever_from_ms + limit // MILLISECOND + view.management.fever_longer_than_that


def _is_unstable(view: View) -> bool:
    """Tell whether fluids, oxygen and a vasopressor at low dose are not enough."""
    if any(view.is_running(signal) for signal in ECMO_SIGNALS):
        return True
    if view.vasopressors and (
        view.circulation[0] >= Circulation.ONE_HIGH_DOSE or _is_low_despite_vasopressor(view)
    ):
        return True
    need = view.breathing.lowest
    return need is not None and need >= OxygenNeed.HIGH_FLOW


def _is_low_despite_vasopressor(view: View) -> bool:
    """Tell whether the pressure is low that was measured after the first vasopressor began."""
    began_ms = min(began(view, drug).effective_ms for drug in view.vasopressors)
    return view.low_pressure is True and (
        view.pressure is not None and view.pressure.effective_ms > began_ms
    )
