"""`users import` and `users export`, as a person types them."""

import json
import os
import pty
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

ADA = "email,first_name\nada@example.com,Ada\n"


@pytest.fixture(scope="module")
def migrated(tmp_path_factory) -> Path:
    """A database with tables and nobody in it, to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    env = {**os.environ, "DATABASE_URL": "sqlite:///users.db"}
    subprocess.run([sys.executable, "-m", "doorward", "migrate"], cwd=folder, env=env, check=True, timeout=60)
    return folder / "users.db"


@pytest.fixture
def doorward(tmp_path: Path, migrated: Path):
    """Runs a command in a folder with a migrated, empty database."""
    for name in ("users.db", "other.db"):
        shutil.copyfile(migrated, tmp_path / name)

    def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH", "LANG") if name in os.environ}
        env = {**kept, "DATABASE_URL": "sqlite:///users.db", **settings}
        return subprocess.run(
            [sys.executable, "-m", "doorward", *arguments], cwd=tmp_path, env=env,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def file(tmp_path: Path):
    """Writes a file of users."""

    def write(text: str, name: str = "users.csv") -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return name

    return write


@pytest.fixture
def rows(tmp_path: Path):
    """Reads the database."""

    def read(statement: str) -> list[tuple]:
        with closing(sqlite3.connect(tmp_path / "users.db")) as connection:
            return connection.execute(statement).fetchall()

    return read


def test_a_dry_run_only_looks(doorward, file, rows):
    """It says what would happen and writes nothing."""
    done = doorward("users", "import", file(ADA), "--dry-run", "--json")

    assert json.loads(done.stdout) == {"written": False, "added": 1, "already_there": 0, "refused": 0, "lines": []}
    assert done.returncode == 0
    assert rows("SELECT * FROM users") == []


def test_an_unknown_column_stops_before_anything_is_written(doorward, file, rows):
    """Also with --skip-bad, and also in the last line of a JSON file."""
    lines = "".join(json.dumps({"email": f"p{n}@example.com"}) + "\n" for n in range(700))
    csv_done = doorward("users", "import", file(ADA.replace("first_name", "firstname")), "--skip-bad")
    json_done = doorward("users", "import", file(lines + '{"emial": "x"}\n', "users.jsonl"), "--skip-bad")

    assert (csv_done.returncode, json_done.returncode) == (2, 2)
    assert "'firstname'" in csv_done.stderr
    assert "Did you mean first_name?" in csv_done.stderr
    assert "Line 701 names the column 'emial', which is none. Did you mean email?" in json_done.stderr
    assert rows("SELECT * FROM users") == []


def test_one_bad_line_keeps_all_others_out(doorward, file, rows):
    """Each bad line is named with its number and reason; no secret is shown."""
    text = (
        "email,password,password_hash\n"
        "ada@example.com,,\n"
        "nonsense,planted-password,\n"
        "grace@example.com,,planted-hash\n"
        "mary@example.com,planted,\n"
        "ada@example.com,,\n"
    )
    done = doorward("users", "import", file(text))

    assert done.returncode == 1
    reasons = dict(line.split(":", 1) for line in done.stderr.splitlines() if line.startswith("line"))
    assert "must be an address" in reasons["line 3"]
    assert "form that is not known here" in reasons["line 4"]
    assert "at least 8 characters" in reasons["line 5"]
    assert "stands in line 2 already" in reasons["line 6"]
    assert "--skip-bad" in done.stderr
    assert "planted" not in done.stdout + done.stderr
    assert rows("SELECT * FROM users") == []


def test_bad_lines_can_be_left_out(doorward, file, rows):
    """The good ones are written; what was refused is listed."""
    text = ADA + "nonsense,Nobody\n" + "grace@example.com,Grace\n" + "short\n"
    done = doorward("users", "import", file(text), "--skip-bad", "--json")
    told = json.loads(done.stdout)

    assert done.returncode == 0
    assert (told["written"], told["added"], told["refused"]) == (True, 2, 2)
    assert [line["line"] for line in told["lines"]] == [3, 5]
    assert rows("SELECT email FROM users ORDER BY email") == [("ada@example.com",), ("grace@example.com",)]


def test_who_is_there_already_is_passed_over_or_refused(doorward, file, rows):
    """The same account is no mistake, somebody else with the same address is."""
    doorward("users", "import", file(ADA))
    again = doorward("users", "import", file(ADA))
    other = doorward("users", "import", file(ADA.replace("Ada", "Adele")))

    assert "Added: 0 accounts, 1 were there already, 0 lines refused." in again.stdout
    assert other.returncode == 1
    assert "line 2: email belongs already to an account that differs from this line." in other.stderr
    assert rows("SELECT first_name FROM users") == [("Ada",)]


def test_costly_hashes_stop_at_the_door(doorward, file):
    """Nobody could sign in with them without stopping the service."""
    hashed = "pbkdf2_sha256$1000000000000$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    done = doorward("users", "import", file(f"email,password_hash\nada@example.com,{hashed}\n"))

    assert done.returncode == 1
    assert "line 2: password_hash would take too much time or memory at sign-in" in done.stderr


def test_firebase_hashes_ask_for_the_projects_key(doorward, file):
    """The key is a setting, and the message names it."""
    hashed = f"$firebase-scrypt$ln=14,r=8$42xEC+ixf3L2lw==${'A' * 86}=="
    name = file(f'email,password_hash\nada@example.com,"{hashed}"\n')

    assert "DOORWARD_FIREBASE_SIGNER_KEY" in doorward("users", "import", name).stderr
    assert "Added: 1" in doorward("users", "import", name, DOORWARD_FIREBASE_SIGNER_KEY="cGxhbnRlZA==").stdout


def test_a_key_that_is_no_base64_is_named_and_not_shown(doorward):
    """It is a secret, also when it is wrong."""
    done = doorward("users", "list", DOORWARD_FIREBASE_SIGNER_KEY="planted!")

    assert "DOORWARD_FIREBASE_SIGNER_KEY" in done.stderr
    assert "base64" in done.stderr
    assert "planted" not in done.stderr


def test_the_key_can_stand_in_a_file_and_is_never_listed(doorward, file):
    """As every secret of the settings."""
    name = file("cGxhbnRlZA==\n", "key")
    shown = doorward("profiles", "show", "modern", DOORWARD_FIREBASE_SIGNER_KEY_FILE=name)

    assert "(set)" in next(line for line in shown.stdout.splitlines() if "FIREBASE_SIGNER_KEY" in line)
    assert "cGxhbnRlZA" not in shown.stdout


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_what_was_exported_comes_back_the_same(doorward, file, tmp_path, form):
    """Export, import into an empty database, export: byte for byte, in both forms, with all awkward values."""
    records = [
        {"email": "a@example.com", "first_name": "=SUM(A1)", "last_name": "'t Hooft", "address": 'x, "y"; z'},
        {"email": "b@example.com", "first_name": "'=", "address": "", "comments": None},
        {"phone": "+4915112345678", "last_name": "@Ångström 🦊", "comments": "'", "date_of_birth": "1815-12-10"},
        {"username": "carol", "status": "DISABLED", "role": "admin", "failed_attempts": 3, "address": "null"},
        {"email": "d@example.com", "status": "LOCKED", "locked_until": "2030-01-02T03:04:05.000006+02:00"},
        {"email": "e@example.com", "password": "-a long walk in the hills", "verified_at": "2024-02-29T00:00:00Z"},
    ]
    source = file("".join(json.dumps(record) + "\n" for record in records), "users.jsonl")
    assert "Added: 6" in doorward("users", "import", source).stdout
    doorward("users", "export", f"one.{form}", "--with-hashes")

    other = {"DATABASE_URL": "sqlite:///other.db"}
    taken = doorward("users", "import", f"one.{form}", **other)
    doorward("users", "export", f"two.{form}", "--with-hashes", **other)

    assert "Added: 6 accounts, 0 were there already, 0 lines refused." in taken.stdout
    assert (tmp_path / f"two.{form}").read_bytes() == (tmp_path / f"one.{form}").read_bytes()
    with closing(sqlite3.connect(tmp_path / "other.db")) as database:
        texts = database.execute(
            "SELECT first_name, last_name, address, comments FROM users ORDER BY created_at"
        ).fetchall()
    assert texts[:3] == [
        ("=SUM(A1)", "'t Hooft", 'x, "y"; z', None), ("'=", "", "", None), ("", "@Ångström 🦊", None, "'"),
    ]  # fmt: skip


def test_without_being_asked_no_hash_leaves(doorward, file, tmp_path):
    """Neither into a file nor to standard output."""
    doorward("users", "import", file("email,password\nada@example.com,a long walk in the hills\n"))
    doorward("users", "export", "users.jsonl")
    shown = doorward("users", "export", "-")

    assert "argon2" not in (tmp_path / "users.jsonl").read_text() + shown.stdout
    assert "password_hash" not in json.loads(shown.stdout)
    assert "argon2" in doorward("users", "export", "-", "--format", "csv", "--with-hashes").stdout


def test_an_export_overwrites_nothing(doorward, file, tmp_path):
    """Unless it is told to; the file is its owner's."""
    doorward("users", "import", file(ADA))
    refused = doorward("users", "export", "users.csv")
    doorward("users", "export", "users.csv", "--force")

    assert refused.returncode == 2
    assert "users.csv is there already" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert (tmp_path / "users.csv").read_text().startswith("id,email,phone")
    assert (tmp_path / "users.csv").stat().st_mode & 0o777 == 0o600


def test_who_took_all_accounts_out_stands_in_the_audit_log(doorward):
    """An export is worth knowing of."""
    doorward("users", "export", "users.csv", "--with-hashes")
    rows = json.loads(doorward("audit", "list", "--json").stdout)

    assert rows[0]["event_type"] == "DATA_EXPORTED"
    assert rows[0]["details"] == {"by": "operator", "users": "all", "with_hashes": True}


@pytest.mark.parametrize("command", ["import", "export"])
def test_both_commands_explain_themselves(doorward, command):
    """With an example."""
    assert "Example: doorward users" in doorward("users", command, "--help").stdout


def test_a_file_that_is_not_there_is_one_sentence(doorward):
    """No traceback, and nothing done."""
    done = doorward("users", "import", "nowhere.csv")

    assert done.returncode == 2
    assert "nowhere.csv" in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_is_drawn_where_nobody_looks(doorward, file):
    """A bar is for terminals."""
    done = doorward("users", "import", file(ADA))

    assert done.stderr == ""
    assert done.stdout == "Added: 1 accounts, 0 were there already, 0 lines refused.\n"


def test_a_bar_shows_how_far_it_is(migrated, tmp_path, file):
    """On a terminal, for both passes; what is printed for programs stays apart from it."""
    shutil.copyfile(migrated, tmp_path / "users.db")
    terminal, end = pty.openpty()
    env = {**os.environ, "DATABASE_URL": "sqlite:///users.db"}
    command = [sys.executable, "-m", "doorward", "users", "import", file(ADA)]
    done = subprocess.run(command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=end, timeout=60, check=True)
    os.close(end)
    drawn = os.read(terminal, 10_000).decode()
    os.close(terminal)

    assert "Checking" in drawn
    assert "Importing" in drawn
    assert "100%" in drawn
    assert done.stdout.decode() == "Added: 1 accounts, 0 were there already, 0 lines refused.\n"
