"""Refresh a session: a new access token and the refresh token's successor."""

from dataclasses import dataclass

from doorward.domain.errors import NotFound, TokenInvalid
from doorward.domain.events import Client, EventType, event
from doorward.domain.policies.password import PasswordPolicy
from doorward.domain.policies.session import SessionPolicy
from doorward.domain.session import Session
from doorward.domain.user import Status, User
from doorward.ports.clock import Clock
from doorward.ports.secrets import AccessToken, SecretMinter, TokenIssuer, TokenKind, TokenRef
from doorward.ports.store import Store
from doorward.ports.writes import EndSession, Record, RotateSession


@dataclass(frozen=True, slots=True)
class Refreshed:
    """The same session with new tokens."""

    user: User
    session: Session
    access: AccessToken
    refresh_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshSession:
    """Rotate the refresh token (RFC 9700 §4.14): the one before is good for a short grace, an older one ends all."""

    store: Store
    secrets: SecretMinter
    issuer: TokenIssuer
    policy: SessionPolicy
    passwords: PasswordPolicy
    now: Clock

    async def __call__(self, refresh_token: str, client: Client) -> Refreshed:
        """Refresh.

        Raises:
            TokenInvalid: the token is none of ours, or its session is over; if the token had been used before,
                the session ends now, for somebody has a copy.
        """
        ref = self.secrets.read_token(TokenKind.REFRESH, refresh_token)
        session = await self.store.sessions.find(ref.id) if ref else None
        now = self.now()
        if ref is None or session is None or not session.is_live(now, idle_ttl=self.policy.idle_ttl):
            raise TokenInvalid
        user = await self._usable(session)
        if ref.generation == session.generation:
            session = session.rotated(now)
            await self.store.commit(RotateSession(session))
        elif not session.accepts_repeat(ref.generation, now, grace=self.policy.refresh_grace):
            await self._end_copied(session, client)
            raise TokenInvalid
        successor = self.secrets.token(TokenKind.REFRESH, TokenRef(session.id, session.generation))
        return Refreshed(user, session, await self.issuer.issue(session, user, now), successor)

    async def _usable(self, session: Session) -> User:
        try:
            user = await self.store.users.get(session.user_id)
        except NotFound:
            raise TokenInvalid from None
        # An expired password is told at sign-in, to whoever knows it; here the session just ends.
        if user.status is Status.DISABLED or self.passwords.is_expired(user.password_changed_at, self.now()):
            raise TokenInvalid
        return user

    async def _end_copied(self, session: Session, client: Client) -> None:
        now = self.now()
        reused = event(
            EventType.TOKEN_REUSED, now, user_id=session.user_id, client=client, details={"session": str(session.id)}
        )
        await self.store.commit(EndSession(session.id, now), Record(reused))
