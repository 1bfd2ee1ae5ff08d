"""Proof by password, and the acceptance of new ones."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from doorward.domain.errors import InvalidCredentials, InvalidInput, Violation, WrongPassword, gathering
from doorward.domain.events import Client, EventType
from doorward.domain.identifiers import find_identifier
from doorward.domain.password import Password
from doorward.domain.policies.password import PasswordPolicy
from doorward.domain.policies.registration import RegistrationPolicy
from doorward.domain.policies.sms import PhonePolicy
from doorward.domain.registration import CheckedSignUp, Registration, SignUp
from doorward.domain.user import User
from doorward.guard import Try, TryGuard
from doorward.ports.hasher import CommonPasswords, PasswordHasher
from doorward.ports.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordMethod:
    """Compares passwords under the guard's eyes and judges new ones by the policy."""

    store: Store
    guard: TryGuard
    hasher: PasswordHasher
    policy: PasswordPolicy
    common: CommonPasswords
    phone_region: str | None = None

    @asynccontextmanager
    async def proving(self, identifier: str, password: Password, client: Client) -> AsyncIterator[User]:
        """Yield the user whose identifier and password these are.

        Leaving normally forgets his failures; leaving by an error only gives the reserved try back.

        Raises:
            InvalidCredentials: nobody has that identifier, or the password is wrong; nothing tells which.
            AccountLocked, TooManyRequests, Busy: answered before the password was compared.
        """
        found = find_identifier(identifier, self.phone_region)
        user = await self.store.users.find(found) if found else None
        attempt = await self.guard.reserve(found.value if found else identifier, user, client)
        is_right = await self._is_right(attempt, user.password_hash if user else None, password)
        if user is None or not is_right:
            await self.guard.failed(attempt)
            raise InvalidCredentials
        async with self._settling(attempt):
            self.guard.must_be_unlocked(user)
            yield user

    @asynccontextmanager
    async def proving_again(
        self, user: User, password: Password, client: Client, *, failure: EventType = EventType.PASSWORD_NOT_CONFIRMED
    ) -> AsyncIterator[None]:
        """Like `proving`, for someone who is signed in; a wrong password raises WrongPassword and is the `failure`."""
        named = user.identifiers()[0].value
        attempt = await self.guard.reserve(named, user, client)
        if not await self._is_right(attempt, user.password_hash, password):
            await self.guard.failed(attempt, failure)
            raise WrongPassword
        async with self._settling(attempt):
            self.guard.must_be_unlocked(user)
            yield

    @asynccontextmanager
    async def proving_waiting(self, pending: Registration, password: Password, client: Client) -> AsyncIterator[None]:
        """Like `proving`, for a concealed sign-up."""
        attempt = await self.guard.reserve_waiting(pending.id, pending.email, client)
        if not await self._is_right(attempt, pending.password_hash, password):
            await self.guard.failed(attempt, EventType.VERIFICATION_FAILED)
            raise InvalidCredentials
        async with self._settling(attempt):
            yield

    async def matches(self, password_hash: str, password: Password) -> bool:
        """Compare with a hash that belongs to no user yet."""
        return await self.hasher.verify(password_hash, password)

    async def accept_sign_up(
        self, sign_up: SignUp, policy: RegistrationPolicy, phones: PhonePolicy
    ) -> tuple[CheckedSignUp, str]:
        """Judge a sign-up and its password together, and hash the password.

        Raises:
            InvalidInput: members are missing or break rules; all of them are named.
        """
        broken: list[Violation] = []
        words: tuple[str, ...] = ()
        with gathering(broken):
            checked = sign_up.checked(policy, phones)
            words = checked.own_words()
        if sign_up.password.text:
            with gathering(broken):
                self.judge(sign_up.password, pointer="/password", own_words=words)
        if broken:
            raise InvalidInput(*broken)
        return checked, await self.hasher.hash(sign_up.password)

    async def accept_change(self, user: User, password: Password, *, pointer: str) -> str:
        """Judge a next password and hash it; the present and the last few former ones are refused too."""
        self.judge(password, pointer=pointer, own_words=user.own_words())
        if self.policy.history:
            former = await self.store.users.former_passwords(user.id, self.policy.history - 1)
            if await self.hasher.matches_any((user.password_hash, *former), password):
                raise InvalidInput(Violation(pointer, "reused", {"history": self.policy.history}))
        return await self.hasher.hash(password)

    async def upgraded(self, user: User, password: Password) -> User:
        """The user with a hash of today's parameters, made anew if the stored one is older and the password fits."""
        fits = len(password.text.encode()) <= self.hasher.max_bytes
        if not fits or not self.hasher.is_outdated(user.password_hash):
            return user
        return user.with_password(await self.hasher.hash(password), user.password_changed_at)

    def judge(self, password: Password, *, pointer: str, own_words: tuple[str, ...]) -> None:
        """Judge a new password by the policy; InvalidInput names all rules that it breaks."""
        is_common = self.policy.block_common and password.text.casefold() in self.common
        broken = self.policy.violations(password, pointer=pointer, own_words=own_words, is_common=is_common)
        size = len(password.text.encode(errors="replace"))
        if not broken and size > self.hasher.max_bytes:
            broken = [Violation(pointer, "too_many_bytes", {"max": self.hasher.max_bytes})]
        if broken:
            raise InvalidInput(*broken)

    async def _is_right(self, attempt: Try, password_hash: str | None, password: Password) -> bool:
        try:
            return await self.hasher.verify(password_hash, password)
        except BaseException:
            await self.guard.release(attempt)
            raise

    @asynccontextmanager
    async def _settling(self, attempt: Try) -> AsyncIterator[None]:
        try:
            yield
        except BaseException:
            await self.guard.release(attempt)
            raise
        await self.guard.passed(attempt)
