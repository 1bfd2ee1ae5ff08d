"""An installation that moves from database to database and is the same at the end; and one that is interrupted.

TEST_COPY_USERS says how many accounts; `make test-copy` takes 100 000 and prints its figures.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from doorward.storages import open_storage
from support import servers
from support.foreign import write_users

USERS = int(os.environ.get("TEST_COPY_USERS", "1500"))
SECONDS = 60 + USERS // 50
STATIONS = ("postgresql", "mongodb", "mysql", "mariadb")
HASH = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$RdescudvJCsgt3ub+b4dWRWJTmaaJObG"


@pytest.fixture(scope="module")
def doorward(tmp_path_factory):
    """Runs commands, each on the database of a URL."""
    folder = tmp_path_factory.mktemp("copies")

    def start(*arguments, url=""):
        env = os.environ | {"DATABASE_URL": url, "SECRET_KEY": "k" * 20 + "0123456789abcdefghijk"}
        command = [sys.executable, "-m", "doorward", *arguments]
        return subprocess.Popen(
            command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def run(*arguments, url="", status=0):
        process = start(*arguments, url=url)
        output, _ = process.communicate(timeout=SECONDS)
        assert process.returncode == status, output
        return output

    run.start, run.folder = start, folder
    return run


@pytest.fixture(scope="module")
def source(doorward):
    """A SQLite file with everybody in it."""
    url = f"sqlite:///{doorward.folder / 'source.db'}"
    write_users(doorward.folder / "users.csv", USERS, hashes={"argon2": HASH})
    doorward("migrate", url=url)
    doorward("users", "import", "users.csv", url=url)
    return url


@pytest.fixture
def target():
    """Makes empty databases of any kind, and drops them at the end."""
    made = []

    def new(kind):
        made.append(servers.scratch(kind))
        return made[-1].url

    yield new
    for scratch in made:
        scratch.drop()


def _export(doorward, url, name):
    doorward("users", "export", name, "--with-hashes", "--force", url=url)
    return (doorward.folder / name).read_bytes()


def test_a_journey_through_all_databases_changes_nothing(doorward, source, target):
    """From SQLite by way of every server and back: the exports are the same, byte for byte."""
    stations = [target(kind) for kind in STATIONS] + [f"sqlite:///{doorward.folder / 'end.db'}"]
    here, reports, figures = source, [], []
    for there in stations:
        begun = time.monotonic()
        reports.append(doorward("copy", "--from", here, "--to", there))
        seconds = time.monotonic() - begun
        figures.append(f"to {there.partition(':')[0]} {seconds:.1f} s, {USERS / seconds:.0f} accounts a second")
        here = there
    print(f"\n{USERS} accounts: " + "; ".join(figures))

    assert len(set(reports)) == 1, reports
    assert _export(doorward, here, "end.csv") == _export(doorward, source, "start.csv")


@pytest.mark.parametrize("kind", STATIONS)
def test_a_killed_copy_is_taken_up_again(doorward, source, target, kind):
    """After kill -9 in the middle the same command finishes; before that the target is no place for another copy."""
    url = target(kind)
    process = doorward.start("copy", "--from", source, "--to", url)
    _wait_for_users(process, url)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    doorward("copy", "--from", source, "--to", url)

    assert _export(doorward, url, "resumed.csv") == _export(doorward, source, "start.csv")


def _wait_for_users(process, url):
    """Return when the target has its first accounts, or the copy has ended."""

    async def watch():
        storage = open_storage(url)
        try:
            while process.poll() is None:
                with suppress(Exception):  # no tables yet
                    if await storage.archive.count("users"):
                        return
                await asyncio.sleep(0.01)
        finally:
            await storage.close()

    asyncio.run(watch())


def test_a_target_in_use_is_left_alone(doorward, source, target):
    """Two installations are never mixed, and the message says what to do."""
    url = target("postgresql")
    doorward("copy", "--from", source, "--to", url)
    before = _export(doorward, url, "before.csv")
    said = doorward("copy", "--from", source, "--to", url, status=1)

    assert "holds accounts already; nothing was written" in said
    assert _export(doorward, url, "after.csv") == before
