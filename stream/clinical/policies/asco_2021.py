"""`asco-2021`: the guideline of ASCO, as far as tocilizumab and ICE go.

Tocilizumab from grade 2; at grade 1 where fever lasts more than 3 days ("manage as grade 2"). ICE
at least twice a day.
Source: Santomasso et al., J Clin Oncol 2021;39:3978-3992, DOI 10.1200/JCO.21.01992.
"""

from datetime import timedelta
from typing import Final

from stream.clinical.policies.policy import ManagementProfile, TocilizumabTrigger

NAME: Final = "asco-2021"

MANAGEMENT: Final = ManagementProfile(
    name=NAME,
    source="ASCO 2021",
    tocilizumab_from_grade=2,
    tocilizumab_trigger=TocilizumabTrigger.GRADE_ALONE,
    fever_as_grade_2_after=timedelta(days=3),
    ice_due_after=timedelta(hours=12),
)
