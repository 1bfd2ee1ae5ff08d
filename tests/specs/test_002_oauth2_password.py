"""Specification 002, sentence by sentence: registration, the OAuth 2.0 password form, one's own profile."""

import json
import os
import subprocess
import sys
from pathlib import Path

import bcrypt
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from support.person import outcome
from support.stored import backend

ROOT = Path(__file__).parents[2]
PASSWORD = "testpass123"
FORM = "application/x-www-form-urlencoded"
MEMBERS = ("first_name", "last_name", "email", "password")
SECRET = "the-secret-of-this-test-is-long-enough-for-hs256"

# The commands of the specification; only host and token are put in.
REGISTER = """curl -X POST "http://localhost:8000/register" \\
  -H "Content-Type: application/json" \\
  -d '{
    "first_name": "Test",
    "last_name": "User",
    "email": "test@example.com",
    "password": "testpass123"
  }'"""
LOGIN = """curl -X POST "http://localhost:8000/login" \\
  -H "Content-Type: application/x-www-form-urlencoded" \\
  -d "username=test@example.com&password=testpass123\""""
GET_PROFILE = """curl -X GET "http://localhost:8000/me" \\
  -H "Authorization: Bearer your-actual-token\""""
UPDATE_PROFILE = """curl -X PUT "http://localhost:8000/me" \\
  -H "Authorization: Bearer your-actual-token" \\
  -H "Content-Type: application/json" \\
  -d '{
    "first_name": "Updated",
    "last_name": "Name"
  }'"""


@pytest.fixture(scope="module")
def service(launch_module):
    """Two workers, so that what one forgets the other must not know."""
    return launch_module("oauth2-password", workers=2, env={"DOORWARD_DOCS": "on"})


@pytest.fixture(scope="module")
def http(service):
    return service.client()


@pytest.fixture
def body(address):
    return {"first_name": "Test", "last_name": "User", "email": address, "password": PASSWORD}


@pytest.fixture
def login(http, address):
    def send(username=address, password=PASSWORD):
        return http.post("/login", data={"username": username, "password": password})

    return send


@pytest.fixture
def user(http, body):
    return http.post("/register", json=body).raise_for_status().json()


@pytest.fixture
def token(user, login):
    return login().raise_for_status().json()["access_token"]


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def curl(command, url, token=""):
    """Run a command of the specification in a shell."""
    asked = command.replace("http://localhost:8000", url).replace("your-actual-token", token)
    done = subprocess.run(["sh", "-c", asked], capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


def test_the_four_commands_of_the_specification_work(launch):
    """Register, sign in, read and change the profile, with curl as it is written there."""
    url = launch("oauth2-password").url

    registered = curl(REGISTER, url)
    token = curl(LOGIN, url)
    before = curl(GET_PROFILE, url, token["access_token"])
    updated = curl(UPDATE_PROFILE, url, token["access_token"])
    after = curl(GET_PROFILE, url, token["access_token"])

    assert (registered["email"], registered["first_name"]) == ("test@example.com", "Test")
    assert token["token_type"] == "bearer"
    assert (before["id"], before["first_name"], before["last_name"]) == (registered["id"], "Test", "User")
    assert (updated["first_name"], updated["last_name"]) == ("Updated", "Name")
    assert after == updated


def test_registering_makes_a_user(http, body):
    """201 with the user, active at once, and without any secret."""
    answer = http.post("/register", json=body)

    assert answer.status_code == 201
    shown = answer.json()
    assert [shown[name] for name in MEMBERS[:3]] == [body[name] for name in MEMBERS[:3]]
    assert shown["is_active"] is True
    assert not [name for name in shown if "password" in name]


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("value", [None, ""])
def test_each_member_is_required(http, body, member, value):
    """Missing or empty: it is named."""
    sent = {name: v for name, v in body.items() if name != member} | ({} if value is None else {member: value})

    answer = http.post("/register", json=sent)

    assert outcome(answer) == (422, "validation_failed")
    assert {e["pointer"] for e in answer.json()["errors"]} == {f"/{member}"}


@pytest.mark.parametrize("email", ["no-address", "a@", "@example.com", "a b@example.com", "a@b@example.com"])
def test_what_is_no_email_is_refused(http, body, email):
    """E-mail validation."""
    answer = http.post("/register", json=body | {"email": email})

    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/email", "invalid_email")]


def test_a_taken_email_is_refused(http, user, body, address):
    """In any case of letters; the first account stays as it was."""
    again = http.post("/register", json=body | {"first_name": "Other"})
    capital = http.post("/register", json=body | {"email": address.upper()})

    assert outcome(again) == outcome(capital) == (409, "identifier_taken")


def test_unknown_members_are_refused(http, body):
    """Nobody becomes an administrator by asking."""
    answer = http.post("/register", json=body | {"role": "admin"})

    assert outcome(answer) == (422, "validation_failed")


def test_passwords_are_hashed_with_bcrypt(service, user, address):
    """Cost 12 in the database file, and the password itself nowhere in it."""
    (row,) = service.records("users", email=address)

    assert row["password_hash"].startswith("$2b$12$")
    assert bcrypt.checkpw(PASSWORD.encode(), row["password_hash"].encode())
    assert not service.stored.holds(PASSWORD)


def test_a_password_has_at_least_eight_characters(http, body):
    """And no other rule: the one of the specification is taken."""
    answer = http.post("/register", json=body | {"password": "1234567"})

    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/password", "too_short")]


@pytest.mark.parametrize("password", ["x" * 72, "\u00e9" * 36])
def test_a_password_of_seventy_two_bytes_counts_to_the_last(http, login, body, password):
    """What bcrypt reads is all taken, and all compared."""
    http.post("/register", json=body | {"password": password}).raise_for_status()

    assert login(password=password).status_code == 200
    assert outcome(login(password=password[:-1] + "y")) == (401, "invalid_credentials")
    assert outcome(login(password=password + "y")) == (401, "invalid_credentials")


@pytest.mark.parametrize(("password", "code"), [("x" * 73, "too_long"), ("\u00e9" * 37, "too_many_bytes")])
def test_a_password_over_seventy_two_bytes_is_refused(http, body, password, code):
    """Hashing would cut it: too many characters, or too many bytes."""
    answer = http.post("/register", json=body | {"password": password})

    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/password", code)]


def test_signing_in_gives_a_bearer_token(user, login):
    """In the form of OAuth 2.0, good for half an hour, and not to be kept by caches."""
    answer = login()

    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"access_token", "token_type", "expires_in"}
    assert body["token_type"] == "bearer"
    assert 1790 <= body["expires_in"] <= 1800
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_token_is_signed_with_the_secret_key(service, user, token):
    """HS256, verified by a library that knows nothing but SECRET_KEY."""
    key = OctKey.import_key(service.env["SECRET_KEY"].encode())

    decoded = jwt.decode(token, key, algorithms=["HS256"])

    assert decoded.header["alg"] == "HS256"
    assert decoded.claims["sub"] == user["id"]
    assert decoded.claims["exp"] - decoded.claims["iat"] == 1800
    assert user["email"] not in json.dumps(decoded.claims)


def test_wrong_credentials_are_refused_alike(user, login):
    """401 as a problem, with OAuth 2.0's word; wrong password and unknown user cannot be told apart."""
    answers = [login(password="testpass124"), login(username="nobody@example.com")]

    for answer in answers:
        assert outcome(answer) == (401, "invalid_credentials")
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert answer.json()["error"] == "invalid_grant"
        assert "WWW-Authenticate" in answer.headers
    first, second = ({n: v for n, v in answer.json().items() if n != "request_id"} for answer in answers)
    assert first == second


def test_signing_in_takes_a_form(http, user, address):
    """Both fields, and no JSON."""
    empty = http.post("/login", data={"username": address})
    as_json = http.post("/login", json={"username": address, "password": PASSWORD})

    assert outcome(empty) == (422, "validation_failed")
    assert as_json.status_code == 415


def test_the_form_may_carry_what_oauth_clients_send(http, user, address):
    """`grant_type`, `scope` and empty client fields do no harm."""
    form = {"grant_type": "password", "username": address, "password": PASSWORD, "scope": "", "client_id": ""}

    assert http.post("/login", data=form).status_code == 200


def test_the_profile_is_shown_with_a_token(http, user, token):
    """One's own data."""
    answer = http.get("/me", headers=bearer(token))

    assert answer.status_code == 200
    assert answer.json()["id"] == user["id"]
    assert [answer.json()[name] for name in MEMBERS[:3]] == [user[name] for name in MEMBERS[:3]]


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_without_a_token_nothing_is_shown_or_changed(http, method):
    """401 with the challenge."""
    answer = http.request(method, "/me", **({"json": {"first_name": "X"}} if method == "PUT" else {}))

    assert outcome(answer) == (401, "token_invalid")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_invalid_tokens_are_refused(http, service, user, token):
    """Made up, changed, unsigned, or signed with another secret."""
    claims = jwt.decode(token, OctKey.import_key(service.env["SECRET_KEY"].encode())).claims
    header = {"alg": "HS256", "typ": "at+jwt"}
    head, payload, signature = token.split(".")
    turned = "B" if signature[5] == "A" else "A"
    forged = [
        "abc",
        "",
        f"{head}.{payload}.",
        f"{head}.{payload}.{signature[:5]}{turned}{signature[6:]}",
        jwt.encode(header, claims, OctKey.import_key(b"another secret that is long enough, too")),
    ]

    answers = [http.get("/me", headers={"Authorization": f"Bearer {text}".strip()}) for text in forged]

    assert [outcome(answer) for answer in answers] == [(401, "token_invalid")] * len(forged)


def test_the_names_are_changed(http, user, token, login):
    """And nothing else; the answer is the profile."""
    answer = http.put("/me", headers=bearer(token), json={"first_name": "Updated", "last_name": "Name"})

    assert answer.status_code == 200
    kept = {name: value for name, value in user.items() if name not in ("first_name", "last_name", "last_login_at")}
    assert kept.items() <= answer.json().items()
    assert http.get("/me", headers=bearer(token)).json() == answer.json()
    assert login().status_code == 200


def test_a_name_that_is_not_sent_stays(http, user, token):
    """One at a time."""
    answer = http.put("/me", headers=bearer(token), json={"last_name": "Name"})

    assert (answer.json()["first_name"], answer.json()["last_name"]) == ("Test", "Name")


@pytest.mark.parametrize("change", [{"email": "other@example.com"}, {"first_name": 1}, {"first_name": "x" * 101}])
def test_what_is_no_name_is_not_changed(http, user, token, change):
    """422, and the profile is as it was."""
    answer = http.put("/me", headers=bearer(token), json=change | {"last_name": "Name"})

    assert outcome(answer) == (422, "validation_failed")
    assert http.get("/me", headers=bearer(token)).json()["last_name"] == "User"


def test_nobody_changes_another(http, user, token, address):
    """A token names one user."""
    other = {"first_name": "An", "last_name": "Other", "email": f"x{address}", "password": PASSWORD}
    http.post("/register", json=other).raise_for_status()
    theirs = http.post("/login", data={"username": f"x{address}", "password": PASSWORD}).json()["access_token"]

    http.put("/me", headers=bearer(token), json={"first_name": "Updated"}).raise_for_status()

    assert http.get("/me", headers=bearer(theirs)).json()["first_name"] == "An"


def test_signing_out_kills_the_token_at_once(http, service, user, token, login):
    """For every worker, and for this session only."""
    other = login().json()["access_token"]

    answer = http.post("/logout", headers=bearer(token))

    assert answer.status_code == 200
    for _ in range(10):
        assert outcome(service.client().get("/me", headers=bearer(token))) == (401, "token_invalid")
    assert http.get("/me", headers=bearer(other)).status_code == 200
    assert outcome(http.post("/logout", headers=bearer(token))) == (401, "token_invalid")


def test_the_api_page_signs_in_with_a_password(http):
    """/docs is there, and the document describes the four routes."""
    document = http.get("/openapi.json").json()

    assert http.get("/docs").status_code == 200
    assert document["components"]["securitySchemes"]["bearer"]["type"] == "oauth2"
    assert "password" in document["components"]["securitySchemes"]["bearer"]["flows"]
    for path, method in (("/register", "post"), ("/login", "post"), ("/me", "get"), ("/me", "put")):
        assert document["paths"][path][method]["summary"]
    assert FORM in document["paths"]["/login"]["post"]["requestBody"]["content"]


def test_the_three_settings_of_the_specification_are_read_from_the_file(launch, body):
    """DATABASE_URL, SECRET_KEY and ALGORITHM in `.env`."""
    text = f"DATABASE_URL=sqlite:///./here.db\nSECRET_KEY={SECRET}\nALGORITHM=HS256\n"
    service = launch("oauth2-password", mode="dev", files={".env": text})
    http = service.client()
    user = http.post("/register", json=body).raise_for_status().json()

    token = http.post("/login", data={"username": body["email"], "password": PASSWORD}).json()["access_token"]

    assert (service.folder / "here.db").is_file()
    assert jwt.decode(token, OctKey.import_key(SECRET.encode())).claims["sub"] == user["id"]


def test_alembic_makes_the_tables_from_the_projects_root(database):
    """`alembic upgrade head`, as it is written there."""
    if backend() == "mongodb":
        pytest.skip("Alembic is for SQL databases")
    env = os.environ | {"DATABASE_URL": database.url}

    command = [sys.executable, "-m", "alembic", "upgrade", "head"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 0, done.stderr
    assert "email" in database.columns("users")
