"""Hand out all accounts."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from doorward.domain.actor import Actor
from doorward.domain.events import EventType, event
from doorward.domain.user import User
from doorward.ports.clock import Clock
from doorward.ports.store import Store, UserQuery
from doorward.ports.writes import Record

PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportUsers:
    """Give out every account, oldest first; that it was done is written to the audit log before the first leaves."""

    store: Store
    now: Clock

    async def __call__(self, actor: Actor, *, with_hashes: bool) -> AsyncIterator[Sequence[User]]:
        """All accounts, page by page; Forbidden unless an administrator asks."""
        actor.must_be_admin()
        details = actor.described() | {"users": "all", "with_hashes": with_hashes}
        exported = event(EventType.DATA_EXPORTED, self.now(), user_id=None, client=actor.client, details=details)
        await self.store.commit(Record(exported))
        cursor: str | None = None
        while True:
            page = await self.store.users.page(UserQuery(sort="created_at", limit=PAGE, cursor=cursor))
            yield page.items
            cursor = page.next_cursor
            if cursor is None:
                return
