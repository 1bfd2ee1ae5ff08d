"""Rotate the key that signs access tokens."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from doorward.domain.actor import Actor
from doorward.domain.errors import NotFound
from doorward.domain.events import EventType, event
from doorward.domain.policies.session import SessionPolicy
from doorward.domain.signing import KeyList, SigningKey
from doorward.ports.clock import Clock
from doorward.ports.store import Store
from doorward.ports.writes import PutSigningKey, Record, Write

SHORTEST_LEAD = timedelta(seconds=2)
"""In this time every worker has read the list, which it does at least once a second."""
USUAL_LEAD = timedelta(minutes=6)
"""Longer than others keep the published keys (five minutes)."""
MARGIN = timedelta(minutes=2)
"""How long clocks may differ and requests may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateKeys:
    """Add a generation that is published first and signs later; the one before stays good for its tokens' lives."""

    store: Store
    policy: SessionPolicy
    now: Clock

    async def __call__(self, actor: Actor, *, lead: timedelta = USUAL_LEAD, reason: str | None = None) -> SigningKey:
        """Add it; it signs after `lead`, which is two seconds at least.

        Raises:
            Forbidden: the caller is no administrator.
        """
        actor.must_be_admin()
        known, now = await self._known(), self.now()
        added = _next(known, now, signs_from=now + max(lead, SHORTEST_LEAD))
        told = {"generation": added.generation, "signs_from": added.signs_from.isoformat()}
        rotated = event(
            EventType.KEYS_ROTATED, now, user_id=None, client=actor.client, details=actor.described(reason) | told
        )
        await self.store.commit(*self._superseded(known, added), PutSigningKey(added), Record(rotated))
        return added

    async def revoke(self, generation: int, actor: Actor, *, reason: str | None = None) -> KeyList:
        """Refuse all tokens of a generation from now on; if it was the newest, another one signs at once.

        Sessions live on: a refresh token gives an access token of another generation.

        Raises:
            Forbidden: the caller is no administrator.
            NotFound: there is no such generation.
        """
        actor.must_be_admin()
        known, now = await self._known(), self.now()
        key = next((key for key in known.keys if key.generation == generation), None)
        if key is None:
            raise NotFound
        if key.revoked_at is not None:
            return known
        details = actor.described(reason) | {"generation": generation}
        revoked = event(EventType.KEY_REVOKED, now, user_id=None, client=actor.client, details=details)
        ended = PutSigningKey(replace(key, revoked_at=now), _stored(known, key))
        await self.store.commit(ended, *_successor(known, key, now), Record(revoked))
        return await self._known()

    async def listed(self, actor: Actor) -> KeyList:
        """All generations; Forbidden unless an administrator asks."""
        actor.must_be_admin()
        return await self._known()

    async def _known(self) -> KeyList:
        return KeyList(await self.store.signing_keys.listed())

    def _superseded(self, known: KeyList, added: SigningKey) -> Sequence[Write]:
        """What was the newest goes on verifying until the last token that it can sign has expired."""
        until = added.signs_from + self.policy.access_ttl + MARGIN
        return [
            PutSigningKey(replace(key, verify_until=until), _stored(known, key)) for key in known.keys if key.is_newest
        ]


def _successor(known: KeyList, revoked: SigningKey, now: datetime) -> Sequence[Write]:
    """Somebody has to sign: the one that waits for its time, or a new one."""
    newest = next((key for key in known.keys if key.is_newest and key != revoked), None)
    if newest is None:
        return [PutSigningKey(_next(known, now, signs_from=now))]
    return [PutSigningKey(replace(newest, signs_from=min(newest.signs_from, now)), newest)]


def _next(known: KeyList, now: datetime, *, signs_from: datetime) -> SigningKey:
    return SigningKey(generation=known.keys[-1].generation + 1, created_at=now, signs_from=signs_from)


def _stored(known: KeyList, key: SigningKey) -> SigningKey | None:
    """The record that a change replaces; the first generation may have none."""
    return key if key in known.stored else None
