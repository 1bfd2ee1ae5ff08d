"""Specification 000, sentence by sentence: what is recorded, JSON everywhere, errors, logging, health."""

import json
import re
import stat
import time
from datetime import UTC, datetime, timedelta

import pytest

PASSWORD = "Correct-Horse-7"
WRONG = "Another-Horse-8"
ADMIN_PASSWORD = "Admin-Horse-9"
COLUMNS = {
    "users": {"id", "first_name", "last_name", "email", "password_hash", "status", "failed_attempts", "created_at"}
    | {"last_login_at"},
    "login_attempts": {"id", "user_id", "email", "success", "attempt_time", "ip_address"},
    "audit_logs": {"id", "user_id", "event_type", "event_time", "details", "ip_address"},
}


@pytest.fixture(scope="module")
def service(launch_module):
    return launch_module("signup-signin", env={"DOORWARD_TRUSTED_PROXIES": "127.0.0.2/32"})


@pytest.fixture(scope="module")
def http(service):
    return service.client()


@pytest.fixture
def member(http, address):
    """Somebody who has signed up."""
    body = {"first_name": "Ada", "last_name": "Lovelace", "email": address, "password": PASSWORD}
    return http.post("/signup", json=body).json()["user"]


@pytest.fixture
def sign_in(http):
    def post(email, password=PASSWORD):
        return http.post("/signin", json={"email": email, "password": password})

    return post


@pytest.fixture
def audit_rows(service, member):
    def read(event_type):
        return service.records("audit_logs", event_type=event_type, user_id=member["id"])

    return read


@pytest.fixture(scope="module")
def admin(service, http):
    """The header of an administrator."""
    service.create_user("admin@example.com", ADMIN_PASSWORD, "--role", "admin", "--first-name", "Grace")
    answer = http.post("/signin", json={"email": "admin@example.com", "password": ADMIN_PASSWORD})
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def is_recent(moment):
    return timedelta() <= datetime.now(UTC) - moment < timedelta(minutes=1)


@pytest.mark.parametrize("table", COLUMNS)
def test_the_tables_have_the_columns_of_the_specification(service, table):
    """Names as in the document; more may stand beside them."""
    assert service.stored.columns(table) >= COLUMNS[table]


def test_a_registration_is_recorded_with_date_and_time(audit_rows):
    """SIGNUP, when, and from where."""
    (row,) = audit_rows("SIGNUP")

    assert is_recent(row["event_time"])
    assert row["ip_address"] == "127.0.0.1"


def test_a_successful_sign_in_is_recorded(service, member, sign_in, audit_rows):
    """In the audit log and in login_attempts, with the address it came from."""
    sign_in(member["email"])

    (attempt,) = service.records("login_attempts", email=member["email"])
    (row,) = audit_rows("LOGIN_SUCCESS")

    assert (attempt["success"], attempt["ip_address"]) == (True, "127.0.0.1")
    assert attempt["user_id"] == member["id"]
    assert is_recent(attempt["attempt_time"])
    assert row["ip_address"] == "127.0.0.1"


def test_a_failed_sign_in_is_recorded(service, member, sign_in, audit_rows):
    """Likewise, with success FALSE and why; never with the password."""
    sign_in(member["email"], WRONG)

    (attempt,) = service.records("login_attempts", email=member["email"])
    (row,) = audit_rows("LOGIN_FAILURE")

    assert (attempt["success"], attempt["ip_address"]) == (False, "127.0.0.1")
    assert row["details"] == {"reason": "wrong_password"}
    assert row["ip_address"] == "127.0.0.1"


def test_a_failed_sign_in_of_an_unknown_email_is_recorded_masked(service, sign_in):
    """People type passwords into the wrong box: of unknown identifiers a mask and a digest are kept."""
    sign_in("quite.unknown@elsewhere.org", WRONG)

    unknown = service.records("login_attempts", user_id=None)
    attempts = [attempt for attempt in unknown if attempt["email"].startswith("q***@e*** ")]

    assert [(a["success"], a["ip_address"]) for a in attempts] == [(False, "127.0.0.1")]


def test_the_ip_address_cannot_be_forged(http, member, service):
    """Only a configured proxy may name another client."""
    body = {"email": member["email"], "password": PASSWORD}
    http.post("/signin", json=body, headers={"X-Forwarded-For": "203.0.113.9"})

    (attempt,) = service.records("login_attempts", email=member["email"])

    assert attempt["ip_address"] == "127.0.0.1"


def test_the_ip_address_behind_a_trusted_proxy_is_the_clients(launch):
    """The nearest address that is no proxy of ours."""
    proxied = launch("signup-signin", env={"DOORWARD_TRUSTED_PROXIES": "127.0.0.0/8"})
    headers = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}
    proxied.client().post("/signin", json={"email": "who@example.com", "password": WRONG}, headers=headers)

    attempts = proxied.records("login_attempts")

    assert [attempt["ip_address"] for attempt in attempts] == ["203.0.113.9"]


def test_password_updates_are_recorded_with_date_and_time(http, member, sign_in, audit_rows):
    """PASSWORD_CHANGED, when, and from where."""
    bearer = {"Authorization": f"Bearer {sign_in(member['email']).json()['access_token']}"}
    http.post("/change-password", headers=bearer, json={"old_password": PASSWORD, "new_password": WRONG})

    (row,) = audit_rows("PASSWORD_CHANGED")

    assert is_recent(row["event_time"])
    assert row["ip_address"] == "127.0.0.1"


def test_audit_shows_ones_own_rows_newest_first(http, member, sign_in):
    """Signed in, one sees what happened to one's own account, and nobody else's."""
    sign_in(member["email"], WRONG)
    bearer = {"Authorization": f"Bearer {sign_in(member['email']).json()['access_token']}"}

    answer = http.get("/audit", headers=bearer)

    assert answer.status_code == 200
    items = answer.json()["items"]
    assert [item["event_type"] for item in items] == ["LOGIN_SUCCESS", "LOGIN_FAILURE", "SIGNUP"]
    assert {item["user_id"] for item in items} == {member["id"]}
    assert set(items[0]) == COLUMNS["audit_logs"]
    assert items[1]["details"] == {"reason": "wrong_password"}
    assert answer.json()["next_cursor"] is None


def test_audit_shows_an_administrator_everybody(http, member, admin):
    """And can be narrowed down to one account and one type of event."""
    answer = http.get("/audit", headers=admin, params={"user_id": member["id"], "event_type": "SIGNUP"})

    everybody = http.get("/audit", headers=admin, params={"limit": 200}).json()["items"]

    assert [item["user_id"] for item in answer.json()["items"]] == [member["id"]]
    assert len({item["user_id"] for item in everybody}) > 1


def test_audit_is_closed_to_strangers(http):
    """It is personal data."""
    answer = http.get("/audit")

    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")


def test_audit_rows_outlive_the_account(http, member, sign_in, audit_rows, service):
    """That is why user_id is no foreign key: a closed account keeps its history, and its address is free again."""
    bearer = {"Authorization": f"Bearer {sign_in(member['email']).json()['access_token']}"}
    closed = http.request("DELETE", "/v1/me", headers=bearer, json={"password": PASSWORD})

    assert closed.status_code == 204
    assert service.records("users", email=member["email"]) == []
    assert (len(audit_rows("SIGNUP")), len(audit_rows("USER_DELETED"))) == (1, 1)


@pytest.mark.parametrize("path", ["/signup", "/signin", "/change-password"])
def test_bodies_are_json(http, path):
    """A form is answered with 415, what is no JSON with 400."""
    form = http.post(path, data={"email": "ada@example.com", "password": PASSWORD})
    broken = http.post(path, content=b'{"email": ', headers={"Content-Type": "application/json"})

    assert (form.status_code, form.json()["code"]) == (415, "unsupported_media_type")
    assert (broken.status_code, broken.json()["code"]) == (400, "malformed_json")


def test_answers_are_json(http, member, sign_in):
    """Success in application/json, refusals in application/problem+json."""
    answers = [sign_in(member["email"]), sign_in(member["email"], WRONG), http.get("/health"), http.get("/nowhere")]

    types = [answer.headers["content-type"] for answer in answers]

    assert types == ["application/json", "application/problem+json", "application/json", "application/problem+json"]


def test_refusals_say_what_happened_and_what_to_do(http):
    """Title, detail, a stable code, and the status in the body as in the line."""
    answers = [http.get("/nowhere"), http.put("/signin", json={}), http.post("/signin", json={"email": 1})]

    assert [answer.status_code for answer in answers] == [404, 405, 422]
    assert answers[1].headers["Allow"] == "POST"
    for answer in answers:
        body = answer.json()
        assert body["status"] == answer.status_code
        assert body["request_id"] == answer.headers["X-Request-Id"]
        assert len(body["title"]) > 5
        assert len(body["detail"]) > 5
        assert http.get(body["type"]).status_code == 200


@pytest.fixture
def broken(launch, address):
    """Start a service and take tables away beneath it."""

    def start(*tables, **env):
        service = launch("signup-signin", env=env)
        service.stored.take_away(*tables)
        return service

    return start


def test_a_failure_inside_is_answered_and_explains_nothing(broken, address):
    """The caller learns that it failed and may try again; no traceback, no statement, no name of a table."""
    service = broken("users")

    answer = service.client().post("/signin", json={"email": address, "password": PASSWORD})

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert not re.search("Traceback|SELECT|users|sqlite", answer.text, re.IGNORECASE)


def test_info_is_logged_by_default(service, http):
    """Each request is one INFO line with method, path, status and id."""
    request_id = http.get("/livez").headers["X-Request-Id"]

    assert service.logged(request_id)
    (line,) = [line for line in service.log().splitlines() if request_id in line]
    assert re.match(r"\S+Z INFO doorward\.access request ", line)
    assert "method=GET path=/livez status=200" in line


@pytest.mark.parametrize(
    ("level", "shown"),
    [("INFO", {"INFO", "WARNING"}), ("WARN", {"WARNING"}), ("CRITICAL", set())],
)
def test_levels_can_be_chosen(broken, level, shown):
    """WARN leaves INFO out, CRITICAL leaves out warnings too; here the relay warns that its table is away."""
    service = broken("outbox", LOG_LEVEL=level)
    service.client().get("/livez")

    warned = service.logged("delivery waits", timeout=5 if "WARNING" in shown else 1.5)

    assert warned == ("WARNING" in shown)
    assert set(re.findall(r"^\S+Z ([A-Z]+) ", service.log(), re.MULTILINE)) == shown


def test_the_log_can_go_to_a_file_as_json(launch, tmp_path):
    """LOG_FILE, readable by its owner only; --log-json makes each line an object."""
    path = tmp_path / "logs" / "doorward.log"
    service = launch("signup-signin", env={"LOG_FILE": str(path)}, arguments=("--log-json",))

    request_id = service.client().get("/livez").headers["X-Request-Id"]

    assert service.logged(request_id)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    (line,) = [line for line in lines if line.get("request_id") == request_id]
    assert (line["level"], line["logger"], line["message"]) == ("INFO", "doorward.access", "request")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_health_tells_about_database_and_mail(http):
    """200 while both answer."""
    answer = http.get("/health")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "checks": {"database": "ok", "mail": "ok"}}


def test_health_is_503_when_something_is_missing(launch, mailbox):
    """A mail server that is gone makes the service unwell; it says which part, and lives on."""
    service = launch("signup-signin")
    http = service.client()

    mailbox.stop()
    try:
        unwell, deadline = http.get("/health"), time.monotonic() + 5
        while unwell.status_code == 200 and time.monotonic() < deadline:
            time.sleep(0.2)
            unwell = http.get("/health")
        alive = http.get("/livez")
    finally:
        mailbox.start()

    assert unwell.status_code == 503
    assert unwell.json() == {"status": "unavailable", "checks": {"database": "ok", "mail": "unavailable"}}
    assert alive.status_code == 200
