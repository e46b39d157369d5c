"""Answers that come back: by a signed link in the page, and from the webhooks of gateways."""
