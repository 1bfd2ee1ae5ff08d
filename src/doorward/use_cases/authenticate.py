"""Tell whose request this is."""

from dataclasses import dataclass

from doorward.domain.actor import Current
from doorward.domain.errors import NotFound, TokenInvalid
from doorward.domain.policies.session import SessionPolicy
from doorward.domain.user import Status
from doorward.ports.clock import Clock
from doorward.ports.secrets import TokenIssuer
from doorward.ports.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticate:
    """Check an access token and that its session still lives: signing out counts at once."""

    store: Store
    issuer: TokenIssuer
    policy: SessionPolicy
    now: Clock

    async def __call__(self, access_token: str) -> Current:
        """Find session and user, or raise TokenInvalid."""
        now = self.now()
        claims = await self.issuer.read(access_token, now)
        session = await self.store.sessions.find(claims.session_id)
        if session is None or not session.is_live(now, idle_ttl=self.policy.idle_ttl):
            raise TokenInvalid
        try:
            user = await self.store.users.get(session.user_id)
        except NotFound:
            raise TokenInvalid from None
        if user.id != claims.user_id or user.status is Status.DISABLED:
            raise TokenInvalid
        return Current(user, session)
