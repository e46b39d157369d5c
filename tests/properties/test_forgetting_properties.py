"""An engine that forgets, beside one that forgets nothing: what is graded and open is the same."""

from datetime import datetime
from typing import Any, Final

import pytest
from bedside import Bedside, hours, late, minutes, recorded_at
from builders import Fields, assessment, build, dose, infusion, lab, on_day, patient, reading
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream.clinical import engine, thinning

START: Final = on_day(3, "00:00")
DAYS: Final = 5
END: Final = START + hours(24 * DAYS)
# Both are reached within a day, as the real ones are by what is charted every few minutes.
LIMITS: Final = {"READINGS_MAX": 60, "RESULTS_MAX": 12}

drugs = st.sampled_from(["norepinephrine", "vasopressin", "propofol", "dexamethasone"])
UNITS: Final = {"vasopressin": "[IU]/min", "propofol": "mg/h", "dexamethasone": "mg/h"}
RATES: Final[dict[str, list[float]]] = {
    "vasopressin": [0.03],
    "propofol": [150],
    "dexamethasone": [0.5],
}


def charted(drug: str, from_h: int, for_h: int, rates: list[float]) -> list[Fields]:
    """An infusion that is charted every hour, and then stopped."""
    begins, units = START + hours(from_h), {"rate_unit": UNITS.get(drug, "ug/min")}
    if drug in RATES:
        rates = RATES[drug]
    said = [
        infusion(drug, at=begins + hours(each), rate_value=rates[each % len(rates)], **units)
        for each in range(for_h)
    ]
    return [*said, infusion(drug, at=begins + hours(for_h), action="stop")]


def watched(from_h: int, every_min: int, said: dict[str, Any]) -> list[Fields]:
    """A monitor that says the same for two days."""
    begins = START + hours(from_h)
    return [reading(at=begins + minutes(each), **said) for each in range(0, 48 * 60 - 7, every_min)]


def held(domain: str, from_h: int, for_h: int) -> list[Fields]:
    """Another cause, that is charted with each shift."""
    moments = [START + hours(from_h + each) for each in range(0, for_h, 8)]
    said = [assessment("attribution", at=at, domain=domain, cause="infection") for at in moments]
    ends = START + hours(from_h + for_h)
    return [*said, assessment("attribution", at=ends, domain=domain, cause="crs")]


def results(analyte: str, from_h: int, every_h: int, values: list[float]) -> list[Fields]:
    """Some results of one analyte, and then none any more."""
    return [
        lab(analyte, value, at=START + hours(from_h + every_h * place))
        for place, value in enumerate(values)
    ]


def runs(support: str, from_h: int, for_h: int) -> list[Fields]:
    """A support that is charted every two hours."""
    moments = [START + hours(from_h + each) for each in range(0, for_h, 2)]
    said = [assessment("support", at=at, support=support, action="start") for at in moments]
    return [
        *said,
        assessment("support", at=START + hours(from_h + for_h), support=support, action="stop"),
    ]


begins_h = st.integers(0, 60)
lasts_h = st.integers(1, 59)
parts = st.one_of(
    st.builds(
        charted,
        drugs,
        begins_h,
        lasts_h,
        st.lists(st.sampled_from([5.0, 6.0, 19.0, 21.0]), min_size=1, max_size=3),
    ),
    st.builds(
        watched,
        begins_h,
        st.sampled_from([7, 20, 50]),
        st.fixed_dictionaries(
            {},
            optional={
                "temperature_c": st.sampled_from([36.8, 38.4]),
                "systolic_mmhg": st.sampled_from([84, 118]),
                "oxygen": st.sampled_from(
                    [
                        {"device": "room_air"},
                        {"device": "nasal_cannula", "flow_l_min": 3},
                        {"device": "nasal_cannula"},
                        {"device": "invasive", "fio2_fraction": 0.5},
                        {"device": "invasive", "fio2_fraction": 1.0},
                    ]
                ),
            },
        ).filter(bool),
    ),
    st.builds(held, st.sampled_from(["fever", "hypotension", "hypoxia"]), begins_h, lasts_h),
    st.builds(
        results,
        st.sampled_from(["pao2", "creatinine", "platelets"]),
        begins_h,
        st.sampled_from([3, 20]),
        st.lists(st.sampled_from([0.9, 3.0, 60.0, 98.0, 160.0]), min_size=1, max_size=4),
    ),
    st.builds(runs, st.sampled_from(["crrt", "ecmo_vv", "cooling"]), begins_h, lasts_h),
    st.builds(
        lambda drug, hour: [dose(drug, at=START + hours(hour))],
        st.sampled_from(["tocilizumab", "acetaminophen", "dexamethasone"]),
        st.integers(0, 118),
    ),
)
lateness = st.one_of(
    st.just(build("patient", END, {"weight_kg": 71})),
    st.builds(
        lambda hours_ago: late(
            reading(at=END - minutes(60 * hours_ago + 1), temperature_c=37.2),
            minutes(60 * hours_ago + 1),
        ),
        st.integers(0, 47),
    ),
)


def known(seen: Bedside, at: datetime) -> tuple[dict[str, str], object]:
    """What is open and how it is graded."""
    seen.tick(at)
    return seen.open(), seen.all_ranges(at)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stay=st.lists(parts, min_size=1, max_size=6), last=lateness)
def test_what_is_forgotten_changes_no_grade_and_no_alert(stay: Any, last: Fields) -> None:
    """Over long stays in which the same is charted again and again, and a state is read anew.

    Not the lines before, but what is open at the end of each day, and after a last record about
    the past.
    """
    events = [each for part in stay for each in part]
    events += [reading(at=START + hours(each), temperature_c=37.1) for each in range(1, 120, 6)]
    events.sort(key=recorded_at)
    some, everything = Bedside(patient()), Bedside(patient())
    for day in range(1, DAYS + 1):
        until = START + hours(24 * day)
        today = [each for each in events if until - hours(24) <= recorded_at(each) < until]
        with pytest.MonkeyPatch.context() as patched:
            for name, limit in LIMITS.items():
                patched.setattr(thinning, name, limit)
            some.take(*today)
            some.restored()
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(engine, "trimmed", lambda patient, *_: patient)
            everything.take(*today)
        assert known(some, until) == known(everything, until)

    some.take_out_of_time(last, END + minutes(2))
    everything.take_out_of_time(last, END + minutes(2))
    assert known(some, END + minutes(3)) == known(everything, END + minutes(3))
