"""Set a new password with a mailed link."""

from dataclasses import dataclass, field
from uuid import UUID

from doorward.domain.challenge import BEGUN_BEFORE, Challenge
from doorward.domain.errors import InvalidInput, LinkExpired, LinkInvalid
from doorward.domain.events import Client, EventType, event
from doorward.domain.messages import MessageKind
from doorward.domain.password import Password
from doorward.domain.user import User
from doorward.guard import TryGuard
from doorward.methods.notices import notice_to_owner
from doorward.methods.password import PasswordMethod
from doorward.ports.clock import Clock
from doorward.ports.secrets import SecretMinter, TokenKind
from doorward.ports.store import Store
from doorward.ports.writes import AddFormerPassword, ConsumeChallenge, ConsumeChallenges, EndSessions, Record, SaveUser


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordReset:
    """The token from the link and the new password."""

    token: str = field(repr=False)
    new: Password = field(repr=False)
    client: Client = Client()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetPassword:
    """Replace a forgotten password: proves the address, ends all sessions and links, and lifts a lock."""

    store: Store
    secrets: SecretMinter
    passwords: PasswordMethod
    guard: TryGuard
    now: Clock

    async def check(self, token: str) -> None:
        """See whether a link is good, and spend nothing; refusals are those of using it."""
        await self._open_challenge(token)

    async def __call__(self, reset: PasswordReset) -> User:
        """Set the new password.

        Raises:
            LinkInvalid: the token was not made here.
            LinkExpired: too late, used, or ended by another reset.
            InvalidInput: the new password breaks rules; the link stays good.
        """
        challenge = await self._open_challenge(reset.token)
        user = await self.store.users.get(challenge.subject_id)
        try:
            password_hash = await self.passwords.accept_change(user, reset.new, pointer="/new_password")
        except InvalidInput:
            await self._record(EventType.PASSWORD_RESET_FAILED, user.id, reset.client)
            raise
        await self.guard.forget(user, reset.client)
        now = self.now()
        fresh = user.with_password(password_hash, now).unlocked()
        if challenge.target == (user.email or user.phone):
            fresh = fresh.verified(now)
        await self.store.commit(
            ConsumeChallenge(challenge.id, now),
            *(ConsumeChallenges(user.id, purpose, now) for purpose in BEGUN_BEFORE),
            SaveUser(user, fresh, guard=("password_hash", "status"), always=("failed_attempts",)),
            AddFormerPassword(user.id, user.password_hash, now, keep=self.passwords.policy.history),
            EndSessions(user.id, now),
            Record(event(EventType.PASSWORD_RESET, now, user_id=user.id, client=reset.client)),
            *self._consequences(user, fresh, reset.client),
            *notice_to_owner(MessageKind.PASSWORD_CHANGED, fresh, reset.client, now),
        )
        return fresh

    async def _open_challenge(self, token: str) -> Challenge:
        ref = self.secrets.read_token(TokenKind.RESET_LINK, token)
        if ref is None:
            raise LinkInvalid
        challenge = await self.store.challenges.find(ref.id)
        if challenge is None or not challenge.takes_link(self.now()):
            raise LinkExpired
        return challenge

    def _consequences(self, before: User, after: User, client: Client) -> list[Record]:
        now = self.now()
        kinds = []
        if before.status is not after.status:
            kinds.append(EventType.UNLOCKED)
        if before.is_verified is not after.is_verified:
            kinds.append(EventType.EMAIL_VERIFIED)
        return [Record(event(kind, now, user_id=after.id, client=client, details={"by": "reset"})) for kind in kinds]

    async def _record(self, kind: EventType, user_id: UUID, client: Client) -> None:
        await self.store.commit(Record(event(kind, self.now(), user_id=user_id, client=client)))
