"""Every rule has its words: a title, a sentence that fits an SMS, and a page that is looked at.

`python tests/samples.py` writes the pages anew after a change of words; look at the difference.
"""

import re
from pathlib import Path

import pytest
from builders import NOON
from pager import CONSENSUS, MINUTE, REVIEW, because, graded, line
from programs import ROOT
from samples import SAMPLES, sample, written

from alerts.sentences import SENTENCE_MAX, sentence_of
from alerts.titles import SAYINGS, TITLES, saying_of, title_of
from topics.alerts import Priority

# CLINICAL.md §6, in its order: each of them will be raised by some rule.
CLINICAL = set(
    """
    CRS-UP ICANS-UP FEVER-MASKED UNATTRIBUTED-DETERIORATION ICE-DUE ICE-SUBTLE ICE-UNABLE TOCI-IND
    TOCI-DOSE TOCI-INTERVAL TOCI-MAX POST-TOCI-FEVER IL6-PARADOX STEROID-CRS STEROID-ICANS DUAL
    STEROID-TAPER STEROID-LONG STEROID-PROPHYLAXIS SHOCK24 REFRACTORY ANAKINRA-SALVAGE
    ANAKINRA-EARLY CYTAPHERESIS CRS-FEATURES SEPSIS-FEATURES HLH-SUSPECT HLH-FERRITIN HSCORE
    IL6-RULE ABX-EMPIRIC CULTURES ABX-1H REASSESS COINFECTION FLUID-CAP PRESSOR-PIVOT PRESSOR-ORDER
    DOPAMINE-AVOID INOTROPE LPV PRONE INTUB-WINDOW NEURO-EDEMA DATA-UNIT DATA-RANGE ABX-NARROW
    CARDIAC-MARKER
    """.split()  # noqa: SIM905, as it stands there
)
OPERATIONS = {"OPS-ENGINE", "OPS-SINK", "OPS-SILENCE", "OPS-REPLICA"}


def test_every_rule_of_the_clinical_content_has_words_and_no_other() -> None:
    assert set(TITLES) == set(SAYINGS) == CLINICAL | OPERATIONS
    assert len(CLINICAL) == 48


def test_every_rule_that_is_built_has_words() -> None:
    """Nobody should read a bare id on a pager."""
    built = ROOT / "stream"
    text = "\n".join(each.read_text() for each in built.rglob("*.py"))

    ids = set(re.findall(r'"((?:[A-Z0-9]+-[A-Z0-9-]+)|DUAL|LPV|PRONE|HSCORE)"', text))
    ids = {each for each in ids if re.fullmatch(r"[A-Z][A-Z0-9]+(-[A-Z0-9]+)*", each)}

    assert "TOCI-IND" in ids
    assert {each for each in ids if "-" in each} - set(TITLES) == set()


@pytest.mark.parametrize("rule", TITLES)
def test_a_title_and_a_sentence_are_short_and_say_no_diagnosis(rule: str) -> None:
    assert len(title_of(rule)) <= 40
    assert len(saying_of(rule)) <= 75
    assert not re.search(r"\bdiagnos|\bhas (CRS|ICANS|HLH)\b", saying_of(rule))


@pytest.mark.parametrize("rule", TITLES)
def test_the_sentence_of_a_rule_fits_an_sms_with_where_the_patient_is(rule: str) -> None:
    said = line(
        priority="P1",
        rule=rule,
        crs={REVIEW: graded(2), CONSENSUS: graded(3)},
        because=(because("norepinephrine", 8.0, unit="ug/min", effective_at=NOON - MINUTE),),
    )

    sentence = sentence_of(said, Priority.P1)

    assert len(sentence) <= SENTENCE_MAX
    assert sentence.startswith("P1 Patient P01 (ward 5 West, bed 12) ")
    assert sentence.endswith(".")
    assert "ug/min" not in sentence


def test_a_rule_of_a_site_names_itself() -> None:
    assert title_of("SITE-RULE") == "SITE-RULE"
    assert saying_of("SITE-RULE") == "has an alert SITE-RULE"


@pytest.mark.parametrize("rule", TITLES)
def test_the_page_of_a_rule_is_as_it_was_looked_at(rule: str) -> None:
    assert sample(rule) == written()[rule]


def test_no_page_was_looked_at_of_a_rule_that_is_gone() -> None:
    assert set(written()) == set(TITLES)
    assert Path(SAMPLES).read_text(encoding="utf-8").endswith("\n")
