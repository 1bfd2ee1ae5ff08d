"""Every command, as a person types it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from doorward.cli.main import command_line
from doorward.http.dialects import DIALECTS

STRONG = "k3Qz-not-a-sample-9f0aJ2mVx7Lr5TbW1c"
SERVE = {
    "DATABASE_URL": "sqlite:///users.db",
    "SECRET_KEY": STRONG,
    "PUBLIC_URL": "https://accounts.example.com",
    "SMTP_URL": "smtp://127.0.0.1:2525",
}


@pytest.fixture
def doorward(tmp_path: Path):
    """Runs a command in an empty folder with only the given settings."""

    def run(*arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH", "LANG") if name in os.environ}
        return subprocess.run(
            [sys.executable, "-m", "doorward", *arguments], cwd=tmp_path, env={**kept, **settings}, input=stdin,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def prepared(doorward):
    """An empty folder with a migrated database."""
    assert doorward("migrate").returncode == 0
    return doorward


def created(run, email: str = "ada@example.com", *options: str) -> dict:
    done = run("users", "create", email, "--password-stdin", "--json", *options, stdin="a long walk in the hills\n")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def all_commands(command=None, names=()):
    """Every command and every group of commands, by its words."""
    command = command or typer.main.get_command(command_line())
    parts = getattr(command, "commands", {})
    return [names, *(found for name, part in parts.items() for found in all_commands(part, (*names, name)))]


@pytest.mark.parametrize("command", all_commands(), ids=" ".join)
def test_every_command_explains_itself(command):
    """`--help` says what it does and shows an example."""
    done = CliRunner().invoke(command_line(), [*command, "--help"], prog_name="doorward")

    assert done.exit_code == 0
    assert "doorward" in done.stdout
    assert "Commands" in done.stdout or "Example:" in done.stdout


def test_the_development_secret_is_readable_by_its_owner_only(prepared, tmp_path):
    """Neither folder nor key is open to others."""
    key = tmp_path / ".doorward" / "secret.key"

    assert key.stat().st_mode & 0o077 == 0
    assert key.parent.stat().st_mode & 0o077 == 0


def test_migrate_tells_where_the_database_stands(doorward):
    """Before: nothing; after: this release."""
    url = {"DATABASE_URL": "sqlite:///users.db"}
    before = json.loads(doorward("migrate", "--status", "--json", **url).stdout)
    after = json.loads(doorward("migrate", "--json", **url).stdout)

    assert (before["database"], before["runs"]) == ("no tables yet", "no: run doorward migrate")
    assert (after["database"], after["runs"]) == (after["release"], "yes")


def test_a_database_without_tables_is_named(doorward):
    """A command that needs tables says how to make them."""
    done = doorward("users", "list", DATABASE_URL="sqlite:///users.db")

    assert done.returncode == 2
    assert "doorward migrate" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_command_makes_up_a_database(doorward, tmp_path):
    """Where nothing says which database is meant, nothing is created and nothing is guessed."""
    done = doorward("users", "create", "ada@example.com", "--password-stdin", stdin="a long walk in the hills\n")

    assert done.returncode == 2
    assert "DATABASE_URL is not set" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_development_database_is_used_aloud(prepared):
    """Standard error names it, and another profile's database is pointed at."""
    listed = prepared("users", "list")
    other = prepared("users", "list", "--profile", "signup-signin")

    assert "using the development database .doorward/modern.db" in listed.stderr
    assert "There is one for --profile modern" in other.stderr


def test_the_demo_database_is_named_and_its_console_entered(doorward):
    """By a flag that finds it; where there is none, it is said how one is made."""
    demo = {"DATABASE_URL": "sqlite:///.doorward/demo-modern.db"}
    nothing = doorward("admin", "link", "root@example.com", "--demo")
    doorward("migrate", **demo)
    wanted = ("users", "create", "root@example.com", "--role", "admin", "--verified", "--password-stdin")
    made = doorward(*wanted, stdin="a long walk in the hills\n", **demo)
    without = doorward("admin", "link", "root@example.com")
    entered = doorward("admin", "link", "root@example.com", "--demo")
    other = doorward("admin", "link", "root@example.com", "--demo", "--profile", "signup-signin")
    nobody = doorward("admin", "link", "you@example.com", "--demo")

    assert (nothing.returncode, "`doorward demo` makes one" in nothing.stderr) == (2, True)
    assert made.returncode == 0, made.stderr
    assert (without.returncode, "takes --demo" in without.stderr) == (2, True)
    assert entered.stdout.startswith("http://127.0.0.1:8000/sign-in-link?token=")
    assert "using the demo database .doorward/demo-modern.db" in entered.stderr
    assert "There is one for --profile modern" in other.stderr
    assert "There is no account you@example.com. Administrators are root@example.com." in nobody.stderr


@pytest.mark.parametrize(
    ("url", "words"),
    [("sqlite:////nowhere/at/all/users.db", "/nowhere/at/all/users.db"), ("sqlite:///notes.txt", "not a database")],
)
def test_a_database_that_cannot_be_used_is_named(doorward, tmp_path, url, words):
    """A missing folder, or a file that is something else: one sentence with the cause."""
    (tmp_path / "notes.txt").write_text("just some notes, longer than the head of a database file " * 20)

    done = doorward("migrate", DATABASE_URL=url)

    assert done.returncode in (1, 2)
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_role_is_given_and_taken(prepared):
    """The way back for a last administrator who demoted himself."""
    created(prepared)

    raised = json.loads(prepared("users", "set-role", "ada@example.com", "admin", "--json").stdout)
    lowered = json.loads(prepared("users", "set-role", "ada@example.com", "user", "--json").stdout)

    assert (raised["role"], lowered["role"]) == ("admin", "user")


def test_an_operator_creates_and_finds_users(prepared):
    """Create, list, search, show by address and by id."""
    ada = created(prepared, "Ada@Example.com", "--role", "admin", "--verified", "--first-name", "Ada")

    shown = json.loads(prepared("users", "show", ada["id"], "--json").stdout)
    listed = json.loads(prepared("users", "list", "ada", "--json").stdout)

    assert (ada["email"], ada["role"], ada["first_name"]) == ("ada@example.com", "admin", "Ada")
    assert shown == ada
    assert [user["id"] for user in listed] == [ada["id"]]


def test_a_taken_address_and_a_weak_password_are_one_sentence_each(prepared):
    """Exit status 1, no traceback, nothing half-written."""
    created(prepared)

    taken = prepared("users", "create", "ada@example.com", "--password-stdin", stdin="a long walk in the hills\n")
    weak = prepared("users", "create", "eve@example.com", "--password-stdin", stdin="password\n")

    assert (taken.returncode, weak.returncode) == (1, 1)
    assert "exists" in taken.stderr
    assert "everybody tries first" in weak.stderr
    assert len(json.loads(prepared("users", "list", "--json").stdout)) == 1


@pytest.mark.parametrize(
    ("action", "member", "value"),
    [("lock", "status", "LOCKED"), ("disable", "status", "DISABLED"), ("sign-out", "status", "ACTIVE")],
)
def test_an_operator_changes_what_an_account_may_do(prepared, action, member, value):
    """The change shows at once and stands in the audit log with its reason."""
    created(prepared)

    changed = json.loads(prepared("users", action, "ada@example.com", "--reason", "asked", "--json").stdout)
    rows = json.loads(prepared("audit", "list", "--user", "ada@example.com", "--json").stdout)

    assert changed[member] == value
    assert rows[0]["details"] == {"by": "operator", "reason": "asked"}


def test_lock_and_unlock_verify_and_enable(prepared):
    """Each has its way back."""
    created(prepared)
    prepared("users", "lock", "ada@example.com")
    unlocked = json.loads(prepared("users", "unlock", "ada@example.com", "--json").stdout)
    verified = json.loads(prepared("users", "verify", "ada@example.com", "--json").stdout)
    prepared("users", "disable", "ada@example.com")
    enabled = json.loads(prepared("users", "enable", "ada@example.com", "--json").stdout)

    assert unlocked["status"] == enabled["status"] == "ACTIVE"
    assert verified["verified_at"] is not None


def test_a_password_is_set_and_an_account_deleted(prepared):
    """Both say what they did; a deleted account is not found any more."""
    created(prepared)

    changed = prepared("users", "set-password", "ada@example.com", "--password-stdin", stdin="a walk by the sea\n")
    deleted = prepared("users", "delete", "ada@example.com", "--yes")
    gone = prepared("users", "show", "ada@example.com")

    assert changed.stdout == "The password is set.\n"
    assert deleted.stdout == "The account is removed.\n"
    assert gone.returncode == 1


def test_the_audit_log_is_exported_without_formulas(prepared):
    """As JSON lines and as CSV; a cell that a spreadsheet would compute is made harmless; the log notes each export."""
    created(prepared)
    prepared("users", "lock", "ada@example.com", "--reason", "=1+1")

    lines = prepared("audit", "export").stdout.splitlines()
    table = prepared("audit", "export", "--format", "csv").stdout.splitlines()

    assert [json.loads(line)["event_type"] for line in lines] == ["ACCOUNT_LOCKED", "SIGNUP"]
    assert table[0] == "id,event_time,event_type,user_id,ip_address,details"
    assert [line.split(",")[2] for line in table[1:]] == ["DATA_EXPORTED", "ACCOUNT_LOCKED", "SIGNUP"]


def test_profiles_say_what_they_set_and_where_it_comes_from(doorward):
    """Values by name in JSON; the table names the origin."""
    names = {row["profile"] for row in json.loads(doorward("profiles", "list", "--json").stdout)}
    values = json.loads(doorward("profiles", "show", "signup-signin", "--json").stdout)
    table = doorward("profiles", "show", "signup-signin", DOORWARD_LOCKOUT__MAX_FAILURES="7").stdout

    assert names == {"modern", *DIALECTS}
    assert values["lockout.max_failures"] == 3
    assert values["password.require"] == ["upper", "digit", "special"]
    rows = {line.split()[0]: line.split()[1:] for line in table.splitlines()}
    assert rows["DOORWARD_LOCKOUT__MAX_FAILURES"] == ["7", "environment"]
    assert rows["DOORWARD_PASSWORD__REQUIRE"][0] == "upper,digit,special"
    assert rows["DOORWARD_LIMITS__REGISTER"][0] == "60/hour"
    assert rows["DOORWARD_SESSION__ACCESS_TTL"][0] == "15m"


@pytest.mark.parametrize(
    ("settings", "suggestion"),
    [
        ({"DOORWARD_PASSWRD__MIN_LENGTH": "9"}, "DOORWARD_PASSWORD__MIN_LENGTH"),
        ({"DOORWARD_PASSWORD__MIN_LENGHT": "9"}, "DOORWARD_PASSWORD__MIN_LENGTH"),
        ({"DOORWARD_PROFIL": "modern"}, "DOORWARD_PROFILE"),
        ({"DOORWARD_PROFILE": "modren"}, "modern"),
    ],
)
def test_a_misspelt_setting_stops_the_start(doorward, settings, suggestion):
    """Name or section: exit status 2 and the name that was meant."""
    done = doorward("serve", **settings)

    assert done.returncode == 2
    assert f"Did you mean {suggestion}?" in done.stderr
    assert "Traceback" not in done.stderr


def test_serve_without_settings_names_all_four(doorward):
    """Each problem has its fix; exit status 2."""
    done = doorward("serve")

    assert done.returncode == 2
    for name in ("DATABASE_URL", "SECRET_KEY", "PUBLIC_URL", "SMTP_URL"):
        assert f"{name} is not set" in done.stderr


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"SECRET_KEY": "short"}, "shorter than 32"),
        ({"SECRET_KEY": "changeme" * 6}, "looks like a sample"),
        ({"SECRET_KEY": "ab" * 24}, "too easy to guess"),
        ({"PUBLIC_URL": "http://accounts.example.com"}, "not encrypted"),
        ({"PUBLIC_URL": "accounts.example.com"}, "PUBLIC_URL (environment): write it as https://"),
        ({"PUBLIC_URL": "ftp://accounts.example.com"}, "no web address"),
        ({"PUBLIC_URL": "https://me:pw@accounts.example.com"}, "no web address"),
        ({"SECRET_KEY": "CHANGE_ME_CHANGE_ME_PLEASE_0123456789_xyz"}, "looks like a sample"),
        ({"SECRET_KEY": "dev-" + STRONG}, "development key"),
        ({"SECRET_KEY": "abcdefghijklmnopqrstuvwxyz0123456789"}, "too easy to guess"),
        ({"SECRET_KEY": "0123456789abcdef0123456789abcdef"}, "too easy to guess"),
        ({"DOORWARD_HASHING__MEMORY_KIB": "1024"}, "weaker than OWASP"),
        ({"DOORWARD_TRUSTED_PROXIES": "0.0.0.0/0"}, "trusts everybody"),
        ({"SMTP_URL": ""}, "SMTP_URL is not set"),
        ({"DOORWARD_LIMITS__SIGN_IN": "off"}, "DOORWARD_LIMITS__SIGN_IN is off"),
        ({"REDIS_URL": "http://127.0.0.1"}, "REDIS_URL"),
        ({"DATABASE_URL": "oracle://x"}, "DATABASE_URL"),
        ({"SMTP_URL": "ftp://x"}, "SMTP_URL"),
        ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL"),
        ({"LOG_FILE": "/dev/null/nowhere.log"}, "nowhere.log"),
    ],
)
def test_serve_refuses_what_is_not_safe(doorward, changed, complaint):
    """One thing wrong is enough: exit status 2, the problem and its fix."""
    done = doorward("serve", "--migrate", **{**SERVE, **changed})

    assert done.returncode == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_serve_needs_a_migrated_database(doorward):
    """It says which command makes the tables."""
    done = doorward("serve", **SERVE)

    assert done.returncode == 2
    assert "doorward migrate" in done.stderr


def test_secrets_may_stand_in_files(doorward, tmp_path):
    """NAME_FILE is read, and a missing file is named."""
    (tmp_path / "key").write_text("changeme" * 8)
    rest = {name: value for name, value in SERVE.items() if name != "SECRET_KEY"}

    read = doorward("serve", SECRET_KEY_FILE="key", **rest)
    missing = doorward("serve", SECRET_KEY_FILE="nowhere", **rest)

    assert "looks like a sample" in read.stderr
    assert "SECRET_KEY_FILE" in missing.stderr
    assert missing.returncode == 2


def test_a_missing_extra_is_named(prepared, tmp_path):
    """Where text messages are set up without their package, one sentence says what to install."""
    without = "import sys; sys.modules['httpx2'] = None; sys.argv = ['doorward', 'users', 'list']; main()"
    code = f"from doorward.cli.main import main; {without}"
    env = {"PATH": os.environ["PATH"], "SMS_URL": "https://sms.example.com/send"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 2
    assert "pip install 'doorward[sms]'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("url", ["sms.example.com", "http://sms.example.com/send", "ftp://sms.example.com"])
def test_a_wrong_sms_url_is_refused_without_showing_its_password(prepared, url):
    """Text messages leave by HTTPS only."""
    done = prepared("users", "list", SMS_URL=url.replace("://", "://user:hidden-word@"))

    assert done.returncode == 2
    assert "SMS_URL" in done.stderr
    assert "hidden-word" not in done.stderr
