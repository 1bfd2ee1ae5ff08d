"""Send a new code; it replaces the one before."""

from dataclasses import dataclass, field

from doorward.domain.challenge import Purpose
from doorward.domain.errors import AlreadyActive
from doorward.domain.events import Client
from doorward.domain.identifiers import Identifier, Kind
from doorward.domain.messages import MessageKind
from doorward.domain.password import Password
from doorward.methods.email_code import EmailCodeMethod
from doorward.methods.password import PasswordMethod
from doorward.ports.secrets import SecretMinter, TokenKind
from doorward.ports.store import Store
from doorward.ports.writes import SaveUser


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
    secrets: SecretMinter

    async def to_user(self, command: ResendToUser) -> None:
        """Send a new code to whoever knows the password.

        Raises:
            AlreadyActive: there is nothing to verify.
            TooManyRequests: the last mail is too recent, or the hour's tries are spent.
        """
        async with self.passwords.proving(command.identifier, command.password, command.client) as user:
            if user.is_verified or not self.codes.policy.is_on:
                raise AlreadyActive
            mail = await self.codes.begin(
                MessageKind.VERIFY_EMAIL,
                Purpose.VERIFY_EMAIL,
                user.id,
                to=user.email or "",
            )
            # Nothing for an account that is gone, is verified by now, or has another address.
            await self.store.commit(SaveUser(user, user, guard=("email", "verified_at")), *mail)

    async def to_registration(self, verification: str) -> None:
        """Send a new code for a concealed sign-up; a decoy's owner is told again that he has an account.

        A handle that stands for nothing (any more) is answered alike.
        """
        ref = self.secrets.read_token(TokenKind.VERIFICATION, verification)
        pending = await self.store.registrations.find(ref.id) if ref else None
        if pending is None:
            return
        owner = await self.store.users.find(Identifier(Kind.EMAIL, pending.email))
        mail = await self.codes.begin(
            MessageKind.ACCOUNT_EXISTS if pending.is_decoy else MessageKind.VERIFY_EMAIL,
            Purpose.CONFIRM_REGISTRATION,
            pending.id,
            to=pending.email,
            first_name=owner.profile.first_name if owner else "",
        )
        await self.store.commit(*mail)
