"""Sign in."""

from dataclasses import dataclass, field
from datetime import timedelta

from doorward.domain.challenge import Challenge, Purpose
from doorward.domain.errors import AccountClosing, AccountDisabled, EmailNotVerified, PasswordExpired
from doorward.domain.events import Client, EventType, event
from doorward.domain.ids import new_id
from doorward.domain.password import Password
from doorward.domain.policies.verification import VerificationPolicy
from doorward.domain.user import Status, User
from doorward.methods.password import PasswordMethod
from doorward.methods.session_opening import SessionOpening, SignedIn
from doorward.ports.clock import Clock
from doorward.ports.secrets import SecretMinter, TokenKind, TokenRef
from doorward.ports.store import Store
from doorward.ports.writes import AddChallenge, Record, SaveUser

CHANGE_TTL = timedelta(minutes=5)
"""How long whoever has shown an expired password may take to choose a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """An identifier as typed and a password."""

    identifier: str
    password: Password = field(repr=False)
    client: Client = Client()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Open a session for whoever proves identifier and password."""

    store: Store
    passwords: PasswordMethod
    secrets: SecretMinter
    opening: SessionOpening
    verification: VerificationPolicy
    now: Clock

    async def __call__(self, credentials: Credentials) -> SignedIn:
        """Sign in.

        Raises:
            InvalidCredentials: one answer for an unknown identifier and a wrong password, after equal work.
            AccountLocked, TooManyRequests, Busy: answered before the password is compared.
            AccountDisabled, AccountClosing, EmailNotVerified, PasswordExpired: told only after the right password.
        """
        client = credentials.client
        async with self.passwords.proving(credentials.identifier, credentials.password, client) as user:
            self._must_be_usable(user)
            await self._must_not_be_expired(user, client)
            fresh = (await self.passwords.upgraded(user, credentials.password)).signed_in(self.now())
            session = self.opening.begin(user, client)
            await self.store.commit(*self.opening.changes(user, fresh, session, client))
        return await self.opening.tokens(session, fresh)

    def _must_be_usable(self, user: User) -> None:
        if user.status is Status.DISABLED:
            raise AccountClosing if user.closes_at else AccountDisabled
        if self.verification.is_required and not user.is_verified:
            raise EmailNotVerified(self.secrets.token(TokenKind.VERIFICATION, TokenRef(user.id)))

    async def _must_not_be_expired(self, user: User, client: Client) -> None:
        now = self.now()
        if not self.passwords.policy.is_expired(user.password_changed_at, now):
            return
        challenge = Challenge(
            id=new_id(now),
            purpose=Purpose.CHANGE_PASSWORD,
            subject_id=user.id,
            created_at=now,
            handed_over_at=now,
            expires_at=now + CHANGE_TTL,
        )
        expired = event(EventType.PASSWORD_EXPIRED, now, user_id=user.id, client=client)
        await self.store.commit(
            SaveUser(user, user, guard=("password_hash",)), AddChallenge(challenge), Record(expired)
        )
        token = self.secrets.token(TokenKind.CHANGE_PASSWORD, TokenRef(challenge.id))
        raise PasswordExpired(token, int(CHANGE_TTL.total_seconds()))
