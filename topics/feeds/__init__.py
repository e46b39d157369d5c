"""Feeds bring the world in: replay files so far."""
