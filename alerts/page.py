"""One message to one role, in words and in parts: what a sink carries."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.readings import cut
from alerts.routing import Part
from topics.acks import AckAction
from topics.alerts import AlertState, Priority


@dataclass(frozen=True, slots=True)
class Page:
    """A page as a gateway gets it; `page_id` is the same over all its tries and sinks.

    From `subject` on everything is words for people; what is empty is left out. `also` has the
    other pages that travel with it, the sickest patient first.
    """

    page_id: str
    alert_id: str
    revision: int
    patient_id: str | None  # None where the site does not show it
    unit: str | None
    bed: str | None
    rule: str
    priority: Priority
    state: AlertState
    is_open: bool
    at: datetime  # the moment it speaks of
    target: str  # the role
    role: str  # what it is called
    person: str  # who has duty; empty where that is not known
    tier: int
    part: Part
    answer_within: timedelta | None

    subject: str  # one sentence of less than 140 characters, to be read without the rest
    call: str  # who is called, and how soon
    title: str
    who: str
    what: tuple[str, ...]
    why: tuple[str, ...]
    advice: str
    under: str
    source: str
    answer: str
    also: tuple["Page", ...] = ()
    renews: bool = False  # what was told before is told anew: it has to ring again
    answered: AckAction | None = None  # it only tells a gateway of this answer, and calls nobody
    ends: str = ""  # what ends it, while it is open
    link: str = ""  # opens a form that answers; empty where there is none

    @property
    def rows(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Give each part that says something, with its label, in the order of reading."""
        named = (
            ("Who", (self.who,)),
            ("What", self.what),
            ("Why", self.why),
            ("Do", (self.advice,)),
            ("Until", (self.ends,)),
            ("Policy", (self.under,)),
            ("Source", (self.source,)),
            ("Answer", (self.link, self.answer)),
            ("Alert", (f"{self.alert_id}, revision {self.revision}",)),
        )
        for label, lines in named:
            if said := tuple(line for line in lines if line):
                yield label, said

    @property
    def text(self) -> str:
        """The whole message as plain text."""
        lines = [self.call, f"{self.title} ({self.rule})", ""]
        for label, said in self.rows:
            lines += [f"{label}: {said[0]}", *(f"  {more}" for more in said[1:])]
        return "\n\n".join(["\n".join(lines), *(page.text for page in self.also)])

    def fit(self, room: int | None) -> str:
        """Return as much as a target has room for, in characters; None: all of it.

        Where the whole text does not fit, the sentence comes first, and as many lines as fit.
        """
        if room is None or len(self.text) <= room:
            return self.text
        said = cut(self.subject, room)
        for line in filter(None, self.text.splitlines()):
            if len(said) + 1 + len(line) > room:
                break
            said = f"{said}\n{line}"
        return said
