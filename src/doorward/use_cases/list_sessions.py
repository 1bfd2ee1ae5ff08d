"""List the devices on which one is signed in."""

from collections.abc import Sequence
from dataclasses import dataclass

from doorward.domain.actor import Current
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
        now, idle = self.now(), self.policy.idle_ttl
        return [s for s in await self.store.sessions.of_user(current.user.id) if s.is_live(now, idle_ttl=idle)]
