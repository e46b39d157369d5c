"""What we write: exactly as the contract shows it, under ids that anyone can compute."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from builders import NOON
from pydantic import ValidationError

from topics import examples, registry
from topics.alerts import Alert, AlertState, Because, Grade, Present, Priority, alert_id
from topics.audit import AuditLine
from topics.base import Strict, epoch_ms, rfc_3339
from topics.codec import Dropped, Reason, Rejected, encode
from topics.dead_letters import headers_of
from topics.pages import Outcome, PageLine, page_id
from topics.status import Hlh, IcansGrade, Scores, Status
from topics.ticks import Tick


def alert(**fields: object) -> Alert:
    known = {
        "at": NOON,
        "patient_id": "B01",
        "alert_id": "a-1",
        "rule": "TOCI-IND",
        "revision": 1,
        "priority": Priority.P2,
        "state": AlertState.RAISED,
        "priorities": {"manikath-2025": Priority.P2},
        "management": "manikath-2025",
        "because": (
            Because(
                signal="mean_arterial_mmhg",
                value=60,
                unit="mm[Hg]",
                effective_at=NOON,
                event_id="e-1",
            ),
        ),
        "advice": "…",
        "source": "review-2025 L73",
    }
    return Alert.model_validate(known | fields)


def test_an_alert_is_written_exactly_as_in_the_contract() -> None:
    assert encode(alert()).decode() == (
        '{"type":"alert","at":"2026-03-04T12:00:00Z","patient_id":"B01","alert_id":"a-1",'
        '"rule":"TOCI-IND","revision":1,"priority":"P2","state":"raised",'
        '"priorities":{"manikath-2025":"P2"},"management":"manikath-2025",'
        '"because":[{"signal":"mean_arterial_mmhg","value":60,"unit":"mm[Hg]",'
        '"effective_at":"2026-03-04T12:00:00Z","event_id":"e-1"}],'
        '"advice":"…","source":"review-2025 L73"}'
    )


def test_what_an_alert_knows_beyond_that_comes_last() -> None:
    line = encode(
        alert(
            crs={"astct-2019": Grade(lowest=2, highest=3)},
            day=3,
            unit="4 West",
            bed="12",
            episode=1,
            stay=1,
        )
    ).decode()

    assert line.endswith(
        '"crs":{"astct-2019":{"lowest":2,"highest":3}},"day":3,"unit":"4 West","bed":"12",'
        '"episode":1,"stay":1}'
    )


def test_an_alert_that_no_policy_grades_has_no_priorities() -> None:
    assert '"priorities":{}' in encode(alert(priorities={})).decode()


@pytest.mark.parametrize("revision", [0, -1, 1.0, "1"])
def test_a_revision_counts_from_1(revision: object) -> None:
    with pytest.raises(ValidationError):
        alert(revision=revision)


def test_a_partition_that_has_caught_up_says_so() -> None:
    line = encode(Present(partition=3, at=NOON))

    assert line == b'{"type":"present","partition":3,"at":"2026-03-04T12:00:00Z"}'


def test_an_alert_has_the_same_id_whoever_computes_it() -> None:
    assert alert_id("B01", 1, "TOCI-IND", 1) == alert_id("B01", 1, "TOCI-IND", 1)
    assert alert_id("B01", 1, "TOCI-IND", 1) == "3a22027c-fc02-5e82-bdd8-3863fad79315"
    assert len({alert_id("B01", stay, "TOCI-IND", n) for stay in (0, 1) for n in (0, 1)}) == 4


def test_a_page_has_the_same_id_at_each_try() -> None:
    assert page_id("a-1", 1, "team", 1) == page_id("a-1", 1, "team", 1)
    assert page_id("a-1", 1, "team", 1) != page_id("a-1", 1, "team", 2)


def test_priorities_are_ordered_by_urgency() -> None:
    assert sorted(Priority, key=lambda each: each.urgency) == [
        Priority.INFO,
        Priority.P3,
        Priority.P2,
        Priority.P1,
    ]


def test_a_part_of_the_status_that_nobody_computes_is_left_out() -> None:
    line = encode(
        Status(
            at=NOON,
            patient_id="B01",
            crs={"astct-2019": Grade(lowest=0, highest=4)},
        )
    )

    assert json.loads(line) == {
        "type": "status",
        "at": "2026-03-04T12:00:00Z",
        "patient_id": "B01",
        "crs": {"astct-2019": {"lowest": 0, "highest": 4}},
        "flags": [],
        "stale": [],
    }


def test_a_part_that_is_computed_says_null_where_it_does_not_know() -> None:
    line = encode(
        Status(
            at=NOON,
            patient_id="B01",
            icans={"astct-2019": IcansGrade(lowest=0, highest=0, estimated=True)},
            hlh=Hlh(suspected=False, hscore=None, hscore_missing=("ferritin",), iec_hs_grade=None),
            scores=Scores(news2=None, easix=1.5, m_easix=None, car_hematotox=None),
        )
    )

    assert json.loads(line)["hlh"]["iec_hs_grade"] is None
    assert json.loads(line)["scores"]["news2"] is None
    assert json.loads(line)["icans"]["astct-2019"]["estimated"] is True


def test_a_page_line_names_a_person_only_where_there_is_one() -> None:
    known = {
        "page_id": "p-1",
        "patient_id": "B01",
        "alert_id": "a-1",
        "revision": 1,
        "at": NOON,
        "target": "team",
        "tier": 1,
        "sink": "console",
        "attempt": 1,
        "outcome": Outcome.SENT,
    }

    assert b'"by"' not in encode(PageLine.model_validate(known))
    assert b'"by":"Ada"' in encode(PageLine.model_validate(known | {"by": "Ada"}))


def test_an_audit_line_says_who_did_what_when() -> None:
    line = encode(AuditLine(at=NOON, by="Ada", action="close"))

    assert line == b'{"at":"2026-03-04T12:00:00Z","by":"Ada","action":"close"}'


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (NOON, "2026-03-04T12:00:00Z"),
        (NOON + timedelta(milliseconds=5), "2026-03-04T12:00:00.005Z"),
        (NOON + timedelta(microseconds=999), "2026-03-04T12:00:00Z"),
        (NOON.astimezone(timezone(timedelta(hours=1))), "2026-03-04T12:00:00Z"),
    ],
)
def test_a_time_is_written_in_utc_with_milliseconds_where_there_are_any(
    moment: datetime, text: str
) -> None:
    assert rfc_3339(moment) == text


def test_a_tick_is_time_and_nothing_else() -> None:
    assert encode(Tick(at=NOON)) == b'{"kind":"tick","at":"2026-03-04T12:00:00Z"}'


def test_the_models_take_aware_times_alone() -> None:
    with pytest.raises(ValidationError):
        Tick(at=datetime(2026, 3, 4, 12))  # noqa: DTZ001, this is what is refused
    with pytest.raises(ValidationError):
        Tick(at="2026-03-04T12:00:00Z")  # type: ignore[arg-type]


def test_epoch_milliseconds_are_whole_and_rounded_down() -> None:
    assert epoch_ms(datetime(1970, 1, 1, 0, 0, 1, 1999, tzinfo=UTC)) == 1001


class Record:
    topic, partition, offset, timestamp = "stormwatch.vitals.v1", 3, 17, 1772625600000
    key, value = b"P01", b'{"temperature_c":101.3}'


@pytest.mark.parametrize(
    "refusal",
    [
        Rejected(Reason.RANGE, "$.temperature_c", "x", patient_id="P01", value=101.3),
        Dropped("$.temperature_c", Reason.RANGE, "x", value=101.3),
    ],
)
def test_the_headers_of_a_dead_letter_name_the_record_and_no_patient(
    refusal: Rejected | Dropped,
) -> None:
    assert headers_of(Record(), refusal) == [
        ("reason", b"range"),
        ("path", b"$.temperature_c"),
        ("topic", b"stormwatch.vitals.v1"),
        ("partition", b"3"),
        ("offset", b"17"),
        ("timestamp", b"1772625600000"),
    ]


def test_every_output_has_an_example_that_its_model_writes_as_it_stands() -> None:
    models: dict[str, type[Strict]] = {"status": Status, "alert": Alert, "present": Present}
    models |= {"page": PageLine, "audit": AuditLine}

    assert examples.OUTPUTS.keys() == models.keys()
    for name, model in models.items():
        text = json.dumps(examples.OUTPUTS[name])
        assert json.loads(encode(model.model_validate_json(text))) == examples.OUTPUTS[name]


def test_every_output_but_dead_letters_has_a_model() -> None:
    assert [topic.name for topic in registry.OUTPUTS if not topic.models] == [registry.DEAD_LETTERS]
