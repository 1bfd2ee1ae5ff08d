"""Proof of an address by a mailed code."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from doorward.domain.challenge import Challenge, Purpose
from doorward.domain.errors import CodeExpired, CodeIncorrect, TooManyRequests
from doorward.domain.events import Client, EventType, event
from doorward.domain.ids import new_id
from doorward.domain.messages import Message, MessageKind
from doorward.domain.policies.verification import VerificationPolicy
from doorward.domain.tally import Spent, Tally
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
        await self._cool_down(subject_id)
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
        return AddChallenge(challenge), Send(message, now)

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
        try:
            on_code = await self.counters.change(_code_key(challenge), lambda t: code.take(t, now))
        except Spent:
            raise CodeExpired from None
        try:
            in_hour = await self.counters.change(_hour_key(challenge.subject_id), lambda t: hour.take(t, now))
        except Spent as spent:
            await self.counters.change(_code_key(challenge), lambda t: code.give_back(t, now))
            raise TooManyRequests(spent.retry_after or 1) from None
        return min(code.left(on_code, now), hour.left(in_hour, now))

    async def give_back(self, challenge: Challenge) -> None:
        """Take a counted try back: it was right."""
        code, hour, now = self.policy.tries_per_code(), self.policy.tries_per_hour(), self.now()
        await self.counters.change(_code_key(challenge), lambda t: code.give_back(t, now))
        await self.counters.change(_hour_key(challenge.subject_id), lambda t: hour.give_back(t, now))

    async def _cool_down(self, subject_id: UUID) -> None:
        now, hour, resends = self.now(), self.policy.tries_per_hour(), self.policy.resends()
        spent = (await self.counters.find(_hour_key(subject_id))).at(now)
        if not hour.left(spent, now):
            raise TooManyRequests(_seconds_until(spent, self.now()))
        if resends is None:
            return
        try:
            await self.counters.change(f"resend:{subject_id}", lambda t: resends.take(t, now))
        except Spent as refused:
            raise TooManyRequests(refused.retry_after or 1) from None

    async def _record_failure(self, user_id: UUID | None, client: Client) -> None:
        failure = event(EventType.VERIFICATION_FAILED, self.now(), user_id=user_id, client=client)
        await self.store.commit(Record(failure))


def _code_key(challenge: Challenge) -> str:
    return f"code:{challenge.id}"


def _hour_key(subject_id: UUID) -> str:
    return f"verify:{subject_id}"


def _seconds_until(tally: Tally, now: datetime) -> float:
    return (tally.expires_at - now).total_seconds() if tally.expires_at else 1
