"""What is kept of a patient between two status lines."""

from dataclasses import dataclass, field

import pytest
from bedside import Bedside, hours
from builders import NOON, ice, lab, patient, vitals

from stream.clinical import kept
from stream.clinical.kept import Kept
from stream.clinical.patient import Patient
from stream.clinical.policies.thresholds import BUILT_IN, Site
from stream.clinical.signals import ICE
from topics.base import MILLISECOND, epoch_ms

NOON_MS = epoch_ms(NOON)
DAY_MS = hours(24) // MILLISECOND


@dataclass
class Counted:
    """Counts how often it is made."""

    kept: Kept[int] = field(default_factory=lambda: Kept(lambda _: {ICE: (DAY_MS,)}))
    count: int = 0
    site: Site = BUILT_IN

    def of(self, who: Patient, at_ms: int = NOON_MS, *also: object) -> int:
        return self.kept.of(who, at_ms, self.site, self._make, *also)

    def _make(self) -> int:
        self.count += 1
        return self.count


def test_it_is_not_made_again_for_readings_of_other_signals() -> None:
    made, seen = Counted(), Bedside(patient(), ice(7))
    made.of(seen.patient)
    seen.take(vitals(), lab("crp", 100))

    assert made.of(seen.patient) == 1


def test_it_is_made_again_for_a_reading_of_a_signal_and_for_what_is_named_beside() -> None:
    made, seen = Counted(), Bedside(patient(), ice(7))
    made.of(seen.patient)
    seen.take(ice(8))

    assert made.of(seen.patient) == 2
    assert made.of(seen.patient, NOON_MS, "intubated") == 3


def test_it_is_made_again_once_a_reading_is_too_old_and_for_a_time_before() -> None:
    made, who = Counted(), Bedside(patient(), ice(7)).patient
    made.of(who)

    assert made.of(who, NOON_MS + DAY_MS) == 1
    assert made.of(who, NOON_MS + DAY_MS + 1) == 2
    assert made.of(who, NOON_MS + 2 * DAY_MS) == 2
    assert made.of(who, NOON_MS) == 3


def test_it_is_made_again_when_a_reading_no_longer_lies_ahead() -> None:
    made, who = Counted(), Bedside(patient(), ice(7)).patient

    assert [made.of(who, NOON_MS - each) for each in (2, 1, 0)] == [1, 1, 2]


def test_it_is_kept_of_so_many_patients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "PATIENTS_KEPT", 2)
    made, who = Counted(), Bedside(patient(), ice(7)).patient
    others = [who._replace(patient_id=each) for each in ("P02", "P03")]
    for each in (who, *others):
        made.of(each)

    assert made.of(others[0]) == 2
    assert made.of(who) == 4
