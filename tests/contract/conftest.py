"""What the contract tests run over: one row per adapter, and makers of records."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from doorward.adapters.memory import MemoryCounters, MemoryOutbox, MemoryStore
from doorward.domain.challenge import Challenge, Purpose
from doorward.domain.events import Client, Event, EventType, LoginAttempt
from doorward.domain.ids import new_id
from doorward.domain.messages import Mail, Message, MessageKind
from doorward.domain.registration import Registration
from doorward.domain.session import Session
from doorward.domain.user import Profile, User
from doorward.ports.counters import Counters
from doorward.ports.outbox import Lane, Outbox, OutboxItem
from doorward.ports.storage import Storage
from doorward.ports.store import Store
from doorward.ports.writes import Write
from doorward.storages import open_storage
from support import servers
from support.mail_servers import Postbox, make_certificates

NOW = datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Backend:
    """The storage ports of one technology, and what the store told after each commit."""

    store: Store
    counters: Counters
    outbox: Outbox
    calls: list[Sequence[Write]]
    storage: Storage | None = None


@asynccontextmanager
async def memory() -> AsyncIterator[Backend]:
    calls: list[Sequence[Write]] = []
    outbox = MemoryOutbox()
    yield Backend(MemoryStore(outbox, committed=calls.append), MemoryCounters(), outbox, calls)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Backend]:
    calls: list[Sequence[Write]] = []
    storage = open_storage(url, calls.append)
    try:
        yield Backend(storage.store, storage.counters, storage.outbox, calls, storage)
    finally:
        await storage.close()


def open_memory(request: pytest.FixtureRequest) -> AbstractAsyncContextManager[Backend]:
    return memory()


def open_sqlite_copy(request: pytest.FixtureRequest) -> AbstractAsyncContextManager[Backend]:
    path = request.getfixturevalue("tmp_path") / "accounts.db"
    shutil.copyfile(request.getfixturevalue("migrated_sqlite"), path)
    return opened(f"sqlite:///{path}")


def open_server(kind: str) -> Callable[[pytest.FixtureRequest], AbstractAsyncContextManager[Backend]]:
    def open_empty(request: pytest.FixtureRequest) -> AbstractAsyncContextManager[Backend]:
        return opened(request.getfixturevalue("migrated_servers")(kind))

    return open_empty


# One row makes a storage technology subject to every test of this folder. A row may ask the request for a
# session's server; one that is not there must fail or skip with its reason.
BACKENDS: dict[str, Callable[[pytest.FixtureRequest], AbstractAsyncContextManager[Backend]]] = {
    "memory": open_memory,
    "sqlite": open_sqlite_copy,
    **{kind: open_server(kind) for kind in (*servers.KINDS, "mongodb")},
}


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the migrated, empty schema, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "empty.db"

    servers.migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_servers() -> Iterator[Callable[[str], str]]:
    """A way to the URL of a server's database that has the migrated schema and no rows."""
    databases: dict[str, servers.Scratch] = {}

    def empty(kind: str) -> str:
        if kind not in databases:
            databases[kind] = servers.scratch(kind)
            databases[kind].migrate()
        databases[kind].empty()
        return databases[kind].url

    yield empty
    for database in databases.values():
        database.drop()


@pytest.fixture(params=BACKENDS)
def opening(request: pytest.FixtureRequest) -> AbstractAsyncContextManager[Backend]:
    return BACKENDS[request.param](request)


@pytest.fixture
async def backend(opening: AbstractAsyncContextManager[Backend]) -> AsyncIterator[Backend]:
    async with opening as opened:
        yield opened


@pytest.fixture
def store(backend: Backend) -> Store:
    return backend.store


@pytest.fixture
def counters(backend: Backend) -> Counters:
    return backend.counters


@pytest.fixture
def outbox(backend: Backend) -> Outbox:
    return backend.outbox


@pytest.fixture
def now() -> datetime:
    return NOW


class Make:
    """Records with sensible members; each call makes a new one."""

    def __init__(self) -> None:
        self._count = 0

    def id(self) -> UUID:
        self._count += 1
        return new_id(NOW + timedelta(milliseconds=self._count))

    def user(self, **members: Any) -> User:
        user_id = self.id()
        plain = User(
            id=user_id,
            email=f"{user_id.hex}@example.org",
            profile=Profile(first_name="Ada", last_name="Lovelace"),
            password_hash="hash",
            created_at=NOW,
            password_changed_at=NOW,
        )
        return replace(plain, **members)

    def registration(self, **members: Any) -> Registration:
        plain = Registration(
            id=self.id(),
            email="ada@example.org",
            password_hash="hash",
            is_decoy=False,
            created_at=NOW,
            expires_at=NOW + timedelta(days=1),
        )
        return replace(plain, **members)

    def challenge(self, **members: Any) -> Challenge:
        plain = Challenge(
            id=self.id(),
            purpose=Purpose.VERIFY_EMAIL,
            subject_id=self.id(),
            created_at=NOW,
            expires_at=NOW + timedelta(hours=1),
        )
        return replace(plain, **members)

    def session(self, **members: Any) -> Session:
        plain = Session(
            id=self.id(),
            user_id=self.id(),
            created_at=NOW,
            last_used_at=NOW,
            expires_at=NOW + timedelta(days=30),
        )
        return replace(plain, **members)

    def event(self, type: EventType = EventType.SIGNED_IN, **members: Any) -> Event:  # noqa: A002 - as the record's
        plain = Event(type=type, id=self.id(), at=NOW, user_id=self.id(), client=Client("192.0.2.1", "Firefox"))
        return replace(plain, **members)

    def attempt(self, **members: Any) -> LoginAttempt:
        plain = LoginAttempt(
            id=self.id(),
            user_id=self.id(),
            email="ada@example.org",
            success=False,
            attempt_time=NOW,
            ip_address="192.0.2.1",
        )
        return replace(plain, **members)

    def message(self, **members: Any) -> Message:
        plain = Message(
            id=self.id(),
            kind=MessageKind.VERIFY_EMAIL,
            to="ada@example.org",
            subject_id=self.id(),
            challenge_id=self.id(),
            params={"first_name": "Ada"},
        )
        return replace(plain, **members)


@pytest.fixture
def make() -> Make:
    return Make()


@pytest.fixture
def commits(store: Store) -> Callable[..., Awaitable[int]]:
    """Try single-write commits at the same time; return how many went through, and let only `refusal` stop one."""

    async def run(refusal: type[Exception], changes: Iterable[Write]) -> int:
        outcomes = await asyncio.gather(*(store.commit(change) for change in changes), return_exceptions=True)
        unexpected = [o for o in outcomes if o is not None and not isinstance(o, refusal)]
        if unexpected:
            raise ExceptionGroup("not a refusal", [o for o in unexpected if isinstance(o, Exception)])
        return outcomes.count(None)

    return run


@pytest.fixture
def claim(outbox: Outbox) -> Callable[..., Coroutine[Any, Any, list[OutboxItem]]]:
    """Claim from a lane with a lease of half a minute."""

    async def run(lane: Lane, owner: str = "a", *, at: datetime = NOW, limit: int = 100) -> list[OutboxItem]:
        return list(await outbox.claim(lane, owner=owner, now=at, lease=timedelta(seconds=30), limit=limit))

    return run


@pytest.fixture
def postbox() -> Postbox:
    """Where letters end that a mail server has taken."""
    return Postbox()


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Callable[[], asyncio.Protocol]], Awaitable[int]]]:
    """Start servers on free ports; give back their ports."""
    listening: list[asyncio.Server] = []

    async def start(factory: Callable[[], asyncio.Protocol]) -> int:
        server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0)
        listening.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    yield start
    for server in listening:
        server.close()
        await server.wait_closed()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate authority of our own, and a server certificate for this machine signed by it."""
    folder = tmp_path_factory.mktemp("certificates")
    make_certificates(folder)
    return folder


@pytest.fixture
def mail(make: Make) -> Mail:
    """A letter with all that a letter may have."""
    return Mail(
        id=make.id(),
        to="ada@example.org",
        subject="Gruß 🦊",
        text="Über\n\n.\n123456\n",
        html="<p>Über &amp; unter</p>\n",
        code="123456",
        link="https://accounts.example/verify?token=x",
        valid_seconds=600,
    )
