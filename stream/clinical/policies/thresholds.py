"""Every threshold that a site may set, in one place; the tables of the grades are none of them.

What is built in is the least that is asked for: a site may have Stormwatch speak sooner and more
often, never later or less, but for the two limits on tocilizumab. A profile that is stricter than
the review stays as strict.
Source: CLINICAL.md §1, §4, §5.8; each threshold names its own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final

from stream.clinical.policies.bounds import Threshold, Value, thresholds_of
from stream.clinical.policies.thresholds_laboratory import Laboratory
from stream.clinical.policies.thresholds_support import Support
from stream.clinical.policies.thresholds_treatment import Treatment
from stream.clinical.policies.thresholds_watching import Watching


@dataclass(frozen=True)
class Site(Support, Treatment, Laboratory, Watching):
    """The thresholds that hold at a site; rules read them from the view."""


BUILT_IN: Final = Site()
THRESHOLDS: Final[tuple[Threshold, ...]] = thresholds_of(Site)
BY_NAME: Final[Mapping[str, Threshold]] = MappingProxyType({each.name: each for each in THRESHOLDS})
# Of each pair the first is at most the second.
IN_ORDER: Final = (
    ("hlh_ferritin_watch_ng_ml", "hlh_ferritin_look_ng_ml"),
    ("hlh_ferritin_look_ng_ml", "hlh_ferritin_urgent_ng_ml"),
    ("steroid_prophylaxis_ms", "steroid_prophylaxis_urgent_ms"),
    ("abx_warning_ms", "abx_breach_ms"),
    ("reassess_ms", "reassess_overdue_ms"),
    ("fluid_enough_ml_kg", "fluid_much_ml_kg"),
    ("lpv_peep_least_cmh2o", "lpv_peep_most_cmh2o"),
    ("fluid_much_ml_kg", "fluid_too_much_ml_kg"),
    ("tocilizumab_in_24_h_doses", "tocilizumab_a_stay_doses"),
    *(
        (f"silence_{each}_ms", f"fresh_{each}_ms")
        for each in ("temperature", "pressure", "spo2", "heart_rate", "respiratory_rate")
    ),
)


class PolicyError(Exception):
    """A site's thresholds are wrong; the text has a line for each mistake."""


def allowed(threshold: Threshold, site: Site) -> Threshold:
    """Give a threshold with the default of a profile, and bounds that keep it as strict."""
    default: Any = getattr(site, threshold.attribute)
    lowest, highest = threshold.lowest, threshold.highest
    if not threshold.choices:
        lowest = max(lowest, default) if lowest == threshold.default else lowest
        highest = min(highest, default) if highest == threshold.default else highest
    return replace(threshold, default=default, lowest=lowest, highest=highest)


def read_overrides(written: Mapping[str, object], site: Site) -> Mapping[str, Value]:
    """Read what a site wrote, by attribute; `site` is what its profile has.

    A silence that is not set is never longer than a reading counts as fresh. Raises PolicyError
    with a line for each mistake.
    """
    mistakes: list[str] = []
    found: dict[str, Value] = {}
    for name, each in written.items():
        threshold = BY_NAME.get(name)
        if threshold is None:
            mistakes.append(f"{name}: there is no such threshold{_meant(name)}")
            continue
        try:
            found[threshold.attribute] = allowed(threshold, site).read(each)
        except ValueError as error:
            mistakes.append(f"{name}: {error}")
    found = {**dict(_following(found, site)), **found}
    mistakes += _out_of_order(replace(site, **found))  # type: ignore[arg-type]  # as declared
    if mistakes:
        raise PolicyError("\n".join(mistakes))
    return found


def _following(found: Mapping[str, Value], site: Site) -> Iterator[tuple[str, Value]]:
    for attribute, value in found.items():
        silence = attribute.replace("fresh_", "silence_", 1)
        if silence != attribute and hasattr(site, silence):
            yield silence, min(value, getattr(site, silence))


def _out_of_order(site: Site) -> Iterator[str]:
    by_attribute = {each.attribute: each for each in THRESHOLDS}
    for first, second in IN_ORDER:
        smaller, larger = by_attribute[first], by_attribute[second]
        values = getattr(site, first), getattr(site, second)
        if values[0] > values[1]:
            said = f"{smaller.in_words(values[0])} is above {larger.in_words(values[1])}"
            yield f"{smaller.name}: {said}, which {larger.name} is"


def _meant(name: str) -> str:
    close = get_close_matches(name, BY_NAME, n=1)
    return f"; is {close[0]} meant?" if close else ""
