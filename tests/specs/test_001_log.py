"""Specification 001, sentence by sentence: what is written to the log file."""

import json
import logging
import re
import time

import pytest

from doorward.log import FILE_BYTES, FILES_KEPT, PrivateRotatingFile, configure
from support.holder import HOLDER_PASSWORD, Holder, new_number
from support.webhook import Webhook

OTHER, THIRD = "Another-Horse-8", "Third-1-Horse"
LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (INFO|WARNING|ERROR|CRITICAL) ([a-z.]+) (\S.*)")


@pytest.fixture
def webhook():
    server = Webhook()
    yield server
    server.stop()


def lines_with(file, *words, least=1):
    """The lines that hold all words, as soon as there are so many."""
    deadline = time.monotonic() + 10
    while True:
        found = [line for line in file.read_text().splitlines() if all(word in line for word in words)]
        if len(found) >= least or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def walk(holder, token_of):
    """Do everything once, failures too; return the secrets that were in it."""
    holder.register()
    holder.register()
    holder.sign_in(OTHER)
    holder.sign_in()
    secrets = [HOLDER_PASSWORD, OTHER, THIRD, holder.bearer["Authorization"].split()[1]]
    holder.change(THIRD, old=OTHER)
    holder.change("weak")
    holder.change(OTHER)
    holder.sign_out()
    holder.forget()
    secrets.append(token_of(holder.username))
    holder.reset(secrets[-1], "weak")
    holder.reset(secrets[-1], THIRD)
    holder.http.post("/login", json={"username": holder.username})
    return secrets


ACTIONS = [
    *("SIGNUP", "SIGNUP_REFUSED", "LOGIN_FAILURE", "LOGIN_SUCCESS", "PASSWORD_CHANGE_FAILED", "PASSWORD_CHANGED"),
    *("LOGOUT", "PASSWORD_RESET_REQUESTED", "PASSWORD_RESET_FAILED", "PASSWORD_RESET"),
]


@pytest.mark.parametrize("by_number", [False, True])
def test_every_action_is_a_line_with_its_time(launch, webhook, mailbox, address, by_number):
    """In the log file, success and failure, by address and by number; no secret and no user name stands in it."""
    env = {"SMS_URL": webhook.url(), "LOG_FILE": "logs/service.log", "LOG_LEVEL": "DEBUG"}
    service = launch("email-or-phone", env=env)
    holder = Holder(service.client(), new_number() if by_number else address)
    token_of = webhook.token if by_number else lambda name: mailbox.link(name).partition("token=")[2]
    file = service.folder / "logs" / "service.log"

    secrets = walk(holder, token_of)

    missing = [action for action in ACTIONS if not lines_with(file, f" INFO doorward.audit {action} ")]
    assert missing == []
    written = file.read_text() + service.log()
    assert [secret for secret in (*secrets, holder.username) if secret in written] == []
    audited = lines_with(file, "doorward.audit")
    assert all(LINE.fullmatch(line) for line in audited)
    assert all("ip=127.0.0.1" in line and "event_id=" in line for line in audited if "EMAIL_VERIFIED" not in line)
    assert len(lines_with(file, " PASSWORD_CHANGE_FAILED ")) == 2


def test_every_request_is_a_line_with_its_answer(launch, address):
    """What is refused before anything happens too: how it was answered and how long it took, never what was sent."""
    service = launch("email-or-phone", env={"LOG_FILE": "service.log"})
    file = service.folder / "service.log"
    holder = Holder(service.client(), address)

    holder.register(password="Weak-Marker")
    holder.http.post("/login", content=b"{broken-marker", headers={"Content-Type": "application/json"})
    holder.http.post("/logout")

    for path, status in (("/register", 422), ("/login", 400), ("/logout", 401)):
        (line,) = lines_with(file, "doorward.access", f"path={path} ", f"status={status} ")
        assert LINE.fullmatch(line)
    assert "arker" not in file.read_text()


def test_lines_may_be_json(launch, address):
    """For programs that collect them: time, level, logger, message, and members."""
    service = launch("email-or-phone", env={"LOG_FILE": "service.log", "DOORWARD_LOG_JSON": "on"})
    Holder(service.client(), address).register()

    (line,) = lines_with(service.folder / "service.log", '"doorward.audit"', "SIGNUP")

    assert {"time", "level", "logger", "message", "user_id", "ip"} <= set(json.loads(line))


def test_the_file_is_for_its_owner(launch, address):
    """Addresses of people who sign in are nobody else's business."""
    service = launch("email-or-phone", workers=2, env={"LOG_FILE": "service.log"})
    Holder(service.client(), address).register()

    assert (service.folder / "service.log").stat().st_mode & 0o077 == 0


def test_the_file_is_rotated(tmp_path):
    """At ten megabytes a new one begins, five old ones are kept; how that goes: tests/unit/test_log.py."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        configure(level="INFO", file=tmp_path / "service.log", as_json=False)
        (handler,) = [one for one in root.handlers if isinstance(one, PrivateRotatingFile)]
        handler.close()
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)

    assert (handler.maxBytes, handler.backupCount) == (FILE_BYTES, FILES_KEPT) == (10 * 1024 * 1024, 5)


def test_a_file_that_cannot_be_written_stops_the_start(launch):
    """Silence would be found out when the lines are needed."""
    service = launch("email-or-phone")
    service.stop()
    (service.folder / "taken").write_text("")
    service.env["LOG_FILE"] = "taken/service.log"

    done = service.cli(*service.command[3:])

    assert done.returncode == 2
    assert "LOG_FILE" in done.stderr
