"""The real program in a process of its own: started in an empty folder on a free port, stopped or killed at will."""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import httpx2
import pytest

import doorward
from support import beside, broker, stored

SOURCES = Path(doorward.__file__).parents[1]
PLAIN = (
    *("DATABASE_URL", "SECRET_KEY", "PUBLIC_URL", "SMTP_URL", "SMS_URL"),
    *("REDIS_URL", "RABBITMQ_URL", "ALGORITHM", "LOG_LEVEL", "LOG_FILE", "GEOIP_DATABASE"),
)
LIMITS = ("REGISTER", "SIGN_IN", "VERIFY", "RESEND", "FORGOT", "RESET", "REFRESH")
HIGH_LIMITS = {f"DOORWARD_LIMITS__{name}": "100000/minute" for name in LIMITS}
START_SECONDS = 60
STOP_SECONDS = 30
Mode = Literal["serve", "dev"]


class NotStarted(Exception):
    """The program ended, or did not answer in time; the text holds the end of its output."""


@dataclass
class Running:
    """A started program; `start` after `stop` or `kill` begins again with the same port, keys and database."""

    command: list[str]
    folder: Path
    url: str
    stored: stored.Stored
    env: dict[str, str]
    corner: broker.Corner | None = None
    process: subprocess.Popen | None = None
    worker: subprocess.Popen | None = None
    clients: list[httpx2.Client] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    def start(self) -> "Running":
        """Start and wait until `/health` answers 200."""
        self.process = self._spawn(self.command)
        deadline = time.monotonic() + START_SECONDS
        while not self._is_healthy():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise NotStarted(self.log()[-3000:])
            time.sleep(0.03)
        if self.corner:
            self.worker = self._spawn([sys.executable, "-m", "doorward", "worker"])
        return self

    def twin(self) -> "Running":
        """Another process on another port, with the same settings and the same database; not started yet."""
        port = free_port()
        command = [str(port) if before == "--port" else part for before, part in pairwise(["", *self.command])]
        folder = self.folder / f"twin-{port}"
        folder.mkdir()
        return replace(self, command=command, folder=folder, url=f"http://127.0.0.1:{port}", process=None, clients=[])

    def stop(self) -> int:
        """Ask it to end, wait, and return its exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """End it at once with all its workers, as a power cut would."""
        return self._end(signal.SIGKILL)

    def log(self) -> str:
        """Everything it has written to the terminal since the first start."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    def logged(self, text: str, *, timeout: float = 10) -> bool:
        """Whether the terminal shows a text, or will within the time."""
        deadline = time.monotonic() + timeout
        while text not in self.log():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.03)
        return True

    def published(self, name: str, subject: str, *, timeout: float = 10) -> bool:
        """Whether an event about an account is published, or soon will be: to the broker, else to the log."""
        deadline = time.monotonic() + timeout
        while not self._shows(name, subject):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def _shows(self, name: str, subject: str) -> bool:
        if self.corner:  # nobody listens there, so the broker keeps what nobody took
            self.events += self.corner.messages("doorward.unrouted")
            return any((event["body"]["type"], event["body"]["subject"]) == (name, subject) for event in self.events)
        line = rf"INFO doorward\.events event event={re.escape(name)} event_id=[0-9a-f-]{{36}} subject={subject}"
        return re.search(line, self.log()) is not None

    def client(self, **options: Any) -> httpx2.Client:
        """An HTTP client with cookies of its own; closed when the program ends."""
        client = httpx2.Client(base_url=self.url, timeout=30, **options)
        self.clients.append(client)
        return client

    @property
    def database(self) -> Path:
        """The database's file; a test that asks for it is about files."""
        if not isinstance(self.stored, stored.StoredInFile):
            pytest.skip("is about a database file, which only SQLite has")
        return self.stored.path

    def records(self, table: str, **members: Any) -> list[dict[str, Any]]:
        """Read what is stored, beside the running program, on any backend (see `Stored.records`)."""
        return self.stored.records(table, **members)

    def rows(self, statement: str, *values: object) -> list[dict[str, Any]]:
        """Ask a SQL database beside the running program."""
        return self.stored.rows(statement, *values)

    def cli(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run another command of the program with the same settings."""
        command = [sys.executable, "-m", "doorward", *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=self.env, input=stdin, capture_output=True, text=True, timeout=60, check=False
        )

    def create_user(self, email: str, password: str, *options: str) -> dict[str, Any]:
        """Create an account on the command line; with `--role admin --verified`, an administrator."""
        done = self.cli("users", "create", email, "--password-stdin", "--json", *options, stdin=password + "\n")
        if done.returncode:
            raise AssertionError(done.stderr)
        return json.loads(done.stdout)

    @property
    def _output(self) -> Path:
        return self.folder / "terminal.txt"

    def _is_healthy(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/health", timeout=5).status_code == 200
        except httpx2.TransportError:
            return False

    def _spawn(self, command: list[str]) -> subprocess.Popen:
        with self._output.open("ab") as output:
            return subprocess.Popen(
                command, cwd=self.folder, env=self.env, stdout=output, stderr=output, start_new_session=True
            )

    def _end(self, how: signal.Signals) -> int:
        for client in self.clients:
            client.close()
        self.clients.clear()
        process, worker, self.process, self.worker = self.process, self.worker, None, None
        if worker:
            _ended(worker, how)
        return _ended(process, how) if process else 0


def _ended(process: subprocess.Popen, how: signal.Signals) -> int:
    if process.poll() is None:
        # A worker's supervisor ends its workers itself; only a kill has to reach each of them.
        (os.killpg if how == signal.SIGKILL else os.kill)(process.pid, how)
    try:
        return process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.wait(STOP_SECONDS)


class Launcher:
    """Starts programs and, at the end, stops those that still run."""

    def __init__(self, folders: Path, smtp_url: str) -> None:
        self._folders = folders
        self._smtp_url = smtp_url
        self._started: list[Running] = []
        self._companions = ExitStack()

    def __call__(
        self,
        profile: str = "signup-signin",
        *,
        mode: Mode = "serve",
        workers: int = 1,
        env: Mapping[str, str] | None = None,
        arguments: tuple[str, ...] = (),
        files: Mapping[str, str] | None = None,
    ) -> Running:
        """Start `serve` (migrated, high limits, mail to the sink) or `dev` (nothing set but what `env` says).

        `arguments` go to the command; `files` (name to text) are put into its folder first.
        """
        folder = self._folders / f"{len(self._started)}-{profile}"
        folder.mkdir(parents=True)
        for name, text in (files or {}).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        port = free_port()
        database: stored.Stored = stored.StoredInFile(folder / ".doorward" / f"{profile}.db")
        command = [sys.executable, "-m", "doorward", mode, "--profile", profile, "--port", str(port), *arguments]
        settings: dict[str, str] = {"DOORWARD_PROFILE": profile}
        corner = None
        if mode == "serve":
            database = stored.new_database(folder / "users.db")
            command += ["--migrate", "--workers", str(workers)]
            corner = beside.corner(self._companions)
            settings |= HIGH_LIMITS | beside.settings(folder, corner, self._companions)
            settings |= {
                "DATABASE_URL": database.url,
                "SECRET_KEY": secrets.token_urlsafe(48),
                "PUBLIC_URL": f"http://127.0.0.1:{port}",
                "SMTP_URL": self._smtp_url,
            }
        running = Running(
            command=command,
            folder=folder,
            url=f"http://127.0.0.1:{port}",
            stored=database,
            env=clean_environment() | settings | dict(env or {}),
            corner=corner,
        )
        self._started.append(running)
        return running.start()

    def stop_all(self) -> None:
        """Stop whatever still runs."""
        for running in self._started:
            running.stop()
            running.stored.drop()
        self._companions.close()


def clean_environment() -> dict[str, str]:
    """This process's environment without any setting of the program."""
    kept = {name: v for name, v in os.environ.items() if not name.startswith("DOORWARD_") and name not in PLAIN}
    return kept | {"PYTHONPATH": str(SOURCES), "PYTHONUNBUFFERED": "1"}


def free_port() -> int:
    """A port that nobody listens on now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
