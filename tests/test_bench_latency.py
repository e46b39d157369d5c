"""The benchmark of latency counts the alerts that came against what was fed."""

import asyncio
from collections import Counter, deque
from typing import Any

import orjson
import pytest
from bench import latency, load
from bench.feeder import forget_confirmed
from bench.latency import Slice, check, expected_alerts
from bench.races import RaceError
from bench.trivial import State, new_state, take

PATIENTS = 7
SENT = 1_234


def alerts() -> list[str]:
    """What any contender tells of the record that lies there first, and of those that are fed."""
    states: dict[int, State] = {}
    offsets: dict[str, int] = {}
    found = []
    for number in (0, *range(SENT)):
        patient, topic = number % PATIENTS, load.stream_of(number)
        offsets[topic] = offsets.get(topic, -1) + 1
        event: Any = orjson.loads(load.reading(number))
        state = states.setdefault(patient, new_state())
        if told := take(state, f"p{patient}", topic, offsets[topic], 0, event):
            found.append(str(told["id"]))
    return found


def test_a_contender_that_tells_all_is_right() -> None:
    check("one", expected_alerts(SENT, PATIENTS), alerts())


@pytest.mark.parametrize(
    ("lost", "repeated", "words"),
    [
        (1, 0, "1 of 122 alerts did not come, 0 too many"),
        (122, 0, "122 of 122 alerts did not come, 0 too many"),
        (0, 1, "0 of 122 alerts did not come, 1 too many"),
        (1, 1, "1 of 122 alerts did not come, 1 too many"),
    ],
)
def test_one_that_loses_or_repeats_some_ends_the_run(lost: int, repeated: int, words: str) -> None:
    """Also where as many came as must."""
    came = alerts()
    came = [*came[: len(came) - lost], *came[:repeated]]

    with pytest.raises(RaceError, match=f"one: {words}"):
        check("one", expected_alerts(SENT, PATIENTS), came)


async def test_an_alert_that_is_told_again_after_the_last_one_is_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(latency, "LOOK_S", 0.0)
    found = Slice(ids=["p1-1"])
    asyncio.get_running_loop().call_soon(found.ids.append, "p1-1")
    await latency._until_came(wanted := Counter(["p1-1"]), found)

    with pytest.raises(RaceError, match="1 too many"):
        check("one", wanted, found.ids)


async def test_a_reading_that_was_refused_ends_the_feeder_though_later_ones_are_confirmed() -> None:
    confirmed, refused, under_way = (asyncio.get_running_loop().create_future() for _ in range(3))
    sent = deque([confirmed, under_way])
    confirmed.set_result(None)
    forget_confirmed(sent)

    assert list(sent) == [under_way]

    sent = deque([refused, confirmed])
    refused.set_exception(RuntimeError("refused"))
    with pytest.raises(RuntimeError, match="refused"):
        forget_confirmed(sent)
