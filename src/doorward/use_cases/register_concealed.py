"""Sign up, where nobody may learn which addresses are taken (OWASP ASVS 5.0, 6.3.8)."""

from dataclasses import dataclass

from doorward.domain.challenge import Purpose
from doorward.domain.errors import IdentifierTaken, RegistrationClosed
from doorward.domain.events import EventType, event
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
from doorward.ports.writes import AddRegistration, Record


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
        owner = await self.store.users.find(checked.contact)
        now = self.now()
        pending = Registration(
            id=new_id(now),
            email=checked.contact.value,
            username=checked.username.value if checked.username else None,
            profile=sign_up.profile,
            password_hash=password_hash,
            is_decoy=owner is not None,
            created_at=now,
            expires_at=now + QUEUE_LIFE + self.codes.policy.longest_ttl,
        )
        mail = await self.codes.begin(
            MessageKind.ACCOUNT_EXISTS if owner else MessageKind.VERIFY_EMAIL,
            Purpose.CONFIRM_REGISTRATION,
            pending.id,
            to=pending.email,
            client=sign_up.client,
            first_name=owner.profile.first_name if owner else "",
        )
        kind = EventType.SIGN_UP_REFUSED if owner else EventType.SIGN_UP_PENDING
        noted = event(kind, now, user_id=owner.id if owner else None, client=sign_up.client)
        await self.store.commit(AddRegistration(pending), Record(noted), *mail)
        return self.secrets.token(TokenKind.VERIFICATION, TokenRef(pending.id))

    async def _refuse_taken_username(self, username: Identifier | None) -> None:
        if username is not None and await self.store.users.find(username) is not None:
            raise IdentifierTaken("username")
