"""`stormwatch probe`: finds out whether pages arrive and feeds come, and tells it."""
