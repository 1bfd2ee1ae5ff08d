"""Export everything that is kept about oneself."""

from collections.abc import Sequence
from dataclasses import dataclass

from doorward.domain.events import Client, EventType, LoginAttempt, VerificationEntry, event
from doorward.domain.session import Session
from doorward.domain.user import User
from doorward.ports.clock import Clock
from doorward.ports.store import AuditQuery, AuditRow, Store
from doorward.ports.writes import Record

MOST = 1000


@dataclass(frozen=True, slots=True)
class AccountExport:
    """All records about one person, the newest 1000 of each list."""

    user: User
    sessions: Sequence[Session]
    audit: Sequence[AuditRow]
    login_attempts: Sequence[LoginAttempt]
    verification_log: Sequence[VerificationEntry]


@dataclass(frozen=True, slots=True)
class ExportAccount:
    """Gather what is kept about the one who asks; the export itself is written to the audit log."""

    store: Store
    now: Clock

    async def __call__(self, user: User, client: Client) -> AccountExport:
        """Export one's own data."""
        await self.store.commit(Record(event(EventType.DATA_EXPORTED, self.now(), user_id=user.id, client=client)))
        audit = await self.store.audit.page(AuditQuery(user_id=user.id, limit=MOST))
        return AccountExport(
            user,
            await self.store.sessions.of_user(user.id),
            audit.items,
            await self.store.audit.login_attempts(user.id, MOST),
            await self.store.audit.verification_log(user.id, MOST),
        )
