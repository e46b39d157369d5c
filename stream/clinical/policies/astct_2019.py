"""`astct-2019`: the consensus of the ASTCT.

Source: Lee et al., BBMT 2019;25:625-638, the tables of CRS, ICE and ICANS,
DOI 10.1016/j.bbmt.2018.12.758.
"""

from typing import Final

from stream.clinical import crs, icans
from stream.clinical.policies.policy import GradingPolicy

NAME: Final = "astct-2019"

GRADING: Final = GradingPolicy(
    name=NAME,
    source="Lee 2019",
    crs=crs.CONSENSUS,
    icans=icans.CONSENSUS,
    honours_attribution=True,
)
