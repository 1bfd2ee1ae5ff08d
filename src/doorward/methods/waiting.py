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
    """A sign-up, or else an account."""

    pending: Registration | None = None
    user: User | None = None

    @property
    def address(self) -> str:
        """Where the code was sent."""
        return (self.pending.email if self.pending else self.user.email if self.user else "") or ""

    @property
    def is_decoy(self) -> bool:
        """Whether it can never be proven."""
        return self.pending is not None and self.pending.is_decoy

    @property
    def purpose(self) -> Purpose:
        """What its challenges are for."""
        return Purpose.CONFIRM_REGISTRATION if self.pending else Purpose.VERIFY_EMAIL

    @property
    def subject_id(self) -> UUID:
        """What its challenges are about."""
        return (self.pending or self.user).id  # type: ignore[union-attr]  # one of them is there


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
            return Waiting(pending=pending)
        try:
            user = await self.store.users.get(ref.id)
        except NotFound:
            return None
        return None if user.is_verified or not user.email else Waiting(user=user)
