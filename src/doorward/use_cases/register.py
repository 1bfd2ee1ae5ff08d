"""Sign up, where a taken identifier is said to be taken."""

from dataclasses import dataclass

from doorward.domain.errors import IdentifierTaken, RegistrationClosed
from doorward.domain.events import EventType, event
from doorward.domain.identifiers import mask
from doorward.domain.ids import new_id
from doorward.domain.policies.registration import RegistrationPolicy
from doorward.domain.policies.sms import PhonePolicy
from doorward.domain.registration import CheckedSignUp, SignUp
from doorward.domain.user import User
from doorward.methods.email_code import EmailCodeMethod
from doorward.methods.password import PasswordMethod
from doorward.ports.clock import Clock
from doorward.ports.store import Store
from doorward.ports.writes import AddUser, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """Create an account and, where addresses are verified, send its first code."""

    store: Store
    passwords: PasswordMethod
    codes: EmailCodeMethod
    policy: RegistrationPolicy
    phones: PhonePolicy
    now: Clock

    async def __call__(self, sign_up: SignUp) -> User:
        """Sign up.

        Raises:
            InvalidInput: members are missing or break rules.
            IdentifierTaken: an identifier belongs to somebody; adding decides it, whatever was looked up before.
            RegistrationClosed: strangers cannot sign up here.
        """
        if not self.policy.open:
            raise RegistrationClosed
        checked, password_hash = await self.passwords.accept_sign_up(sign_up, self.policy, self.phones)
        now = self.now()
        user = checked.user(new_id(now), password_hash, now)
        registered = event(EventType.USER_REGISTERED, now, user_id=user.id, client=sign_up.client)
        try:
            mail = await self.codes.first(user, sign_up.client) if self.codes.policy.is_on else ()
            await self.store.commit(AddUser(user), Record(registered), *mail)
        except IdentifierTaken as taken:
            await self._record_refusal(sign_up, checked, taken.kind)
            raise
        return user

    async def _record_refusal(self, sign_up: SignUp, checked: CheckedSignUp, kind: str) -> None:
        details = {"reason": "identifier_taken", "kind": kind, "identifier": mask(checked.contact.value)}
        refused = event(EventType.SIGN_UP_REFUSED, self.now(), user_id=None, client=sign_up.client, details=details)
        await self.store.commit(Record(refused))
