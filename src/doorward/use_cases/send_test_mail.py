"""Send a test letter, to see whether mail works."""

from dataclasses import dataclass, replace
from datetime import timedelta

from doorward.domain.actor import Actor
from doorward.domain.events import EventType, event
from doorward.domain.identifiers import parse_email
from doorward.domain.ids import new_id
from doorward.domain.messages import USUAL_LANGUAGE, MessageKind
from doorward.methods.letter_mint import LetterMint
from doorward.ports.clock import Clock
from doorward.ports.delivery import Mailer
from doorward.ports.store import Store
from doorward.ports.writes import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTestMail:
    """Hand one over at once, past the outbox, so that it can be said what the server made of it."""

    store: Store
    mailer: Mailer
    mint: LetterMint
    now: Clock

    async def __call__(self, to: str, language: str = USUAL_LANGUAGE) -> timedelta:
        """Send it and return how long the server took to accept it.

        Raises:
            InvalidInput: it is no address.
            DeliveryFailed: it was not taken, and why.
        """
        letter = self.mint.sample(MessageKind.TEST, to=parse_email(to).value, language=language)
        start = self.now()
        await self.mailer.send(replace(letter, id=new_id(start)))
        return self.now() - start

    async def to_self(self, actor: Actor, language: str = USUAL_LANGUAGE) -> timedelta:
        """Send one to the administrator who asks; the audit log knows, whatever comes of it.

        Raises:
            InvalidInput: he has no address.
            DeliveryFailed: it was not taken, and why.
        """
        actor.must_be_admin()
        to = parse_email(actor.user.email or "" if actor.user else "").value
        details = actor.described()
        asked = event(EventType.TEST_MAIL_SENT, self.now(), user_id=None, client=actor.client, details=details)
        await self.store.commit(Record(asked))
        return await self(to, language)
