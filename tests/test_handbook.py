"""The pages that are made of the rules are what `make docs` makes of them now."""

import json
from collections import Counter
from pathlib import Path

import pytest
from handbook import DOCS, PAGES
from handbook.cases import asked_for, cases, examples, replays
from handbook.differences import DIFFERENCES, Difference
from handbook.hazards import HAZARDS
from handbook.rules import NOT_SCORES, TEXTS, documented, said_in
from handbook.traceability import (
    CODE,
    DECISIONS,
    TESTS,
    naming,
    proven_by,
    where_kept,
    where_tested,
)

from alerts.life import OPEN_STATES
from stream.clinical.rules.register import RULES

RULES_PAGE = DOCS / "rules.md"
NAMES = [rule.name for rule in RULES]
TABLES = json.loads((TESTS / "vectors" / "unit_tables.json").read_text(encoding="utf-8"))
TEXT_IDS = (  # CLINICAL.md §6
    "TOCI-WITH-ABX",
    "FLUID-INITIAL",
    "O2-LADDER",
    "NMB",
    "ECMO",
    "RECOVERY",
    "ICANS-NO-CRS",
)
SCORE_FILES = [path for path in (CODE / "scores").glob("[a-z]*.py") if path.stem not in NOT_SCORES]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_is_what_is_made_of_the_rules(path: Path) -> None:
    """If not, `make docs` and read what has changed."""
    assert path.read_text(encoding="utf-8") == PAGES[path]()


def test_each_rule_stands_against_one_hazard() -> None:
    against = Counter(rule for hazard in HAZARDS for rule in hazard.rules)

    assert set(NAMES) <= set(against)
    assert set(against.values()) == {1}


@pytest.mark.parametrize("number", DECISIONS)
def test_each_decision_on_the_review_has_its_place_and_its_tests(number: int) -> None:
    modules = where_kept(number)

    assert modules
    assert naming(number) or any(proven_by(each) for each in modules)


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda each: each.topic)
def test_each_difference_of_the_policies_has_its_place_and_its_tests(
    difference: Difference,
) -> None:
    rows = {row["id"] for table in TABLES.values() if isinstance(table, list) for row in table}

    assert difference.modules
    assert difference.rows or difference.tests
    assert all((CODE / module).is_file() for module in difference.modules)
    assert set(difference.rows) <= rows | set(cases())
    for named in difference.tests:
        file, _, test = named.partition("::")
        assert f"def {test}(" in (TESTS / file).read_text(encoding="utf-8"), named


def test_there_are_as_many_differences_as_the_clinical_content_has() -> None:
    assert len(DIFFERENCES) == 25


@pytest.mark.parametrize("text", TEXT_IDS)
def test_each_text_inside_other_alerts_is_documented(text: str) -> None:
    assert f"| {text}: " in PAGES[RULES_PAGE]()


def test_each_text_is_in_the_advice_of_a_rule() -> None:
    assert [name for name in TEXTS if not said_in(name)] == []


@pytest.mark.parametrize("path", SCORE_FILES, ids=lambda path: path.stem)
def test_each_score_is_documented_for_who_signs(path: Path) -> None:
    page = PAGES[RULES_PAGE]()

    assert f"### scores/{path.name}" in page
    assert "Source: " in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_each_rule_has_a_test(name: str) -> None:
    assert where_tested(name) or any(name in asked_for(case) for case in cases())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_rule_says_where_it_comes_from(rule: object) -> None:
    said = documented(rule)  # type: ignore[arg-type]

    assert "Source: " in said


def test_a_regimen_is_written_in_words() -> None:
    page = PAGES[RULES_PAGE]()

    assert "Regimen(" not in page
    assert "methylprednisolone 0.5 to 1 mg/kg IV every 12 h" in page


@pytest.mark.parametrize("rule", ["STEROID-TAPER", "PRESSOR-ORDER", "REFRACTORY"])
def test_an_example_is_one_that_stood_after_its_moment(rule: str) -> None:
    case, alert = examples()[rule]
    (lines,) = [lines for name, lines in replays() if name == case]
    last = [each for each in lines if each.alert_id == alert.alert_id and each.at == alert.at][-1]

    assert last.state in OPEN_STATES


def test_each_rule_that_pages_is_shown_by_an_example() -> None:
    """The words and doses of each are there to be read."""
    assert set(NAMES) - set(examples()) == set()
