"""A long file of users from elsewhere: imported, interrupted, imported again, signed in with, exported.

TEST_IMPORT_ROWS says how long; `make test-import` takes 100 000 and prints its figures.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.foreign import FIREBASE_SETTINGS, FOREIGN_PASSWORD, foreign_hashes, write_users

ROWS = int(os.environ.get("TEST_IMPORT_ROWS", "3000"))
SECONDS = 30 + ROWS // 100
BYTES_A_ROW = 100  # what is remembered of a line lies on disk


@pytest.fixture(scope="module")
def hashes():
    return foreign_hashes()


@pytest.fixture(scope="module")
def users(tmp_path_factory, hashes):
    """The long file."""
    path = tmp_path_factory.mktemp("files") / "users.csv"
    write_users(path, ROWS, hashes=hashes)
    return path


@pytest.fixture(scope="module")
def undisturbed(launch_module, users):
    """A service with everybody in it, and what the import took."""
    service = launch_module(profile="signup-signin", env=FIREBASE_SETTINGS)
    started = time.monotonic()
    output, peak = finished(begun(service, "users", "import", str(users)))
    seconds = time.monotonic() - started
    assert f"Added: {ROWS} accounts, 0 were there already, 0 lines refused." in output, output
    print(f"\n{ROWS} rows in {seconds:.1f} s, {ROWS / seconds:.0f} a second; peak memory {peak} MiB")
    return service


@pytest.fixture(scope="module")
def exported(undisturbed, tmp_path_factory):
    """Everybody again, as a file."""
    path = tmp_path_factory.mktemp("exports") / "users.csv"
    export(undisturbed, path)
    return path


def begun(service, *arguments):
    command = [sys.executable, "-m", "doorward", *arguments]
    return subprocess.Popen(
        command, cwd=service.folder, env=service.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def finished(process):
    """What a command has printed, and how much memory it held at most, in MiB."""
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    return output, usage.ru_maxrss // 1024


def export(service, path: Path):
    output, _ = finished(begun(service, "users", "export", str(path), "--with-hashes"))
    assert f"{ROWS} accounts written." in output, output


def count(service):
    return service.rows("SELECT count(*) AS n FROM users")[0]["n"]


def test_everybody_is_there_with_an_audit_row(undisturbed):
    """One account and one row of the log for each line, nothing to be sent."""
    audited = undisturbed.rows("SELECT count(DISTINCT user_id) AS n FROM audit_logs WHERE event_type = 'USER_IMPORTED'")

    assert count(undisturbed) == audited[0]["n"] == ROWS
    assert undisturbed.rows("SELECT count(*) AS n FROM outbox")[0]["n"] == 0


def test_an_export_taken_back_is_the_same_byte_for_byte(exported, launch, tmp_path):
    """Export, import into an empty database, export."""
    other = launch(profile="signup-signin", env=FIREBASE_SETTINGS)
    output, _ = finished(begun(other, "users", "import", str(exported)))
    export(other, tmp_path / "again.csv")

    assert f"Added: {ROWS} accounts" in output
    assert (tmp_path / "again.csv").read_bytes() == exported.read_bytes()


def test_an_import_that_was_killed_goes_on(users, exported, launch, tmp_path):
    """Kill -9 in the middle, the same command again: the same accounts as without a disturbance, each once."""
    service = launch(profile="signup-signin", env=FIREBASE_SETTINGS)
    process = begun(service, "users", "import", str(users))
    deadline = time.monotonic() + SECONDS
    while count(service) < ROWS // 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    finished(process)
    before = count(service)

    started = time.monotonic()
    output, _ = finished(begun(service, "users", "import", str(users)))
    export(service, tmp_path / "resumed.csv")
    print(f"\nkilled after {before} of {ROWS} rows, the rest in {time.monotonic() - started:.1f} s")

    assert 0 < before < ROWS
    assert f"Added: {ROWS - before} accounts, {before} were there already, 0 lines refused." in output
    assert (tmp_path / "resumed.csv").read_bytes() == exported.read_bytes()
    assert service.rows("SELECT count(*) AS n FROM audit_logs WHERE event_type = 'USER_IMPORTED'")[0]["n"] == ROWS


def test_memory_does_not_grow_with_the_file(undisturbed, users, tmp_path, hashes):
    """A file of a tenth takes about as much memory."""
    short = tmp_path / "short.csv"
    write_users(short, ROWS // 10, hashes=hashes)
    peaks = [finished(begun(undisturbed, "users", "import", str(p), "--dry-run"))[1] for p in (short, users)]

    assert peaks[1] - peaks[0] < 25 + ROWS * BYTES_A_ROW // (1 << 20)


@pytest.mark.parametrize("kind", foreign_hashes())
def test_every_kind_of_hash_signs_in_and_is_made_anew(undisturbed, hashes, kind):
    """Over HTTP with the old password; afterwards the database holds a hash of today's parameters."""
    number = list(hashes).index(kind)
    http, address = undisturbed.client(), f"person{number}@example.com"
    wrong = http.post("/signin", json={"email": address, "password": FOREIGN_PASSWORD + "!"})
    right = http.post("/signin", json={"email": address, "password": FOREIGN_PASSWORD})
    stored = undisturbed.rows("SELECT password_hash FROM users WHERE email = ?", address)[0]["password_hash"]
    again = http.post("/signin", json={"email": address, "password": FOREIGN_PASSWORD})

    assert (wrong.status_code, right.status_code, again.status_code) == (401, 200, 200)
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_argon2_becomes_bcrypt_where_bcrypt_is_asked_for(launch, tmp_path, hashes):
    """The profile of the second specification takes every kind, too."""
    users = tmp_path / "users.csv"
    write_users(users, len(hashes), hashes=hashes)
    service = launch(profile="oauth2-password", env=FIREBASE_SETTINGS | {"DOORWARD_HASHING__BCRYPT_COST": "10"})
    finished(begun(service, "users", "import", str(users)))
    http = service.client()

    for number in range(len(hashes)):
        form = {"username": f"person{number}@example.com", "password": FOREIGN_PASSWORD}
        assert http.post("/login", data=form).status_code == 200
    assert {row["password_hash"][:7] for row in service.rows("SELECT password_hash FROM users")} == {"$2b$10$"}


def test_who_has_signed_in_meanwhile_is_passed_over(undisturbed, users):
    """The file imported once more changes nobody, though some hashes are new."""
    before = undisturbed.rows("SELECT * FROM users ORDER BY id")
    output, _ = finished(begun(undisturbed, "users", "import", str(users)))

    assert f"Added: 0 accounts, {ROWS} were there already" in output
    assert undisturbed.rows("SELECT * FROM users ORDER BY id") == before
