"""What speaks of infection: cultures, a source, and laboratory results.

Of each specimen the newest answer counts: a positive one documents an infection until a negative
one follows.
Source: CLINICAL.md §1.5 (review lines 165 to 174), DEC-15, DEC-36.
"""

from typing import Any, Final

from stream.clinical.series import Reading
from stream.clinical.signals import Culture, Signal, culture, exam
from stream.clinical.view import View

SPECIMENS: Final = ("blood", "respiratory", "urine", "csf", "other")
CULTURES: Final[tuple[Signal[Culture], ...]] = tuple(culture(each) for each in SPECIMENS)
SOURCE: Final = exam("infection_source")
COLLECTED: Final = "collected"
POSITIVE: Final = "positive"


def answers(view: View) -> tuple[tuple[str, Reading[Culture]], ...]:
    """Give the newest answer of each specimen."""
    found = []
    for signal in CULTURES:
        answered = [each for each in view.readings(signal) if each.value.result != COLLECTED]
        if answered:
            found.append((signal.name, answered[-1]))
    return tuple(found)


def documented(view: View) -> tuple[tuple[str, Reading[Any]], ...]:
    """Name what documents an infection: positive cultures, and a source that was found."""
    found: list[tuple[str, Reading[Any]]] = [
        (name, answer) for name, answer in answers(view) if answer.value.result == POSITIVE
    ]
    source = view.latest(SOURCE)
    if source is not None and source.value:
        found.append(("infection_source", source))
    return tuple(found)
