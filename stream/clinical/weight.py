"""A weight in words: no finer than anybody weighs.

Source: the Institute for Safe Medication Practices, "List of Error-Prone Abbreviations, Symbols,
and Dose Designations": no trailing zero.
"""

from typing import Final

DECIMALS: Final = 1  # of kg: what was charted in pounds has four


def kg_in_words(weight_kg: float, limit_kg: float | None = None) -> str:
    """Write a weight, on the side of a limit on which it lies; doses are for it as charted."""
    shown = round(weight_kg, DECIMALS)
    crosses = limit_kg is not None and weight_kg < limit_kg <= shown
    return f"{weight_kg if crosses else shown:g} kg"
