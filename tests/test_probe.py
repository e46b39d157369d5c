"""What `stormwatch probe` makes of what it reads: rounds that come back, feeds that come."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import NOON, build, encoded, lab, patient, reading
from pager import line

from deploy.probe.feeds import FEEDS, HOUR_MS, MINUTE_MS, Feed, Listening
from deploy.probe.feeds_file import FeedsError, read_feeds
from deploy.probe.rounds import GROUPS, RULE, Back, Rounds
from topics import registry, reserved
from topics.alerts import Alert, alert_id
from topics.base import epoch_ms
from topics.pages import Outcome, PageLine

START_MS = epoch_ms(NOON)
MINUTES = [NOON + timedelta(minutes=each) for each in range(5)]


def told(partition: int, revision: int, at: Any = NOON) -> Alert:
    probe = reserved.PROBES[partition]
    identity = alert_id(probe, 0, RULE, 0)
    return line(revision, "raised", "P2", at=at, rule=RULE, patient_id=probe, alert_id=identity)


def paged(partition: int, revision: int, **fields: Any) -> PageLine:
    about = told(partition, revision)
    said: dict[str, Any] = {
        "page_id": f"p{revision}",
        "patient_id": about.patient_id,
        "alert_id": about.alert_id,
        "revision": revision,
        "at": NOON,
        "target": "loop_back",
        "tier": 1,
        "sink": "loop_back",
        "attempt": 1,
        "outcome": Outcome.SENT,
    }
    return PageLine(**said | fields)


# Rounds


@pytest.mark.parametrize("first", [0, 1])
def test_a_round_is_back_once_its_line_and_its_page_are_read_in_any_order(first: int) -> None:
    rounds = Rounds()
    lines: list[Alert | PageLine] = [told(4, 7, MINUTES[1]), paged(4, 7)]

    assert rounds.take(lines[first]) is None
    assert rounds.take(lines[1 - first]) == Back(4, epoch_ms(MINUTES[1]))


@pytest.mark.parametrize(
    "other",
    [
        paged(4, 6),
        paged(3, 7),
        paged(4, 7, outcome=Outcome.RETRY),
        paged(4, 7, sink="console"),
        paged(4, 7, alert_id="another"),
    ],
)
def test_what_is_of_another_round_or_did_not_arrive_shows_nothing(other: PageLine) -> None:
    rounds = Rounds()
    rounds.take(told(4, 7))

    assert rounds.take(other) is None


def test_it_is_whole_since_the_round_that_every_partition_came_back_from() -> None:
    rounds = Rounds()
    for partition in range(registry.PARTITIONS):
        rounds.take(told(partition, 1, MINUTES[0 if partition == 5 else 1]))
        rounds.take(paged(partition, 1))

    assert rounds.whole_ms() == epoch_ms(MINUTES[0])
    assert list(rounds.lost(epoch_ms(MINUTES[1]))) == [5]
    rounds.take(told(5, 2, MINUTES[2]))
    rounds.take(paged(5, 2))
    assert rounds.whole_ms() == epoch_ms(MINUTES[1])
    assert list(rounds.lost(epoch_ms(MINUTES[1]))) == []


def test_whichever_partition_is_ill_one_loop_that_lies_elsewhere_tells() -> None:
    for ill in range(registry.PARTITIONS):
        telling = [
            home
            for home, partitions in zip(reserved.LOOP_PARTITIONS, GROUPS, strict=True)
            if ill in partitions
        ]

        assert len(telling) == 1
        assert telling != [ill]


def test_pages_that_never_come_are_not_remembered_for_ever() -> None:
    rounds = Rounds()
    for revision in range(10_000):
        rounds.take(told(1, revision + 1))

    assert len(rounds._lines) <= 16 * registry.PARTITIONS


# Feeds

FEW = {"vitals": FEEDS["vitals"]}


def heard(listening: Listening, fields: dict[str, Any], at_ms: int) -> None:
    topic = {"vitals": registry.VITALS, "lab": registry.LABS}.get(fields["kind"], registry.PATIENTS)
    listening.take(topic, str(fields["patient_id"]).encode(), encoded(fields), at_ms)


def comes(listening: Listening, at_ms: int) -> dict[str, bool]:
    return {pulse.feed: pulse.comes for pulse in listening.pulses(at_ms)}


@pytest.fixture
def listening() -> Listening:
    """One patient in the house, whose monitor spoke."""
    made = Listening(FEW)
    heard(made, patient(), START_MS - HOUR_MS)
    heard(made, reading(spo2_percent=97), START_MS)
    return made


def test_a_feed_is_silent_right_after_the_longest_time_it_may_take(listening: Listening) -> None:
    late_ms = START_MS + 10 * MINUTE_MS

    assert comes(listening, late_ms) == {"vitals": True}
    assert [tuple(each) for each in listening.pulses(late_ms + 1)] == [("vitals", False, late_ms)]
    heard(listening, reading(spo2_percent=97), late_ms + 2)
    assert comes(listening, late_ms + 3) == {"vitals": True}


def test_another_feed_is_not_it(listening: Listening) -> None:
    heard(listening, lab("crp", 5), START_MS + 10 * MINUTE_MS)

    assert comes(listening, START_MS + 11 * MINUTE_MS) == {"vitals": False}


@pytest.mark.parametrize("made_up", [reserved.PROBES[0], *reserved.LOOPS, reserved.feed_id("x")])
def test_what_the_probe_writes_is_no_feed(listening: Listening, made_up: str) -> None:
    heard(listening, reading(patient_id=made_up, spo2_percent=97), START_MS + 10 * MINUTE_MS)

    assert comes(listening, START_MS + 11 * MINUTE_MS) == {"vitals": False}


@pytest.mark.parametrize("kind", ["discharge", "death"])
def test_while_nobody_is_in_the_house_nothing_is_missed(listening: Listening, kind: str) -> None:
    end = build(kind, NOON, {})
    heard(listening, end, START_MS + MINUTE_MS)
    heard(listening, reading(spo2_percent=97), START_MS + 2 * MINUTE_MS)  # of one who is gone

    assert comes(listening, START_MS + 300 * MINUTE_MS) == {"vitals": True}


def test_who_comes_to_an_empty_house_has_the_whole_time(listening: Listening) -> None:
    heard(listening, build("discharge", NOON, {}), START_MS)
    comes(listening, START_MS + 300 * MINUTE_MS)
    heard(listening, patient(patient_id="P02"), START_MS + 301 * MINUTE_MS)

    assert comes(listening, START_MS + 305 * MINUTE_MS) == {"vitals": True}
    assert comes(listening, START_MS + 311 * MINUTE_MS) == {"vitals": False}


def test_a_discharge_in_error_has_left_nobody(listening: Listening) -> None:
    end = build("discharge", NOON, {})
    heard(listening, end, START_MS)
    heard(listening, end | {"status": "entered_in_error"}, START_MS + MINUTE_MS)

    assert comes(listening, START_MS + 11 * MINUTE_MS) == {"vitals": False}


def test_who_was_not_heard_of_for_45_days_is_gone(listening: Listening) -> None:
    assert comes(listening, START_MS + registry.KEPT_MS) == {"vitals": False}
    assert comes(listening, START_MS + registry.KEPT_MS + 1) == {"vitals": True}


def test_a_feed_that_was_never_heard_is_not_missed() -> None:
    made = Listening(FEEDS)
    heard(made, patient(), START_MS)
    heard(made, reading(spo2_percent=97), START_MS)

    assert comes(made, START_MS + 48 * HOUR_MS) == {"vitals": False}


def test_of_one_topic_each_source_is_a_feed_of_its_own() -> None:
    made = Listening(
        {
            "icu": Feed(registry.VITALS, MINUTE_MS, "icu-gateway"),
            "ward": Feed(registry.VITALS, HOUR_MS, "ward-gateway"),
        }
    )
    heard(made, reading(spo2_percent=97, source="icu-gateway"), START_MS)
    heard(made, reading(spo2_percent=97, source="ward-gateway"), START_MS)
    made.take(registry.VITALS, b"P01", b"no JSON", START_MS + 5 * MINUTE_MS)
    made.take(registry.VITALS, None, None, START_MS + 5 * MINUTE_MS)

    assert comes(made, START_MS + 5 * MINUTE_MS) == {"icu": False, "ward": True}
    assert list(made.topics) == [(registry.VITALS, HOUR_MS)]


# The file of feeds


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def written(text: str) -> Path:
        path = tmp_path / "feeds.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def test_a_file_adds_to_what_is_built_in_replaces_it_or_takes_it_away(
    write: Callable[[str], Path],
) -> None:
    feeds = read_feeds(
        write(
            '[vitals]\ntopic = "vitals"\nevery = "1h"\n'
            '[icu]\ntopic = "vitals"\nsource = "icu-gateway"\nevery = "5min"\n'
            '[labs]\nevery = "never"\n'
        )
    )

    assert feeds["vitals"] == Feed(registry.VITALS, HOUR_MS)
    assert feeds["icu"] == Feed(registry.VITALS, 5 * MINUTE_MS, "icu-gateway")
    assert set(feeds) == {"vitals", "icu", "medications", "assessments"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[vitals]\nevery = "1h"', "vitals: topic is one of patients, medications"),
        ('[vitals]\ntopic = "ticks"\nevery = "1h"', "vitals: topic is one of"),
        ('[x]\ntopic = "vitals"\nevery = "often"', "x.every"),
        ('[x]\ntopic = "vitals"\nevery = "5s"', "x.every"),
        ('[X]\ntopic = "vitals"\nevery = "1h"', "X.[key]"),
        ('[x]\ntopic = "vitals"\nevery = "1h"\nfrom = "y"', "x.from: Extra inputs"),
    ],
)
def test_a_file_that_is_wrong_is_refused_naming_the_place(
    write: Callable[[str], Path], text: str, said: str
) -> None:
    with pytest.raises(FeedsError) as caught:
        read_feeds(write(text))

    assert str(caught.value).startswith(said)


def test_the_file_that_integrators_are_shown_will_do(write: Callable[[str], Path]) -> None:
    page = (Path(__file__).parents[1] / "docs" / "integrators.md").read_text(encoding="utf-8")
    (shown,) = [part.split("```")[0] for part in page.split("```toml\n")[1:] if "every" in part]

    feeds = read_feeds(write(shown))

    assert sorted(feeds) == ["assessments", "icu_monitors", "medications", "vitals"]
