"""What no way of proving a password may forget: locks, delays, and one account of failures for all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from doorward.domain.errors import AccountLocked, TooManyRequests
from doorward.domain.events import Client, EventType, LoginAttempt, event
from doorward.domain.identifiers import mask
from doorward.domain.ids import new_id
from doorward.domain.policies.lockout import LockoutPolicy
from doorward.domain.tally import Spent, Tally
from doorward.domain.user import Status, User
from doorward.ports.clock import Clock
from doorward.ports.counters import Counters
from doorward.ports.secrets import SecretMinter
from doorward.ports.store import Store
from doorward.ports.writes import AddLoginAttempt, CountFailedAttempt, Record, SaveUser, Stale, Write


@dataclass(frozen=True, slots=True)
class Try:
    """One try at a password; `user` is None for an identifier that nobody has, `key` None if it is not counted."""

    identifier: str
    user: User | None
    client: Client
    key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TryGuard:
    """Reserve a try before the password is compared, then count it or give it back."""

    store: Store
    counters: Counters
    secrets: SecretMinter
    policy: LockoutPolicy
    now: Clock

    async def reserve(self, identifier: str, user: User | None, client: Client) -> Try:
        """Set one try aside.

        Raises:
            AccountLocked: the account is locked.
            TooManyRequests: it must wait, or the tries that remain are all being judged.
        """
        attempt = Try(identifier, user, client, self._key(identifier, user))
        if user is not None and user.is_locked(self.now()):
            await self._record_failure(attempt, "locked")
            raise AccountLocked
        if attempt.key is not None:
            await self._take(attempt, attempt.key)
        return attempt

    async def release(self, attempt: Try) -> None:
        """Give the try back: it was not judged, or it was right but led no further."""
        await self._settle(attempt, self.policy.budget().release)

    async def passed(self, attempt: Try) -> None:
        """The password was right: give the try back and forget the failures before it."""
        await self._settle(attempt, self.policy.budget().clear)

    async def failed(self, attempt: Try, kind: EventType = EventType.SIGN_IN_FAILED) -> None:
        """Count the try and write it down; the last one that was left locks the account where the policy locks."""
        count = (await self._settle(attempt, self.policy.budget().count)).count
        reason = "wrong_password" if attempt.user else "unknown_identifier"
        await self._record_failure(attempt, reason, kind, counted=True)
        if attempt.user is not None and self.policy.locks and count >= self.policy.budget().limit:
            await self._lock(attempt.user, attempt.client)

    async def forget(self, user: User) -> None:
        """Forget all failures of an account (it is unlocked)."""
        await self.counters.change(f"sign-in:{user.id}", lambda t: self.policy.budget().forget(t, self.now()))

    def _key(self, identifier: str, user: User | None) -> str | None:
        if user is not None:
            return f"sign-in:{user.id}"
        # Where accounts lock, an unknown identifier is never locked; where they wait, it waits like any other.
        return None if self.policy.locks else f"sign-in:?{self.secrets.digest('identifier', identifier)}"

    async def _settle(self, attempt: Try, change: Callable[[Tally, datetime], Tally]) -> Tally:
        if attempt.key is None:
            return Tally()
        return await self.counters.change(attempt.key, lambda t: change(t, self.now()))

    async def _take(self, attempt: Try, key: str) -> None:
        try:
            await self.counters.change(key, lambda t: self.policy.budget().reserve(t, self.now()))
        except Spent as spent:
            if spent.retry_after is not None or attempt.user is None:
                raise TooManyRequests(spent.retry_after or 1) from None
            # The failures were counted but the lock was not written: a process died in between.
            await self._lock(attempt.user, attempt.client)
            raise AccountLocked from None

    async def _record_failure(
        self, attempt: Try, reason: str, kind: EventType = EventType.SIGN_IN_FAILED, *, counted: bool = False
    ) -> None:
        user = attempt.user
        if user is None:
            shown = f"{mask(attempt.identifier)} {self.secrets.digest('identifier', attempt.identifier)}"
            writes: list[Write] = [self._event(kind, attempt, {"reason": reason, "identifier": shown})]
        else:
            shown = attempt.identifier
            writes = [self._event(kind, attempt, {"reason": reason})]
            writes += [CountFailedAttempt(user.id)] if counted else []
        if kind is EventType.SIGN_IN_FAILED:
            writes.append(AddLoginAttempt(login_attempt(attempt.client, user, shown, success=False, now=self.now())))
        await self.store.commit(*writes)

    async def _lock(self, user: User, client: Client) -> None:
        if user.status is Status.DISABLED:
            return  # a lock can be lifted by mail, an operator's decision cannot
        now = self.now()
        locked = user.locked(self.policy.locked_until(now))
        details = {"failures": self.policy.budget().limit}
        try:
            await self.store.commit(
                SaveUser(user, locked, guard=("status",), always=("status", "locked_until")),
                Record(event(EventType.LOCKED, now, user_id=user.id, client=client, details=details)),
            )
        except Stale:
            return  # somebody else has locked it, or an operator has disabled it

    def _event(self, kind: EventType, attempt: Try, details: dict[str, object]) -> Record:
        user_id = attempt.user.id if attempt.user else None
        return Record(event(kind, self.now(), user_id=user_id, client=attempt.client, details=details))


def login_attempt(client: Client, user: User | None, shown: str, *, success: bool, now: datetime) -> LoginAttempt:
    """A row of `login_attempts`."""
    return LoginAttempt(
        id=new_id(now),
        user_id=user.id if user else None,
        email=shown,
        success=success,
        attempt_time=now,
        ip_address=client.ip_address,
    )
