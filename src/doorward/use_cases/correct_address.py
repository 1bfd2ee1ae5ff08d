"""Put another address in the place of one that was mistyped at sign-up, before it is proven."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from doorward.domain.challenge import BEGUN_BEFORE, Purpose
from doorward.domain.errors import AlreadyActive, CodeExpired, Forbidden, IdentifierTaken, InvalidInput, Violation
from doorward.domain.events import Client, EventType, event
from doorward.domain.identifiers import Identifier, parse_email
from doorward.domain.messages import MessageKind
from doorward.domain.password import Password
from doorward.domain.policies.registration import RegistrationPolicy
from doorward.domain.registration import Registration
from doorward.domain.user import User, own_words
from doorward.methods.email_code import EmailCodeMethod
from doorward.methods.password import PasswordMethod
from doorward.methods.waiting import WaitingLine
from doorward.ports.clock import Clock
from doorward.ports.store import Store
from doorward.ports.writes import ConsumeChallenges, Record, SaveUser, Stale

BEGUN_AT_OLD = (Purpose.VERIFY_EMAIL, *BEGUN_BEFORE)
"""What was mailed to the mistyped address, whoever has it; a reset would prove it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressCorrection:
    """The address that was meant, and the password of the sign-up."""

    email: str
    password: Password = field(repr=False)
    client: Client = Client()


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectAddress:
    """The old code is worthless at once, and a new one goes to the new address; all else that was typed stays.

    Of several corrections at once, or one beside a proof, exactly one comes about.
    """

    store: Store
    passwords: PasswordMethod
    codes: EmailCodeMethod
    line: WaitingLine
    registration: RegistrationPolicy
    begin_again: Callable[[Registration, Identifier, Client], Awaitable[str]]
    now: Clock

    async def of_waiting(self, verification: str, correction: AddressCorrection) -> str:
        """Correct it for the browser that began the sign-up; return the handle with which to verify from now on.

        Raises:
            InvalidInput: it cannot be an address, or is the one that waits already.
            LinkInvalid: the handle was not made here.
            CodeExpired: nobody waits by it: it is proven, corrected or too late.
            InvalidCredentials, AccountLocked, TooManyRequests, Busy: as a sign-in with that password.
            IdentifierTaken: it belongs to somebody; where that is concealed, its owner gets a letter instead.
            Forbidden: it is an account that an operator has made, where duplicates are concealed.
        """
        wanted = parse_email(correction.email)
        waiting = await self.line.find(verification)
        if waiting is None or not self.codes.policy.is_on:
            raise CodeExpired
        try:
            if isinstance(waiting.subject, User):
                return await self._of_handle(waiting.subject, wanted, correction)
            return await self._of_sign_up(waiting.subject, wanted, correction)
        except Stale:
            raise CodeExpired from None  # proven or corrected in this very moment

    async def of_user(self, identifier: str, correction: AddressCorrection) -> None:
        """Correct it for whoever has the password.

        Raises:
            InvalidInput: it cannot be an address, or is the one that waits already.
            InvalidCredentials, AccountLocked, TooManyRequests, Busy: as a sign-in.
            AlreadyActive: no address of it waits for a proof.
            IdentifierTaken: it belongs to somebody.
        """
        wanted = parse_email(correction.email)
        async with self.passwords.proving(identifier, correction.password, correction.client) as user:
            if user.is_verified or user.email is None or not self.codes.policy.is_on:
                raise AlreadyActive
            await self._move(user, wanted, correction.client)

    async def _of_sign_up(self, pending: Registration, wanted: Identifier, correction: AddressCorrection) -> str:
        async with self.passwords.proving_waiting(pending, correction.password, correction.client):
            _must_differ(pending.email, wanted)
            words = own_words(pending.profile, (wanted.value,))
            self.passwords.judge(correction.password, pointer="/password", own_words=words)
            return await self.begin_again(pending, wanted, correction.client)

    async def _of_handle(self, user: User, wanted: Identifier, correction: AddressCorrection) -> str:
        if self.registration.conceals:
            raise Forbidden
        async with self.passwords.proving(user.email or "", correction.password, correction.client):
            await self._move(user, wanted, correction.client)
        return self.line.handle_of(user)

    async def _move(self, user: User, wanted: Identifier, client: Client) -> None:
        _must_differ(user.email, wanted)
        if await self.store.users.find(wanted) is not None:
            raise IdentifierTaken(wanted.kind.value)  # before its owner loses one of his letters
        kind, purpose = MessageKind.VERIFY_EMAIL, Purpose.VERIFY_EMAIL
        mail = await self.codes.begin(kind, purpose, user.id, to=wanted.value, client=client, is_moved=True)
        now = self.now()
        await self.store.commit(
            SaveUser(user, replace(user, email=wanted.value), guard=("email", "verified_at")),
            *(ConsumeChallenges(user.id, begun, now) for begun in BEGUN_AT_OLD),
            *mail,
            Record(event(EventType.EMAIL_CHANGED, now, user_id=user.id, client=client)),
        )


def _must_differ(present: str | None, wanted: Identifier) -> None:
    if present == wanted.value:
        raise InvalidInput(Violation("/email", "unchanged"))
