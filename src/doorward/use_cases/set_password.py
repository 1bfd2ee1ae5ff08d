"""Set somebody's password from the command line."""

from dataclasses import dataclass
from uuid import UUID

from doorward.domain.actor import Actor
from doorward.domain.challenge import BEGUN_BEFORE
from doorward.domain.errors import Forbidden
from doorward.domain.events import EventType, event
from doorward.domain.password import Password
from doorward.methods.password import PasswordMethod
from doorward.ports.clock import Clock
from doorward.ports.store import Store
from doorward.ports.writes import AddFormerPassword, ConsumeChallenges, EndSessions, Record, SaveUser


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPassword:
    """Replace a password as the operator; over HTTP no administrator can (OWASP ASVS 5.0, 6.4.6)."""

    store: Store
    passwords: PasswordMethod
    now: Clock

    async def __call__(self, user_id: UUID, new: Password, actor: Actor) -> None:
        """Set it and end all sessions.

        Raises:
            Forbidden: the caller is not the operator at the command line.
            InvalidInput: the password breaks rules.
        """
        if actor.user is not None:
            raise Forbidden
        user = await self.store.users.get(user_id)
        password_hash = await self.passwords.accept_change(user, new, pointer="/password")
        now = self.now()
        details = actor.described()
        changed = event(EventType.PASSWORD_CHANGED, now, user_id=user.id, client=actor.client, details=details)
        await self.store.commit(
            SaveUser(user, user.with_password(password_hash, now), guard=("password_hash",)),
            AddFormerPassword(user.id, user.password_hash, now, keep=self.passwords.policy.history),
            EndSessions(user.id, now),
            *(ConsumeChallenges(user.id, purpose, now) for purpose in BEGUN_BEFORE),
            Record(changed),
        )
