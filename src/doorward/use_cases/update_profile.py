"""Change what one's profile says."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from doorward.domain.errors import InvalidInput
from doorward.domain.events import Client, EventType, event
from doorward.domain.registration import check_profile
from doorward.domain.user import User
from doorward.ports.clock import Clock
from doorward.ports.store import Store
from doorward.ports.writes import Record, SaveUser


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateProfile:
    """Write the given members of the profile; the others stay."""

    store: Store
    now: Clock

    async def __call__(
        self,
        user_id: UUID,
        changes: Mapping[str, object],
        client: Client,
        *,
        details: Mapping[str, object] | None = None,
    ) -> User:
        """Change the profile.

        Args:
            user_id: whose profile it is.
            changes: new values by the names of `Profile`.
            client: where the request came from.
            details: who changed it and why, if it was not the user.

        Raises:
            InvalidInput: a value breaks rules.
            NotFound: there is no such account.
        """
        user = await self.store.users.get(user_id)
        profile = replace(user.profile, **changes)  # type: ignore[arg-type]  # names and types come from a schema
        broken = check_profile(profile)
        if broken:
            raise InvalidInput(*broken)
        changed = replace(user, profile=profile)
        noted = {"members": sorted(changes), **(details or {})}
        updated = event(EventType.PROFILE_UPDATED, self.now(), user_id=user.id, client=client, details=noted)
        await self.store.commit(SaveUser(user, changed, guard=("profile",)), Record(updated))
        return changed
