"""`doorward doctor`: everything is tried for real, and what does not work is named with its cure."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from doorward.adapters.keys import HmacSecretMinter
from doorward.http.operations import SEEN_HEADER, seen_proof
from support.places import write_places


@pytest.fixture(scope="module")
def examined(launch_module):
    """A program that serves, and its doctor."""
    door = launch_module("modern")

    def run(*options, **settings):
        before, door.env = door.env, door.env | settings
        try:
            done = door.cli("doctor", "--json", *options)
        finally:
            door.env = before
        return done.returncode, json.loads(done.stdout)

    return run


def named(findings, name):
    return next(finding for finding in findings if finding["name"] == name)


def test_a_healthy_service_has_nothing_wrong(examined):
    """Settings, files, schema, writing, clock, outbox, keys, hashing, mail and the public address are all tried."""
    status, findings = examined()

    assert status == 0, findings
    assert {finding["name"] for finding in findings} >= {
        "settings", "file modes", "schema", "database", "clock", "outbox", "keys", "hashing", "mail", "public url",
        "headers",
    }  # fmt: skip
    assert "rolled back" in named(findings, "database")["what"]


def test_a_test_mail_really_arrives(examined, mailbox, address):
    """With an address, a mail goes out and its delay is told."""
    status, findings = examined("--mail-to", address)

    assert status == 0
    assert "taken by the server in" in named(findings, "test mail")["what"]
    assert "This is a test from" in mailbox.text(address)


@pytest.mark.parametrize(
    ("options", "settings", "name", "words"),
    [
        (("--mail-to", "nonsense"), {}, "test mail", "Write it as"),
        ((), {"SMTP_URL": "smtp://127.0.0.1:9"}, "mail", "SMTP_URL"),
        ((), {"SMS_URL": "http://127.0.0.1:9/sms"}, "sms", "SMS_URL"),
        ((), {"SECRET_KEY": "changeme-changeme-changeme-changeme"}, "settings", "SECRET_KEY"),
        ((), {"SECRET_KEY": "another-Qz3k-9f0aJ2mVx7Lr5TbW1c-key"}, "headers", "service's settings"),
        ((), {"DATABASE_URL": "sqlite:///empty.db"}, "schema", "doorward migrate"),
    ],
)
def test_what_does_not_work_is_named_with_its_cure(examined, options, settings, name, words):
    """Exit status 1, and the line says what to do."""
    status, findings = examined(*options, **settings)

    wrong = next(finding for finding in findings if finding["name"] == name and finding["state"] == "wrong")
    assert status == 1
    assert words in wrong["what"] + wrong["fix"]


def test_files_that_others_can_read_are_named(launch):
    """The command that closes them is written out."""
    door = launch("modern")
    door.database.chmod(0o644)

    done = door.cli("doctor")

    assert done.returncode == 1
    assert f"chmod 600 {door.database}" in done.stdout
    assert "0 failed" not in done.stdout


def test_an_address_without_a_service_is_only_noted(launch):
    """The doctor may be asked before the service is started."""
    door = launch("modern")
    door.stop()

    done = door.cli("doctor")

    assert done.returncode == 0
    assert "does not answer" in done.stdout


def test_without_the_secret_nothing_is_told_of_a_request(launch):
    """A guess at the doctor's header gets the same answer as no header."""
    door = launch("modern")

    assert door.client().get("/health", headers={"X-Doorward-Doctor": "guess"}).json().keys() == {"status", "checks"}


@pytest.mark.parametrize(("age", "state"), [(10, "ok"), (400, "note")])
def test_the_file_of_places_is_told_by_its_age(examined, tmp_path, age, state):
    """Addresses move: an old file is worth a note."""
    made_at = datetime.now(UTC) - timedelta(days=age)
    path = write_places(tmp_path / "places.mmdb", made_at=made_at)

    status, findings = examined(GEOIP_DATABASE=str(path))

    found = named(findings, "places")
    assert (status, found["state"]) == (0, state)
    assert f"{made_at:%Y-%m-%d}" in found["what"]


def test_a_file_of_places_that_is_none_is_named(examined, tmp_path):
    """The service would not start with it."""
    status, findings = examined(GEOIP_DATABASE=str(tmp_path / "places.mmdb"))

    assert status == 1
    assert "GEOIP_DATABASE" in named(findings, "start")["what"]


def test_a_proxy_that_is_not_trusted_is_told(launch):
    """With the secret, the service says what it saw, and that X-Forwarded-For was not believed."""
    door = launch("modern")
    proof = seen_proof(HmacSecretMinter(door.env["SECRET_KEY"]), datetime.now(UTC))
    seen = door.client().get("/health", headers={SEEN_HEADER: proof, "X-Forwarded-For": "192.0.2.1"}).json()["seen"]

    assert (seen["peer"], seen["client"], seen["forwarded_for"]) == ("127.0.0.1", "127.0.0.1", "192.0.2.1")
    assert seen["is_proxy_trusted"] is False


def test_a_development_folder_is_examined_without_any_setting(launch):
    """What only `serve` needs is a note there."""
    door = launch("modern", mode="dev")
    for name in ("DATABASE_URL", "SECRET_KEY", "SMTP_URL"):
        door.env.pop(name, None)

    done = door.cli("doctor", "--json")

    assert {f["state"] for f in json.loads(done.stdout) if f["name"] == "settings"} == {"note"}
