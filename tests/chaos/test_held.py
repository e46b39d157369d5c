"""What states tell of the records that were sent: for how long, and of how many."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

import pytest
from aiokafka import ConsumerRecord
from builders import NOON, encoded, vitals
from chaos.held import KEPT, KEPT_MS, Lying, Ungraded, differs, ungraded
from chaos.verdict import replayed

from stream.clinical import state
from stream.clinical.thinning import READINGS_MAX
from topics import registry
from topics.base import epoch_ms

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
A_PAGE = 250  # more than are looked at once something was forgotten
TOO_MANY = READINGS_MAX + 100
LONG = 12 * 12  # readings five minutes apart


def readings(count: int, apart: timedelta = SECOND) -> list[ConsumerRecord]:
    """Readings of one patient, of whom nothing changes but the heart rate."""
    return [_record(offset, offset * apart) for offset in range(count)]


def _record(offset: int, after: timedelta) -> ConsumerRecord:
    event = vitals(NOON + after, patient_id="anna", heart_rate_per_min=70 + offset % 7)
    at_ms, value = epoch_ms(NOON + after), encoded(event)
    return ConsumerRecord(
        registry.VITALS, 0, offset, at_ms, 0, b"anna", value, None, 0, len(value), ()
    )


def without(records: Sequence[ConsumerRecord], lost: int) -> list[ConsumerRecord]:
    return [each for each in records if each.offset != lost]


def taken(records: Iterable[ConsumerRecord]) -> dict[str, bytes]:
    return replayed([list(records)]).states


def forgotten(states: dict[str, bytes]) -> int:
    return state.decode(states["anna"]).cut.get("readings", 0)


def places(found: Ungraded) -> tuple[list[int], list[int]]:
    return [each.offset for each in found.lost], [each.offset for each in found.not_known]


def told(records: Sequence[ConsumerRecord], some: Iterable[ConsumerRecord]) -> str | None:
    """Hold a state that took some of the records against one that took all."""
    lying = Lying()
    for each in records:
        lying.add(each)
    return differs(lying.last["anna"], taken(records)["anna"], taken(some)["anna"])


# While nothing is forgotten


@pytest.mark.parametrize("lost", [0, A_PAGE - KEPT - 1, A_PAGE - KEPT, A_PAGE - 2])
def test_each_of_many_records_has_to_be_there_while_nothing_is_forgotten(lost: int) -> None:
    sent = readings(A_PAGE)
    states = taken(without(sent, lost))

    assert forgotten(states) == 0
    assert places(ungraded(sent, states)) == ([lost], [])
    assert (told(sent, without(sent, lost)) or "").startswith("has other records: ")


def test_a_hundred_early_records_that_are_lost_are_not_graded() -> None:
    sent = readings(390)

    assert places(ungraded(sent, taken(sent[100:]))) == ([*range(100)], [])


def test_records_that_are_all_there_are_graded() -> None:
    sent = readings(A_PAGE)

    assert places(ungraded(sent, taken(sent))) == ([], [])
    assert told(sent, sent) is None


# Once something is forgotten


@pytest.mark.parametrize(
    ("lost", "is_known"),
    [
        (TOO_MANY - 2, True),
        (TOO_MANY - KEPT, True),  # fewer are newer
        (TOO_MANY - KEPT - 1, False),
        (0, False),
        (READINGS_MAX // 4, False),
    ],
)
def test_of_too_many_readings_the_newest_have_to_be_there(lost: int, is_known: bool) -> None:
    sent = readings(TOO_MANY)
    some = without(sent, lost)
    states = taken(some)
    not_graded, not_known = places(ungraded(sent, states))

    assert forgotten(states) > 0
    assert not_graded == [lost] * is_known
    assert (lost in not_known) != is_known
    assert all(each < TOO_MANY - KEPT for each in not_known)


def test_of_too_many_readings_older_ones_are_not_compared() -> None:
    sent = readings(TOO_MANY)

    assert (told(sent, without(sent, TOO_MANY - KEPT)) or "").startswith("has other records: ")
    assert told(sent, without(sent, 0)) is None


def test_of_too_many_readings_those_that_were_forgotten_are_not_known_to_be_graded() -> None:
    sent = readings(TOO_MANY)
    states = taken(sent)
    not_graded, not_known = places(ungraded(sent, states))

    assert not_graded == []
    assert len(not_known) == TOO_MANY - len(state.decode(states["anna"]).entries) > 0


def test_of_a_long_time_the_last_five_hours_have_to_be_there() -> None:
    """What is older is thinned, by whole hours after the sixth."""
    sent = readings(LONG, 5 * MINUTE)
    edge_ms = sent[-1].timestamp - KEPT_MS
    inside = min(each.offset for each in sent if each.timestamp >= edge_ms)

    assert LONG < KEPT
    for lost in (inside, inside + 1, LONG - 2):
        states = taken(without(sent, lost))
        assert forgotten(states) > 0
        assert places(ungraded(sent, states))[0] == [lost]
        assert (told(sent, without(sent, lost)) or "").startswith("has other records: ")
    for lost in (inside - 1, 1):
        not_graded, not_known = places(ungraded(sent, taken(without(sent, lost))))
        assert (not_graded, lost in not_known) == ([], True)
        assert told(sent, without(sent, lost)) is None


# Whatever is forgotten


def test_a_record_behind_the_last_one_taken_is_not_graded() -> None:
    sent = readings(TOO_MANY)

    assert places(ungraded(sent, taken(sent[:-3])))[0] == [*range(TOO_MANY - 3, TOO_MANY)]


def test_records_of_a_patient_without_a_state_are_not_graded() -> None:
    sent = readings(3)

    assert places(ungraded(sent, {})) == ([0, 1, 2], [])


@pytest.mark.parametrize(
    ("last", "words"), [(2, None), (3, "was taken up to stormwatch.vitals.v1 2, not ")]
)
def test_where_all_was_refused_only_the_offsets_are_compared(last: int, words: str | None) -> None:
    """No replay has a state of such a patient."""
    found = differs({registry.VITALS: last}, None, taken(readings(3))["anna"])

    assert found == (words and f"{words}stormwatch.vitals.v1 {last}")


def test_where_all_was_refused_a_state_has_to_be_there() -> None:
    assert differs({registry.VITALS: 2}, None, None) == "is missing"
