"""Finds variables that look like settings and are none: a typo would go unnoticed."""

import difflib
import re
from collections.abc import Mapping
from typing import Final

PREFIX: Final = "STORMWATCH_"
NOT_SETTINGS: Final = frozenset({"STORMWATCH_CACHE", "STORMWATCH_MAVEN"})  # the embedded broker's

# NAME=value as Kubernetes sets it; a plain ..._PORT of its has the protocol in its value.
_OF_KUBERNETES = re.compile(
    r"\w+(_SERVICE_(HOST|PORT)(_\w+)?=|_PORT_\d+_(TCP|UDP|SCTP)(_\w+)?=|_PORT=(tcp|udp|sctp)://)"
)


def strange(known: Mapping[str, str], environment: Mapping[str, str]) -> list[str]:
    """Describe each STORMWATCH_* variable that nothing reads."""
    problems = []
    for name in sorted(environment):
        if not name.upper().startswith(PREFIX) or name.upper() in known or name in NOT_SETTINGS:
            continue
        # Kubernetes adds variables for each service: one named stormwatch-page brings these.
        if _OF_KUBERNETES.match(f"{name}={environment[name]}"):
            continue
        endings = [each.removeprefix(PREFIX) for each in known]
        close = difflib.get_close_matches(name.upper().removeprefix(PREFIX), endings, n=1)
        meant = f"; meant {PREFIX}{close[0]}?" if close else ""
        problems.append(f"{name}: is not a setting{meant}")
    return problems
