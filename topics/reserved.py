"""Patients who are made up: by them Stormwatch finds out whether it works.

No hospital's patient may have one of these ids. They travel on the topics like any other.

    probe   one a partition. Its blood pressure falls and rises, so that an alert is raised and ends
    loop    has a pulse, which holds for so many seconds, when what probes raise comes back as pages
    feed    one a feed. Has a pulse, and none (0) while the feed is silent
"""

from typing import Final

# By partition: the first of these numbers that lies there.
PROBES: Final = tuple(
    f"stormwatch-probe-{number}" for number in (10, 21, 6, 37, 1, 13, 11, 48, 7, 0, 15, 5)
)
# Two, in different partitions: where one of them is itself the one that is ill, the other tells.
LOOPS: Final = ("stormwatch-loop-a", "stormwatch-loop-b")
LOOP_PARTITIONS: Final = (3, 7)
FEED: Final = "stormwatch-feed-"
UNIT: Final = "stormwatch"  # the ward that alerts about Stormwatch itself are routed by

PROBE_KEYS: Final = frozenset(probe.encode() for probe in PROBES)
_FIXED: Final = frozenset((*PROBES, *LOOPS))
_FIXED_KEYS: Final = frozenset(each.encode() for each in _FIXED)
_FEED_KEY: Final = FEED.encode()


def is_probe(patient_id: str) -> bool:
    """Tell whether an alert of this patient is for nobody."""
    return patient_id in PROBES


def is_made_up(patient_id: str) -> bool:
    """Tell whether a patient is one of ours, and no person."""
    return patient_id in _FIXED or patient_id.startswith(FEED)


def is_made_up_key(key: bytes) -> bool:
    """Tell the same of a key."""
    return key in _FIXED_KEYS or key.startswith(_FEED_KEY)


def feed_id(name: str) -> str:
    """Name the patient who stands for a feed."""
    return FEED + name


def feed_of(patient_id: str) -> str | None:
    """Name the feed that a patient stands for; None where it stands for none."""
    return patient_id.removeprefix(FEED) if patient_id.startswith(FEED) else None
