"""Send a test letter, to see whether mail works."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from doorward.domain.actor import Actor
from doorward.domain.events import EventType, event
from doorward.domain.identifiers import parse_email
from doorward.domain.ids import new_id
from doorward.domain.messages import USUAL_LANGUAGE, MessageKind
from doorward.methods.letter_mint import LetterMint
from doorward.ports.clock import Clock
from doorward.ports.delivery import Cause, DeliveryFailed, Mailer, Voice
from doorward.ports.store import Store
from doorward.ports.writes import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a conversation with a mail server, and how long after the beginning it was said."""

    at: timedelta
    voice: Voice
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailTrial:
    """What became of a test letter: without a `reason` it was taken. `lines` is all that was said up to then."""

    to: str
    took: timedelta
    lines: Sequence[Line]
    reason: str | None = None
    cause: Cause | None = None

    @property
    def is_taken(self) -> bool:
        return self.reason is None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTestMail:
    """Hand one over at once, past the outbox, and listen, so that it can be said what the server made of it."""

    store: Store
    mailer: Mailer
    mint: LetterMint
    now: Clock

    async def __call__(self, to: str, language: str = USUAL_LANGUAGE) -> MailTrial:
        """Send it; that it is not taken is an answer too. InvalidInput if `to` is no address."""
        letter = self.mint.sample(MessageKind.TEST, to=parse_email(to).value, language=language)
        start, lines = self.now(), list[Line]()

        def hear(voice: Voice, text: str) -> None:
            lines.append(Line(at=self.now() - start, voice=voice, text=text))

        reason: str | None = None
        cause: Cause | None = None
        try:
            await self.mailer.send(replace(letter, id=new_id(start)), hear)
        except DeliveryFailed as failed:
            reason, cause = str(failed), failed.cause
        return MailTrial(to=letter.to, took=self.now() - start, lines=lines, reason=reason, cause=cause)

    async def to_self(self, actor: Actor, language: str = USUAL_LANGUAGE) -> MailTrial:
        """Send one to the administrator who asks; the audit log knows, whatever comes of it.

        Raises:
            InvalidInput: he has no address.
        """
        actor.must_be_admin()
        to = parse_email(actor.user.email or "" if actor.user else "").value
        details = actor.described()
        asked = event(EventType.TEST_MAIL_SENT, self.now(), user_id=None, client=actor.client, details=details)
        await self.store.commit(Record(asked))
        return await self(to, language)
