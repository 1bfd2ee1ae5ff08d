"""Sign up, where nobody may learn which addresses are taken (OWASP ASVS 5.0, 6.3.8)."""

from dataclasses import dataclass, replace
from datetime import datetime

from doorward.domain.challenge import Purpose
from doorward.domain.errors import IdentifierTaken, RegistrationClosed
from doorward.domain.events import Client, EventType, event
from doorward.domain.identifiers import Identifier
from doorward.domain.ids import new_id
from doorward.domain.messages import MessageKind
from doorward.domain.policies.registration import RegistrationPolicy
from doorward.domain.policies.sms import PhonePolicy
from doorward.domain.registration import Registration, SignUp
from doorward.methods.email_code import EmailCodeMethod
from doorward.methods.password import PasswordMethod
from doorward.ports.clock import Clock
from doorward.ports.outbox import QUEUE_LIFE
from doorward.ports.secrets import SecretMinter, TokenKind, TokenRef
from doorward.ports.store import Store
from doorward.ports.writes import AddRegistration, Record, RemoveRegistration, Write


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterConcealed:
    """Keep a pending sign-up apart from the users; for a taken address a decoy, and a mail to its owner.

    Both branches do the same work: one hash, one look-up, one commit of the same shape, one mail.
    """

    store: Store
    passwords: PasswordMethod
    codes: EmailCodeMethod
    secrets: SecretMinter
    policy: RegistrationPolicy
    phones: PhonePolicy
    now: Clock

    async def __call__(self, sign_up: SignUp) -> str:
        """Sign up and return the handle with which to verify.

        Raises:
            InvalidInput: members are missing or break rules.
            IdentifierTaken: the user name (never the address) belongs to somebody: user names are public.
            RegistrationClosed: strangers cannot sign up here.
        """
        if not self.policy.open:
            raise RegistrationClosed
        checked, password_hash = await self.passwords.accept_sign_up(sign_up, self.policy, self.phones)
        await self._refuse_taken_username(checked.username)
        now = self.now()
        pending = Registration(
            id=new_id(now),
            email=checked.contact.value,
            username=checked.username.value if checked.username else None,
            profile=sign_up.profile,
            password_hash=password_hash,
            is_decoy=False,
            created_at=now,
            expires_at=self._until(now),
        )
        return await self._begin(pending, checked.contact, sign_up.client)

    async def again(self, pending: Registration, wanted: Identifier, client: Client) -> str:
        """Put a sign-up with another address in the place of one that waits; return its handle.

        It has an id of its own, so that nothing that was mailed to the address before can prove the new one.

        Raises:
            Stale: it waits no more.
            TooManyRequests: no code could help there.
        """
        now = self.now()
        another = replace(pending, id=new_id(now), email=wanted.value, created_at=now, expires_at=self._until(now))
        return await self._begin(another, wanted, client, RemoveRegistration(pending.id))

    async def _begin(self, pending: Registration, contact: Identifier, client: Client, *first: Write) -> str:
        owner = await self.store.users.find(contact)
        mail = await self.codes.begin(
            MessageKind.ACCOUNT_EXISTS if owner else MessageKind.VERIFY_EMAIL,
            Purpose.CONFIRM_REGISTRATION,
            pending.id,
            to=pending.email,
            client=client,
            first_name=owner.profile.first_name if owner else "",
        )
        kind = EventType.SIGN_UP_REFUSED if owner else EventType.SIGN_UP_PENDING
        noted = event(kind, pending.created_at, user_id=owner.id if owner else None, client=client)
        added = AddRegistration(replace(pending, is_decoy=owner is not None))
        await self.store.commit(*first, added, Record(noted), *mail)
        return self.secrets.token(TokenKind.VERIFICATION, TokenRef(pending.id))

    def _until(self, now: datetime) -> datetime:
        return now + QUEUE_LIFE + self.codes.policy.longest_ttl

    async def _refuse_taken_username(self, username: Identifier | None) -> None:
        if username is not None and await self.store.users.find(username) is not None:
            raise IdentifierTaken("username")
