"""`stormwatch status`: what is known now, sickest first."""
