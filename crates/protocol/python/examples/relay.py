"""A TCP relay that can be cut, to show what a client does about a broken connection."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import TypeVar

#: A socket that is closed here is gone in no time.
CLOSE_LIMIT = 1.0

R = TypeVar("R", bound="Relay")


class Relay:
    """Passes bytes between its own port and a server. Use it as `async with`."""

    def __init__(self, host: str, port: int, to_client: Callable[[bytes], bytes] = lambda data: data) -> None:
        """`to_client` may change or withhold what the server says; a chunk may hold several messages."""
        self._target = (host, port)
        self._to_client = to_client
        self._server: asyncio.Server | None = None
        self._pipes: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._is_cut = False
        self.port = 0

    async def __aenter__(self: R) -> R:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()
        if self._server is not None:
            self._server.close()
        closings = [asyncio.wait_for(writer.wait_closed(), CLOSE_LIMIT) for writer in self._writers]
        await asyncio.gather(*self._pipes, *closings, return_exceptions=True)

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Closes every connection, and each new one at once."""
        self._is_cut = True
        for writer in self._writers:
            writer.close()
        for pipe in self._pipes:
            pipe.cancel()

    def mend(self) -> None:
        self._is_cut = False

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.close()
            with contextlib.suppress(OSError, asyncio.TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), CLOSE_LIMIT)
            return
        server_reader, server_writer = await asyncio.open_connection(*self._target)
        self._writers |= {writer, server_writer}
        self._start(reader, server_writer, lambda data: data)
        self._start(server_reader, writer, self._to_client)

    def _start(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, change: Callable[[bytes], bytes]
    ) -> None:
        pipe = asyncio.create_task(self._pass_on(reader, writer, change))
        self._pipes.add(pipe)
        pipe.add_done_callback(self._pipes.discard)

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, change: Callable[[bytes], bytes]
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(change(data))
                await writer.drain()
        writer.close()
        self._writers.discard(writer)
