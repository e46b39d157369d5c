"""What leaves a grade uncertain is told beside the evidence, and raises nothing by itself."""

from datetime import datetime

import pytest
from bedside import Bedside, corrected, hours
from builders import (
    Fields,
    assessment,
    connected,
    dose,
    ice,
    infusion,
    lab,
    on_day,
    patient,
    reading,
    vitals,
)

from alerts.readings import amount, doubts
from stream.clinical import state
from topics.alerts import Alert

START = on_day(4, "06:00")
BIPAP = {"device": "bipap"}
LOW = {"temperature_c": 39.0, "systolic_mmhg": 80}


def after(hours_later: float) -> datetime:
    return START + hours(hours_later)


def attributed(domain: str, cause: str, hours_later: float, by: str | None = "Dr B") -> Fields:
    at = after(hours_later)
    return assessment("attribution", at=at, domain=domain, cause=cause, by=by)


def told_of(line: Alert) -> dict[str, object]:
    return {each.signal: each.value for each in line.doubts or ()}


def test_a_grade_of_which_all_is_known_has_no_doubt() -> None:
    seen = Bedside(*connected(), vitals(at=START, **LOW))

    assert [seen.told(rule)[-1].doubts for rule in ("CRS-UP", "TOCI-IND")] == [None, None]


def test_who_attributed_what_is_named_where_a_policy_leaves_it_out() -> None:
    named = attributed("hypotension", "bleeding", 1)
    seen = Bedside(*connected(), vitals(at=START, **LOW), named)

    for rule in ("CRS-UP", "TOCI-IND"):
        (doubt,) = seen.told(rule)[-1].doubts or ()
        assert doubt.signal == "hypotension"
        assert doubt.value == "attributed: bleeding, by Dr B; left out by astct-2019"
        assert (doubt.effective_at, doubt.event_id) == (after(1), named["event_id"])


@pytest.mark.parametrize(
    ("domain", "rule"), [("fever", "CRS-UP"), ("hypoxia", "CRS-UP"), ("neuro", "ICANS-UP")]
)
def test_each_domain_is_named_by_the_rules_that_go_by_it(domain: str, rule: str) -> None:
    seen = Bedside(*connected())
    seen.take(vitals(at=START, oxygen={"device": "high_flow"}, **LOW), ice(5, at=START))
    seen.take(assessment("consciousness", at=START, level="alert"))
    seen.take(attributed(domain, "other", 1, by=None))
    lines = seen.told(rule)

    assert told_of(lines[-1]) == {domain: "attributed: other; left out by astct-2019"}
    assert lines[0].doubts is None or domain not in told_of(lines[0])


def test_an_alert_that_an_attribution_ended_names_it() -> None:
    seen = Bedside(*connected(), vitals(at=START, systolic_mmhg=80))
    (ended,) = seen.take(attributed("hypotension", "bleeding", 1))

    assert (ended.rule, ended.state) == ("UNATTRIBUTED-DETERIORATION", "resolved")
    assert "hypotension" in told_of(ended)


def test_what_was_measured_under_another_cause_stays_named_until_something_newer_is() -> None:
    seen = Bedside(*connected(), vitals(at=START, temperature_c=39.0))
    seen.take(attributed("hypotension", "bleeding", 1), vitals(at=after(2), **LOW))
    seen.take(attributed("hypotension", "crs", 3))
    still = seen.take(reading(at=after(4), oxygen=BIPAP))
    seen.take(vitals(at=after(5), **LOW))
    newer = seen.told("CRS-UP")[-1]

    assert "hypotension" in told_of(still[0])
    assert (newer.at, newer.doubts) == (after(5), None)


def test_what_was_found_of_the_brain_under_another_cause_stays_named_after_it() -> None:
    seen = Bedside(*connected(), ice(8, at=START), attributed("neuro", "other", 1))
    seen.take(assessment("consciousness", at=after(2), level="voice"))
    after_it = seen.take(attributed("neuro", "icans", 3))
    seen.take(assessment("consciousness", at=after(4), level="alert"))
    newer = seen.take(ice(1, at=after(5)))

    assert "neuro" in told_of(after_it[0])
    assert newer
    assert "neuro" not in told_of(newer[0])


def test_what_hides_a_fever_is_named_with_the_temperature_that_proves_nothing() -> None:
    seen = Bedside(*connected(), vitals(at=START, temperature_c=38.6))
    seen.take(dose("acetaminophen", at=after(1), dose_value=1000, dose_unit="mg", route="po"))
    seen.take(assessment("support", at=after(1), support="cooling", action="start"))
    seen.take(vitals(at=after(2), temperature_c=36.9, systolic_mmhg=84))
    line = seen.told("TOCI-IND")[-1]

    assert told_of(line) == {
        "acetaminophen": "1000 mg, hides fever: it counts as met",
        "cooling": "running, hides fever: it counts as met",
        "temperature_c": 36.9,
    }
    assert {each.signal for each in line.because} >= {"systolic_mmhg"}


def test_a_mask_that_is_evidence_is_not_named_twice() -> None:
    seen = Bedside(*connected(), vitals(at=START, temperature_c=38.6))
    seen.take(dose("acetaminophen", at=after(1), dose_value=1000, dose_unit="mg", route="po"))
    seen.take(vitals(at=after(2), temperature_c=36.9))

    assert seen.told("FEVER-MASKED")[-1].doubts is None


def test_a_range_says_what_was_never_told() -> None:
    line = Bedside(patient(), reading(at=START, temperature_c=39.0)).told("CRS-UP")[-1]

    assert told_of(line) == dict.fromkeys(("pressure", "oxygen", "vasopressors", "crrt_and_ecmo"))
    assert doubts(line, line.at)[0] == "Doubt: Blood pressure unknown"


def test_a_range_says_what_is_old() -> None:
    seen = Bedside(*connected(), vitals(at=START, **LOW))
    seen.take(reading(at=after(9), temperature_c=39.0, oxygen={"device": "high_flow"}))

    line = seen.told("CRS-UP")[-1]
    assert told_of(line) == {"pressure": "old"}
    assert doubts(line, line.at) == ("Doubt: Blood pressure old, 5 Mar 06:00 UTC (9 h ago)",)


def test_an_old_device_is_named_by_when_it_was_charted() -> None:
    seen = Bedside(*connected(), vitals(at=START, temperature_c=39.0, oxygen={"device": "venturi"}))
    seen.take(reading(at=after(4), oxygen={"fio2_fraction": 0.35}))
    seen.take(vitals(at=after(5), oxygen=None, **LOW))
    seen.tick(after(8))  # it is said again

    (doubt,) = seen.told("TOCI-IND")[-1].doubts or ()
    assert (doubt.signal, doubt.value, doubt.effective_at) == ("oxygen", "old", START)


@pytest.mark.parametrize(("age", "scored"), [(60, "ice"), (8, "capd")])
def test_a_range_of_icans_says_what_was_not_examined(age: int, scored: str) -> None:
    score = ice(5, at=START) if scored == "ice" else assessment("capd", at=START, total=12)
    asleep = assessment("consciousness", at=START, level="voice")

    by_score = Bedside(*connected(age_years=age), score).told("ICANS-UP")[-1]
    by_arousal = Bedside(*connected(age_years=age), asleep).told("ICANS-UP")[-1]

    assert told_of(by_score) == {"consciousness": None}
    assert told_of(by_arousal) == {scored: None}


def test_a_grade_that_is_carried_forward_is_an_estimate() -> None:
    seen = Bedside(*connected(), ice(5, at=START))
    seen.take(vitals(at=after(1), oxygen={"device": "invasive", "fio2_fraction": 0.5}))
    seen.take(assessment("consciousness", at=after(2), level="unarousable"))

    (doubt,) = seen.told("ICANS-UP")[-1].doubts or ()
    assert (doubt.signal, doubt.value) == ("icans", "an estimate: ICE cannot be done")
    assert doubt.effective_at == after(1)


def test_a_demo_value_newer_than_all_that_counts_is_named() -> None:
    seen = Bedside(*connected(), vitals(at=START, temperature_c=39.0))
    seen.take(vitals(at=after(1), temperature_c=40.0, demo=True, event_id="d-1"))
    by_pressor = seen.take(infusion(at=after(2)))[0]
    seen.take(infusion(at=after(3), action="stop"))
    newer = seen.take(vitals(at=after(4), **LOW))[0]

    assert told_of(by_pressor)["demo_value"] == "left out"
    assert "demo_value" not in told_of(newer)


def test_a_doubt_alone_makes_no_line() -> None:
    seen = Bedside(*connected(), vitals(at=START, temperature_c=39.0, oxygen=BIPAP))
    seen.take(vitals(at=after(1), oxygen=BIPAP, **LOW))

    assert seen.take(attributed("hypotension", "bleeding", 2)) == []


def test_the_status_of_a_record_is_shown_where_it_is_not_final() -> None:
    seen = Bedside(patient())
    first = lab("ferritin", 12_000, at=START, comparator=">", status="preliminary", event_id="f-1")
    seen.take(first)
    (raised,) = seen.told("HLH-FERRITIN")
    assert [each.status for each in raised.because] == ["preliminary"]
    assert amount(raised.because[0]) == "Ferritin more than 12 000 ng/mL (preliminary)"

    seen.take(corrected(first, hours(1), value=60_000))
    changed = seen.told("HLH-FERRITIN")[-1]
    assert [each.status for each in changed.because] == ["corrected"]

    seen.take(lab("ferritin", 100, at=after(2), status="preliminary"))
    ended = seen.told("HLH-FERRITIN")[-1]
    assert ended.state == "resolved"
    assert [each.status for each in ended.because] == ["preliminary"]


def test_another_record_of_the_same_id_says_nothing_of_its_status() -> None:
    seen = Bedside(patient(), lab("crp", 5, at=on_day(3), event_id="x", status="preliminary"))
    seen.take(lab("ferritin", 12_000, at=START, event_id="x", source="other"))
    (raised,) = seen.told("HLH-FERRITIN")

    assert [each.status for each in raised.because] == [None]


def test_what_was_told_of_status_and_by_whom_outlives_a_restart() -> None:
    first = lab("ferritin", 12_000, at=START, status="preliminary")
    seen = Bedside(*connected(), first, vitals(at=START, **LOW))
    named = attributed("hypotension", "bleeding", 1)
    seen.take(named)
    kept = state.decode(state.encode(seen.patient))

    assert kept.alerts == seen.patient.alerts
    assert kept.entries["test", named["event_id"]].said["by"] == "Dr B"


def test_a_drug_of_which_no_amount_was_charted_hides_a_fever_too() -> None:
    unknown = dose("acetaminophen", at=after(0.5), dose_value=None, dose_unit="mg")
    cool = vitals(at=after(1), temperature_c=36.9, systolic_mmhg=80)
    seen = Bedside(*connected(), vitals(at=START, temperature_c=38.5), unknown, cool)

    assert told_of(seen.told("CRS-UP")[-1])["acetaminophen"] == (
        "given, hides fever: it counts as met"
    )


@pytest.mark.parametrize("others", [0, 40, 300], ids=["open", "in a chunk", "put together"])
def test_records_that_are_not_final_or_demos_are_found_wherever_they_lie(others: int) -> None:
    """They are few, and thousands are kept."""
    first = lab("crp", 5, at=START, status="preliminary", event_id="early")
    seen = Bedside(patient(), first, vitals(at=START, demo=True, event_id="demo"))
    for number in range(others):
        seen.take(vitals(at=after(0.01 * (number + 1))))
    seen.take(lab("crp", 6, at=after(9), status="corrected", event_id="late"))

    found = [each.event_id for each in seen.patient.entries.unusual()]

    assert sorted(found) == ["demo", "early", "late"]
    assert found == [e.event_id for e in seen.patient.entries.values() if e.event_id in found]
