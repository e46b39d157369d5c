"""Whatever comes of a patient: nothing fails, every alert shows its evidence, the state is small.

STORMWATCH_TEST_PATIENTS=10000 pytest tests/properties/test_many_patients.py --hypothesis-seed 1
"""

import os
from datetime import timedelta
from typing import Any, Final

from anything import START, anything, facts, histories_of
from bedside import Bedside, hours, recorded_at
from builders import patient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from stream.clinical import state

PATIENTS: Final = int(os.environ.get("STORMWATCH_TEST_PATIENTS", "60"))
# Where nothing is told of a patient, what each alert adds, and each record; measured, and a third.
MOST_BYTES: Final = 1_200
MOST_BYTES_AN_ALERT: Final = 500
MOST_BYTES_A_RECORD: Final = 110

many = settings(
    max_examples=PATIENTS,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)


@many
@given(
    history=histories_of(st.one_of(anything, anything, facts)),
    chance=st.randoms(use_true_random=False),
    product=st.sampled_from([None, "tisa-cel", "cilta-cel"]),
    end_h=st.sampled_from([20, 40, 90, 200]),
)
def test_nothing_fails_and_everything_told_can_be_shown(
    history: Any, chance: Any, product: str | None, end_h: int
) -> None:
    """In the order in which feeds send it, with some of it up to hours late and some again."""
    about: Any = {} if product is None else {"product": product}
    seen = Bedside(patient(**about))
    events = sorted(history, key=lambda each: recorded_at(each) + late(chance))
    for fields in events:
        seen.take_out_of_time(fields, max(recorded_at(fields), START))
        if chance.random() < 0.1:
            seen.take_out_of_time(chance.choice(events))
        if chance.random() < 0.1:
            seen.tick(recorded_at(fields))
    seen.tick(START + hours(end_h))

    assert all(line.because for line in seen.lines)
    assert all(line.advice and line.source for line in seen.lines)
    saved = state.encode(seen.patient)
    assert state.encode(state.decode(saved)) == saved
    added = MOST_BYTES_AN_ALERT * len(seen.patient.alerts) + MOST_BYTES_A_RECORD * len(events)
    assert len(saved) <= MOST_BYTES + added


def late(chance: Any) -> timedelta:
    """Say by how much a record comes late: mostly not at all."""
    return timedelta(hours=chance.choice([0, 0, 0, 1, 7]))
