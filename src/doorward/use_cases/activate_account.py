"""Activate an account with the mailed code, by someone who knows its password."""

from dataclasses import dataclass, field, replace

from doorward.domain.challenge import Purpose
from doorward.domain.errors import AlreadyActive
from doorward.domain.events import Client, EventType, event
from doorward.domain.password import Password
from doorward.domain.user import User
from doorward.methods.email_code import EmailCodeMethod
from doorward.methods.password import PasswordMethod
from doorward.ports.clock import Clock
from doorward.ports.store import Store
from doorward.ports.writes import ConsumeChallenge, Record, SaveUser


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """Identifier and password (HTTP Basic) and the code from the mail."""

    identifier: str
    password: Password = field(repr=False)
    code: str = field(repr=False)
    client: Client = Client()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivateAccount:
    """Confirm that the user controls the address: password and code together."""

    store: Store
    passwords: PasswordMethod
    codes: EmailCodeMethod
    now: Clock

    async def __call__(self, activation: Activation) -> User:
        """Activate.

        Raises:
            InvalidCredentials, AccountLocked, TooManyRequests, Busy: as at sign-in, with the same counters.
            AlreadyActive: there is nothing to activate.
            CodeIncorrect, CodeExpired: as the code deserves.
        """
        async with self.passwords.proving(activation.identifier, activation.password, activation.client) as user:
            if user.is_verified:
                raise AlreadyActive
            latest = await self.store.challenges.latest(user.id, Purpose.VERIFY_EMAIL)
            challenge = await self.codes.prove(
                latest, activation.code, activation.client, address=user.email or "", user_id=user.id
            )
            now = self.now()
            verified = replace(user.verified(now), failed_attempts=0)
            await self.store.commit(
                ConsumeChallenge(challenge.id, now),
                SaveUser(user, verified, guard=("verified_at",), always=("failed_attempts",)),
                Record(event(EventType.EMAIL_VERIFIED, now, user_id=user.id, client=activation.client)),
            )
            return verified
