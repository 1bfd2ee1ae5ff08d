"""See what has become of the code and the link of a letter that was sent."""

from dataclasses import dataclass
from enum import StrEnum

from doorward.domain.challenge import Purpose
from doorward.domain.messages import Mail
from doorward.ports.clock import Clock
from doorward.ports.store import Store


class LetterState(StrEnum):
    """Whether what stands in a letter still leads somewhere."""

    GOOD = "good"
    REPLACED = "replaced"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeeLetter:
    """For the development inbox: a newer code replaces the one before, and the letter itself cannot tell."""

    store: Store
    now: Clock

    async def __call__(self, mail: Mail) -> LetterState:
        """Look; a letter that asks for nothing is always good."""
        if mail.challenge_id is None:
            return LetterState.GOOD
        challenge = await self.store.challenges.find(mail.challenge_id)
        if challenge is None:
            return LetterState.OVER
        latest = await self.store.challenges.latest(challenge.subject_id, challenge.purpose)
        # Of links for a new password several are good beside each other.
        if challenge.purpose is not Purpose.RESET_PASSWORD and latest is not None and latest.id != challenge.id:
            return LetterState.REPLACED
        now = self.now()
        is_open = challenge.is_waiting(now) or challenge.takes_code(now) or challenge.takes_link(now)
        return LetterState.GOOD if is_open else LetterState.OVER
