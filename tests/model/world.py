"""The assembled engine over a storage, driven step by step from code that does not wait."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from doorward.adapters.common_passwords import ZxcvbnCommonPasswords
from doorward.adapters.jwt import JwtTokenIssuer
from doorward.adapters.key_ring import CachedKeyRing
from doorward.adapters.keys import HmacSecretMinter
from doorward.adapters.memory import MemoryCounters, MemoryOutbox, MemoryStore
from doorward.adapters.sql.counters import SqlCounters
from doorward.adapters.sql.engine import SqliteDatabase
from doorward.adapters.sql.outbox import SqlOutbox
from doorward.adapters.sql.store import SqlStore
from doorward.auth import Parts, assemble, retried
from doorward.bootstrap import policies_of
from doorward.domain.actor import Actor
from doorward.domain.errors import AuthError, CodeIncorrect
from doorward.domain.identifiers import find_identifier
from doorward.domain.password import Password
from doorward.domain.policies.closing import ClosingPolicy
from doorward.settings.load import load

SECRET = "a secret that is long enough for every key of these tests"
ISSUER = "https://door.example.com"
START = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
SETTINGS = {
    "letters_per_hour": "verification.max_letters_per_hour",
    "tries_per_hour": "verification.max_tries_per_hour",
    "history": "password.history",
    "max_failures": "lockout.max_failures",
}
OPERATOR = Actor(None)
COMMON = ZxcvbnCommonPasswords()


@dataclass
class PostBox:
    """A mailer that keeps everything."""

    letters: list = field(default_factory=list)

    async def send(self, mail):
        self.letters.append(mail)

    async def check(self):
        return None


class NoWords:
    """Writes nothing but what kind of letter it is."""

    def write(self, kind, params, language):
        return kind.value, "", ""

    def write_text(self, kind, params, language):
        return kind.value


class Deaf:
    """A publisher whom nobody hears."""

    async def ready(self):
        return None

    async def publish(self, event):
        return None


def policies(profile, changes):
    """The policies of a shipped profile, changed as the reference's rules were."""
    flags = {"profile": profile} | {SETTINGS[name]: str(v) for name, v in changes.items() if name in SETTINGS}
    if changes.get("locks"):
        flags["lockout.mode"] = "lock"
    if "lock_ttl" in changes:
        flags["lockout.lock_ttl"] = f"{changes['lock_ttl'] // 1000}s"
    # The reference removes at once; what a time of grace does is shown in tests/unit/use_cases/test_restore_account.py.
    return replace(policies_of(load(flags, environ={}).settings), closing=ClosingPolicy())


class World:
    """An engine with its own storage, clock and post box; `path` is a migrated SQLite file, or None for memory."""

    def __init__(self, chosen, hasher, path):
        self.runner = asyncio.Runner()
        self.hasher, self.moment = hasher, START
        self.post = PostBox()
        self.database = SqliteDatabase(path) if path else None
        if self.database:
            store, counters = SqlStore(self.database), SqlCounters(self.database)
            outbox = SqlOutbox(self.database)
        else:
            outbox, counters = MemoryOutbox(), MemoryCounters()
            store = MemoryStore(outbox)
        self.store = store
        keys = CachedKeyRing(store.signing_keys, self.now)
        parts = Parts(
            store=store,
            counters=counters,
            outbox=outbox,
            hasher=hasher,
            common=COMMON,
            secrets=HmacSecretMinter(SECRET),
            issuer=JwtTokenIssuer(SECRET, algorithm="EdDSA", issuer=ISSUER, ttl=chosen.session.access_ttl, keys=keys),
            mailer=self.post,
            texter=self.post,
            letters=NoWords(),
            publisher=Deaf(),
            now=self.now,
            public_url=ISSUER,
        )
        auth = assemble(parts, chosen)
        # One letter at a time, so that their order is known.
        self.auth = replace(auth, deliver_messages=replace(auth.deliver_messages, batch=1))

    def now(self):
        return self.moment

    def set_clock(self, milliseconds):
        self.moment = START + timedelta(milliseconds=milliseconds)

    def run(self, awaitable):
        """Wait for something of the engine's."""
        return self.runner.run(_awaited(awaitable))

    def outcome(self, act):
        """What a call returns, and `ok` or the code of its refusal."""
        try:
            return self.run(retried(act)), "ok"
        except CodeIncorrect as wrong:
            return wrong, f"{wrong.code}, {wrong.attempts_left} left"
        except AuthError as refused:
            return refused, refused.code

    def deliver(self):
        """Hand over what waits and return it in order."""
        before = len(self.post.letters)
        while self.run(self.auth.deliver_messages("tests")):
            continue
        return self.post.letters[before:]

    def find(self, name):
        return self.run(self.store.users.find(find_identifier(name)))

    def has_password(self, user, text):
        return self.run(self.hasher.verify(user.password_hash, Password.typed(text)))

    def live_sessions(self, user):
        """Refresh-token generations of the account's sessions that still count, by id."""
        listed = self.run(self.store.sessions.of_user(user.id))
        return {s.id: s.generation for s in listed if s.is_live(self.moment, idle_ttl=None)}

    def close(self):
        if self.database:
            self.run(self.database.close())
        self.runner.close()


async def _awaited(awaitable):
    return await awaitable
