"""Who lies on the ward. Ages, weights and baselines are made up, within what is usual."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from deploy.simulate.chance import about, happens
from deploy.simulate.products import PRODUCTS, ProductRow
from stream.clinical.circulation import systolic_limit_mmhg
from topics.patients import Sex

BEDS_A_UNIT: Final = 16
CHILDREN_SHARE: Final = 0.8  # of those whose product is given to children
CHILD_YEARS: Final = (2, 17)
ADULT_YEARS: Final = (19, 82)
GROWN_AT_YEARS: Final = 17
TRANSPLANTED_SHARE: Final = 0.2
ACTIVE_EBV_SHARE: Final = 0.05
IMMUNOSUPPRESSED_SHARE: Final = 0.1
HOME_CPAP_SHARE: Final = 0.05
HIGH_FERRITIN_SHARE: Final = 0.1  # before anything was given
ICE_OF_THE_REVIEW_SHARE: Final = 0.25  # by five items of two points each

CUFFS_WITH_MEAN_SHARE: Final = 0.5


@dataclass(frozen=True)
class Person:
    """A patient, before anything happens. Hours are counted from the infusion."""

    patient_id: str
    row: ProductRow
    infused_at: datetime
    age_years: float
    sex: Sex
    weight_kg: float
    height_cm: float
    unit: str
    bed: str
    prior_transplant: bool
    active_ebv: bool
    immunosuppressed: bool
    home_positive_pressure: bool
    ferritin_ng_ml: float
    platelets_10e9_l: float
    hemoglobin_g_dl: float
    resting_pulse_per_min: float
    resting_breaths_per_min: float
    ice_of_the_review: bool
    cuff_says_mean: bool

    def moment(self, hours: float) -> datetime:
        """Return the moment so many hours after the infusion, to the second."""
        return self.infused_at + timedelta(seconds=round(hours * 3600))

    def hours(self, moment: datetime) -> float:
        """Return how many hours after the infusion a moment lies."""
        return (moment - self.infused_at) / timedelta(hours=1)

    @property
    def systolic_limit_mmhg(self) -> float:
        """Below it a systolic pressure is hypotension."""
        return systolic_limit_mmhg(self.age_years)


def draw_person(chance: Random, number: int, infused_at: datetime) -> Person:
    """Draw a patient; every product is as frequent as any other."""
    row = chance.choice(PRODUCTS)
    child = row.with_children and happens(chance, CHILDREN_SHARE)
    age = float(chance.randint(*(CHILD_YEARS if child else ADULT_YEARS)))
    sex = chance.choice((Sex.FEMALE, Sex.MALE))
    height_cm = _height_cm(chance, age, sex)
    pulse = 75.0 if age > GROWN_AT_YEARS else 115.0 - 2.5 * age
    breaths = 14.0 if age > GROWN_AT_YEARS else 26.0 - 0.7 * age
    ferritin = about(chance, 2500 if happens(chance, HIGH_FERRITIN_SHARE) else 450, 0.5)
    return Person(
        patient_id=f"sim-{number:04d}",
        row=row,
        infused_at=infused_at,
        age_years=age,
        sex=sex,
        weight_kg=round(_weight_kg(chance, age, height_cm), 1),
        height_cm=round(height_cm),
        unit=f"{number // BEDS_A_UNIT + 1} West",
        bed=str(number % BEDS_A_UNIT + 1),
        prior_transplant=happens(chance, TRANSPLANTED_SHARE),
        active_ebv=happens(chance, ACTIVE_EBV_SHARE),
        immunosuppressed=happens(chance, IMMUNOSUPPRESSED_SHARE),
        home_positive_pressure=not child and happens(chance, HOME_CPAP_SHARE),
        ferritin_ng_ml=round(ferritin),
        platelets_10e9_l=round(about(chance, 120, 0.4)),
        hemoglobin_g_dl=round(chance.uniform(8.4, 12.5), 1),
        resting_pulse_per_min=chance.gauss(pulse, 5),
        resting_breaths_per_min=chance.gauss(breaths, 1),
        ice_of_the_review=happens(chance, ICE_OF_THE_REVIEW_SHARE),
        cuff_says_mean=happens(chance, CUFFS_WITH_MEAN_SHARE),
    )


def _height_cm(chance: Random, age: float, sex: Sex) -> float:
    grown = chance.gauss(177 if sex is Sex.MALE else 164, 7)
    return grown if age > GROWN_AT_YEARS else grown * (0.42 + 0.58 * age / (GROWN_AT_YEARS + 1))


def _weight_kg(chance: Random, age: float, height_cm: float) -> float:
    heaviness = chance.uniform(20, 32) if age > GROWN_AT_YEARS else chance.uniform(15, 20)
    return heaviness * (height_cm / 100) ** 2
