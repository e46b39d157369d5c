"""A weight in words, no finer than anybody weighs; and one that has jumped.

Source: CLINICAL.md §5.1, column `soft`; the Institute for Safe Medication Practices, "List of
Error-Prone Abbreviations, Symbols, and Dose Designations": no trailing zero.
"""

from typing import Final

from stream.clinical.patient import Patient
from stream.clinical.signals import WEIGHT
from topics.limits import WEIGHT_JUMP

COMPARED: Final = 2  # the newest weight, and the one before it
DECIMALS: Final = 1  # of kg: what was charted in pounds has four


def kg_in_words(weight_kg: float, limit_kg: float | None = None) -> str:
    """Write a weight, on the side of a limit on which it lies; doses are for it as charted."""
    shown = round(weight_kg, DECIMALS)
    crosses = limit_kg is not None and weight_kg < limit_kg <= shown
    return f"{weight_kg if crosses else shown:g} kg"


def jump(patient: Patient) -> tuple[float, float] | None:
    """Give the last two weights in kg where they differ by more than a fifth of the first.

    A third one that is near the second confirms it.
    """
    charted = patient.readings(WEIGHT)[-COMPARED:]
    if len(charted) < COMPARED:
        return None
    before, now = (reading.value for reading in charted)
    return (before, now) if abs(now - before) > WEIGHT_JUMP * before else None


def jump_in_words(patient: Patient) -> str:
    """Say beside a dose by weight that the weight has jumped; nothing where it has not."""
    if (found := jump(patient)) is None:
        return ""
    before, now = map(kg_in_words, found)
    return f"The weight is {now} and was {before} before: confirm it before a dose goes by it."
