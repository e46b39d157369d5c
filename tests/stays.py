"""Whole stays, written quickly: a monitor that says something every minute, and all the rest."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from builders import Fields, assessment, build, dose, ice, infusion, lab, on_day, patient

from topics.base import rfc_3339

START: Final = on_day(0, "06:00")
ILL_DAYS: Final = (4, 5, 28)  # fever, and hypotension in the second half of the day
SOURCE: Final = "monitor"
QUIET_MIN: Final = 30


def stay(days: int, *, quiet: range = range(0), seed: int = 1) -> Iterator[Fields]:
    """Give the events of a stay with two episodes of CRS, in the order of their times.

    The monitor says something every minute, but on `quiet` days every half an hour.
    """
    chance = random.Random(seed)
    yield patient(at=START)
    for minute in range(1, days * 24 * 60):
        if minute % QUIET_MIN and minute // (24 * 60) in quiet:
            continue
        at = START + timedelta(minutes=minute)
        day, hour = divmod((at - on_day(0, "00:00")).total_seconds() / 3600, 24)
        yield monitored(chance, at, fever=day in ILL_DAYS, ill=day in ILL_DAYS and hour >= 12)
        if minute % (8 * 60) == 0:
            yield from charted(chance, at, fever=day in ILL_DAYS)


def monitored(chance: random.Random, at: datetime, *, fever: bool, ill: bool) -> Fields:
    """Give one set of readings, as noisy as a monitor's."""
    systolic = round(chance.gauss(84 if ill else 118, 3))
    readings: dict[str, Any] = {
        "temperature_c": round(chance.gauss(39.0 if fever else 36.9, 0.2), 1),
        "heart_rate_per_min": round(chance.gauss(110 if ill else 84, 6)),
        "respiratory_rate_per_min": round(chance.gauss(16, 2)),
        "systolic_mmhg": systolic,
        "diastolic_mmhg": systolic - 45,
        "mean_arterial_mmhg": systolic - 25,
        "spo2_percent": min(round(chance.gauss(96, 1)), 100),
        "oxygen": {"device": "nasal_cannula", "flow_l_min": 2} if ill else {"device": "room_air"},
    }
    envelope = {
        "event_id": f"mon-7-{round(at.timestamp())}",
        "patient_id": "P01",
        "kind": "vitals",
        "effective_at": rfc_3339(at),
        "recorded_at": rfc_3339(at + timedelta(seconds=2)),
        "source": SOURCE,
    }
    return envelope | readings


def charted(chance: random.Random, at: datetime, *, fever: bool) -> Iterator[Fields]:
    """Give what a nurse, a laboratory and a pharmacy say three times a day."""
    at += timedelta(seconds=7)
    yield ice(10, at=at)
    for analyte in ("ferritin", "crp", "ldh", "platelets", "creatinine", "fibrinogen"):
        yield lab(analyte, round(chance.uniform(100, 200)), at=at)
    yield dose("levetiracetam", at=at, dose_value=500)
    yield build("urine_output", at, {"volume_ml": 400, "over_h": 8})
    if fever:
        yield dose("tocilizumab" if at.hour < 8 else "acetaminophen", at=at, dose_value=560)
        yield infusion("norepinephrine", at=at, rate_value=round(chance.uniform(2, 8)))
        yield assessment("consciousness", at=at, level="alert")
