"""Specification 004, sentence by sentence: users as records, and who may remove them."""

import json
import secrets
import time
from uuid import uuid4

import pytest

from support.person import another, outcome
from support.record import Record, without_cookies

ADMIN_PASSWORD = "somebody has to do it"


@pytest.fixture(scope="module")
def service(launch_module):
    return launch_module("link-activation", workers=2, env={"DOORWARD_DOCS": "on"})


@pytest.fixture(scope="module")
def api(service):
    return without_cookies(service.client())


@pytest.fixture
def record(service, address):
    """Somebody with a client, and so with cookies, of his own."""
    return Record(service.client(), address)


@pytest.fixture
def someone(service):
    """Make one more."""
    return lambda: Record(service.client(), f"{secrets.token_hex(6)}@example.com")


@pytest.fixture(scope="module")
def admin(service):
    service.create_user("root@example.com", ADMIN_PASSWORD, "--role", "admin", "--verified")
    root = Record(service.client(), "root@example.com", ADMIN_PASSWORD)
    root.sign_in().raise_for_status()
    return root.bearer


def log_of(service, user_id, *, least=1):
    """The steps in order, as soon as there are so many: that a mail was sent is noted after it was taken."""
    deadline = time.monotonic() + 10
    while len(rows := service.records("verification_log", user_id=user_id)) < least and time.monotonic() < deadline:
        time.sleep(0.05)
    return [row["event"] for row in rows]


def test_a_record_is_shown_to_its_owner_and_to_administrators(api, record, someone, admin):
    """Others and absent ones are answered alike."""
    record.register()
    other = someone()
    other.register()
    other.sign_in()
    record.sign_in()

    own, by_admin = (api("GET", record.path, headers=h) for h in (record.bearer, admin))
    foreign = api("GET", record.path, headers=other.bearer)
    absent = api("GET", f"/users/{uuid4()}", headers=other.bearer)

    assert own.status_code == by_admin.status_code == 200
    assert own.json() == by_admin.json()
    assert outcome(foreign) == outcome(absent) == (404, "not_found")
    assert {**foreign.json(), "request_id": ""} == {**absent.json(), "request_id": ""}


@pytest.mark.parametrize(("method", "path"), [("GET", "/users"), ("GET", ""), ("PUT", ""), ("DELETE", "")])
def test_records_take_a_session(api, record, method, path):
    """401 with the challenge."""
    record.register()

    answer = api(method, path or record.path, **({"json": {}} if method == "PUT" else {}))

    assert outcome(answer) == (401, "token_invalid")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_names_are_changed(api, record, someone, admin):
    """By oneself or an administrator, one or both; by nobody else."""
    record.register(first_name="Ada", last_name="Byron")
    other = someone()
    for one in (other, record):
        one.register()
        one.sign_in()

    own = api("PUT", record.path, headers=record.bearer, json={"last_name": "Lovelace"})
    by_admin = api("PUT", record.path, headers=admin, json={"first_name": "Augusta"})
    foreign = api("PUT", record.path, headers=other.bearer, json={"first_name": "Eve"})
    absent = api("PUT", f"/users/{uuid4()}", headers=other.bearer, json={"first_name": "Eve"})

    assert (own.json()["first_name"], own.json()["last_name"]) == ("Ada", "Lovelace")
    assert (by_admin.json()["first_name"], by_admin.json()["last_name"]) == ("Augusta", "Lovelace")
    assert outcome(foreign) == outcome(absent) == (404, "not_found")
    assert api("GET", record.path, headers=record.bearer).json()["first_name"] == "Augusta"


@pytest.mark.parametrize(
    "change",
    [
        *({"verified": True}, {"verified_at": "2026-01-01T00:00:00Z"}, {"role": "admin"}, {"email": "x@example.com"}),
        *({"first_name": 1}, {"first_name": "x" * 101}, {"id": "0"}, {"status": "LOCKED"}, {"password": "x"}),
    ],
)
def test_nothing_but_names_can_be_changed(api, record, change):
    """Nobody verifies himself, makes himself an administrator, or takes another address."""
    record.register()
    record.sign_in()
    before = api("GET", record.path, headers=record.bearer).json()

    answer = api("PUT", record.path, headers=record.bearer, json=change)

    assert outcome(answer) == (422, "validation_failed")
    assert api("GET", record.path, headers=record.bearer).json() == before


def test_the_list_shows_all_to_an_administrator_and_oneself_to_others(api, record, someone, admin):
    """In pages."""
    record.register()
    other = someone()
    other.register()
    record.sign_in()

    own = api("GET", "/users", headers=record.bearer).json()
    everyone = api("GET", "/users", params={"limit": 2}, headers=admin).json()
    further = api("GET", "/users", params={"limit": 2, "cursor": everyone["next_cursor"]}, headers=admin).json()
    searched = api("GET", "/users", params={"q": other.address}, headers=record.bearer).json()

    assert [user["id"] for user in own["items"]] == [record.id]
    assert own["next_cursor"] is None
    assert [user["id"] for user in everyone["items"]] == [other.id, record.id]
    assert not {user["id"] for user in further["items"]} & {other.id, record.id}
    assert other.address not in json.dumps(searched)


def test_who_is_verified_removes_himself(service, api, record, mailbox):
    """204; the account is gone with its sessions, and the address is free."""
    record.joined(mailbox)

    answer = api("DELETE", record.path, headers=record.bearer)

    assert (answer.status_code, answer.content) == (204, b"")
    assert outcome(api("GET", record.path, headers=record.bearer)) == (401, "token_invalid")
    assert service.records("users", email=record.address) == []
    assert outcome(record.sign_in()) == (401, "invalid_credentials")
    assert record.register().status_code == 201


def test_only_verified_users_remove_records(api, record, someone):
    """403 for whoever is not, before anything else is told: for his own, for another's, for an absent one."""
    record.register()
    record.sign_in()
    other = someone()
    other.register()

    paths = [record.path, other.path, f"/users/{uuid4()}"]
    answers = [api("DELETE", path, headers=record.bearer) for path in paths]

    assert [outcome(answer) for answer in answers] == [(403, "email_not_verified")] * 3
    assert api("GET", record.path, headers=record.bearer).status_code == 200


def test_verified_users_remove_nobody_else(api, record, someone, mailbox):
    """Another's record and none at all are answered alike."""
    record.joined(mailbox)
    other = someone()
    other.register()
    other.sign_in()

    foreign = api("DELETE", other.path, headers=record.bearer)
    absent = api("DELETE", f"/users/{uuid4()}", headers=record.bearer)

    assert outcome(foreign) == outcome(absent) == (404, "not_found")
    assert {**foreign.json(), "request_id": ""} == {**absent.json(), "request_id": ""}
    assert api("GET", other.path, headers=other.bearer).status_code == 200


def test_a_verified_administrator_removes_anybody(service, api, record, admin):
    """Also who is not verified; it is audited with who did it."""
    record.register()

    answer = api("DELETE", record.path, headers=admin)
    again = api("DELETE", record.path, headers=admin)

    assert (answer.status_code, outcome(again)) == (204, (404, "not_found"))
    (row,) = service.records("audit_logs", event_type="USER_DELETED", user_id=record.id)
    assert "by" in row["details"]


def test_an_administrator_who_is_not_verified_removes_nobody(service, api, record, someone):
    """The rule is the same for all."""
    chief = someone()
    service.create_user(chief.address, chief.password, "--role", "admin")
    chief.sign_in().raise_for_status()
    record.register()

    assert outcome(api("DELETE", record.path, headers=chief.bearer)) == (403, "email_not_verified")


def test_the_command_line_registers_who_is_verified_already(service, api, someone, mailbox):
    """Known users get no mail, can remove themselves, and the log says when they were verified."""
    known = someone()
    created = service.create_user(known.address, known.password, "--verified")
    known.id = created["id"]
    known.sign_in().raise_for_status()

    shown = api("GET", known.path, headers=known.bearer).json()

    assert (shown["is_verified"], shown["verified_at"]) == (True, shown["created_at"])
    assert mailbox.messages(known.address) == []
    assert log_of(service, known.id) == ["EMAIL_VERIFIED"]
    assert api("DELETE", known.path, headers=known.bearer).status_code == 204


def test_known_users_are_imported_as_verified(service, api, someone, mailbox):
    """From a file, all at once; they get no mail and are as good as those who verified themselves."""
    known = [someone(), someone()]
    lines = [f"{one.address},{one.password}" for one in known]
    (service.folder / "known.csv").write_text("\n".join(["email,password", *lines, ""]), encoding="utf-8")

    done = service.cli("users", "import", "known.csv", "--verified")

    assert done.returncode == 0, done.stderr
    for one in known:
        one.sign_in().raise_for_status()
        (shown,) = api("GET", "/users", headers=one.bearer).json()["items"]
        assert (shown["email"], shown["is_verified"]) == (one.address, True)
        assert mailbox.messages(one.address) == []
        assert api("DELETE", f"/users/{shown['id']}", headers=one.bearer).status_code == 204


def test_an_administrator_registers_who_is_verified_already(service, api, someone, admin, mailbox):
    """The same through the API; who is not vouched for gets the mail."""
    known, unknown = someone(), someone()
    for one, vouched in ((known, True), (unknown, False)):
        body = {"email": one.address, "password": one.password, "verified": vouched}
        one.id = api("POST", "/v1/admin/users", headers=admin, json=body).raise_for_status().json()["id"]

    letter = unknown.mailed(mailbox)

    assert mailbox.messages(known.address) == []
    assert (log_of(service, known.id), log_of(service, unknown.id)) == (["EMAIL_VERIFIED"], ["VERIFICATION_SENT"])
    assert unknown.verify(*letter).status_code == 200


def test_the_log_keeps_what_was_sent_tried_and_verified(service, record, mailbox):
    """One row each, in order, with its time; and the owner can take it home."""
    record.register()
    token, code = record.mailed(mailbox)
    log_of(service, record.id)
    record.verify(token, another(code))
    record.verify(token, code)
    record.sign_in()

    rows = service.records("verification_log", user_id=record.id)
    export = record.http.get("/v1/me/export", headers=record.bearer).json()["verification_log"]

    assert {"id", "user_id", "event", "at"} <= set(rows[0])
    steps = ["VERIFICATION_SENT", "VERIFICATION_FAILED", "EMAIL_VERIFIED"]
    assert log_of(service, record.id) == steps
    assert sorted(entry["event"] for entry in export) == sorted(steps)
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
