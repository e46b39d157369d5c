"""A moment as a person writes it on the command line."""

from datetime import datetime

import click


class Moment(click.ParamType):
    """An RFC 3339 time with its offset."""

    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read a time; one without an offset could mean anything."""
        try:
            found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no RFC 3339 time", param, ctx)
        if found.tzinfo is None:
            self.fail(f"{value!r} has no offset from UTC", param, ctx)
        return found
