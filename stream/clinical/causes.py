"""Which cause a clinician holds for the findings of a domain, and what was measured under it.

While another cause than CRS holds, all of its domain is taken away. Afterwards a reading that was
measured under it stays out; a vasopressor or a device that has run since before comes back.
Source: CLINICAL.md DEC-44, DEC-52; Lee 2019, "not attributable to any other cause".
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from stream.clinical.oxygen import UNKNOWN_BREATHING, Breathing, OxygenNeed
from stream.clinical.patient import Patient
from stream.clinical.series import one_a_moment, since, up_to
from stream.clinical.signals import attribution

OWN_CAUSES: Final = ("crs", "icans")  # an attribution to them is none to another cause


class Spell(NamedTuple):
    """A time in which another cause held, its end not included; None: it still does."""

    from_ms: int
    until_ms: int | None


def spells(patient: Patient, domain: str, until_ms: int | None) -> tuple[Spell, ...]:
    """Find when another cause held in this stay, the oldest first."""
    found: list[Spell] = []
    from_ms: int | None = None
    readings = since(patient.readings(attribution(domain)), patient.stay_from_ms)
    for reading in one_a_moment(up_to(readings, until_ms)):
        own = reading.value in OWN_CAUSES
        if own and from_ms is not None:
            found.append(Spell(from_ms, reading.effective_ms))
            from_ms = None
        elif not own and from_ms is None:
            from_ms = reading.effective_ms
    return tuple(found) if from_ms is None else (*found, Spell(from_ms, None))


def lies_in(moment_ms: int, found: Sequence[Spell]) -> bool:
    """Tell whether something was measured while another cause held."""
    return any(
        from_ms <= moment_ms and (until_ms is None or moment_ms < until_ms)
        for from_ms, until_ms in found
    )


def milder(now: Breathing, otherwise: Breathing) -> Breathing:
    """Prove no more than both do: what is charted, and what is charted outside of those times."""
    if now == otherwise or now.lowest == OxygenNeed.ROOM_AIR:
        return now
    if now.lowest is None or otherwise.lowest is None:
        return UNKNOWN_BREATHING
    high_fio2 = True if now.high_fio2 and otherwise.high_fio2 else None
    lowest = min(now.lowest, otherwise.lowest)
    unexplained = lowest == OxygenNeed.POSITIVE_PRESSURE and now.unexplained
    return Breathing(lowest, None, high_fio2, unexplained)
