"""What speaks of infection: cultures, a source, and laboratory results.

Of each specimen the newest answer counts: a positive one documents an infection until a negative
one follows, of the same set or of one that was collected after the positive answer; of two sets
that were drawn together the sterile one takes nothing back. An answer is of the set that it names,
else of the last one that was collected up to then, else of one that was collected when the answer
says. Final is a positive one with its organism and a negative one that came 48 hours or more after
the set was collected.
Source: CLINICAL.md §1.5 (review lines 165 to 174), DEC-15, DEC-32, DEC-36, DEC-38.
"""

from typing import Any, Final

from stream.clinical.series import Reading
from stream.clinical.signals import Culture, Signal, culture, exam
from stream.clinical.times import HOUR_MS
from stream.clinical.view import View

SPECIMENS: Final = ("blood", "respiratory", "urine", "csf", "other")
CULTURES: Final[tuple[Signal[Culture], ...]] = tuple(culture(each) for each in SPECIMENS)
SOURCE: Final = exam("infection_source")
COLLECTED: Final = "collected"
POSITIVE: Final = "positive"
NEGATIVE: Final = "negative"
FINAL_MS: Final = 48 * HOUR_MS  # after it was collected a negative one is final; 48 h exactly is


def answers(view: View) -> tuple[tuple[str, Reading[Culture]], ...]:
    """Give the answer of each specimen that counts."""
    found = []
    known = view.patient.series
    for signal in CULTURES:
        if signal.name not in known:
            continue  # as nearly always
        answered = [each for each in view.readings(signal) if each.value.result != COLLECTED]
        if answered:
            found.append((signal.name, _counting(view, signal.name, answered)))
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


def _counting(view: View, name: str, answered: list[Reading[Culture]]) -> Reading[Culture]:
    """Find the newest positive answer that no later one takes back, else the newest."""
    for place in range(len(answered) - 1, -1, -1):
        positive = answered[place]
        if positive.value.result != POSITIVE:
            continue
        set_ms = collected_ms(view, name, positive)
        later = [each for each in answered[place + 1 :] if each.value.result == NEGATIVE]
        sets_ms = [collected_ms(view, name, each) for each in later]
        if not any(each == set_ms or each > positive.effective_ms for each in sets_ms):
            return positive
    return answered[-1]


def collected_ms(view: View, name: str, reading: Reading[Culture]) -> int:
    """Find when the set was collected that a culture speaks of."""
    if reading.value.result == COLLECTED:
        return reading.effective_ms
    sets = [
        each
        for signal in CULTURES
        for each in view.every(signal)
        if each.value.result == COLLECTED
        and (
            each.event_id == reading.value.collected_event_id
            if reading.value.collected_event_id is not None
            else signal.name == name and each.effective_ms <= reading.effective_ms
        )
    ]
    return max((each.effective_ms for each in sets), default=reading.effective_ms)


def is_drawn(view: View, specimen: str, from_ms: int) -> bool:
    """Tell whether a set was collected since a moment: its answer says so as well."""
    signal = culture(specimen)
    return any(collected_ms(view, signal.name, each) >= from_ms for each in view.readings(signal))


def final_answers(view: View, from_ms: int) -> tuple[tuple[str, Reading[Culture]], ...]:
    """Give the newest final answer of each specimen, of sets collected since a moment."""
    found = []
    for signal in CULTURES:
        final = [
            each
            for each in view.readings(signal)
            if (set_ms := collected_ms(view, signal.name, each)) >= from_ms
            and _is_final(each, set_ms, view.at_ms)
        ]
        found += [(signal.name, each) for each in final[-1:]]
    return tuple(found)


def is_excluded(view: View, from_ms: int) -> bool:
    """Tell whether infection is excluded: blood drawn since then stayed sterile, nothing else."""
    blood = culture("blood").name
    return not documented(view) and any(
        name == blood and answer.value.result == NEGATIVE
        for name, answer in final_answers(view, from_ms)
    )


def _is_final(answer: Reading[Culture], set_ms: int, at_ms: int) -> bool:
    result, organism, _ = answer.value
    if result == POSITIVE:
        return organism is not None
    told_ms = max(answer.effective_ms, answer.recorded_ms)
    # Nobody knew before it was told: what was due until then was due.
    return result == NEGATIVE and told_ms - set_ms >= FINAL_MS and told_ms <= at_ms
