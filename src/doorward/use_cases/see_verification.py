"""See what a proof waits for."""

from dataclasses import dataclass
from datetime import datetime

from doorward.domain.errors import LinkInvalid
from doorward.domain.policies.registration import RegistrationPolicy
from doorward.methods.waiting import WaitingLine
from doorward.ports.clock import Clock
from doorward.ports.store import Store


@dataclass(frozen=True, slots=True)
class Awaited:
    """Where the code was sent and when it was asked for, and how long it is good; None before it has left, or after.

    `is_correctable` says whether another address may take its place (see CorrectAddress).
    """

    address: str
    code_expires_at: datetime | None
    asked_at: datetime | None
    is_correctable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SeeVerification:
    """Tell the browser that began a sign-up what it waits for; decoys look like any other."""

    store: Store
    line: WaitingLine
    policy: RegistrationPolicy
    now: Clock

    async def __call__(self, verification: str) -> Awaited | None:
        """Look; None for a handle that stands for nothing (any more)."""
        try:
            waiting = await self.line.find(verification)
        except LinkInvalid:
            return None
        if waiting is None:
            return None
        latest = await self.store.challenges.latest(waiting.subject.id, waiting.purpose)
        is_open = latest is not None and latest.takes_code(self.now())
        expires_at = latest.code_expires_at if latest and is_open else None
        is_correctable = not self.policy.conceals or waiting.user_id is None
        return Awaited(waiting.address, expires_at, latest.created_at if latest else None, is_correctable)
