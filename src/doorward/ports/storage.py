"""One technology's memory as a whole: its three ports, its schema, and its end."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from doorward.ports.archive import Archive
from doorward.ports.counters import Counters
from doorward.ports.outbox import Outbox
from doorward.ports.store import Store

Heard = Callable[[Collection[UUID]], None]
"""Takes the ids of sessions, or of users with sessions, of which something has changed."""


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """Where a database stands: `current` is None for an empty one; this release runs on `runs_on`, newest first."""

    current: str | None
    runs_on: tuple[str, ...]

    @property
    def head(self) -> str:
        """The newest revision."""
        return self.runs_on[0]

    @property
    def is_compatible(self) -> bool:
        """Whether this release runs on it: a rolling upgrade may migrate before or after."""
        return self.current in self.runs_on


class Storage(Protocol):
    """Everything that a database URL opens. Every method raises Unavailable when the database does not answer."""

    @property
    def store(self) -> Store: ...
    @property
    def counters(self) -> Counters: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def archive(self) -> Archive: ...

    async def schema(self) -> SchemaStatus:
        """Where the database stands.

        Raises:
            ValueError: the server cannot do what is promised here, such as transactions.
        """

    async def migrate(self, revision: str = "head") -> None:
        """Bring the schema to a revision, up or down; where it is there already, nothing happens.

        Raises:
            ValueError: there is no such revision.
        """

    async def planned(self, revision: str = "head") -> Sequence[str]:
        """The steps that `migrate` would take, in words; nothing is changed."""

    async def write_and_roll_back(self) -> bool:
        """Write a trial row, roll it back, and say whether it is gone."""

    def listening(self, heard: Heard) -> AbstractAsyncContextManager[None]:
        """While it is entered, be told which sessions and users' sessions other processes have changed, if it can.

        Nobody relies on it: what is not heard is found out when what is remembered has become too old.
        """

    async def close(self) -> None:
        """Let go of all connections."""
