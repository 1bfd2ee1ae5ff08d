"""Specification 002, its servers: the commands that prepare PostgreSQL and Redis, given to real ones."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from doorward.adapters.sql.tables import metadata
from support.own_database import own_database
from support.own_redis import own_redis
from support.program import clean_environment
from support.servers import scratch

ROOT = Path(__file__).parents[2]
PASSWORD = "testpass123"
# The commands of the specification, as they stand there.
PREPARE = """CREATE DATABASE dbname;
ALTER USER postgres PASSWORD 'your_chosen_password';"""
TABLES = r"\dt"
DATABASES = r"\l"


@pytest.fixture
def empty():
    """An empty database on the PostgreSQL that TEST_POSTGRESQL_URL names."""
    made = scratch("postgresql")
    yield made
    made.drop()


@pytest.fixture(scope="module")
def server():
    """A PostgreSQL as it is after its installation: one user, no password."""
    if shutil.which("psql") is None:
        (pytest.fail if os.environ.get("TEST_STRICT") else pytest.skip)("psql is not installed")
    with own_database("postgresql") as made:
        yield made


@pytest.fixture(scope="module")
def psql(server):
    """Run psql on that server, with what is typed into it."""

    def run(*arguments, typed="", password="your_chosen_password"):
        where = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": "postgres", "PGPASSWORD": password}
        command = ["psql", "-v", "ON_ERROR_STOP=1", *arguments]
        return subprocess.run(
            command, env=os.environ | where, input=typed, capture_output=True, text=True, check=False, timeout=60
        )

    return run


@pytest.fixture(scope="module")
def prepared(server, psql):
    """The database and the password of the specification; from then on the server asks for it."""
    done = psql("postgres", typed=PREPARE)
    assert done.returncode == 0, done.stderr
    rules = server.folder / "data" / "pg_hba.conf"
    rules.write_text(rules.read_text().replace("trust", "scram-sha-256"))
    assert psql("postgres", "-c", "SELECT pg_reload_conf()").returncode == 0
    deadline = time.monotonic() + 30
    while psql("postgres", "-c", "SELECT 1", password="another").returncode == 0:  # it reads its rules in its own time
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return f"postgresql://postgres:your_chosen_password@127.0.0.1:{server.port}/dbname"


def alembic(*arguments, url, folder=ROOT):
    """Run Alembic in a folder that holds `alembic.ini`."""
    command = [sys.executable, "-m", "alembic", "-c", str(ROOT / "alembic.ini"), *arguments]
    settings = {"DATABASE_URL": url} if url else {}
    env = clean_environment() | settings
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=60)


def shown(table):
    """The names in the second column of what psql prints."""
    return {cells[1].strip() for line in table.splitlines() if len(cells := line.split("|")) > 2}


def test_psql_makes_the_database_and_shows_it(prepared, psql):
    r"""`psql postgres`, CREATE DATABASE, ALTER USER; then `\l` shows the database, and the password counts."""
    listed = psql("-U", "postgres", typed=DATABASES)
    refused = psql("dbname", "-c", "SELECT 1", password="another")

    assert " dbname " in listed.stdout
    assert refused.returncode != 0


def test_alembic_and_the_tables_on_that_database(prepared, psql):
    r"""`alembic upgrade head` with the specification's DATABASE_URL; `psql dbname` and `\dt` show the tables."""
    done = alembic("upgrade", "head", url=prepared)
    again = psql("dbname", typed=TABLES)

    assert done.returncode == 0, done.stderr
    assert set(metadata.tables) | {"alembic_version"} <= shown(again.stdout)


def test_a_wrong_password_is_said_without_repeating_it(prepared):
    """By Alembic and by the program: what happened, what to do, and no traceback."""
    url = prepared.replace("your_chosen_password", "a-wrong-one")

    done = alembic("upgrade", "head", url=url)
    command = [sys.executable, "-m", "doorward", "migrate", "--status"]
    env = clean_environment() | {"DATABASE_URL": url}
    asked = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)

    for said in (done.stdout + done.stderr, asked.stdout + asked.stderr):
        assert "password authentication failed" in said
        assert "DATABASE_URL" in said
        assert "Traceback" not in said
        assert "a-wrong-one" not in said
    assert done.returncode != 0
    assert asked.returncode != 0


def test_alembic_makes_the_tables_of_postgresql(empty):
    """From the project's root; the server's own catalogue has them, and there is nothing left to generate."""
    done = alembic("upgrade", "head", url=empty.url)
    left = alembic("check", url=empty.url)

    assert done.returncode == 0, done.stderr
    found = {row["tablename"] for row in empty.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    assert found == set(metadata.tables) | {"alembic_version"}
    assert "No new upgrade operations detected" in left.stdout + left.stderr


def test_alembic_reads_the_file_of_settings(empty, tmp_path):
    """DATABASE_URL in `.env`, as the specification has it, and nowhere else."""
    (tmp_path / ".env").write_text(f"DATABASE_URL={empty.url}\nSECRET_KEY=your_secret_key\nALGORITHM=HS256\n")

    done = alembic("upgrade", "head", url=None, folder=tmp_path)

    assert done.returncode == 0, done.stderr
    assert empty.rows("SELECT count(*) AS n FROM users") == [{"n": 0}]


@pytest.mark.parametrize("url", ["mongodb://u:hidden@127.0.0.1/x", "postgresql://hidden", "postgresql://u:hidden/x"])
def test_alembic_refuses_a_url_that_is_not_for_it(url):
    """In a sentence that shows the form, and none of what was given."""
    done = alembic("upgrade", "head", url=url)

    assert done.returncode != 0
    assert "DATABASE_URL: write it as postgresql://" in done.stdout + done.stderr
    assert "hidden" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_redis_keeps_sessions_for_a_second_and_no_secret(launch, tmp_path, address):
    """A started Redis and REDIS_URL: sessions are found there, end by themselves, and a sign-out counts at once."""
    with own_redis(tmp_path) as redis:
        http = launch("oauth2-password", env={"REDIS_URL": redis.url}).client()
        body = {"first_name": "Test", "last_name": "User", "email": address, "password": PASSWORD}
        http.post("/register", json=body).raise_for_status()
        token = http.post("/login", data={"username": address, "password": PASSWORD}).json()["access_token"]
        mine = {"Authorization": f"Bearer {token}"}

        before = http.get("/me", headers=mine).status_code
        kept = redis_holds(redis)
        ended = http.post("/logout", headers=mine).status_code
        after = http.get("/me", headers=mine).status_code

    assert (before, ended, after) == (200, 200, 401)
    assert any(key.startswith("doorward:session:") and 0 < life <= 1000 for key, (life, _) in kept.items())
    assert all(life > 0 for life, _ in kept.values())
    for secret in (PASSWORD, token, address):
        assert secret not in json.dumps(kept)


def redis_holds(redis):
    """Every key with its remaining life in milliseconds and its value."""
    keys = [part for part in redis.command("KEYS *").decode().split("\r\n") if part.startswith("doorward:")]
    lives = {key: int(redis.command(f"PTTL {key}")[1:]) for key in keys}
    return {key: (life, redis.command(f"GET {key}").decode()) for key, life in lives.items()}


def test_a_redis_url_that_makes_no_sense_is_refused(tmp_path):
    """A password in REDIS_URL that is not percent-encoded is named as such, and not repeated."""
    url = f"redis://user:hidden-{secrets.token_hex(4)}/rest@127.0.0.1:6379/0"
    command = [sys.executable, "-m", "doorward", "doctor"]
    env = clean_environment() | {"REDIS_URL": url, "DATABASE_URL": f"sqlite:///{tmp_path / 'users.db'}"}

    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=60)

    assert "percent-encoded" in done.stdout
    assert "hidden-" not in done.stdout + done.stderr
