"""Commits that stop half-way, so that somebody else's come in between: two processes at their most unlucky."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Executable
from sqlalchemy.util import await_only

from doorward.adapters.mongodb.numbers import Numbering
from doorward.adapters.mongodb.storage import MongoStorage
from doorward.adapters.mongodb.store import MongoStore
from doorward.adapters.sql.store import SqlStore
from doorward.ports.storage import Storage
from doorward.ports.store import Store
from doorward.ports.writes import Write

COMMIT = "COMMIT"
PATIENCE = 0.4
"""How long the second one gets before the first one goes on: it has finished by then, or it waits for the first."""


@dataclass(eq=False)
class Halt:
    """Where a commit stops (before a statement that begins so), and how often it was begun."""

    before: str = COMMIT
    is_there: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    runs: int = 0

    async def here(self) -> None:
        """Wait until the other one has had its chance."""
        self.is_there.set()
        await self.go.wait()


class _SqlHalting:
    """A SQL database whose transactions stop."""

    def __init__(self, database: Any, halt: Halt) -> None:
        self._database = database
        self._halt = halt

    async def write(self, work: Callable[[Connection], Any]) -> Any:
        return await self._database.write(lambda connection: self._run(connection, work))

    def _run(self, connection: Connection, work: Callable[[Connection], Any]) -> Any:
        self._halt.runs += 1
        done = work(_Stopping(connection, self._halt))  # type: ignore[arg-type]  # it is used like one
        if self._halt.before == COMMIT:
            _run_gathered(connection)
            await_only(self._halt.here())
        return done


def _run_gathered(connection: Connection) -> None:
    """Let the transaction do what it has been told so far, where that would be done at its end only."""
    run = getattr(connection, "run_gathered", None)
    if run is not None:
        run()


class _Stopping:
    """A connection that stops before a statement, whatever driver is under it."""

    def __init__(self, connection: Connection, halt: Halt) -> None:
        self._connection = connection
        self._halt = halt

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._connection, name)
        return self._stopping(found) if name in ("gather", "demand_one") else found

    def _stopping(self, run: Callable[..., Any]) -> Callable[..., Any]:
        def stop_and_run(statement: Executable, *parameters: Any) -> Any:
            if str(statement).startswith(self._halt.before):
                _run_gathered(self._connection)
                await_only(self._halt.here())
            return run(statement, *parameters)

        return stop_and_run

    def execute(self, statement: Executable, *parameters: Any) -> Any:
        return self._stopping(self._connection.execute)(statement, *parameters)


class _MongoHalting:
    """A MongoDB server whose transactions stop before they are committed."""

    def __init__(self, server: Any, halt: Halt) -> None:
        self._server = server
        self._halt = halt

    def __getattr__(self, name: str) -> Any:
        return getattr(self._server, name)

    async def transaction(self, work: Callable[[Any], Awaitable[Any]]) -> Any:
        async def run(transaction: Any) -> Any:
            self._halt.runs += 1
            done = await work(transaction)
            await self._halt.here()
            return done

        return await self._server.transaction(run)


def halting(storage: Storage, halt: Halt) -> Store:
    """The store of a storage, with commits that stop; on MongoDB always right before the end."""
    if isinstance(storage, MongoStorage):
        return MongoStore(_MongoHalting(storage.server, halt), Numbering())
    return SqlStore(_SqlHalting(storage.database, halt))


async def overtaking(
    hosts: Sequence[Storage], first: Sequence[Write], second: Sequence[Write], *, before: str = COMMIT
) -> list[BaseException | None]:
    """Begin a commit on one host, another on the other before the first has ended; how both came out."""
    halt = Halt(before)
    one = asyncio.create_task(halting(hosts[0], halt).commit(*first))
    await asyncio.wait_for(halt.is_there.wait(), 10)
    two = asyncio.create_task(hosts[1].store.commit(*second))
    await asyncio.wait({two}, timeout=PATIENCE)
    halt.go.set()
    return await asyncio.gather(one, two, return_exceptions=True)
