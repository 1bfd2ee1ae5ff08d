"""The outbox: what has to leave the house, written together with its cause."""

import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from doorward.domain.messages import Message
from doorward.ports.store import Page

QUEUE_LIFE = timedelta(days=2)
"""How long a message may wait for its mail server before it is given up."""


def retry_at(now: datetime, attempts: int) -> datetime:
    """When to try again: 1, 2, 4 … seconds later, five minutes at the most, a quarter of it by chance."""
    pause = min(2.0 ** min(attempts - 1, 10), 300.0)
    return now + timedelta(seconds=pause * random.uniform(0.75, 1.0))  # noqa: S311 - jitter, no secret


class Lane(StrEnum):
    """Events leave in order, one lane for all; messages leave each for itself."""

    EVENTS = "events"
    MESSAGES = "messages"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """One thing to deliver. `attempts` counts this claim too."""

    id: UUID
    lane: Lane
    payload: Mapping[str, object]
    attempts: int
    created_at: datetime
    message: Message | None = None


class OutboxState(StrEnum):
    """Not tried yet, tried without success, or given up."""

    WAITING = "waiting"
    RETRYING = "retrying"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """What is in the outbox, as an operator sees it. An event has no `message`; its `kind` is its wire name."""

    id: UUID
    lane: Lane
    kind: str
    attempts: int
    created_at: datetime
    due_at: datetime
    lease_until: datetime | None
    dead_at: datetime | None
    reason: str | None
    message: Message | None = None

    @property
    def state(self) -> OutboxState:
        if self.dead_at is not None:
            return OutboxState.DEAD
        return OutboxState.RETRYING if self.attempts else OutboxState.WAITING


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed message on its way to a worker: `owner` has claimed it, and may settle it, `until` the lease ends."""

    item: OutboxItem
    owner: str
    until: datetime


JobHandler = Callable[[Job], Awaitable[None]]


class Outbox(Protocol):
    """Claiming and settling deliveries; at least once, recognisable by id."""

    async def claim(
        self, lane: Lane, *, owner: str, now: datetime, lease: timedelta, limit: int
    ) -> Sequence[OutboxItem]:
        """Take the oldest due items for `lease`.

        Of the events lane at most one owner holds items at a time, and none are given while the oldest waits for
        its next try: so they leave in order.
        """

    async def complete(self, *items: OutboxItem, owner: str) -> None:
        """They were delivered: forget them, but for those that another owner has by now."""

    async def retry(self, item: OutboxItem, *, owner: str, at: datetime, reason: str) -> None:
        """It failed: try again at `at`."""

    async def bury(self, item: OutboxItem, *, owner: str, reason: str) -> None:
        """It can never be delivered: keep it for the operator."""

    async def depth(self) -> Mapping[str, int]:
        """How many wait in each lane, and how many are `dead`."""

    async def oldest(self) -> datetime | None:
        """Since when the oldest waits of all that is not given up; None if nothing waits."""

    async def page(
        self, *, state: OutboxState | None = None, limit: int, cursor: str | None = None
    ) -> Page[OutboxEntry]:
        """What is there, newest first. InvalidInput for a cursor that is not its own."""

    async def find(self, item_id: UUID) -> OutboxEntry | None:
        """One entry."""
