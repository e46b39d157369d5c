"""SOFA of a patient, and whether it rises: organs that fail one after the other.

What is compared are organs of which something was known at both times, by the newest results,
however old. The mean pressure is left out of the comparison: a vasopressor says more, and where
none runs the circulation has no points. A GCS under sedation is none. Urine counts where it was
collected for 12 hours or more. FiO2 is that in use when PaO2 was taken; room air is 0.21.
Source: CLINICAL.md §1.4 DEC-14, §3; Vincent et al., Intensive Care Med 1996;22:707-710, table 3.
"""

from typing import Any, Final

from stream.clinical.bedside import VASOPRESSOR_RATES, oxygen_that_decides
from stream.clinical.circulation import ug_kg_min
from stream.clinical.comparators import exact
from stream.clinical.oxygen import NEED_BY_DEVICE, ROOM_AIR, OxygenNeed
from stream.clinical.results import as_of, newest, value_of
from stream.clinical.scores.lungs import pf_mmhg
from stream.clinical.scores.sofa import RISE, Inputs, Sofa, sofa
from stream.clinical.sedation import sedated
from stream.clinical.signals import GCS, URINE, Signal, lab, rate
from stream.clinical.times import DAY_MS
from stream.clinical.view import View

ROOM_AIR_FIO2_FRACTION: Final = 0.21
COLLECTED_H: Final = 12.0  # urine of a shorter time says little of a day
HOURS_A_DAY: Final = 24.0
VASOACTIVE: Final = (*VASOPRESSOR_RATES, ("dobutamine", rate("dobutamine")))
ORGAN_SIGNALS: Final[tuple[Signal[Any], ...]] = (
    *(lab(analyte) for analyte in ("pao2", "platelets", "bilirubin_total", "creatinine")),
    GCS,
    URINE,
    *(signal for _, signal in VASOACTIVE),
)


def rise_of(view: View) -> int | None:
    """Find by how much SOFA has risen in 24 hours; None where that is not enough.

    These are the 24 hours until something was last charted of an organ: silence ends nothing.
    """
    moments = sorted(
        {
            reading.effective_ms
            for signal in ORGAN_SIGNALS
            for reading in view.every(signal)
            if reading.effective_ms <= view.at_ms
        }
    )
    from_ms = (moments[-1] if moments else view.at_ms) - DAY_MS
    recent = [each for each in moments if each >= from_ms]
    last_before = [each for each in moments if each < from_ms][-1:]
    now = sofa_of(view)
    rises = [_rise(sofa_of(as_of(view, each)), now) for each in (*last_before, *recent)]
    steepest = max(rises, default=0)
    return steepest if steepest >= RISE else None


def sofa_of(view: View) -> Sofa:
    """Score what is known at the time of a view, but for the mean pressure."""
    pao2, urine = newest(view, "pao2", None), view.latest(URINE)
    fio2 = None if pao2 is None else _fio2_at(view, pao2.effective_ms)
    device = None if view.oxygen is None else view.oxygen.value.device
    need = None if device is None else NEED_BY_DEVICE[device]
    running = {
        drug: ug_kg_min(reading.value, view.weight_kg)
        for drug, signal in VASOACTIVE
        if (reading := view.patient.newest(signal, None, view.until_ms)) is not None
        and reading.value.value > 0
    }
    return sofa(
        Inputs(
            pf_mmhg=pf_mmhg(pao2_mmhg=exact(value_of(pao2)), fio2_fraction=fio2),
            ventilated=None if need is None else need is OxygenNeed.POSITIVE_PRESSURE,
            platelets=value_of(newest(view, "platelets", None)),
            bilirubin_total=value_of(newest(view, "bilirubin_total", None)),
            mean_arterial_mmhg=None,
            running_ug_kg_min=running,
            gcs=None if _is_sedated(view) else value_of(view.latest(GCS)),
            creatinine=value_of(newest(view, "creatinine", None)),
            urine_ml_a_day=None
            if urine is None or urine.value.over_h < COLLECTED_H
            else urine.value.volume_ml / urine.value.over_h * HOURS_A_DAY,
        )
    )


def _rise(then: Sofa, now: Sofa) -> int:
    known = {"circulation", *(then.organs.keys() & now.organs.keys())}
    return sum(now.organs.get(organ, 0) - then.organs.get(organ, 0) for organ in known)


def _fio2_at(view: View, moment_ms: int) -> float | None:
    used = oxygen_that_decides(view.patient, moment_ms)
    if used is None:
        return None
    held = used.held()
    if held.fio2_fraction is None and held.device == ROOM_AIR:
        return ROOM_AIR_FIO2_FRACTION
    return held.fio2_fraction


def _is_sedated(view: View) -> bool:
    spells = sedated(view.patient, view.until_ms)
    return any(spell.until_ms is None for spell in spells)
