"""See what the records tell about the health of the service."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from doorward.domain.actor import Actor
from doorward.ports.clock import Clock
from doorward.ports.outbox import Outbox
from doorward.ports.store import AuditQuery, Store

TOLERATED = timedelta(seconds=1)
LATE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedHealth:
    """What waits to leave the house, since when, and how far the newest record lies ahead of this machine's clock."""

    depth: Mapping[str, int]
    oldest_at: datetime | None
    waits: timedelta
    ahead: timedelta

    @property
    def is_clock_right(self) -> bool:
        """Whether no record is from the future."""
        return self.ahead <= TOLERATED

    @property
    def is_late(self) -> bool:
        """Whether something waits longer than a code should."""
        return self.waits > LATE


@dataclass(frozen=True, slots=True)
class SeeHealth:
    """Look into the outbox and at the newest record."""

    store: Store
    outbox: Outbox
    now: Clock

    async def __call__(self, actor: Actor) -> RecordedHealth:
        """How it stands; Forbidden unless an administrator asks."""
        actor.must_be_admin()
        oldest = await self.outbox.oldest()
        newest = (await self.store.audit.page(AuditQuery(limit=1))).items
        depth, now = await self.outbox.depth(), self.now()
        return RecordedHealth(
            depth=depth,
            oldest_at=oldest,
            waits=now - oldest if oldest else timedelta(),
            ahead=newest[0].event_time - now if newest else timedelta(),
        )
