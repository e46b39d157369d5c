"""What holds at a site, and its hash, so that two policies that differ are told apart.

The hash covers the tables of all grading policies, the management profile and each threshold; not
whose grade sets the priority, nor who is told, which settings say.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from enum import Enum
from hashlib import sha256
from typing import Any, Final

from stream.clinical.policies.bounds import Value
from stream.clinical.policies.policy import ManagementProfile
from stream.clinical.policies.register import GRADING, MANAGEMENT
from topics.base import MILLISECOND

DIGITS: Final = 12  # of the hash, in hexadecimal


def effective(management: str, overrides: Mapping[str, Value]) -> ManagementProfile:
    """Put a site's thresholds, by attribute, into a profile; raise ValueError if there is none."""
    if management not in MANAGEMENT:
        raise ValueError(f"no management profile {management}, only {', '.join(MANAGEMENT)}")
    built_in = MANAGEMENT[management]
    profile = replace(built_in, site=replace(built_in.site, **overrides))  # type: ignore[arg-type]
    return replace(profile, policy_hash=hash_of(profile))


def hash_of(profile: ManagementProfile) -> str:
    """Return the beginning of the SHA-256 of a policy, in its canonical form."""
    form = {"grading": _canonical(GRADING), "management": _canonical(profile)}
    text = json.dumps(form, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()[:DIGITS]


def _canonical(value: Any) -> Any:  # noqa: ANN401, whatever a policy is made of
    """Write it as JSON has it: 3000 and 3000.0 are the same, and so are mappings in any order."""
    form: Any = value
    match value:
        case Enum():
            form = value.name
        case timedelta():
            form = value / MILLISECOND
        case bool() | str() | None:
            pass
        case int() | float():
            form = float(value)
        case Mapping():
            form = {str(_canonical(key)): _canonical(each) for key, each in value.items()}
        case _ if is_dataclass(value):
            names = [each.name for each in fields(value) if each.name != "policy_hash"]
            form = {name: _canonical(getattr(value, name)) for name in names}
        case tuple():
            form = [_canonical(each) for each in value]
        case frozenset():
            form = sorted(value)
        case _:
            raise TypeError(f"a policy holds no {type(value).__name__}")
    return form
