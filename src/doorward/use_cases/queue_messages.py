"""Give waiting messages to the workers through a queue."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from doorward.ports.broker import JobQueue
from doorward.ports.clock import Clock
from doorward.ports.outbox import Job, Lane, Outbox

LEASE = timedelta(seconds=30)
"""Half of it for the way through the queue, half for the hand-over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueMessages:
    """Claim what is due and put it on the queue; whoever takes it from there settles the claim.

    The message stays in the outbox meanwhile: a job that is lost on the way is given out again when its lease ends.
    """

    outbox: Outbox
    jobs: JobQueue
    now: Clock
    batch: int = 64

    async def __call__(self, owner: str) -> int:
        """Queue what is due, as long as the queue is short; return how many messages were queued.

        Raises:
            Unavailable: the broker does not answer; unless it failed in the middle, nothing was claimed.
        """
        limit = min(self.batch, await self.jobs.room())
        if limit == 0:
            return 0
        now = self.now()
        items = await self.outbox.claim(Lane.MESSAGES, owner=owner, now=now, lease=LEASE, limit=limit)
        puts = (self.jobs.put(Job(item, owner, now + LEASE)) for item in items)
        outcomes = await asyncio.gather(*puts, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome  # it may be on the queue all the same: only its lease tells when it is not
        return len(items)
