"""NEURO-EDEMA: edema of the brain on an image, or signs of raised pressure in the skull.

Always P1, whatever the policy and whatever the cause: the review's table has no row for it, and a
brain that swells for another reason herniates as well.
Source: CLINICAL.md §1.9 DEC-25, DEC-56, §2.4 D20 and D21.
"""

from typing import Final

from stream.clinical.rules.icans_up import of_finding
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict, under_every_policy
from stream.clinical.signals import neuro_sign
from stream.clinical.view import View
from topics.alerts import Priority

EDEMA_SIGNS: Final = (
    "focal_edema",
    "diffuse_edema",
    "impending_herniation",
    "posturing",
    "papilledema",
    "cn6_palsy",
    "cushing_triad",
)


def judge(view: View) -> Verdict:
    """Hold while one of the signs is there."""
    latest = {sign: view.latest(neuro_sign(sign)) for sign in EDEMA_SIGNS}
    found = {sign: last for sign, last in latest.items() if last is not None and last.value}
    if not found:
        return Verdict(None, None, "The signs of brain edema have gone.")
    finding = Finding(
        priorities=under_every_policy(Priority.P1),
        because=tuple(of_finding(sign, last) for sign, last in found.items()),
        advice=lambda: (
            "Signs of brain edema or raised intracranial pressure: call intensive care, neurology "
            "and neurosurgery now. Head up 30 degrees; hyperosmolar therapy and high-dose steroid "
            "by your protocol; urgent imaging."
        ),
        source="Lee 2019; Stormwatch DEC-25",
    )
    return Verdict(finding)


RULE: Final = Rule(
    "NEURO-EDEMA", Bound.STAY, tuple(neuro_sign(sign) for sign in EDEMA_SIGNS), judge, lasting=True
)
