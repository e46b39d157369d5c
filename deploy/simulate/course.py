"""The hidden course of a patient: what truly happens, before anybody measures or treats.

A storm has stages. Each has a consensus grade (Lee 2019, table 2), and the needs of circulation
and breathing that make it. The course does not follow the treatment, but for fever and IL-6: what
is late or forgotten is for the watch to find, not to be punished.

When and for how long comes from `products`. What is published nowhere is an assumption of this
simulation, a named constant here: how grades divide below and above 3, infections, HLH, deaths.
"""

from dataclasses import dataclass
from enum import IntEnum
from random import Random
from typing import Final, NamedTuple

from deploy.simulate.chance import about, draw_days, happens
from deploy.simulate.people import Person
from deploy.simulate.products import NEURO_DURATION, NEURO_PERCENT
from topics.labs import Specimen

GRADE_2_SHARE: Final = 0.55  # of those with grade 1 or 2
GRADE_4_SHARE: Final = 0.3  # of those with grade 3 or 4
NEURO_SEVERE_SHARE: Final = 0.3  # of those with neurotoxicity
HLH_SHARE: Final = 0.08  # of those with CRS
INFECTION_SHARE: Final = 0.2
SEPSIS_SHARE: Final = 0.4  # of infections
DEATH_SHARE: Final = 0.15  # of those with grade 4, or with sepsis
SEVERE: Final = 3
HIGHEST_GRADE: Final = 4

STAY_D: Final = (11.0, 16.0)  # of who stays well
AFTER_STORM_H: Final = (36.0, 72.0)
INFECTION_D: Final = (5.0, 14.0)
INFECTION_LASTS_H: Final = (48.0, 144.0)
HLH_LASTS_H: Final = (96.0, 192.0)
# How much of a storm each part of it takes: the way up, the height, the way down, the end.
STEP_UP: Final = (0.6, 1.6)
HEIGHT: Final = (1.5, 3.0)
STEP_DOWN: Final = (0.5, 1.5)
ORGANISMS: Final = (
    ("Escherichia coli", Specimen.BLOOD),
    ("Klebsiella pneumoniae", Specimen.BLOOD),
    ("Pseudomonas aeruginosa", Specimen.BLOOD),
    ("Staphylococcus epidermidis", Specimen.BLOOD),
    ("Aspergillus fumigatus", Specimen.RESPIRATORY),
    ("Enterococcus faecium", Specimen.URINE),
)


class Shock(IntEnum):
    """What the circulation needs; each level makes one grade more than its number."""

    NONE = 0
    FLUIDS = 1
    VASOPRESSOR = 2
    SEVERAL = 3


class Lungs(IntEnum):
    """What breathing needs; each level makes one grade more than its number."""

    ROOM_AIR = 0
    LOW_FLOW = 1
    HIGH_FLOW = 2
    POSITIVE_PRESSURE = 3


class Stage(NamedTuple):
    """A part of a storm, in hours after the infusion."""

    from_h: float
    until_h: float
    grade: int
    shock: Shock = Shock.NONE
    lungs: Lungs = Lungs.ROOM_AIR


class Infection(NamedTuple):
    """An infection, and whether it is a sepsis."""

    stages: tuple[Stage, ...]
    organism: str
    specimen: Specimen
    sepsis: bool


class Hlh(NamedTuple):
    """A hyperinflammation that comes when CRS should go: ferritin is what shows it."""

    from_h: float
    until_h: float
    ferritin_ng_ml: float


@dataclass(frozen=True)
class Course:
    """All that happens to a patient, in hours after the infusion. A storm's stages adjoin."""

    crs: tuple[Stage, ...]
    neuro: tuple[Stage, ...]
    infection: Infection | None
    hlh: Hlh | None
    crs_ferritin_ng_ml: float  # at the height of CRS
    ends_h: float
    dies: bool

    @property
    def begins_h(self) -> float | None:
        """When the first thing happens; None where nothing does."""
        infected = self.infection.stages if self.infection else ()
        begins = [stages[0].from_h for stages in (self.crs, self.neuro, infected) if stages]
        return min(begins, default=None)

    @property
    def peak(self) -> int:
        """The highest grade of CRS."""
        return max((stage.grade for stage in self.crs), default=0)

    def stages_at(self, hours: float) -> list[Stage]:
        """Give the stages of CRS and of infection that the body is in."""
        infected = self.infection.stages if self.infection else ()
        return [each for each in (*self.crs, *infected) if each.from_h <= hours < each.until_h]


def draw_course(chance: Random, person: Person) -> Course:
    """Draw what happens to a patient, as published for the product."""
    row = person.row
    peak = _grade(chance, row.crs_percent, row.crs_severe_percent, GRADE_4_SHARE)
    onset_h = 24 * draw_days(chance, row.crs_onset)
    crs = _storm(chance, onset_h, 24 * draw_days(chance, row.crs_duration), peak)
    severe = NEURO_PERCENT * NEURO_SEVERE_SHARE
    neuro_peak = _grade(chance, NEURO_PERCENT, severe, GRADE_4_SHARE)
    neuro_onset_h = 24 * draw_days(chance, row.neuro_onset)
    lasts_h = 24 * draw_days(chance, row.neuro_duration or NEURO_DURATION)
    neuro = _storm(chance, neuro_onset_h, lasts_h, neuro_peak)
    infection = _infection(chance) if happens(chance, INFECTION_SHARE) else None
    hlh = _hlh(chance, crs) if crs and happens(chance, HLH_SHARE) else None
    endangered = peak == HIGHEST_GRADE or (infection is not None and infection.sepsis)
    dies = endangered and happens(chance, DEATH_SHARE)
    fatal = crs if peak == HIGHEST_GRADE else infection.stages if infection else ()
    ends = [each[-1].until_h for each in (crs, neuro) if each]
    ends += [infection.stages[-1].until_h] if infection else []
    ends += [hlh.until_h] if hlh else []
    last_h = max(ends, default=0.0) + chance.uniform(*AFTER_STORM_H)
    discharged_h = max(24 * chance.uniform(*STAY_D), last_h)
    return Course(
        crs=crs,
        neuro=neuro,
        infection=infection,
        hlh=hlh,
        crs_ferritin_ng_ml=about(chance, 900 * 2.2**peak, 0.5),
        ends_h=_death_h(fatal) if dies else discharged_h,
        dies=dies,
    )


def _grade(chance: Random, percent: float, severe_percent: float, highest_share: float) -> int:
    """Draw the highest grade, 0 for none."""
    part = 100 * chance.random()
    if part >= percent:
        return 0
    if part < severe_percent:
        return SEVERE + happens(chance, highest_share)
    return 1 + happens(chance, GRADE_2_SHARE)


def _storm(chance: Random, onset_h: float, lasts_h: float, peak: int) -> tuple[Stage, ...]:
    """Lay out the stages: up to the peak grade by grade, then down again."""
    if peak == 0:
        return ()
    grades = [*range(1, peak), peak, *range(peak - 1, 0, -1)]
    spans = [STEP_UP] * (peak - 1) + [HEIGHT] + [STEP_DOWN] * (peak - 1)
    weights = [chance.uniform(*span) for span in spans]
    leads = chance.choice(("shock", "lungs", "both"))
    stages: list[Stage] = []
    from_h = onset_h
    for grade, weight in zip(grades, weights, strict=True):
        until_h = from_h + lasts_h * weight / sum(weights)
        shock = grade - 1 if leads != "lungs" else max(0, grade - 2)
        lungs = grade - 1 if leads != "shock" else max(0, grade - 2)
        stages.append(Stage(from_h, until_h, grade, Shock(shock), Lungs(lungs)))
        from_h = until_h
    return tuple(stages)


def _infection(chance: Random) -> Infection:
    onset_h, lasts_h = 24 * chance.uniform(*INFECTION_D), chance.uniform(*INFECTION_LASTS_H)
    sepsis = happens(chance, SEPSIS_SHARE)
    organism, specimen = chance.choice(ORGANISMS)
    stages = _storm(chance, onset_h, lasts_h, chance.choice((2, 3, 4)) if sepsis else 1)
    return Infection(stages, organism, specimen, sepsis)


def _hlh(chance: Random, crs: tuple[Stage, ...]) -> Hlh:
    onset_h = (crs[0].from_h + 2 * crs[-1].until_h) / 3
    until_h = onset_h + chance.uniform(*HLH_LASTS_H)
    return Hlh(onset_h, until_h, about(chance, 45_000, 0.7))


def _death_h(stages: tuple[Stage, ...]) -> float:
    """At the end of the worst stage."""
    return max(stages, key=lambda stage: stage.grade).until_h
