"""Hand waiting messages over to the mail server."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from doorward.domain.challenge import Challenge, Purpose
from doorward.domain.events import EventType, event
from doorward.domain.messages import Mail, Message, MessageKind, is_phone
from doorward.methods.letter_mint import LetterMint
from doorward.methods.text_messages import TextMessages
from doorward.ports.clock import Clock
from doorward.ports.delivery import DeliveryFailed, Mailer
from doorward.ports.outbox import QUEUE_LIFE, Job, Lane, Outbox, OutboxItem, retry_at
from doorward.ports.store import Store
from doorward.ports.writes import HandOver, Record, Stale

LEASE = timedelta(seconds=15)
"""Longer than a mailer takes to give up; what a killed process had in hand is delivered after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverMessages:
    """Mint code and link at the last moment, start their clocks, and send; a failed hand-over is tried again.

    A message whose challenge was answered or replaced meanwhile has no cause any more and is dropped.
    """

    store: Store
    outbox: Outbox
    mailer: Mailer
    texts: TextMessages
    mint: LetterMint
    now: Clock
    look_into: Callable[[Message], Awaitable[None]]
    batch: int = 16

    async def __call__(self, owner: str) -> int:
        """Deliver what is due; return how many items were taken up."""
        items = await self.outbox.claim(Lane.MESSAGES, owner=owner, now=self.now(), lease=LEASE, limit=self.batch)
        outcomes = await asyncio.gather(*(self.settle(item, owner) for item in items), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome  # the item's lease runs out and it is tried again
        return len(items)

    async def handle(self, job: Job) -> None:
        """Deliver what another process has claimed, unless its lease might end before that is done."""
        if self.now() + LEASE <= job.until:
            await self.settle(job.item, job.owner)

    async def settle(self, item: OutboxItem, owner: str) -> None:
        """Deliver a claimed message, and note in the outbox what became of it."""
        now = self.now()
        if item.message is None or now > item.created_at + QUEUE_LIFE:
            await self.outbox.bury(item, owner=owner, reason="waited too long")
            return
        try:
            await self._deliver(item.message, item.created_at)
        except DeliveryFailed as failed:
            if failed.is_final:
                await self.outbox.bury(item, owner=owner, reason=str(failed))
            else:
                await self.outbox.retry(item, owner=owner, at=retry_at(now, item.attempts), reason=str(failed))
            return
        await self.outbox.complete(item, owner=owner)

    async def _deliver(self, message: Message, intended_at: datetime) -> None:
        if not message.kind.is_letter:
            await self.look_into(message)
            return
        if message.challenge_id is None:
            await self._send(self.mint.letter(message, None))
            return
        challenge = await self._current_challenge(message)
        if challenge is None:
            return
        try:
            await self.store.commit(HandOver(self.mint.started(challenge, self.now())))
            await self._send(self.mint.letter(message, challenge))
            await self._note_hand_over(message, challenge, intended_at)
        except Stale:
            return  # answered in this very moment

    async def _send(self, mail: Mail) -> None:
        await (self.texts.send(mail) if is_phone(mail.to) else self.mailer.send(mail))

    async def _note_hand_over(self, message: Message, challenge: Challenge, intended_at: datetime) -> None:
        now = self.now()
        waited = {"waited_ms": max(0, round((now - intended_at).total_seconds() * 1000))}
        is_owned = challenge.purpose is Purpose.VERIFY_EMAIL
        # There is no account yet to which it could belong; and what goes to the owner of a taken address is no code.
        is_pending = challenge.purpose is Purpose.CONFIRM_REGISTRATION and message.kind is MessageKind.VERIFY_EMAIL
        user_id = message.subject_id if is_owned else None
        sent = event(EventType.VERIFICATION_SENT, now, user_id=user_id, details=waited)
        noted = [Record(sent)] if is_owned or is_pending else []
        try:
            await self.store.commit(HandOver(self.mint.started(challenge, now)), *noted)
        except Stale:
            await self.store.commit(*noted)  # answered within the hand-over; it was sent all the same

    async def _current_challenge(self, message: Message) -> Challenge | None:
        challenge = await self.store.challenges.find(message.challenge_id) if message.challenge_id else None
        if challenge is None or challenge.consumed_at is not None:
            return None
        if challenge.purpose is Purpose.RESET_PASSWORD:
            return challenge
        latest = await self.store.challenges.latest(challenge.subject_id, challenge.purpose)
        return challenge if latest is not None and latest.id == challenge.id else None
