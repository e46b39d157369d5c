"""The silence of a feed, or of the way of pages, as that of a patient who is made up.

Such a patient has a pulse alone, which the probe writes: none (0) while a feed is silent, and for a
loop the seconds for which it holds. A feed's holds until it is said otherwise, so that of a probe
that has ended the loops alone tell.
Source: DESIGN ("The pager"): a feed that stopped; a page that does not come back.
"""

from typing import Final

from stream.clinical.rules.rule import Evidence, Finding, Verdict, under_every_policy
from stream.clinical.signals import HEART_RATE
from stream.clinical.view import View
from topics.alerts import Priority
from topics.reserved import feed_of, is_probe

SECOND_MS: Final = 1_000


def judge(view: View) -> Verdict:
    """Hold while a feed has no pulse, or the pulse of a loop is older than it holds."""
    newest = view.patient.newest(HEART_RATE, None, view.until_ms)
    if newest is None or is_probe(view.patient.patient_id):
        return Verdict(None)
    feed = feed_of(view.patient.patient_id)
    if feed is None:
        late_ms = newest.effective_ms + round(newest.value * SECOND_MS) + 1
        if view.at_ms < late_ms:
            return Verdict(None, late_ms, "Pages come back.")
        what = "Alarms of made-up patients do not come back as pages: nobody may be told"
    elif newest.value > 0:
        return Verdict(None, None, "It comes again, or nobody is there to be told of.")
    else:
        what = f"Nothing comes of the feed {feed}: patients may be unseen"
    finding = Finding(
        priorities=under_every_policy(Priority.P1 if feed is None else Priority.P2),
        because=(Evidence("feed", feed or "pages", None, newest.effective_ms, newest.event_id),),
        advice=lambda: f"{what}. Tell the wards to watch by hand, then see the runbook.",
        source="Stormwatch itself",
    )
    return Verdict(finding)
