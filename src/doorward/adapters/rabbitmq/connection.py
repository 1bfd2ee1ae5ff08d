"""The connection to the broker: opened when it is needed, and dropped as soon as it does not answer."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import CONNECTION_EXCEPTIONS

from doorward.adapters.rabbitmq.topology import declare
from doorward.domain.errors import Unavailable

TIMEOUT = 5.0
CLOSE_TIMEOUT = 1.0
CHECK_TIMEOUT = 2.0
SHORTEST_PAUSE, LONGEST_PAUSE = 0.25, 2.0
LOST = (*CONNECTION_EXCEPTIONS, asyncio.InvalidStateError)

log = logging.getLogger("doorward.broker")


@contextmanager
def no_stray_cancel() -> Iterator[None]:
    """The driver cancels what waits when its connection ends; that is a loss, nobody has cancelled our own task."""
    try:
        yield
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise ConnectionAbortedError("the connection ended") from None


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """An open connection and its channel for publishing with confirms."""

    connection: AbstractConnection
    channel: AbstractChannel

    @property
    def is_closed(self) -> bool:
        """Whether either end has closed it."""
        return self.connection.is_closed or self.channel.is_closed


class Connection:
    """One connection for all; a new one is tried at each use, with growing pauses between tries that fail.

    The driver's own reconnecting is not used: it hands out channels that are between two lives, and it does not notice
    a broker that has stopped answering before three heartbeats are gone.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._link: Link | None = None
        self._opening = asyncio.Lock()
        self._pause = 0.0
        self._not_before = 0.0

    @asynccontextmanager
    async def channel(self) -> AsyncIterator[AbstractChannel]:
        """A channel with confirms, for at most `TIMEOUT`.

        Raises:
            Unavailable: the broker is away, or does not answer in time; the connection is dropped.
        """
        link = await self._opened()
        try:
            with no_stray_cancel():
                async with asyncio.timeout(TIMEOUT):
                    yield link.channel
        except LOST as error:
            log.warning("the broker does not answer", extra={"reason": type(error).__name__})
            await self._drop(link)
            raise Unavailable("rabbitmq") from error

    @asynccontextmanager
    async def consuming_channel(self, prefetch: int) -> AsyncIterator[AbstractChannel]:
        """A channel of one's own that is given at most `prefetch` messages at a time; closed at the end."""
        link = await self._opened()
        channel: AbstractChannel | None = None
        try:
            with no_stray_cancel():
                async with asyncio.timeout(TIMEOUT):
                    channel = await link.connection.channel(publisher_confirms=False)
                    await channel.set_qos(prefetch_count=prefetch)
                yield channel
        except LOST as error:
            await self._drop(link)
            raise Unavailable("rabbitmq") from error
        finally:
            if channel is not None:
                await _closed(channel)

    async def check(self) -> None:
        """Raise Unavailable unless the broker lets us in, in a connection of its own."""
        try:
            with no_stray_cancel():
                async with asyncio.timeout(CHECK_TIMEOUT):
                    connection = await aio_pika.connect(self._address)
        except LOST as error:
            raise Unavailable("rabbitmq") from error
        await _closed(connection)

    async def close(self) -> None:
        """Let go of the connection."""
        if self._link is not None:
            await self._drop(self._link)

    async def _opened(self) -> Link:
        async with self._opening:
            if self._link is not None and not self._link.is_closed:
                return self._link
            now = asyncio.get_running_loop().time
            if now() < self._not_before:
                raise Unavailable("rabbitmq")
            if self._link is not None:
                await self._drop(self._link)
            try:
                with no_stray_cancel():
                    async with asyncio.timeout(TIMEOUT):
                        self._link = await _open(self._address)
            except LOST as error:
                level = logging.DEBUG if self._pause else logging.WARNING
                log.log(level, "no connection to the broker", extra={"reason": _words(error)})
                self._pause = min(max(2 * self._pause, SHORTEST_PAUSE), LONGEST_PAUSE)
                self._not_before = now() + self._pause
                raise Unavailable("rabbitmq") from error
            self._pause = 0.0
            log.info("connected to the broker")
            return self._link

    async def _drop(self, link: Link) -> None:
        if self._link is link:
            self._link = None
        await _closed(link.connection)


async def _open(address: str) -> Link:
    connection = await aio_pika.connect(address)
    try:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        await declare(channel)
    except BaseException:
        await _closed(connection)
        raise
    return Link(connection, channel)


async def _closed(opened: AbstractConnection | AbstractChannel) -> None:
    """Close it; a broker that does not answer is not waited for."""
    try:
        with no_stray_cancel():
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await opened.close()
    except LOST as error:
        log.debug("closed without an answer", extra={"reason": type(error).__name__})


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:200]
