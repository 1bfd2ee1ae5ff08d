"""Opening a session, however somebody has shown who he is."""

from dataclasses import dataclass, field

from doorward.domain.events import Client, Event, EventType, event
from doorward.domain.ids import new_id
from doorward.domain.policies.session import SessionPolicy
from doorward.domain.session import Session
from doorward.domain.user import User
from doorward.guard import login_attempt
from doorward.ports.clock import Clock
from doorward.ports.secrets import AccessToken, SecretMinter, TokenIssuer, TokenKind, TokenRef
from doorward.ports.writes import AddLoginAttempt, AddSession, Record, SaveUser, Write


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session and its tokens; `refresh_token` is None where sessions are not refreshed."""

    user: User
    session: Session
    access: AccessToken
    refresh_token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOpening:
    """Makes sessions, the changes that open them, and their tokens."""

    secrets: SecretMinter
    issuer: TokenIssuer
    policy: SessionPolicy
    now: Clock

    def begin(self, user: User, client: Client) -> Session:
        """A new session."""
        now = self.now()
        return Session(
            id=new_id(now),
            user_id=user.id,
            created_at=now,
            last_used_at=now,
            expires_at=now + self.policy.lifetime,
            ip_address=client.ip_address,
            device=client.device,
        )

    def changes(self, before: User, after: User, session: Session, client: Client) -> tuple[Write, ...]:
        """What opening it writes; Stale if the account was disabled or got another password meanwhile."""
        now, shown = session.created_at, after.identifiers()[0].value
        signed_in: Event = event(EventType.SIGNED_IN, now, user_id=after.id, client=client)
        return (
            SaveUser(before, after, guard=("status", "password_hash"), always=("failed_attempts",)),
            AddSession(session),
            Record(signed_in),
            AddLoginAttempt(login_attempt(client, after, shown, success=True, now=now)),
        )

    async def tokens(self, session: Session, user: User) -> SignedIn:
        """The tokens of an open session."""
        access = await self.issuer.issue(session, user, session.created_at)
        refresh = None
        if self.policy.refresh_ttl is not None:
            refresh = self.secrets.token(TokenKind.REFRESH, TokenRef(session.id, session.generation))
        return SignedIn(user, session, access, refresh)
