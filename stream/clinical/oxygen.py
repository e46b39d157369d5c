"""From an oxygen device as charted to the rows of the CRS tables.

The device decides; a charted FiO2 of 0.40 or more is passed on beside it, and a flow is never
turned into an FiO2. Where the two disagree the grade is flagged (DEC-8). The reason for a device
counts on an invasive airway alone (DEC-49); positive pressure that is used at home is no need of
oxygen.
Source: CLINICAL.md §1.1, §2.1, DEC-8, DEC-20, DEC-49; Lee 2019, DOI 10.1016/j.bbmt.2018.12.758.
"""

from enum import IntEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from stream.clinical.signals import Oxygen

LOW_FLOW_LIMIT_L_MIN: Final = 6.0  # a cannula at 6 is low-flow, above it high-flow
DOUBTFUL_FLOW_L_MIN: Final = 5.0  # from here a cannula may well give an FiO2 of 0.40
HIGH_FIO2_FRACTION: Final = 0.40  # from here on
ROOM_AIR_FIO2_FRACTION: Final = 0.21
ROOM_AIR: Final = "room_air"
CANNULA: Final = "nasal_cannula"
INVASIVE: Final = "invasive"
HYPOXIA: Final = "hypoxia"
REASONS_OTHER_THAN_HYPOXIA: Final = ("airway_protection", "procedure", "baseline")


class OxygenNeed(IntEnum):
    """What breathing needs, mildest first."""

    ROOM_AIR = 0
    LOW_FLOW = 1  # nasal cannula at 6 L/min or less, or blow-by
    HIGH_FLOW = 2  # cannula above 6 L/min, or any face mask
    AIRWAY_PROTECTION = 3  # invasive ventilation for another reason than hypoxia
    POSITIVE_PRESSURE = 4  # CPAP, BiPAP or ventilator


NEED_BY_DEVICE: Final = MappingProxyType(
    {
        "room_air": OxygenNeed.ROOM_AIR,
        "nasal_cannula": OxygenNeed.LOW_FLOW,  # by its flow, see below
        "blow_by": OxygenNeed.LOW_FLOW,
        "high_flow": OxygenNeed.HIGH_FLOW,
        "simple_mask": OxygenNeed.HIGH_FLOW,
        "venturi": OxygenNeed.HIGH_FLOW,
        "non_rebreather": OxygenNeed.HIGH_FLOW,
        "cpap": OxygenNeed.POSITIVE_PRESSURE,
        "bipap": OxygenNeed.POSITIVE_PRESSURE,
        "invasive": OxygenNeed.POSITIVE_PRESSURE,
    }
)


class Breathing(NamedTuple):
    """The need of oxygen: what is proven, what is possible, and whether FiO2 is 0.40 or more."""

    lowest: OxygenNeed | None  # None: nothing is known
    highest: OxygenNeed | None  # None: it may be any worse by now
    high_fio2: bool | None  # None: not charted, and it may well be
    unexplained: bool = False  # an invasive airway: taken for hypoxia, which nothing has proven


UNKNOWN_BREATHING: Final = Breathing(None, None, None)
ROOM_AIR_BREATHING: Final = Breathing(OxygenNeed.ROOM_AIR, OxygenNeed.ROOM_AIR, high_fio2=False)


def breathing_of(oxygen: Oxygen | None, *, home_positive_pressure: bool | None) -> Breathing:
    """Find the mildest and the most severe need that fit what is charted."""
    if oxygen is None:
        return UNKNOWN_BREATHING
    lowest, highest = _needs(oxygen, home_positive_pressure=home_positive_pressure)
    return Breathing(lowest, highest, _high_fio2(oxygen), _is_unexplained(oxygen))


def is_need(oxygen: Oxygen) -> bool:
    """Tell whether a device with what was measured on it is a need of oxygen, wherever it is."""
    breathing = breathing_of(oxygen, home_positive_pressure=None)
    return breathing.lowest is not None and breathing.lowest > OxygenNeed.ROOM_AIR


def held_on(held: Breathing, charted: Breathing) -> Breathing:
    """Prove by what was last measured on a device, and rule out by what was charted anew alone."""
    highest = held.highest
    if highest is not None and charted.highest is not None:
        highest = max(highest, charted.highest)
    doubtful = None in {held.high_fio2, charted.high_fio2}
    high_fio2 = held.high_fio2 or (None if doubtful else False)
    return Breathing(held.lowest, highest, high_fio2, held.unexplained)


def is_for_another_reason(oxygen: Oxygen) -> bool:
    """Tell whether a reason excuses a device (DEC-41); not an invasive one at 0.40 (DEC-49)."""
    if oxygen.reason not in REASONS_OTHER_THAN_HYPOXIA:
        return False
    return oxygen.device != INVASIVE or not _high_fio2(oxygen)


def _is_unexplained(oxygen: Oxygen) -> bool:
    return oxygen.device == INVASIVE and oxygen.reason is None and not _high_fio2(oxygen)


def device_conflicts_with_fio2(oxygen: Oxygen) -> bool:
    """Tell whether device and FiO2 point to different grades, or may well do so (DEC-8)."""
    fio2, flow = oxygen.fio2_fraction, oxygen.flow_l_min
    if oxygen.device is None:
        return False
    if fio2 is None:
        return _is_doubtful_cannula(oxygen)
    need = NEED_BY_DEVICE[oxygen.device]
    if oxygen.device == CANNULA and flow is not None and flow > LOW_FLOW_LIMIT_L_MIN:
        need = OxygenNeed.HIGH_FLOW
    if need is OxygenNeed.ROOM_AIR:
        return fio2 > ROOM_AIR_FIO2_FRACTION
    if need is OxygenNeed.LOW_FLOW:
        return fio2 >= HIGH_FIO2_FRACTION
    return need is OxygenNeed.HIGH_FLOW and fio2 < HIGH_FIO2_FRACTION


def _needs(
    oxygen: Oxygen, *, home_positive_pressure: bool | None
) -> tuple[OxygenNeed | None, OxygenNeed | None]:
    fio2 = oxygen.fio2_fraction
    match oxygen.device:
        case None:
            needs: tuple[OxygenNeed | None, OxygenNeed | None] = (None, None)
        case "nasal_cannula":
            needs = _cannula(oxygen.flow_l_min)
        case "invasive" if oxygen.reason in REASONS_OTHER_THAN_HYPOXIA:
            if fio2 is None:
                needs = OxygenNeed.AIRWAY_PROTECTION, OxygenNeed.POSITIVE_PRESSURE
            elif fio2 < HIGH_FIO2_FRACTION:
                needs = OxygenNeed.AIRWAY_PROTECTION, OxygenNeed.AIRWAY_PROTECTION
            else:  # then it is hypoxia all the same
                needs = OxygenNeed.POSITIVE_PRESSURE, OxygenNeed.POSITIVE_PRESSURE
        case "cpap" | "bipap" if home_positive_pressure and _as_at_home(oxygen):
            needs = OxygenNeed.ROOM_AIR, OxygenNeed.ROOM_AIR
        case device:
            needs = NEED_BY_DEVICE[device], NEED_BY_DEVICE[device]
    return needs


def _cannula(flow_l_min: float | None) -> tuple[OxygenNeed, OxygenNeed]:
    if flow_l_min is None:
        return OxygenNeed.LOW_FLOW, OxygenNeed.HIGH_FLOW
    if flow_l_min <= LOW_FLOW_LIMIT_L_MIN:
        return OxygenNeed.LOW_FLOW, OxygenNeed.LOW_FLOW
    return OxygenNeed.HIGH_FLOW, OxygenNeed.HIGH_FLOW


def _as_at_home(oxygen: Oxygen) -> bool:
    fio2 = oxygen.fio2_fraction
    added = fio2 is not None and fio2 > ROOM_AIR_FIO2_FRACTION
    return oxygen.reason != HYPOXIA and not added


def _high_fio2(oxygen: Oxygen) -> bool | None:
    if oxygen.fio2_fraction is not None:
        return oxygen.fio2_fraction >= HIGH_FIO2_FRACTION
    return None if _is_doubtful_cannula(oxygen) else False


def _is_doubtful_cannula(oxygen: Oxygen) -> bool:
    flow = oxygen.flow_l_min
    return (
        oxygen.device == CANNULA
        and oxygen.fio2_fraction is None
        and flow is not None
        and DOUBTFUL_FLOW_L_MIN <= flow <= LOW_FLOW_LIMIT_L_MIN
    )
