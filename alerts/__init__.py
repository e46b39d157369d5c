"""The life of an alert: who is told, how soon they answer, in which words. Pure at its root."""
