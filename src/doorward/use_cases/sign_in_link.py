"""Let an administrator in by a link that the operator made."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from doorward.domain.actor import Actor
from doorward.domain.challenge import Challenge, Purpose
from doorward.domain.errors import Forbidden, LinkExpired, LinkInvalid
from doorward.domain.events import Client, EventType, event
from doorward.domain.ids import new_id
from doorward.domain.user import Role, Status, User
from doorward.methods.session_opening import SessionOpening, SignedIn
from doorward.ports.clock import Clock
from doorward.ports.secrets import SecretMinter, TokenKind, TokenRef
from doorward.ports.store import Store
from doorward.ports.writes import AddChallenge, ConsumeChallenge, Record, SaveUser


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInLink:
    """A link that signs in once; only the operator makes one, and only for an administrator."""

    store: Store
    secrets: SecretMinter
    opening: SessionOpening
    now: Clock

    async def make(self, user_id: UUID, actor: Actor, *, ttl: timedelta) -> str:
        """Return the link's token.

        Raises:
            Forbidden: somebody other than the operator asks, or the account is no administrator's that can be used.
            NotFound: there is no such account.
        """
        if actor.user is not None:
            raise Forbidden
        user = await self.store.users.get(user_id)
        if not _may_enter(user):
            raise Forbidden
        now = self.now()
        challenge = Challenge(
            id=new_id(now),
            purpose=Purpose.SIGN_IN,
            subject_id=user.id,
            created_at=now,
            handed_over_at=now,
            expires_at=now + ttl,
        )
        made = event(EventType.SIGN_IN_LINK_MADE, now, user_id=user.id, details=actor.described())
        await self.store.commit(SaveUser(user, user, guard=("role", "status")), AddChallenge(challenge), Record(made))
        return self.secrets.token(TokenKind.SIGN_IN_LINK, TokenRef(challenge.id))

    async def check(self, token: str) -> None:
        """See whether it is good, and spend nothing; refusals are those of using it."""
        await self._read(token)

    async def __call__(self, token: str, client: Client) -> SignedIn:
        """Sign in with it.

        Raises:
            LinkInvalid: it was not made here.
            LinkExpired: too late, used, or its owner is no administrator any more.
        """
        challenge, user = await self._read(token)
        fresh, session = user.signed_in(self.now()), self.opening.begin(user, client)
        changes = self.opening.changes(user, fresh, session, client)
        is_still_admin = SaveUser(user, user, guard=("role",))
        await self.store.commit(is_still_admin, ConsumeChallenge(challenge.id, session.created_at), *changes)
        return await self.opening.tokens(session, fresh)

    async def _read(self, token: str) -> tuple[Challenge, User]:
        ref = self.secrets.read_token(TokenKind.SIGN_IN_LINK, token)
        if ref is None:
            raise LinkInvalid
        challenge = await self.store.challenges.find(ref.id)
        if challenge is None or not challenge.takes_link(self.now()):
            raise LinkExpired
        user = await self.store.users.get(challenge.subject_id)
        if not _may_enter(user):
            raise LinkExpired
        return challenge, user


def _may_enter(user: User) -> bool:
    return user.role is Role.ADMIN and user.status is not Status.DISABLED
