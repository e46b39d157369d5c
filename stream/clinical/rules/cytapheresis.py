"""CYTAPHERESIS: the last resort is to be talked about with a senior.

CRS of grade 4 that answers to nothing (two doses of tocilizumab, a high-dose steroid and anakinra,
each 12 hours ago or more); edema of the brain with impending herniation; or a collapse for which
ECMO is considered or runs. A herniation counts by itself, but where a hemorrhage is charted and no
edema. A collapse is hypotension or a need of oxygen.
Source: CLINICAL.md §1.4 (review lines 130 to 146), §1.11, DEC-13, DEC-30; vectors B19, B27.
"""

from collections.abc import Mapping
from typing import Any, Final

from stream.clinical import anakinra
from stream.clinical.circulation import Circulation
from stream.clinical.illness import ECMO_SIGNALS
from stream.clinical.oxygen import OxygenNeed
from stream.clinical.policies.register import GRADING
from stream.clinical.rules import evidence
from stream.clinical.rules.crs_up import GRADE_INPUTS, next_change_ms
from stream.clinical.rules.icans_up import of_finding
from stream.clinical.rules.refractory import HIGHEST_GRADE, RESPONSE_MS, despite_ms, of_treatment
from stream.clinical.rules.rule import Bound, Evidence, Finding, Rule, Verdict
from stream.clinical.series import Reading
from stream.clinical.signals import neuro_sign, support
from stream.clinical.steroids import is_high, next_turn_ms
from stream.clinical.view import View
from topics.alerts import Priority

EDEMA_SIGNS: Final = ("focal_edema", "diffuse_edema")
HERNIATION: Final = "impending_herniation"
HEMORRHAGE: Final = "intracranial_hemorrhage"
SIGNS: Final = (*EDEMA_SIGNS, HERNIATION, HEMORRHAGE)
ECMO: Final = ("ecmo_considered", "ecmo_vv", "ecmo_va")

UNRESPONSIVE: Final = "grade 4 despite tocilizumab, a high-dose steroid and anakinra"
BRAIN: Final = "edema of the brain with impending herniation"
COLLAPSE: Final = "a collapse for which ECMO is considered"
COLLAPSE_ON_ECMO: Final = "a collapse on ECMO"


def judge(view: View) -> Verdict:
    """Hold under each policy by which one of the three holds."""
    due_ms = _due_ms(view)
    given_until_ms = None if due_ms is None else anakinra.given_until_ms(view)
    wakes = [due_ms, next_turn_ms(view), next_change_ms(view)]
    wakes.append(None if given_until_ms is None else given_until_ms + 1)
    wake_ms = min((each for each in wakes if each is not None and each > view.at_ms), default=None)
    reasons = _reasons(view, due_ms)
    if not reasons:
        return Verdict(None, wake_ms, "The criteria for cytapheresis are not met.")
    said = sorted({reason for each in reasons.values() for reason in each})
    finding = Finding(
        priorities=dict.fromkeys(reasons, Priority.P1),
        because=_because(view, said),
        advice=lambda: (
            f"Last resort: {'; '.join(said)}. Talk with the CAR-T senior now about cytapheresis; "
            "evidence is a few case reports, and it may take the anti-tumour effect away."
        ),
        source="review-2025 L130-146",
    )
    return Verdict(finding, wake_ms)


def _reasons(view: View, due_ms: int | None) -> Mapping[str, tuple[str, ...]]:
    unresponsive = (
        due_ms is not None
        and due_ms <= view.at_ms
        and is_high(view)
        and anakinra.given_until_ms(view) is not None
    )
    brain, ecmo = bool(_herniation(view)), bool(evidence_of_ecmo(view))
    on_ecmo = any(view.is_running(signal) for signal in ECMO_SIGNALS)
    how = COLLAPSE_ON_ECMO if on_ecmo else COLLAPSE
    found = {}
    for policy in GRADING:
        collapse = ecmo and _has_collapsed(view, policy.name)
        grade_4 = view.crs[policy.name].lowest >= HIGHEST_GRADE
        held = ((UNRESPONSIVE, unresponsive and grade_4), (BRAIN, brain), (how, collapse))
        found[policy.name] = tuple(reason for reason, holds in held if holds)
    return {name: each for name, each in found.items() if each}


def _due_ms(view: View) -> int | None:
    """Find from when on all three drugs have had their time at grade 4."""
    onset_ms = view.course.ill_from_ms
    if onset_ms is None or max(each.lowest for each in view.crs.values()) < HIGHEST_GRADE:
        return None
    drugs_ms, anakinra_ms = despite_ms(view), anakinra.counts_from_ms(view, onset_ms)
    if drugs_ms is None or anakinra_ms is None:
        return None
    return max(drugs_ms, anakinra_ms + RESPONSE_MS)


def _has_collapsed(view: View, name: str) -> bool:
    policy = next(each for each in GRADING if each.name == name)
    need = view.breathing_by(policy).lowest
    return view.circulation_by(policy)[0] > Circulation.STABLE or (
        need is not None and need > OxygenNeed.ROOM_AIR
    )


def evidence_of_ecmo(view: View) -> tuple[Evidence, ...]:
    """Name ECMO that is considered, or runs."""
    return tuple(evidence.of_supports(view, ECMO))


def _herniation(view: View) -> Mapping[str, Reading[Any]]:
    latest = {sign: view.latest(neuro_sign(sign)) for sign in SIGNS}
    found = {sign: last for sign, last in latest.items() if last is not None and last.value}
    edema = any(sign in found for sign in EDEMA_SIGNS)
    if HERNIATION not in found or (HEMORRHAGE in found and not edema):
        return {}
    return {sign: last for sign, last in found.items() if sign != HEMORRHAGE}


def _because(view: View, reasons: list[str]) -> tuple[Evidence, ...]:
    shown: list[Evidence] = []
    collapse = COLLAPSE in reasons or COLLAPSE_ON_ECMO in reasons
    if UNRESPONSIVE in reasons or collapse:
        shown += evidence.of_grade(view)
    if collapse:
        shown += evidence_of_ecmo(view)
    if UNRESPONSIVE in reasons:
        shown += of_treatment(view)
        shown += [evidence.of_dose("anakinra", each) for each in view.every(anakinra.DOSES)[-1:]]
    if BRAIN in reasons:
        shown += [of_finding(sign, last) for sign, last in _herniation(view).items()]
    return tuple({each.signal: each for each in shown}.values())


RULE: Final = Rule(
    "CYTAPHERESIS",
    Bound.EPISODE,
    (*GRADE_INPUTS, support("ecmo_considered"), *(neuro_sign(sign) for sign in SIGNS)),
    judge,
)
