"""COINFECTION: at grade 3 or more CRS and infection may both be there; it is said, not paged.

Source: CLINICAL.md §1.5 (review line 191), §6. The review's figure of up to 25 % has an unverified
citation (§1.10) and is not quoted.
"""

from typing import Final

from stream.clinical.rules import evidence
from stream.clinical.rules.crs_up import GRADE_INPUTS, in_words, next_change_ms
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict
from stream.clinical.view import View
from topics.alerts import Priority

FROM_GRADE: Final = 3


def judge(view: View) -> Verdict:
    """Hold under each policy by whose grade CRS is severe."""
    severe = {n: grade.lowest for n, grade in view.crs.items() if grade.lowest >= FROM_GRADE}
    if not severe:
        return Verdict(None, next_change_ms(view), "CRS is below grade 3.")
    finding = Finding(
        priorities=dict.fromkeys(severe, Priority.INFO),
        because=evidence.of_grade(view),
        advice=lambda: (
            f"Meets criteria for CRS {in_words(severe)}: CRS and infection may both be there. "
            "Treat for both until infection is excluded."
        ),
        source="review-2025 L191",
        grades=severe,
    )
    return Verdict(finding, next_change_ms(view))


RULE: Final = Rule("COINFECTION", Bound.EPISODE, GRADE_INPUTS, judge)
