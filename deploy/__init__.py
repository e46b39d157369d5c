"""How it is run: command line, embedded broker, topics job, containers."""
