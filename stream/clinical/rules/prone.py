"""PRONE: a ventilated patient takes up oxygen so badly that the prone position may help.

PaO2/FiO2 below 150 mm[Hg]; 150 is none. A better one ends it, or extubation.
Source: CLINICAL.md §1.7 (review line 260), §1.11, DEC-50, DEC-60; decision 79; vector B24.
"""

from math import floor
from typing import Final

from stream.clinical.levels import INTUBATED, OXYGEN_USED
from stream.clinical.rules import evidence, texts
from stream.clinical.rules.rule import (
    Bound,
    Evidence,
    Finding,
    Rule,
    Verdict,
    under_every_policy,
)
from stream.clinical.series import Reading
from stream.clinical.signals import Oxygen
from stream.clinical.ventilation import PAO2, uptake_below, ventilated_from_ms
from stream.clinical.view import View
from topics.alerts import Priority


def judge(view: View) -> Verdict:
    """Hold while the newest PaO2/FiO2 since the intubation is below the limit."""
    from_ms = ventilated_from_ms(view)
    if from_ms is None:
        return Verdict(None, None, "The patient is not ventilated.")
    limit = view.site.prone_mmhg
    ratio = uptake_below(view, from_ms, limit)
    if ratio is None:
        return Verdict(None, None, f"PaO2/FiO2 is no longer below {limit:g} mmHg.")
    finding = Finding(
        priorities=under_every_policy(Priority.P2),
        because=(evidence.of_result(PAO2.name, ratio.pao2), _shown(ratio.fio2)),
        advice=lambda: texts.joined(
            f"PaO2/FiO2 is {floor(10 * ratio.mmhg) / 10:g} mmHg: consider the prone position, "
            "once the ventilation protects the lungs.",
            texts.nmb(view, from_ms),
            texts.ecmo(view),
        ),
        source="review-2025 L260",
    )
    return Verdict(finding)


def _shown(fio2: Reading[Oxygen]) -> Evidence:
    value = fio2.value.fio2_fraction
    at = fio2.effective_ms, fio2.event_id
    return Evidence("fio2_fraction", "unknown" if value is None else value, "1", *at)


RULE: Final = Rule("PRONE", Bound.STAY, (INTUBATED, OXYGEN_USED, PAO2), judge, settles=True)
