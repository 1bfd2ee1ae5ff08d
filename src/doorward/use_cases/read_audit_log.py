"""Read the audit log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
from uuid import UUID

from doorward.domain.actor import Actor
from doorward.domain.ids import parse_id
from doorward.domain.user import Role, User
from doorward.ports.store import AuditQuery, AuditRow, Page, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Explored:
    """Rows, whom they name, and how many of each type lie between the edges of a time."""

    page: Page[AuditRow]
    people: Mapping[str, User]
    counts: Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class ReadAuditLog:
    """Show audit rows, newest first: everybody his own, administrators all."""

    store: Store

    async def __call__(self, query: AuditQuery, actor: Actor) -> Page[AuditRow]:
        """All rows that match; Forbidden unless an administrator asks."""
        actor.must_be_admin()
        return await self.store.audit.page(query)

    async def own(self, query: AuditQuery, user_id: UUID) -> Page[AuditRow]:
        """Rows about one's own account."""
        page = await self.store.audit.page(replace(query, user_id=user_id))
        return Page([_as_shown_to(user_id, row) for row in page.items], page.next_cursor)

    async def visible(self, query: AuditQuery, actor: Actor) -> Page[AuditRow]:
        """All rows for an administrator, one's own for anybody else."""
        if actor.user is None or actor.user.role is Role.ADMIN:
            return await self(query, actor)
        return await self.own(query, actor.user.id)

    async def explore(self, query: AuditQuery, edges: Sequence[datetime], actor: Actor) -> Explored:
        """A page of rows, and all that match counted between edges; Forbidden unless an administrator asks."""
        actor.must_be_admin()
        counts = await self.store.audit.histogram(replace(query, since=edges[0], until=edges[-1]), edges)
        page = await self.store.audit.page(query)
        return Explored(page=page, people=await self._people(page.items), counts=counts)

    async def newer(self, query: AuditQuery, after: UUID | None, actor: Actor) -> Explored:
        """The newest rows that match down to one that is known already; Forbidden unless an administrator asks."""
        page = await self(query, actor)
        rows = list(takewhile(lambda row: row.id != after, page.items))
        return Explored(page=Page(rows, page.next_cursor), people=await self._people(rows), counts={})

    async def _people(self, rows: Sequence[AuditRow]) -> Mapping[str, User]:
        """The accounts that rows are about or done by, as far as they are still there, by their id as text."""
        named = {row.user_id for row in rows} | {parse_id(str(row.details.get("by"))) for row in rows}
        found = await self.store.users.matching([one for one in named if one is not None], [])
        return {str(user.id): user for user in found}


def _as_shown_to(user_id: UUID, row: AuditRow) -> AuditRow:
    """What somebody else did to an account shows neither where he sat nor what he noted for his own."""
    if row.details.get("by", str(user_id)) == str(user_id):
        return row
    details = {name: value for name, value in row.details.items() if name not in ("by", "reason")}
    return replace(row, details=details | {"by": "operator"}, ip_address=None)
