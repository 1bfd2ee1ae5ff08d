"""`doorward keys`, as a person types it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

STRONG = "k3Qz-not-a-sample-9f0aJ2mVx7Lr5TbW1c"
FORMER = "Zt8w-old-value-2p7sKq4NdYh6GxCv0eRf3"
SERVE = {
    "DATABASE_URL": "sqlite:///users.db",
    "SECRET_KEY": STRONG,
    "PUBLIC_URL": "https://accounts.example.com",
    "SMTP_URL": "smtp://127.0.0.1:2525",
}


@pytest.fixture
def doorward(tmp_path: Path):
    """Runs a command in an empty folder with only the given settings."""

    def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH", "LANG") if name in os.environ}
        return subprocess.run(
            [sys.executable, "-m", "doorward", *arguments], cwd=tmp_path, env={**kept, **settings},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def prepared(doorward):
    """An empty folder with a migrated database."""
    assert doorward("migrate").returncode == 0
    return doorward


def rows(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_new_installation_has_one_key(prepared):
    """It signs, and nobody wrote down since when."""
    (only,) = rows(prepared("keys", "list", "--json"))

    assert (only["generation"], only["state"], only["signs_from"]) == (1, "signing", None)


def test_a_rotation_is_shown_and_audited(prepared):
    """The new key waits for its time; the audit log names operator and reason."""
    known = rows(prepared("keys", "rotate", "--reason", "every quarter", "--json"))
    audited = rows(prepared("audit", "list", "--event", "SIGNING_KEY_ADDED", "--json"))
    table = prepared("keys", "list").stdout

    assert [(key["generation"], key["state"]) for key in known] == [(1, "signing"), (2, "next")]
    assert (audited[0]["details"]["by"], audited[0]["details"]["reason"]) == ("operator", "every quarter")
    assert table.splitlines()[0].split() == ["generation", "state", "signs_from", "verify_until", "revoked_at"]


def test_a_revocation_is_shown_and_audited(prepared):
    """The revoked key is out, and another one signs at once."""
    known = rows(prepared("keys", "revoke", "1", "--reason", "seen in a log", "--json"))
    audited = rows(prepared("audit", "list", "--event", "SIGNING_KEY_REVOKED", "--json"))

    assert [(key["generation"], key["state"]) for key in known] == [(1, "revoked"), (2, "signing")]
    assert audited[0]["details"] == {"by": "operator", "reason": "seen in a log", "generation": 1}


def test_slips_are_told(prepared):
    """A generation that is not there, and a duration that is none."""
    missing, unreadable = prepared("keys", "revoke", "9"), prepared("keys", "rotate", "--lead", "soon")

    assert (missing.returncode, unreadable.returncode) == (2, 2)
    assert "There is no generation 9" in missing.stderr
    assert "--lead: write it as" in unreadable.stderr


@pytest.mark.parametrize("command", [("list",), ("rotate",), ("revoke", "1")])
def test_with_a_shared_secret_it_says_what_to_do_instead(prepared, command):
    """The key is SECRET_KEY itself: the steps are named, and nothing is changed."""
    done = prepared("keys", *command, ALGORITHM="HS256")

    assert done.returncode == 2
    assert "DOORWARD_PREVIOUS_SECRET_KEYS" in done.stderr
    assert [key["generation"] for key in rows(prepared("keys", "list", "--json"))] == [1]


def test_a_fresh_secret_is_good_enough_to_serve_with(doorward):
    """Each one is another one, and none of the complaints about secrets meets it."""
    printed = [doorward("keys", "generate").stdout.strip() for _ in range(2)]
    as_json = rows(doorward("keys", "generate", "--json"))["secret_key"]
    done = doorward("serve", **{**SERVE, "SECRET_KEY": printed[0], "DOORWARD_PREVIOUS_SECRET_KEYS": printed[1]})

    assert len({*printed, as_json}) == 3
    assert "doorward migrate" in done.stderr
    assert "SECRET_KEY" not in done.stderr


@pytest.mark.parametrize(
    ("former", "complaint"),
    [
        ("briefly", "entry 1, is shorter than 32"),
        (f"{FORMER},{'changeme' * 6}", "entry 2, looks like a sample"),
        ("ab" * 24, "entry 1, is too easy to guess"),
        (",".join([FORMER, FORMER[::-1], STRONG, STRONG[::-1]]), "at most 3"),
    ],
)
def test_former_secrets_are_judged_like_the_current_one(doorward, former, complaint):
    """Whoever guesses one could sign; the complaint names the entry and never its value."""
    done = doorward("serve", "--migrate", **SERVE, DOORWARD_PREVIOUS_SECRET_KEYS=former)

    assert done.returncode == 2
    assert complaint in done.stderr
    assert not any(secret in done.stderr for secret in former.split(","))


def test_former_secrets_may_stand_in_a_file(doorward, tmp_path):
    """One a line."""
    (tmp_path / "former").write_text(f"{FORMER}\ntoo short\n")

    done = doorward("serve", **SERVE, DOORWARD_PREVIOUS_SECRET_KEYS_FILE="former")

    assert "entry 2, is shorter than 32" in done.stderr
    assert FORMER not in done.stderr


def test_secrets_are_never_shown(doorward):
    """Not even by the command that prints every setting."""
    shown = doorward("profiles", "show", "modern", "--json", SECRET_KEY=STRONG, DOORWARD_PREVIOUS_SECRET_KEYS=FORMER)

    assert shown.returncode == 0
    assert STRONG not in shown.stdout
    assert FORMER not in shown.stdout
