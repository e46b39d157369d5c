"""Faust's recovery, which ends the worker where it would end alone.

A step of it (a flush, where topics end, a seek) that takes longer than a request may take looks to
Faust as if it had been asked to stop: it recovers nothing any more, whatever is assigned later,
while the worker keeps its partitions and reads none of them.
"""

import asyncio
import contextlib
from typing import Any

from faust.tables import TableManager
from faust.tables import recovery as faust_recovery
from mode import Service


class Recovery(faust_recovery.Recovery):
    """Goes on for as long as the worker does, or ends it."""

    async def _wait(self, coro: Any, timeout: Any = None) -> None:  # noqa: ANN401, ASYNC109, Faust's signature
        try:
            await super()._wait(coro, timeout)
        except faust_recovery.ServiceStopped:
            if not self._is_ending():
                self._end(f"a step of the recovery took longer than {timeout} s")
            raise

    @Service.task
    async def _restart_recovery(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await faust_recovery.Recovery._restart_recovery(self)  # noqa: SLF001, a task of its own
        if not self._is_ending():
            self._end("nothing would be recovered any more")

    def _is_ending(self) -> bool:
        return bool(self.should_stop or self.app.should_stop)

    def _end(self, reason: str) -> None:
        self.app.worker.end_stuck(reason)  # type: ignore[attr-defined]  # it is our App


class Tables(TableManager):
    """Faust's tables, with the recovery above."""

    @property
    def recovery(self) -> faust_recovery.Recovery:
        """Return what recovers them."""
        if self._recovery is None:
            self._recovery = Recovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery
