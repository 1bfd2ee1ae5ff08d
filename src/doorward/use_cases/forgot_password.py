"""Ask for a way back in after forgetting the password."""

from dataclasses import dataclass

from doorward.domain.challenge import Challenge, Purpose
from doorward.domain.events import Client, EventType, event
from doorward.domain.identifiers import Kind, find_identifier
from doorward.domain.ids import new_id
from doorward.domain.messages import Message, MessageKind
from doorward.domain.policies.reset import ResetPolicy
from doorward.domain.tally import Spent
from doorward.domain.user import Status, User
from doorward.ports.clock import Clock
from doorward.ports.counters import Counters
from doorward.ports.outbox import QUEUE_LIFE
from doorward.ports.store import Store
from doorward.ports.writes import AddChallenge, Record, SaveUser, Send, Stale


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgotPassword:
    """Send a reset link, if there is such an account; neither the answer nor its time tells.

    The request only notes what was asked for. Whether there is an account is looked up afterwards by the relay, so
    that both cases cost the one who asks the same.
    """

    store: Store
    counters: Counters
    policy: ResetPolicy
    phone_region: str | None = None
    now: Clock

    async def __call__(self, identifier: str, client: Client) -> None:
        """Note the request; what can be no identifier is forgotten at once."""
        found = find_identifier(identifier, self.phone_region)
        if found is None:
            return
        now = self.now()
        asked = Message(
            id=new_id(now),
            kind=MessageKind.RESET_REQUESTED,
            to=found.value,
            subject_id=new_id(now),
            params={"ip_address": client.ip_address or ""},
        )
        await self.store.commit(Send(asked, now))

    async def look_into(self, asked: Message) -> None:
        """Send a link, unless nobody has that identifier or the window's mails are used up."""
        found = find_identifier(asked.to)
        user = await self.store.users.find(found) if found else None
        if found is None or user is None or user.status is Status.DISABLED:
            return
        to = found.value if found.kind is Kind.PHONE else user.email or user.phone
        if to is None:
            return
        try:
            now = self.now()
            await self.counters.change(f"forgot:{user.id}", lambda t: self.policy.budget().take(t, now))
        except Spent:
            return
        await self._send_link(user, to, Client(ip_address=asked.params["ip_address"] or None))

    async def _send_link(self, user: User, to: str, client: Client) -> None:
        now = self.now()
        challenge = Challenge(
            id=new_id(now),
            purpose=Purpose.RESET_PASSWORD,
            subject_id=user.id,
            created_at=now,
            target=to,
            expires_at=now + QUEUE_LIFE,
        )
        message = Message(
            id=new_id(now),
            kind=MessageKind.RESET_PASSWORD,
            to=to,
            subject_id=user.id,
            challenge_id=challenge.id,
            params={"first_name": user.profile.first_name},
        )
        requested = event(EventType.PASSWORD_RESET_REQUESTED, now, user_id=user.id, client=client)
        is_as_seen = SaveUser(user, user, guard=("email", "phone"))
        try:
            await self.store.commit(is_as_seen, AddChallenge(challenge), Send(message, now), Record(requested))
        except Stale:
            return  # removed, or found by another name since: whoever has the former one gets no link
