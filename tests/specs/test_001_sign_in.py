"""Specification 001, sentence by sentence: signing in, passwords that expire, signing out."""

import json
import re
import subprocess
import time
from base64 import urlsafe_b64decode

import pytest

from support.holder import HOLDER_PASSWORD, Holder, bearer, broken_rules, new_number
from support.person import outcome
from support.webhook import Webhook

OTHER = "Another-Horse-8"
TIME = "Execution Time"


@pytest.fixture(scope="module")
def webhook():
    server = Webhook()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def service(launch_module, webhook):
    return launch_module("email-or-phone", workers=2, env={"SMS_URL": webhook.url()})


@pytest.fixture(scope="module")
def ageing(launch_module):
    """Passwords expire after two seconds."""
    return launch_module("email-or-phone", env={"DOORWARD_PASSWORD__MAX_AGE": "2s"})


@pytest.fixture
def http(service):
    return service.client()


@pytest.fixture
def holder(http, address):
    return Holder(http, address)


@pytest.fixture
def expired(ageing, address):
    """Somebody whose password has just expired, and the refusal that says so."""
    someone = Holder(ageing.client(), address).joined()
    deadline = time.monotonic() + 20
    while (refusal := someone.sign_in()).status_code == 200 and time.monotonic() < deadline:
        time.sleep(0.1)
    return someone, refusal


def curl(*arguments, sent=None):
    """Run curl; status and body."""
    body = ["-H", "Content-Type: application/json", "-d", json.dumps(sent)] if sent else []
    command = ["curl", "-sS", "-w", "\n%{http_code}", *arguments, *body]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body)


def test_the_whole_way_works_from_a_shell(service, mailbox, address):
    """Register, sign in, change, forget, reset by mail, sign in, sign out: with curl and nothing else."""
    names = {"first_name": "Ada", "last_name": "Lovelace", "date_of_birth": "1985-12-10", "active": True}
    first, second, third = HOLDER_PASSWORD, OTHER, "Third-1-Horse"

    steps = [curl(f"{service.url}/register", sent={"username": address, "password": first} | names)]
    steps += [curl(f"{service.url}/login", sent={"username": address, "password": first})]
    signed_in = ["-H", f"Authorization: Bearer {steps[-1][1]['access_token']}"]
    change = {"old_password": first, "new_password": second}
    steps += [curl(f"{service.url}/change-password", *signed_in, sent=change)]
    steps += [curl(f"{service.url}/forgot-password", sent={"username": address})]
    token = mailbox.link(address).partition("token=")[2]
    steps += [curl(f"{service.url}/reset-password", sent={"token": token, "new_password": third})]
    form = ["--data-urlencode", f"username={address}", "--data-urlencode", f"password={third}"]
    steps += [curl(f"{service.url}/login", *form)]
    signed_in = ["-H", f"Authorization: Bearer {steps[-1][1]['access_token']}"]
    steps += [curl("-X", "POST", f"{service.url}/logout", *signed_in), curl(f"{service.url}/v1/me", *signed_in)]

    assert [status for status, _ in steps] == [201, 200, 200, 202, 200, 200, 200, 401]


def test_signing_in_gives_a_jwt_and_the_time_it_took(holder):
    """200 with a welcome by name, a bearer token and "Execution Time": "NN ms"."""
    holder.register()

    answer = holder.sign_in()

    body = answer.json()
    assert answer.status_code == 200
    assert list(body) == ["message", "access_token", "token_type", "expires_in", TIME]
    assert (body["message"], body["token_type"]) == ("Welcome, Ada!", "Bearer")
    assert 890 <= body["expires_in"] <= 900
    assert re.fullmatch(r"[1-9][0-9]* ms", body[TIME])
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_token_is_a_signed_jwt(holder, http):
    """It names issuer, account, session and end, and nothing about the person; the key is public."""
    holder.joined()
    token = holder.bearer["Authorization"].removeprefix("Bearer ")

    header, claims = (json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in token.split(".")[:2])

    assert header["alg"] == "ES256"
    assert {"iss", "aud", "sub", "sid", "jti", "iat", "exp"} <= set(claims)
    assert claims["sub"] == holder.me().json()["id"]
    assert header["kid"] in {key["kid"] for key in http.get("/.well-known/jwks.json").json()["keys"]}
    assert holder.username not in json.dumps(claims)


@pytest.mark.parametrize("by_number", [False, True])
def test_a_form_signs_in_too(http, address, by_number):
    """By address and by number."""
    username = new_number() if by_number else address
    Holder(http, username).register().raise_for_status()

    answer = http.post("/login", data={"username": username, "password": HOLDER_PASSWORD})

    assert answer.status_code == 200
    assert {"access_token", TIME} <= set(answer.json())


def test_refusals_do_not_tell_a_time(http, holder):
    """It would tell how far a guess has come; unknown, wrong and malformed are refused without it."""
    holder.register()

    answers = [
        holder.sign_in(OTHER),
        holder.sign_in(username="nobody@example.com"),
        holder.sign_in(username=new_number()),
        http.post("/login", data={"username": holder.username, "password": OTHER}),
        http.post("/login", json={"username": holder.username}),
    ]

    assert [outcome(a) for a in answers] == [(401, "invalid_credentials")] * 4 + [(422, "validation_failed")]
    assert not [a for a in answers if TIME in a.text or " ms" in a.text or "Server-Timing" in a.headers]


def test_unknown_and_wrong_are_answered_alike(holder):
    """Address or number, known or not: one answer."""
    holder.register()

    bodies = [
        {**answer.json(), "request_id": ""}
        for answer in (
            holder.sign_in(OTHER),
            holder.sign_in(username="nobody@example.com"),
            holder.sign_in(username=new_number()),
            holder.sign_in(username="neither"),
        )
    ]

    assert bodies == [bodies[0]] * 4


def test_guessing_is_slowed_down(holder):
    """After five failures the next try has to wait, also with the right password; nobody is locked out for good."""
    holder.register()

    answers = [holder.sign_in(OTHER) for _ in range(6)] + [holder.sign_in()]

    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 30


def test_an_expired_password_is_to_be_changed(expired, ageing):
    """403 and a token for changing it; the audit log says why."""
    someone, refusal = expired

    assert outcome(refusal) == (403, "password_expired")
    assert refusal.json()["expires_in"] == 300
    assert TIME not in refusal.json()
    assert "access_token" not in refusal.text
    (user,) = ageing.records("users", email=someone.username)
    assert ageing.records("audit_logs", user_id=user["id"], event_type="PASSWORD_EXPIRED")


def test_only_the_right_password_learns_that_it_is_expired(expired):
    """A guess is answered like any other."""
    someone, _ = expired

    assert outcome(someone.sign_in(OTHER)) == (401, "invalid_credentials")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(
            ("GET", "/v1/me"),
            ("PATCH", "/v1/me"),
            ("POST", "/logout"),
            ("GET", "/v1/me/audit"),
            ("GET", "/v1/sessions"),
        ),
        *(("DELETE", "/v1/sessions/current"), ("GET", "/v1/me/export"), ("DELETE", "/v1/me"), ("PUT", "/v1/me/email")),
    ],
)
def test_the_change_token_is_good_for_nothing_else(expired, method, path):
    """No account page, no sign-out, no session."""
    someone, refusal = expired
    bodies = {"PATCH": {"first_name": "Eve"}, "DELETE": {"password": HOLDER_PASSWORD}, "PUT": {}}
    sent = {"json": bodies[method]} if method in bodies and path != "/v1/sessions/current" else {}

    answer = someone.http.request(method, path, headers=bearer(refusal.json()["change_token"]), **sent)

    assert outcome(answer) == (401, "token_invalid")


def test_the_change_token_changes_the_password_once(expired):
    """Old and new password as ever; the expired one does not come back; afterwards one signs in again."""
    someone, refusal = expired
    token = refusal.json()["change_token"]

    reused = someone.change(HOLDER_PASSWORD, token=token)
    wrong = someone.change(OTHER, old="Wrong-Horse-9", token=token)
    changed = someone.change(OTHER, token=token)
    entered = someone.sign_in()
    again = someone.change("Third-1-Horse", token=token)

    assert broken_rules(reused) == {("/new_password", "reused")}
    assert outcome(wrong) == (403, "wrong_password")
    assert changed.status_code == 200
    assert "access_token" not in changed.text
    assert "Sign in" in changed.json()["message"]
    assert entered.status_code == 200
    assert outcome(again) == (401, "token_invalid")


def test_whoever_has_forgotten_the_expired_one_resets_it(expired, mailbox):
    """The mailed link is another way out."""
    someone, _ = expired
    someone.forget()

    done = someone.reset(mailbox.link(someone.username).partition("token=")[2], OTHER)

    assert done.status_code == 200
    assert someone.sign_in().status_code == 200


def test_the_end_is_announced(launch, address):
    """In the last seven days, signing in says how many are left."""
    service = launch("email-or-phone", env={"DOORWARD_PASSWORD__MAX_AGE": "5d"})
    soon = Holder(service.client(), address)
    soon.register()

    message = soon.sign_in().json()["message"]

    assert message == "Welcome, Ada! Your password expires in 4 days; change it before."


def test_signing_out_kills_the_token_at_once(service, holder):
    """In every worker process: each new connection may meet another one."""
    holder.joined()
    assert {service.client().get("/v1/me", headers=holder.bearer).status_code for _ in range(8)} == {200}

    answer = holder.sign_out()
    after = [outcome(service.client().get("/v1/me", headers=holder.bearer)) for _ in range(20)]

    assert answer.status_code == 200
    assert "message" in answer.json()
    assert set(after) == {(401, "token_invalid")}
    assert outcome(holder.sign_out()) == (401, "token_invalid")


def test_signing_out_leaves_the_other_devices(holder, http):
    """One session ends, the account and the other sessions go on."""
    holder.joined()
    first = dict(holder.bearer)
    holder.sign_in()

    holder.sign_out()

    assert http.get("/v1/me", headers=first).status_code == 200
    assert outcome(holder.me()) == (401, "token_invalid")


@pytest.mark.parametrize("headers", [{}, bearer("nonsense"), {"Authorization": "Basic YTpi"}])
def test_signing_out_takes_a_token(http, headers):
    """Without one there is nothing to end."""
    answer = http.post("/logout", headers=headers)

    assert outcome(answer) == (401, "token_invalid")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
