"""What a laboratory would find in a body: one row an analyte.

A value lies between that of a well patient and that at the height of CRS grade 4, of HLH or of a
sepsis; where several act, the one that moves it furthest decides. The numbers are made up so that
the features of the review are seen in those who have them (CLINICAL.md §1.5), and data of nobody.
"""

import math
from random import Random
from types import MappingProxyType
from typing import Final, NamedTuple

from deploy.simulate.body import Body
from deploy.simulate.chance import about
from deploy.simulate.course import HIGHEST_GRADE, Course
from deploy.simulate.people import Person
from topics.labs import Analyte
from topics.limits import HARD_LIMITS


class Row(NamedTuple):
    """Values in the canonical unit: of a well patient, and at the height of each storm."""

    well: float
    crs: float
    hlh: float
    sepsis: float
    noise: float = 0.1  # of the logarithm
    digits: int = 1


A: Final = Analyte
ROWS: Final = MappingProxyType(
    {
        A.CRP: Row(6, 190, 120, 230, 0.15),
        A.IL6: Row(6, 6000, 900, 600, 0.4),
        A.PROCALCITONIN: Row(0.1, 2.5, 1.5, 22, 0.25, 2),
        A.LACTATE: Row(1.1, 3.2, 2.5, 6.5, 0.15),
        A.FIBRINOGEN: Row(380, 240, 95, 450, 0.08, 0),
        A.TRIGLYCERIDES: Row(140, 210, 430, 160, 0.1, 0),
        A.BILIRUBIN_TOTAL: Row(0.6, 1.4, 3.9, 1.8, 0.1),
        A.AST: Row(24, 140, 900, 80, 0.12, 0),
        A.ALT: Row(25, 110, 750, 70, 0.12, 0),
        A.LDH: Row(210, 520, 1800, 380, 0.1, 0),
        A.CREATININE: Row(0.8, 1.7, 1.9, 2.6, 0.08, 2),
        A.D_DIMER: Row(450, 4500, 12_000, 5000, 0.2, 0),
        A.INR: Row(1.1, 1.4, 1.9, 1.7, 0.04, 2),
        A.APTT: Row(31, 39, 58, 44, 0.05, 0),
        A.TROPONIN: Row(8, 70, 30, 60, 0.3, 0),
        A.BNP: Row(40, 600, 200, 500, 0.3, 0),
        A.NT_PROBNP: Row(130, 2800, 900, 2400, 0.3, 0),
        A.SIL2R: Row(600, 8000, 30_000, 3000, 0.2, 0),
        A.PAO2: Row(88, 80, 85, 78, 0.1, 0),
        A.PACO2: Row(38, 42, 38, 34, 0.08, 0),
        A.CMV_DNA: Row(60, 60, 400, 200, 0.8, 0),
        A.EBV_DNA: Row(40, 40, 200, 80, 0.8, 0),
    }
)
CELLS_WELL: Final = MappingProxyType({A.WBC: 4.5, A.ANC: 2.8})  # 10*9/L
FERRITIN_OF_SEPSIS_NG_ML: Final = 2500.0
PLATELETS_OF_HLH_10E9_L: Final = 12.0
HEMOGLOBIN_OF_HLH_G_DL: Final = 6.9
NADIR_PART: Final = 0.03  # of cells that are left
NADIR_PLATELETS_PART: Final = 0.35
NADIR_HEMOGLOBIN_PART: Final = 0.85
IL6_UNDER_BLOCKADE: Final = 15.0  # times higher: its receptor is blocked (CLINICAL.md §1.2)


class Findings:
    """The values of one patient at any time, in the canonical unit of each analyte."""

    def __init__(self, chance: Random, person: Person, course: Course, body: Body) -> None:
        self._chance, self._person, self._course, self._body = chance, person, course, body

    def find(self, analyte: Analyte, hours: float, *, blocked: bool) -> float:
        """Measure an analyte; `blocked` tells that an IL-6 blocker was given."""
        row = self._row(analyte, hours)
        causes = (
            (row.crs, min(1.0, self._body.crs(hours) / HIGHEST_GRADE)),
            (row.hlh, self._body.hlh(hours)),
            (row.sepsis, min(1.0, self._body.infection(hours) / HIGHEST_GRADE)),
        )
        moved = [part * math.log(height / row.well) for height, part in causes]
        value = row.well * math.exp(max(moved, key=abs))
        if blocked and analyte is A.IL6:
            value *= IL6_UNDER_BLOCKADE
        low, high = HARD_LIMITS[analyte]
        return min(high, max(low, round(about(self._chance, value, row.noise), row.digits)))

    def _row(self, analyte: Analyte, hours: float) -> Row:
        """Give the row of an analyte; those that depend on the patient are made here."""
        down = self._body.marrow(hours)
        person = self._person
        if analyte is A.FERRITIN:
            hlh = self._course.hlh.ferritin_ng_ml if self._course.hlh else person.ferritin_ng_ml
            # The row is that of grade 4; this patient's height lies at the own peak.
            part = HIGHEST_GRADE / max(1, self._course.peak)
            crs = (
                person.ferritin_ng_ml
                * (self._course.crs_ferritin_ng_ml / person.ferritin_ng_ml) ** part
            )
            return Row(person.ferritin_ng_ml, crs, hlh, FERRITIN_OF_SEPSIS_NG_ML, 0.06, 0)
        if analyte is A.PLATELETS:
            well = person.platelets_10e9_l * (1 - (1 - NADIR_PLATELETS_PART) * down)
            return Row(well, well * 0.6, PLATELETS_OF_HLH_10E9_L, well * 0.6, 0.06, 0)
        if analyte is A.HEMOGLOBIN:
            well = person.hemoglobin_g_dl * (1 - (1 - NADIR_HEMOGLOBIN_PART) * down)
            return Row(well, well * 0.95, HEMOGLOBIN_OF_HLH_G_DL, well * 0.95, 0.03)
        if analyte in CELLS_WELL:
            well = CELLS_WELL[analyte] * (1 - (1 - NADIR_PART) * down)
            return Row(well, well, well / 2, well, 0.15, 2)
        return ROWS[analyte]
