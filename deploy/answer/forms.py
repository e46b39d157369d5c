"""The one page that a link opens: plain HTML, for a phone, at night, without scripts."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from html import escape
from types import MappingProxyType
from typing import Final, NamedTuple

from alerts.policy import Policy
from alerts.readings import ago, clean, clock_time, doubts, moment, reading
from alerts.routing import Target
from alerts.sentences import grades_of, who_of
from alerts.titles import title_of
from deploy.answer.board import Entry
from deploy.answer.style import STYLE
from topics.alerts import Priority
from topics.pages import Outcome, PageLine

READINGS_MAX: Final = 6
NAME_MAX: Final = 80  # characters
NOTE_MAX: Final = 300
SNOOZE: Final = timedelta(minutes=15)

COLOURS: Final = MappingProxyType(
    {Priority.P1: "p1", Priority.P2: "p2", Priority.P3: "p3", Priority.INFO: "p3"}
)
SAID: Final = MappingProxyType(
    {
        Outcome.ACKNOWLEDGED: "has it",
        Outcome.UNACKNOWLEDGED: "gave it back",
        Outcome.SNOOZED: "snoozed it",
        Outcome.CLOSED: "closed it",
    }
)


class Form(NamedTuple):
    """What is shown of an alert, to whom, and what was wrong with the last try."""

    entry: Entry
    policy: Policy
    person: str
    now: datetime
    expires: datetime
    wrong: str = ""


def form_of(form: Form) -> str:
    """Write the page that asks for an answer."""
    body = [_head(form), _facts(form), _answers(form.entry.answers, form.now)]
    if form.entry.is_open:
        body.append(_form(form))
    else:
        body.append('<p class="over">This alert is over. Nothing more has to be done for it.</p>')
    return _page(f"{_priority(form)} {title_of(form.entry.line.rule)}", "\n".join(body))


def message_of(title: str, *lines: str, good: bool = False) -> str:
    """Write a page that says one thing."""
    said = "\n".join(f"<p>{escape(line)}</p>" for line in lines)
    mark = "good" if good else "plain"
    return _page(title, f'<header class="{mark}"><h1>{escape(title)}</h1></header>\n{said}')


def _page(title: str, body: str) -> str:
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def _priority(form: Form) -> Priority:
    return form.policy.level_of(form.entry.line).priority


def _head(form: Form) -> str:
    line = form.entry.line
    priority = _priority(form)
    colour = COLOURS[priority] if form.entry.is_open else "good"
    state = priority.value if form.entry.is_open else f"{priority.value} · ended"
    return (
        f'<header class="{colour}"><p class="priority">{state}</p>'
        f"<h1>{escape(clean(title_of(line.rule)))}</h1>"
        f'<p class="who">{escape(who_of(line, form.policy.shows))}</p></header>'
    )


def _facts(form: Form) -> str:
    line, since = form.entry.line, form.entry.since
    rows = [("Since", f"{clock_time(since)} ({ago(since, form.now) or 'just now'})")]
    if grades := grades_of(line):
        rows.append(("Meets", f"criteria for {grades}"))
    why = [reading(each, form.now) for each in line.because[:READINGS_MAX]]
    why += doubts(line, form.now)
    rows += [("Why", each) if at == 0 else ("", each) for at, each in enumerate(why)]
    if line.advice:
        rows.append(("Do", clean(line.advice)))
    cells = "".join(f"<dt>{escape(what)}</dt><dd>{escape(said)}</dd>" for what, said in rows)
    return f"<dl>{cells}</dl>"


def _answers(answers: Sequence[PageLine], now: datetime) -> str:
    """Say who has it: several may have answered."""
    if not answers:
        return '<p class="nobody">Nobody has answered yet.</p>'
    rows = "".join(f"<li>{_said(each, now)}</li>" for each in reversed(answers))
    return f'<ul class="answers">{rows}</ul>'


def _said(line: PageLine, now: datetime) -> str:
    did = SAID[line.outcome]
    if line.declined:
        did = "cannot come"
    elif line.handed_to:
        did = f"handed it over to {line.handed_to}"
    note = f": {clean(line.note)}" if line.note else ""
    when = ago(line.at, now) or clock_time(line.at)
    return f"<b>{escape(clean(line.by or 'Somebody'))}</b> {escape(did)} ({when}){escape(note)}"


def _form(form: Form) -> str:
    others = "".join(
        f'<option value="{escape(key)}">{escape(title)}</option>'
        for key, title in handed_to(form.policy)
    )
    wrong = f'<p class="wrong" role="alert">{escape(form.wrong)}</p>' if form.wrong else ""
    return f"""{wrong}
<form method="post">
<label>Your name
<input name="by" value="{escape(form.person)}" required maxlength="{NAME_MAX}"
 autocomplete="name" autocapitalize="words"></label>
<label>Note, if you like
<input name="note" maxlength="{NOTE_MAX}" placeholder="on my way" autocomplete="off"></label>
<button class="yes" name="action" value="acknowledge">I take it</button>
<button class="no" name="action" value="decline">I cannot come</button>
<details><summary>Something else</summary>
<label>Hand it over to <select name="hand_to">{others}</select></label>
<button class="other" name="action" value="hand_over">Hand over</button>
<button class="other" name="action" value="snooze">Remind me in 15 minutes</button>
<button class="other" name="action" value="unacknowledge">Give back what I took</button>
</details>
</form>
<p class="small">An answer stops the paging, unless it becomes worse. It never ends the condition.
This link works until {escape(moment(form.expires))}. Treat it like a key.</p>"""


def handed_to(policy: Policy) -> Iterable[tuple[str, str]]:
    """Give whom an alert may be handed to: roles that are called, and people."""
    routing = policy.routing
    for key, role in routing.roles.items():
        if key != Target.WORK_LIST:
            yield key, role.title
    for key, person in routing.people.items():
        yield key, person.name
