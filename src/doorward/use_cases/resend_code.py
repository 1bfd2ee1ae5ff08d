"""Send a new code; it replaces the one before."""

from dataclasses import dataclass, field
from uuid import UUID

from doorward.domain.actor import Actor
from doorward.domain.challenge import Purpose
from doorward.domain.errors import AlreadyActive, LinkInvalid
from doorward.domain.events import Client, EventType, event
from doorward.domain.identifiers import Identifier, Kind
from doorward.domain.messages import MessageKind
from doorward.domain.password import Password
from doorward.domain.registration import Registration
from doorward.domain.user import User
from doorward.methods.email_code import EmailCodeMethod
from doorward.methods.password import PasswordMethod
from doorward.methods.waiting import WaitingLine
from doorward.ports.store import Store
from doorward.ports.writes import Record, SaveUser


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendToUser:
    """Identifier and password (HTTP Basic) of an account that waits for its proof."""

    identifier: str
    password: Password = field(repr=False)
    client: Client = Client()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendCode:
    """Send a new code to an account, or to a concealed sign-up."""

    store: Store
    passwords: PasswordMethod
    codes: EmailCodeMethod
    line: WaitingLine

    async def to_user(self, command: ResendToUser) -> None:
        """Send a new code to whoever knows the password.

        Raises:
            AlreadyActive: there is nothing to verify.
            TooManyRequests: the last mail is too recent, or the hour's tries are spent.
        """
        async with self.passwords.proving(command.identifier, command.password, command.client) as user:
            if user.is_verified or not self.codes.policy.is_on:
                raise AlreadyActive
            await self._to_account(user, command.client)

    async def to_waiting(self, verification: str, client: Client) -> None:
        """Send a new code to whoever waits; a decoy's owner is told again that he has an account.

        A handle that stands for nothing (any more) is answered alike.

        Raises:
            TooManyRequests: like `to_user`.
        """
        try:
            waiting = await self.line.find(verification)
        except LinkInvalid:
            return
        if waiting is None:
            return
        if isinstance(waiting.subject, User):
            await self._to_account(waiting.subject, client)
        else:
            await self._to_registration(waiting.subject, client)

    async def of(self, user_id: UUID, actor: Actor, reason: str | None = None) -> None:
        """Send a new code to somebody, as an administrator.

        Raises:
            Forbidden: the caller is no administrator.
            NotFound: there is no such account.
            AlreadyActive: there is nothing to verify.
            TooManyRequests: like `to_user`.
        """
        actor.must_be_admin()
        user = await self.store.users.get(user_id)
        if user.is_verified or user.email is None or not self.codes.policy.is_on:
            raise AlreadyActive
        kind, details = EventType.VERIFICATION_REQUESTED, actor.described(reason)
        requested = event(kind, self.codes.now(), user_id=user.id, client=actor.client, details=details)
        await self._to_account(user, actor.client, Record(requested))

    async def _to_account(self, user: User, client: Client, *records: Record) -> None:
        kind, purpose = MessageKind.VERIFY_EMAIL, Purpose.VERIFY_EMAIL
        mail = await self.codes.begin(kind, purpose, user.id, to=user.email or "", client=client)
        # Nothing for an account that is gone, is verified by now, or has another address.
        await self.store.commit(SaveUser(user, user, guard=("email", "verified_at")), *mail, *records)

    async def _to_registration(self, pending: Registration, client: Client) -> None:
        owner = await self.store.users.find(Identifier(Kind.EMAIL, pending.email))
        mail = await self.codes.begin(
            MessageKind.ACCOUNT_EXISTS if pending.is_decoy else MessageKind.VERIFY_EMAIL,
            Purpose.CONFIRM_REGISTRATION,
            pending.id,
            to=pending.email,
            client=client,
            first_name=owner.profile.first_name if owner else "",
        )
        await self.store.commit(*mail)
