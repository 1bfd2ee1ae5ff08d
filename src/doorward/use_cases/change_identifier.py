"""Put another address or number in the place of one's own."""

from dataclasses import dataclass, field, replace

from doorward.domain.actor import Current
from doorward.domain.challenge import BEGUN_BEFORE, Purpose
from doorward.domain.errors import CodeExpired, EmailNotVerified, IdentifierTaken, InvalidInput, TokenInvalid, Violation
from doorward.domain.events import Client, EventType, event
from doorward.domain.identifiers import Identifier, Kind, mask, parse_email
from doorward.domain.messages import MessageKind
from doorward.domain.password import Password
from doorward.domain.policies.registration import RegistrationPolicy
from doorward.domain.policies.sms import PhonePolicy
from doorward.domain.user import User
from doorward.methods.email_code import EmailCodeMethod
from doorward.methods.notices import notice
from doorward.methods.password import PasswordMethod
from doorward.ports.clock import Clock
from doorward.ports.store import Store
from doorward.ports.writes import ConsumeChallenge, ConsumeChallenges, EndSessions, Record, SaveUser, Stale, Write

PURPOSES = {Kind.EMAIL: Purpose.CHANGE_EMAIL, Kind.PHONE: Purpose.CHANGE_PHONE}
CHANGED = {Kind.EMAIL: EventType.EMAIL_CHANGED, Kind.PHONE: EventType.PHONE_CHANGED}


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierChange:
    """The address or number that somebody wants, and the password again."""

    current: Current
    kind: Kind
    wanted: str
    password: Password = field(repr=False)
    client: Client = Client()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeIdentifier:
    """A code goes to the new one; until it is entered nothing changes, then the old one is told."""

    store: Store
    passwords: PasswordMethod
    codes: EmailCodeMethod
    phones: PhonePolicy
    registration: RegistrationPolicy
    now: Clock

    async def request(self, change: IdentifierChange) -> None:
        """Send the code.

        Raises:
            EmailNotVerified: whoever has not proven his present address cannot move the account elsewhere.
            InvalidInput: it cannot be such an identifier, or is the present one.
            WrongPassword: it is not the present password.
            TokenInvalid: the account was removed meanwhile.
            IdentifierTaken: it belongs to another account; where that is concealed, its owner gets a letter instead.
        """
        user = change.current.user
        if self.codes.policy.is_on and not user.is_verified:
            raise EmailNotVerified
        wanted = parse_email(change.wanted) if change.kind is Kind.EMAIL else self.phones.accept(change.wanted)
        if wanted in user.identifiers():
            raise InvalidInput(Violation(f"/{change.kind}", "unchanged"))
        async with self.passwords.proving_again(user, change.password, change.client):
            is_taken = await self.store.users.find(wanted) is not None
            if is_taken and not self.registration.conceals:
                raise IdentifierTaken(change.kind)
            kind = MessageKind.ACCOUNT_EXISTS if is_taken else MessageKind.CHANGE_IDENTIFIER
            mail = await self.codes.begin(
                kind, PURPOSES[change.kind], user.id, to=wanted.value, client=change.client, target=wanted.value
            )
            requested, details = EventType.IDENTIFIER_CHANGE_REQUESTED, {"kind": change.kind.value}
            details["identifier"] = mask(wanted.value)
            noted = event(requested, self.now(), user_id=user.id, client=change.client, details=details)
            try:
                await self.store.commit(SaveUser(user, user), *mail, Record(noted))
            except Stale:
                raise TokenInvalid from None  # the account is gone, and its sessions with it

    async def confirm(self, current: Current, kind: Kind, code: str, client: Client) -> User:
        """Change it; all other sessions and whatever else was begun end.

        Raises:
            CodeIncorrect, CodeExpired, TooManyRequests: as the code deserves.
            IdentifierTaken: somebody else has taken it meanwhile.
        """
        user = current.user
        challenge = await self.store.challenges.latest(user.id, PURPOSES[kind])
        wanted = Identifier(kind, challenge.target if challenge and challenge.target else "")
        is_hidden = self.registration.conceals and await self.store.users.find(wanted) is not None
        challenge = await self.codes.prove(
            challenge, code, client, address=wanted.value, user_id=user.id, can_succeed=not is_hidden
        )
        now = self.now()
        changed = replace(user, **{kind.value: wanted.value})  # type: ignore[arg-type]  # one of two texts
        if changed.identifiers()[0] == wanted:
            changed = replace(changed, verified_at=now)
        try:
            await self.store.commit(
                ConsumeChallenge(challenge.id, now),
                SaveUser(user, changed, guard=("email", "phone")),
                EndSessions(user.id, now, but=current.session_id),
                *(ConsumeChallenges(user.id, purpose, now) for purpose in BEGUN_BEFORE),
                Record(event(CHANGED[kind], now, user_id=user.id, client=client)),
                *self._notice(user, getattr(user, kind.value), client),
            )
        except IdentifierTaken:
            raise (CodeExpired() if self.registration.conceals else IdentifierTaken(kind)) from None
        return changed

    def _notice(self, user: User, former: str | None, client: Client) -> tuple[Write, ...]:
        """Tell the one that is left or, where nothing is, the other way to the owner; never what the new one is."""
        to = former or user.email or user.phone
        return notice(MessageKind.IDENTIFIER_CHANGED, user, client, self.now(), to=to)
