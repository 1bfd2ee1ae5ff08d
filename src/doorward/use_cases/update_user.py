"""Change somebody's profile or role, as an administrator."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from doorward.domain.actor import Actor
from doorward.domain.errors import InvalidInput
from doorward.domain.events import EventType, event
from doorward.domain.registration import check_profile
from doorward.domain.user import Role, User
from doorward.ports.clock import Clock
from doorward.ports.store import Store
from doorward.ports.writes import Record, SaveUser, keeping_an_admin


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateUser:
    """Write the given members of the profile and the role, both or neither; the others stay."""

    store: Store
    now: Clock

    async def __call__(
        self,
        user_id: UUID,
        changes: Mapping[str, object],
        actor: Actor,
        *,
        role: Role | None = None,
        reason: str | None = None,
    ) -> User:
        """Change it.

        Args:
            user_id: whose account it is.
            changes: new values by the names of `Profile`.
            actor: who does it.
            role: the new role; None leaves it.
            reason: why; it stands in the audit log.

        Raises:
            Forbidden: the caller is no administrator.
            NotFound: there is no such account.
            InvalidInput: a value breaks rules.
            LastAdmin: no administrator would be left.
        """
        actor.must_be_admin()
        user = await self.store.users.get(user_id)
        profile = replace(user.profile, **changes)  # type: ignore[arg-type]  # names and types come from a schema
        broken = check_profile(profile)
        if broken:
            raise InvalidInput(*broken)
        changed, now = replace(user, profile=profile, role=role or user.role), self.now()
        records = self._records(user, changes, role, actor.described(reason), actor=actor, now=now)
        if records:
            guard = ("profile", "role", "status")
            keeping = keeping_an_admin(user, changed, actor=actor, now=now)
            await self.store.commit(SaveUser(user, changed, guard=guard), *records, *keeping)
        return changed

    def _records(
        self,
        user: User,
        changes: Mapping[str, object],
        role: Role | None,
        details: Mapping[str, object],
        *,
        actor: Actor,
        now: datetime,
    ) -> list[Record]:
        told: dict[EventType, dict[str, object]] = {}
        if changes:
            told[EventType.PROFILE_UPDATED] = {"members": sorted(changes)}
        if role:
            told[EventType.ROLE_CHANGED] = {"role": role.value}
        return [
            Record(event(kind, now, user_id=user.id, client=actor.client, details={**details, **more}))
            for kind, more in told.items()
        ]
