"""A way to a server that can be cut or frozen, so that a server that others use need not be."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from support.program import free_port

WAIT_SECONDS = 10


class Proxy:
    """Passes bytes on, in a thread of its own, until it is told otherwise."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self.port = free_port()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()

    @classmethod
    def before(cls, url: str) -> tuple["Proxy", str]:
        """A started proxy before the server of a URL, and the URL that leads through it."""
        parts = urlsplit(url)
        proxy = cls(parts.hostname or "127.0.0.1", parts.port or 0)
        proxy.start()
        user, at, _ = parts.netloc.rpartition("@")
        return proxy, urlunsplit(parts._replace(netloc=f"{user}{at}127.0.0.1:{proxy.port}"))

    def start(self) -> None:
        """Listen and pass on."""
        self._thread.start()
        self._run(self._listen())

    def freeze(self) -> None:
        """Take connections and bytes, and pass nothing on, as a server that was stopped in mid-work."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def thaw(self) -> None:
        """Pass on what came meanwhile, and all that comes."""
        self._loop.call_soon_threadsafe(self._flows.set)

    def cut(self) -> None:
        """Close all connections; new ones are taken."""
        self._run(self._cut())

    def down(self) -> None:
        """Close all connections and refuse new ones."""
        self._run(self._down())

    def up(self) -> None:
        """Listen again."""
        self._run(self._listen())

    def stop(self) -> None:
        """Be gone for good."""
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT_SECONDS)
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_SECONDS)

    async def _listen(self) -> None:
        self._flows.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._pass, "127.0.0.1", self.port)

    async def _down(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        await self._cut()

    async def _end(self) -> None:
        """Close also what is only just being connected: its sockets would outlive the loop."""
        await self._down()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._cut()

    async def _cut(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()
        self._flows.set()
        await asyncio.sleep(0.05)  # those who waited for the thaw see that they are cut

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            self._writers.discard(writer)
            writer.transport.abort()
            return
        ends = {writer, far_writer}
        self._writers |= ends
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        self._writers -= ends

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while chunk := await reader.read(65536):
                await self._flows.wait()
                writer.write(chunk)
                await writer.drain()
        except ConnectionError:
            writer.transport.abort()
            return
        writer.close()
