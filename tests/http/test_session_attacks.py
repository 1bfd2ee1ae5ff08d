"""Attacks on sessions through HTTP: tokens used as something else, tokens that ought to be dead, planted cookies.

The safe outcome is a refusal that tells nothing (401, or 400 and 410 for links and codes) and a session that goes on
for its owner; never a 5xx. Each test says what is safe where it is something else.
"""

import base64
import secrets

import pytest

from support.forgery import Forger, claims_of
from support.member import MEMBER_PASSWORD, bearer

NEW_PASSWORD = "a swim in the cold lake"


@pytest.fixture
def refresh(http):
    """Show something as a refresh token."""
    return lambda token: http.post("/v1/sessions/refresh", json={"refresh_token": token})


@pytest.fixture
def papers(member, stranger, mailbox):
    """One opaque token of each kind, all of them good for what they are."""
    handle = stranger.sign_up().json()["verification"]
    link = mailbox.link(stranger.address).partition("?token=")[2]
    member.http.post("/v1/password/forgot", json={"identifier": member.address}).raise_for_status()
    reset = mailbox.link(member.address, count=2).partition("?token=")[2]
    signed_in = member.signed_in
    return {
        "access": signed_in["access_token"],
        "refresh": signed_in["refresh_token"],
        "verification": handle,
        "link": link,
        "reset": reset,
    }


@pytest.mark.parametrize("kind", ["refresh", "verification", "link", "reset"])
def test_nothing_else_is_an_access_token(me, papers, kind):
    """401 for each of them."""
    assert me(papers[kind]).status_code == 401


@pytest.mark.parametrize("kind", ["access", "verification", "link", "reset"])
def test_nothing_else_is_a_refresh_token(refresh, papers, kind):
    """401, and the session of an access token goes on: what was shown was no copy of its refresh token."""
    assert refresh(papers[kind]).status_code == 401
    assert refresh(papers["refresh"]).status_code == 200


@pytest.mark.parametrize("kind", ["access", "refresh", "verification", "link"])
def test_nothing_else_resets_a_password(http, papers, kind):
    """400 `link_invalid`: not even a link that proves an address."""
    answer = http.post("/v1/password/reset", json={"token": papers[kind], "new_password": NEW_PASSWORD})

    assert (answer.status_code, answer.json()["code"]) == (400, "link_invalid")


@pytest.mark.parametrize("kind", ["access", "refresh", "verification", "reset"])
def test_nothing_else_is_a_link_that_verifies(http, papers, kind):
    """400 `link_invalid`, with the handle of the sign-up beside it or its password."""
    for proof in ({"verification": papers["verification"]}, {"password": MEMBER_PASSWORD}):
        answer = http.post("/v1/verify", json={"token": papers[kind]} | proof)

        assert (answer.status_code, answer.json()["code"]) == (400, "link_invalid")


@pytest.mark.parametrize("kind", ["access", "refresh", "link", "reset"])
def test_nothing_else_is_the_handle_of_a_sign_up(http, papers, kind):
    """Beside a code it leads nowhere (410), beside a link it proves no origin, and it gets no new mail out."""
    by_code = http.post("/v1/verify", json={"verification": papers[kind], "code": "123456"})
    by_link = http.post("/v1/verify", json={"verification": papers[kind], "token": papers["link"]})
    resend = http.post("/v1/verify/resend", json={"verification": papers[kind]})

    assert by_code.status_code in (400, 410)
    assert by_link.status_code in (400, 410)
    assert resend.status_code in (202, 400, 410, 422)
    assert "user" not in by_code.json()


@pytest.mark.parametrize("step", [-1, 1, 7])
def test_the_generation_of_a_refresh_token_cannot_be_changed(refresh, member, step):
    """It is under the signature: 401, and the session goes on."""
    token = member.signed_in["refresh_token"]
    raw = base64.urlsafe_b64decode(token + "==")
    generation = (int.from_bytes(raw[16:20], "big") + step) % 2**32
    changed = base64.urlsafe_b64encode(raw[:16] + generation.to_bytes(4, "big") + raw[20:]).decode().rstrip("=")

    assert refresh(changed).status_code == 401
    assert refresh(token).status_code == 200


def test_the_session_of_a_refresh_token_cannot_be_changed(refresh, join):
    """The id of somebody else's session under one's own signature: 401, and both go on."""
    mine, other = join(), join()
    raw = base64.urlsafe_b64decode(mine.signed_in["refresh_token"] + "==")
    theirs = base64.urlsafe_b64decode(other.signed_in["refresh_token"] + "==")
    mixed = base64.urlsafe_b64encode(theirs[:20] + raw[20:]).decode().rstrip("=")

    assert refresh(mixed).status_code == 401
    assert [refresh(person.signed_in["refresh_token"]).status_code for person in (mine, other)] == [200, 200]


@pytest.mark.parametrize(
    "respell", [lambda t: t + "=", lambda t: t + "==", lambda t: f" {t}", lambda t: t + "\n", str.upper]
)
def test_a_refresh_token_has_one_spelling(refresh, member, respell):
    """401 for any other; and no theft is seen in it, for the session goes on."""
    token = member.signed_in["refresh_token"]

    assert refresh(respell(token)).status_code == 401
    assert refresh(token).status_code == 200


@pytest.mark.parametrize("way", ["signed out", "revoked by the owner", "ended by an administrator", "replaced"])
def test_tokens_of_an_ended_session_are_dead(me, refresh, join, admin, way):
    """Access and refresh token, and an access token that was issued for it once more under the right key."""
    member = join()
    http, signed_in = member.http, member.signed_in
    if way == "signed out":
        http.delete("/v1/sessions/current", headers=member.bearer)
    elif way == "revoked by the owner":
        other = member.sign_in().json()
        sid = claims_of(signed_in["access_token"])["sid"]
        assert http.delete(f"/v1/sessions/{sid}", headers=bearer(other)).status_code == 200
    elif way == "ended by an administrator":
        assert http.post(f"/v1/admin/users/{member.id}/sign-out", headers=admin).status_code == 200
    else:
        change = {"current_password": member.password, "new_password": NEW_PASSWORD}
        assert http.put("/v1/me/password", json=change, headers=bearer(member.sign_in().json())).status_code == 200

    assert me(signed_in["access_token"]).status_code == 401
    assert refresh(signed_in["refresh_token"]).status_code == 401


@pytest.mark.parametrize("way", ["closed", "removed", "disabled"])
def test_tokens_of_an_account_that_is_gone_or_disabled_are_dead(me, refresh, join, admin, way):
    """The same 401 for all; somebody who takes the address again gets nothing of it."""
    member = join()
    http, signed_in = member.http, member.signed_in
    if way == "closed":
        http.request("DELETE", "/v1/me", json={"password": member.password}, headers=member.bearer).raise_for_status()
    elif way == "removed":
        http.delete(f"/v1/admin/users/{member.id}", headers=admin).raise_for_status()
    else:
        http.post(f"/v1/admin/users/{member.id}/disable", headers=admin).raise_for_status()

    assert me(signed_in["access_token"]).status_code == 401
    assert refresh(signed_in["refresh_token"]).status_code == 401


def test_tokens_of_another_installation_are_strangers(service, me, refresh, member, launch):
    """Another secret, the same issuer, the same ids: 401 for both tokens."""
    foreign = launch("modern", env={"DOORWARD_ISSUER": service.url})
    foreign.create_user("ada@example.com", MEMBER_PASSWORD, "--verified")
    body = {"identifier": "ada@example.com", "password": MEMBER_PASSWORD}
    theirs = foreign.client().post("/v1/sessions", json=body).json()
    ours = claims_of(member.signed_in["access_token"])

    assert me(theirs["access_token"]).status_code == 401
    assert refresh(theirs["refresh_token"]).status_code == 401
    assert me(Forger(theirs["access_token"], foreign.env["SECRET_KEY"])(claims=ours)).status_code == 401


def test_a_planted_cookie_does_not_become_a_session(service, join):
    """Fixation: whatever a browser brings to the sign-in, it leaves with a session that was made there."""
    attacker, victim = join(), join()
    browser = service.client()
    for planted in (attacker.signed_in["access_token"], "chosen-by-somebody", ""):
        browser.cookies.clear()
        browser.cookies.set("doorward_session", planted, path="/")
        body = {"identifier": victim.address, "password": victim.password, "delivery": "cookie"}
        answer = browser.post("/v1/sessions", json=body)
        given = answer.cookies["doorward_session"]

        assert answer.status_code == 200
        assert given != planted
        assert claims_of(given)["sid"] != claims_of(attacker.signed_in["access_token"])["sid"]
        assert claims_of(given)["sub"] == victim.id


def test_each_sign_in_has_a_session_of_its_own(member):
    """Ids are never used again, by the same browser neither."""
    ids = [claims_of(member.sign_in().json()["access_token"])["sid"] for _ in range(5)]

    assert len(set(ids)) == 5


def test_a_new_password_ends_every_session_that_somebody_else_may_have(me, refresh, member):
    """The session that changed it goes on, as the contract says; all others end, with all of their tokens."""
    others = [member.sign_in().json() for _ in range(3)]
    change = {"current_password": member.password, "new_password": NEW_PASSWORD}
    member.http.put("/v1/me/password", json=change, headers=member.bearer).raise_for_status()

    assert [me(other["access_token"]).status_code for other in others] == [401] * 3
    assert [refresh(other["refresh_token"]).status_code for other in others] == [401] * 3
    assert me(member.signed_in["access_token"]).status_code == 200


def test_a_reset_password_ends_all_sessions(me, refresh, papers, http, member):
    """Whoever resets has none yet, so none goes on."""
    http.post("/v1/password/reset", json={"token": papers["reset"], "new_password": NEW_PASSWORD}).raise_for_status()

    assert me(papers["access"]).status_code == 401
    assert refresh(papers["refresh"]).status_code == 401


@pytest.mark.parametrize("order", ["planted first", "planted last"])
@pytest.mark.parametrize("name", ["doorward_session", "doorward_refresh"])
def test_a_cookie_that_comes_twice_is_none(service, join, name, order):
    """Tossing: a neighbour can add a cookie, not replace one. Which of two is meant nobody knows, so it is 401."""
    mine, planted = join().signed_in, join().signed_in
    kind = "access_token" if name == "doorward_session" else "refresh_token"
    values = [mine[kind], planted[kind]] if order == "planted last" else [planted[kind], mine[kind]]
    header = {"Cookie": "; ".join(f"{name}={value}" for value in values)}
    http = service.client()
    refreshing = name == "doorward_refresh"
    answer = http.post("/v1/sessions/refresh", headers=header) if refreshing else http.get("/v1/me", headers=header)

    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")


@pytest.mark.parametrize(
    "cookie",
    [
        "doorward_session",
        "doorward_session=",
        'doorward_session="{token}"',
        "doorward_session={token};;;=;",
        "doorward_session={token}; doorward_session",
        "doorward_session={token}, doorward_session={token}",
        "DOORWARD_SESSION={token}",
        "doorward_session = {token}",
        "__Host-doorward_session={token}",
        "$Version=1; doorward_session={token}",
        "doorward_session={token}" + "; a=b" * 500,
    ],
    ids=range(11),
)
def test_odd_cookies_are_read_or_refused(service, member, cookie):
    """The own session or 401; nothing else can come out of it."""
    header = {"Cookie": cookie.format(token=member.signed_in["access_token"])}
    answer = service.client().get("/v1/me", headers=header)

    assert answer.status_code in (200, 401, 431)
    assert answer.status_code != 200 or answer.json()["id"] == member.id


def test_over_tls_a_neighbour_cannot_plant_the_session(launch):
    """The name begins with __Host-: browsers take it from this very host only, and the plain name is not read."""
    service = launch("modern", env={"PUBLIC_URL": "https://accounts.example.com"})
    service.create_user("ada@example.com", MEMBER_PASSWORD, "--verified")
    http = service.client()
    body = {"identifier": "ada@example.com", "password": MEMBER_PASSWORD}
    token = http.post("/v1/sessions", json=body).json()["access_token"]
    given = http.post("/v1/sessions", json=body | {"delivery": "cookie"}).headers.get_list("set-cookie")
    session = next(line for line in given if line.startswith("__Host-doorward_session="))
    refreshing = next(line for line in given if line.startswith("__Secure-doorward_refresh="))
    asked = {
        name: service.client().get("/v1/me", headers={"Cookie": f"{name}={token}"}).status_code
        for name in ("__Host-doorward_session", "doorward_session", "__Secure-doorward_session")
    }

    assert asked == {"__Host-doorward_session": 200, "doorward_session": 401, "__Secure-doorward_session": 401}
    assert all(word in session.lower() for word in ("secure", "httponly", "path=/;", "samesite=lax"))
    assert all("domain" not in line.lower() for line in given)
    assert "path=/v1/sessions/refresh" in refreshing.lower()


def test_a_bearer_token_is_not_mixed_with_a_cookie(service, join):
    """Where a header names a token, a cookie counts for nothing, good or bad."""
    mine, other = join(), join()
    cookie = {"Cookie": f"doorward_session={other.signed_in['access_token']}"}
    http = service.client()

    assert http.get("/v1/me", headers=mine.bearer | cookie).json()["id"] == mine.id
    assert http.get("/v1/me", headers={"Authorization": "Bearer x"} | cookie).status_code == 401
    assert http.get("/v1/me", headers={"Authorization": f"Basic {secrets.token_hex(8)}"} | cookie).status_code == 401
