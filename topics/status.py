"""stormwatch.status.v1: what is known of a patient now."""

from typing import Literal

from topics.alerts import OMITTED, Grade
from topics.base import PatientId, Strict, Timestamp


class IcansGrade(Grade):
    """A grade of neurotoxicity; `estimated` where nothing could be carried forward (DEC-58)."""

    estimated: bool


class CriteriaLine(Strict):
    """A list of criteria: those that are met, those not known, and whether enough are met."""

    met: tuple[str, ...]
    missing: tuple[str, ...]
    fulfilled: bool


class Hlh(Strict):
    """What speaks of HLH.

    `hscore_components` has the points of the HScore that are proven, by component. `hlh_2004` and
    `car_hlh` are left out where none of their criteria is met.
    """

    suspected: bool
    hscore: int | None
    hscore_components: dict[str, int] | None = OMITTED
    hscore_missing: tuple[str, ...]
    iec_hs_grade: int | None
    hlh_2004: CriteriaLine | None = OMITTED
    car_hlh: CriteriaLine | None = OMITTED


class Scores(Strict):
    """Published scores; None where an input is missing.

    `news2_missing` names what was taken for normal, if anything: a consciousness not charted. qSOFA
    and SOFA are the points that are proven, with what is missing; the norepinephrine equivalent
    (Goradia) is of the vasopressors that run, for a trend and no grade.
    """

    news2: int | None
    news2_missing: tuple[str, ...] | None = OMITTED
    qsofa: int | None = OMITTED
    qsofa_missing: tuple[str, ...] | None = OMITTED
    sofa: int | None = OMITTED
    sofa_missing: tuple[str, ...] | None = OMITTED
    norepinephrine_equivalent_ug_kg_min: float | None = OMITTED
    easix: float | None
    s_easix: float | None = OMITTED
    m_easix: float | None
    car_hematotox: int | None


class EpisodeLine(Strict):
    """The open episode, and the day since the infusion (None before any is known)."""

    crs_onset_at: Timestamp | None
    day: int | None


class TocilizumabLine(Strict):
    """The doses of the stay."""

    doses: int
    last_at: Timestamp | None
    next_allowed_at: Timestamp | None


class Status(Strict):
    """What is known of a patient at a time. A part that nobody computes is left out.

    `flags` are doubts about the grade, `stale` names signals that are too old to say anything new,
    `unit` is the ward, `policy_hash` names the tables and thresholds by which it was made.
    """

    type: Literal["status"] = "status"
    at: Timestamp
    patient_id: PatientId
    crs: dict[str, Grade] | None = OMITTED
    icans: dict[str, IcansGrade] | None = OMITTED
    hlh: Hlh | None = OMITTED
    scores: Scores | None = OMITTED
    flags: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    episode: EpisodeLine | None = OMITTED
    tocilizumab: TocilizumabLine | None = OMITTED
    unit: str | None = OMITTED
    bed: str | None = OMITTED
    policy_hash: str | None = OMITTED
