"""Puts this folder on the path: every test may say `from builders import ...`."""
