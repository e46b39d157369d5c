"""HLH-FERRITIN: every boundary, comparator, correction and late result (CLINICAL.md §1.5)."""

from datetime import timedelta

import pytest
from bedside import Bedside, corrected, hours, late, minutes, removed
from builders import Fields, lab, on_day, patient, vitals

RULE = "HLH-FERRITIN"
START = on_day(5, "06:00")


def ferritin(value: float, after_h: float = 0, comparator: str | None = None) -> Fields:
    """A result collected some hours after the first."""
    at = START + timedelta(hours=after_h)
    more = {} if comparator is None else {"comparator": comparator}
    return lab("ferritin", value, at=at, event_id=f"f-{after_h}", **more)


def bedside(*results: Fields) -> Bedside:
    return Bedside(patient(), *results)


def states(*results: Fields) -> list[str]:
    return bedside(*results).states(RULE)


@pytest.mark.parametrize(
    ("value", "comparator", "told"),
    [
        (3000, None, []),  # 3 000 is not above 3 000
        (3000.1, None, ["raised P3"]),
        (10000, None, ["raised P3"]),
        (10000.1, None, ["raised P2"]),
        (50000, None, ["raised P2"]),
        (50000.1, None, ["raised P1"]),
        (800000, None, ["raised P1"]),
        (0, None, []),
        (2999, ">", []),
        (3000, ">", ["raised P3"]),  # more than x
        (10000, ">", ["raised P2"]),
        (40000, ">", ["raised P2"]),
        (50000, ">", ["raised P1"]),
        (3000, ">=", []),  # x and no more
        (3000.1, ">=", ["raised P3"]),
        (10000, ">=", ["raised P3"]),
        (50000, ">=", ["raised P2"]),
        (10500, "<", []),  # a < never crosses
        (60000, "<=", []),
    ],
)
def test_the_first_result_raises_at_the_threshold_it_proves(
    value: float, comparator: str | None, told: list[str]
) -> None:
    assert states(ferritin(value, comparator=comparator)) == told


@pytest.mark.parametrize(
    ("value", "comparator", "told"),
    [
        (3000, None, ["raised P2", "resolved"]),
        (3000.1, None, ["raised P2"]),
        (8200, None, ["raised P2"]),  # a fall between the thresholds leaves the priority
        (3000, "<", ["raised P2", "resolved"]),
        (3000, "<=", ["raised P2", "resolved"]),
        (3000.1, "<", ["raised P2"]),
        (5000, "<", ["raised P2"]),  # neither crosses nor proves 3 000 or less
        (2000, ">", ["raised P2"]),
        (2000, ">=", ["raised P2"]),
        (10000, ">", ["raised P2"]),
        (50000, None, ["raised P2"]),
        (50000, ">", ["raised P2", "changed P1"]),
        (50000.1, None, ["raised P2", "changed P1"]),
    ],
)
def test_a_later_result_raises_leaves_or_ends_the_alert(
    value: float, comparator: str | None, told: list[str]
) -> None:
    assert states(ferritin(20000), ferritin(value, 6, comparator)) == told


def test_above_the_threshold_again_it_is_raised_again_under_its_id() -> None:
    seen = bedside(ferritin(60000), ferritin(3000, 6), ferritin(4000, 12))

    assert seen.states(RULE) == ["raised P1", "resolved", "raised P3"]
    assert [line.revision for line in seen.told(RULE)] == [1, 2, 3]
    assert len({line.alert_id for line in seen.told(RULE)}) == 1


def test_a_result_sent_again_changes_nothing() -> None:
    first = ferritin(12000)

    assert states(first, first, late(first, hours(1))) == ["raised P2"]


def test_a_changed_value_alone_is_no_new_line() -> None:
    assert states(ferritin(12000), ferritin(13000, 6), ferritin(49000, 12)) == ["raised P2"]


def test_a_correction_after_which_nothing_crosses_retracts() -> None:
    first = ferritin(64000)

    assert states(first, corrected(first, hours(1), value=2640)) == ["raised P1", "retracted"]


def test_an_end_says_whether_ferritin_fell_or_was_never_above() -> None:
    first = ferritin(60_000)

    fell = bedside(first, ferritin(2_640, 1)).told(RULE)[-1].advice
    never = bedside(first, corrected(first, hours(1), value=2640)).told(RULE)[-1].advice

    assert fell == "Ferritin is 2640 ng/mL, not above 3000."
    assert never.endswith("Ferritin was never above 3000 ng/mL.")


def test_a_removal_after_which_nothing_crosses_retracts() -> None:
    first = ferritin(64000)

    assert states(first, removed(first, hours(1))) == ["raised P1", "retracted"]


def test_a_correction_to_a_lower_threshold_lowers_the_priority() -> None:
    first = ferritin(64000)

    assert states(first, corrected(first, hours(1), value=12000)) == ["raised P1", "changed P2"]


def test_a_correction_of_the_highest_leaves_what_the_others_cross() -> None:
    second = ferritin(51200, 6)

    told = states(ferritin(10000, comparator=">"), second, corrected(second, hours(1), value=5120))

    assert told == ["raised P2", "changed P1", "changed P2"]


def test_a_correction_of_the_last_after_an_earlier_crossing_resolves() -> None:
    second = ferritin(20000, 6)

    told = states(ferritin(64000), second, corrected(second, hours(1), value=2000))

    assert told == ["raised P1", "resolved"]


def test_both_crossings_corrected_away_retract() -> None:
    first, second = ferritin(64000), ferritin(20000, 6)

    told = states(
        first, second, corrected(first, hours(7), value=900), corrected(second, hours(2), value=800)
    )

    assert told == ["raised P1", "changed P2", "retracted"]


def test_an_ended_alert_comes_back_when_what_ended_it_is_removed() -> None:
    end = ferritin(2000, 6)

    told = states(ferritin(20000), end, removed(end, hours(1)))

    assert told == ["raised P2", "resolved", "raised P2"]


def test_a_late_older_result_does_not_end_the_alert() -> None:
    assert states(ferritin(20000, 12), late(ferritin(2400, 6), hours(8))) == ["raised P2"]


def test_a_late_older_result_that_crosses_more_raises_the_priority() -> None:
    assert states(ferritin(4000, 12), late(ferritin(60000, 6), hours(8))) == [
        "raised P3",
        "changed P1",
    ]


def test_a_late_older_end_takes_back_what_was_crossed_before_it() -> None:
    told = states(ferritin(60000), ferritin(4000, 12), late(ferritin(2900, 6), hours(8)))

    assert told == ["raised P1", "changed P3"]


def test_a_late_older_result_raises_what_the_newest_does_not_end() -> None:
    seen = bedside(ferritin(5000, 12, "<"), late(ferritin(20000, 6), hours(8)))

    assert seen.states(RULE) == ["raised P2"]


def test_a_late_older_crossing_that_was_over_raises_nothing() -> None:
    assert states(ferritin(2000, 12), late(ferritin(20000, 6), hours(8))) == []


@pytest.mark.parametrize(("by", "told"), [(48, ["raised P2"]), (48 + 1 / 60, [])])
def test_a_result_more_than_48_hours_old_changes_nothing(by: float, told: list[str]) -> None:
    seen = bedside(late(ferritin(20000), hours(by)))

    assert seen.states(RULE) == told
    assert [why.reason for why in seen.refused] == ([] if told else ["late"])
    assert seen.states("DATA-RANGE") == ([] if told else ["raised P3"])


def test_the_correction_of_a_result_that_counted_is_taken_however_late() -> None:
    first = ferritin(20000)

    assert states(first, corrected(first, hours(90), value=900)) == ["raised P2", "retracted"]


@pytest.mark.parametrize(("after_h", "stale"), [(48, ()), (48.1, ("ferritin",))])
def test_a_result_goes_stale_after_48_hours_and_the_alert_stays_open(
    after_h: float, stale: tuple[str, ...]
) -> None:
    seen = Bedside(patient(), ferritin(20000))

    assert seen.status(START + hours(after_h)).stale == stale
    assert seen.is_open("HLH-FERRITIN")


@pytest.mark.parametrize(
    ("analyte", "age_h"),
    [("il6", 24), ("platelets", 24), ("ast", 24), ("crp", 48), ("troponin", 48), ("paco2", 48)],
)
def test_another_result_goes_stale_when_the_rules_no_longer_go_by_it(
    analyte: str, age_h: float
) -> None:
    seen = Bedside(patient(), lab(analyte, 50, at=START))

    assert seen.status(START + hours(age_h)).stale == ()
    assert seen.status(START + hours(age_h + 0.1)).stale == (analyte,)


def test_signs_that_are_stale_are_named_before_results() -> None:
    seen = Bedside(patient(), lab("ast", 50, at=START), vitals(at=START))

    assert seen.status(START + hours(30)).stale[-2:] == ("temperature_c", "ast")


def test_a_result_from_before_the_infusion_is_not_named() -> None:
    seen = Bedside(patient(), lab("crp", 5, at=on_day(-1)))

    assert seen.status(START + hours(80)).stale == ()


def test_an_aging_result_does_not_end_the_alert() -> None:
    seen = bedside(ferritin(20000))
    seen.tick(on_day(25))

    assert seen.states(RULE) == ["raised P2"]


@pytest.mark.parametrize(("at", "told"), [("-1", []), ("0", ["raised P2"])])
def test_results_from_before_the_infusion_do_not_count(at: str, told: list[str]) -> None:
    moment = on_day(0) if at == "-1" else on_day(0, "12:01")
    infused = patient(at=moment, infused_at=on_day(0, "12:01"))

    seen = Bedside(late(infused, minutes(2)), late(lab("ferritin", 20000, at=moment), minutes(2)))

    assert seen.states(RULE) == told


def test_nor_do_they_while_the_infusion_is_planned() -> None:
    infused = patient(at=on_day(-1), infused_at=on_day(0, "12:01"))
    seen = Bedside(infused, lab("ferritin", 20000, at=on_day(0)))
    seen.tick(on_day(0, "12:01"))
    assert seen.states(RULE) == []

    seen.take(lab("ferritin", 20000, at=on_day(0, "12:01")))
    assert seen.states(RULE) == ["raised P2"]


def test_preliminary_counts_and_a_demo_value_does_not() -> None:
    assert states(ferritin(20000) | {"status": "preliminary"}) == ["raised P2"]
    assert states(ferritin(20000) | {"demo": True}) == []


def test_the_baseline_does_not_count() -> None:
    assert Bedside(patient(baseline_ferritin_ng_ml=60000), vitals(at=START)).states(RULE) == []


def test_other_analytes_do_not_count() -> None:
    assert states(lab("crp", 900, at=START), lab("ldh", 20000, at=START)) == []


def test_the_unit_is_converted_first() -> None:
    assert states(lab("ferritin", 22500, unit="pmol/L", at=START)) == ["raised P2"]
    assert states(lab("ferritin", 22400, unit="pmol/L", at=START)) == ["raised P3"]


def test_of_two_results_of_one_moment_the_one_recorded_later_counts() -> None:
    low = lab("ferritin", 900, at=START, event_id="a")
    high = lab("ferritin", 60000, at=START, event_id="b")

    assert states(high, late(low, hours(1))) == ["raised P1", "retracted"]
    assert states(low, late(high, hours(1))) == ["raised P1"]
    assert states(low, high) == ["raised P1"]  # recorded together: the larger id


def test_crs_and_its_episodes_do_not_matter() -> None:
    fever, well = vitals(at=START, temperature_c=39.0), vitals(at=START + hours(6))

    seen = bedside(fever, ferritin(20000, 1), well, ferritin(60000, 7))

    assert seen.states(RULE) == ["raised P2", "changed P1"]
    assert {line.episode for line in seen.told(RULE)} == {0}


def test_it_says_the_results_behind_it_and_what_to_do() -> None:
    line = bedside(ferritin(60000), ferritin(8200, 6), ferritin(70000, 12)).told(RULE)[-1]

    (because,) = line.because
    assert (because.signal, because.value, because.unit) == ("ferritin", 60000.0, "ng/mL")
    assert because.effective_at == START
    assert because.event_id == "f-0"
    assert "60000 ng/mL" in line.advice
    assert "HLH" in line.advice
    assert line.priorities == {"manikath-2025": "P1", "astct-2019": "P1"}
    assert line.source == "review-2025 L126, L162, L178"


def test_a_line_that_resolves_shows_the_result_that_ended_it() -> None:
    line = bedside(ferritin(64000), ferritin(500, 6, comparator="<")).lines[-1]

    assert (line.state, line.advice) == ("resolved", "Ferritin is <500 ng/mL, not above 3000.")
    assert [(each.signal, each.value) for each in line.because] == [("ferritin", "<500")]


@pytest.mark.parametrize(("status", "shown"), [("corrected", 2640), ("entered_in_error", 64000)])
def test_a_line_that_retracts_shows_the_correction_or_what_was_removed(
    status: str, shown: float
) -> None:
    first = ferritin(64000)
    line = bedside(first, corrected(first, hours(1), value=2640, status=status)).lines[-1]

    assert line.state == "retracted"
    assert [each.value for each in line.because] == [shown]


def test_the_comparator_is_shown_with_the_value() -> None:
    (because,) = bedside(ferritin(40000, comparator=">")).told(RULE)[0].because

    assert because.value == ">40000"


def test_beyond_its_limit_the_series_forgets_only_what_changes_nothing() -> None:
    seen = bedside(ferritin(60000), *(ferritin(4000 + n, n / 30) for n in range(1, 700)))

    assert seen.open(RULE) == {seen.told(RULE)[0].alert_id: f"{RULE} P1"}
    assert len(seen.patient.series["ferritin"]) <= 400
    assert seen.patient.cut["readings"] > 0


def test_a_second_infusion_begins_anew_under_another_id() -> None:
    seen = bedside(ferritin(60000), patient(at=on_day(20), infused_at=on_day(20)))
    seen.take(lab("ferritin", 4000, at=on_day(21)))

    assert seen.states(RULE) == ["raised P1", "resolved", "raised P3"]
    assert len({line.alert_id for line in seen.told(RULE)}) == 2
    assert [line.stay for line in seen.told(RULE)] == [1, 1, 2]
