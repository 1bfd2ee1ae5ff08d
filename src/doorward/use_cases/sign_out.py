"""Sign out: here, on one device, or everywhere else."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from doorward.domain.actor import Actor, Current
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
        is_this = session_id == current.session_id
        kind = EventType.SIGNED_OUT if is_this else EventType.SESSION_REVOKED
        await self._end(current.user.id, session_id, kind, client, {})

    async def of(self, user_id: UUID, session_id: UUID, actor: Actor, reason: str | None = None) -> None:
        """End one session of somebody, as an administrator; NotFound if it is another's or has ended."""
        actor.must_be_admin()
        await self._end(user_id, session_id, EventType.SESSION_REVOKED, actor.client, actor.described(reason))

    async def others(self, current: Current, client: Client) -> None:
        """End all his sessions but this one."""
        now = self.now()
        details = {"but": str(current.session_id)}
        ended = event(EventType.SESSION_REVOKED, now, user_id=current.user.id, client=client, details=details)
        await self.store.commit(EndSessions(current.user.id, now, but=current.session_id), Record(ended))

    async def _end(
        self, user_id: UUID, session_id: UUID, kind: EventType, client: Client, details: Mapping[str, object]
    ) -> None:
        session = await self.store.sessions.find(session_id)
        if session is None or session.user_id != user_id or session.ended_at is not None:
            raise NotFound
        now, details = self.now(), {"session": str(session_id), **details}
        ended = event(kind, now, user_id=user_id, client=client, details=details)
        await self.store.commit(EndSession(session_id, now), Record(ended))
