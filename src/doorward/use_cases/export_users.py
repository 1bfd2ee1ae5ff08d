"""Hand out all accounts."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

from doorward.domain.actor import Actor
from doorward.domain.events import EventType, event
from doorward.domain.identifiers import mask
from doorward.domain.user import User
from doorward.ports.clock import Clock
from doorward.ports.store import Store, UserQuery
from doorward.ports.writes import Record

PAGE = 1000
EVERYBODY = UserQuery()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportUsers:
    """Give out accounts, oldest first; that it was done is written to the audit log before the first leaves."""

    store: Store
    now: Clock

    async def __call__(
        self, actor: Actor, *, with_hashes: bool, query: UserQuery = EVERYBODY
    ) -> AsyncIterator[Sequence[User]]:
        """All accounts, or those that match, page by page; Forbidden unless an administrator asks."""
        actor.must_be_admin()
        details = actor.described() | {"users": described(query), "with_hashes": with_hashes}
        exported = event(EventType.DATA_EXPORTED, self.now(), user_id=None, client=actor.client, details=details)
        await self.store.commit(Record(exported))
        cursor: str | None = None
        while True:
            page = await self.store.users.page(replace(query, sort="created_at", limit=PAGE, cursor=cursor))
            yield page.items
            cursor = page.next_cursor
            if cursor is None:
                return


def described(query: UserQuery) -> str | dict[str, str]:
    """Which accounts, for the audit log; a text that was looked for is masked, for it may be somebody's address."""
    asked = {name: getattr(query, name) for name in ("status", "verified", "role", "since", "until")}
    narrowed = {name: str(value) for name, value in asked.items() if value is not None}
    if query.text:
        narrowed["text"] = mask(query.text)
    return narrowed or "all"
