"""The units that we know for each signal, and what a value in them is in the canonical unit.

One line a unit, so that a clinician can check it. A unit that is not here is looked up in UCUM
(`topics.units`), but for the signals of `EXACT`.

Source: CLINICAL.md 5.1, column `accepted`; 5.3 for vasopressin and for what `U` means.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

SIGNIFICANT_DIGITS: Final = 12


class Factor(NamedTuple):
    """What a value becomes in the canonical unit: (value - minus) x times / over."""

    times: float = 1.0
    over: float = 1.0
    minus: float = 0.0

    def apply(self, value: float) -> float:
        """Return a value in the canonical unit; one that is in it stays exactly as it was sent."""
        if self == SAME:
            return value
        return _without_tail((value - self.minus) * self.times / self.over)

    def undo(self, value: float) -> float:
        """Return a canonical value in the accepted unit."""
        if self == SAME:
            return value
        return _without_tail(value * self.over / self.times + self.minus)


def _without_tail(value: float) -> float:
    """Take off what binary fractions leave: 100.4 [degF] is 38.0 Cel, not 38.00000000000001.

    A threshold that the sender's display shows as reached must be reached here too. A float carries
    15 digits, a reading 5 at most: 12 lose nothing that was measured.
    """
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}")


class Scale(NamedTuple):
    """A canonical unit, and the units that can be converted into it."""

    canonical: str
    others: Mapping[str, Factor] = MappingProxyType({})


SAME: Final = Factor()

_PER_MIN: Final = Scale("/min", {"/s": Factor(times=60.0), "/h": Factor(over=60.0)})
_PRESSURE: Final = Scale("mm[Hg]", {"kPa": Factor(times=7.50062)})
_AIRWAY: Final = Scale("cm[H2O]", {"mbar": Factor(times=1.01972)})
_PERCENT: Final = Scale("%", {"1": Factor(times=100.0)})
_ENZYME: Final = Scale(
    "U/L",
    {
        "IU/L": SAME,  # the enzyme unit is meant, in practice
        "[IU]/L": SAME,
        "ukat/L": Factor(times=60.0),
    },
)
_CELLS: Final = Scale(
    "10*9/L",
    {
        "10*3/uL": SAME,
        "10*3/mm3": SAME,
        "10*6/mL": SAME,
        "/nL": SAME,
        "K/uL": SAME,  # thousands; in UCUM it would be kelvin
        "G/L": SAME,  # giga; in UCUM it would be gauss
        "Gpt/L": SAME,
        "/uL": Factor(over=1e3),
        "/mm3": Factor(over=1e3),
        "10*6/L": Factor(over=1e3),
        "/mL": Factor(over=1e6),
        "/L": Factor(over=1e9),
        "10*12/L": Factor(times=1e3),
    },
)
_PEPTIDE: Final = Scale("pg/mL", {"ng/L": SAME})
# International units and copies are never converted into each other.
_DNA: Final = (
    Scale("[IU]/mL", {"IU/mL": SAME}),
    Scale("{copies}/mL", {"{Copies}/mL": SAME, "{copy}/mL": SAME, "copies/mL": SAME}),
)

_MINUTES: Final = {"min": 1.0, "h": 60.0, "d": 1440.0}
_UG: Final = {"ng": Factor(over=1e3), "ug": SAME, "mg": Factor(1e3), "g": Factor(1e6)}
# U is the enzyme unit in UCUM, and what pumps call an international unit of vasopressin.
_IU: Final = {
    f"{milli}{unit}": Factor(over=over)
    for milli, over in (("", 1.0), ("m", 1000.0))
    for unit in ("[IU]", "[USP'U]", "IU", "U")
}


def _per_span(units: Mapping[str, Factor], weight: str = "") -> dict[str, Factor]:
    return {
        f"{unit}{weight}/{span}": Factor(factor.times, factor.over * minutes)
        for unit, factor in units.items()
        for span, minutes in _MINUTES.items()
    }


# A rate by weight needs the patient's weight, so it stays one.
_RATE: Final = (Scale("ug/min", _per_span(_UG)), Scale("ug/kg/min", _per_span(_UG, "/kg")))
_RATE_OF_VASOPRESSIN: Final = Scale("[IU]/min", _per_span(_IU))

# The first scale of a signal gives its canonical unit.
ACCEPTED: Final[Mapping[str, tuple[Scale, ...]]] = MappingProxyType(
    {
        # Vitals.
        "temperature_c": (
            Scale(
                "Cel",
                {
                    "[degF]": Factor(minus=32.0, times=5.0, over=9.0),
                    "K": Factor(minus=273.15),
                    "C": SAME,  # in UCUM coulomb
                    "F": Factor(minus=32.0, times=5.0, over=9.0),  # in UCUM farad
                },
            ),
        ),
        "heart_rate_per_min": (_PER_MIN,),
        "respiratory_rate_per_min": (_PER_MIN,),
        "systolic_mmhg": (_PRESSURE,),
        "diastolic_mmhg": (_PRESSURE,),
        "mean_arterial_mmhg": (_PRESSURE,),
        "spo2_percent": (_PERCENT,),
        "flow_l_min": (Scale("L/min", {"mL/min": Factor(over=1000.0)}),),
        "fio2_fraction": (Scale("1", {"%": Factor(over=100.0)}),),
        "tidal_volume_ml": (Scale("mL", {"L": Factor(times=1000.0)}),),
        "plateau_cmh2o": (_AIRWAY,),
        "peep_cmh2o": (_AIRWAY,),
        # Labs.
        "ferritin": (Scale("ng/mL", {"ug/L": SAME, "pmol/L": Factor(times=0.445)}),),
        "crp": (Scale("mg/L", {"mg/dL": Factor(times=10.0)}),),
        "il6": (Scale("pg/mL", {"ng/L": SAME}),),
        "procalcitonin": (Scale("ng/mL", {"ug/L": SAME}),),
        "lactate": (Scale("mmol/L", {"mg/dL": Factor(over=9.008)}),),
        "fibrinogen": (Scale("mg/dL", {"g/L": Factor(times=100.0)}),),
        "triglycerides": (Scale("mg/dL", {"mmol/L": Factor(times=88.57)}),),
        "bilirubin_total": (Scale("mg/dL", {"umol/L": Factor(over=17.104)}),),
        "ast": (_ENZYME,),
        "alt": (_ENZYME,),
        "ldh": (_ENZYME,),
        "platelets": (_CELLS,),
        "hemoglobin": (Scale("g/dL", {"g/L": Factor(over=10.0), "mmol/L": Factor(times=1.611)}),),
        "wbc": (_CELLS,),
        "anc": (_CELLS,),
        "creatinine": (Scale("mg/dL", {"umol/L": Factor(over=88.42)}),),
        "d_dimer": (
            Scale(
                "ng/mL{FEU}",
                {
                    "ug/L{FEU}": SAME,
                    "ug/mL{FEU}": Factor(times=1000.0),
                    "mg/L{FEU}": Factor(times=1000.0),
                    "ng/mL{DDU}": Factor(times=2.0),
                    "ug/L{DDU}": Factor(times=2.0),
                    "ug/mL{DDU}": Factor(times=2000.0),
                    "mg/L{DDU}": Factor(times=2000.0),
                },
            ),
        ),
        "inr": (Scale("1", {"{INR}": SAME, "{ratio}": SAME, "INR": SAME}),),
        "aptt": (Scale("s"),),
        "troponin": (Scale("ng/L", {"pg/mL": SAME}),),
        "bnp": (_PEPTIDE,),
        "nt_probnp": (_PEPTIDE,),
        "sil2r": (  # never a mass
            Scale(
                "U/mL", {"kU/L": SAME, "U/L": Factor(over=1000.0), "[IU]/mL": SAME, "IU/mL": SAME}
            ),
        ),
        "pao2": (_PRESSURE,),
        "paco2": (_PRESSURE,),
        "cmv_dna": _DNA,
        "ebv_dna": _DNA,
        # The patient, and what is measured of him.
        "weight_kg": (Scale("kg", {"[lb_av]": Factor(times=0.45359237)}),),
        "height_cm": (Scale("cm", {"[in_i]": Factor(times=2.54)}),),
        "lvef_percent": (_PERCENT,),
        "volume_ml": (Scale("mL", {"L": Factor(times=1000.0)}),),
        "dose_mg": (Scale("mg", {"ug": Factor(over=1000.0), "g": Factor(times=1000.0)}),),
        # Rates of what supports the circulation.
        "norepinephrine": _RATE,
        "epinephrine": _RATE,
        "phenylephrine": _RATE,
        "dopamine": _RATE,
        "dobutamine": _RATE,
        "milrinone": _RATE,
        "angiotensin_ii": _RATE,
        "vasopressin": (_RATE_OF_VASOPRESSIN,),
    }
)

# For these an annotation in braces is part of the meaning, not a remark as it is in UCUM.
ANNOTATED: Final = frozenset({"d_dimer", "cmv_dna", "ebv_dna"})

# UCUM is not asked about these. To a library a cell, an [IU] and a percent are all the number one,
# and it would take a catalytic activity for sIL-2R.
EXACT: Final = frozenset(
    {"temperature_c", "heart_rate_per_min", "respiratory_rate_per_min"}
    | {"spo2_percent", "fio2_fraction", "lvef_percent", "inr"}
    | {"platelets", "wbc", "anc", "sil2r"}
    | ANNOTATED
    | {signal for signal, scales in ACCEPTED.items() if scales in (_RATE, (_RATE_OF_VASOPRESSIN,))}
)
