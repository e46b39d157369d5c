"""The published and constructed cases, replayed in this process and compared as `check.py` does."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from vectors import check

from stream.clinical.engine import Engine
from stream.clinical.replay import Refused, replay
from topics import codec
from topics.base import epoch_ms
from topics.feeds.replay import Line, merge, read

VECTORS = Path(__file__).parent / "vectors"
# What the engine computes so far; the rest of each vector waits for its rules.
RULES = frozenset(
    {
        "CRS-UP",
        "ICANS-UP",
        "ICE-DUE",
        "ICE-SUBTLE",
        "ICE-UNABLE",
        "NEURO-EDEMA",
        "HLH-SUSPECT",
        "HSCORE",
        "IL6-RULE",
        "IL6-PARADOX",
        "CRS-FEATURES",
        "SEPSIS-FEATURES",
        "ABX-EMPIRIC",
        "CULTURES",
        "ABX-1H",
        "ABX-NARROW",
        "REASSESS",
        "FLUID-CAP",
        "PRESSOR-PIVOT",
        "PRESSOR-ORDER",
        "DOPAMINE-AVOID",
        "INOTROPE",
        "LPV",
        "PRONE",
        "INTUB-WINDOW",
        "CARDIAC-MARKER",
        "COINFECTION",
        "TOCI-IND",
        "TOCI-DOSE",
        "TOCI-INTERVAL",
        "TOCI-MAX",
        "POST-TOCI-FEVER",
        "SHOCK24",
        "STEROID-CRS",
        "STEROID-ICANS",
        "STEROID-TAPER",
        "DUAL",
        "STEROID-LONG",
        "REFRACTORY",
        "ANAKINRA-SALVAGE",
        "ANAKINRA-EARLY",
        "CYTAPHERESIS",
        "STEROID-PROPHYLAXIS",
        "HLH-FERRITIN",
        "UNATTRIBUTED-DETERIORATION",
        "FEVER-MASKED",
        "DATA-UNIT",
        "DATA-RANGE",
    }
)
GRADES = frozenset(check.GRADES)
OPTIONS = argparse.Namespace(grades=GRADES, rules=RULES, only=[], jobs=1)
CASES = [check.read_vector(path) for path in sorted(VECTORS.glob("*.expected.json"))]


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "replay", _replay)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
def test_what_is_expected_of_a_case_holds(case: check.Vector) -> None:
    results = check.check_vectors([case], OPTIONS)

    assert [problems for _, problems in results if problems] == []


@pytest.mark.parametrize(
    ("table", "rows"),
    [("A1", 33), ("A2", 24), ("A3", 11), ("A4", 16), ("A5", 13), ("A6", 22), ("A7", 7)],
)
def test_every_row_of_a_table_holds(
    table: str, rows: int, capsys: pytest.CaptureFixture[str]
) -> None:
    options = argparse.Namespace(**vars(OPTIONS) | {"only": [table]})

    results = check.check_tables(VECTORS / "unit_tables.json", options)

    capsys.readouterr()
    assert len(results) == rows
    assert [(label, problems) for label, problems in results if problems] == []


def _rows_with_one_input_less() -> Iterator[Any]:
    rows = json.loads((VECTORS / "unit_tables.json").read_text(encoding="utf-8"))["A1"]
    for row in rows:
        for kind, bodies in row["input"].items():
            for place, body in enumerate(bodies):
                for name in _inputs_of(kind, body):
                    less = [*bodies[:place], _without(body, name), *bodies[place + 1 :]]
                    yield pytest.param(
                        row, row["input"] | {kind: less}, id=f"{row['id']}-{kind}{place}-{name}"
                    )


def _inputs_of(kind: str, body: dict[str, Any]) -> list[str]:
    if kind == "vitals":
        readings = {"temperature_c", "systolic_mmhg", "mean_arterial_mmhg", "oxygen"} & set(body)
        return sorted(readings | {f"oxygen.{name}" for name in body.get("oxygen", {})})
    return ["all of it"] if kind in ("infusion", "dose", "support") else []


def _without(body: dict[str, Any], name: str) -> dict[str, Any] | None:
    outer, _, inner = name.partition(".")
    if name == "all of it":
        return None
    if inner:
        return body | {outer: {k: v for k, v in body[outer].items() if k != inner}}
    return {k: v for k, v in body.items() if k != name}


@pytest.mark.parametrize(("row", "less"), list(_rows_with_one_input_less()))
def test_a_row_with_one_input_less_gives_a_range_that_contains_its_grade(
    row: dict[str, Any], less: dict[str, Any], tmp_path: Path
) -> None:
    bodies = {kind: [each for each in given if each] for kind, given in less.items()}
    events = sorted(check.events_of("P", bodies, {}), key=lambda event: event["recorded_at"])
    file = tmp_path / "events.ndjson"
    file.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")

    (status,) = [line for line in _lines(file, [check.AT]) if line["type"] == "status"]

    for policy, grade in row["expected"].items():
        assert status["crs"][policy]["lowest"] <= grade <= status["crs"][policy]["highest"]


def _replay(vector: check.Vector, management: str, _options: argparse.Namespace) -> check.Replay:
    asked = [check.moment(each["at"]) for each in vector.checks]
    return check.Replay(_lines(vector.events, list(dict.fromkeys(asked)), management))


def _lines(file: Path, asked: list[Any], management: str = "manikath-2025") -> list[dict[str, Any]]:
    lines = merge([line for line in read(file) if isinstance(line, Line)])
    told = replay(Engine(management=management), lines, [epoch_ms(each) for each in asked])
    return [json.loads(codec.encode(each)) for each in told if not isinstance(each, Refused)]
