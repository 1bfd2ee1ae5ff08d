"""Change what one's profile says."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

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
        self, user: User, changes: Mapping[str, object], client: Client, *, details: Mapping[str, object] | None = None
    ) -> User:
        """Change the profile.

        Args:
            user: whose profile it is.
            changes: new values by the names of `Profile`.
            client: where the request came from.
            details: who changed it and why, if it was not the user.

        Raises:
            InvalidInput: a value breaks rules.
        """
        profile = replace(user.profile, **changes)  # type: ignore[arg-type]  # names and types come from a schema
        broken = check_profile(profile)
        if broken:
            raise InvalidInput(*broken)
        changed = replace(user, profile=profile)
        noted = {"members": sorted(changes), **(details or {})}
        updated = event(EventType.PROFILE_UPDATED, self.now(), user_id=user.id, client=client, details=noted)
        await self.store.commit(SaveUser(user, changed), Record(updated))
        return changed
