"""Queues within a process, so that only processes compete in the database."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakValueDictionary

from doorward.ports import writes


class Queues:
    """One queue for each key that somebody is busy with. They save conflicts and decide nothing."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def each(self, keys: Iterable[str]) -> AsyncIterator[None]:
        """Wait for one's turn at all of some keys."""
        # In one order everywhere, so that two who want the same never wait for each other.
        async with AsyncExitStack() as stack:
            for key in sorted(set(keys)):
                await stack.enter_async_context(self._locks.setdefault(key, asyncio.Lock()))
            yield


def touched(changes: Sequence[writes.Write]) -> set[str]:
    """What others may want to change at the same time: identifiers that are given, and documents that are written."""
    return {key for change in changes for key in _keys(change)} | {str(a) for a in writes.accounts_of(changes)}


def _keys(change: writes.Write) -> Iterable[str]:
    match change:
        case writes.AddUser(user):
            return (f"{i.kind}:{i.value}" for i in user.identifiers())
        case writes.SaveUser(old, new):
            return (f"{i.kind}:{i.value}" for i in new.identifiers() if i not in old.identifiers())
        case writes.HandOver(record) | writes.RotateSession(record):
            return (str(record.id),)
        case writes.ConsumeChallenge(record_id) | writes.EndSession(record_id):
            return (str(record_id),)
        case writes.KeepAdmin():
            return ("administrators",)
    return ()
