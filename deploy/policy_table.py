"""A policy as a table that a clinician can read before signing it."""

from rich.console import Console
from rich.table import Table

from stream.clinical.policies.bounds import Threshold
from stream.clinical.policies.register import MANAGEMENT
from stream.clinical.policies.thresholds import BUILT_IN, THRESHOLDS, allowed
from stream.policy_file import SitePolicy

SITE, PROFILE, NOBODY = "site", "profile", ""


def show(policy: SitePolicy, console: Console, *, with_warnings: bool) -> None:
    """Print what holds, how far a site may go, and who has set it."""
    profile = policy.profile
    console.print(f"Policy {policy.policy_hash}, management {profile.name}: {signature(policy)}.")
    table = Table(expand=False)
    for name in ("threshold", "value", "set by", "built in", "a site may set", "source"):
        table.add_column(name, overflow="fold")
    if with_warnings:
        table.add_column("a wrong value", overflow="fold")
    for threshold in THRESHOLDS:
        row = (*_row(policy, threshold), *([threshold.wrong] if with_warnings else ()))
        table.add_row(*row, style="bold" if set_by(policy, threshold) == SITE else None)
    console.print(table)
    console.print("The tables of the grades and what the profile advises are in docs/rules.md.")


def set_by(policy: SitePolicy, threshold: Threshold) -> str:
    """Say who has set a threshold to another value than the one that is built in."""
    if threshold.attribute in policy.overrides:
        return SITE
    profile = getattr(policy.profile.site, threshold.attribute)
    return NOBODY if profile == getattr(BUILT_IN, threshold.attribute) else PROFILE


def signature(policy: SitePolicy) -> str:
    """Say how much the site has set, and who stands for it."""
    count = len(policy.overrides)
    if policy.signed is None and not count:
        return "as built in"
    changed = f"{count} of {len(THRESHOLDS)} thresholds set"
    if policy.signed is None:
        return f"{changed}, a draft that nobody has signed"
    return f"{changed}, signed by {policy.signed.by} on {policy.signed.on}"


def _row(policy: SitePolicy, threshold: Threshold) -> tuple[str, ...]:
    bounds = allowed(threshold, MANAGEMENT[policy.profile.name].site)
    value = getattr(policy.profile.site, threshold.attribute)
    return (
        threshold.name,
        threshold.in_words(value),
        set_by(policy, threshold),
        threshold.in_words(threshold.default),
        bounds.allowed_in_words,
        threshold.source,
    )
