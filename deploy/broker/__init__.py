"""A real Apache Kafka on any machine, from Python packages alone: no Docker, no Java, no root."""
