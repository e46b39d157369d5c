"""HLH-SUSPECT: ferritin above 10 000 ng/mL and another feature of HLH/MAS.

One other feature is P2, two or more are P1. It stands beside HLH-FERRITIN, which looks at ferritin
alone. Results are at most 24 hours old when it is raised; it does not end because they age.
Source: CLINICAL.md §1.5 (review lines 176 to 183), DEC-16, DEC-17, DEC-35, DEC-61.
"""

from types import MappingProxyType
from typing import Final

from stream.clinical.hlh import FEATURE_FACTS, FEATURE_SIGNALS, SUSPECT, Suspicion, suspicion_of
from stream.clinical.rules import evidence, texts
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict, under_every_policy
from stream.clinical.view import View
from topics.alerts import Priority

URGENT_FROM: Final = 2  # other features
IN_WORDS: Final = MappingProxyType(
    {
        "liver": "raised liver tests",
        "triglycerides or fibrinogen": "high triglycerides or low fibrinogen",
    }
)


def judge(view: View) -> Verdict:
    """Hold while ferritin and another feature stand."""
    suspicion = suspicion_of(view)
    if suspicion is None:
        return Verdict(None, None, "Ferritin or the other features no longer speak of HLH.")
    urgent = len(suspicion.others) >= URGENT_FROM
    shown = [each for features in suspicion.others.values() for each in features]
    finding = Finding(
        priorities=under_every_policy(Priority.P1 if urgent else Priority.P2),
        because=tuple(
            evidence.of_result(name, reading)
            for name, reading in (("ferritin", suspicion.ferritin), *shown)
        ),
        advice=lambda: _advice(view, suspicion),
        source="review-2025 L176-183",
    )
    return Verdict(finding)


def _advice(view: View, suspicion: Suspicion) -> str:
    names = ", ".join(map(_said, suspicion.others))
    limit = f"{view.site.hlh_suspect_ferritin_ng_ml:,.10g}".replace(",", " ")
    return texts.joined(
        f"Meets criteria to suspect HLH/MAS: ferritin above {limit} ng/mL with {names}.",
        "Call haematology.",
        texts.hlh_results(view),
    )


def _said(feature: str) -> str:
    return IN_WORDS.get(feature, feature)


RULE: Final = Rule(SUSPECT, Bound.STAY, (*FEATURE_SIGNALS, *FEATURE_FACTS), judge)
