"""Several pages to the same people in one message: what is read first is about the sickest."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid5

from alerts.page import Page
from alerts.readings import cut
from alerts.sentences import SENTENCE_MAX
from topics.alerts import NAMESPACE


def together(pages: Sequence[Page]) -> Page:
    """Put pages into one, the first of them first. One alone stays as it is.

    The message has an id of its own, made of theirs: the same pages are the same message.
    """
    first, *others = pages
    if not others:
        return first
    patients = {page.patient_id or (page.unit, page.bed) for page in pages}
    more = f" (+{len(others)} more)"
    if len(patients) > 1:
        more = f" (+{len(others)} more, {len(patients)} patients)"
    return replace(
        first,
        page_id=str(uuid5(NAMESPACE, "|".join(page.page_id for page in pages))),
        subject=cut(first.subject, SENTENCE_MAX - len(more)) + more,
        call=f"{first.call}{more}",
        also=tuple(others),
    )
