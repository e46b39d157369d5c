"""The words on the pager: what a tired nurse reads at night, and what must never be in them."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from builders import NOON
from hospital import hospital
from hypothesis import given
from hypothesis import strategies as st
from pager import (
    CONSENSUS,
    CONSOLE,
    DAY,
    HOUR,
    MINUTE,
    REVIEW,
    Case,
    because,
    graded,
    line,
)

from alerts.coverage import gaps
from alerts.endings import ENDINGS
from alerts.page import Page
from alerts.policy import Policy, Shown
from alerts.readings import ago, name_of, number, reading, span
from alerts.routing import Part, Route, Target, Tier
from alerts.sentences import SENTENCE_MAX, sentence_of
from alerts.wording import READINGS_MAX, bare, write
from topics.alerts import Alert, Because, Priority
from topics.base import epoch_ms

GRADES = {REVIEW: graded(2), CONSENSUS: graded(3)}
BOTH = {REVIEW: Priority.P2, CONSENSUS: Priority.P1}
ANY_TEXT = st.text(max_size=80)
ANY_NUMBER = st.floats(allow_nan=False, allow_infinity=False)  # as the contract has it
ANY_VALUE = st.none() | st.booleans() | ANY_NUMBER | ANY_TEXT


def pages(case: Case) -> dict[str, Page]:
    """Write every page that is on its way."""
    return {send.address.target: write(case.known, send, case.policy) for send in case.known.sends}


def page(said: Alert, policy: Policy = CONSOLE) -> Page:
    """Write the page of a new alert to who has to act on it."""
    case = Case(policy)
    case.hears(said)
    return next(iter(pages(case).values()))


def ended(state: str = "resolved", **fields: Any) -> Page:
    case = Case()
    case.tells(line(priority="P1"))
    case.hears(line(2, state, "P1", **fields))
    return pages(case)[Target.RAPID_RESPONSE]


# A whole page


def test_a_page_says_who_what_why_what_to_do_and_under_which_policy() -> None:
    said = line(
        priorities=BOTH,
        crs=GRADES,
        because=(
            because("systolic_mmhg", 86.0),
            because("norepinephrine", 8.0, unit="ug/min", effective_at=NOON),
        ),
    )

    assert page(said).text.splitlines() == [
        "P1 | Rapid response: answer now",
        "Tocilizumab due, not given (TOCI-IND)",
        "",
        "Who: Patient P01, ward 5 West, bed 12, day 3 after infusion",
        "What: Meets criteria for CRS grade 2 (manikath-2025), 3 (astct-2019).",
        "  New. Open since 4 Mar 12:00 UTC.",
        "Why: Systolic pressure 86 mmHg, 4 Mar 11:55 UTC (5 min ago)",
        "  Norepinephrine 8 mcg/min, 4 Mar 12:00 UTC (just now)",
        "Do: Give tocilizumab now.",
        f"Until: {ENDINGS['TOCI-IND']}",
        "Policy: P1 by astct-2019; P2 by manikath-2025; advice of manikath-2025",
        "Source: review-2025 L73",
        f"Answer: stormwatch ack {said.alert_id[:8]} --by YOUR-NAME",
        f"Alert: {said.alert_id}, revision 1",
    ]


def test_a_page_says_what_leaves_it_uncertain() -> None:
    doubt = because("hypotension", "attributed: bleeding, by Dr B", unit=None)
    unknown = because("oxygen_device", None, unit=None, event_id=None)
    words = "Doubt: Hypotension attributed: bleeding, by Dr B, 4 Mar 11:55 UTC (5 min ago)"

    assert page(line(doubts=(doubt, unknown))).why[-2:] == (words, "Doubt: Oxygen by unknown")
    assert ended(doubts=(doubt,)).why[-1] == words


def test_a_page_says_that_a_result_is_not_final() -> None:
    result = because("ferritin", ">12000", unit="ng/mL", status="preliminary")
    said = page(line(rule="HLH-FERRITIN", because=(result,), crs=None, icans=None))

    assert said.why[0].startswith("Ferritin more than 12 000 ng/mL (preliminary), ")
    assert "(preliminary)" in said.subject


def test_the_subject_can_be_read_without_the_rest() -> None:
    said = page(line(priorities=BOTH, crs=GRADES))

    assert said.subject == (
        "P1 Patient P01 (ward 5 West, bed 12) meets criteria for tocilizumab, and none was given, "
        "CRS grade 3: Systolic pressure 86 mmHg."
    )


def test_an_end_says_that_it_is_one_and_why() -> None:
    said = ended(advice="Tocilizumab was given.", at=NOON + HOUR)

    assert said.text.splitlines()[:9] == [
        "ENDED P1 | Rapid response: this alert is over",
        "Tocilizumab due, not given (TOCI-IND)",
        "",
        "Who: Patient P01, ward 5 West, bed 12, day 3 after infusion",
        "What: It was true and has ended.",
        "  Open since 4 Mar 12:00 UTC, ended 4 Mar 13:00 UTC.",
        "Why: Tocilizumab was given.",
        "Do: Nothing more for this alert. Others of the patient may be open.",
        "Policy: P1 by manikath-2025, astct-2019; advice of manikath-2025",
    ]
    assert said.subject == (
        "ENDED P1 Patient P01 (ward 5 West, bed 12): Tocilizumab due, not given."
    )
    assert said.answer == ""


def test_a_retracted_alert_was_never_true() -> None:
    assert ended("retracted").what[0] == "RETRACTED: it was never true with what is known now."


# Who is called, and how soon


@pytest.mark.parametrize(
    ("priority", "calls"),
    [
        ("P1", ["P1 | Rapid response: answer now"]),
        ("P2", ["P2 | Primary team: answer within 15 min", "P2 | Rapid response: heads-up"]),
        ("P3", ["P3 | Work list"]),
    ],
)
def test_the_first_line_says_who_is_called_and_how_soon(priority: str, calls: list[str]) -> None:
    case = Case()
    case.hears(line(priority=priority))

    assert [said.call for said in pages(case).values()] == calls


def test_a_heads_up_says_who_acts_first() -> None:
    case = Case()
    case.hears(line())

    said = pages(case)[Target.RAPID_RESPONSE]

    assert said.advice == "Be ready: the primary team is called first."
    assert said.subject.startswith("Heads-up: P2 ")


def test_a_page_whose_alert_no_longer_has_a_tier_asks_for_no_answer_in_time() -> None:
    """It left just before the alert fell to INFO."""
    case = Case()
    (send,) = case.hears(line(priority="P1"))
    case.hears(line(2, "changed", "INFO"))

    assert write(case.known, send, CONSOLE).call == "INFO | Rapid response"


# Why now


def test_a_page_says_that_it_is_worse() -> None:
    case = Case()
    case.tells(line())
    case.hears(line(2, "changed", "P1", grade=3, at=NOON + HOUR))

    said = pages(case)[Target.RAPID_RESPONSE]

    assert said.what[1] == (
        "WORSE than when it was last told. Open since 4 Mar 12:00 UTC, 1 h ago."
    )


@pytest.mark.parametrize(
    ("again", "words"),
    [
        (
            lambda case: case.hears(line(2, "changed", "P1", at=NOON + 8 * HOUR)),
            "AGAIN: still true, and nobody has answered.",
        ),
        (
            lambda case: (case.answers(), case.answers("unacknowledge", "a2")),
            "AGAIN: the acknowledgement was taken back.",
        ),
        (
            lambda case: (case.answers("snooze"), case.waits(HOUR)),
            "AGAIN: the time of the answer is over, and it is still true.",
        ),
    ],
)
def test_a_page_says_why_it_comes_again(again: Any, words: str) -> None:
    case = Case()
    case.tells(line(priority="P1"))

    again(case)

    assert pages(case)[Target.RAPID_RESPONSE].what[1].startswith(words)


def test_who_is_told_since_it_became_milder_is_told_so() -> None:
    case = Case()
    case.tells(line(priority="P1"))
    case.hears(line(2, "changed", "P2"))

    said = pages(case)[Target.PRIMARY_TEAM]

    assert said.what[1].startswith("Milder than before; it is yours now.")


# Grades and policies


@pytest.mark.parametrize(
    ("crs", "words"),
    [
        ({REVIEW: graded(2), CONSENSUS: graded(2)}, "grade 2 (manikath-2025, astct-2019)."),
        ({REVIEW: graded(2), CONSENSUS: graded(0)}, "grade 2 (manikath-2025)."),
        (
            {REVIEW: graded(2, 4), CONSENSUS: graded(3)},
            (
                "grade 2 (manikath-2025), 3 (astct-2019). Not ruled out: grade 4 (manikath-2025);"
                " a value that sets it is missing or old."
            ),
        ),
    ],
)
def test_a_page_names_the_grade_under_each_policy(crs: Any, words: str) -> None:
    assert page(line(crs=crs)).what[0] == f"Meets criteria for CRS {words}"


@pytest.mark.parametrize("crs", [None, {REVIEW: graded(0, 3), CONSENSUS: graded(0)}])
def test_a_page_names_no_grade_that_is_not_proven(crs: Any) -> None:
    said = page(line(crs=crs))

    assert "grade" not in said.text.replace(said.ends, "")


def test_a_page_about_ferritin_names_no_grade() -> None:
    crs = {REVIEW: graded(2, 4), CONSENSUS: graded(2, 4)}
    said = page(line(rule="HLH-FERRITIN", signals=("ferritin",), crs=crs))

    assert "grade" not in said.text
    assert said.what == ("New. Open since 4 Mar 12:00 UTC.",)
    assert said.title == "Ferritin above an HLH threshold"


def test_no_page_says_that_a_patient_has_a_disease() -> None:
    """A diagnosis is a clinician's word."""
    text = page(line()).text.lower()

    assert "meets criteria for crs" in text
    assert not re.search(r"\b(has|diagnos\w+)\b", text)


def test_a_page_says_that_one_policy_alone_counts_here() -> None:
    said = page(line(priorities=BOTH), replace(CONSOLE, narrowed_to=REVIEW))

    assert said.under.endswith("; paged by manikath-2025 alone; advice of manikath-2025")


def test_an_alert_about_stormwatch_itself_names_no_policy() -> None:
    said = page(line(rule="OPS-ENGINE", priorities={}, management="", crs=None, because=()))

    assert (said.under, said.why) == ("", ())
    assert "Policy" not in said.text


def test_an_end_without_a_reason_has_no_empty_row() -> None:
    assert ended(advice="").why == ()


# Who


@pytest.mark.parametrize(
    ("fields", "who"),
    [
        ({"unit": None, "bed": None}, "Patient P01, ward and bed not known, day 3 after infusion"),
        ({"unit": None}, "Patient P01, bed 12, day 3 after infusion"),
        ({"bed": None}, "Patient P01, ward 5 West, day 3 after infusion"),
        ({"day": None}, "Patient P01, ward 5 West, bed 12"),
        ({"day": 0}, "Patient P01, ward 5 West, bed 12, day 0 after infusion"),
        ({"day": -2}, "Patient P01, ward 5 West, bed 12, before infusion"),
    ],
)
def test_a_page_says_who_and_where(fields: dict[str, Any], who: str) -> None:
    assert page(line(**fields)).who == who


def test_a_long_subject_leaves_out_the_place_and_then_the_grades_but_not_the_patient() -> None:
    long_place = page(line(priorities=BOTH, crs=GRADES, unit="w" * 60))
    long_id = page(line(priorities=BOTH, crs=GRADES, patient_id="p" * 64))

    assert long_place.subject == (
        "P1 Patient P01 meets criteria for tocilizumab, and none was given, "
        "CRS grade 2 (manikath-2025), 3 (astct-2019): Systolic pressure 86 mmHg."
    )
    assert long_id.subject == (
        f"P1 Patient {'p' * 64} meets criteria for tocilizumab, and none was given."
    )


@given(patient_id=st.text(min_size=1, max_size=64), unit=ANY_TEXT, bed=ANY_TEXT, rule=ANY_TEXT)
def test_the_subject_is_short_and_always_names_the_patient(
    patient_id: str, unit: str, bed: str, rule: str
) -> None:
    said = page(line(patient_id=patient_id, unit=unit, bed=bed, rule=rule, crs=GRADES))

    assert len(said.subject) <= SENTENCE_MAX
    assert said.subject.isprintable()
    assert "Patient " in said.subject
    if patient_id.isprintable():
        assert patient_id in said.subject


@given(text=ANY_TEXT, value=ANY_VALUE)
def test_whatever_a_feed_sends_a_page_holds_nothing_that_a_terminal_obeys(
    text: str, value: Any
) -> None:
    readings = (because(text, value, unit=text),)
    said = page(line(unit=text, bed=text, advice=text, source=text, because=readings))

    rows = [each for _, lines in said.rows for each in lines]

    assert all(row.isprintable() for row in (*rows, said.call, said.title, said.subject))


def test_words_that_fail_still_call_somebody() -> None:
    case = Case()
    (send,) = case.hears(line(priority="P1"))

    said = write(bare(case.known), send, CONSOLE)

    assert said.call == "P1 | Rapid response: answer now"
    assert said.advice == "The details cannot be shown. Go and look at the patient."
    assert (said.who, said.why) == ("Patient P01, ward and bed not known", ())


# Readings


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (because("temperature_c", 38.0, unit="Cel"), "Temperature 38 °C"),
        (because("fio2_fraction", 0.4, unit="1"), "FiO2 0.4"),
        (because("ferritin", 81540.5, unit="ng/mL"), "Ferritin 81 540.5 ng/mL"),
        (because("ferritin", ">40000", unit="ng/mL"), "Ferritin more than 40 000 ng/mL"),
        (because("il6", "<=1.5", unit="pg/mL"), "IL-6 at most 1.5 pg/mL"),
        (because("oxygen_device", "nasal_cannula", unit=None), "Oxygen by nasal cannula"),
        (because("platelets", 18, unit="10*9/L"), "Platelets 18 x 10^9/L"),
        (because("vasopressin", 0.03, unit="[IU]/min"), "Vasopressin 0.03 units/min"),
        (because("dopamine", 10.0, unit="ug/kg/min"), "Dopamine 10 mcg/kg/min"),
        (because("given:acetaminophen", 650, unit="mg"), "Acetaminophen 650 mg"),
        (because("support:crrt", "running", unit=None), "CRRT running"),
        (because("sedated", True, unit=None), "Sedated yes"),
        (because("sedated", False, unit=None), "Sedated no"),
        (because("ferritin", None, unit="[odd]"), "Ferritin unknown odd"),
    ],
)
def test_a_reading_is_named_with_its_value_and_unit(said: Because, words: str) -> None:
    assert reading(said, NOON) == f"{words}, 4 Mar 11:55 UTC (5 min ago)"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (38, "38"),
        (38.0, "38"),
        (38.05, "38.05"),
        (0.0, "0"),
        (0.03, "0.03"),
        (0.00002, "2e-05"),
        (-2.5, "-2.5"),
        (9999.5, "9999.5"),
        (10_000, "10 000"),
        (1_234_567.25, "1 234 567.25"),
        (38.50000000000006, "38.5"),
        (float("nan"), "unknown"),
        (float("inf"), "unknown"),
    ],
)
def test_numbers_have_no_trailing_zero_and_no_bare_point(value: float, words: str) -> None:
    assert number(value) == words


@given(value=st.floats(-1e9, 1e9))
def test_a_number_says_what_it_is(value: float) -> None:
    assert float(number(value).replace(" ", "")) == pytest.approx(value, abs=1e-4)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=-59), "just now"),  # the clock of a partition moves with its ticks
        (-MINUTE, ""),
        (-5 * MINUTE, ""),  # a clock that runs ahead
        (MINUTE, "1 min ago"),
        (HOUR - MINUTE, "59 min ago"),
        (HOUR, "1 h ago"),
        (3 * HOUR + 20 * MINUTE, "3 h 20 min ago"),
        (2 * DAY - MINUTE, "47 h 59 min ago"),
        (2 * DAY, "2 days ago"),
    ],
)
def test_how_long_ago_is_said_no_finer_than_needed(length: timedelta, words: str) -> None:
    assert ago(NOON - length, NOON) == words


def test_a_reading_later_than_the_clock_says_its_time_and_no_age() -> None:
    words = reading(because(effective_at=NOON + 5 * MINUTE), NOON)

    assert words == "Systolic pressure 86 mmHg, 4 Mar 12:05 UTC"


def test_ages_are_as_of_the_moment_the_page_leaves() -> None:
    """It may have waited, and the data may have come in a batch, or late."""
    case = Case()
    (send,) = case.hears(line(priority="P1"))

    said = write(case.known, send, CONSOLE, epoch_ms(NOON + 31 * MINUTE))

    assert said.why == ("Systolic pressure 86 mmHg, 4 Mar 11:55 UTC (36 min ago)",)
    assert said.what[1] == "New. Open since 4 Mar 12:00 UTC, 31 min ago."
    assert said.at == NOON + 31 * MINUTE


def test_a_page_that_leaves_before_the_next_tick_speaks_of_what_asked_for_it() -> None:
    case = Case()
    (send,) = case.hears(line(priority="P1"))

    said = write(case.known, send, CONSOLE, epoch_ms(NOON - MINUTE))

    assert said.at == NOON


def test_an_end_is_told_with_its_own_time_however_late() -> None:
    case = Case()
    case.tells(line(priority="P1"))
    (send,) = case.hears(line(2, "resolved", "P1", at=NOON + HOUR))

    said = write(case.known, send, CONSOLE, epoch_ms(NOON + 3 * HOUR))

    assert said.what[1] == "Open since 4 Mar 12:00 UTC, ended 4 Mar 13:00 UTC."


def test_a_span_of_less_than_a_minute_is_no_minute() -> None:
    assert span(timedelta(seconds=30)) == "0 min"


def test_times_are_in_utc_whatever_the_locale() -> None:
    at = datetime(2026, 12, 31, 23, 5, tzinfo=UTC)

    words = reading(because(effective_at=at), at)

    assert words == "Systolic pressure 86 mmHg, 31 Dec 23:05 UTC (just now)"


def test_no_more_readings_are_shown_than_can_be_read() -> None:
    said = page(line(signals=tuple(f"signal_{n}" for n in range(READINGS_MAX + 3))))

    assert len(said.why) == READINGS_MAX + 1
    assert said.why[-1] == "and 3 more"


def test_a_signal_without_a_name_is_named_as_it_is_written() -> None:
    assert name_of("norepinephrine_base") == "Norepinephrine base"


def test_who_has_duty_is_named_beside_the_role() -> None:
    case = Case(hospital())
    case.hears(line(priority="P1"))
    (send,) = case.known.sends

    said = write(case.known, send, case.policy)

    assert said.call == "P1 | Fellow (Joy Okafor): answer now"
    assert said.person == "Joy Okafor"


def test_where_nothing_of_the_patient_is_shown_or_known_the_sentence_says_so() -> None:
    said = sentence_of(line(unit=None, bed=None), Priority.P1, shows=frozenset({Shown.UNIT}))

    assert said.startswith("P1 A patient, place not known, meets criteria for tocilizumab")


def test_a_sentence_that_no_shortening_makes_fit_is_cut() -> None:
    patient_id = "X" * 64

    said = sentence_of(line(rule="OPS-ENGINE", patient_id=patient_id), Priority.P1)

    assert said.startswith(f"P1 Patient {patient_id} may not be watched: Stormwatch failed")
    assert len(said) <= SENTENCE_MAX


def test_a_routing_by_which_nobody_has_to_answer_in_time_is_told() -> None:
    """A routes file cannot say so; what is built in could come to."""
    silent = Tier({Target.RAPID_RESPONSE: Part.ACT}, None)
    routing = replace(CONSOLE.routing, routes=(Route("silent", (silent,)),))

    assert next(gaps(routing, ["TOCI-IND"])).startswith(
        "silent: nobody has to answer in time: a tier needs answer_within (P1, rule TOCI-IND"
    )
