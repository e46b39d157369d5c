"""The contract: what travels on the topics, and the only code that reads and writes it."""
