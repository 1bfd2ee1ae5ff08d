"""Sign out: here, on one device, or everywhere else."""

from dataclasses import dataclass
from uuid import UUID

from doorward.domain.actor import Current
from doorward.domain.errors import NotFound
from doorward.domain.events import Client, EventType, event
from doorward.ports.clock import Clock
from doorward.ports.store import Store
from doorward.ports.writes import EndSession, EndSessions, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOut:
    """End sessions of the one who asks; their tokens are dead when this returns."""

    store: Store
    now: Clock

    async def __call__(self, current: Current, session_id: UUID, client: Client) -> None:
        """End one of his own sessions; NotFound if it is not his or has ended."""
        session = await self.store.sessions.find(session_id)
        if session is None or session.user_id != current.user.id or session.ended_at is not None:
            raise NotFound
        now = self.now()
        is_this = session_id == current.session_id
        kind = EventType.SIGNED_OUT if is_this else EventType.SESSION_REVOKED
        ended = event(kind, now, user_id=current.user.id, client=client, details={"session": str(session_id)})
        await self.store.commit(EndSession(session_id, now), Record(ended))

    async def others(self, current: Current, client: Client) -> None:
        """End all his sessions but this one."""
        now = self.now()
        details = {"but": str(current.session_id)}
        ended = event(EventType.SESSION_REVOKED, now, user_id=current.user.id, client=client, details=details)
        await self.store.commit(EndSessions(current.user.id, now, but=current.session_id), Record(ended))
