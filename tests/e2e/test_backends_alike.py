"""The same conversation with each backend: what a client sees does not tell which database is behind."""

import json
import os
import re
import secrets
from collections.abc import Iterator
from itertools import takewhile, zip_longest

import pytest

from support import servers
from support.conversation import converse

PROFILES = ("modern", "signup-signin", "email-or-phone", "oauth2-password", "code-activation", "link-activation")
OTHERS = (*servers.KINDS, "mongodb")
KEY = secrets.token_urlsafe(48)  # the same for all: digests of unknown names are told
LEAST = {"modern": 120, "email-or-phone": 60}
VARIES = (
    (re.compile(r'"waited_ms": \d+'), '"waited_ms": MS'),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "ID"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)"), "MOMENT"),
    (re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+"), "TOKEN"),
    (
        re.compile(
            r'"(refresh_token|token|next_cursor|cursor|password_change_token|verification|request_id)": "[^"]+"'
        ),
        r'"\1": "VALUE"',
    ),
    (re.compile(r'"Execution Time": "\d+ ms"'), '"Execution Time": "TIME"'),
    (re.compile(r"'cursor': 'W[\w-]{3,}'"), "'cursor': 'VALUE'"),
    (re.compile(r"http://127\.0\.0\.1:\d+"), "HERE"),
)


def normal(answers: list[str]) -> list[str]:
    """What is said without what differs from one time to the next."""
    told = []
    for answer in answers:
        same = answer
        for pattern, name in VARIES:
            same = pattern.sub(name, same)
        told.append(same)
    return told


def differences(expected: list[str], found: list[str]) -> list[str]:
    """Where the two part, each with what surrounds it."""
    told = []
    for number, (one, other) in enumerate(zip_longest(expected, found, fillvalue="(nothing)")):
        if one != other:
            at = max(0, sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))) - 60)
            told.append(f"{number}: {one[:120]}\n  sqlite: {one[at : at + 240]}\n  other:  {other[at : at + 240]}")
    return told


@pytest.fixture(scope="module")
def told(launch_module) -> Iterator:
    """What the service says to the conversation of a profile on a backend; once for each."""
    known: dict[tuple[str, str], list[str]] = {}

    def ask(profile: str, backend: str) -> list[str]:
        if (profile, backend) not in known:
            before = os.environ.get("TEST_BACKEND")
            os.environ["TEST_BACKEND"] = backend
            try:
                service = launch_module(profile, env={"SECRET_KEY": KEY})
            finally:
                if before is None:
                    del os.environ["TEST_BACKEND"]
                else:
                    os.environ["TEST_BACKEND"] = before
            known[profile, backend] = normal(converse(service, profile))
            service.stop()
        return known[profile, backend]

    return ask


# Each profile and each backend at least once; `make test-all` asks for every pair.
FEW = [("modern", other) for other in OTHERS]
FEW += [(profile, OTHERS[number % len(OTHERS)]) for number, profile in enumerate(PROFILES[1:])]
EVERY = [(profile, other) for profile in PROFILES for other in OTHERS]


@pytest.mark.parametrize(("profile", "backend"), EVERY if os.environ.get("TEST_ALL") else FEW)
def test_every_backend_says_the_same(told, profile, backend):
    """Statuses and bodies are those of SQLite, sentence by sentence."""
    servers.server_url(backend)
    expected, found = told(profile, "sqlite"), told(profile, backend)

    different = differences(expected, found)

    assert len(expected) >= LEAST.get(profile, 40)
    assert not different, f"{len(different)} of {len(expected)}\n" + "\n".join(different)


def test_a_difference_would_be_noticed():
    """Only what varies by itself is left out of sight."""
    body = json.dumps(
        {"id": "0190a1b2-0000-7000-8000-000000000001", "email": "a@example.com", "created_at": "2026-01-01T00:00:00.5Z"}
    )

    (told,) = normal([f"GET /v1/me 200 {body}"])

    assert told == 'GET /v1/me 200 {"id": "ID", "email": "a@example.com", "created_at": "MOMENT"}'
