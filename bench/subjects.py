"""What is measured, all spoken to alike: Doorward in its settings, the bare floor, and the peers."""

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import uvloop
from argon2 import PasswordHasher
from sqlalchemy import make_url

from bench.load import Answer, connect, request
from bench.peers import INSTALLED, NotToBeHad, Peer, person
from bench.processes import Meter, pss_mib, started_at, tree
from bench.servers import PASSWORD, Server, free_port, service_settings, start

JSON = {"Content-Type": "application/json"}
SESSIONS = 12
"""Different sessions whose checks take turns."""
STOP_SECONDS = 10
BENCH = Path(__file__).parent


@dataclass
class Subject:
    """A started server, with the words in which it is spoken to.

    Attributes:
        name: in tables.
        server: its process.
        database: the name of its PostgreSQL database, if it has one.
        sign_in: builds the request with which an account of a number signs in.
        token: reads what the answer handed out.
        check_path: where one asks whose session it is.
        check_headers: what one shows there for a token.
    """

    name: str
    server: Server
    place: "Place"
    database: str | None
    check_path: str
    sign_in: Callable[[int], bytes] | None = None
    token: Callable[[Answer], str] | None = None
    check_headers: Callable[[str], dict[str, str]] | None = None
    tokens: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.server.url

    def meter(self) -> Meter:
        return Meter(self.server.process.pid, self.database, lambda: self.place.databases)

    def memory_mib(self) -> float:
        return pss_mib(tree(self.server.process.pid))

    def headers(self) -> list[dict[str, str]]:
        """Of sessions that are good; they are opened when they are first asked for. A bare floor knows none."""
        if self.sign_in is None:
            return [{}]
        if not self.tokens:
            self.tokens = [self.token(one) for one in ask_all(self.url, [self.sign_in(n) for n in range(SESSIONS)])]
            self._must_be_known()
        return [self.check_headers(token) for token in self.tokens]

    def _must_be_known(self) -> None:
        """A 200 that says "nobody" would be measured as if it were a check."""
        for number, answer in enumerate(ask_all(self.url, self.checks())):
            if person(number, "")["email"].encode() not in answer.body:
                raise RuntimeError(f"{self.name} does not say whose session it is")

    def checks(self) -> list[bytes]:
        return [request("GET", self.check_path, headers=one) for one in self.headers()]

    def stop(self) -> None:
        """Ask it to end, and end what does not."""
        started = {pid: started_at(pid) for pid in tree(self.server.process.pid)}
        self.server.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.server.process.wait(STOP_SECONDS)
        for pid, moment in started.items():
            if moment and started_at(pid) == moment:  # and no other that has its number by now
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self.server.process.wait()


def ask_all(url: str, requests: list[bytes]) -> list[Answer]:
    """One after the other.

    Raises:
        RuntimeError: an answer was no success.
    """

    async def run() -> list[Answer]:
        talker = await connect(url)
        found = [await talker.ask(one) for one in requests]
        talker.close()
        return found

    answers = uvloop.run(run())
    if bad := [answer.status for answer in answers if not 200 <= answer.status < 300]:
        raise RuntimeError(f"{url} answered {bad}")
    return answers


class Place:
    """Where a run keeps what it throws away afterwards: a folder, and databases on the tests' PostgreSQL."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.postgresql = os.environ["TEST_POSTGRESQL_URL"]
        self.redis = os.environ.get("TEST_REDIS_URL", "")
        self.databases: list[str] = []
        self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="doorward-bench-")))
        stack.callback(self._drop)

    def folder(self, name: str) -> Path:
        path = self._folder / f"{name}-{secrets.token_hex(3)}"
        path.mkdir()
        return path

    def new_database(self) -> str:
        name = f"doorward_bench_{os.getpid()}_{len(self.databases)}"
        uvloop.run(self.tell(f"CREATE DATABASE {name}"))
        self.databases.append(name)
        return name

    def url_of(self, database: str) -> str:
        return make_url(self.postgresql).set(database=database).render_as_string(hide_password=False)

    async def tell(self, *statements: str) -> list[str]:
        connection = await asyncpg.connect(self.postgresql)
        found = [await connection.fetchval(statement) for statement in statements]
        await connection.close()
        return found

    def keep(self, subject: Subject) -> Subject:
        """Stop it at the end at the latest."""
        self._stack.callback(lambda: subject.server.process.poll() is None and subject.stop())
        return subject

    def _drop(self) -> None:
        for name in self.databases:
            uvloop.run(self.tell(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


def pinned(command: list[str], core: int | None) -> list[str]:
    return command if core is None else ["taskset", "-c", str(core), *command]


class Product:
    """One Doorward installation: a database with accounts, on which servers of any settings are started."""

    def __init__(
        self, place: Place, kind: str, *, accounts: int, hashing: tuple[int, int, int] = (19456, 2, 1)
    ) -> None:
        self.place, self.kind = place, kind
        self.folder = place.folder(kind)
        self.settings = service_settings(self.folder, free_port())  # one public address, whatever server answers
        memory, passes, lanes = hashing
        names = ("MEMORY_KIB", "TIME_COST", "PARALLELISM")
        self.settings |= {f"DOORWARD_HASHING__{n}": str(v) for n, v in zip(names, hashing, strict=True)}
        self.settings |= {f"DOORWARD_LIMITS__{n}": "1000000/minute" for n in ("VERIFY", "RESEND", "FORGOT", "RESET")}
        self.settings |= {"DOORWARD_SESSION__ACCESS_TTL": "2h", "DOORWARD_HASHING__QUEUE": "512"}
        self.database = place.new_database() if kind == "postgresql" else None
        if self.database:
            self.settings["DATABASE_URL"] = place.url_of(self.database)
        stored = PasswordHasher(time_cost=passes, memory_cost=memory, parallelism=lanes).hash(PASSWORD)
        rows = ({"email": f"bench{n}@example.com", "password_hash": stored} for n in range(accounts))
        (self.folder / "users.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        self._tell("migrate")
        self._tell("users", "import", "users.jsonl", "--verified")

    def _tell(self, *words: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "doorward", *words], env={**os.environ, **self.settings}, cwd=self.folder,
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def start(self, name: str, *, workers: int = 1, core: int | None = None, **settings: str) -> Subject:
        """Start a server on it; `settings` are variables of its environment."""
        port = free_port()
        env = {**self.settings, **settings}
        command = [sys.executable, "-m", "doorward", "serve", "--port", str(port), "--workers", str(workers)]
        server = start(pinned(command, core), port, "/health", env=env, folder=self.folder)
        subject = Subject(
            name, server, self.place, self.database, "/v1/session",
            sign_in=sign_in, token=lambda answer: json.loads(answer.body)["access_token"],
            check_headers=lambda token: {"Authorization": f"Bearer {token}"},
        )  # fmt: skip
        return self.place.keep(subject)


def sign_in(number: int, password: str = PASSWORD) -> bytes:
    body = json.dumps({"identifier": f"bench{number}@example.com", "password": password})
    return request("POST", "/v1/sessions", headers=JSON, body=body.encode())


def sign_up(number: int) -> bytes:
    body = json.dumps({"email": f"new{number}@example.com", "password": PASSWORD})
    return request("POST", "/v1/users", headers=JSON, body=body.encode())


def own_argon2() -> dict[str, str]:
    """The environment in which Argon2 is one that was built for this processor, with the script that users have.

    Raises:
        NotToBeHad: it cannot be built.
    """
    folder = INSTALLED / "argon2"
    command = [BENCH.parent / "scripts" / "build_argon2", "--target", folder]
    pip = {**os.environ, "PIP": f"{sys.executable} -m pip"}
    try:
        subprocess.run(command, env=pip, check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        raise NotToBeHad(f"Argon2 built for this processor: {error.stderr.strip().splitlines()[-1:]}") from error
    return {"PYTHONPATH": str(folder)}


def start_hello(place: Place, core: int | None = None) -> Subject:
    """A bare ASGI application on uvicorn: what no Python server comes below."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "hello:app", "--app-dir", str(BENCH), "--port", str(port)]
    options = ["--no-access-log", "--no-server-header", "--no-proxy-headers", "--backlog", "2048"]
    server = start(pinned([*command, *options], core), port, "/", env={}, folder=place.folder("hello"))
    return place.keep(Subject("bare ASGI hello", server, place, None, "/"))


def start_peer(
    peer: Peer,
    variant: str,
    place: Place,
    *,
    accounts: int,
    workers: int = 1,
    core: int | None = None,
    database: str | None = None,
) -> Subject:
    """A peer with accounts that signed up by its own interface; in a new database unless one with its tables is named.

    Raises:
        NotToBeHad: it does not start.
    """
    is_new, port = database is None, free_port()
    database = database or place.new_database()
    address = place.url_of(database).partition("://")[2]
    values = {
        "port": str(port), "workers": str(workers), "variant": variant, "database_address": address,
        "secret": secrets.token_hex(32),
    }  # fmt: skip
    env = {name: peer.filled(value, **values) for name, value in peer.said["environment"].items()}
    for command in peer.said.get("prepare", ()) if is_new else ():
        peer.run(command, env, **values)
    command = [peer.filled(part, **values) for part in peer.said["start"]]
    env["PYTHONPATH"] = str(peer.folder)
    try:
        server = start(pinned(command, core), port, peer.said["ready"], env=env, folder=place.folder(peer.name))
    except RuntimeError as error:
        raise NotToBeHad(f"{peer.title}: it does not start: {str(error).strip().splitlines()[-1:]}") from error
    subject = Subject(
        f"{peer.title}, {variant}", server, place, database, peer.path("check", **values),
        sign_in=lambda n: peer.ask("sign_in", **values, **person(n, PASSWORD)), token=peer.token,
        check_headers=lambda token: peer.check_headers(token=token, **values),
    )  # fmt: skip
    place.keep(subject)
    ask_all(server.url, [peer.ask("sign_up", **values, **person(n, PASSWORD)) for n in range(accounts)])
    return subject


def cycle(make: Callable[[int], bytes], first: int, count: int) -> Iterator[bytes]:
    """The requests of accounts in turn, for ever."""
    made = [make(n) for n in range(first, first + count)]
    while True:
        yield from made
