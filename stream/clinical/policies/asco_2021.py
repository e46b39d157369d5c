"""`asco-2021`: the guideline of ASCO, on tocilizumab, steroids and ICE.

Tocilizumab from grade 2; at grade 1 where fever lasts more than 3 days ("manage as grade 2").
Steroids for CRS at once from grade 3; at grade 2 where hypotension lasts after one to two doses of
tocilizumab, read as: when the second may be given, 8 hours after the first; boluses are not always
charted, and not waited for. What follows its 1 to 2 doses is not in CLINICAL.md: the CAR-T senior
is asked, with the review's regimens. At grade 4 the days of the taper count from the first full
dose, and "then MP 1 g x2/d" is read as: where the 500 mg and their taper are not enough. ICANS of
grade 1 is watched, with a steroid from grade 2. ICE at least twice a day. Left out: "consider
earlier" for axi-cel and brexu-cel, and antifungal prophylaxis, which STEROID-PROPHYLAXIS asks for.
Source: Santomasso et al., J Clin Oncol 2021;39:3978-3992, DOI 10.1200/JCO.21.01992; CLINICAL.md
§4.1.
"""

from datetime import timedelta
from types import MappingProxyType
from typing import Final

from stream.clinical.policies.policy import ManagementProfile, TocilizumabTrigger
from stream.clinical.policies.regimen import (
    DEXAMETHASONE_10_Q6H,
    DEXAMETHASONE_10_Q12H,
    Regimen,
    Step,
)
from stream.clinical.policies.thresholds import Site
from stream.clinical.times import HOUR_MS

NAME: Final = "asco-2021"

LIFE_THREATENING: Final = Regimen(
    "methylprednisolone",
    "every 12 h",
    mg=500,
    every_h=12,
    steps=(Step(3, 250), Step(5, 125), Step(7, 60)),
    beyond="where that is not enough, 1 g twice a day",
)

TWICE_FIRST: Final = (
    "for 2 doses, then every 6 to 12 h (the source gives no interval between the 2: ask)"
)
MANAGEMENT: Final = ManagementProfile(
    name=NAME,
    source="ASCO 2021",
    tocilizumab_from_grade=2,
    tocilizumab_trigger=TocilizumabTrigger.GRADE_ALONE,
    steroids_for_crs=MappingProxyType(
        {
            2: (DEXAMETHASONE_10_Q12H._replace(often="every 12 h, 1 to 2 doses", most_doses=2),),
            3: (DEXAMETHASONE_10_Q6H,),
            4: (LIFE_THREATENING,),
        }
    ),
    steroids_for_icans=MappingProxyType(
        {
            2: (Regimen("dexamethasone", TWICE_FIRST, mg=10),),
            3: (
                Regimen("dexamethasone", "every 6 to 12 h", mg=10, every_h=12),
                Regimen("methylprednisolone", "every 12 h", mg_kg=(1, 1), every_h=12),
            ),
            4: (Regimen("methylprednisolone", "daily", mg=1000, every_h=24),),
        }
    ),
    fever_as_grade_2_after=timedelta(days=3),
    fever_longer_than_that=True,
    steroid_at_once_from_grade=3,
    steroid_at_grade_2_for_hypotension=True,
    site=Site(ice_due_ms=12 * HOUR_MS, steroid_after_ms=8 * HOUR_MS),
)
