"""How long a caller waits for a server that may hang."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Any, TypeVar

from doorward.domain.errors import Unavailable

R = TypeVar("R")
STUCK_SECONDS = 0.2
PAUSE_SECONDS = 0.1
LAST_LOOK_SECONDS = 0.1
LONG = 0.6  # of the whole wait; what fails sooner says nothing about others


class Patience:
    """Lets each call wait its time, and spares the others the same wait once the server has answered nobody for long.

    From then on it is asked by one probe alone, again and again; everybody else is told after `STUCK_SECONDS`, without
    having asked it for anything, until it answers the probe or anybody who had asked before.

    Args:
        name: what is said to be unavailable, and whose log is written.
        probe: asks the server for as little as possible; ends within a time of its own, raises Unavailable.
        wait: seconds a call waits while the server answers nobody.
        queue: seconds a call waits in all, others being answered.
        cancels: whether a call that is let go of is cancelled. Otherwise it must come to an end by itself.
    """

    def __init__(
        self, name: str, probe: Callable[[], Awaitable[object]], *, wait: float, queue: float, cancels: bool
    ) -> None:
        self._name, self._probe = name, probe
        self._wait, self._queue, self._cancels = wait, queue, cancels
        self._answered_at = self._missed_at = 0.0
        self._probing: asyncio.Task[None] | None = None
        self._is_closed = False
        self._abandoned: set[asyncio.Task[Any]] = set()
        self._log = logging.getLogger(f"doorward.{name}")

    async def in_time(self, call: Callable[[], Awaitable[R]]) -> R:
        """Return what the call returns.

        Raises:
            Unavailable: it took too long and goes on, or ends, in the background; or it was not begun at all.
        """
        await self._until_it_answers()
        task, begun = asyncio.ensure_future(call()), time.monotonic()
        try:
            while not task.done() and (left := self._left(begun)) > 0:
                await asyncio.wait({task}, timeout=left)
            if not task.done():  # the answer may be here, and only this process too busy to have looked
                await asyncio.wait({task}, timeout=LAST_LOOK_SECONDS)
        except asyncio.CancelledError:
            self._abandon(task)
            raise
        if not task.done():
            self._abandon(task)
        error = task.exception() if task.done() else Unavailable(self._name)
        now = time.monotonic()
        if not isinstance(error, Unavailable):
            self._answered_at = now
        elif now - max(begun, self._answered_at) > self._wait * LONG:
            self._ask_again()
        if error:
            raise error
        return task.result()

    async def close(self) -> None:
        """Stop asking, and see off the calls that were let go of."""
        self._is_closed = True
        left = {*self._abandoned, *({self._probing} if self._probing else ())}
        for task in left:
            if self._cancels or task is self._probing:
                task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _left(self, begun: float) -> float:
        return min(max(begun, self._answered_at) + self._wait, begun + self._queue) - time.monotonic()

    def _abandon(self, task: asyncio.Task[Any]) -> None:
        self._abandoned.add(task)
        task.add_done_callback(self._forget)
        if self._cancels:
            task.cancel()

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._abandoned.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._log.info("an abandoned call failed", extra={"reason": type(error).__name__})

    async def _until_it_answers(self) -> None:
        if self._probing and self._is_stuck():
            await asyncio.wait({self._probing}, timeout=STUCK_SECONDS)
            if self._is_stuck():
                raise Unavailable(self._name)

    def _is_stuck(self) -> bool:
        is_asked = self._probing is not None and not self._probing.done()
        return is_asked and self._answered_at < self._missed_at

    def _ask_again(self) -> None:
        self._missed_at = time.monotonic()
        if not self._is_closed and (self._probing is None or self._probing.done()):
            # In a context of its own: a driver's deadline for the caller is none for the probe.
            self._probing = asyncio.create_task(self._ask_until_it_answers(), context=Context())

    async def _ask_until_it_answers(self) -> None:
        while not self._is_closed:
            try:
                await self._probe()
            except Unavailable:
                await asyncio.sleep(PAUSE_SECONDS)
            except Exception:
                self._log.exception("the probe failed")
                return
            else:
                self._answered_at = time.monotonic()
                return
