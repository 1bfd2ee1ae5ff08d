"""Hand out the audit log."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

from doorward.domain.actor import Actor
from doorward.domain.events import EventType, event
from doorward.ports.clock import Clock
from doorward.ports.store import AuditQuery, AuditRow, Store
from doorward.ports.writes import Record

PAGE = 1000
EVERYTHING = AuditQuery()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportAuditLog:
    """Give out what was written until now, newest first; that it was done is noted before the first row leaves."""

    store: Store
    now: Clock

    async def __call__(self, actor: Actor, query: AuditQuery = EVERYTHING) -> AsyncIterator[Sequence[AuditRow]]:
        """All rows that match, page by page; Forbidden unless an administrator asks."""
        actor.must_be_admin()
        now = self.now()
        details = actor.described() | {"audit": _described(query)}
        exported = event(EventType.DATA_EXPORTED, now, user_id=None, client=actor.client, details=details)
        await self.store.commit(Record(exported))
        asked = replace(query, until=min(query.until or now, now), limit=PAGE, cursor=None)
        while True:
            page = await self.store.audit.page(asked)
            yield page.items
            if page.next_cursor is None:
                return
            asked = replace(asked, cursor=page.next_cursor)


def _described(query: AuditQuery) -> str | dict[str, str]:
    asked = {name: getattr(query, name) for name in ("event_type", "user_id", "since", "until")}
    return {name: str(value) for name, value in asked.items() if value is not None} or "all"
