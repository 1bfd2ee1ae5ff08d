"""A PostgreSQL or MariaDB of one's own, to be stopped, killed, frozen and started again."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.program import free_port

START_SECONDS = 60
POSTGRESQL = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]  # where Debian keeps what is not on the path


@dataclass
class OwnDatabase:
    """A server process with a data folder, run as the system user that its package has made."""

    kind: str
    user: str
    folder: Path
    port: int
    command: Sequence[str]
    ping: Sequence[str]
    process: subprocess.Popen | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Its URL without a database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}" if self.kind == "postgresql" else self._mariadb_url

    @property
    def _mariadb_url(self) -> str:
        return f"mysql://doorward:doorward@127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        with (self.folder / "server.txt").open("ab") as output:
            self.process = subprocess.Popen(
                self.command, user=self.user, group=self.user, extra_groups=[], cwd="/", stdout=output, stderr=output
            )
        deadline = time.monotonic() + START_SECONDS
        while subprocess.run(self.ping, capture_output=True, check=False).returncode:
            if time.monotonic() > deadline:
                raise TimeoutError((self.folder / "server.txt").read_text(errors="replace")[-2000:])
            time.sleep(0.1)

    def stop(self) -> None:
        """End it in order: connections are told."""
        self._signal(signal.SIGINT if self.kind == "postgresql" else signal.SIGTERM)
        self._wait()

    def kill(self) -> None:
        """End it with all its processes at once, as a power cut would."""
        self._signal(signal.SIGKILL)
        self._wait()

    def freeze(self) -> None:
        """Let it hang: connections stand, nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on where it was."""
        self._signal(signal.SIGCONT)

    def _wait(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.wait(START_SECONDS)

    def _signal(self, number: signal.Signals) -> None:
        """To the server: alone if it is to end in order, with all its processes otherwise."""
        if self.process is None:
            return
        in_order = number in (signal.SIGINT, signal.SIGTERM)
        for pid in _descendants(self.process.pid)[: 1 if in_order else None]:
            os.kill(pid, number)


def _descendants(pid: int) -> list[int]:
    """A process, its children, and theirs."""
    found = [pid]
    for parent in found:
        children = Path(f"/proc/{parent}/task/{parent}/children")
        found += [int(child) for child in children.read_text().split()] if children.exists() else []
    return found


@contextmanager
def own_database(kind: str) -> Iterator[OwnDatabase]:
    """Make one; the test is skipped, or with TEST_STRICT failed, where it cannot be made."""
    is_here = bool(POSTGRESQL) if kind == "postgresql" else shutil.which("mariadb-install-db") is not None
    if not is_here or os.geteuid():
        reason = f"{kind} is not installed from Debian's packages, or this is not root"
        (pytest.fail if os.environ.get("TEST_STRICT") else pytest.skip)(reason)
    folder = Path(tempfile.mkdtemp(prefix="doorward-"))
    made = _postgresql(folder) if kind == "postgresql" else _mariadb(folder)
    try:
        made.start()
        if kind == "mariadb":
            _sql(made, "CREATE USER doorward@'%' IDENTIFIED BY 'doorward'; GRANT ALL ON *.* TO doorward@'%'")
        yield made
    finally:
        made.thaw()
        made.kill()
        shutil.rmtree(folder)


def _postgresql(folder: Path) -> OwnDatabase:
    port, data, programs = free_port(), folder / "data", POSTGRESQL[0]
    shutil.chown(folder, "postgres")
    _as("postgres", programs / "initdb", "-D", data, "-A", "trust", "-U", "postgres")
    options = ("-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}")
    command = (str(programs / "postgres"), "-D", str(data), *options)
    ping = (str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port))
    return OwnDatabase("postgresql", "postgres", folder, port, command, ping)


def _mariadb(folder: Path) -> OwnDatabase:
    port, data, socket = free_port(), folder / "data", folder / "socket"
    shutil.chown(folder, "mysql")
    _as("mysql", "mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal")
    options = (
        f"--datadir={data}",
        f"--port={port}",
        f"--socket={socket}",
        "--bind-address=127.0.0.1",
        "--skip-name-resolve",
    )
    command = ("mariadbd", "--no-defaults", *options, f"--pid-file={folder / 'pid'}")
    ping = ("mariadb-admin", "--no-defaults", "-u", "root", f"--socket={socket}", "--connect-timeout=2", "ping")
    return OwnDatabase("mariadb", "mysql", folder, port, command, ping)


def _as(user: str, *command: object) -> None:
    words = [str(part) for part in command]
    done = subprocess.run(
        words, user=user, group=user, extra_groups=[], cwd="/", capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])


def _sql(database: OwnDatabase, statements: str) -> None:
    command = ["mariadb", "--no-defaults", "-u", "root", f"--socket={database.folder / 'socket'}", "-e", statements]
    subprocess.run(command, check=True, capture_output=True)
