"""Whatever the bytes: the codec answers, and never raises."""

import json
import math

import pytest
from builders import Fields, encoded, vitals
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from topics import codec, examples, registry
from topics.codec import Decoded, Line, Rejected
from topics.labs import Analyte
from topics.registry import Role
from topics.units import UnitMismatch, convert, find
from topics.vitals import PRESSURES, Vitals

INPUT_TOPICS = st.sampled_from([topic.name for topic in (*registry.INPUTS, registry.ANSWERS)])
EVERY_TOPIC = INPUT_TOPICS | st.sampled_from([registry.ALERTS, registry.PAGES])
EXAMPLES = [dict(fields) for fields in (*examples.INPUTS.values(), *examples.OUTPUTS.values())]
STRANGE: st.SearchStrategy[object] = st.sampled_from(
    [None, True, -1, 0, 1e308, 10**400, math.nan, math.inf, "", "\ud800", "x" * 300, [], {}, [[]]]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | STRANGE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
PRESSURE = st.none() | st.floats(0, 350)


def answered(topic: str, value: bytes) -> None:
    if registry.BY_NAME[topic].role is Role.INPUT:
        assert isinstance(codec.decode(topic, b"B01", value), Decoded | Rejected)
    else:
        assert isinstance(codec.decode_line(topic, value), Line | Rejected)


@given(topic=EVERY_TOPIC, value=st.binary(max_size=400))
def test_arbitrary_bytes_are_answered(topic: str, value: bytes) -> None:
    """Nothing on a topic can stop the pipeline."""
    answered(topic, value)


@given(topic=EVERY_TOPIC, value=JSON)
def test_arbitrary_json_is_answered(topic: str, value: object) -> None:
    """Neither can anything that a parser understands."""
    answered(topic, json.dumps(value).encode())


@given(topic=EVERY_TOPIC, event=st.sampled_from(EXAMPLES), seed=st.data())
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
def test_an_event_with_one_strange_field_is_answered(
    topic: str, event: Fields, seed: st.DataObject
) -> None:
    """A sender's bug in one field is named, or harmless."""
    name = seed.draw(st.sampled_from([*event, "oxygen", "ventilator", "unknown"]))
    inner = seed.draw(st.sampled_from(["device", "flow_l_min", "signal"]))
    strange = seed.draw(JSON)
    sent = event | {name: seed.draw(st.sampled_from([strange, {inner: strange}]))}

    answered(topic, json.dumps(sent).encode())


@given(event=st.sampled_from(EXAMPLES), seed=st.data())
def test_a_mangled_record_is_answered(event: Fields, seed: st.DataObject) -> None:
    """A record cut off, doubled or with bits turned is no worse."""
    value = bytearray(json.dumps(event).encode())
    place = seed.draw(st.integers(0, len(value) - 1))
    match seed.draw(st.sampled_from(["cut", "turn", "double", "delete"])):
        case "cut":
            del value[place:]
        case "turn":
            value[place] = seed.draw(st.integers(0, 255))
        case "double":
            value[place:place] = value[:place]
        case _:
            del value[place]

    answered(seed.draw(EVERY_TOPIC), bytes(value))


@given(depth=st.integers(1, 5000), opening=st.sampled_from([b"[", b'{"a":', b'{"oxygen":[']))
def test_any_depth_is_answered(depth: int, opening: bytes) -> None:
    """A record nested without end is refused, not followed."""
    answered(registry.VITALS, opening * depth)


@given(systolic=PRESSURE, mean=PRESSURE, diastolic=PRESSURE)
def test_pressures_that_count_are_always_in_order_and_within_their_limits(
    systolic: float | None, mean: float | None, diastolic: float | None
) -> None:
    """No grade ever rests on a pressure that cannot be."""
    readings: Fields = {
        "systolic_mmhg": systolic,
        "mean_arterial_mmhg": mean,
        "diastolic_mmhg": diastolic,
    }
    found = codec.decode(registry.VITALS, b"P01", encoded(vitals(**readings)))

    assert isinstance(found, Decoded)
    assert isinstance(found.event, Vitals)
    counted = [getattr(found.event, name) for name in PRESSURES]
    known = [value for value in counted if value is not None]
    assert known == sorted(known)
    dropped = {each.path.removeprefix("$.") for each in found.dropped}
    disordered = any(each.about == "pressure" for each in found.dropped)
    for name, sent in readings.items():
        lost = sent is not None and (name in dropped or disordered)
        assert getattr(found.event, name) == (None if lost else sent)


@given(
    fields=st.fixed_dictionaries(
        {},
        optional={
            "temperature_c": st.floats(0, 120),
            "heart_rate_per_min": st.floats(-10, 400),
            "spo2_percent": st.floats(0, 110),
            "systolic_mmhg": st.floats(0, 400),
        },
    )
)
def test_dropping_readings_leaves_exactly_the_others(fields: Fields) -> None:
    """What is kept is what was sent, and what is dropped is named."""
    found = codec.decode(registry.VITALS, b"P01", encoded(vitals(**fields)))

    assert isinstance(found, Decoded)
    dropped = {each.path.removeprefix("$.") for each in found.dropped}
    for name, value in fields.items():
        assert getattr(found.event, name) == (None if name in dropped else value)


@given(
    event=st.sampled_from(EXAMPLES[: len(examples.INPUTS)]), extra=st.dictionaries(st.text(), JSON)
)
def test_unknown_fields_never_matter(event: Fields, extra: Fields) -> None:
    """A sender may say more than we read."""
    topic = next(
        name
        for name in (each.name for each in (*registry.INPUTS, registry.ANSWERS))
        if isinstance(codec.decode(name, b"B01", json.dumps(event).encode()), Decoded)
    )
    sent = {f"x_{name}": value for name, value in extra.items()} | event
    try:
        value = json.dumps(sent, allow_nan=False).encode()
    except ValueError:
        return
    plain = codec.decode(topic, b"B01", json.dumps(event).encode())
    found = codec.decode(topic, b"B01", value)

    assert isinstance(plain, Decoded)
    if isinstance(found, Decoded):
        assert found.event == plain.event
    else:
        assert found.reason == "not_json"  # a lone surrogate, or a number beyond any limit


UNIT_PARTS = ["m", "k", "u", "g", "L", "l", "mol", "/", ".", "10*", "10^", "[IU]", "U", "%", "s"]
UNIT_PARTS += [
    "min",
    "h",
    "[",
    "]",
    "'",
    "+",
    "-",
    "9",
    "99",
    "{",
    "}",
    "FEU",
    "DDU",
    "(",
    ")",
    " ",
]


@given(
    signal=st.sampled_from([*Analyte, "systolic_mmhg", "vasopressin", "weight_kg", "flow_l_min"]),
    unit=st.lists(st.sampled_from(UNIT_PARTS), max_size=10).map("".join) | st.text(max_size=50),
)
def test_any_unit_fits_or_does_not(signal: str, unit: str) -> None:
    """A unit is converted by a positive factor, or refused: never guessed, never an error."""
    try:
        found = find(signal, unit)
    except UnitMismatch:
        return

    assert 0 < found.factor.times / found.factor.over < math.inf


@given(value=st.floats(0, 1e6))
@pytest.mark.parametrize(("signal", "unit"), [("ferritin", "pmol/L"), ("crp", "mg/dL")])
def test_a_larger_value_is_never_the_smaller_result(signal: str, unit: str, value: float) -> None:
    """Conversion keeps the order of values, so no threshold is crossed by it alone."""
    larger = math.nextafter(value, math.inf)

    assert convert(signal, value, unit).value <= convert(signal, larger, unit).value
