"""Publish what happened, in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from doorward.ports.clock import Clock
from doorward.ports.delivery import DeliveryFailed, EventPublisher
from doorward.ports.outbox import Lane, Outbox, OutboxItem, retry_at

LEASE = timedelta(seconds=15)
HAND_OVER = timedelta(seconds=6)
"""Longer than a publisher takes to give up."""
LONGEST_PAUSE = timedelta(seconds=3)
"""The broker was away, not the event at fault: it is asked again soon, however long that lasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverEvents:
    """Publish waiting events one by one; the first failure holds back all behind it, so that order is kept."""

    outbox: Outbox
    publisher: EventPublisher
    now: Clock
    batch: int = 100

    async def __call__(self, owner: str) -> int:
        """Publish what is due; return how many were published.

        Raises:
            Unavailable: nothing can be published now; nothing was claimed.
        """
        await self.publisher.ready()
        begun = self.now()
        items = await self.outbox.claim(Lane.EVENTS, owner=owner, now=begun, lease=LEASE, limit=self.batch)
        published, reason, until = 0, "", begun
        for item in items:
            if self.now() > begun + LEASE - HAND_OVER:  # whoever claims next must not publish beside us
                reason, until = "the broker is slow", self.now()
                break
            try:
                await self.publisher.publish(item.payload)
            except DeliveryFailed as failed:
                reason = str(failed)
                until = min(retry_at(self.now(), item.attempts), self.now() + LONGEST_PAUSE)
                break
            published += 1
        if published:
            await self.outbox.complete(*items[:published], owner=owner)
        await self._free(items[published:], owner, until, reason)
        return published

    async def _free(self, waiting: Sequence[OutboxItem], owner: str, at: datetime, reason: str) -> None:
        for item in waiting:
            await self.outbox.retry(item, owner=owner, at=at, reason=reason)
