"""What a run ran on and with: a figure without these says nothing."""

import os
import platform
import re
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import uvloop

from bench.processes import urgent
from bench.run import Run
from bench.wrk import has_wrk

PACKAGES = ("doorward", "fastapi", "uvicorn", "uvloop", "httptools", "asyncpg", "sqlalchemy", "argon2-cffi")


def described(run: Run, *, quick: bool) -> dict[str, Any]:
    """Machine, versions and settings."""
    cpu = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())[1]) / (1 << 20)
    settings = [f"SHOW {name}" for name in ("server_version", "fsync", "synchronous_commit", "shared_buffers")]
    server, fsync, commit, buffers = uvloop.run(run.place.tell(*settings))
    with urgent() as is_urgent:
        priority = "real-time" if is_urgent else "normal (no right to more): latencies hold the client's own delays"
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "cores": os.cpu_count(),
        "processor": cpu[1].strip() if cpu else platform.machine(),
        "memory_gib": round(memory),
        "system": f"{_system()}, Linux {platform.release()}",
        "python": platform.python_version(),
        "node": _said(["node", "--version"]),
        "packages": {name: version(name) for name in PACKAGES},
        "peers": {peer.title: {"versions": peer.versions, "off": peer.said["off"]} for peer in run.peers},
        "postgresql": f"{server.split()[0]}, fsync={fsync}, synchronous_commit={commit}, shared_buffers={buffers}",
        "check_client": "wrk" if has_wrk() else "Python (wrk is not installed: rates of checks are the client's)",
        "client_priority": priority,
        "rounds": run.rounds,
        "pace": run.pace,
        "quick": quick,
        "commit": _said(["git", "describe", "--always", "--dirty"]),
    }


def _system() -> str:
    return platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())


def _said(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (FileNotFoundError, subprocess.CalledProcessError):
        return "not there"
