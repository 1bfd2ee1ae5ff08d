"""The page about importing is executed as printed: its files, its programs and every command."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.foreign import FIREBASE_SETTINGS, FOREIGN_PASSWORD

PAGE = (Path(__file__).parents[2] / "docs" / "importing.md").read_text(encoding="utf-8")
SECTIONS = {part.partition("\n")[0]: part for part in PAGE.split("\n## ")[1:]}
NAMED_FILE = re.compile(r"```\w+ (\S+\.\w+)\n(.*?)```", re.DOTALL)
COMMANDS = re.compile(r"```sh\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def service(launch_module):
    """A service that has Firebase's key, in whose folder the page's files lie."""
    files = dict(NAMED_FILE.findall(PAGE))
    files["users.csv"] = "email,first_name\njoan@example.com,Joan\n"
    program = f'#!/bin/sh\nexec "{sys.executable}" -m doorward "$@"\n'
    started = launch_module(profile="signup-signin", env=FIREBASE_SETTINGS, files=files | {"doorward": program})
    (started.folder / "doorward").chmod(0o755)
    return started


@pytest.fixture(scope="module")
def printed(service):
    """What the commands of the page print, by section, run from top to bottom."""
    path = f"{service.folder}:{Path(sys.executable).parent}:{service.env['PATH']}"
    printed = {}
    for title, text in {"": PAGE.partition("\n## ")[0], **SECTIONS}.items():
        script = "set -eu\n" + "\n".join(COMMANDS.findall(text))
        done = subprocess.run(
            ["bash", "-c", script], cwd=service.folder, env=service.env | {"PATH": path}, capture_output=True,
            text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        printed[title] = done.stdout
    return printed


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("", "Added: 1 accounts"),
        ("From fastapi-users", "Added: 2 accounts"),
        ("From Django", "Added: 1 accounts"),
        ("From Firebase", "Added: 1 accounts"),
    ],
)
def test_every_command_does_what_the_page_says(printed, title, words):
    """From each of the three, and from anywhere."""
    assert words in printed[title]


@pytest.mark.parametrize("name", ["ada", "mary", "emmy"])
def test_who_comes_along_signs_in_with_the_old_password(service, printed, name):
    """Over HTTP; the hash is made anew."""
    body = {"email": f"{name}@example.com", "password": FOREIGN_PASSWORD}

    assert service.client().post("/signin", json=body).status_code == 200
    stored = service.rows("SELECT password_hash FROM users WHERE email = ?", body["email"])
    assert stored[0]["password_hash"].startswith("$argon2id$v=19$m=19456")


def test_who_was_switched_off_stays_so(service, printed):
    """The right password does not help."""
    body = {"email": "grace@example.com", "password": FOREIGN_PASSWORD}

    assert service.client().post("/signin", json=body).status_code == 403


def test_the_moments_and_roles_of_the_old_system_are_kept(service, printed):
    """Verified when they were, created when they were."""
    rows = {row["email"]: row for row in service.rows("SELECT * FROM users")}

    assert rows["ada@example.com"]["role"] == "admin"
    assert rows["ada@example.com"]["verified_at"].startswith("2024-05-01 08:30:00")
    assert rows["mary@example.com"]["verified_at"] is not None
    assert rows["emmy@example.com"]["created_at"].startswith("2021-02-15")


def test_everybody_is_in_the_exports(service, printed):
    """Hashes only where they were asked for."""
    plain = (service.folder / "everybody.csv").read_text()
    hashed = (service.folder / "with-hashes.jsonl").read_text()

    assert plain.count("@example.com") == hashed.count("@example.com") == 5
    assert ("password_hash" in plain, hashed.count("password_hash")) == (False, 5)


def test_the_columns_of_the_page_are_all_there_are():
    """None is forgotten and none is made up."""
    from doorward.domain.user_record import COLUMNS, PASSWORD

    table = SECTIONS["The columns"].partition("|---|")[2].partition("\n\n")[0]
    named = set(
        re.findall(r"`([a-z_]+)`", "".join(line.split("|")[1] for line in table.splitlines() if line[:1] == "|"))
    )

    assert named - {"user", "admin"} == {*COLUMNS, PASSWORD}
