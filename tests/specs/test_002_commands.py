"""Specification 002, its commands: migrations by Alembic, the application by Uvicorn."""

import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from support.program import clean_environment, free_port
from support.stored import backend

ROOT = Path(__file__).parents[2]
PASSWORD = "testpass123"


@pytest.fixture
def environment(database):
    """The three names of the specification, which profile it is, and the two that any service needs to be safe."""
    return clean_environment() | {
        "DATABASE_URL": database.url,
        "SECRET_KEY": "Tg7-wq.Zk4_vR9+nB2xLm5YcH8sPdJ3f",
        "ALGORITHM": "HS256",
        "DOORWARD_PROFILE": "oauth2-password",
        "DOORWARD_MAIL": "off",
    }


def module(name, *arguments, env):
    """Run a command of a package in the project's root."""
    command = [sys.executable, "-m", name, *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60)


@contextmanager
def uvicorn(environment, log):
    """The application on a free port, until it answers or has ended."""
    port = free_port()
    env = environment | {"PUBLIC_URL": f"http://127.0.0.1:{port}"}
    command = [sys.executable, "-m", "uvicorn", "doorward.asgi:app", "--port", str(port)]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=output) as process,
    ):
        try:
            deadline = time.monotonic() + 60
            while not answers(env["PUBLIC_URL"]):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield env["PUBLIC_URL"]
        finally:
            process.terminate()


def answers(url):
    try:
        return httpx2.get(f"{url}/readyz").status_code == 200
    except httpx2.TransportError:
        return False


def test_alembic_and_uvicorn_are_all_it_takes(environment, tmp_path, address):
    """`alembic upgrade head`, `uvicorn doorward.asgi:app`; then somebody registers, signs in and is known.

    Alembic is for SQL; MongoDB has `doorward migrate`, as every database has.
    """
    migration = ("doorward", "migrate") if backend() == "mongodb" else ("alembic", "upgrade", "head")
    migrated = module(*migration, env=environment)
    body = {"first_name": "Test", "last_name": "User", "email": address, "password": PASSWORD}

    with uvicorn(environment, tmp_path / "log.txt") as url, httpx2.Client(base_url=url) as http:
        registered = http.post("/register", json=body)
        token = http.post("/login", data={"username": address, "password": PASSWORD}).json()["access_token"]
        me = http.get("/me", headers={"Authorization": f"Bearer {token}"})

    assert migrated.returncode == 0, migrated.stderr
    assert (registered.status_code, me.status_code) == (201, 200)
    assert me.json()["id"] == registered.json()["id"]


def test_without_migrations_the_start_says_what_to_do(environment):
    """No table is made behind one's back."""
    port = str(free_port())

    done = module(
        "uvicorn", "doorward.asgi:app", "--port", port, env=environment | {"PUBLIC_URL": f"http://127.0.0.1:{port}"}
    )

    assert done.returncode != 0
    assert "migrate" in done.stderr


def test_what_is_missing_is_named(environment):
    """The settings without which nobody could be reached safely."""
    del environment["DOORWARD_MAIL"]

    done = module("uvicorn", "doorward.asgi:app", "--port", str(free_port()), env=environment)

    assert done.returncode != 0
    for name in ("PUBLIC_URL", "SMTP_URL"):
        assert f"{name} is not set" in done.stderr
    assert environment["SECRET_KEY"] not in done.stderr
