"""A TCP proxy between the workers and one broker: it cuts connections, or answers nobody."""

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass, field
from typing import Final

from deploy.broker.layout import HOST

CHUNK: Final = 1 << 18
AT_ONCE: Final = struct.pack("ii", 1, 0)  # a reset instead of a polite end


@dataclass
class Proxy:
    """Listens on a port, 0 for any, and hands on to another; `cut` resets all connections."""

    port: int
    target: int
    is_open: bool = True
    _server: asyncio.Server | None = None
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def start(self) -> None:
        """Listen from now on."""
        self._server = await asyncio.start_server(self._accept, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> int:
        """Reset every connection, in mid-frame if need be; return how many there were."""
        writers, self._writers = self._writers, set()
        for writer in writers:
            if (broken := writer.get_extra_info("socket")) is not None:
                with contextlib.suppress(OSError):  # the other side was first
                    broken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            writer.transport.abort()
        return len(writers) // 2

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.is_open:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self.target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, far_writer}
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.get_running_loop().create_task(self._pump(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while some := await source.read(CHUNK):
                sink.write(some)
                await sink.drain()
        sink.transport.abort()
        self._writers.discard(sink)
