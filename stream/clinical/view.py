"""A patient as known at one moment: what every rule looks at."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from stream.clinical import bedside
from stream.clinical.bedside import OxygenInUse
from stream.clinical.causes import Spell, lies_in, milder, spells
from stream.clinical.circulation import (
    Circulation,
    circulation_of,
    is_hypotension,
)
from stream.clinical.closing import settled
from stream.clinical.crs import FEVER_C, grade_crs
from stream.clinical.freshness import is_fresh
from stream.clinical.grade import GradeRange
from stream.clinical.illness import CRRT, ECMO_SIGNALS, needs_oxygen
from stream.clinical.infused import one_dose_a_moment
from stream.clinical.masking import BLOCKER_SIGNALS, Mask, blocked_after, masks
from stream.clinical.neuro import Neuro, neuro_of
from stream.clinical.once import once
from stream.clinical.oxygen import (
    ROOM_AIR_BREATHING,
    UNKNOWN_BREATHING,
    Breathing,
    breathing_of,
    held_on,
)
from stream.clinical.patient import Course, Episode, Patient
from stream.clinical.policies.policy import GradingPolicy, ManagementProfile
from stream.clinical.policies.register import GRADING
from stream.clinical.series import Reading, since, up_to
from stream.clinical.signals import (
    AGE,
    HOME_POSITIVE_PRESSURE,
    OXYGEN,
    PRESSURE,
    TEMPERATURE,
    WEIGHT,
    Dose,
    Oxygen,
    Pressure,
    Rate,
    Signal,
    Temperature,
    given,
)
from topics.registry import MEDICATIONS

T = TypeVar("T")

NOTHING_NEEDED: Final = (Circulation.STABLE, Circulation.STABLE)


class View:
    """What is known of a patient at a moment.

    With `until_ms` only what was true until then is looked at, by what is known now: so it can be
    told whether an alert was ever true. Without it everything known is, for it is the present.
    """

    def __init__(
        self,
        patient: Patient,
        at_ms: int,
        management: ManagementProfile,
        *,
        until_ms: int | None = None,
        course: Course | None = None,
    ) -> None:
        self.patient = patient
        self.at_ms, self.until_ms = at_ms, until_ms
        self.management, self.site = management, management.site
        self._spells: dict[str, tuple[Spell, ...]] = {}
        self.course = settled(patient.course if course is None else course, at_ms)

    # Single signals

    def readings(self, signal: Signal[T]) -> Sequence[Reading[T]]:
        """Give the readings of the stay."""
        return bedside.readings_of_stay(self.patient, signal, self.until_ms)

    def latest(self, signal: Signal[T]) -> Reading[T] | None:
        """Give the newest reading of the stay, stale or not."""
        return self.patient.newest(signal, self.patient.stay_from_ms, self.until_ms)

    def every(self, signal: Signal[T]) -> Sequence[Reading[T]]:
        """Give all readings, those from before the infusion too: what runs or was given, holds."""
        readings: Sequence[Reading[T]] = up_to(self.patient.readings(signal), self.until_ms)
        return readings

    def is_running(self, signal: Signal[bool]) -> bool:
        """Tell whether a support runs."""
        return bedside.is_running(self.patient, signal, self.until_ms)

    def attributed(self, domain: str) -> bool:
        """Tell whether a clinician holds another cause for what is found in a domain (DEC-52)."""
        spells = self.spells(domain)
        return bool(spells) and spells[-1].until_ms is None

    def spells(self, domain: str) -> tuple[Spell, ...]:
        """Give the times of the stay in which a clinician held another cause for a domain."""
        if domain not in self._spells:
            self._spells[domain] = spells(self.patient, domain, self.until_ms)
        return self._spells[domain]

    @once
    def age_years(self) -> float | None:
        """Give the age; None is unknown."""
        return bedside.fact(self.patient, AGE)

    @once
    def weight_kg(self) -> float | None:
        """Give the weight; None is unknown."""
        return bedside.fact(self.patient, WEIGHT)

    @once
    def episode(self) -> Episode | None:
        """Give the open episode."""
        if self.course.onset_ms is None:
            return None
        episodes = self.patient.episodes
        return episodes[-1] if episodes and episodes[-1].closed_ms is None else None

    # What the body does

    @once
    def temperature(self) -> Reading[Temperature] | None:
        """Give the newest temperature of the stay."""
        return self.latest(TEMPERATURE)

    @once
    def fever_from_ms(self) -> int | None:
        """Find since when there has been fever, while the newest temperature is one (DEC-9)."""
        return None if self.course.afebrile_from_ms is not None else self.course.fever_from_ms

    @once
    def pressure(self) -> Reading[Pressure] | None:
        """Give the blood pressure that decides."""
        return bedside.pressure_that_decides(self.patient, self.age_years, self.until_ms)

    @once
    def oxygen_in_use(self) -> OxygenInUse | None:
        """Give the oxygen device that decides, and the records that say so."""
        return bedside.oxygen_that_decides(self.patient, self.until_ms)

    @once
    def oxygen(self) -> Reading[Oxygen] | None:
        """Give the oxygen device that decides, with what was last measured on it."""
        used = self.oxygen_in_use
        return None if used is None else used.named._replace(value=used.held())

    @once
    def vasopressors(self) -> Mapping[str, Reading[Rate]]:
        """Give the vasopressors that run."""
        return bedside.running_vasopressors(self.patient, self.until_ms)

    @once
    def tocilizumab(self) -> tuple[Reading[Dose], ...]:
        """Give the doses of tocilizumab that were given in the stay, one a moment."""
        return one_dose_a_moment(self.readings(given("tocilizumab")))

    @once
    def low_pressure(self) -> bool | None:
        """Tell whether the pressure that decides is hypotension; None is unknown."""
        pressure = self.pressure
        return None if pressure is None else is_hypotension(pressure.value, self.age_years)

    @once
    def hypotension(self) -> bool:
        """Tell whether hypotension is proven: a low pressure, or a vasopressor that runs."""
        return bool(self.vasopressors) or self.low_pressure is True

    @once
    def hypoxia(self) -> bool:
        """Tell whether an oxygen need of `manikath-2025` is proven."""
        return needs_oxygen(self.patient, self.until_ms)

    @once
    def masks(self) -> tuple[Mask, ...]:
        """Name what hides a fever now."""
        return tuple(masks(self.patient, self.at_ms, blocked_after(self.course)))

    # The inputs of the grade

    @once
    def fever(self) -> bool | None:
        """Tell whether the fever criterion is met; None is unknown, or hidden in one who is well.

        It is met for a whole episode, and where a fever is masked and the patient is not well.
        """
        if self.course.onset_ms is not None:
            return True
        if self.masks:
            is_ill = self.patient.planned_ms is None and (self.hypotension or self.hypoxia)
            return True if is_ill else None
        temperature = self.temperature
        if temperature is None or not is_fresh(TEMPERATURE, temperature, self.at_ms, self.site):
            return None
        # Outside an episode an IL-6 blocker proves no fever, and leaves none of its absence either.
        last_closed_ms = max((end for _, end in self.course.closed), default=0)
        blockers = [dose for signal in BLOCKER_SIGNALS for dose in self.readings(signal)]
        if any(dose.effective_ms > last_closed_ms for dose in blockers):
            return None
        return temperature.value.celsius >= FEVER_C

    @once
    def circulation(self) -> tuple[Circulation, Circulation | None]:
        """Give the level of circulation: what is proven, and what is possible."""
        running = {drug: reading.value for drug, reading in self.vasopressors.items()}
        lowest, highest = circulation_of(
            running, hypotension=self.low_pressure, weight_kg=self.weight_kg
        )
        newest = self.pressure
        fresh = newest is not None and is_fresh(PRESSURE, newest, self.at_ms, self.site)
        ruled_out = running or (fresh and bedside.is_heard(self.patient, MEDICATIONS))
        return lowest, highest if ruled_out else None

    @once
    def breathing(self) -> Breathing:
        """Give the need of oxygen: what is proven, and what is possible."""
        return self._breathing_of(self.oxygen_in_use)

    def _breathing_of(self, used: OxygenInUse | None) -> Breathing:
        if used is None:
            return UNKNOWN_BREATHING
        home = bedside.fact(self.patient, HOME_POSITIVE_PRESSURE)
        breathing = held_on(
            breathing_of(used.held(), home_positive_pressure=home),
            breathing_of(used.charted(), home_positive_pressure=home),
        )
        if is_fresh(OXYGEN, used.named, self.at_ms, self.site):
            return breathing
        return breathing._replace(highest=None, high_fio2=breathing.high_fio2 or None)

    # Grades

    @once
    def crs(self) -> Mapping[str, GradeRange]:
        """Grade CRS under each policy."""
        haemofiltration = bedside.any_runs(self.patient, (CRRT,), self.until_ms)
        ecmo = bedside.any_runs(self.patient, ECMO_SIGNALS, self.until_ms)
        return {
            policy.name: grade_crs(
                policy.crs,
                fever=self.fever_by(policy),
                circulation=self.circulation_by(policy),
                breathing=self.breathing_by(policy),
                haemofiltration=haemofiltration,
                ecmo=ecmo,
            )
            for policy in GRADING
        }

    # The same without what is due to another cause, where a policy asks for that (DEC-52)

    def fever_by(self, policy: GradingPolicy) -> bool | None:
        """Tell whether the fever criterion is met under a policy."""
        spells = self.spells("fever") if policy.honours_attribution else ()
        if not spells or self.fever is not True:
            return self.fever
        if self.attributed("fever"):
            return False
        onset_ms = self.course.onset_ms
        if onset_ms is None or (self.masks and (self.hypotension or self.hypoxia)):
            return True
        temperatures = since(self.readings(TEMPERATURE), onset_ms)
        fevers = {each.effective_ms for each in temperatures if each.value.celsius >= FEVER_C}
        last = self.course.fever  # it may be older than what is kept
        fevers |= {onset_ms if last is None else last.effective_ms, onset_ms}
        return None if all(lies_in(each, spells) for each in fevers) else True

    def circulation_by(self, policy: GradingPolicy) -> tuple[Circulation, Circulation | None]:
        """Give the level of circulation that counts under a policy."""
        spells = self.spells("hypotension") if policy.honours_attribution else ()
        if not spells:
            return self.circulation
        if self.attributed("hypotension"):
            return NOTHING_NEEDED
        low = self.low_pressure and not self.vasopressors
        if low and self.pressure is not None and lies_in(self.pressure.effective_ms, spells):
            return Circulation.STABLE, None  # of CRS nothing was measured since
        return self.circulation

    def breathing_by(self, policy: GradingPolicy) -> Breathing:
        """Give the need of oxygen that counts under a policy."""
        spells = self.spells("hypoxia") if policy.honours_attribution else ()
        if not spells:
            return self.breathing
        if self.attributed("hypoxia"):
            return ROOM_AIR_BREATHING
        readings = self.readings(OXYGEN)
        outside = [each for each in readings if not lies_in(each.effective_ms, spells)]
        return milder(self.breathing, self._breathing_of(bedside.oxygen_in_use(outside)))

    @once
    def icans(self) -> Mapping[str, Neuro]:
        """Grade ICANS under each policy."""
        return neuro_of(self.patient, self.at_ms, self.site, self.until_ms)
