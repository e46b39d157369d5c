"""Which signals were measured once and are too old now to say anything new.

Vital signs, ICE, CAPD, consciousness and ferritin by the thresholds of the site; other results by
the rules that go by them (the shortest age where two differ), else after 48 hours. It lowers no
grade and ends no alert.
Source: CLINICAL.md §1.5, §5.8, DEC-35, DEC-39, DEC-50; decision 63.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from stream.clinical.bedside import oxygen_that_decides
from stream.clinical.blockers import IL6, IL6_MS
from stream.clinical.freshness import FRESH_MS, is_fresh
from stream.clinical.hlh import FEATURE_ANALYTES, FEATURE_MS
from stream.clinical.oxygen import INVASIVE
from stream.clinical.patient import Patient
from stream.clinical.policies.thresholds import Site
from stream.clinical.results import RESULT_MS
from stream.clinical.signals import FERRITIN, OXYGEN, Pressure, Signal
from topics.labs import Analyte

RESULTS_MS: Final[Mapping[str, int]] = MappingProxyType(
    {
        analyte: age_ms
        for analyte, age_ms in {
            **dict.fromkeys((each.value for each in Analyte), RESULT_MS),
            **dict.fromkeys(FEATURE_ANALYTES, FEATURE_MS),
            IL6.name: IL6_MS,
        }.items()
        if analyte != FERRITIN.name
    }
)


def stale_signals(patient: Patient, at_ms: int, site: Site) -> list[str]:
    """Name what is too old, each part in the order of its names: first signs, then results."""
    stale: list[str] = []
    patient = patient.without_plan()
    from_ms = patient.stay_from_ms or 0
    for signal, fresh_ms in FRESH_MS.items():
        series = patient.series.get(signal.name)
        newest = None if series is None else series.newest
        if newest is None or newest.effective_ms < from_ms:
            continue
        if signal is OXYGEN:
            stale += _stale_oxygen(patient, at_ms, site)
        elif at_ms - newest.effective_ms > fresh_ms(site):
            stale += _names(signal, newest.value)
    results: list[str] = []
    for analyte in patient.series.keys() & RESULTS_MS.keys():
        newest = patient.series[analyte].newest
        if newest is not None and from_ms <= newest.effective_ms < at_ms - RESULTS_MS[analyte]:
            results.append(analyte)
    return sorted(stale) + sorted(results)


def _stale_oxygen(patient: Patient, at_ms: int, site: Site) -> Iterator[str]:
    """Name the device in use and its flow, each by when it was last charted."""
    used = oxygen_that_decides(patient, None)
    if used is None or used.named.value.device == INVASIVE:
        return
    if used.named.value.device is not None and not is_fresh(OXYGEN, used.named, at_ms, site):
        yield "oxygen_device"
    if used.flow is not None and not is_fresh(OXYGEN, used.flow, at_ms, site):
        yield "flow_l_min"


def _names(signal: Signal[Any], value: object) -> list[str]:
    if isinstance(value, Pressure):
        measured = zip(value._fields, value, strict=True)
        return [name for name, measure in measured if measure is not None]
    return [signal.name]
