"""Bounds that a server needs before there is a request: how large a head may be, and how long it may take."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD = 32 * 1024
HEAD_SECONDS = 15


class BoundedHttpProtocol(HttpToolsProtocol):
    """uvicorn's protocol with an end to what it collects of a head, and to how long it waits for one.

    The timer of a connection is not set anew for each head: when it goes off it looks whether one is late.
    """

    _head_bytes = 0
    _head_due: float | None = None
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._await_head()

    def on_message_begin(self) -> None:
        """Begin to count a head."""
        self._head_bytes = 0
        self._await_head()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Count a piece of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._head_due = None
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more to wait for."""
        self._head_due = None
        if self._head_timer is not None:
            self._head_timer.cancel()
        super().connection_lost(exc)

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MAX_HEAD:
            raise ValueError("head too large")  # the parser answers 400 and closes

    def _await_head(self) -> None:
        self._expect_head(HEAD_SECONDS)

    def _expect_head(self, seconds: float) -> None:
        """A head must be whole in so many seconds."""
        self._head_due = self.loop.time() + seconds
        if self._head_timer is None or self._head_timer.when() > self._head_due:
            if self._head_timer is not None:
                self._head_timer.cancel()
            self._head_timer = self.loop.call_later(seconds, self._look)

    def _look(self) -> None:
        self._head_timer = None
        if self._head_due is None:
            return
        left = self._head_due - self.loop.time()
        if left > 0:
            self._head_timer = self.loop.call_later(left, self._look)
        else:
            self.transport.close()
