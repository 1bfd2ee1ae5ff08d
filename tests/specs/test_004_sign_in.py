"""Specification 004, sentence by sentence: the token, its cookie, and what is printed."""

import json
import time
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest

from support.person import outcome
from support.record import RECORD_PASSWORD, Record, without_cookies

ROOT = Path(__file__).parents[2]
COOKIE = "doorward_session"
FOREIGN = [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]


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


def test_signing_in_takes_a_form_with_the_email_as_user_name(record):
    """200 with a bearer token for half an hour and a greeting by name."""
    record.register(first_name="Ada")

    answer = record.sign_in()

    assert answer.status_code == 200
    body = answer.json()
    assert (body["token_type"], body["message"]) == ("bearer", "Welcome, Ada!")
    assert set(body) == {"message", "access_token", "token_type", "expires_in"}
    assert 1790 <= body["expires_in"] <= 1800
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_token_is_a_jwt_for_thirty_minutes(record):
    """Three parts, signed, good for 1800 seconds; it names the user by id only."""
    record.register()
    token = record.sign_in().json()["access_token"]

    header, claims = (json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in token.split(".")[:2])

    assert header["alg"] == "ES256"
    assert claims["sub"] == record.id
    assert claims["exp"] - claims["iat"] == 1800
    assert record.address not in json.dumps(claims)


def test_who_is_not_verified_can_sign_in(record):
    """And see and change himself."""
    record.register()

    assert record.sign_in().status_code == 200
    assert record.http.get(record.path, headers=record.bearer).json()["is_verified"] is False
    assert record.http.put(record.path, headers=record.bearer, json={"first_name": "Ada"}).status_code == 200


def test_the_token_is_saved_in_a_cookie(record, api):
    """HttpOnly, for this site, thirty minutes; no script can read it, and it signs the browser in."""
    record.register()

    answer = record.sign_in()
    (line,) = answer.headers.get_list("set-cookie")
    parts = {part.strip().lower() for part in line.split(";")[1:]}

    assert line.startswith(f"{COOKIE}={answer.json()['access_token']};")
    assert {"httponly", "samesite=lax", "path=/"} <= parts
    assert [1790 <= int(part[8:]) <= 1800 for part in parts if part.startswith("max-age=")] == [True]
    assert not any(part.startswith("domain") for part in parts)
    assert record.http.get(record.path).json()["id"] == record.id
    assert outcome(api("GET", record.path)) == (401, "token_invalid")


def test_over_tls_the_cookie_is_bound_to_the_host(launch, address):
    """Secure, and with the name that no other host can plant."""
    service = launch("link-activation", env={"PUBLIC_URL": "https://accounts.example.com"})
    record = Record(service.client(), address)
    record.register()

    (line,) = record.sign_in().headers.get_list("set-cookie")

    assert line.startswith(f"__Host-{COOKIE}=")
    assert "; Secure" in line


def test_the_token_ends_at_its_time(launch, address):
    """The thirty minutes are a setting; here they are two seconds."""
    service = launch("link-activation", env={"DOORWARD_SESSION__ACCESS_TTL": "2s"})
    record = Record(service.client(), address)
    record.register()
    entered = record.sign_in().json()
    time.sleep(3.2)

    late = record.http.get(record.path, headers=record.bearer)

    assert entered["expires_in"] <= 2
    assert outcome(late) == (401, "token_invalid")


def test_wrong_credentials_are_refused_alike(record):
    """401 as a problem with OAuth 2.0's word; nobody learns who has an account."""
    record.register()

    answers = [record.sign_in(password="not this one"), record.sign_in(username="nobody@example.com")]

    for answer in answers:
        assert outcome(answer) == (401, "invalid_credentials")
        assert answer.json()["error"] == "invalid_grant"
        assert "set-cookie" not in answer.headers
    first, second = ({n: v for n, v in a.json().items() if n != "request_id"} for a in answers)
    assert first == second


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_foreign_page_does_nothing_with_the_cookie(service, record, mailbox, headers):
    """Neither changing nor removing, though the browser sends the cookie along."""
    record.joined(mailbox)

    put = record.http.put(record.path, json={"first_name": "Eve"}, headers=headers)
    delete = record.http.delete(record.path, headers=headers)

    assert outcome(put) == outcome(delete) == (403, "cross_site")
    assert record.http.get(record.path).json()["first_name"] == ""


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_foreign_page_signs_nobody_in(record, headers):
    """A form on another site would leave its visitor signed in as somebody else, without his knowing."""
    record.register()
    form = {"username": record.address, "password": record.password}

    answer = record.http.post("/access-token", data=form, headers=headers)

    assert outcome(answer) == (403, "cross_site")
    assert "set-cookie" not in answer.headers


def test_ones_own_page_uses_the_cookie(service, record):
    """The same with the service's own origin."""
    record.register()
    record.sign_in()

    answer = record.http.put(record.path, json={"first_name": "Ada"}, headers={"Origin": service.url})

    assert answer.status_code == 200


def test_the_authorize_button_signs_in(api, record):
    """/docs is there, and the address it sends user name and password to gives a token that works."""
    document = record.http.get("/openapi.json").json()
    flow = document["components"]["securitySchemes"]["bearer"]["flows"]["password"]
    record.register()
    form = {"grant_type": "password", "username": record.address, "password": record.password}

    token = api("POST", flow["tokenUrl"], data=form).json()["access_token"]

    assert record.http.get("/docs").status_code == 200
    for path, method in (("/users", "get"), ("/users/{user_id}", "put"), ("/users/{user_id}", "delete")):
        assert {"bearer": []} in document["paths"][path][method]["security"]
    assert api("GET", record.path, headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_development_prints_the_code(launch, address):
    """On the terminal, with a way to the letter and its link; in production nothing of it is printed."""
    service = launch("link-activation", mode="dev")
    http = service.client()
    record = Record(http, address)
    record.register().raise_for_status()

    (letter,) = http.get("/dev/inbox/messages", params={"to": address, "wait": 10}).json()["messages"]

    assert service.logged(f"mail -> {address}  code {letter['code']}  valid 60 s  {service.url}/dev/inbox#")
    assert record.verify(letter["link"].partition("token=")[2], letter["code"]).status_code == 200


def test_production_prints_neither_code_nor_link(launch, address, mailbox):
    """Not even at DEBUG, and the database holds neither."""
    env = {"LOG_LEVEL": "DEBUG", "DOORWARD_VERIFICATION__CODE_LENGTH": "10"}
    service = launch("link-activation", env=env)
    record = Record(service.client(), address)
    record.register()
    token, code = record.mailed(mailbox)

    assert record.http.get(mailbox.link(address)).status_code == 200
    assert record.verify(token, code).status_code == 200
    for secret in (token, code, RECORD_PASSWORD):
        assert [f.name for f in service.folder.iterdir() if f.is_file() and secret.encode() in f.read_bytes()] == []
