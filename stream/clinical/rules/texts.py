"""What belongs into the advice of other alerts and is never raised by itself.

Each gives whole sentences, or nothing where they do not fit the patient.
Source: CLINICAL.md §1.5 to §1.8, §6.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from stream.clinical.bedside import fact
from stream.clinical.circulation import is_child
from stream.clinical.comparators import is_below
from stream.clinical.fluids import INITIAL_ML_KG, for_pressure, ml_in_words, ml_kg, total_ml
from stream.clinical.hlh import FEATURE_MS, hscore_of
from stream.clinical.illness import ECMO_SIGNALS
from stream.clinical.indication import indicated, is_considered
from stream.clinical.masking import STEROIDS
from stream.clinical.oxygen import OxygenNeed
from stream.clinical.products import typical_days, typical_days_of_icans
from stream.clinical.results import newest, proving
from stream.clinical.rules import sepsis_features
from stream.clinical.scores import hscore
from stream.clinical.signals import PRODUCT
from stream.clinical.times import DAY_MS, HOUR_MS, day_of, in_words
from stream.clinical.tocilizumab import LIGHT_WEIGHT_KG, dose_in_words, next_dose_ms
from stream.clinical.ventilation import uptake_below, ventilated_from_ms
from stream.clinical.view import View
from topics.names import called

EARLY_MS: Final = 48 * HOUR_MS  # of ventilation: blockade may help
SEVERE_MMHG: Final = 100.0  # of PaO2/FiO2: severe ARDS below it (Berlin)
RECOVERY_MS: Final = DAY_MS  # after tocilizumab: too early to judge shock as futile
STAY_EPISODE: Final = 0  # of alerts that belong to the stay
HLH_ORDERS: Final = ("triglycerides", "fibrinogen", "ldh", "sil2r")
LOW_PLATELETS_10E9_L: Final = 50.0
LOW_FIBRINOGEN_MG_DL: Final = 150.0


def joined(*said: str) -> str:
    """Join what is said, and leave out what says nothing."""
    return " ".join(each for each in said if each)


def toci_with_abx(view: View) -> str:
    """TOCI-WITH-ABX: tocilizumab waits neither for cultures nor for antibiotics.

    Source: review lines 187, 197 and 201.
    """
    next_ms = next_dose_ms(view)
    grades = indicated(view)
    early = max(grades.values(), default=0) == 1 and is_considered(view)  # no more than considered
    if not grades or early or next_ms is None or next_ms > view.at_ms:
        return ""
    return (
        f"Give tocilizumab as well ({dose_in_words(view.weight_kg)}): hold it neither for cultures "
        "nor because antibiotics run."
    )


def fluid_initial(view: View) -> str:
    """FLUID-INITIAL: a low pressure gets 20 to 30 mL/kg of crystalloid at first.

    Where a vasopressor runs nothing is said; what was given for it is named, from 30 mL/kg on
    alone. Source: review line 218.
    """
    if view.low_pressure is not True or view.vasopressors:
        return ""
    lowest, highest = INITIAL_ML_KG
    fluids = for_pressure(view)
    given, by_weight = total_ml(fluids), ml_kg(view, fluids)
    if by_weight is not None and by_weight >= highest:
        return f"Low pressure after {given:g} mL of crystalloid ({by_weight:.1f} mL/kg)."
    return (
        f"Low pressure: crystalloid {ml_in_words(view, lowest)} to {ml_in_words(view, highest)} at "
        f"first; {given:g} mL were given for it."
    )


def oxygen_ladder(view: View) -> str:
    """O2-LADDER: a high-flow cannula first, and no delay of intubation, above all with ICANS.

    Under positive pressure it says that non-invasive ventilation fails often. Source: review lines
    251 to 253.
    """
    need = view.breathing.lowest
    if need is None or need == OxygenNeed.ROOM_AIR or ventilated_from_ms(view) is not None:
        return ""
    icans = any(each.grade.lowest > 0 for each in view.icans.values())
    return joined(
        "Non-invasive ventilation fails often: use it only where the patient can be intubated at "
        "once."
        if need == OxygenNeed.POSITIVE_PRESSURE
        else "Oxygen: high-flow nasal cannula first.",
        "Do not delay intubation where breathing worsens"
        + (", above all with ICANS as now." if icans else "."),
    )


def recovery(view: View) -> str:
    """RECOVERY: while a vasopressor runs, within 24 hours of tocilizumab.

    Shock often improves 12 to 24 hours after it: too early to speak of futility. Source: review
    line 234.
    """
    doses = view.tocilizumab
    if not doses or not view.vasopressors or view.at_ms - doses[-1].effective_ms > RECOVERY_MS:
        return ""
    return (
        f"Tocilizumab was given at {in_words(doses[-1].effective_ms)}: shock often improves within "
        "12 to 24 h of it, so it is too early to speak of futility."
    )


def icans_no_crs(view: View) -> str:
    """ICANS-NO-CRS: it needs no CRS to be true. Source: review line 55."""
    if any(grade.lowest > 0 for grade in view.crs.values()):
        return ""
    return "No CRS now: ICANS comes without it as well, and counts all the same."


def outside_window(view: View) -> str:
    """Say that CRS began on an unusual day; it suppresses nothing. Source: CLINICAL.md §1.8."""
    onset_ms = view.course.onset_ms
    day = None if onset_ms is None else day_of(onset_ms, view.patient.stay_from_ms)
    first, last = typical_days(fact(view.patient, PRODUCT))
    if day is None or first <= day <= last:
        return ""
    return (
        f"It began on day {day}, outside of the typical days {first} to {last}: look for infection "
        "as well."
    )


def long_fever(view: View, limit: timedelta) -> str:
    """Say by what grade 1 is treated: a fever that lasts. Source: CLINICAL.md §4."""
    hours = limit / timedelta(hours=1)
    span = f"more than {hours:g}" if view.management.fever_longer_than_that else f"{hours:g}"
    return f"Why at grade 1: the fever has lasted for {span} hours ({view.management.source})."


def hlh_results(view: View) -> str:
    """Say what to order for HLH/MAS, what is not known of the last 24 hours, and the HScore so far.

    Source: review line 182.
    """
    due = [called(each) for each in HLH_ORDERS if newest(view, each, FEATURE_MS) is None]
    score = hscore_of(view)
    return joined(
        f"Order {and_joined(due)}." if due else "",
        "" if score is None else hscore.in_words(score),
    )


def and_joined(names: Sequence[str]) -> str:
    """Join names as a sentence does: a, b and c."""
    *before, last = names
    return f"{', '.join(before)} and {last}" if before else last


def adult_doses(view: View, what: str = "doses") -> str:
    """Say of what is not by weight that no child's are known. Source: CLINICAL.md §4."""
    light = view.weight_kg is not None and view.weight_kg < LIGHT_WEIGHT_KG
    if is_child(view.age_years) or (view.age_years is None and light):
        return f"The source gives adult {what}: ask for the child's."
    return ""


def sepsis(view: View) -> str:
    """Say that features of sepsis stand beside CRS; they withdraw nothing. Source: DEC-36."""
    if sepsis_features.judge(view).finding is None:
        return ""
    return "Features of sepsis are there too: treat both."


def outside_peak(view: View, rule: str) -> str:
    """Say that ICANS began on an unusual day; it suppresses nothing.

    Source: CLINICAL.md §1.8, §4.2.
    """
    told = view.patient.told(rule, STAY_EPISODE)
    onset_ms = told.since_ms if told is not None and told.is_open else view.at_ms
    day = day_of(onset_ms, view.patient.stay_from_ms)
    first, last = typical_days_of_icans(fact(view.patient, PRODUCT))
    if day is None or first <= day <= last:
        return ""
    return (
        f"It began on day {day}, outside of the typical days {first} to {last}: look for other "
        "causes too."
    )


def nmb(view: View, from_ms: int) -> str:
    """NMB: neuromuscular blockade in the first 48 h of ventilation, with care under a steroid.

    Source: review line 261.
    """
    if view.at_ms - from_ms > EARLY_MS:
        return ""
    steroid = any(mask.signal in STEROIDS for mask in view.masks)
    beware = ", but a steroid is given: beware of myopathy." if steroid else "."
    return f"In the first 48 h neuromuscular blockade may help in severe ARDS{beware}"


def ecmo(view: View) -> str:
    """ECMO: what speaks for and against it in severe ARDS, where PaO2/FiO2 is below 100 mm[Hg].

    Against it now: platelets below 50, fibrinogen below 150 mg/dL, a vasopressor that runs. Where
    ECMO runs nothing is said. Source: review lines 265 to 281.
    """
    if any(view.is_running(signal) for signal in ECMO_SIGNALS):
        return ""
    from_ms = ventilated_from_ms(view)
    if from_ms is None or uptake_below(view, from_ms, SEVERE_MMHG) is None:
        return ""
    against = [
        said
        for said, analyte, limit in (
            ("platelets are low", "platelets", LOW_PLATELETS_10E9_L),
            ("fibrinogen is low", "fibrinogen", LOW_FIBRINOGEN_MG_DL),
        )
        if proving(view, analyte, partial(is_below, limit=limit)) is not None
    ]
    against += ["a vasopressor runs"] if view.vasopressors else []
    said = f" Against it now: {', '.join(against)}." if against else ""
    return (
        "ECMO only for selected patients at experienced centres: for it speak a young patient, the "
        "lungs alone failing, and reversal expected in 48 to 72 h; against it low platelets or "
        f"fibrinogen and failing organs.{said}"
    )
