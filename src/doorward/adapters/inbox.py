"""The development inbox: letters are caught, shown and waited for; nothing leaves the machine unless told to."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from doorward.domain.messages import Mail
from doorward.ports.clock import Clock
from doorward.ports.delivery import Hear, Mailer, Voice

KEPT = 500


@dataclass(frozen=True, slots=True)
class CaughtMail:
    """A letter and when it came."""

    mail: Mail
    received_at: datetime


class Inbox:
    """Keeps the newest letters and text messages, and tells a listener about each."""

    def __init__(self, *, now: Clock, tell: Callable[[Mail], None]) -> None:
        self._now = now
        self._tell = tell
        self._caught: deque[CaughtMail] = deque(maxlen=KEPT)
        self._arrived = asyncio.Condition()

    async def catch(self, mail: Mail) -> None:
        """Keep one."""
        async with self._arrived:
            self._caught.appendleft(CaughtMail(mail, self._now()))
            self._arrived.notify_all()
        self._tell(mail)

    async def messages(self, *, to: str | None = None, wait: float = 0) -> Sequence[CaughtMail]:
        """The caught letters, newest first; with `wait` (seconds), until there is one."""
        try:
            async with asyncio.timeout(wait), self._arrived:
                await self._arrived.wait_for(lambda: self._find(to))
        except TimeoutError:
            pass
        return self._find(to)

    async def find(self, mail_id: UUID) -> CaughtMail | None:
        """One of them."""
        return next((caught for caught in self._caught if caught.mail.id == mail_id), None)

    async def remove(self, mail_id: UUID) -> None:
        """Forget one."""
        found = await self.find(mail_id)
        if found:
            self._caught.remove(found)

    async def clear(self) -> None:
        """Forget all letters."""
        self._caught.clear()

    def _find(self, to: str | None) -> list[CaughtMail]:
        return [caught for caught in self._caught if to is None or caught.mail.to == to]


class InboxMailer:
    """Catches what is sent, after passing it on if there is a real mailer too."""

    def __init__(self, inbox: Inbox, forward: Mailer | None = None) -> None:
        self._inbox = inbox
        self._forward = forward

    async def send(self, mail: Mail, hear: Hear | None = None) -> None:
        if self._forward is not None:
            await self._forward.send(mail, hear)
        elif hear is not None:
            hear(Voice.NOTE, "there is no mail server: the letter goes into the development inbox")
        await self._inbox.catch(mail)

    async def check(self) -> None:
        if self._forward is not None:
            await self._forward.check()

    async def close(self) -> None:
        if self._forward is not None:
            await self._forward.close()
