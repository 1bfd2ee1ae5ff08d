"""Proof of an address by a mailed code."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from doorward.domain.challenge import Challenge, Purpose
from doorward.domain.errors import AuthError, CodeExpired, CodeIncorrect, TooManyRequests
from doorward.domain.events import Client, EventType, event
from doorward.domain.ids import new_id
from doorward.domain.messages import Message, MessageKind
from doorward.domain.policies.verification import VerificationPolicy
from doorward.domain.tally import Budget, Spent, Tally
from doorward.ports.clock import Clock
from doorward.ports.counters import Counters
from doorward.ports.outbox import QUEUE_LIFE
from doorward.ports.secrets import SecretMinter
from doorward.ports.store import Store
from doorward.ports.writes import AddChallenge, Record, Send, Write


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailCodeMethod:
    """Begins challenges and judges codes; tries are counted before they are compared."""

    store: Store
    counters: Counters
    secrets: SecretMinter
    policy: VerificationPolicy
    now: Clock

    async def begin(
        self, kind: MessageKind, purpose: Purpose, subject_id: UUID, *, to: str, first_name: str = ""
    ) -> tuple[Write, ...]:
        """The changes that send a new code; it replaces the one before.

        To an address that is not proven, no name is written: whoever signed it up could say anything with it.

        Raises:
            TooManyRequests: the last mail is too recent, or the hour's tries are spent, so that no code could help.
        """
        may_mail = await self._may_mail(subject_id, to)
        now = self.now()
        challenge = Challenge(
            id=new_id(now), purpose=purpose, subject_id=subject_id, created_at=now, expires_at=now + QUEUE_LIFE
        )
        message = Message(
            id=new_id(now),
            kind=kind,
            to=to,
            subject_id=subject_id,
            challenge_id=challenge.id,
            params={"first_name": first_name},
        )
        return (AddChallenge(challenge), Send(message, now)) if may_mail else (AddChallenge(challenge),)

    async def prove(
        self, challenge: Challenge | None, typed: str, client: Client, *, user_id: UUID | None, can_succeed: bool = True
    ) -> Challenge:
        """Return the challenge if the code is right; the caller spends it together with what it proves.

        Raises:
            CodeIncorrect: wrong, with the number of tries left.
            CodeExpired: too late, used, replaced or out of tries; the right code makes no difference.
            TooManyRequests: the hour's tries are spent.
        """
        if challenge is None or not challenge.takes_code(self.now()):
            raise CodeExpired
        left = await self.count_try(challenge)
        length = self.policy.code_length
        if not (self.secrets.matches_code(challenge.id, digits=length, typed=typed) and can_succeed):
            await self._record_failure(user_id, client)
            raise CodeIncorrect(left)
        await self.give_back(challenge)
        return challenge

    async def count_try(self, challenge: Challenge) -> int:
        """Count a try before it is judged and say how many are left; raises like `prove`."""
        code, hour, now = self.policy.tries_per_code(), self.policy.tries_per_hour(), self.now()
        on_code, in_hour = _code_key(challenge), _hour_key(challenge.subject_id)
        tallies = await self.counters.change_all(
            {
                on_code: partial(_take, code, now, lambda _: CodeExpired()),
                in_hour: partial(_take, hour, now, _too_many),
            }
        )
        return min(code.left(tallies[on_code], now), hour.left(tallies[in_hour], now))

    async def give_back(self, challenge: Challenge) -> None:
        """Take a counted try back: it was right."""
        code, hour, now = self.policy.tries_per_code(), self.policy.tries_per_hour(), self.now()
        await self.counters.change_all(
            {
                _code_key(challenge): lambda tally: code.give_back(tally, now),
                _hour_key(challenge.subject_id): lambda tally: hour.give_back(tally, now),
            }
        )

    async def _may_mail(self, subject_id: UUID, to: str) -> bool:
        """Whether one more letter may go out to this address.

        Too soon after the last one, or in an hour whose tries are spent, is refused aloud. An address that gets too
        many letters, from however many sign-ups, gets no more in silence: the refusal would tell about it.
        """
        now, hour, resends = self.now(), self.policy.tries_per_hour(), self.policy.resends()
        in_hour = (await self.counters.find(_hour_key(subject_id))).at(now)
        if not hour.left(in_hour, now):
            raise _too_many(Spent((in_hour.expires_at - now).total_seconds() if in_hour.expires_at else 1))
        if resends is not None:
            await self.counters.change(f"resend:{subject_id}", partial(_take, resends, now, _too_many))
        letters = self.policy.letters()
        key = f"letters:{self.secrets.digest('letters', to)}"
        try:
            await self.counters.change(key, lambda tally: letters.take(tally, now))
        except Spent:
            return False
        return True

    async def _record_failure(self, user_id: UUID | None, client: Client) -> None:
        failure = event(EventType.VERIFICATION_FAILED, self.now(), user_id=user_id, client=client)
        await self.store.commit(Record(failure))


def _code_key(challenge: Challenge) -> str:
    return f"code:{challenge.id}"


def _hour_key(subject_id: UUID) -> str:
    return f"verify:{subject_id}"


def _take(budget: Budget, now: datetime, refusal: Callable[[Spent], AuthError], tally: Tally) -> Tally:
    """Take one try, or refuse in the words of the domain."""
    try:
        return budget.take(tally, now)
    except Spent as spent:
        raise refusal(spent) from None


def _too_many(spent: Spent) -> AuthError:
    return TooManyRequests(spent.retry_after or 1)
