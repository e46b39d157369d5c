"""One sentence that a person understands at 3 a.m.: whose, where, what, how bad, by which value.

It is made of the line of an alert alone, so a replay says the same as the pager did.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from alerts.life import OPEN_STATES
from alerts.policy import BY_ICANS_GRADE, EVERYTHING, Shown, deciding_grades
from alerts.readings import amount, clean, cut
from alerts.titles import saying_of, title_of
from topics.alerts import Alert, Priority
from topics.reserved import feed_of, is_made_up

OUR_SAYING: Final = "is silent: patients may be unseen or nobody be told, see the runbook"
SENTENCE_MAX: Final = 139  # characters: what CDS Hooks asks of a summary; an SMS holds 140


def sentence_of(
    line: Alert,
    priority: Priority,
    *,
    shows: frozenset[Shown] = EVERYTHING,
    lead: str = "",
    room: int = SENTENCE_MAX,
) -> str:
    """Write the sentence; what does not fit is left out from the end, the patient never."""
    head = f"{lead}{priority}"
    if line.state not in OPEN_STATES:
        return cut(f"ENDED {head} {who_of(line, shows)}: {clean(title_of(line.rule))}.", room)
    ours = is_made_up(line.patient_id)
    saying = OUR_SAYING if ours else clean(saying_of(line.rule))
    nowhere = who_of(line, shows - {Shown.UNIT, Shown.BED})
    for who in (who_of(line, shows), nowhere):
        for tail in ("",) if ours else _tails(line):
            sentence = f"{head} {who} {saying}{tail}."
            if len(sentence) <= room:
                return sentence
    return cut(f"{head} {nowhere} {saying}.", room)


def _tails(line: Alert) -> Iterator[str]:
    """Give what may follow, the fullest first."""
    grades = [f", {each}" for each in (grades_of(line), _grade_of(line)) if each]
    value = "".join(f": {amount(each)}" for each in line.because[:1])
    yield from (each + value for each in grades)
    yield value
    yield from grades
    yield ""


def who_of(line: Alert, shows: frozenset[Shown]) -> str:
    """Name the patient as the site wants it: `Patient P01 (ward 5 West, bed 12)`."""
    if is_made_up(line.patient_id):
        feed = feed_of(line.patient_id)
        return f"Feed {clean(feed)}" if feed else "The way of pages"
    place = ", ".join(place_of(line, shows))
    if Shown.PATIENT not in shows:
        return f"Patient in {place}" if place else "A patient, place not known,"
    return f"Patient {clean(line.patient_id)}" + (f" ({place})" if place else "")


def place_of(line: Alert, shows: frozenset[Shown]) -> tuple[str, ...]:
    """Say where the patient is, as far as is known and shown."""
    named = (
        (Shown.UNIT, "ward", line.unit),
        (Shown.BED, "bed", line.bed),
    )
    return tuple(
        f"{what} {clean(name)}" for each, what, name in named if name is not None and each in shows
    )


def grades_of(line: Alert) -> str:
    """Write the grades that are proven, and under which policy; empty where none is."""
    graded = deciding_grades(line).items()
    proven = {name: grade.lowest for name, grade in graded if grade.lowest > 0}
    return f"{_graded(line)} grade {by_number(proven)}" if proven else ""


def _grade_of(line: Alert) -> str:
    """Write the highest grade that is proven."""
    highest = max((grade.lowest for grade in deciding_grades(line).values()), default=0)
    return f"{_graded(line)} grade {highest}" if highest > 0 else ""


def _graded(line: Alert) -> str:
    return "ICANS" if line.rule == BY_ICANS_GRADE else "CRS"


def by_number(grades: Mapping[str, int]) -> str:
    """Write grades with their policies: 2 (manikath-2025), 3 (astct-2019)."""
    names: dict[int, list[str]] = {}
    for name, grade in grades.items():
        names.setdefault(grade, []).append(clean(name))
    return ", ".join(f"{grade} ({', '.join(of)})" for grade, of in names.items())
