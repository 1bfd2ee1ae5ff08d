"""Text messages, which cost money: counted, and to served countries only."""

from dataclasses import dataclass

from doorward.domain.identifiers import Identifier, Kind
from doorward.domain.messages import Mail
from doorward.domain.policies.sms import SmsPolicy
from doorward.domain.tally import Spent
from doorward.ports.clock import Clock
from doorward.ports.counters import Counters
from doorward.ports.delivery import DeliveryFailed, Mailer

KEY = "sms:day"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMessages:
    """Send text messages within the day's cap; without a service none are sent."""

    texter: Mailer | None
    counters: Counters
    policy: SmsPolicy
    now: Clock

    async def send(self, text: Mail) -> None:
        """Hand a message over.

        Raises:
            DeliveryFailed: for good, if it may not be sent; a try that the service did not take is not counted.
        """
        if self.texter is None or not self.policy.serves(Identifier(Kind.PHONE, text.to)):
            raise DeliveryFailed("no text messages go there", is_final=True)
        now, budget = self.now(), self.policy.budget()
        try:
            await self.counters.change(KEY, lambda tally: budget.take(tally, now))
        except Spent:
            raise DeliveryFailed("the day's text messages are spent", is_final=True) from None
        try:
            await self.texter.send(text)
        except DeliveryFailed:
            await self.counters.change(KEY, lambda tally: budget.give_back(tally, now))
            raise
