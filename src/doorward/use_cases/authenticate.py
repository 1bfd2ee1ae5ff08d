"""Tell whose request this is."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from doorward.domain.actor import Current, PasswordOwner
from doorward.domain.errors import LookingOnly, NotFound, TokenInvalid
from doorward.domain.policies.session import SessionPolicy
from doorward.domain.user import Status
from doorward.ports.clock import Clock
from doorward.ports.secrets import SecretMinter, TokenIssuer, TokenKind
from doorward.ports.store import Sessions, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticate:
    """Check an access token and that its session still lives: signing out counts at once."""

    store: Store
    sessions: Sessions
    secrets: SecretMinter
    issuer: TokenIssuer
    policy: SessionPolicy
    now: Clock

    async def __call__(self, access_token: str) -> Current:
        """Find session and user, or raise TokenInvalid."""
        now = self.now()
        claims = await self.issuer.read(access_token, now)
        found = await self.sessions.with_user(claims.session_id)
        if found is None:
            raise TokenInvalid
        session, user = found
        is_live = session.is_live(now, idle_ttl=self.policy.idle_ttl)
        if not is_live or user.id != claims.user_id or user.status is Status.DISABLED:
            raise TokenInvalid
        if session.acting_id is not None:
            await self._must_still_look(session.acting_id, now)
        return Current(user, session, claims.expires_at)

    async def _must_still_look(self, own_session_id: UUID, now: datetime) -> None:
        found = await self.sessions.with_user(own_session_id)
        if found is None or not found[0].is_live(now, idle_ttl=None) or not found[1].is_active_admin(now):
            raise TokenInvalid

    async def password_owner(self, token: str) -> PasswordOwner:
        """Find who may change a password: by an access token, or by what an expired password earned.

        Raises:
            TokenInvalid: it is neither, too late, or used.
            LookingOnly: it is an administrator's who sees somebody's account.
        """
        ref = self.secrets.read_token(TokenKind.CHANGE_PASSWORD, token)
        if ref is None:
            current = await self(token)
            if current.session.acting_id is not None:
                raise LookingOnly
            return PasswordOwner(current.user, session_id=current.session_id)
        challenge = await self.store.challenges.find(ref.id)
        if challenge is None or not challenge.takes_link(self.now()):
            raise TokenInvalid
        try:
            user = await self.store.users.get(challenge.subject_id)
        except NotFound:
            raise TokenInvalid from None
        if user.status is Status.DISABLED:
            raise TokenInvalid
        return PasswordOwner(user, challenge_id=challenge.id)
