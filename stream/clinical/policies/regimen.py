"""A regimen of a drug, and how it is written for one patient's weight.

Source: each profile names its own; the review's are lines 91 and 92 (CLINICAL.md §1.3).
"""

from itertools import pairwise
from typing import Final, NamedTuple

from stream.clinical.weight import kg_in_words

ONCE: Final = "once"


class Step(NamedTuple):
    """A step of a taper: from how many days after the first dose on, and how much at a time."""

    from_days: int
    mg: float


class Regimen(NamedTuple):
    """One drug, how much at a time (in mg, or least and most in mg/kg), and how often.

    `every_h` is the longest time between two doses by the words of `often`, 24 for what is given
    once; None where 6 hours hold, as the review has it.
    """

    drug: str
    often: str  # every 6 h, with what else is to be said
    mg: float | None = None
    mg_kg: tuple[float, float] | None = None
    every_h: int | None = None
    most_doses: int | None = None  # for the same reason
    steps: tuple[Step, ...] = ()  # of its taper, as often as the full dose
    beyond: str = ""  # what else belongs to the taper

    @property
    def as_published(self) -> str:
        """Write it as the source has it, for any patient."""
        if self.mg is not None:
            return f"{self.drug} {self.mg:g} mg IV {self.often}{self._taper_in_words()}"
        if self.mg_kg is not None:
            return f"{self.drug} {_span(*self.mg_kg)} mg/kg IV {self.often}"
        return f"{self.drug} IV {self.often}"

    def in_words(self, weight_kg: float | None) -> str:
        """Write it with the dose worked out, where that depends on the weight."""
        if self.mg_kg is None:
            return self.as_published
        if weight_kg is None:
            return f"{self.as_published} (the weight is unknown)"
        by_weight = f"{_span(*self.mg_kg)} mg/kg"
        mg = _span(*(round(each * weight_kg) for each in self.mg_kg))
        return f"{self.drug} {mg} mg IV {self.often} ({by_weight} at {kg_in_words(weight_kg)})"

    def at_step(self, number: int, since: str) -> "Regimen":
        """Give what is left of it from a step of its taper on; the first is 1."""
        step = self.steps[number - 1]
        left = tuple(Step(each.from_days - step.from_days, each.mg) for each in self.steps[number:])
        return self._replace(
            mg=step.mg, steps=left, beyond=f"{self.beyond}; this step is due since {since}"
        )

    def least_mg(self, weight_kg: float | None) -> float | None:
        """Work out the least dose as it is written; None where that is not known."""
        if self.mg is not None:
            return self.mg
        if self.mg_kg is None or weight_kg is None:
            return None
        return round(self.mg_kg[0] * weight_kg)

    def _taper_in_words(self) -> str:
        if not self.steps:
            return f" ({self.beyond})" if self.beyond else ""
        ends = [
            f" for {after.from_days - step.from_days} days" for step, after in pairwise(self.steps)
        ]
        then = ", ".join(
            f"{step.mg:g} mg {self.often}{end}"
            for step, end in zip(self.steps, [*ends, ""], strict=True)
        )
        return f" for {self.steps[0].from_days} days (then {then}; {self.beyond})"


def in_words(regimens: tuple[Regimen, ...], weight_kg: float | None) -> str:
    """Write regimens of which one is chosen."""
    return ", or ".join(each.in_words(weight_kg) for each in regimens)


def _span(least: float, most: float) -> str:
    return f"{least:g}" if least == most else f"{least:g} to {most:g}"


DEXAMETHASONE_10_Q6H = Regimen("dexamethasone", "every 6 h", mg=10)
DEXAMETHASONE_10_Q12H = Regimen("dexamethasone", "every 12 h", mg=10, every_h=12)
