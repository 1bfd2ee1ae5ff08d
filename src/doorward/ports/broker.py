"""A message broker between processes: events for others, jobs for our own workers."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from doorward.ports.delivery import EventPublisher
from doorward.ports.outbox import Job, JobHandler


class JobQueue(Protocol):
    """Gives messages to whichever worker is free. It may lose them: each stays in the outbox until it is settled."""

    async def room(self) -> int:
        """How many more jobs should be put; Unavailable if the broker does not answer."""

    async def workers(self) -> int:
        """How many workers take jobs; Unavailable if the broker does not answer."""

    async def put(self, job: Job) -> None:
        """Return when the broker has it; Unavailable if that is not known."""

    def consuming(self, handle: JobHandler) -> AbstractAsyncContextManager[None]:
        """Hand each job to `handle` while the block runs, several at a time; at its end, finish those in hand."""


class MessageBroker(Protocol):
    """Everything that a broker's URL opens."""

    @property
    def publisher(self) -> EventPublisher: ...
    @property
    def jobs(self) -> JobQueue: ...

    async def check(self) -> None:
        """Raise Unavailable unless the broker answers."""

    async def close(self) -> None:
        """Let go of the connection."""
