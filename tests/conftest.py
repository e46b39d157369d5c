"""Puts this folder on the path: every test may say `from builders import ...`; shared fixtures."""

import pytest
from clocks import Clock
from hypothesis import settings

from stream.health import Health

# How long an example takes says more about the machine than about us.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> Health:
    return Health(now=clock)


@pytest.fixture
def working(health: Health) -> Health:
    """Return a worker that is assigned, recovered and beating."""
    health.beat()
    health.assigned(12)
    health.recovered()
    return health
