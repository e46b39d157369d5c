"""Every rule, in the order in which their alerts are told."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from stream.clinical.rules import (
    crs_up,
    fever_masked,
    hlh_ferritin,
    refused,
    toci_ind,
    unattributed_deterioration,
)
from stream.clinical.rules.rule import Rule

RULES: Final[tuple[Rule, ...]] = (
    crs_up.RULE,
    toci_ind.RULE,
    unattributed_deterioration.RULE,
    fever_masked.RULE,
    hlh_ferritin.RULE,
    refused.UNIT,
    refused.RANGE,
)
BY_NAME: Final[Mapping[str, Rule]] = MappingProxyType({rule.name: rule for rule in RULES})


def _by_input() -> Mapping[str, tuple[Rule, ...]]:
    names = {signal.name for rule in RULES for signal in rule.inputs}
    return MappingProxyType(
        {
            name: tuple(rule for rule in RULES if any(name == each.name for each in rule.inputs))
            for name in names
        }
    )


BY_INPUT: Final = _by_input()


@lru_cache(maxsize=4096)  # feeds send the same few combinations again and again
def reached_by(signals: frozenset[str]) -> tuple[Rule, ...]:
    """Name the rules that a change of these signals can reach, in their order."""
    reached = {rule.name for signal in signals for rule in BY_INPUT.get(signal, ())}
    return tuple(rule for rule in RULES if rule.name in reached)
