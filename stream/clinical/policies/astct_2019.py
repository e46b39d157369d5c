"""`astct-2019`: the consensus of the ASTCT.

Source: Lee et al., BBMT 2019;25:625-638, table 2, DOI 10.1016/j.bbmt.2018.12.758.
"""

from typing import Final

from stream.clinical import crs
from stream.clinical.policies.policy import GradingPolicy

NAME: Final = "astct-2019"

GRADING: Final = GradingPolicy(
    name=NAME,
    source="Lee 2019 table 2",
    crs=crs.CONSENSUS,
    honours_attribution=True,
)
