"""Where the review and the consensus differ, D1 to D25 of CLINICAL.md §2.4, and what shows it.

`rows` are those of `tests/vectors/unit_tables.json`, or cases of `tests/vectors/`.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple


class Difference(NamedTuple):
    """One difference: what each policy does, where in the code, and what tests it."""

    topic: str
    review: str
    consensus: str
    modules: Sequence[str]  # of stream/clinical
    rows: Sequence[str]
    tests: Sequence[str]


CRS, OXYGEN, ICANS = "test_crs.py", "oxygen.py", "test_icans.py"
NEURO: Final = "test_rules_neuro.py"
LEVELS: Final = f"{CRS}::test_each_level_of_circulation_has_its_grade"
NEEDS: Final = f"{CRS}::test_each_oxygen_need_has_its_grade"
SIGNS: Final = f"{ICANS}::test_a_sign_has_the_grade_of_each_policy"
SEIZURES: Final = f"{ICANS}::test_seizures_count_by_how_they_went"

DIFFERENCES: Final = (
    Difference("one vasopressor at a low dose", "2", "3", ("crs.py",), ("A04", "A05"), (LEVELS,)),
    Difference(
        "one vasopressor at a high dose (Lee 2014)",
        "3",
        "3, whatever the dose",
        ("crs.py", "circulation.py"),
        ("A06", "A08", "A10", "A11"),
        (LEVELS, f"{CRS}::test_the_intensity_of_a_vasopressor"),
    ),
    Difference(
        "two vasopressors or more, without vasopressin",
        "3",
        "4",
        ("crs.py", "circulation.py"),
        ("A15",),
        (LEVELS, f"{CRS}::test_the_level_of_circulation_by_vasopressors"),
    ),
    Difference(
        "vasopressin",
        "counts like any other: alone 2, with one more 3",
        "3 alone or with one more; never one of several",
        ("crs.py", "circulation.py"),
        ("A12", "A13", "A14", "A16"),
        (LEVELS, f"{CRS}::test_the_level_of_circulation_by_vasopressors"),
    ),
    Difference(
        "grade 4 by the circulation",
        "none",
        "several vasopressors",
        ("crs.py",),
        ("A15", "A16"),
        (LEVELS,),
    ),
    Difference(
        "how oxygen is measured",
        "device, and a charted FiO2 of 0.40 or more is 3",
        "device, a cannula by its flow (up to 6 L/min, above)",
        ("crs.py", OXYGEN),
        ("A17", "A18", "A19", "A20", "A21", "A22", "A23"),
        (
            f"{CRS}::test_a_charted_fio2_of_0_40_is_grade_3_in_the_review",
            f"{CRS}::test_a_cannula_is_graded_by_its_flow",
            f"{CRS}::test_a_device_that_disagrees_with_the_fio2_is_flagged",
        ),
    ),
    Difference("CPAP, BiPAP", "4 (DEC-20)", "4", ("crs.py", OXYGEN), ("A26",), (NEEDS,)),
    Difference(
        "haemofiltration, dialysis",
        "4",
        "does not count",
        ("crs.py",),
        ("A29", "A30"),
        (f"{CRS}::test_haemofiltration_is_grade_4_in_the_review_alone",),
    ),
    Difference(
        "intubation to protect the airway",
        "4",
        "does not count; without a charted reason 1 to 4",
        (OXYGEN,),
        ("A28",),
        (
            f"{CRS}::test_intubation_for_another_reason_is_no_hypoxia_in_the_consensus",
            f"{CRS}::test_intubation_for_no_known_reason_may_be_for_hypoxia",
        ),
    ),
    Difference(
        "fever for grade 2 to 4",
        "an open episode (DEC-22)",
        "an open episode",
        ("course.py", "rules/unattributed_deterioration.py"),
        ("A33",),
        (
            f"{CRS}::test_without_fever_it_is_not_crs",
            "test_engine_episodes.py::test_hypotension_without_fever_opens_none",
        ),
    ),
    Difference(
        "what hides a fever",
        "as the consensus (DEC-51)",
        "antipyretics, blockers of IL-6, anakinra, steroids",
        ("masking.py",),
        ("A32",),
        (
            "test_engine_episodes.py::test_what_counts_as_an_antipyretic",
            "test_engine_episodes.py::test_steroids_and_anakinra_mask_for_the_grade",
        ),
    ),
    Difference(
        "another cause that a clinician names",
        "takes nothing away",
        "takes its domain away (DEC-52)",
        ("causes.py", "neuro.py"),
        ("B14", "B26", "B33"),
        (
            "test_rules_crs_up.py::test_another_cause_counts_in_the_consensus_alone",
            f"{ICANS}::test_another_cause_takes_the_grade_away_while_it_holds",
        ),
    ),
    Difference(
        "organ toxicity",
        "counts as haemofiltration alone",
        "does not count",
        ("crs.py",),
        ("A29",),
        (f"{CRS}::test_every_level_of_every_table_has_a_grade",),
    ),
    Difference(
        "grade 5",
        "none",
        "none: a death ends the watch, and what ends the alerts names CRS or ICANS as its cause",
        ("asking.py",),
        (),
        ("test_signals.py::test_the_end_of_an_alert_says_what_the_patient_died_of",),
    ),
    Difference(
        "the points of ICE",
        "either form, by its total",
        "4, 3, 1, 1, 1; of the other form none, and a flag",
        ("icans.py", "flags.py"),
        ("A3-01", "A3-02", "A3-03", "A3-04", "A3-05", "A3-06"),
        (f"{ICANS}::test_the_other_form_leaves_the_consensus_as_it_is_and_is_flagged",),
    ),
    Difference("awakens to voice", "3", "2", ("icans.py",), ("I09", "I10", "I24"), ()),
    Difference("awakens to touch alone", "3", "3", ("icans.py",), ("I11",), ()),
    Difference("cannot be aroused", "4 (DEC-55)", "4", ("icans.py",), ("I08",), ()),
    Difference(
        "seizures",
        "3; 4 if prolonged or repetitive (DEC-6, DEC-7)",
        "3; 4 if prolonged or repetitive",
        ("icans.py", "seizures.py"),
        ("I12", "I13", "I14", "I15", "I16"),
        (SEIZURES,),
    ),
    Difference(
        "focal edema of the brain", "does not count", "3", ("icans.py",), ("I19",), (SIGNS,)
    ),
    Difference(
        "diffuse edema, palsy of cranial nerve VI, papilledema, Cushing's triad",
        "does not count; NEURO-EDEMA is P1 all the same (DEC-25)",
        "4",
        ("icans.py", "rules/neuro_edema.py"),
        ("I20",),
        (SIGNS,),
    ),
    Difference(
        "tremor, myoclonus, hemorrhage, findings under sedation",
        "do not count",
        "do not count",
        ("icans.py", "sedation.py"),
        ("I21",),
        (SIGNS, f"{ICANS}::test_what_is_found_under_sedation_says_nothing"),
    ),
    Difference(
        "children",
        "no scale: consciousness, seizures and signs alone",
        "CAPD below 12 years (DEC-53)",
        ("neuro.py", "icans.py"),
        ("I22", "I23", "I24"),
        (f"{ICANS}::test_a_child_has_capd_in_the_place_of_ice",),
    ),
    Difference(
        "how often ICE is done",
        "once a day",
        "by the profile: `asco-2021` twice a day",
        ("rules/ice_due.py",),
        ("B25",),
        (f"{NEURO}::test_ice_is_due_after_12_hours_where_the_profile_asks_for_it_twice_a_day",),
    ),
    Difference(
        "end, return and late onset",
        "as the consensus (DEC-4, DEC-33)",
        "closed after 24 clean hours; a new fever opens the next; an unusual day is named",
        ("closing.py", "course.py", "rules/texts.py"),
        (),
        (
            "test_engine_episodes.py::test_it_closes_24_hours_after_it_became_clean",
            "test_engine_episodes.py::test_a_new_fever_opens_the_next_episode_under_another_id",
        ),
    ),
)
