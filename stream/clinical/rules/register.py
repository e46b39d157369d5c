"""Every rule, in the order in which their alerts are told."""

from collections.abc import Mapping
from functools import lru_cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final

from stream.clinical.levels import Level
from stream.clinical.rules import (
    abx_1h,
    abx_empiric,
    abx_narrow,
    anakinra_early,
    anakinra_salvage,
    cardiac_marker,
    coinfection,
    crs_features,
    crs_up,
    cultures,
    cytapheresis,
    dopamine_avoid,
    dual,
    fever_masked,
    fluid_cap,
    h_score,
    hlh_ferritin,
    hlh_suspect,
    icans_up,
    ice_due,
    ice_subtle,
    ice_unable,
    il6_paradox,
    il6_rule,
    inotrope,
    intub_window,
    lpv,
    neuro_edema,
    post_toci_fever,
    pressor_order,
    pressor_pivot,
    prone,
    reassess,
    refractory,
    refused,
    sepsis_features,
    shock24,
    silence,
    steroid_crs,
    steroid_icans,
    steroid_long,
    steroid_prophylaxis,
    steroid_taper,
    toci_dose,
    toci_ind,
    toci_interval,
    toci_max,
    unattributed_deterioration,
)
from stream.clinical.rules.rule import Rule
from stream.clinical.signals import Signal

RULES: Final[tuple[Rule, ...]] = (
    crs_up.RULE,
    toci_ind.RULE,
    toci_interval.RULE,
    toci_max.RULE,
    toci_dose.RULE,
    post_toci_fever.RULE,
    anakinra_early.RULE,
    steroid_crs.RULE,
    shock24.RULE,
    unattributed_deterioration.RULE,
    pressor_pivot.RULE,
    fluid_cap.RULE,
    pressor_order.RULE,
    dopamine_avoid.RULE,
    inotrope.RULE,
    prone.RULE,
    lpv.RULE,
    intub_window.RULE,
    fever_masked.RULE,
    hlh_ferritin.RULE,
    icans_up.RULE,
    steroid_icans.RULE,
    dual.RULE,
    neuro_edema.RULE,
    ice_unable.RULE,
    ice_subtle.RULE,
    ice_due.RULE,
    steroid_taper.RULE,
    steroid_long.RULE,
    steroid_prophylaxis.RULE,
    hlh_suspect.RULE,
    h_score.RULE,
    abx_empiric.RULE,
    cultures.RULE,
    abx_1h.RULE,
    abx_narrow.RULE,
    reassess.RULE,
    refractory.RULE,
    anakinra_salvage.RULE,
    cytapheresis.RULE,
    il6_rule.RULE,
    il6_paradox.RULE,
    sepsis_features.RULE,
    crs_features.RULE,
    coinfection.RULE,
    cardiac_marker.RULE,
    refused.UNIT,
    refused.RANGE,
    silence.RULE,
)
BY_NAME: Final[Mapping[str, Rule]] = MappingProxyType({rule.name: rule for rule in RULES})


def _by_input() -> Mapping[str, tuple[tuple[Rule, frozenset[Signal[Any] | Level[Any]]], ...]]:
    """Give for each signal the rules that depend on it, each with how it does."""
    found: dict[str, dict[str, set[Signal[Any] | Level[Any]]]] = {}
    for rule in RULES:
        for each in rule.inputs:
            found.setdefault(each.name, {}).setdefault(rule.name, set()).add(each)
    return MappingProxyType(
        {
            name: tuple((BY_NAME[rule], frozenset(inputs)) for rule, inputs in rules.items())
            for name, rules in found.items()
        }
    )


BY_INPUT: Final = _by_input()
LEVELS: Final = frozenset(each for rule in RULES for each in rule.inputs if isinstance(each, Level))


@lru_cache(maxsize=4096)  # feeds send the same few combinations again and again
def levels_of(signals: frozenset[str]) -> tuple[Level[Any], ...]:
    """Name the levels of these signals that rules depend on, those of a signal together."""
    levels = [level for level in LEVELS if level.name in signals]
    return tuple(sorted(levels, key=attrgetter("name")))


@lru_cache(maxsize=4096)
def reached_by(signals: frozenset[str], still: frozenset[Level[Any]]) -> tuple[Rule, ...]:
    """Name the rules that a change of these signals can reach, in their order.

    A rule that depends on a level alone is not reached where it is `still` what it was.
    """
    reached = {
        rule.name
        for signal in signals
        for rule, inputs in BY_INPUT.get(signal, ())
        if not inputs <= still
    }
    return tuple([rule for rule in RULES if rule.name in reached])
