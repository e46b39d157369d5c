"""Puts this folder on the path: every test may say `from builders import ...`."""

from hypothesis import settings

# How long an example takes says more about the machine than about us.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
