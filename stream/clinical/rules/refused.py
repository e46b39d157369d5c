"""DATA-UNIT and DATA-RANGE: a record or a field was refused, so that something is not known.

Each ends with the first valid value of the signal that is not older, or after 24 hours. A pressure
or SpO2 below its hard limit is P2: the sickest patients have the strangest values.
Source: CONTRACT (refusals); CLINICAL.md §1.11, §5.1, DEC-63.
"""

from typing import Final

from stream.clinical.rules.rule import Bound, Evidence, Finding, Rule, Verdict, under_every_policy
from stream.clinical.times import HOUR_MS
from stream.clinical.view import View
from topics.alerts import Priority
from topics.names import called

DOUBTS: Final = "doubts"  # stands among the changed signals where a refusal came or went
DATA_UNIT: Final = "DATA-UNIT"
DATA_RANGE: Final = "DATA-RANGE"
LASTS_MS: Final = 24 * HOUR_MS


def judge_unit(view: View) -> Verdict:
    """Hold while a value in a unit that does not fit is not replaced."""
    return _judge(view, DATA_UNIT, "a unit that does not fit")


def judge_range(view: View) -> Verdict:
    """Hold while a value that cannot be is not replaced."""
    return _judge(view, DATA_RANGE, "a value, time or form that cannot be")


def _judge(view: View, rule: str, what: str) -> Verdict:
    found = [
        (name.partition("|")[0], doubt)
        for name, doubt in view.patient.doubts.get(rule, {}).items()
        if doubt.at_ms + LASTS_MS > view.at_ms
    ]
    if not found:
        return Verdict(None, None, "A valid value has come, or 24 hours have passed.")
    urgent = any(doubt.urgent for _, doubt in found)
    # Of a signal the urgent one is shown, whatever was refused since.
    doubts = dict(sorted(found, key=lambda each: each[1].urgent))
    names = ", ".join(map(called, sorted(doubts)))
    finding = Finding(
        priorities=under_every_policy(Priority.P2 if urgent else Priority.P3),
        because=tuple(
            Evidence(
                signal,
                "refused" if doubt.value is None else doubt.value,
                None,
                doubt.at_ms if doubt.effective_ms is None else doubt.effective_ms,
                doubt.event_id,
            )
            for signal, doubt in sorted(doubts.items())
        ),
        advice=lambda: (
            f"Refused because of {what}: {names}. It is not counted and never converted: check "
            "the patient, then the device or the feed."
        ),
        source="Stormwatch CONTRACT; CLINICAL 5.1, 5.3",
    )
    return Verdict(finding, min(doubt.at_ms for _, doubt in found) + LASTS_MS)


UNIT: Final = Rule(DATA_UNIT, Bound.STAY, (), judge_unit, never_retracts=True, before_infusion=True)
RANGE: Final = Rule(
    DATA_RANGE, Bound.STAY, (), judge_range, never_retracts=True, before_infusion=True
)
