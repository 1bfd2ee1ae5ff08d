"""Servers to measure: the service, and a bare FastAPI route beside it."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PASSWORD = "a long walk in the hills"


@dataclass
class Server:
    """A started server."""

    process: subprocess.Popen
    url: str
    start_seconds: float

    def cpu_seconds(self) -> float:
        """Processor time that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_mib(self) -> float:
        """Its share of memory (PSS)."""
        lines = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) / 1024

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(command: list[str], port: int, path: str, *, env: dict[str, str], folder: Path) -> Server:
    """Start a server and wait for its first 200."""
    began = time.perf_counter()
    log = (folder / "server.log").open("ab")
    # Whoever installs a package has it compiled; a checkout is compiled by its first start, unless that is forbidden.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(command, env=inherited | env, cwd=folder, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    while True:
        try:
            with urllib.request.urlopen(url + path, timeout=5) as answer:
                if answer.status == 200:
                    return Server(process, url, time.perf_counter() - began)
        except OSError:
            time.sleep(0.01)
        if process.poll() is not None:
            raise RuntimeError((folder / "server.log").read_text())


def service_settings(folder: Path, port: int) -> dict[str, str]:
    """Production settings with high limits and mail switched off."""
    limits = {f"DOORWARD_LIMITS__{n}": "1000000/minute" for n in ("REGISTER", "SIGN_IN", "REFRESH")}
    return limits | {
        "DATABASE_URL": f"sqlite:///{folder / 'bench.db'}",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "DOORWARD_MAIL": "off",
        "LOG_LEVEL": "WARNING",
    }


def start_service(folder: Path, port: int, settings: dict[str, str]) -> Server:
    command = [sys.executable, "-m", "doorward", "serve", "--migrate", "--port", str(port)]
    return start(command, port, "/health", env=settings, folder=folder)


def create_users(folder: Path, settings: dict[str, str], count: int) -> None:
    """Accounts to sign in with: so many that none has to wait for another's reserved tries."""
    for n in range(count):
        command = [sys.executable, "-m", "doorward", "users", "create", f"bench{n}@example.com"]
        options = ["--password-stdin", "--verified"]
        subprocess.run(
            [*command, *options], input=PASSWORD.encode(), env={**os.environ, **settings}, cwd=folder, check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip


def start_bare(folder: Path) -> Server:
    """One FastAPI route that returns a small object, on the same server program."""
    (folder / "bare.py").write_text(
        "from fastapi import FastAPI\n"
        "app = FastAPI()\n"
        "@app.get('/me')\n"
        "async def me() -> dict[str, str]:\n"
        "    return {'id': '1', 'email': 'ada@example.com'}\n"
    )
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "bare:app", "--port", str(port), "--no-access-log"]
    return start(command, port, "/me", env={}, folder=folder)
