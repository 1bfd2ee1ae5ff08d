"""Publish what happened, in order."""

from dataclasses import dataclass
from datetime import timedelta

from doorward.ports.clock import Clock
from doorward.ports.delivery import DeliveryFailed, EventPublisher
from doorward.ports.outbox import Lane, Outbox, retry_at

LEASE = timedelta(seconds=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverEvents:
    """Publish waiting events one by one; the first failure holds back all behind it, so that order is kept."""

    outbox: Outbox
    publisher: EventPublisher
    now: Clock
    batch: int = 100

    async def __call__(self, owner: str) -> int:
        """Publish what is due; return how many were published."""
        items = await self.outbox.claim(Lane.EVENTS, owner=owner, now=self.now(), lease=LEASE, limit=self.batch)
        for published, item in enumerate(items):
            try:
                await self.publisher.publish(item.payload)
            except DeliveryFailed as failed:
                at = retry_at(self.now(), item.attempts)
                for waiting in items[published:]:
                    await self.outbox.retry(waiting, owner=owner, at=at, reason=str(failed))
                return published
            await self.outbox.complete(item, owner=owner)
        return len(items)
