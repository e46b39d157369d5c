"""docs/rules.md: every table and every rule, as a clinician may read them."""

import inspect
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import timedelta
from enum import Enum
from importlib import import_module
from types import MappingProxyType, ModuleType
from typing import Any, Final

from alerts.titles import title_of
from stream.clinical import scores
from stream.clinical.levels import Level
from stream.clinical.policies.bounds import Threshold
from stream.clinical.policies.policy import ManagementProfile
from stream.clinical.policies.register import GRADING, MANAGEMENT
from stream.clinical.policies.thresholds import THRESHOLDS
from stream.clinical.rules import texts
from stream.clinical.rules.register import RULES
from stream.clinical.rules.rule import Rule

NOT_SCORES: Final = ("criteria", "steps")  # what several of them share
SCORES: Final = tuple(
    import_module(f"{scores.__name__}.{each.name}")
    for each in pkgutil.iter_modules(scores.__path__)
    if each.name not in NOT_SCORES
)
TEXTS: Final = MappingProxyType(
    {
        name: each
        for name, each in vars(texts).items()
        if inspect.isfunction(each)
        and each.__module__ == texts.__name__
        and "Source: " in (each.__doc__ or "")
    }
)
CALLED_BY: Final = MappingProxyType({"adult_doses": ("given_in_words(",)})  # of a steroid
NOT_ADVICE: Final = frozenset({"name", "site", "policy_hash"})
HEAD: Final = """# Rules

Written by `make docs` from the tables and the docstrings of `stream/clinical/`; do not edit it by hand. It is for the clinician who
signs for the rules: what is not here is not done. [alerts.md](alerts.md) shows each alert as a page, [traceability.md](traceability.md)
says against which hazard it stands and what tests it, [intended-use.md](intended-use.md) what all of this is for and what it is not.

*Lines* are those of the review that the policy `manikath-2025` takes literally, *DEC* and *§* those of the project's clinical notes.
"""


def rules_page() -> str:
    """Write the page."""
    parts = [
        HEAD,
        "## CRS: the grade of each finding",
        _by_policy({each.name: _crs_rows(each.crs) for each in GRADING}),
        "The grade is the highest of them, while an episode is open; unknown inputs widen the range and lower nothing.",
        "## ICANS: the grade of each finding",
        _by_policy({each.name: _icans_rows(each.icans) for each in GRADING}),
        "## What each management profile advises",
        _management(MANAGEMENT.values()),
        "## Thresholds that a site may set",
        "What is built in, and how far a site may go. [policy.md](policy.md) says how it is set, checked and signed.",
        _thresholds(),
        "## Rules",
        *map(_rule, RULES),
        "## Texts inside other alerts",
        "They are never raised by themselves: each is said where it fits the patient, in the advice of the rules named beside it.",
        _texts(),
        "## Scores",
        "`stormwatch status` of one patient and the status line show each with what is missing. Only the rules that name a score go by it.",
        *map(_score, SCORES),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def said_in(text: str) -> list[str]:
    """Name the rules in whose advice a text is."""
    calls = (f"texts.{text}(", *CALLED_BY.get(text, ()))
    return [
        rule.name
        for rule in RULES
        if any(call in inspect.getsource(sys.modules[rule.judge.__module__]) for call in calls)
    ]


def _texts() -> str:
    rows = []
    for name, text in TEXTS.items():
        said = " ".join(inspect.cleandoc(text.__doc__ or "").split())
        rules = ", ".join(f"[{each}](#{each.lower()})" for each in said_in(name))
        rows.append((said, rules))
    return _table(("text", "in the advice of"), rows)


def _score(module: ModuleType) -> str:
    name = module.__name__.rpartition(".")[2]
    return f"### scores/{name}.py\n\n{inspect.cleandoc(module.__doc__ or '')}"


def documented(rule: Rule) -> str:
    """Give what the module of a rule says of it."""
    module = inspect.getmodule(rule.judge)
    assert module is not None
    assert module.__doc__ is not None
    return inspect.cleandoc(module.__doc__)


def _rule(rule: Rule) -> str:
    names = dict.fromkeys(
        f"{each.name} (its level)" if isinstance(each, Level) else each.name for each in rule.inputs
    )
    return "\n\n".join(
        (
            f"### {rule.name}",
            f"*{title_of(rule.name)}*",
            documented(rule),
            f"One alert a {rule.bound.value}. Looked at when one of these changes, and when it falls due: "
            + ", ".join(f"`{name}`" for name in names)
            + ".",
        )
    )


def _crs_rows(table: Any) -> Mapping[str, object]:
    rows: dict[str, object] = {
        _words(level): grade for level, grade in table.by_circulation.items()
    }
    rows |= {_words(need): grade for need, grade in table.by_oxygen.items()}
    rows["charted FiO2 of 0.40 or more"] = _or_none(table.high_fio2)
    rows["haemofiltration or dialysis"] = _or_none(table.haemofiltration)
    rows["ECMO"] = table.ecmo
    return rows


def _icans_rows(table: Any) -> Mapping[str, object]:
    named = {
        "ICE": table.by_ice,
        "CAPD": table.by_capd,
        "arousal": table.by_arousal,
        "seizure": table.by_convulsion,
        "sign": table.by_sign,
    }
    return {
        f"{domain}: {_words(level)}": grade
        for domain, grades in named.items()
        for level, grade in grades.items()
    }


def _by_policy(columns: Mapping[str, Mapping[str, object]]) -> str:
    findings = dict.fromkeys(finding for rows in columns.values() for finding in rows)
    return _table(
        ("finding", *columns),
        [
            (finding, *(str(rows.get(finding, "does not count")) for rows in columns.values()))
            for finding in findings
        ],
    )


def _management(profiles: Iterable[ManagementProfile]) -> str:
    chosen = list(profiles)
    names = [each.name for each in fields(ManagementProfile) if each.name not in NOT_ADVICE]
    return _table(
        ("what", *(each.name for each in chosen)),
        [(_words(name), *(_value(getattr(each, name)) for each in chosen)) for name in names],
    )


def _thresholds() -> str:
    return _table(
        ("name", "built in", "allowed", "source", "what a wrong value does"),
        [
            (f"`{each.name}`", _built_in(each), each.allowed_in_words, each.source, each.wrong)
            for each in THRESHOLDS
        ],
    )


def _built_in(threshold: Threshold) -> str:
    """Write it, and what profiles have that are stricter."""
    others = {
        name: threshold.in_words(getattr(profile.site, threshold.attribute))
        for name, profile in MANAGEMENT.items()
        if getattr(profile.site, threshold.attribute) != threshold.default
    }
    return ", ".join(
        [
            threshold.in_words(threshold.default),
            *(f"{each} in {name}" for name, each in others.items()),
        ]
    )


def _value(value: object) -> str:
    match value:
        case None | False:
            return "-"
        case timedelta():
            return f"{value / timedelta(hours=1):g} h"
        case Mapping():
            return "; ".join(f"grade {key}: {_value(each)}" for key, each in value.items()) or "-"
        case tuple():  # of regimens
            return " or ".join(each.as_published for each in value) or "-"
        case Enum():
            return _words(value)
        case _:
            return "yes" if value is True else str(value)


def _words(name: object) -> str:
    text = name.name if isinstance(name, Enum) else str(name)
    return text.replace("_", " ").lower()


def _or_none(grade: int | None) -> object:
    return "does not count" if grade is None else grade


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(_lines(columns, rows))


def _lines(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{' --- |' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
