"""What the pager does: every happening in every state of an alert."""

from collections.abc import Callable, Iterator

import pytest
from builders import NOON
from pager import (
    DAY,
    HOUR,
    Case,
    line,
    tried,
)

from alerts.life import Life
from alerts.routing import Target
from topics.pages import Outcome

# State: what an alert of P2 has come to. Under it: what happens, what becomes of the alert, and the
# pages that are to be tried now. "both" are the primary team and rapid response, whom P2 concerns.
TABLE = """
    unknown
        raised         queued             both: raised
        repeated       queued             both: raised
        older          queued             both: raised
        said again     queued             both: raised
        worse          queued             rapid response: raised
        higher grade   queued             both: raised
        milder         queued             work list: raised
        other signals  queued             both: raised
        resolved       ended
        retracted      ended
        acknowledge    unknown
        unacknowledge  unknown
        snooze         unknown
        close          unknown
        hand over      unknown
        decline        unknown
        sent           unknown
        retry          unknown
        refused        unknown
        given up       unknown
        an hour        unknown
        47 days        unknown
    queued
        raised         queued             both: raised
        repeated       queued
        older          queued
        said again     queued             both: raised
        worse          queued             rapid response: raised
        higher grade   queued             both: raised
        milder         queued             work list: raised
        other signals  queued
        resolved       ended
        retracted      ended
        acknowledge    acknowledge
        unacknowledge  queued
        snooze         snooze
        close          close
        hand over      handed over        operations: handed_over
        decline        queued             both: raised
        sent           told
        retry          waiting
        refused        queued             both: unreached
        given up       queued             both: unreached
        an hour        queued             both: raised
        47 days        queued             both: raised
    under way
        raised         queued             both: raised
        repeated       under way
        older          under way
        said again     queued             both: repeated
        worse          queued under way   rapid response: worse
        higher grade   queued             both: worse
        milder         queued             work list: concerned
        other signals  under way
        resolved       telling end        both: ended
        retracted      telling end        both: ended
        acknowledge    acknowledge
        unacknowledge  under way
        snooze         snooze
        close          close
        hand over      handed over        operations: handed_over
        decline        queued             both: declined
        sent           told
        retry          waiting
        refused        queued             both: unreached
        given up       queued             both: unreached
        an hour        queued             both: climbed
        47 days        queued             both: climbed
    waiting
        raised         queued             both: raised
        repeated       waiting
        older          waiting
        said again     queued             both: repeated
        worse          queued waiting     rapid response: worse
        higher grade   queued             both: worse
        milder         queued             work list: concerned
        other signals  waiting
        resolved       telling end        both: ended
        retracted      telling end        both: ended
        acknowledge    acknowledge
        unacknowledge  waiting
        snooze         snooze
        close          close
        hand over      handed over        operations: handed_over
        decline        queued             both: declined
        sent           told
        retry          waiting
        refused        queued             both: unreached
        given up       queued             both: unreached
        an hour        queued             both: climbed
        47 days        queued             both: climbed
    refused
        raised         queued             both: raised
        repeated       queued
        older          queued
        said again     queued             both: repeated
        worse          queued             rapid response: worse
        higher grade   queued             both: worse
        milder         queued             work list: concerned
        other signals  queued
        resolved       telling end        both: ended
        retracted      telling end        both: ended
        acknowledge    acknowledge
        unacknowledge  queued
        snooze         snooze
        close          close
        hand over      handed over        operations: handed_over
        decline        queued             both: declined
        sent           told
        retry          waiting
        refused        nobody told
        given up       nobody told
        an hour        queued             both: reminded
        47 days        queued             both: reminded
    told
        raised         queued             both: raised
        repeated       told
        older          told
        said again     queued             both: repeated
        worse          queued             rapid response: worse
        higher grade   queued             both: worse
        milder         queued             work list: concerned
        other signals  told
        resolved       telling end        both: ended
        retracted      telling end        both: ended
        acknowledge    acknowledge
        unacknowledge  told
        snooze         snooze
        close          close
        hand over      handed over        operations: handed_over
        decline        queued             both: declined
        sent           told
        retry          told
        refused        told
        given up       told
        an hour        queued             both: climbed
        47 days        queued             both: climbed
    acknowledge
        raised         queued             both: raised
        repeated       acknowledge
        older          acknowledge
        said again     acknowledge
        worse          queued             rapid response: worse
        higher grade   queued             both: worse
        milder         acknowledge
        other signals  acknowledge
        resolved       telling end        both: ended
        retracted      telling end        both: ended
        acknowledge    acknowledge
        unacknowledge  queued             both: unacknowledged
        snooze         snooze
        close          close
        hand over      handed over        operations: handed_over
        decline        queued             both: declined
        sent           acknowledge
        retry          acknowledge
        refused        acknowledge
        given up       acknowledge
        an hour        acknowledge
        47 days        queued             both: answer_over
    handed over
        raised         queued             both: raised
        repeated       handed over
        older          handed over
        said again     handed over
        worse          queued             rapid response: worse
        higher grade   queued             both: worse
        milder         handed over
        other signals  handed over
        resolved       telling end        everyone: ended
        retracted      telling end        everyone: ended
        acknowledge    acknowledge
        unacknowledge  queued             both: unacknowledged
        snooze         snooze
        close          close
        hand over      handed over        operations: handed_over
        decline        queued             both: declined
        sent           handed over
        retry          handed over
        refused        handed over
        given up       handed over
        an hour        queued             both: answer_over
        47 days        queued             both: answer_over
    snooze
        raised         queued             both: raised
        repeated       snooze
        older          snooze
        said again     snooze
        worse          queued             rapid response: worse
        higher grade   queued             both: worse
        milder         snooze
        other signals  snooze
        resolved       telling end        both: ended
        retracted      telling end        both: ended
        acknowledge    acknowledge
        unacknowledge  queued             both: unacknowledged
        snooze         snooze
        close          close
        hand over      handed over        operations: handed_over
        decline        queued             both: declined
        sent           snooze
        retry          snooze
        refused        snooze
        given up       snooze
        an hour        queued             both: answer_over
        47 days        queued             both: answer_over
    close
        raised         queued             both: raised
        repeated       close
        older          close
        said again     close
        worse          queued             rapid response: worse
        higher grade   queued             both: worse
        milder         close
        other signals  close
        resolved       telling end        both: ended
        retracted      telling end        both: ended
        acknowledge    acknowledge
        unacknowledge  queued             both: unacknowledged
        snooze         snooze
        close          close
        hand over      handed over        operations: handed_over
        decline        queued             both: declined
        sent           close
        retry          close
        refused        close
        given up       close
        an hour        close
        47 days        close
    telling end
        raised         queued             both: raised
        repeated       telling end
        older          telling end
        said again     queued             both: raised
        worse          queued             rapid response: raised
        higher grade   queued             both: raised
        milder         queued             work list: raised
        other signals  queued             both: raised
        resolved       telling end
        retracted      telling end
        acknowledge    telling end
        unacknowledge  telling end
        snooze         telling end
        close          telling end
        hand over      telling end
        decline        telling end
        sent           ended
        retry          telling end
        refused        ended
        given up       ended
        an hour        telling end
        47 days        telling end
    ended
        raised         queued             both: raised
        repeated       ended
        older          ended
        said again     queued             both: raised
        worse          queued             rapid response: raised
        higher grade   queued             both: raised
        milder         queued             work list: raised
        other signals  queued             both: raised
        resolved       ended
        retracted      ended
        acknowledge    ended
        unacknowledge  ended
        snooze         ended
        close          ended
        hand over      ended
        decline        ended
        sent           ended
        retry          ended
        refused        ended
        given up       ended
        an hour        ended
        47 days        unknown
"""


def _rows() -> Iterator[tuple[str, str, str, str]]:
    state = ""
    for row in filter(None, TABLE.splitlines()):
        if row[4] != " ":
            state = row.strip()
        else:
            yield state, row[8:23].strip(), row[23:42].strip(), row[42:].strip()


ROADS: dict[str, Callable[[Case], object]] = {
    "unknown": lambda _: None,
    "queued": lambda case: case.hears(line()),
    "under way": lambda case: (case.hears(line()), case.departs()),
    "waiting": lambda case: (case.hears(line()), case.tries(Outcome.RETRY)),
    "refused": lambda case: (case.hears(line()), case.tries(Outcome.REFUSED)),
    "told": lambda case: case.tells(line()),
    "acknowledge": lambda case: (case.tells(line()), case.answers("acknowledge", "a0")),
    "snooze": lambda case: (
        case.tells(line()),
        case.answers("snooze", "a0", snooze_until=NOON + HOUR),
    ),
    "close": lambda case: (case.tells(line()), case.answers("close", "a0")),
    "handed over": lambda case: (
        case.tells(line()),
        case.answers(event_id="a0", hand_to=Target.OPERATIONS),
        case.tries(),
    ),
    "telling end": lambda case: (case.tells(line()), case.hears(line(2, "resolved"))),
    "ended": lambda case: case.tells(line(), line(2, "resolved")),
}


def _in_state(state: str) -> Case:
    case = Case()
    ROADS[state](case)
    return case


def _state_of(life: Life | None) -> str:
    if life is None:
        return "unknown"
    if not life.is_open:
        return "telling end" if life.sends else "ended"
    if life.answer is not None:
        return "handed over" if life.answer.handed_to else life.answer.action
    if life.sends:
        return " ".join(sorted({send.stage.replace("_", " ") for send in life.sends}))
    return "nobody told" if life.shown is None else "told"


def _every_try(outcome: Outcome) -> Callable[[Case], object]:
    def happen(case: Case) -> object:
        sends = () if case.life is None else case.life.sends
        return [page for each in sends for page in case.take(tried(each, outcome, case.known))]

    return happen


def _again(case: Case) -> object:
    life = case.life
    return case.hears(line() if life is None else line(life.line.revision, life.line.state))


HAPPENINGS: dict[str, Callable[[Case], object]] = {
    "raised": lambda case: case.hears(line(5, "raised")),
    "repeated": _again,
    "older": lambda case: case.hears(line(1, "raised", at=NOON)),
    "said again": lambda case: case.hears(line(5, "changed", at=NOON + 8 * HOUR)),
    "worse": lambda case: case.hears(line(5, "changed", "P1", grade=3)),
    "higher grade": lambda case: case.hears(line(5, "changed", grade=3)),
    "milder": lambda case: case.hears(line(5, "changed", "P3", grade=1)),
    "other signals": lambda case: case.hears(line(5, "changed", signals=("spo2_percent",))),
    "resolved": lambda case: case.hears(line(5, "resolved")),
    "retracted": lambda case: case.hears(line(5, "retracted")),
    "acknowledge": lambda case: case.answers("acknowledge"),
    "unacknowledge": lambda case: case.answers("unacknowledge"),
    "snooze": lambda case: case.answers("snooze"),
    "close": lambda case: case.answers("close"),
    "hand over": lambda case: case.answers(hand_to=Target.OPERATIONS),
    "decline": lambda case: case.answers("unacknowledge", decline=True),
    "sent": _every_try(Outcome.SENT),
    "retry": _every_try(Outcome.RETRY),
    "refused": _every_try(Outcome.REFUSED),
    "given up": _every_try(Outcome.GIVEN_UP),
    "an hour": lambda case: case.waits(HOUR),
    "47 days": lambda case: case.waits(47 * DAY),
}
WHO = {
    frozenset({Target.PRIMARY_TEAM, Target.RAPID_RESPONSE}): "both",
    frozenset({Target.RAPID_RESPONSE}): "rapid response",
    frozenset({Target.WORK_LIST}): "work list",
    frozenset({Target.OPERATIONS}): "operations",
    frozenset({Target.PRIMARY_TEAM, Target.RAPID_RESPONSE, Target.OPERATIONS}): "everyone",
}


def _in_short(sends: object) -> str:
    assert isinstance(sends, list | tuple)  # what a happening gives back
    if not sends:
        return ""
    (reason,) = {send.reason for send in sends}
    return f"{WHO[frozenset(send.address.target for send in sends)]}: {reason}"


@pytest.mark.parametrize(("state", "happening", "after", "pages"), list(_rows()))
def test_every_happening_in_every_state(state: str, happening: str, after: str, pages: str) -> None:
    case = _in_state(state)

    tried_now = HAPPENINGS[happening](case)

    assert (_state_of(case.life), _in_short(tried_now)) == (after, pages)


def test_the_table_has_every_happening_in_every_state() -> None:
    rows = [(state, happening) for state, happening, _, _ in _rows()]

    states = dict.fromkeys(state for state, _ in rows)
    assert rows == [(state, happening) for state in states for happening in HAPPENINGS]
    assert len(states) == 12
