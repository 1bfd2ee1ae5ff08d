"""Proof of an address by a mailed code."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from doorward.domain.challenge import Challenge, Purpose
from doorward.domain.errors import (
    AuthError,
    CodeExpired,
    CodeIncorrect,
    IdentifierTaken,
    LinkExpired,
    LinkInvalid,
    TooManyRequests,
)
from doorward.domain.events import Client, EventType, event
from doorward.domain.ids import new_id
from doorward.domain.messages import Message, MessageKind
from doorward.domain.policies.verification import VerificationPolicy
from doorward.domain.tally import Spent, Tally
from doorward.domain.user import User
from doorward.ports.clock import Clock
from doorward.ports.counters import Counters
from doorward.ports.outbox import QUEUE_LIFE
from doorward.ports.secrets import SecretMinter, TokenKind
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
        self,
        kind: MessageKind,
        purpose: Purpose,
        subject_id: UUID,
        *,
        to: str,
        client: Client,
        first_name: str = "",
        target: str | None = None,
        is_moved: bool = False,
    ) -> tuple[Write, ...]:
        """The changes that send a new code; it replaces the one before.

        With `is_moved` it goes to another address than the ones before, and waits for none of them.

        To an address that is not proven, no name is written: whoever signed it up could say anything with it.

        Raises:
            TooManyRequests: the last mail is too recent, or the hour's tries are spent, so that no code could help.
        """
        may_mail = await self._may_mail(subject_id, to, is_moved=is_moved)
        now = self.now()
        challenge = Challenge(
            id=new_id(now),
            purpose=purpose,
            subject_id=subject_id,
            target=target,
            created_at=now,
            expires_at=now + QUEUE_LIFE,
        )
        message = Message(
            id=new_id(now),
            kind=kind,
            to=to,
            subject_id=subject_id,
            challenge_id=challenge.id,
            params={"first_name": first_name},
            language=client.language,
        )
        return (AddChallenge(challenge), Send(message, now)) if may_mail else (AddChallenge(challenge),)

    async def first(self, user: User, client: Client) -> tuple[Write, ...]:
        """The changes that send the first code of an account that is about to be added.

        Raises:
            IdentifierTaken: somebody has one of its identifiers; whose it is loses none of his letters by it.
            TooManyRequests: like `begin`.
        """
        for identifier in user.identifiers():
            if await self.store.users.find(identifier) is not None:
                raise IdentifierTaken(identifier.kind.value)
        kind, purpose = MessageKind.VERIFY_EMAIL, Purpose.VERIFY_EMAIL
        return await self.begin(kind, purpose, user.id, to=user.email or "", client=client)

    async def prove(
        self,
        challenge: Challenge | None,
        typed: str,
        client: Client,
        *,
        address: str,
        user_id: UUID | None,
        can_succeed: bool = True,
    ) -> Challenge:
        """Return the challenge if the code is right; the caller spends it together with what it proves.

        Raises:
            CodeIncorrect: wrong, with the number of tries left.
            CodeExpired: too late, used, replaced or out of tries; the right code makes no difference.
            TooManyRequests: the hour's tries are spent.
        """
        now = self.now()
        if challenge is None or not (challenge.takes_code(now) or challenge.is_waiting(now)):
            raise CodeExpired
        left = await self.count_try(challenge, address)
        length = self.policy.code_length
        is_right = self.secrets.matches_code(challenge.id, digits=length, typed=typed)
        if not (is_right and can_succeed and challenge.takes_code(now)):
            await self._record_failure(user_id, client)
            raise CodeIncorrect(left)
        await self.give_back(challenge, address)
        return challenge

    def is_link(self, token: str) -> bool:
        """Whether the token of a link was made here, whatever has become of it; nothing is looked up."""
        return self._linked_id(token) is not None

    async def linked(self, token: str) -> Challenge:
        """The challenge that a mailed link stands for.

        Raises:
            LinkInvalid: the token was not made here.
            LinkExpired: it is too late, used or replaced by a newer one.
        """
        challenge_id = self._linked_id(token)
        if challenge_id is None:
            raise LinkInvalid
        challenge = await self.store.challenges.find(challenge_id)
        if challenge is None or not challenge.takes_link(self.now()):
            raise LinkExpired
        latest = await self.store.challenges.latest(challenge.subject_id, challenge.purpose)
        if latest is None or latest.id != challenge.id:
            raise LinkExpired
        return challenge

    def _linked_id(self, token: str) -> UUID | None:
        ref = self.secrets.read_token(TokenKind.VERIFY_LINK, token) if self.policy.link else None
        return ref.id if ref else None

    async def count_try(self, challenge: Challenge, address: str) -> int:
        """Count a try before it is judged and say how many are left; raises like `prove`.

        The hour's tries belong to the address: however many sign-ups name it, they share them.
        """
        code, hour, now = self.policy.tries_per_code(), self.policy.tries_per_hour(), self.now()
        on_code, in_hour = _code_key(challenge), self._hour_key(address)
        tallies = await self.counters.change_all(
            {
                on_code: partial(_take, code.take, now, lambda _: CodeExpired()),
                in_hour: partial(_take, hour.take, now, _too_many),
            }
        )
        return min(code.left(tallies[on_code], now), hour.left(tallies[in_hour], now))

    async def give_back(self, challenge: Challenge, address: str) -> None:
        """Take a counted try back: it was right."""
        code, hour, now = self.policy.tries_per_code(), self.policy.tries_per_hour(), self.now()
        await self.counters.change_all(
            {
                _code_key(challenge): lambda tally: code.give_back(tally, now),
                self._hour_key(address): lambda tally: hour.give_back(tally, now),
            }
        )

    async def _may_mail(self, subject_id: UUID, to: str, *, is_moved: bool) -> bool:
        """Whether one more letter may go out to this address.

        Too soon after the last one is refused aloud, and so is an hour whose tries are spent, where only a code could
        help. An address that gets too many letters, from however many sign-ups, gets no more in silence: the
        refusal would tell about it.
        """
        now, hour, resends = self.now(), self.policy.tries_per_hour(), self.policy.resends()
        in_hour = (await self.counters.find(self._hour_key(to))).at(now)
        if not hour.left(in_hour, now) and not self.policy.has_way_without_code:
            raise _too_many(Spent((in_hour.expires_at - now).total_seconds() if in_hour.expires_at else 1))
        if resends is not None:
            take = resends.restart if is_moved else resends.take
            await self.counters.change(f"resend:{subject_id}", partial(_take, take, now, _too_many))
        letters = self.policy.letters()
        key = f"letters:{self.secrets.digest('letters', to)}"
        try:
            await self.counters.change(key, lambda tally: letters.take(tally, now))
        except Spent:
            return False
        return True

    def _hour_key(self, address: str) -> str:
        return f"verify:{self.secrets.digest('address', address)}"

    async def _record_failure(self, user_id: UUID | None, client: Client) -> None:
        failure = event(EventType.VERIFICATION_FAILED, self.now(), user_id=user_id, client=client)
        await self.store.commit(Record(failure))


def _code_key(challenge: Challenge) -> str:
    return f"code:{challenge.id}"


def _take(
    take: Callable[[Tally, datetime], Tally], now: datetime, refusal: Callable[[Spent], AuthError], tally: Tally
) -> Tally:
    """Take one try, or refuse in the words of the domain."""
    try:
        return take(tally, now)
    except Spent as spent:
        raise refusal(spent) from None


def _too_many(spent: Spent) -> AuthError:
    return TooManyRequests(spent.retry_after or 1)
