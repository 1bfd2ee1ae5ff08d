"""See how the service is doing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from doorward.domain.actor import Actor
from doorward.domain.events import EventType
from doorward.domain.user import Status
from doorward.ports.clock import Clock
from doorward.ports.store import AuditQuery, Store, UserQuery

DAY, WEEK = timedelta(days=1), timedelta(days=7)
LETTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Numbers of accounts, and what happened on each of the days that begin at `edges` (the last one is an end)."""

    users: Mapping[str, int]
    edges: Sequence[datetime]
    events: Mapping[str, Sequence[int]]
    mail_delay: timedelta | None

    def daily(self, kind: EventType) -> Sequence[int]:
        """How often it happened, day by day."""
        return self.events.get(kind.audit_name, [0] * (len(self.edges) - 1))


@dataclass(frozen=True, slots=True)
class SeeOverview:
    """Count accounts, and what happened in the last days, in UTC."""

    store: Store
    now: Clock

    async def __call__(self, days: int, actor: Actor) -> Overview:
        """Count; Forbidden unless an administrator asks."""
        actor.must_be_admin()
        now = self.now()
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        edges = [today - DAY * n for n in range(days - 1, -1, -1)] + [today + DAY]
        asked = {
            "all": UserQuery(),
            "today": UserQuery(since=today),
            "week": UserQuery(since=now - WEEK),
            "week_before": UserQuery(since=now - 2 * WEEK, until=now - WEEK),
            "locked": UserQuery(status=Status.LOCKED),
            "disabled": UserQuery(status=Status.DISABLED, closing=False),
            "closing": UserQuery(closing=True),
            "unverified": UserQuery(verified=False),
        }
        users = {name: await self.store.users.count(query) for name, query in asked.items()}
        events = await self.store.audit.histogram(AuditQuery(since=edges[0], until=edges[-1]), edges)
        return Overview(users=users, edges=edges, events=events, mail_delay=await self._mail_delay())

    async def _mail_delay(self) -> timedelta | None:
        """How long half of the newest letters with a code waited at most."""
        from statistics import median  # noqa: PLC0415 - takes longer to load than this page to answer

        query = AuditQuery(event_type=EventType.VERIFICATION_SENT.audit_name, limit=LETTERS)
        waited = [row.details.get("waited_ms") for row in (await self.store.audit.page(query)).items]
        known = [ms for ms in waited if isinstance(ms, int)]
        return timedelta(milliseconds=median(known)) if known else None
