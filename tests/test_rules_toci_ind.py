"""TOCI-IND: indicated, given, repeated, and never more than may be (CLINICAL.md §1.2, DEC-34)."""

import pytest
from bedside import Bedside, corrected, hours, late, minutes, removed
from builders import Fields, assessment, dose, infusion, on_day, patient, reading, vitals

from stream.clinical.tocilizumab import dose_mg

RULE = "TOCI-IND"
START = on_day(3, "08:00")


def ill(after_h: float = 0) -> Fields:
    """Fever and 2 L/min: grade 2 under both policies."""
    oxygen = {"device": "nasal_cannula", "flow_l_min": 2}
    return vitals(at=START + hours(after_h), temperature_c=38.6, oxygen=oxygen)


def well(after_h: float) -> Fields:
    return vitals(at=START + hours(after_h), temperature_c=38.6)


def toci(after_h: float, **fields: object) -> Fields:
    at = START + hours(after_h)
    return dose("tocilizumab", at=at, event_id=f"toci-{after_h}", **fields)


def test_grade_2_without_a_dose_raises_it() -> None:
    assert Bedside(patient(), ill()).states(RULE) == ["raised P2"]


def test_grade_1_does_not() -> None:
    assert Bedside(patient(), well(0)).states(RULE) == []


def test_an_order_is_not_a_dose() -> None:
    seen = Bedside(patient(), ill(), toci(1, action="ordered"), toci(2, action="not_given"))

    assert seen.states(RULE) == ["raised P2"]


def test_a_dose_of_nothing_is_no_dose() -> None:
    seen = Bedside(patient(), ill(), toci(1, dose_value=0))
    seen.tick(START + hours(8))

    assert seen.states(RULE) == ["raised P2", "changed P2"]
    counted = seen.status(START + hours(9)).tocilizumab
    assert counted is not None
    assert counted.doses == 0
    assert seen.states("TOCI-DOSE") == []


def test_a_dose_that_is_corrected_to_nothing_was_none() -> None:
    given = toci(1)
    seen = Bedside(patient(), ill(), given, corrected(given, hours(1), dose_value=0))

    assert seen.states(RULE) == ["raised P2", "resolved", "raised P2"]


def test_a_dose_ends_it() -> None:
    seen = Bedside(patient(), ill(), toci(1))

    assert seen.states(RULE) == ["raised P2", "resolved"]
    assert "Tocilizumab was given" in seen.told(RULE)[-1].advice


def test_unmet_it_is_said_again_every_8_hours() -> None:
    seen = Bedside(patient(), ill())

    seen.tick(START + hours(8) - minutes(1))
    assert seen.states(RULE) == ["raised P2"]
    seen.tick(START + hours(8))
    assert seen.states(RULE) == ["raised P2", "changed P2"]
    seen.tick(START + hours(24))
    assert [line.at for line in seen.told(RULE)] == [START + hours(each) for each in (0, 8, 16, 24)]


def test_a_change_in_between_does_not_move_the_repeat() -> None:
    pressor = infusion("norepinephrine", at=START + hours(3), rate_value=25)
    seen = Bedside(patient(), ill(), pressor)
    seen.tick(START + hours(9))

    assert seen.states(RULE) == ["raised P2", "changed P1", "changed P1"]
    assert seen.told(RULE)[-1].at == START + hours(8)


def test_8_hours_after_a_dose_it_is_raised_again_if_the_grade_still_is_2() -> None:
    seen = Bedside(patient(), ill(), toci(1))

    seen.tick(START + hours(9) - minutes(1))
    assert not seen.is_open(RULE)
    seen.tick(START + hours(9))

    assert seen.states(RULE) == ["raised P2", "resolved", "raised P2"]
    assert seen.told(RULE)[-1].at == START + hours(9)
    assert "Repeat tocilizumab now (dose 2)" in seen.told(RULE)[-1].advice
    assert "tocilizumab" in [each.signal for each in seen.told(RULE)[-1].because]
    assert len({line.alert_id for line in seen.told(RULE)}) == 1


def test_8_hours_after_a_dose_nothing_is_raised_if_the_grade_has_fallen() -> None:
    seen = Bedside(patient(), ill(), toci(1), well(2))
    seen.tick(START + hours(20))

    assert seen.states(RULE) == ["raised P2", "resolved"]


def test_a_better_grade_ends_it() -> None:
    assert Bedside(patient(), ill(), well(2)).states(RULE) == ["raised P2", "resolved"]


def test_the_priority_follows_the_grade_both_ways() -> None:
    up = infusion("norepinephrine", at=START + hours(1), rate_value=25)
    down = infusion("norepinephrine", at=START + hours(2), action="change", rate_value=5)
    seen = Bedside(patient(), ill(), up, down)

    assert seen.states(RULE) == ["raised P2", "changed P1", "changed P2"]
    assert seen.told(RULE)[-1].priorities == {"manikath-2025": "P2", "astct-2019": "P1"}


def test_at_3_doses_in_24_hours_it_waits_until_the_oldest_leaves_them() -> None:
    seen = Bedside(patient(), ill(), toci(0.5), toci(8.5), toci(16.5))

    seen.tick(START + hours(24.5) - minutes(1))
    assert not seen.is_open(RULE)
    seen.tick(START + hours(24.5))

    assert seen.states(RULE)[-1] == "raised P2"
    assert seen.told(RULE)[-1].at == START + hours(24.5)
    assert "the last one of this stay" in seen.told(RULE)[-1].advice


def test_at_4_doses_a_stay_it_ends_for_good() -> None:
    seen = Bedside(patient(), ill(), toci(0.5), toci(8.5), toci(16.5), toci(24.5))
    seen.take(ill(40))
    seen.tick(START + hours(90))

    assert seen.states(RULE)[-1] == "resolved"


def test_doses_of_an_earlier_episode_count_and_the_next_is_numbered_on() -> None:
    calm = [vitals(at=START + hours(each)) for each in range(12, 50, 2)]
    again = ill(60)
    seen = Bedside(patient(), ill(), toci(1), toci(9), *calm, again)

    line = seen.told(RULE)[-1]
    assert (line.state, line.episode) == ("raised", 2)
    assert "dose 3" in line.advice


def test_doses_of_an_earlier_stay_do_not_count() -> None:
    infused = patient(at=START + hours(400), infused_at=START + hours(400))
    doses = [toci(each) for each in (0.5, 8.5, 16.5, 24.5)]
    seen = Bedside(patient(), ill(), *doses, infused, ill(401))

    assert seen.states(RULE)[-1] == "raised P2"
    assert "Give tocilizumab now" in seen.told(RULE)[-1].advice


def test_a_late_dose_given_before_the_alert_retracts_it() -> None:
    seen = Bedside(patient(), ill(), late(toci(-2), hours(4)))

    assert seen.states(RULE) == ["raised P2", "retracted"]


def test_a_late_dose_given_after_the_alert_resolves_it() -> None:
    seen = Bedside(patient(), ill(), late(toci(1), hours(4)))

    assert seen.states(RULE) == ["raised P2", "resolved"]


def test_a_dose_entered_in_error_brings_it_back() -> None:
    given = toci(1)
    seen = Bedside(patient(), ill(), given, removed(given, hours(1)))

    assert seen.states(RULE) == ["raised P2", "resolved", "raised P2"]


def test_a_dose_sent_twice_counts_once() -> None:
    given = toci(1)
    seen = Bedside(patient(), ill(), given, late(given, hours(1)))

    line = seen.status(START + hours(3)).tocilizumab
    assert line is not None
    assert line.doses == 1
    assert line.last_at == START + hours(1)
    assert line.next_allowed_at == START + hours(9)


def test_two_doses_of_one_moment_are_one_that_was_charted_twice() -> None:
    seen = Bedside(patient(), ill(), toci(1), toci(1) | {"event_id": "charted-again"})

    line = seen.status(START + hours(3)).tocilizumab
    assert line is not None
    assert line.doses == 1


def test_a_grade_corrected_away_retracts_it() -> None:
    first = ill()
    seen = Bedside(patient(), first, corrected(first, hours(1), oxygen={"device": "room_air"}))

    assert seen.states(RULE) == ["raised P2", "retracted"]


@pytest.mark.parametrize(
    ("weight_kg", "mg"),
    [(8.0, 96), (22, 264), (29.9, 358.8), (30, 240), (70, 560), (100, 800), (110, 800)],
)
def test_weight_decides_the_dose(weight_kg: float, mg: float) -> None:
    seen = Bedside(patient(weight_kg=weight_kg), ill())

    assert dose_mg(weight_kg) == pytest.approx(mg)
    assert f"{mg:g} mg IV" in seen.told(RULE)[0].advice


def test_an_unknown_weight_is_said() -> None:
    seen = Bedside(patient(weight_kg=None), ill())

    assert "8 mg/kg IV (12 mg/kg below 30 kg)" in seen.told(RULE)[0].advice
    assert "weight is unknown" in seen.told(RULE)[0].advice


def test_it_says_why_and_by_which_policy() -> None:
    line = Bedside(patient(), ill()).told(RULE)[0]

    assert [each.signal for each in line.because] == [
        "temperature_c",
        "oxygen_device",
        "flow_l_min",
    ]
    assert "Meets criteria for CRS grade 2." in line.advice
    assert line.management == "manikath-2025"
    assert line.day == 3
    assert line.crs is not None
    assert line.crs["astct-2019"].lowest == 2


# Management profiles


def test_the_label_waits_for_instability_despite_a_vasopressor() -> None:
    low = reading(at=START, temperature_c=39.2, systolic_mmhg=86)
    pressor = infusion("norepinephrine", at=START + hours(3), rate_value=4)
    held = reading(at=START + hours(3), systolic_mmhg=100)
    unstable = reading(at=START + hours(9), systolic_mmhg=84)
    seen = Bedside(patient(), low, pressor, held, management="label-tisa-cel")

    assert seen.states(RULE) == []
    seen.take(unstable)
    assert seen.states(RULE) == ["raised P2"]
    assert "Kymriah" in seen.told(RULE)[0].source


def test_the_label_counts_from_the_start_of_the_infusion_that_runs() -> None:
    stopped = infusion("norepinephrine", at=START + hours(2), action="stop")
    again = infusion("norepinephrine", at=START + hours(4), rate_value=4)
    low = reading(at=START + hours(3), systolic_mmhg=84)
    first = infusion("norepinephrine", at=START + hours(1), rate_value=4)
    seen = Bedside(patient(), well(0), first, stopped, low, again, management="label-tisa-cel")

    assert seen.states(RULE) == []  # the low pressure was measured without a vasopressor
    seen.take(reading(at=START + hours(5), systolic_mmhg=84))
    assert seen.states(RULE) == ["raised P2"]


@pytest.mark.parametrize(
    ("oxygen", "told"),
    [
        ({"device": "nasal_cannula", "flow_l_min": 4}, []),
        ({"device": "high_flow", "flow_l_min": 40, "fio2_fraction": 0.5}, ["raised P1"]),
        ({"device": "invasive", "reason": "hypoxia"}, ["raised P1"]),
    ],
)
def test_the_label_counts_high_flow_oxygen(oxygen: dict[str, object], told: list[str]) -> None:
    fever = vitals(at=START, temperature_c=39.2, oxygen=oxygen)

    assert Bedside(patient(), fever, management="label-tisa-cel").states(RULE) == told


def test_the_label_counts_a_vasopressor_at_high_dose() -> None:
    pressor = infusion("norepinephrine", at=START + hours(1), rate_value=25)
    seen = Bedside(patient(), well(0), pressor, management="label-tisa-cel")

    assert seen.states(RULE) == ["raised P1"]


@pytest.mark.parametrize("name", ["ecmo_va", "ecmo_vv"])
def test_the_label_counts_ecmo_that_runs(name: str) -> None:
    start, stop = (
        assessment("support", at=START + hours(after_h), support=name, action=action)
        for after_h, action in ((1, "start"), (2, "stop"))
    )
    seen = Bedside(patient(), well(0), start, management="label-tisa-cel")

    assert seen.states(RULE) == ["raised P1"]
    seen.take(stop)
    assert seen.states(RULE) == ["raised P1", "resolved"]


def test_the_guideline_goes_by_the_grade() -> None:
    assert Bedside(patient(), ill(), management="asco-2021").states(RULE) == ["raised P2"]


@pytest.mark.parametrize(("management", "told"), [("asco-2021", True), ("manikath-2025", False)])
def test_the_guideline_counts_fever_of_more_than_3_days_as_grade_2(
    management: str, told: bool
) -> None:
    fevers = [well(each) for each in range(0, 73, 4)]
    seen = Bedside(patient(), *fevers, management=management)

    seen.tick(START + hours(72))
    assert seen.states(RULE) == []
    seen.tick(START + hours(72.01))
    assert seen.states(RULE) == (["raised P2"] if told else [])


def test_a_gap_of_8_hours_without_fever_begins_the_3_days_anew() -> None:
    before = [well(each) for each in range(0, 40, 4)]
    gap = [vitals(at=START + hours(each)) for each in (40, 44, 47)]
    after = [well(each) for each in range(48, 118, 4)]
    seen = Bedside(patient(), *before, *gap, *after, management="asco-2021")

    assert seen.states(RULE) == []
    seen.take(well(119))
    seen.tick(START + hours(120.1))
    assert seen.states(RULE) == ["raised P2"]
    seen.take(vitals(at=START + hours(121)))
    assert seen.states(RULE) == ["raised P2", "resolved"]


def test_a_profile_that_is_not_built_in_is_refused() -> None:
    with pytest.raises(ValueError, match="no management profile"):
        Bedside(management="other")


def test_an_indication_that_came_with_time_alone_is_remembered_as_true() -> None:
    late_reading = late(vitals(at=START - hours(1), oxygen={"device": "room_air"}), hours(11))
    seen = Bedside(patient(), ill(), toci(0.5), late_reading, late(toci(9), hours(2)))

    assert seen.states(RULE) == ["raised P2", "resolved", "raised P2", "resolved"]


def test_an_alert_that_is_back_is_not_the_one_before_it_whatever_comes_late() -> None:
    pump = infusion("norepinephrine", at=START + hours(4))
    seen = Bedside(patient(), ill(), well(2), pump)
    assert seen.states(RULE) == ["raised P2", "resolved", "raised P2"]

    low = reading(at=START + hours(0.5), systolic_mmhg=85)
    seen.take(late(low, hours(5)), removed(pump, hours(6)))

    assert seen.states(RULE)[2:] == ["raised P2", "retracted"]


def test_an_alert_that_a_late_record_shows_to_be_older_was_true_before() -> None:
    feverish = vitals(at=START, temperature_c=38.6, systolic_mmhg=84)
    earlier = late(vitals(at=START - hours(2), temperature_c=38.6, systolic_mmhg=80), hours(3))
    no_longer = corrected(feverish, hours(2), systolic_mmhg=118, temperature_c=38.6)
    seen = Bedside(patient(), feverish, earlier, no_longer)

    assert seen.states(RULE) == ["raised P2", "resolved"]
