"""See what a user sees, as an administrator."""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from doorward.domain.actor import Actor, Current
from doorward.domain.errors import Forbidden, InvalidInput, Violation
from doorward.domain.events import Client, EventType, event
from doorward.domain.user import Role, Status
from doorward.methods.session_opening import SessionOpening, SignedIn
from doorward.ports.clock import Clock
from doorward.ports.store import Store
from doorward.ports.writes import AddSession, Record, SaveUser

TIME = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAsUser:
    """Open a session in which an administrator sees somebody's account and can change nothing of it."""

    store: Store
    opening: SessionOpening
    now: Clock

    async def __call__(self, user_id: UUID, current: Current, client: Client, reason: str | None) -> SignedIn:
        """Begin to look, for a quarter of an hour, or as long as one's own session lives; the log says who and why.

        Raises:
            Forbidden: the caller is no administrator, or the account is one's, or it is disabled.
            NotFound: there is no such account.
            InvalidInput: there is no reason.
        """
        actor, admin = Actor(current.user, client), current.user
        actor.must_be_admin()
        user = await self.store.users.get(user_id)
        if user.role is Role.ADMIN or user.status is Status.DISABLED:
            raise Forbidden
        if not reason:
            raise InvalidInput(Violation("/reason", "required"))
        now = self.now()
        begun = self.opening.begin(user, Client())  # where the administrator sits is not the user's affair
        session = replace(begun, acting_id=current.session_id, expires_at=min(now + TIME, begun.expires_at))
        details = actor.described(reason) | {"session": str(session.id)}
        looked = event(EventType.LOOKED_AT, now, user_id=user.id, client=client, details=details)
        are_as_seen = (SaveUser(one, one, guard=("role", "status")) for one in (admin, user))
        await self.store.commit(*are_as_seen, AddSession(session), Record(looked))
        tokens = await self.opening.tokens(session, user)
        return replace(tokens, refresh_token=None)
