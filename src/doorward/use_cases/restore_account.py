"""Bring back an account that is being closed."""

from dataclasses import dataclass

from doorward.domain.challenge import Challenge
from doorward.domain.errors import LinkExpired, LinkInvalid, NotFound
from doorward.domain.events import Client, EventType, event
from doorward.domain.user import User
from doorward.ports.clock import Clock
from doorward.ports.secrets import SecretMinter, TokenKind
from doorward.ports.store import Store
from doorward.ports.writes import ConsumeChallenge, Record, SaveUser


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreAccount:
    """Let the owner of an address keep the account after all; sessions do not come back."""

    store: Store
    secrets: SecretMinter
    now: Clock

    async def __call__(self, token: str, client: Client) -> User:
        """Restore it.

        Raises:
            LinkInvalid: the token was not made here.
            LinkExpired: too late, used, or an operator has decided otherwise meanwhile.
        """
        challenge, user = await self._found(token)
        now, restored = self.now(), user.restored()
        await self.store.commit(
            ConsumeChallenge(challenge.id, now),
            SaveUser(user, restored, guard=("status", "closes_at")),
            Record(event(EventType.RESTORED, now, user_id=user.id, client=client)),
        )
        return restored

    async def see(self, token: str) -> User:
        """Whose account it is, without doing anything; raises like restoring it."""
        return (await self._found(token))[1]

    async def _found(self, token: str) -> tuple[Challenge, User]:
        ref = self.secrets.read_token(TokenKind.RESTORE_LINK, token)
        if ref is None:
            raise LinkInvalid
        challenge, now = await self.store.challenges.find(ref.id), self.now()
        if challenge is None or not challenge.takes_link(now):
            raise LinkExpired
        try:
            user = await self.store.users.get(challenge.subject_id)
        except NotFound:
            raise LinkExpired from None
        if user.closes_at is None or user.closes_at <= now:
            raise LinkExpired
        return challenge, user
