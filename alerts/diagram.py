"""The life of an alert as a Mermaid state diagram, drawn from the table that the pager goes by."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from alerts.machine import ANSWERED, OPEN, ROWS, State

# States that the table treats alike are drawn as one; the widest first.
GROUPS: Final = MappingProxyType({OPEN | ANSWERED: "alive", OPEN: "open", ANSWERED: "answered"})
FRAME: Final = """\
stateDiagram-v2
    [*] --> unknown
    state alive {
        state open {
            listed
            held
            calling
        }
        state answered {
            acknowledged
            handed_over: handed over
            snoozed
            closed
        }
    }
    ended --> [*]: forgotten after 46 days
"""


def draw() -> str:
    """Return the diagram. Where an alert stays in its state is not drawn."""
    kinds: dict[tuple[str, str], list[str]] = {}
    for row in ROWS:
        for begin in _nodes(row.states):
            for end in _nodes(row.leads_to):
                if begin != end:
                    kinds.setdefault((begin, end), []).append(row.kind.value)
    arrows = (
        f"    {begin} --> {end}: {', '.join(dict.fromkeys(words))}\n"
        for (begin, end), words in kinds.items()
    )
    return FRAME + "".join(arrows)


def _nodes(states: frozenset[State]) -> Iterator[str]:
    left = states
    for group, name in GROUPS.items():
        if group <= left:
            yield name
            left -= group
    yield from sorted(state.replace(" ", "_") for state in left)
