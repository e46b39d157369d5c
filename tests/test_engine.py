"""The engine: order, duplicates, corrections, stays, the end of a watch, time (CONTRACT, Time)."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from bedside import Bedside, corrected, hours, late, minutes, removed
from builders import (
    INFUSED_AT,
    PATIENT_ID,
    Fields,
    ack,
    assessment,
    build,
    decoded,
    dose,
    infusion,
    lab,
    on_day,
    patient,
    reading,
    tick,
    vitals,
)

from stream.clinical import engine as engine_module
from stream.clinical import state
from stream.clinical.asking import ask
from stream.clinical.engine import Arrival, Engine, Outcome, Ward
from stream.clinical.series import Readings, without
from stream.clinical.view import View
from topics import codec, registry
from topics.base import epoch_ms, rfc_3339

START = on_day(3, "08:00")


def fever(after_h: float = 0) -> Fields:
    return vitals(at=START + hours(after_h), temperature_c=38.6)


def ferritin(value: float, after_h: float = 0, **fields: Any) -> Fields:
    return lab("ferritin", value, at=START + hours(after_h), **fields)


def arrival(fields: Fields, offset: int) -> Arrival:
    at_ms = epoch_ms(decoded(fields).event.recorded_at)  # type: ignore[union-attr]  # no tick here
    return Arrival(at_ms, registry.VITALS, offset, decoded(fields), PATIENT_ID)


# Records taken twice, and versions of a record


def test_an_offset_at_or_below_the_last_taken_is_a_duplicate() -> None:
    ward, engine = Ward({}), Engine()

    first = engine.take(ward, arrival(fever(), 7))
    again = engine.take(ward, arrival(fever(1), 7))
    below = engine.take(ward, arrival(fever(2), 6))

    assert len(first.alerts) == 1
    assert again == below == Outcome(duplicate=True)
    assert ward.patients[PATIENT_ID].applied == {registry.VITALS: 7}


def test_the_same_record_at_a_later_offset_changes_nothing() -> None:
    ward, engine = Ward({}), Engine()
    engine.take(ward, arrival(fever(), 1))

    outcome = engine.take(ward, arrival(fever(), 2))

    assert outcome.duplicate
    assert outcome.alerts == []
    assert ward.patients[PATIENT_ID].applied == {registry.VITALS: 2}


def test_an_older_version_changes_nothing() -> None:
    first = ferritin(64000)
    newer = corrected(first, hours(2), value=900)

    assert Bedside(patient(), newer, first).states("HLH-FERRITIN") == []


@pytest.mark.parametrize(
    ("one", "other", "counts"),
    [
        ("final", "corrected", "corrected"),
        ("corrected", "final", "corrected"),
        ("preliminary", "final", "final"),
        ("corrected", "entered_in_error", "entered_in_error"),
        ("entered_in_error", "corrected", "entered_in_error"),
    ],
)
def test_of_two_versions_recorded_together_the_higher_status_counts(
    one: str, other: str, counts: str
) -> None:
    values = {"preliminary": 4000, "final": 20000, "corrected": 60000, "entered_in_error": 0}
    versions = [ferritin(values[status], event_id="f", status=status) for status in (one, other)]
    seen = Bedside(patient(), *versions)

    expected = {"final": "P2", "corrected": "P1"}.get(counts)
    assert list(seen.open("HLH-FERRITIN").values()) == (
        [f"HLH-FERRITIN {expected}"] if expected else []
    )


def test_of_two_equal_versions_the_larger_digest_counts_whatever_their_order() -> None:
    versions = [ferritin(20000, event_id="f"), ferritin(60000, event_id="f")]

    one = Bedside(patient(), *versions).open("HLH-FERRITIN")
    other = Bedside(patient(), *reversed(versions)).open("HLH-FERRITIN")

    assert one == other


def test_a_correction_replaces_the_whole_record() -> None:
    """Source: DEC-66."""
    first = vitals(at=START, temperature_c=38.6, systolic_mmhg=80)
    second = reading(at=START, temperature_c=38.6, event_id=first["event_id"], status="corrected")
    seen = Bedside(patient(), first, late(second, hours(1)))

    assert seen.ranges(START + hours(2))[0] == (1, 4)  # the pressure is unknown again


def test_a_refused_correction_leaves_the_original_standing() -> None:
    """Source: DEC-66."""
    first = ferritin(20000)
    seen = Bedside(patient(), first, corrected(first, hours(1), value=-5))

    assert seen.states("HLH-FERRITIN") == ["raised P2"]
    assert seen.states("DATA-RANGE") == ["raised P3"]


def test_the_same_id_of_another_source_is_another_record() -> None:
    seen = Bedside(patient(), ferritin(20000, event_id="f"))
    seen.take(ferritin(900, 1, event_id="f", source="other"))

    assert seen.states("HLH-FERRITIN") == ["raised P2", "resolved"]


def test_a_removal_that_comes_before_its_record_holds() -> None:
    first = ferritin(20000)

    assert Bedside(patient(), removed(first, hours(1)), first).states("HLH-FERRITIN") == []


def test_a_demo_value_is_kept_out_of_every_grade() -> None:
    seen = Bedside(patient(), fever() | {"demo": True}, vitals(at=START + hours(1)))

    assert seen.spoken == []
    assert seen.ranges(START + hours(2)) == ((0, 0), (0, 0))


def test_a_demo_value_that_turns_out_to_be_real_counts() -> None:
    demo = fever() | {"demo": True}
    seen = Bedside(patient(), demo, corrected(demo, hours(1), demo=False))

    assert seen.states("CRS-UP") == ["raised P3"]


def test_of_two_readings_of_one_moment_the_one_recorded_later_counts() -> None:
    normal = vitals(at=START, event_id="a")
    low = vitals(at=START, event_id="b", temperature_c=38.6)

    assert Bedside(patient(), normal, low).states("CRS-UP") == ["raised P3"]
    assert Bedside(patient(), low, late(normal, minutes(1))).states("CRS-UP") == [
        "raised P3",
        "retracted",
    ]


def test_a_reading_that_is_set_aside_at_its_own_moment_was_never_true() -> None:
    low = vitals(at=START, event_id="a", temperature_c=38.6)
    normal = vitals(at=START, event_id="b")

    assert Bedside(patient(), low, normal).states("CRS-UP") == ["raised P3", "retracted"]


def test_a_result_that_is_set_aside_at_its_own_moment_was_never_true() -> None:
    results = ferritin(20000, event_id="a"), ferritin(900, event_id="b")

    assert Bedside(patient(), *results).states("HLH-FERRITIN") == ["raised P2", "retracted"]


def test_what_no_rule_reads_is_taken_and_tells_nothing() -> None:
    seen = Bedside(patient(), assessment("urine_output", at=START, volume_ml=200, over_h=4))

    assert seen.spoken == []
    assert seen.patient.applied[registry.ASSESSMENTS] == 1


# Facts about the patient


def test_the_newest_record_wins_field_by_field() -> None:
    seen = Bedside(patient(weight_kg=80), fever())
    seen.take(build("patient", START + hours(1), {"weight_kg": 100}))
    seen.take(late(build("patient", START - hours(40), {"weight_kg": 50}), hours(1)))
    seen.take(infusion("norepinephrine", at=START + hours(2)))

    assert "800 mg IV (8 mg/kg at 100 kg)" in seen.told("TOCI-IND")[0].advice


def test_a_fact_entered_in_error_gives_back_the_one_before() -> None:
    wrong = build("patient", START + hours(1), {"weight_kg": 20})
    seen = Bedside(patient(weight_kg=80), wrong, removed(wrong, hours(1)))
    seen.take(fever(3), infusion("norepinephrine", at=START + hours(4)))

    assert "640 mg IV" in seen.told("TOCI-IND")[0].advice


# Stays


def test_before_any_infusion_is_known_a_patient_is_graded_in_stay_0() -> None:
    seen = Bedside(fever())

    line = seen.told("CRS-UP")[0]
    assert (line.stay, line.day, line.episode) == (0, None, 1)
    assert seen.grades(START + hours(1)) == (1, 1)


def test_the_first_infusion_begins_stay_1_with_what_came_after_it() -> None:
    seen = Bedside(fever(), patient(at=START + hours(1), infused_at=INFUSED_AT))

    assert seen.states("CRS-UP") == ["raised P3", "resolved", "raised P3"]
    assert [line.stay for line in seen.told("CRS-UP")] == [0, 0, 1]
    assert "new stay" in seen.told("CRS-UP")[1].advice
    assert seen.told("CRS-UP")[2].day == 3


def test_an_infusion_after_the_readings_leaves_nothing_of_them() -> None:
    seen = Bedside(fever(), patient(at=START + hours(1), infused_at=START + hours(0.5)))

    assert seen.states("CRS-UP") == ["raised P3", "resolved"]
    assert seen.ranges(START + hours(2)) == ((0, 4), (0, 4))


@pytest.mark.parametrize(("days", "stay"), [(6.99, 1), (7, 2), (-20, 1)])
def test_a_correction_of_less_than_7_days_keeps_the_stay(days: float, stay: int) -> None:
    infused = build("patient", on_day(9), {"infused_at": INFUSED_AT + hours(24 * days)})
    seen = Bedside(patient(), infused, lab("ferritin", 20000, at=on_day(10)))

    assert seen.told("HLH-FERRITIN")[0].stay == stay


def test_a_correction_of_the_infusion_keeps_the_episode() -> None:
    seen = Bedside(patient(), fever())
    seen.take(build("patient", START + hours(1), {"infused_at": on_day(0, "02:00")}))

    assert seen.states("CRS-UP") == ["raised P3"]


def test_a_correction_past_the_fever_takes_it_away() -> None:
    seen = Bedside(patient(), fever())
    seen.take(build("patient", START + hours(1), {"infused_at": START + hours(0.5)}))

    assert seen.states("CRS-UP") == ["raised P3", "retracted"]


def test_an_age_that_comes_later_may_show_that_it_never_was_hypotension() -> None:
    seen = Bedside(patient(age_years=None, weight_kg=None))
    seen.take(vitals(at=START, temperature_c=36.8, systolic_mmhg=88))
    seen.take(build("patient", START + hours(1), {"age_years": 8}))

    assert seen.states("UNATTRIBUTED-DETERIORATION") == ["raised P2", "retracted"]


def test_a_planned_infusion_waits_while_a_stay_runs() -> None:
    planned = build("patient", START + hours(1), {"infused_at": on_day(20)})
    seen = Bedside(patient(), fever(), planned)

    assert seen.grades(START + hours(2)) == (1, 1)
    seen.tick(on_day(20) - minutes(1))
    assert seen.is_open("CRS-UP")
    seen.tick(on_day(20))
    assert seen.states("CRS-UP") == ["raised P3", "resolved"]
    assert seen.patient.stay == 2


def test_a_correction_to_a_time_ahead_leaves_the_stay_as_it_was_until_then() -> None:
    moved = build("patient", START, {"infused_at": START + hours(30)})
    seen = Bedside(patient(), moved, fever())

    assert (seen.patient.stay, seen.grades(START + hours(1))) == (1, (1, 1))
    seen.tick(START + hours(30))
    assert seen.states("CRS-UP") == ["raised P3", "resolved"]
    assert seen.patient.stay == 1


# The end of a watch


@pytest.mark.parametrize("kind", ["discharge", "death"])
def test_the_end_of_a_watch_resolves_what_is_open(kind: str) -> None:
    seen = Bedside(patient(), fever(), ferritin(20000, 1))

    told = seen.take(build(kind, START + hours(2), {}))

    assert [(line.rule, line.state) for line in told] == [
        ("ICE-DUE", "resolved"),
        ("CRS-UP", "resolved"),
        ("HLH-FERRITIN", "resolved"),
    ]
    assert all(("discharged" if kind == "discharge" else "died") in line.advice for line in told)
    assert seen.patient.due_ms is None
    assert seen.status(START + hours(3)).crs is None


def test_later_events_are_kept_and_not_graded() -> None:
    seen = Bedside(patient(), build("discharge", START, {}), fever(1), ferritin(20000, 2))

    assert seen.spoken == []
    assert "ferritin" in seen.patient.series


@pytest.mark.parametrize("kind", ["discharge", "death"])
def test_after_the_end_of_a_watch_nothing_is_graded_and_that_is_not_grade_0(kind: str) -> None:
    seen = Bedside(patient(), fever(), ferritin(20000, 1), build(kind, START + hours(2), {}))
    seen.take(fever(3))
    status = seen.status(START + hours(60))

    nothing = (status.crs, status.icans, status.hlh, status.scores)
    assert nothing == (None, None, None, None)
    assert (status.flags, status.stale) == ((), ())


def test_a_discharge_entered_in_error_opens_the_stay_again() -> None:
    discharge = build("discharge", START + hours(1), {})
    seen = Bedside(patient(), fever(), discharge, ferritin(20000, 2), removed(discharge, hours(3)))

    assert seen.states("CRS-UP") == ["raised P3", "resolved", "raised P3"]
    assert seen.states("HLH-FERRITIN") == ["raised P2"]


def test_a_new_infusion_after_a_discharge_is_watched() -> None:
    infused = build("patient", on_day(30), {"infused_at": on_day(30)})
    seen = Bedside(patient(), build("discharge", START, {}), infused)
    seen.take(vitals(at=on_day(31), temperature_c=39))

    assert [(line.state, line.stay) for line in seen.told("CRS-UP")] == [("raised", 2)]


# Time


def test_a_record_more_than_5_minutes_ahead_of_the_clock_is_refused() -> None:
    seen = Bedside(patient())
    seen.tick(START)

    assert seen.take_out_of_time(fever(5 / 60)).refused == []
    outcome = seen.take_out_of_time(fever(5.1 / 60))

    assert [why.reason for why in outcome.refused] == ["ahead"]
    assert seen.is_open("DATA-RANGE")


def test_a_record_from_the_future_leaves_the_patient_in_the_present() -> None:
    """It is refused; what is measured after it counts as of now, not as of years ago."""
    seen = Bedside(patient(), fever(0))
    seen.take_out_of_time(fever(24 * 365))
    seen.take(fever(0.1))

    status = seen.status(START + hours(0.2))

    assert seen.patient.changed_ms <= epoch_ms(START + hours(0.2))
    assert "temperature_c" not in status.stale
    assert all(line.at <= START + hours(0.2) for line in seen.lines)


def test_without_a_clock_nothing_is_ahead() -> None:
    outcome = Engine().take(Ward({}), arrival(fever(), 0))

    assert outcome.refused == []


def test_the_clock_never_goes_back() -> None:
    seen = Bedside(patient())
    seen.tick(START)
    seen.tick(START - hours(1))

    assert seen.ward.clock_ms == epoch_ms(START)


def test_what_falls_due_is_told_at_its_own_time() -> None:
    seen = Bedside(patient(), fever(), infusion("norepinephrine", at=START + hours(1)))

    told = [line for line in seen.tick(START + hours(30)) if line.rule == "TOCI-IND"]

    assert [line.at for line in told] == [START + hours(each) for each in (9, 17, 25)]


def test_what_is_due_of_several_patients_falls_due_in_order() -> None:
    ward, engine = Ward({}), Engine()
    for offset, name in enumerate(("b", "a", "c")):
        ill = vitals(
            at=START + minutes(0 if name == "c" else 1),
            temperature_c=39,
            systolic_mmhg=80,
            patient_id=name,
        )
        engine.take(ward, replace(arrival(ill, offset), key=name))

    due = Arrival(0, registry.TICKS, 0, decoded(tick(START + hours(9))), None)
    outcome = engine.take(ward, due)

    repeated = [line.patient_id for line in outcome.alerts if line.rule == "TOCI-IND"]
    assert repeated == ["c", "a", "b"]
    assert outcome.changed == ["c", "a", "b"]


def test_an_event_behind_the_time_already_seen_does_not_turn_time_back() -> None:
    seen = Bedside(patient(), fever(), fever(10))
    seen.take_out_of_time(ferritin(20000, 2))

    line = seen.told("HLH-FERRITIN")[0]
    assert line.at == START + hours(2)
    assert seen.patient.changed_ms == epoch_ms(START + hours(10))


# Errors


def test_an_error_leaves_the_ward_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Bedside(patient(), fever())
    before = dict(seen.ward.patients)
    monkeypatch.setattr(engine_module, "ask", _fails)

    with pytest.raises(ZeroDivisionError):
        seen.take_out_of_time(fever(1))

    assert seen.ward.patients == before


def test_a_patient_whose_timers_fail_does_not_hold_up_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = Bedside(patient(), fever(), infusion("norepinephrine", at=START + hours(1)))
    seen.take(
        patient(patient_id="other"),
        vitals(at=START + hours(1), temperature_c=39, systolic_mmhg=80, patient_id="other"),
    )

    def fails_for_one(patient: state.Patient, *rest: object) -> object:
        return _fails() if patient.patient_id == PATIENT_ID else ask(patient, *rest)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(engine_module, "ask", fails_for_one)
    with pytest.raises(ZeroDivisionError):
        seen.tick(START + hours(9))
    told = seen.tick(START + hours(9) + minutes(1))
    monkeypatch.undo()
    seen.tick(START + hours(10))
    parked = set(seen.ward.parked)
    seen.take(lab("crp", 100, at=START + hours(11)))
    after = seen.tick(START + hours(12))

    assert {line.patient_id for line in told} == {"other"}
    assert parked == {PATIENT_ID}
    assert seen.ward.parked == set()
    missed = ["TOCI-IND", "ABX-1H", "OPS-SILENCE"]  # the repeat, and what fell due meanwhile
    assert [line.rule for line in after if line.patient_id == PATIENT_ID] == missed


def _fails(*_: object) -> object:
    return 1 / 0


def test_a_record_without_a_readable_patient_is_handed_back() -> None:
    found = codec.decode(registry.VITALS, None, b"nonsense")
    outcome = Engine().take(Ward({}), Arrival(0, registry.VITALS, 0, found, None))

    assert outcome.refused == [found]
    assert outcome.changed == []


def test_an_answer_of_a_person_is_none_of_the_engines_business() -> None:
    seen = Bedside(patient())
    seen.take_out_of_time(ack("some-alert", at=START))

    assert seen.spoken == []


# Restoring


@pytest.mark.parametrize("version", [1, state.VERSION + 1])
def test_a_state_of_another_version_is_not_read(version: int) -> None:
    with pytest.raises(state.UnknownVersionError):
        state.decode(b'{"version": %d}' % version)


def test_a_state_that_lacks_what_is_said_beside_a_course_is_read() -> None:
    """It was written before that was known; what follows says it from then on."""
    seen = Bedside(patient(), dose("dexamethasone", at=START, dose_value=10))
    seen.take(reading(at=START + hours(1), systolic_mmhg=80))
    found = orjson.loads(state.encode(seen.patient))
    assert found["beside"][-1] == {"masked_ms": epoch_ms(START + hours(1))}
    del found["beside"]

    seen.ward.patients[PATIENT_ID] = state.decode(orjson.dumps(found))
    assert seen.patient.course.masked_ms is None
    seen.take(reading(at=START + hours(2), systolic_mmhg=79))
    assert seen.patient.course.masked_ms == epoch_ms(START + hours(2))


def test_a_state_round_trips_exactly() -> None:
    seen = Bedside(
        patient(unit="B7"),
        fever(),
        reading(at=START, temperature_c=101.3),
        dose("tocilizumab", at=START + hours(1)),
        ferritin(20000, 2),
        infusion("norepinephrine", at=START + hours(2)),
    )

    saved = state.encode(seen.patient)

    assert state.decode(saved) == seen.patient
    assert state.encode(state.decode(saved)) == saved


def test_a_restored_ward_goes_on_as_if_nothing_had_happened() -> None:
    first = [patient(), fever(), infusion("norepinephrine", at=START + hours(1))]
    then = [dose("tocilizumab", at=START + hours(3)), ferritin(20000, 4), fever(12)]
    whole, cut = Bedside(*first, *then), Bedside(*first)
    cut.restored()
    cut.take(*then)

    assert cut.lines == whole.lines
    assert cut.patient == whole.patient


# Forgetting


def test_single_readings_are_forgotten_and_the_worst_of_each_hour_is_kept() -> None:
    readings = [
        reading(at=START + minutes(each), temperature_c=36.5 + (each % 60) / 100)
        for each in range(0, 24 * 60, 2)
    ]
    seen = Bedside(patient(), *readings)

    series = seen.patient.series["temperature_c"]
    early = [each for each in series if each.effective_ms < epoch_ms(START + hours(8))]
    assert len(seen.patient.entries) < 500
    assert seen.patient.cut["readings"] > 0
    assert {each.value.celsius for each in early} == {36.5 + 58 / 100, 36.5}
    assert series[-1].effective_ms == epoch_ms(START + minutes(24 * 60 - 2))


def test_a_flood_of_flapping_readings_stays_within_the_limit() -> None:
    readings = [
        vitals(at=START + minutes(each / 2), temperature_c=39 if each % 2 else 36.5)
        for each in range(3000)
    ]
    seen = Bedside(patient(), *readings)

    assert len(seen.patient.series["temperature_c"]) <= 2 * 600
    assert seen.patient.cut["readings"] > 0
    assert seen.grades(START + hours(26)) == (1, 1)


def test_an_onset_older_than_what_is_kept_still_holds() -> None:
    pump = infusion("norepinephrine", at=START + hours(1))
    calm = [vitals(at=START + hours(2 + each / 4)) for each in range(4 * 24 * 8)]
    seen = Bedside(patient(), fever(), pump, *calm)
    seen.take(late(vitals(at=START + hours(190)), hours(5)))

    assert seen.grades(START + hours(196)) == (2, 3)
    episode = seen.status(START + hours(196)).episode
    assert episode is not None
    assert episode.crs_onset_at == START
    assert seen.states("CRS-UP") == ["raised P3", "changed P2"]


def test_records_that_say_nothing_are_bounded() -> None:
    silent = [fever(each / 100) | {"demo": True} for each in range(900)]
    seen = Bedside(patient(), *silent)

    assert len(seen.patient.entries) <= 600
    assert seen.patient.cut["silent"] > 0


def test_a_signal_is_forgotten_and_the_rest_of_its_record_is_kept() -> None:
    readings = [
        vitals(at=START + minutes(3 * each), temperature_c=39 if each % 2 else 36.5)
        for each in range(1000)
    ]
    seen = Bedside(patient(), *readings)

    partly = [entry for entry in seen.patient.entries.values() if len(entry.said) == 1]
    assert {tuple(entry.said) for entry in partly} == {("temperature_c",)}
    assert state.decode(state.encode(seen.patient)) == seen.patient


def test_an_alert_older_than_what_is_kept_was_true() -> None:
    low = [vitals(at=START + hours(each / 4), systolic_mmhg=80) for each in range(4 * 24 * 8)]
    seen = Bedside(patient(), *low, late(vitals(at=START + hours(192)), hours(1)))

    assert seen.states("UNATTRIBUTED-DETERIORATION") == ["raised P2", "resolved"]


def test_a_correction_of_the_infusion_keeps_an_episode_older_than_what_is_kept() -> None:
    pump = infusion("norepinephrine", at=START + hours(1))
    calm = [vitals(at=START + hours(2 + each / 4)) for each in range(4 * 24 * 8)]
    seen = Bedside(patient(), fever(), pump, *calm)
    seen.take(build("patient", START + hours(200), {"infused_at": on_day(0, "01:00")}))

    assert seen.grades(START + hours(200)) == (2, 3)
    assert seen.states("CRS-UP") == ["raised P3", "changed P2"]


def test_a_correction_may_move_a_reading_in_time() -> None:
    first = fever(2)
    moved = corrected(first, hours(1), effective_at=rfc_3339(START), temperature_c=38.2)
    seen = Bedside(patient(), first, moved | {"recorded_at": rfc_3339(START + hours(3))})

    episode = seen.status(START + hours(4)).episode
    assert episode is not None
    assert episode.crs_onset_at == START
    assert seen.states("CRS-UP") == ["raised P3"]


def test_what_was_told_is_bounded_and_what_is_open_is_kept() -> None:
    seen = Bedside(patient(), fever())
    told = seen.patient.alerts["1|CRS-UP|1"]
    ended = {f"1|CRS-UP|{n}": replace(told, state="resolved", episode=n) for n in range(2, 600)}
    silent = [fever(each / 100) | {"demo": True} for each in range(250)]
    seen.ward.patients[PATIENT_ID] = seen.patient._replace(alerts={**seen.patient.alerts, **ended})
    seen.take(*silent)

    assert len(seen.patient.alerts) == 400
    assert told in seen.patient.alerts.values()
    assert seen.patient.cut["alerts"] == 200


def test_an_attribute_that_is_computed_once_is_documented_on_its_class() -> None:
    assert "fever criterion" in (View.fever.__doc__ or "")


def test_taking_out_a_reading_that_is_not_there_leaves_a_series_as_it_is() -> None:
    readings = Bedside(patient(), ferritin(900)).patient.series["ferritin"]

    assert without(Readings(()), readings[0]) == Readings(())
    assert without(readings, readings[0]._replace(source="other")) == readings
