"""The status line: what is known of a patient at a time."""

from functools import cache, lru_cache
from typing import Final

from stream.clinical.asking import watch_ended_by
from stream.clinical.bedside import fact
from stream.clinical.flags import flags_of
from stream.clinical.observe import infusion_ms, with_stay
from stream.clinical.patient import Patient
from stream.clinical.policies.policy import ManagementProfile
from stream.clinical.scored import blood_of, hlh_of, scores_of
from stream.clinical.signals import BED, UNIT
from stream.clinical.stale import stale_signals
from stream.clinical.times import day_of, moment
from stream.clinical.tocilizumab import next_dose_ms
from stream.clinical.view import View
from topics.alerts import Grade
from topics.status import EpisodeLine, IcansGrade, Status, TocilizumabLine

EPISODES_REMEMBERED: Final = 1024  # lines of episodes that need not be made again
NO_TOCILIZUMAB: Final = TocilizumabLine(doses=0, last_at=None, next_allowed_at=None)


def status_of(patient: Patient, at_ms: int, management: ManagementProfile) -> Status:
    """Say what is known; after discharge or death nothing is graded."""
    patient = with_stay(patient, at_ms)
    view = View(patient, at_ms, management)
    watched = watch_ended_by(view) is None
    onset_ms = view.course.onset_ms
    blood = blood_of(view) if watched else None
    crs = {name: _grade(grade.lowest, grade.highest) for name, grade in view.crs.items()}
    icans = {
        name: _icans_grade(each.grade.lowest, each.grade.highest, each.estimated)
        for name, each in view.icans.items()
    }
    return Status(
        at=moment(at_ms),
        patient_id=patient.patient_id,
        crs=crs if watched else None,
        icans=icans if watched else None,
        hlh=None if blood is None else hlh_of(view, blood),
        scores=None if blood is None else scores_of(view, blood),
        flags=tuple(flags_of(view)) if watched else (),
        stale=tuple(stale_signals(patient, at_ms, view.site)) if watched else (),
        episode=_episode(onset_ms, day_of(at_ms, infusion_ms(patient, at_ms))),
        tocilizumab=_tocilizumab(view),
        unit=fact(patient, UNIT),
        bed=fact(patient, BED),
        policy_hash=management.policy_hash,
    )


@cache  # there are few
def _grade(lowest: int, highest: int) -> Grade:
    return Grade(lowest=lowest, highest=highest)


@cache
def _icans_grade(lowest: int, highest: int, estimated: bool) -> IcansGrade:
    return IcansGrade(lowest=lowest, highest=highest, estimated=estimated)


@lru_cache(maxsize=EPISODES_REMEMBERED)
def _episode(onset_ms: int | None, day: int | None) -> EpisodeLine:
    onset_at = None if onset_ms is None else moment(onset_ms)
    return EpisodeLine(crs_onset_at=onset_at, day=day)


def _tocilizumab(view: View) -> TocilizumabLine:
    doses = view.tocilizumab
    if not doses:
        return NO_TOCILIZUMAB
    next_ms = next_dose_ms(view)
    return TocilizumabLine(
        doses=len(doses),
        last_at=moment(doses[-1].effective_ms),
        next_allowed_at=None if next_ms is None else moment(next_ms),
    )
