"""The readings behind a grade, for the `because` of an alert."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from stream.clinical import crs
from stream.clinical.circulation import MEAN_LIMIT_MMHG, is_child, systolic_limit_mmhg
from stream.clinical.masking import Mask, masks
from stream.clinical.oxygen import HIGH_FIO2_FRACTION
from stream.clinical.policies.policy import GradingPolicy
from stream.clinical.policies.register import GRADING
from stream.clinical.rules.rule import Evidence
from stream.clinical.series import Reading
from stream.clinical.signals import WEIGHT, Culture, Dose, Fluid, Rate, Result, Temperature, support
from stream.clinical.steroids import Given
from stream.clinical.view import View

MMHG = "mm[Hg]"
OXYGEN_EVIDENCE: Final = (
    ("oxygen_device", "device", None),
    ("flow_l_min", "flow_l_min", "L/min"),
    ("fio2_fraction", "fio2_fraction", "1"),
)


@lru_cache(maxsize=8)  # most rules name it
def of_grade(view: View) -> tuple[Evidence, ...]:
    """Name the fever, and what makes the grade as severe as it is under each policy."""
    found: dict[str, Evidence] = {each.signal: each for each in of_fever(view)}
    for policy in GRADING:
        lowest = view.crs[policy.name].lowest
        if lowest > 1:
            found |= {each.signal: each for each in _of_domains(view, policy, lowest)}
    return tuple(found.values())


def of_fever(view: View) -> Iterator[Evidence]:
    """Name the fever of the episode, else what hid it at its onset, else what hides it now."""
    fever, onset_ms = view.course.fever, view.course.onset_ms
    if fever is not None:
        yield Evidence("temperature_c", fever.value, "Cel", fever.effective_ms, fever.event_id)
        return
    # What opened the episode is shown for as long as it rests on that, though its window has ended.
    opened_by = () if onset_ms is None else tuple(masks(view.patient, onset_ms, None))
    for mask in (opened_by or view.masks)[:1]:
        yield of_mask(mask)


def as_told(because: Iterable[Mapping[str, Any]]) -> Iterator[Evidence]:
    """Give again what an alert was told with. What its records are worth is looked up anew."""
    return (Evidence(*(each[name] for name in Evidence._fields)) for each in because)


def of_mask(mask: Mask) -> Evidence:
    """Name a drug that was given, or a circuit that runs."""
    reading = mask.reading
    much = ("running", None) if isinstance(reading.value, bool) else _much(reading.value)
    return Evidence(mask.signal, *much, reading.effective_ms, reading.event_id)


def of_dose(drug: str, dose: Reading[Dose] | Reading[Rate]) -> Evidence:
    """Name a dose that was given, or a rate."""
    return Evidence(drug, *_much(dose.value), dose.effective_ms, dose.event_id)


def _much(given: Dose | Rate) -> tuple[float | str, str | None]:
    """Say how much was given; an amount that was not charted has no unit either."""
    return ("given", None) if given.value is None else (given.value, given.unit)


def of_steroid(name: str, dose: Given) -> Evidence:
    """Name a steroid that was given, whichever it is."""
    amount, unit = dose.reading.value.value, dose.reading.value.unit
    value = dose.drug if amount is None else f"{dose.drug} {amount:g} {unit}"
    return Evidence(name, value, None, dose.reading.effective_ms, dose.reading.event_id)


def of_result(name: str, reading: Reading[Any]) -> Evidence:
    """Name a result, with its comparator, or a finding that is there."""
    found = reading.value
    at = reading.effective_ms, reading.event_id
    if not isinstance(found, Result):
        return Evidence(name.rpartition(":")[2], "present", None, *at)
    said = found.value if found.comparator is None else f"{found.comparator}{found.value:.10g}"
    return Evidence(name, said, found.unit, *at)


def of_culture(name: str, answer: Reading[Culture]) -> Evidence:
    """Name the answer of a culture, with the organism."""
    organism = answer.value.organism
    said = answer.value.result if organism is None else f"{answer.value.result}, {organism}"
    specimen = name.rpartition(":")[2]
    return Evidence(f"{specimen} culture", said, None, answer.effective_ms, answer.event_id)


def of_temperature(reading: Reading[Temperature]) -> Evidence:
    """Name a temperature."""
    at = reading.effective_ms, reading.event_id
    return Evidence("temperature_c", reading.value.celsius, "Cel", *at)


def of_fluids(fluids: tuple[Reading[Fluid], ...]) -> Evidence:
    """Name what was given in all, by the last of it; there is one at least."""
    last = fluids[-1]
    total_ml = sum(each.value.volume_ml for each in fluids)
    return Evidence("crystalloid", total_ml, "mL", last.effective_ms, last.event_id)


def of_weight(view: View) -> tuple[Evidence, ...]:
    """Name the weight that was last told."""
    told = view.patient.newest(WEIGHT)
    if told is None:
        return ()
    return (Evidence("weight_kg", told.value, "kg", told.effective_ms, told.event_id),)


def of_lvef(echo: Reading[float]) -> Evidence:
    """Name an ejection fraction."""
    return Evidence("lvef_percent", echo.value, "%", echo.effective_ms, echo.event_id)


def of_hypotension(view: View) -> Iterator[Evidence]:
    """Name the vasopressors that run; without one, the measured pressures below their limit."""
    for drug, rate in view.vasopressors.items():
        unit = rate.value.unit
        yield Evidence(drug, rate.value.value, unit, rate.effective_ms, rate.event_id)
    if view.pressure is not None and not view.vasopressors:
        systolic, mean = view.pressure.value
        at = view.pressure.effective_ms, view.pressure.event_id
        if systolic is not None and systolic < systolic_limit_mmhg(view.age_years):
            yield Evidence("systolic_mmhg", systolic, MMHG, *at)
        if mean is not None and mean < MEAN_LIMIT_MMHG and not is_child(view.age_years):
            yield Evidence("mean_arterial_mmhg", mean, MMHG, *at)


def of_oxygen(view: View) -> Iterator[Evidence]:
    """Name the device, with its flow and a high FiO2, each by the record that said it."""
    used = view.oxygen_in_use
    if used is None:
        return
    for (signal, field, unit), by in zip(OXYGEN_EVIDENCE, used[:3], strict=True):
        if by is None:
            continue
        value = getattr(by.value, field)
        if value is None or (field == "fio2_fraction" and value < HIGH_FIO2_FRACTION):
            continue
        yield Evidence(signal, value, unit, by.effective_ms, by.event_id)


def of_supports(view: View, names: tuple[str, ...]) -> Iterator[Evidence]:
    """Name the supports that run."""
    for name in names:
        readings = view.every(support(name))
        if readings and readings[-1].value:
            yield Evidence(name, "running", None, readings[-1].effective_ms, readings[-1].event_id)


def _of_domains(view: View, policy: GradingPolicy, grade: int) -> Iterator[Evidence]:
    if crs.grade_circulation(policy.crs, view.circulation_by(policy)).lowest == grade:
        yield from of_hypotension(view)
    if crs.grade_oxygen(policy.crs, view.breathing_by(policy)).lowest == grade:
        yield from of_oxygen(view)
    if policy.crs.haemofiltration == grade:
        yield from of_supports(view, ("crrt",))
    if policy.crs.ecmo == grade:
        yield from of_supports(view, ("ecmo_vv", "ecmo_va"))
