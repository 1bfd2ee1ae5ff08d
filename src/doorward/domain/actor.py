"""Who asks for something."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from doorward.domain.errors import Forbidden, NotFound
from doorward.domain.events import Client
from doorward.domain.session import Session
from doorward.domain.user import Role, User


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in user, or (without one) the operator at the command line."""

    user: User | None
    client: Client = Client()

    def must_be_admin(self) -> None:
        """Raise Forbidden unless this is an administrator or the operator."""
        if self.user is not None and self.user.role is not Role.ADMIN:
            raise Forbidden

    def is_user(self, user_id: UUID) -> bool:
        """Whether this is that very user."""
        return self.user is not None and self.user.id == user_id

    def must_reach(self, user_id: UUID) -> None:
        """Raise NotFound unless it is himself or he is an administrator: who else exists is not told."""
        if not self.is_user(user_id) and self.user is not None and self.user.role is not Role.ADMIN:
            raise NotFound

    def described(self, reason: str | None = None) -> dict[str, object]:
        """Event details that say who did it and why."""
        who: dict[str, object] = {"by": str(self.user.id) if self.user else "operator"}
        return who | ({"reason": reason} if reason else {})


@dataclass(frozen=True, slots=True)
class PasswordOwner:
    """Who may change a password: somebody signed in, or (`challenge_id`) somebody whose password has expired."""

    user: User
    session_id: UUID | None = None
    challenge_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Current:
    """The session of a request and its user; `until` is when the access token that was shown ends."""

    user: User
    session: Session
    until: datetime | None = None

    @property
    def session_id(self) -> UUID:
        return self.session.id
