"""Change one's own password."""

from dataclasses import dataclass, field, replace

from doorward.domain.actor import PasswordOwner
from doorward.domain.challenge import BEGUN_BEFORE
from doorward.domain.errors import InvalidInput, WrongPassword
from doorward.domain.events import Client, EventType, event
from doorward.domain.messages import MessageKind
from doorward.domain.password import Password
from doorward.domain.user import User
from doorward.methods.notices import notice_to_owner
from doorward.methods.password import PasswordMethod
from doorward.ports.clock import Clock
from doorward.ports.store import Store
from doorward.ports.writes import (
    AddFormerPassword,
    ConsumeChallenge,
    ConsumeChallenges,
    EndSessions,
    Record,
    SaveUser,
    Stale,
    Write,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChange:
    """The present password and the next one."""

    owner: PasswordOwner
    old: Password = field(repr=False)
    new: Password = field(repr=False)
    new_pointer: str = "/new_password"
    client: Client = Client()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePassword:
    """Replace the password, given the present one; other sessions and reset links end, and the owner is told."""

    store: Store
    passwords: PasswordMethod
    now: Clock

    async def __call__(self, change: PasswordChange) -> User:
        """Change the password.

        Raises:
            WrongPassword: the present password is not this; it counts as a failed try.
            InvalidInput: the new one breaks rules or was used before.
        """
        user, ticket = change.owner.user, change.owner.challenge_id
        failure = EventType.PASSWORD_CHANGE_FAILED
        async with self.passwords.proving_again(user, change.old, change.client, failure=failure):
            password_hash = await self._accepted(user, change)
            now = self.now()
            changed = replace(user.with_password(password_hash, now), failed_attempts=0)
            await self._commit(
                change,
                SaveUser(user, changed, guard=("password_hash",), always=("failed_attempts",)),
                AddFormerPassword(user.id, user.password_hash, now, keep=self.passwords.policy.history),
                EndSessions(user.id, now, but=change.owner.session_id),
                *([ConsumeChallenge(ticket, now)] if ticket else []),
                *(ConsumeChallenges(user.id, purpose, now) for purpose in BEGUN_BEFORE),
                Record(event(EventType.PASSWORD_CHANGED, now, user_id=user.id, client=change.client)),
                *notice_to_owner(MessageKind.PASSWORD_CHANGED, user, change.client, now),
            )
        return changed

    async def _accepted(self, user: User, change: PasswordChange) -> str:
        try:
            return await self.passwords.accept_change(user, change.new, pointer=change.new_pointer)
        except InvalidInput:
            await self._record_failure(change, "not_accepted")
            raise

    async def _commit(self, change: PasswordChange, *changes: Write) -> None:
        try:
            await self.store.commit(*changes)
        except Stale:
            # Another change came first: what was compared is not the password any more.
            await self._record_failure(change, "changed_meanwhile")
            raise WrongPassword from None

    async def _record_failure(self, change: PasswordChange, reason: str) -> None:
        kind, user_id = EventType.PASSWORD_CHANGE_FAILED, change.owner.user.id
        failed = event(kind, self.now(), user_id=user_id, client=change.client, details={"reason": reason})
        await self.store.commit(Record(failed))
