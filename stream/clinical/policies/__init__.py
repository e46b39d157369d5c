"""Grading policies and management profiles: thresholds as typed tables."""
