"""Create an account for somebody."""

from dataclasses import dataclass, replace

from doorward.domain.actor import Actor
from doorward.domain.events import EventType, event
from doorward.domain.ids import new_id
from doorward.domain.policies.registration import RegistrationPolicy
from doorward.domain.policies.sms import PhonePolicy
from doorward.domain.registration import SignUp
from doorward.domain.user import Role, User
from doorward.methods.email_code import EmailCodeMethod
from doorward.methods.password import PasswordMethod
from doorward.ports.clock import Clock
from doorward.ports.store import Store
from doorward.ports.writes import AddUser, Record, Write

REQUIRED = RegistrationPolicy(duplicates="reveal", required_fields=("password",))


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateUser:
    """Add an account on behalf of an administrator, verified already if he vouches for the address."""

    store: Store
    passwords: PasswordMethod
    codes: EmailCodeMethod
    phones: PhonePolicy
    now: Clock

    async def __call__(self, sign_up: SignUp, actor: Actor, *, role: Role, verified: bool) -> User:
        """Create it.

        Raises:
            Forbidden: the caller is no administrator.
            InvalidInput: members are missing or break rules.
            IdentifierTaken: an identifier belongs to somebody.
        """
        actor.must_be_admin()
        checked, password_hash = await self.passwords.accept_sign_up(sign_up, REQUIRED, self.phones)
        now = self.now()
        user = checked.user(new_id(now), password_hash, now, role=role)
        user = replace(user, verified_at=now if verified else None)
        details = actor.described() | {"role": role.value, "verified": verified}
        created = event(EventType.USER_REGISTERED, now, user_id=user.id, client=actor.client, details=details)
        is_asked = self.codes.policy.is_on and not verified and user.email is not None
        mail = await self.codes.first(user, actor.client) if is_asked else ()
        await self.store.commit(AddUser(user), Record(created), *self._vouched(user, actor), *mail)
        return user

    def _vouched(self, user: User, actor: Actor) -> tuple[Write, ...]:
        """Where addresses are proven, the log says who did it in the user's place."""
        if user.verified_at is None or not self.codes.policy.is_on:
            return ()
        at, details = user.verified_at, actor.described()
        return (Record(event(EventType.EMAIL_VERIFIED, at, user_id=user.id, client=actor.client, details=details)),)
