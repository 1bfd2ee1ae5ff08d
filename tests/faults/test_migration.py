"""The schema changes under a running service: a column that may not be empty and an index, up and down again.

Two releases are made from the sources: one that knows the new revisions and does not use them yet, and one that does.
Both serve twenty requests a second while `doorward migrate` works on a table of TEST_MIGRATION_USERS accounts
(`make test-migration`: a million).
"""

import asyncio
import os
import secrets
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

import httpx2
import pytest

from doorward.adapters.sql.migrate import RUNS_ON
from doorward.adapters.sql.server import ServerDatabase
from support import servers
from support.program import HIGH_LIMITS, SOURCES, clean_environment, free_port
from support.traffic import PASSWORD

USERS = int(os.environ.get("TEST_MIGRATION_USERS", "20000"))
SECONDS = 120 + USERS // 2000
PAUSE_SECONDS = 0.05  # twenty requests a second
COLUMN_REVISION = '''"""A column that may not be empty."""

import sqlalchemy as sa
from alembic import op

revision = "trial1"
down_revision = "{head}"


def upgrade() -> None:
    op.add_column("users", sa.Column("locale", sa.String(10), nullable=False, server_default="en"))


def downgrade() -> None:
    op.drop_column("users", "locale")
'''
NEW_COLUMN = '    Column("locale", String(10), nullable=False, server_default="en"),'
INDEX_REVISION = '''"""An index, built beside the traffic."""

from alembic import op

revision = "trial2"
down_revision = "trial1"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        with op.get_context().autocommit_block():
            op.drop_index("ix_users_locale", "users", postgresql_concurrently=True, if_exists=True)
            op.create_index("ix_users_locale", "users", ["locale"], postgresql_concurrently=True)
        return
    op.create_index("ix_users_locale", "users", ["locale"])


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        with op.get_context().autocommit_block():
            op.drop_index("ix_users_locale", "users", postgresql_concurrently=True, if_exists=True)
        return
    op.drop_index("ix_users_locale", "users")
'''
COLUMNS = (
    "id, email, first_name, last_name, password_hash, status, role, failed_attempts, created_at, password_changed_at"
)
VALUES = "'Ada', 'Lovelace', 'hash', 'ACTIVE', 'user', 0, '2026-01-01 00:00:00', '2026-01-01 00:00:00'"
FILL = {
    "postgresql": f"INSERT INTO users ({COLUMNS}) SELECT md5('doorward' || n)::uuid, 'person' || n || '@example.com', "
    f"{VALUES.replace(chr(39) + '2026', 'timestamptz ' + chr(39) + '2026')} FROM generate_series(1, {USERS}) n",
    "mariadb": f"INSERT INTO users ({COLUMNS}) "
    f"SELECT md5(concat('doorward', seq)), concat('person', seq, '@example.com'), {VALUES} FROM seq_1_to_{USERS}",
}


@dataclass
class Release:
    """A tree of sources, and what runs from it."""

    folder: os.PathLike
    env: dict
    processes: list = field(default_factory=list)

    def serve(self):
        port = free_port()
        command = [sys.executable, "-m", "doorward", "serve", "--profile", "signup-signin", "--port", str(port)]
        env = self.env | {"PUBLIC_URL": f"http://127.0.0.1:{port}"}
        with (self.folder / "serve.txt").open("ab") as output:
            self.processes.append(subprocess.Popen(command, cwd=self.folder, env=env, stdout=output, stderr=output))
        deadline = time.monotonic() + 60
        url = f"http://127.0.0.1:{port}"
        while not _answers(url):
            assert time.monotonic() < deadline, (self.folder / "serve.txt").read_text()[-3000:]
            time.sleep(0.1)
        return url

    def migrate(self, revision):
        """Run `doorward migrate`; return how long it took."""
        begun = time.monotonic()
        command = [sys.executable, "-m", "doorward", "migrate", "--to", revision]
        done = subprocess.run(
            command, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        assert done.returncode == 0, done.stderr
        return time.monotonic() - begun

    def stop(self):
        for process in self.processes:
            process.terminate()
            process.wait(30)
        self.processes.clear()


class Guests(threading.Thread):
    """Twenty requests a second to one release: sign-ups, sign-ins and session checks in turn."""

    def __init__(self, url):
        super().__init__()
        self.url, self.outcomes, self.over = url, [], threading.Event()
        self.start()

    def run(self):
        with httpx2.Client(base_url=self.url, timeout=60) as client:
            while not self.over.is_set():
                self._visit(client)

    def _visit(self, client):
        email = f"{secrets.token_hex(8)}@example.com"
        body = {"email": email, "password": PASSWORD, "first_name": "Ada", "last_name": "Lovelace"}
        self._ask(201, lambda: client.post("/signup", json=body))
        signed_in = self._ask(200, lambda: client.post("/signin", json={"email": email, "password": PASSWORD}))
        token = signed_in.json().get("access_token") if signed_in else ""
        for _ in range(4):
            self._ask(200, lambda: client.get("/v1/me", headers={"Authorization": f"Bearer {token}"}))

    def _ask(self, status, request):
        begun = time.monotonic()
        try:
            answer = request()
        except httpx2.TransportError as error:
            answer, found = None, type(error).__name__
        else:
            found = answer.status_code
        self.outcomes.append((found == status, found, time.monotonic() - begun))
        time.sleep(PAUSE_SECONDS)
        return answer

    def stop(self):
        """End, and say which answers were wrong and how long the longest took."""
        self.over.set()
        self.join()
        return [found for is_right, found, _ in self.outcomes if not is_right], max(s for *_, s in self.outcomes)


def _answers(url):
    try:
        return httpx2.get(f"{url}/readyz", timeout=2).status_code == 200
    except httpx2.TransportError:
        return False


def _release(folder, env, *, uses_column):
    """Make a release that knows the new revisions, and a later one whose code needs them."""
    shutil.copytree(SOURCES / "doorward", folder / "doorward", ignore=shutil.ignore_patterns("__pycache__"))
    sql = folder / "doorward" / "adapters" / "sql"
    (sql / "migrations/versions/trial1.py").write_text(COLUMN_REVISION.format(head=RUNS_ON[0]))
    (sql / "migrations/versions/trial2.py").write_text(INDEX_REVISION)
    runs_on = ("trial2", "trial1") + (() if uses_column else RUNS_ON)
    source = (sql / "migrate.py").read_text()
    (sql / "migrate.py").write_text(source.replace(f"RUNS_ON = {_written(RUNS_ON)}", f"RUNS_ON = {runs_on!r}"))
    if uses_column:
        tables = (sql / "tables.py").read_text()
        column = '    Column("closes_at", UtcDateTime, index=True),\n)\n\ncredentials'
        assert column in tables
        (sql / "tables.py").write_text(tables.replace(column, column.replace(",\n)", f",\n{NEW_COLUMN}\n)")))
        mapping = (sql / "mapping.py").read_text()
        known = "    plain = dict(row)\n"
        assert known in mapping
        (sql / "mapping.py").write_text(mapping.replace(known, known + '    plain.pop("locale", None)\n'))
    return Release(folder, env | {"PYTHONPATH": str(folder)})


def _fill(url, statement):
    """Put the accounts there, however long it takes."""

    def fill(connection):
        connection.exec_driver_sql(statement)
        connection.commit()

    async def run():
        database = ServerDatabase(url)
        try:
            await database.exclusively(fill)
        finally:
            await database.close()

    asyncio.run(run())


def _written(revisions):
    return "(" + ", ".join(f'"{one}"' for one in revisions) + ("," if len(revisions) == 1 else "") + ")"


@pytest.fixture(params=[pytest.param("postgresql", marks=pytest.mark.smoke), "mariadb"])
def releases(request, tmp_path, mailbox):
    """The release that serves now and the next one, on a large table at today's revision."""
    scratch = servers.scratch(request.param)
    scratch.migrate()
    _fill(scratch.url, FILL[request.param])
    secret = {"DATABASE_URL": scratch.url, "SECRET_KEY": secrets.token_urlsafe(48), "SMTP_URL": mailbox.url}
    env = clean_environment() | HIGH_LIMITS | secret | {"PUBLIC_URL": "http://127.0.0.1:8000"}
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    made = [_release(tmp_path / name, env, uses_column=name == "new") for name in ("old", "new")]
    yield request.param, *made
    for release in made:
        release.stop()
    scratch.drop()


def test_nobody_notices_a_new_column_and_an_index(releases, capsys):
    """Up beside the old code, the new code joins, the new code leaves, down again: every answer is right."""
    kind, old, new = releases
    guests = [Guests(old.serve())]
    up = old.migrate("trial2")
    guests.append(Guests(new.serve()))
    time.sleep(2)
    newer = guests.pop()
    wrong_new, stall_new = newer.stop()
    new.stop()
    down = old.migrate(RUNS_ON[0])
    time.sleep(1)
    wrong_old, stall_old = guests.pop().stop()
    with capsys.disabled():
        print(
            f"\n{kind}, {USERS} accounts: up {up:.1f} s, down {down:.1f} s; "
            f"longest answer {stall_old:.2f} s of the old code, {stall_new:.2f} s of the new; "
            f"wrong answers {len(wrong_old) + len(wrong_new)}"
        )

    assert (wrong_old, wrong_new) == ([], [])
