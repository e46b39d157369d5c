"""Says what is wrong with variables, those too that look like settings and are none: typos."""

import difflib
import re
from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError

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


def mistakes(error: ValidationError, known: Mapping[str, str]) -> list[str]:
    """Describe what pydantic found, one line a variable, without the value."""
    lines: dict[str, str] = {}
    for mistake in error.errors(include_url=False, include_context=False, include_input=False):
        name = PREFIX + str(mistake["loc"][0]).upper()
        text = mistake["msg"].removeprefix("Value error, ")
        if mistake["type"] == "missing":
            text = f"is missing: {known[name]}"
        lines.setdefault(name, f"{name}: {text[0].lower()}{text[1:]}")
    return list(lines.values())
