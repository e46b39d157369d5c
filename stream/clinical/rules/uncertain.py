"""What makes the grade behind an alert uncertain, named beside its evidence.

What a clinician holds to have another cause, where that takes something away; what hides a fever,
and the temperature that proves nothing then; a grade of ICANS that is carried forward; where a
grade is a range, what is old or was never told; and a demo value newer than all that counts. None
of it raises or changes an alert: it is told with the lines that there are.
Source: CLINICAL.md §1.1 (review lines 34, 57), §5.8, DEC-35, DEC-52; decision 71.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from stream.clinical import bedside
from stream.clinical.causes import OWN_CAUSES, lies_in
from stream.clinical.crs import FEVER_C
from stream.clinical.entries import DEMO, STANDING
from stream.clinical.exams import exam_of, is_capd_without_age
from stream.clinical.patient import Patient
from stream.clinical.policies.policy import GradingPolicy
from stream.clinical.policies.register import GRADING
from stream.clinical.rules import evidence
from stream.clinical.rules.icans_up import SIGNS
from stream.clinical.rules.ice_unable import spells_unable
from stream.clinical.rules.rule import Evidence, Rule
from stream.clinical.series import Reading, one_a_moment
from stream.clinical.signals import (
    CAPD,
    CONSCIOUSNESS,
    ICE,
    OXYGEN,
    PRESSURE,
    SEIZURE,
    TEMPERATURE,
    Pressure,
    Signal,
    attribution,
    neuro_sign,
)
from stream.clinical.stale import stale_signals
from stream.clinical.view import View
from topics.registry import ASSESSMENTS, MEDICATIONS

CRS_DOMAINS: Final = ("fever", "hypotension", "hypoxia")
NEURO: Final = "neuro"
BY_STANDING: Final = MappingProxyType(
    {STANDING[name]: name for name in ("preliminary", "corrected")}
)
CRS_READINGS: Final[tuple[Signal[Any], ...]] = (TEMPERATURE, PRESSURE, OXYGEN)
ICANS_READINGS: Final[tuple[Signal[Any], ...]] = (ICE, CAPD, CONSCIOUSNESS)
# As `stale_signals` names what is read of them.
PARTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        PRESSURE.name: Pressure._fields,
        OXYGEN.name: ("oxygen_device",),
    }
)
FINDINGS_OF_BRAIN: Final[tuple[Signal[Any], ...]] = (
    *ICANS_READINGS,
    SEIZURE,
    *(neuro_sign(sign) for sign in SIGNS),
)
UNHEARD: Final = (("vasopressors", MEDICATIONS), ("crrt_and_ecmo", ASSESSMENTS))


def doubts_of(view: View, rule: Rule, shown: Collection[Evidence]) -> tuple[Evidence, ...]:
    """Name what makes the grades uncertain by which a rule goes, beside what it shows."""
    found = list(attributions_of(view, rule))
    if _goes_by(rule, CRS_DOMAINS):
        found += [*_of_masks(view), *_of_crs(view), *_of_demo(view)]
    if _goes_by(rule, (NEURO,)):
        found += _of_icans(view)
    named = {(each.signal, each.event_id) for each in shown}
    return tuple(each for each in found if (each.signal, each.event_id) not in named)


def attributions_of(view: View, rule: Rule) -> Iterator[Evidence]:
    """Name who holds which other cause for what was found, where a policy leaves that out."""
    for domain in (*CRS_DOMAINS, NEURO):
        if not _goes_by(rule, (domain,)):
            continue
        policies = _leaving_out(view, domain)
        told = view.readings(attribution(domain))
        others = [each for each in one_a_moment(told) if each.value not in OWN_CAUSES]
        if policies and others:
            last = others[-1]
            said = view.patient.entries[last.source, last.event_id].said
            by = f", by {said['by']}" if "by" in said else ""
            value = f"attributed: {last.value}{by}; left out by {' and '.join(policies)}"
            yield Evidence(domain, value, None, last.effective_ms, last.event_id)


def as_kept(patient: Patient, shown: Collection[Evidence]) -> tuple[Mapping[str, Any], ...]:
    """Give evidence as it is kept, with the status of its record where that is not final."""
    statuses = _statuses(patient, shown)
    return tuple(
        {**each._asdict(), "status": statuses[each.event_id]}
        if each.event_id in statuses
        else each._asdict()
        for each in shown
    )


def _goes_by(rule: Rule, domains: Collection[str]) -> bool:
    names = {each.name for each in rule.inputs}
    return any(attribution(domain).name in names for domain in domains)


def _leaving_out(view: View, domain: str) -> list[str]:
    """Name the policies under which something that was found in a domain does not count."""
    return [policy.name for policy in GRADING if _leaves_out(view, domain, policy)]


def _leaves_out(view: View, domain: str, policy: GradingPolicy) -> bool:
    match domain:
        case "fever":
            return view.fever_by(policy) is not view.fever
        case "hypotension":
            return view.circulation_by(policy) != view.circulation
        case "hypoxia":
            return view.breathing_by(policy) != view.breathing
        case _:
            return policy.honours_attribution and _leaves_out_of_brain(view)


def _leaves_out_of_brain(view: View) -> bool:
    """Tell whether another cause holds for the brain, or did when something was last found."""
    if view.attributed(NEURO):
        return True
    found = [view.latest(signal) for signal in FINDINGS_OF_BRAIN]
    spells = view.spells(NEURO)
    return any(each is not None and lies_in(each.effective_ms, spells) for each in found)


def _of_masks(view: View) -> Iterator[Evidence]:
    """Name what hides a fever that counts as met, and the temperature that proves nothing."""
    temperature = view.temperature
    if temperature is None or temperature.value.celsius >= FEVER_C:
        return
    if view.fever is not True or not view.masks:
        return
    for mask in view.masks:
        said = evidence.of_mask(mask)
        much = said.value if said.unit is None else f"{said.value:.10g} {said.unit}"
        yield said._replace(value=f"{much}, hides fever: it counts as met", unit=None)
    yield evidence.of_temperature(temperature)


def _of_crs(view: View) -> Iterator[Evidence]:
    """Name what is old or unknown, where that leaves the grade of CRS open."""
    if all(grade.highest == grade.lowest for grade in view.crs.values()):
        return
    yield from _stale(view, CRS_READINGS)
    if view.pressure is None:
        yield _unknown(view, PRESSURE.name)
    if view.oxygen is None:
        yield _unknown(view, OXYGEN.name)
    for name, topic in UNHEARD:
        if not bedside.is_heard(view.patient, topic):
            yield _unknown(view, name)


def _of_icans(view: View) -> Iterator[Evidence]:
    """Name why it is an estimate; else what is old or unknown and leaves the grade open."""
    if is_capd_without_age(view.patient, view.until_ms):
        yield _unknown(view, "age_years")
    if any(each.estimated for each in view.icans.values()):
        from_ms = min(each.from_ms for each in spells_unable(view))
        said = f"an estimate: {exam_of(view.patient, view.until_ms)} cannot be done"
        yield Evidence("icans", said, None, from_ms, None)
    elif any(each.grade.highest > each.grade.lowest for each in view.icans.values()):
        yield from _stale(view, ICANS_READINGS)
        if view.latest(ICE) is None and view.latest(CAPD) is None:
            by_capd = exam_of(view.patient, view.until_ms) == "CAPD"
            yield _unknown(view, CAPD.name if by_capd else ICE.name)
        if view.latest(CONSCIOUSNESS) is None:
            yield _unknown(view, CONSCIOUSNESS.name)


def _stale(view: View, signals: Sequence[Signal[Any]]) -> Iterator[Evidence]:
    stale = set(stale_signals(view.patient, view.at_ms, view.site))
    for signal in signals:
        last: Reading[Any] | None = view.latest(signal)
        if signal is OXYGEN and view.oxygen_in_use is not None:
            last = view.oxygen_in_use.named
        if last is not None and not stale.isdisjoint(PARTS.get(signal.name, (signal.name,))):
            yield Evidence(signal.name, "old", None, last.effective_ms, last.event_id)


def _of_demo(view: View) -> Iterator[Evidence]:
    """Name the newest demo value, where nothing that counts is newer."""
    demos = [each for each in view.patient.entries.unusual() if each.kind == DEMO]
    newest = max(demos, key=lambda each: each.effective_ms, default=None)
    counting = (view.temperature, view.pressure, view.oxygen)
    counted_ms = max((each.effective_ms for each in counting if each is not None), default=0)
    if newest is not None and newest.effective_ms > counted_ms:
        yield Evidence("demo_value", "left out", None, newest.effective_ms, newest.event_id)


def _unknown(view: View, name: str) -> Evidence:
    return Evidence(name, None, None, view.at_ms, None)


def _statuses(patient: Patient, shown: Collection[Evidence]) -> Mapping[str | None, str]:
    """Find the status of records by their event id; a final one is left out."""
    wanted = {each.event_id: each.effective_ms for each in shown if each.event_id is not None}
    found: dict[str | None, str] = {}
    for entry in patient.entries.unusual():
        # An id is unique within its source alone; a fact counts from when it was told.
        same = wanted.get(entry.event_id) in {entry.effective_ms, entry.recorded_ms}
        if same and entry.standing in BY_STANDING:
            found[entry.event_id] = BY_STANDING[entry.standing]
    return found
