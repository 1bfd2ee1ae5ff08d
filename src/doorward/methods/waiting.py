"""Who waits for a proof: a concealed sign-up, or an account whose address is not proven yet."""

from dataclasses import dataclass
from uuid import UUID

from doorward.domain.challenge import Purpose
from doorward.domain.errors import LinkInvalid, NotFound
from doorward.domain.registration import Registration
from doorward.domain.user import User
from doorward.ports.secrets import SecretMinter, TokenKind, TokenRef
from doorward.ports.store import Store


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sign-up, or an account."""

    subject: Registration | User

    @property
    def address(self) -> str:
        """Where the code was sent."""
        return self.subject.email or ""

    @property
    def user_id(self) -> UUID | None:
        """The account, if there is one yet."""
        return self.subject.id if isinstance(self.subject, User) else None

    @property
    def purpose(self) -> Purpose:
        """What its challenges are for."""
        return Purpose.VERIFY_EMAIL if isinstance(self.subject, User) else Purpose.CONFIRM_REGISTRATION

    @property
    def is_decoy(self) -> bool:
        """Whether it can never be proven."""
        return isinstance(self.subject, Registration) and self.subject.is_decoy


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """Hands out handles, and finds who waits by them."""

    store: Store
    secrets: SecretMinter

    def handle_of(self, user: User) -> str:
        """The handle of an account, for the browser of whoever has its password."""
        return self.secrets.token(TokenKind.VERIFICATION, TokenRef(user.id))

    async def find(self, handle: str) -> Waiting | None:
        """Who waits; None if nobody does any more.

        Raises:
            LinkInvalid: the handle was not made here.
        """
        ref = self.secrets.read_token(TokenKind.VERIFICATION, handle)
        if ref is None:
            raise LinkInvalid
        pending = await self.store.registrations.find(ref.id)
        if pending is not None:
            return Waiting(pending)
        try:
            user = await self.store.users.get(ref.id)
        except NotFound:
            return None
        return None if user.is_verified or not user.email else Waiting(user)
