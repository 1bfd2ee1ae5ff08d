"""The way to Redis: quick to give up, and slow to try again."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from hashlib import sha1
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import NoScriptError, RedisError
from redis.exceptions import TimeoutError as TookTooLong

from doorward.domain.errors import Unavailable
from doorward.domain.urls import split_url

SHAPE = "redis://user:password@host:6379/0"
WAIT_SECONDS = 0.25
PAUSE_SECONDS = 1.0
LISTEN_SECONDS = 30.0

log = logging.getLogger("doorward.redis")


class RedisServer:
    """Runs scripts, each atomic. After a failure nobody asks for `PAUSE_SECONDS`, so that a frozen one costs little."""

    def __init__(self, url: str) -> None:
        split_url(url, shape=SHAPE)  # the driver's own words repeat what was taken for a port
        self._client = Redis.from_url(
            url,
            socket_timeout=WAIT_SECONDS,
            socket_connect_timeout=WAIT_SECONDS,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
            client_name="doorward",
            max_connections=100,
        )
        self._silent_until = 0.0

    async def run(self, script: str, keys: Sequence[str], arguments: Sequence[str | int] = ()) -> Any:
        """Run a Lua script.

        Raises:
            Unavailable: it does not answer in time, or did not a moment ago.
        """
        if time.monotonic() < self._silent_until:
            raise Unavailable("redis")
        try:
            return await self._run(script, keys, arguments)
        except (ConnectionLost, TookTooLong, OSError, RedisError) as error:
            self._silent_until = time.monotonic() + PAUSE_SECONDS
            log.warning("redis does not answer", extra={"reason": type(error).__name__})
            raise Unavailable("redis") from error

    async def check(self) -> None:
        """Raise Unavailable unless it answers."""
        await self.run("return 1", ())

    @asynccontextmanager
    async def subscribed(self, channel: str, heard: Callable[[str], None]) -> AsyncIterator[None]:
        """While it is entered, be told what is published on a channel; after a lost connection, of what comes then."""
        task = asyncio.create_task(self._subscribe(channel, heard))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _subscribe(self, channel: str, heard: Callable[[str], None]) -> None:
        while True:
            subscriber = self._client.pubsub(ignore_subscribe_messages=True)
            try:
                await subscriber.subscribe(channel)
                while True:
                    message = await subscriber.get_message(timeout=LISTEN_SECONDS)
                    if message is not None:
                        heard(message["data"])
            except (ConnectionLost, TookTooLong, OSError, RedisError) as error:
                log.info("listening goes on later", extra={"reason": type(error).__name__})
            finally:
                await subscriber.aclose()  # type: ignore[no-untyped-call]  # the library's gap
            await asyncio.sleep(PAUSE_SECONDS)

    async def close(self) -> None:
        """Let go of all connections."""
        await self._client.aclose()

    async def _run(self, script: str, keys: Sequence[str], arguments: Sequence[str | int]) -> Any:
        digest = sha1(script.encode(), usedforsecurity=False).hexdigest()
        try:
            return await self._client.evalsha(digest, len(keys), *keys, *arguments)
        except NoScriptError:
            return await self._client.eval(script, len(keys), *keys, *arguments)
