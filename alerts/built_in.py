"""Who is told where a site says nothing else: the roles and routes that are built in."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from alerts.routing import Part, Role, Route, Routing, Target, Tier
from topics.alerts import Priority
from topics.reserved import UNIT

TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        Target.RAPID_RESPONSE: "Rapid response",
        Target.PRIMARY_TEAM: "Primary team",
        Target.WORK_LIST: "Work list",
        Target.OPERATIONS: "Operations",
    }
)

# Tiers follow the priorities of CLINICAL.md DEC-3: P1 calls rapid response now, P2 the primary team
# with a heads-up to rapid response, P3 goes on the work list, INFO is never told. The review gives
# no numbers but P2's 15 minutes. The other times, and who comes second, are ours.
_P1_WITHIN: Final = timedelta(minutes=5)
_P2_WITHIN: Final = timedelta(minutes=15)
_ALL_ACT: Final[Mapping[str, Part]] = {
    Target.RAPID_RESPONSE: Part.ACT,
    Target.PRIMARY_TEAM: Part.ACT,
}
_OPS: Final = ("OPS-*",)
_OURS: Final = frozenset({UNIT})


def _for(
    priority: Priority,
    *tiers: Tier,
    rules: tuple[str, ...] = (),
    units: frozenset[str] = frozenset(),
    name: str = "",
) -> Route:
    return Route(name or f"built in, {priority}", tiers, frozenset({priority}), rules, units)


ROUTES: Final = (
    # A feed or the way of pages is silent: operations mends it, but where nobody of them answers,
    # whoever looks after the patients has to know that they are not seen, or nobody is told.
    _for(
        Priority.P1,
        Tier({Target.OPERATIONS: Part.ACT}, _P1_WITHIN),
        Tier({Target.OPERATIONS: Part.ACT, **_ALL_ACT}, _P1_WITHIN),
        rules=_OPS,
        units=_OURS,
        name="built in, P1 of Stormwatch itself",
    ),
    _for(
        Priority.P2,
        Tier({Target.OPERATIONS: Part.ACT}, _P2_WITHIN),
        Tier({Target.OPERATIONS: Part.ACT, Target.PRIMARY_TEAM: Part.ACT}, _P2_WITHIN),
        rules=_OPS,
        units=_OURS,
        name="built in, P2 of Stormwatch itself",
    ),
    # A page that nobody could be given may be about a patient who needs somebody at once.
    _for(
        Priority.P1,
        Tier({Target.OPERATIONS: Part.ACT, Target.RAPID_RESPONSE: Part.ACT}, _P1_WITHIN),
        rules=_OPS,
        name="built in, P1 of operations",
    ),
    # The patient may no longer be watched: the primary team looks, operations mends.
    _for(
        Priority.P2,
        Tier({Target.PRIMARY_TEAM: Part.ACT, Target.OPERATIONS: Part.ACT}, _P2_WITHIN),
        Tier(_ALL_ACT, _P2_WITHIN),
        rules=_OPS,
        name="built in, P2 of operations",
    ),
    _for(
        Priority.P3,
        Tier({Target.OPERATIONS: Part.LIST}, None),
        rules=_OPS,
        name="built in, P3 of operations",
    ),
    _for(
        Priority.P1,
        Tier({Target.RAPID_RESPONSE: Part.ACT}, _P1_WITHIN),
        Tier(_ALL_ACT, _P1_WITHIN),
    ),
    _for(
        Priority.P2,
        Tier({Target.PRIMARY_TEAM: Part.ACT, Target.RAPID_RESPONSE: Part.HEADS_UP}, _P2_WITHIN),
        Tier(_ALL_ACT, _P2_WITHIN),
    ),
    _for(Priority.P3, Tier({Target.WORK_LIST: Part.LIST}, None)),
    _for(Priority.INFO),
)


def through(*sinks: str) -> Routing:
    """Return the routing that is built in, with every role told through all of these sinks."""
    return Routing({target: Role(title, sinks) for target, title in TITLES.items()}, ROUTES)
