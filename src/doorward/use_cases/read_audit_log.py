"""Read the audit log."""

from dataclasses import dataclass, replace
from uuid import UUID

from doorward.domain.actor import Actor
from doorward.domain.user import Role
from doorward.ports.store import AuditQuery, AuditRow, Page, Store


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


def _as_shown_to(user_id: UUID, row: AuditRow) -> AuditRow:
    """What somebody else did to an account shows neither where he sat nor what he noted for his own."""
    if row.details.get("by", str(user_id)) == str(user_id):
        return row
    details = {name: value for name, value in row.details.items() if name not in ("by", "reason")}
    return replace(row, details=details | {"by": "operator"}, ip_address=None)
