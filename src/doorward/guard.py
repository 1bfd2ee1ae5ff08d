"""What no way of proving a password may forget: locks, delays, and one account of failures for all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from doorward.domain.errors import AccountLocked, TooManyRequests
from doorward.domain.events import Client, EventType, LoginAttempt, event
from doorward.domain.identifiers import mask
from doorward.domain.ids import new_id
from doorward.domain.policies.lockout import LockoutPolicy
from doorward.domain.tally import Budget, Spent, Tally
from doorward.domain.user import Status, User
from doorward.ports.clock import Clock
from doorward.ports.counters import Counters
from doorward.ports.secrets import SecretMinter
from doorward.ports.store import Store
from doorward.ports.writes import AddLoginAttempt, CountFailedAttempt, Record, SaveUser, Stale, Write

NOBODY = UUID(int=0)
KNOWN = Budget(limit=1, window=timedelta(days=30))
RENEW_AFTER = timedelta(days=1)
"""A network that was written down as known within this time is not written down again."""
ENDLESS = Budget(limit=2**31, window=timedelta(hours=1))
Change = Callable[[Budget], Callable[[Tally, datetime], Tally]]


@dataclass(frozen=True, slots=True)
class Try:
    """One try at a password; `user` is None for an identifier that nobody has. `budgets` are what it is counted on.

    `seen` are tallies as they stood when it was reserved, so that they need not be read again to settle it.
    """

    identifier: str
    user: User | None
    client: Client
    budgets: Mapping[str, Budget]
    seen: Mapping[str, Tally] = field(default_factory=dict)


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
        attempt = await self._begun(identifier, user, client)
        if user is not None and self.policy.locks and user.is_locked(self.now()):
            await self._record_failure(attempt, "locked")
            raise AccountLocked
        try:
            reserved = await self._change(attempt.budgets, lambda budget: budget.reserve, attempt.seen)
        except Spent as spent:
            if user is None or spent.is_undecided or not self.policy.locks:
                raise TooManyRequests(spent.retry_after or 1) from None
            # The failures were counted but no lock was written: a process died in between, or it is disabled.
            await self._lock(user, client)
            raise AccountLocked from None
        return replace(attempt, seen={**attempt.seen, **reserved})

    async def reserve_waiting(self, waiting_id: UUID, address: str, client: Client) -> Try:
        """Set one try aside at the password of a concealed sign-up.

        It is counted on the sign-up, never on its address: sign-ins there would wait too, and tell that it is free.

        Raises:
            TooManyRequests: it must wait, or the tries that remain are all being judged.
        """
        attempt = Try(address, None, client, {f"sign-in:waiting:{waiting_id}": self.policy.waiting_budget()})
        try:
            await self._change(attempt.budgets, lambda budget: budget.reserve)
        except Spent as spent:
            raise TooManyRequests(spent.retry_after or 1) from None
        return attempt

    async def release(self, attempt: Try) -> None:
        """Give the try back: it was not judged, or it was right but led no further."""
        await self._change(attempt.budgets, lambda budget: budget.release, attempt.seen)

    async def passed(self, attempt: Try) -> None:
        """The password was right: give the try back, forget the failures before it, and know this network."""
        budgets = dict(attempt.budgets)
        key = _known_key(attempt.user, attempt.client)
        if attempt.user is not None and not self.policy.locks and not self._is_known_lately(attempt, key):
            budgets[key] = KNOWN
        await self._change(budgets, lambda budget: budget.restart if budget is KNOWN else budget.clear, attempt.seen)

    def _is_known_lately(self, attempt: Try, key: str) -> bool:
        """Whether writing again that the owner comes from this network would tell nothing new."""
        known = attempt.seen.get(key)
        return known is not None and known.last_at is not None and self.now() - known.last_at < RENEW_AFTER

    def must_be_unlocked(self, user: User) -> None:
        """Raise AccountLocked; where accounts wait, this is told only after the right password."""
        if user.is_locked(self.now()):
            raise AccountLocked

    async def failed(self, attempt: Try, kind: EventType = EventType.SIGN_IN_FAILED) -> None:
        """Count the try and write it down; the last one that was left locks the account where the policy locks."""
        tallies = await self._change(attempt.budgets, lambda budget: budget.count, attempt.seen)
        reason = "wrong_password" if attempt.user else "unknown_identifier"
        await self._record_failure(attempt, reason, kind, counted=True)
        is_last = any(tally.count >= attempt.budgets[key].limit for key, tally in tallies.items())
        if attempt.user is not None and self.policy.locks and is_last:
            await self._lock(attempt.user, attempt.client)

    async def forget(self, user: User, client: Client) -> None:
        """Forget all failures of an account, those from this network too (it is unlocked, or its password reset)."""
        for identifier in user.identifiers():
            attempt = await self._begun(identifier.value, user, client)
            await self._change(attempt.budgets, lambda budget: budget.forget, attempt.seen)

    async def _begun(self, identifier: str, user: User | None, client: Client) -> Try:
        """A try that nothing is counted of yet."""
        digest = self.secrets.digest("identifier", identifier)
        if self.policy.locks:
            # An unknown identifier is never locked; it is counted all the same, so that it takes the same time.
            key, budget = (str(user.id), self.policy.budget()) if user else (f"?{digest}", ENDLESS)
            return Try(identifier, user, client, {f"sign-in:{key}": budget})
        # By what was typed and from where: who guesses from elsewhere must not make the owner wait, and two
        # identifiers of one account must not be told by their common wait.
        here, everywhere = f"sign-in:{digest}:{client.network}", f"sign-in:{user.id if user else '?' + digest}"
        budgets = {here: self.policy.budget()}
        # It is asked for nobody too, so that it takes the same time.
        known = _known_key(user, client)
        seen = await self.counters.find_all((here, everywhere, known))
        if user is None or not (known in seen and seen[known].at(self.now()).count):
            # A network from which the owner has signed in lately is not reached by a flood from all others.
            budgets[everywhere] = self.policy.account_budget()
        return Try(identifier, user, client, budgets, seen)

    async def _change(
        self, budgets: Mapping[str, Budget], change: Change, seen: Mapping[str, Tally] | None = None
    ) -> Mapping[str, Tally]:
        now = self.now()
        changes = {key: partial(_changed, change(budget), now) for key, budget in budgets.items()}
        return await self.counters.change_all(changes, seen=seen)

    async def _record_failure(
        self, attempt: Try, reason: str, kind: EventType = EventType.SIGN_IN_FAILED, *, counted: bool = False
    ) -> None:
        user = attempt.user
        # Counted for nobody too: the same statements for a known and an unknown identifier.
        writes: list[Write] = [CountFailedAttempt(user.id if user else NOBODY)] if counted else []
        if user is None:
            shown = f"{mask(attempt.identifier)} {self.secrets.digest('identifier', attempt.identifier)}"
            writes.append(self._event(kind, attempt, {"reason": reason, "identifier": shown}))
        else:
            shown = attempt.identifier
            writes.append(self._event(kind, attempt, {"reason": reason}))
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


def _known_key(user: User | None, client: Client) -> str:
    return f"known:{user.id if user else NOBODY}:{client.network}"


def _changed(change: Callable[[Tally, datetime], Tally], now: datetime, tally: Tally) -> Tally:
    return change(tally, now)


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
