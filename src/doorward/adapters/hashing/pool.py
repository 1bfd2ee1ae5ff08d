"""Hashing in as many threads as there are cores, with a bounded queue before them."""

import asyncio
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from doorward.adapters.hashing.foreign import FirebaseKey
from doorward.adapters.hashing.scheme import UNKNOWN, Verifier
from doorward.adapters.hashing.schemes import new_scheme, verifiers
from doorward.domain.errors import Busy
from doorward.domain.password import UNUSABLE, Password
from doorward.domain.policies.hashing import HashingPolicy

R = TypeVar("R")
NICENESS = 10
QUEUE_SECONDS = 4.0
ASSUMED_SECONDS = 0.1  # of a hash, before the first is done
RETRY_SECONDS = 2.0
HISTORY_SECONDS = 5.0


class PooledPasswordHasher:
    """Hashes beside the event loop. More threads than cores would add memory and delay, never speed.

    When the queue is full it says so at once (Busy): nobody waits for an answer that comes too late.

    An unknown user costs what a hash of today's parameters costs. A hash from elsewhere costs what its own say, so
    until its owner has signed in once, the time of an answer can tell that there is such an account.
    """

    def __init__(self, policy: HashingPolicy, *, workers: int = 1, firebase: FirebaseKey | None = None) -> None:
        self._verifiers = verifiers(policy, firebase)
        self._new = new_scheme(policy)
        self.max_bytes = self._new.max_bytes
        self.slots = policy.slots or max(1, (os.cpu_count() or 1) // workers)
        self._pool = ThreadPoolExecutor(self.slots, "hashing", initializer=_give_way)
        self._queue = policy.queue
        self._quickest: float | None = None
        self._decoy = self._new.decoy()
        self._in_flight = 0
        self.computed = 0

    @property
    def queue(self) -> int:
        """How many may wait: as many as are served in four seconds, going by the quickest hash so far.

        Slower ones tell what else the machine was doing, at its start for example.
        """
        if self._queue is not None:
            return self._queue
        return max(8, int(self.slots * QUEUE_SECONDS / (self._quickest or ASSUMED_SECONDS)))

    async def hash(self, password: Password) -> str:
        return await self._run(lambda: self._noting(lambda: self._new.hash(password.text)))

    async def verify(self, password_hash: str | None, password: Password) -> bool:
        matches = await self._run(lambda: self._matches(password_hash or self._decoy, password))
        return matches and password_hash is not None

    async def matches_any(self, password_hashes: tuple[str, ...], password: Password) -> bool:
        """Compare the newest first and one after another, so that others are served between two of a long history."""
        spent = 0.0
        for stored in password_hashes:
            found, seconds = await self._run(partial(_timed, partial(self._matches, stored, password)))
            spent += seconds
            if found or spent > HISTORY_SECONDS:
                return found
        return False

    def is_outdated(self, password_hash: str) -> bool:
        return not self._new.recognises(password_hash) or self._new.is_outdated(password_hash)

    def flaw(self, password_hash: str) -> str | None:
        if password_hash == UNUSABLE:
            return None
        verifier = self._verifier(password_hash)
        return verifier.flaw(password_hash) if verifier else UNKNOWN

    def close(self) -> None:
        """Stop the threads once they have finished what they are at."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _noting(self, work: Callable[[], R]) -> R:
        """Note how long a hash has taken; no answer, or a false one, may have come without computing any."""
        done, seconds = _timed(work)
        if done:
            self._quickest = min(self._quickest or seconds, seconds)
        return done

    def _matches(self, password_hash: str, password: Password) -> bool:
        self.computed += 1
        if not password.is_hashable:
            return False
        verifier = self._verifier(password_hash)
        if verifier is None or verifier.flaw(password_hash):
            self._new.verify(self._decoy, password.text)
            return False
        if self.is_outdated(password_hash):  # it costs more or less than one of today's
            return verifier.verify(password_hash, password.text)
        return self._noting(lambda: verifier.verify(password_hash, password.text))

    def _verifier(self, password_hash: str) -> Verifier | None:
        return next((verifier for verifier in self._verifiers if verifier.recognises(password_hash)), None)

    async def _run(self, work: Callable[[], R]) -> R:
        if self._in_flight >= self.slots + self.queue:
            raise Busy(RETRY_SECONDS)
        self._in_flight += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        future.add_done_callback(self._finished)
        return await future

    def _finished(self, future: "asyncio.Future[R]") -> None:
        self._in_flight -= 1


def _timed(work: Callable[[], R]) -> tuple[R, float]:
    start = time.perf_counter()
    return work(), time.perf_counter() - start


def _give_way() -> None:
    """Run at lower priority (Linux: per thread), so that a flood of sign-ins delays nothing else."""
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
