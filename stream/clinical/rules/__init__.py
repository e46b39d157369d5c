"""One small file a rule, each with its inputs declared."""
