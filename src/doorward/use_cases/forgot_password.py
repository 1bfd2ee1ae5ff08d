"""Ask for a way back in after forgetting the password."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from doorward.domain.actor import Actor
from doorward.domain.challenge import Challenge, Purpose
from doorward.domain.errors import AccountDisabled, NotFound, TooManyRequests
from doorward.domain.events import Client, EventType, event
from doorward.domain.identifiers import Kind, find_identifier
from doorward.domain.ids import new_id
from doorward.domain.messages import Message, MessageKind
from doorward.domain.policies.reset import ResetPolicy
from doorward.domain.tally import Spent
from doorward.domain.user import Status, User
from doorward.methods.notices import notice, way_back
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
            language=client.language,
        )
        await self.store.commit(Send(asked, now))

    async def look_into(self, asked: Message) -> None:
        """Send a link, unless nobody has that identifier or the window's mails are used up.

        To who has closed the account it is the one that keeps it.
        """
        found, client = find_identifier(asked.to), Client(asked.params["ip_address"] or None, language=asked.language)
        user = await self.store.users.find(found) if found else None
        if found is None or user is None:
            return
        to = found.value if found.kind is Kind.PHONE else user.email or user.phone
        try:
            if user.closes_at is not None:
                await self._send_way_back(user, client)
            elif to is not None and user.status is not Status.DISABLED:
                await self._send_link(user, to, client, {})
        except (Spent, Stale):
            return  # removed, or found by another name since: whoever has the former one gets no link

    async def of(self, user_id: UUID, actor: Actor, reason: str | None = None) -> None:
        """Send a link to somebody, as an administrator; it is one of the window's mails.

        Raises:
            Forbidden: the caller is no administrator.
            NotFound: there is no such account, or nothing can be sent to it.
            AccountDisabled: it is.
            TooManyRequests: the window's mails are used up.
        """
        actor.must_be_admin()
        user = await self.store.users.get(user_id)
        to = user.email or user.phone
        if to is None:
            raise NotFound
        if user.status is Status.DISABLED:
            raise AccountDisabled
        try:
            await self._send_link(user, to, actor.client, actor.described(reason))
        except Spent as spent:
            raise TooManyRequests(spent.retry_after or 1) from None

    async def _send_way_back(self, user: User, client: Client) -> None:
        now = await self._counted(user)
        await self.store.commit(SaveUser(user, user, guard=("status", "closes_at")), *way_back(user, client, now))

    async def _counted(self, user: User) -> datetime:
        now = self.now()
        await self.counters.change(f"forgot:{user.id}", lambda t: self.policy.budget().take(t, now))
        return now

    async def _send_link(self, user: User, to: str, client: Client, details: Mapping[str, object]) -> None:
        now = await self._counted(user)
        challenge = Challenge(
            id=new_id(now),
            purpose=Purpose.RESET_PASSWORD,
            subject_id=user.id,
            created_at=now,
            target=to,
            expires_at=now + QUEUE_LIFE,
        )
        letter = notice(MessageKind.RESET_PASSWORD, user, client, now, to=to, challenge_id=challenge.id)
        kind = EventType.PASSWORD_RESET_REQUESTED
        requested = event(kind, now, user_id=user.id, client=client, details=details)
        is_as_seen = SaveUser(user, user, guard=("email", "phone"))
        await self.store.commit(is_as_seen, AddChallenge(challenge), *letter, Record(requested))
