"""The page of every rule, as people looked at it; `python tests/samples.py` writes it anew."""

from pathlib import Path

from builders import NOON
from pager import CONSENSUS, MINUTE, REVIEW, Case, because, graded, line

from alerts.titles import TITLES
from alerts.wording import write
from topics.alerts import Priority

SAMPLES = Path(__file__).parent / "samples.txt"
HEAD = "#### "
PRIORITIES = {  # of CLINICAL.md; the others are P2
    "P1": (
        *("NEURO-EDEMA", "SHOCK24", "REFRACTORY", "DUAL", "OPS-SINK", "ABX-1H"),
        "PRESSOR-PIVOT",
    ),
    "P3": (
        *("ICE-DUE", "ICE-SUBTLE", "DATA-UNIT", "DATA-RANGE", "ABX-NARROW", "OPS-REPLICA"),
        *("STEROID-TAPER", "STEROID-PROPHYLAXIS", "REASSESS", "PRESSOR-ORDER", "LPV"),
    ),
}


def sample(rule: str) -> str:
    """Write the sentence and the whole page of a rule, for a patient who is the same in all."""
    priority = next((each for each, rules in PRIORITIES.items() if rule in rules), "P2")
    is_ours = rule.startswith("OPS-")
    readings = (
        because("systolic_mmhg", 86.0),
        because("norepinephrine", 8.0, unit="ug/min", effective_at=NOON - MINUTE),
    )
    case = Case()
    case.hears(
        line(
            rule=rule,
            priority=priority,
            priorities={} if is_ours else dict.fromkeys((REVIEW, CONSENSUS), Priority(priority)),
            because=() if is_ours else readings,
            crs=None if is_ours else {REVIEW: graded(2), CONSENSUS: graded(3)},
            icans={REVIEW: graded(1), CONSENSUS: graded(2)} if rule == "ICANS-UP" else None,
            management="" if is_ours else REVIEW,
            advice="What the rule advises.",
            source="where the rule is from",
        )
    )
    page = write(case.known, case.known.sends[0], case.policy)
    return f"{page.subject}\n\n{page.text}\n"


def written() -> dict[str, str]:
    """Read the pages as they were last looked at."""
    found = {}
    for part in SAMPLES.read_text(encoding="utf-8").split(HEAD)[1:]:
        rule, _, text = part.partition("\n")
        found[rule] = text.rstrip("\n") + "\n"
    return found


if __name__ == "__main__":
    texts = (f"{HEAD}{rule}\n{sample(rule)}" for rule in TITLES)
    SAMPLES.write_text("\n".join(texts), encoding="utf-8")
