"""Whatever is done to one account at once, doing it again one after the other, as the log has it, gives the same."""

import asyncio
import random
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from doorward.adapters.memory import MemoryOutbox, MemoryStore
from doorward.domain.challenge import Purpose
from doorward.domain.errors import NotFound
from doorward.domain.events import EventType
from doorward.domain.user import Status
from doorward.ports.store import AuditQuery
from doorward.ports.writes import (
    AddChallenge,
    AddFormerPassword,
    AddLoginAttempt,
    AddSession,
    AddUser,
    ConsumeChallenge,
    ConsumeChallenges,
    CountFailedAttempt,
    EndSession,
    EndSessions,
    Record,
    RemoveUser,
    SaveUser,
    Stale,
)
from doorward.storages import open_storage
from support import servers

RESET = Purpose.RESET_PASSWORD
ROUNDS, ACTS = 6, 14


@pytest.fixture(params=(*servers.KINDS, "mongodb"))
def url(request, migrated_servers):
    return migrated_servers(request.param)


@pytest.fixture
async def hosts(url):
    """One database as two processes have it."""
    storages = [open_storage(url) for _ in range(2)]
    yield storages
    for storage in storages:
        await storage.close()


@dataclass
class Life:
    """What happens to one account, and what of it was committed."""

    make: Any
    now: Any
    user: Any
    chance: random.Random
    sessions: list = field(default_factory=list)
    challenges: list = field(default_factory=list)
    committed: dict = field(default_factory=dict)
    ticks: int = 0

    def begun(self):
        """What is there before anything happens."""
        self.sessions += [self.make.session(user_id=self.user.id) for _ in range(3)]
        self.challenges += [self.make.challenge(subject_id=self.user.id, purpose=RESET) for _ in range(2)]
        return AddUser(self.user), *map(AddSession, self.sessions), *map(AddChallenge, self.challenges)

    async def act(self, store, way):
        """Do something as a use case does it: read, decide, commit; and once more if something else came first."""
        for _ in range(4):
            try:
                user = await store.users.get(self.user.id)
            except NotFound:
                return
            self.ticks += 1
            at = self.now + timedelta(seconds=self.ticks)
            told = self.make.event(EventType.PROFILE_UPDATED, user_id=user.id, details={"way": way.__name__})
            changes = (*way(self, user, at), Record(told))
            try:
                await store.commit(*changes)
            except Stale:
                continue
            self.committed[told.id] = changes
            return


def sign_in(life, user, at):
    session = life.make.session(user_id=user.id, created_at=at)
    life.sessions.append(session)
    save = SaveUser(
        user, replace(user, failed_attempts=0), guard=("status", "password_hash"), always=("failed_attempts",)
    )
    return save, AddSession(session), AddLoginAttempt(life.make.attempt(user_id=user.id, success=True))


def fail(life, user, at):
    return CountFailedAttempt(user.id), AddLoginAttempt(life.make.attempt(user_id=user.id))


def change_password(life, user, at):
    changed = replace(user, password_hash=f"of {at}")
    kept = AddFormerPassword(user.id, user.password_hash, at, keep=2)
    ended = EndSessions(user.id, at), ConsumeChallenges(user.id, RESET, at)
    return SaveUser(user, changed, guard=("password_hash",)), kept, *ended


def reset_password(life, user, at):
    return ConsumeChallenge(life.chance.choice(life.challenges).id, at), *change_password(life, user, at)


def ask_for_a_link(life, user, at):
    challenge = life.make.challenge(subject_id=user.id, purpose=RESET, created_at=at)
    life.challenges.append(challenge)
    return SaveUser(user, user, guard=("email",)), AddChallenge(challenge)


def switch(life, user, at):
    status = Status.ACTIVE if user.status is Status.DISABLED else Status.DISABLED
    return SaveUser(user, replace(user, status=status), guard=("status",)), EndSessions(user.id, at)


def sign_out(life, user, at):
    return (EndSession(life.chance.choice(life.sessions).id, at),)


def sign_out_others(life, user, at):
    return (EndSessions(user.id, at, but=life.chance.choice(life.sessions).id),)


def remove(life, user, at):
    return (RemoveUser(user.id),)


WAYS = (sign_in, sign_in, fail, change_password, reset_password, ask_for_a_link, switch, sign_out, sign_out_others)


async def left(store, life):
    """All that is left of an account."""
    there = list(await store.users.matching([life.user.id], []))
    sessions = {s.id: await store.sessions.find(s.id) for s in life.sessions}
    challenges = {c.id: await store.challenges.find(c.id) for c in life.challenges}
    attempts = {row.id: row for row in await store.audit.login_attempts(life.user.id, 100)}
    return there, sessions, challenges, attempts, list(await store.users.former_passwords(life.user.id, 9))


@pytest.mark.parametrize("seed", range(ROUNDS))
@pytest.mark.parametrize("ending", [(), (remove,)], ids=["lives on", "is removed"])
async def test_the_log_tells_an_order_that_gives_the_same(hosts, make, now, seed, ending):
    """Every commit goes through again in that order, and nothing is left that would not be left then."""
    chance = random.Random(f"{seed} {ending}")
    life = Life(make, now, make.user(), chance)
    begun = life.begun()
    await hosts[0].store.commit(*begun)
    ways = [*chance.choices(WAYS, k=ACTS), *ending]
    chance.shuffle(ways)

    await asyncio.gather(*(life.act(hosts[n % 2].store, way) for n, way in enumerate(ways)))

    page = await hosts[0].store.audit.page(AuditQuery(user_id=life.user.id, limit=100))
    order = [row.id for row in reversed(page.items)]
    assert set(order) == set(life.committed)
    again = MemoryStore(MemoryOutbox())
    await again.commit(*begun)
    for event_id in order:
        await again.commit(*life.committed[event_id])
    assert await left(hosts[0].store, life) == await left(again, life)
