"""Records that do not fit the contract: refused with a reason, a path, and nothing of their own."""

import math

import pytest
from builders import Fields, dose, encoded, lab, vitals

from topics import codec, registry
from topics.codec import Reason, Rejected

WRONG_FIELDS = [
    ({"kind": "vital_signs"}, Reason.UNKNOWN_KIND, "$.kind"),
    ({"kind": None}, Reason.MISSING, "$.kind"),
    ({"kind": 7}, Reason.WRONG_TYPE, "$.kind"),
    ({"event_id": None}, Reason.MISSING, "$.event_id"),
    ({"event_id": ""}, Reason.WRONG_TYPE, "$.event_id"),
    ({"event_id": "x" * 129}, Reason.WRONG_TYPE, "$.event_id"),
    ({"effective_at": None}, Reason.MISSING, "$.effective_at"),
    ({"source": ""}, Reason.WRONG_TYPE, "$.source"),
    ({"source": "x" * 65}, Reason.WRONG_TYPE, "$.source"),
    ({"status": "amended"}, Reason.UNKNOWN_VALUE, "$.status"),
    ({"status": 1}, Reason.WRONG_TYPE, "$.status"),
    ({"demo": "false"}, Reason.WRONG_TYPE, "$.demo"),
    ({"demo": 0}, Reason.WRONG_TYPE, "$.demo"),
    ({"temperature_c": "38.0"}, Reason.WRONG_TYPE, "$.temperature_c"),
    ({"temperature_c": True}, Reason.WRONG_TYPE, "$.temperature_c"),
    ({"temperature_c": [38]}, Reason.WRONG_TYPE, "$.temperature_c"),
    ({"temperature_site": "forehead"}, Reason.UNKNOWN_VALUE, "$.temperature_site"),
    ({"oxygen": "room_air"}, Reason.WRONG_TYPE, "$.oxygen"),
    ({"oxygen": {"device": "tent"}}, Reason.UNKNOWN_VALUE, "$.oxygen.device"),
    ({"oxygen": {"device": 2}}, Reason.WRONG_TYPE, "$.oxygen.device"),
    ({"oxygen": {"flow_l_min": "2"}}, Reason.WRONG_TYPE, "$.oxygen.flow_l_min"),
]
WRONG_IN_OTHERS = [
    (lab("crp", 5) | {"kind": "labs"}, Reason.UNKNOWN_KIND, "$.kind"),
    (lab("crp", 5) | {"kind": None}, Reason.MISSING, "$.kind"),
    (lab("crp", 5) | {"kind": ["lab"]}, Reason.WRONG_TYPE, "$.kind"),
    (lab("crp", 5) | {"analyte": "esr"}, Reason.UNKNOWN_VALUE, "$.analyte"),
    (lab("crp", 5) | {"comparator": "~"}, Reason.UNKNOWN_VALUE, "$.comparator"),
    (lab("crp", 5) | {"value": "5"}, Reason.WRONG_TYPE, "$.value"),
    (lab("crp", 5) | {"value": math.inf}, Reason.RANGE, "$.value"),
]


@pytest.mark.parametrize(("sent", "reason", "path"), WRONG_FIELDS)
def test_vitals_that_do_not_fit_the_contract_are_refused(
    sent: Fields, reason: Reason, path: str
) -> None:
    found = codec.decode(registry.VITALS, b"P01", encoded(vitals() | sent))

    assert isinstance(found, Rejected)
    assert (found.reason, found.path) == (reason, path)


@pytest.mark.parametrize(("fields", "reason", "path"), WRONG_IN_OTHERS)
def test_a_topic_of_several_kinds_is_judged_by_the_kind(
    fields: Fields, reason: Reason, path: str
) -> None:
    found = codec.decode(registry.LABS, b"P01", encoded(fields))

    assert isinstance(found, Rejected)
    assert (found.reason, found.path) == (reason, path)


@pytest.mark.parametrize(
    ("fields", "reason", "path"),
    [
        ({"kind": "tock", "at": "2026-03-04T12:00:00Z"}, Reason.UNKNOWN_KIND, "$.kind"),
        ({"kind": "tick"}, Reason.MISSING, "$.at"),
        ({"kind": "tick", "at": "noon"}, Reason.BAD_TIME, "$.at"),
    ],
)
def test_a_tick_that_does_not_fit_is_refused(fields: Fields, reason: Reason, path: str) -> None:
    found = codec.decode(registry.TICKS, b"0", encoded(fields))

    assert isinstance(found, Rejected)
    assert (found.reason, found.path) == (reason, path)


def test_a_kind_of_another_topic_is_unknown() -> None:
    found = codec.decode(registry.LABS, b"P01", encoded(dose()))

    assert isinstance(found, Rejected)
    assert (found.reason, found.path) == (Reason.UNKNOWN_KIND, "$.kind")
    assert found.kind == "dose"


def test_words_about_a_refusal_repeat_nothing_that_was_sent() -> None:
    sentinel = "SENTINEL-4711"
    for fields in (
        vitals(temperature_site=sentinel),
        vitals(oxygen={"device": sentinel}),
        vitals(effective_at=sentinel),
        lab("crp", 5, unit=sentinel),
        lab("crp", 5) | {"kind": sentinel},
        lab(sentinel, 5, unit="mg/L"),
    ):
        found = codec.decode(
            registry.LABS if "analyte" in fields else registry.VITALS, b"P01", encoded(fields)
        )

        assert isinstance(found, Rejected)
        assert sentinel not in found.detail + found.path
