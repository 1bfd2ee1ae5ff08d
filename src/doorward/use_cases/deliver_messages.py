"""Hand waiting messages over to the mail server."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from doorward.domain.challenge import Challenge, Purpose
from doorward.domain.events import EventType, event
from doorward.domain.messages import Mail, Message, MessageKind
from doorward.domain.policies.reset import ResetPolicy
from doorward.domain.policies.verification import VerificationPolicy
from doorward.ports.clock import Clock
from doorward.ports.delivery import DeliveryFailed, LetterWriter, Mailer
from doorward.ports.outbox import QUEUE_LIFE, Lane, Outbox, OutboxItem, retry_at
from doorward.ports.secrets import SecretMinter, TokenKind, TokenRef
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
    letters: LetterWriter
    secrets: SecretMinter
    verification: VerificationPolicy
    reset: ResetPolicy
    public_url: str
    now: Clock
    look_into: Callable[[Message], Awaitable[None]]
    batch: int = 16

    async def __call__(self, owner: str) -> int:
        """Deliver what is due; return how many items were taken up."""
        items = await self.outbox.claim(Lane.MESSAGES, owner=owner, now=self.now(), lease=LEASE, limit=self.batch)
        outcomes = await asyncio.gather(*(self._settle(item, owner) for item in items), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome  # the item's lease runs out and it is tried again
        return len(items)

    async def _settle(self, item: OutboxItem, owner: str) -> None:
        now = self.now()
        if item.message is None or now > item.created_at + QUEUE_LIFE:
            await self.outbox.bury(item, owner=owner, reason="waited too long")
            return
        try:
            await self._deliver(item.message)
        except DeliveryFailed as failed:
            if failed.is_final:
                await self.outbox.bury(item, owner=owner, reason=str(failed))
            else:
                await self.outbox.retry(item, owner=owner, at=retry_at(now, item.attempts), reason=str(failed))
            return
        await self.outbox.complete(item, owner=owner)

    async def _deliver(self, message: Message) -> None:
        if not message.kind.is_letter:
            await self.look_into(message)
            return
        if message.challenge_id is None:
            await self.mailer.send(self._letter(message, None))
            return
        challenge = await self._current_challenge(message)
        if challenge is None:
            return
        try:
            await self.store.commit(HandOver(self._started(challenge, self.now())))
            await self.mailer.send(self._letter(message, challenge))
            await self._note_hand_over(message, challenge)
        except Stale:
            return  # answered in this very moment

    async def _note_hand_over(self, message: Message, challenge: Challenge) -> None:
        now = self.now()
        is_user = challenge.purpose is Purpose.VERIFY_EMAIL
        sent = event(EventType.VERIFICATION_SENT, now, user_id=message.subject_id) if is_user else None
        await self.store.commit(HandOver(self._started(challenge, now)), *([Record(sent)] if sent else []))

    async def _current_challenge(self, message: Message) -> Challenge | None:
        challenge = await self.store.challenges.find(message.challenge_id) if message.challenge_id else None
        if challenge is None or challenge.consumed_at is not None:
            return None
        if challenge.purpose is Purpose.RESET_PASSWORD:
            return challenge
        latest = await self.store.challenges.latest(challenge.subject_id, challenge.purpose)
        return challenge if latest is not None and latest.id == challenge.id else None

    def _started(self, challenge: Challenge, now: datetime) -> Challenge:
        if challenge.purpose is Purpose.RESET_PASSWORD:
            return challenge.handed_over(now, code_ttl=None, link_ttl=self.reset.link_ttl)
        policy = self.verification
        return challenge.handed_over(now, code_ttl=policy.code_ttl, link_ttl=policy.active_link_ttl)

    def _letter(self, message: Message, challenge: Challenge | None) -> Mail:
        code, link, ttl = self._minted(message, challenge)
        params: Mapping[str, object] = {
            **message.params,
            "code": code,
            "link": link,
            "valid": ttl,
            "service_url": self.public_url,
        }
        subject, text, html = self.letters.write(message.kind, params)
        seconds = int(ttl.total_seconds()) if ttl else None
        return Mail(
            id=message.id,
            to=message.to,
            subject=subject,
            text=text,
            html=html,
            code=code,
            link=link,
            valid_seconds=seconds,
        )

    def _minted(self, message: Message, challenge: Challenge | None) -> tuple[str | None, str | None, timedelta | None]:
        if challenge is None or message.kind is MessageKind.ACCOUNT_EXISTS:
            return None, None, None
        if challenge.purpose is Purpose.RESET_PASSWORD:
            token = self.secrets.token(TokenKind.RESET_LINK, TokenRef(challenge.id))
            return None, f"{self.public_url}/reset-password?token={token}", self.reset.link_ttl
        code = self.secrets.code(challenge.id, digits=self.verification.code_length)
        if not self.verification.link:
            return code, None, self.verification.code_ttl
        token = self.secrets.token(TokenKind.VERIFY_LINK, TokenRef(challenge.id))
        return code, f"{self.public_url}/verify?token={token}", self.verification.code_ttl
