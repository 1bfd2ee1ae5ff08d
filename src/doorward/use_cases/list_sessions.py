"""List the devices on which one is signed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from doorward.domain.actor import Actor, Current
from doorward.domain.policies.session import SessionPolicy
from doorward.domain.session import Session
from doorward.ports.clock import Clock
from doorward.ports.store import Store


@dataclass(frozen=True, slots=True)
class ListSessions:
    """Show the sessions that are live now."""

    store: Store
    policy: SessionPolicy
    now: Clock

    async def __call__(self, current: Current) -> Sequence[Session]:
        """One's own live sessions, newest first."""
        return await self._live(current.user.id)

    async def of(self, user_id: UUID, actor: Actor) -> Sequence[Session]:
        """Somebody's; Forbidden unless an administrator asks."""
        actor.must_be_admin()
        return await self._live(user_id)

    async def _live(self, user_id: UUID) -> Sequence[Session]:
        now, idle = self.now(), self.policy.idle_ttl
        return [s for s in await self.store.sessions.of_user(user_id) if s.is_live(now, idle_ttl=idle)]
