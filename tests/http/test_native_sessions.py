"""Signing in, devices, refreshing, cookies: the native routes of the profile `modern`."""

import base64
import json
import time

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from support.member import Member, bearer
from support.person import outcome


@pytest.fixture
def browser(service, member):
    """A client that is signed in by cookie."""
    client = service.client()
    body = {"identifier": member.address, "password": member.password, "delivery": "cookie"}
    client.post("/v1/sessions", json=body).raise_for_status()
    return client


def test_signing_in_gives_tokens_and_the_user(member):
    """With a welcome by first name."""
    answer = member.sign_in()

    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"message", "access_token", "token_type", "expires_in", "refresh_token", "user"}
    assert "Ada" in body["message"]
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 900)
    assert body["user"]["last_login_at"] is not None
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_user_object_has_the_documented_members(member):
    """The same everywhere."""
    names = "id email phone username first_name last_name status role is_active is_verified verified_at created_at"

    shown = set(member.signed_in["user"])

    profile = {"date_of_birth", "date_of_joining", "address", "comments"}
    assert shown == {*names.split(), "last_login_at"} | profile
    assert member.http.get("/v1/me", headers=member.bearer).json() == member.signed_in["user"]


def test_access_tokens_are_verified_with_the_published_keys(service, http, member):
    """A JWT with the documented claims; the private part of the key is not published."""
    keys = http.get("/.well-known/jwks.json").json()

    token = jwt.decode(member.signed_in["access_token"], KeySet.import_key_set(keys), algorithms=["ES256"])

    assert set(token.claims) == {"iss", "aud", "sub", "sid", "jti", "iat", "exp"}
    assert (token.claims["iss"], token.claims["sub"]) == (service.url, member.id)
    assert token.claims["exp"] - token.claims["iat"] == 900
    assert all("d" not in key for key in keys["keys"])


def forged(token):
    """Tokens that must not pass."""
    head, claims, signature = token.split(".")
    unsigned = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "at+jwt"}).encode()).decode().rstrip("=")
    other = base64.urlsafe_b64encode(b'{"sub":"1"}').decode().rstrip("=")
    return [
        *(f"{unsigned}.{claims}.", f"{head}.{claims}.", f"{head}.{other}.{signature}"),
        *(f"{head}.{claims}.{signature[:-4]}AAAA", "not.a.token", "x", token + "x", "."),
    ]


def test_forged_tokens_are_refused(http, member):
    """Unsigned, changed, cut, made up."""
    tokens = forged(member.signed_in["access_token"])

    answers = [http.get("/v1/me", headers={"Authorization": f"Bearer {token}"}) for token in tokens]

    assert {outcome(answer) for answer in answers} == {(401, "token_invalid")}
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {'Bearer realm="doorward"'}


def test_too_many_failures_make_one_wait(member):
    """After five failures the next try has to wait, even with the right password; nobody is locked."""
    statuses = [member.sign_in(password="not this one").status_code for _ in range(5)]

    waiting = member.sign_in()

    assert statuses == [401] * 5
    assert outcome(waiting) == (429, "too_many_requests")
    assert 20 <= int(waiting.headers["Retry-After"]) <= 30
    assert member.http.get("/v1/me", headers=member.bearer).json()["status"] == "ACTIVE"


def test_devices_are_listed(member):
    """Newest first, with the present one marked and a coarse label."""
    headers = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    body = {"identifier": member.address, "password": member.password}
    newest = member.http.post("/v1/sessions", json=body, headers=headers).json()

    page = member.http.get("/v1/sessions", headers=bearer(newest)).json()

    assert page["next_cursor"] is None
    assert [item["is_current"] for item in page["items"]] == [True, False]
    assert page["items"][0]["device"] == "Firefox on Linux"
    assert {item["ip_address"] for item in page["items"]} == {"127.0.0.1"}


def is_alive(member, signed_in):
    return member.http.get("/v1/me", headers=bearer(signed_in)).status_code == 200


def test_one_device_can_be_signed_out(member):
    """Its tokens are dead at once; this one goes on."""
    other = member.sign_in().json()
    items = member.http.get("/v1/sessions", headers=member.bearer).json()["items"]
    (other_id,) = [item["id"] for item in items if not item["is_current"]]

    ended = member.http.delete(f"/v1/sessions/{other_id}", headers=member.bearer)

    assert ended.status_code == 200
    assert (is_alive(member, other), is_alive(member, member.signed_in)) == (False, True)
    refreshed = member.http.post("/v1/sessions/refresh", json={"refresh_token": other["refresh_token"]})
    assert outcome(refreshed) == (401, "token_invalid")


def test_signing_out_ends_this_session(member):
    """And no other."""
    other = member.sign_in().json()

    member.http.delete("/v1/sessions/current", headers=member.bearer).raise_for_status()

    assert (is_alive(member, member.signed_in), is_alive(member, other)) == (False, True)


def test_all_other_devices_can_be_signed_out(member):
    """This one stays."""
    others = [member.sign_in().json() for _ in range(2)]

    member.http.delete("/v1/sessions", headers=member.bearer).raise_for_status()

    assert [is_alive(member, one) for one in (*others, member.signed_in)] == [False, False, True]


def test_nobody_ends_another_persons_session(join):
    """It is as if it were not there."""
    ada, eve = join(), join()
    session = ada.http.get("/v1/sessions", headers=ada.bearer).json()["items"][0]["id"]

    answer = eve.http.delete(f"/v1/sessions/{session}", headers=eve.bearer)

    assert outcome(answer) == (404, "not_found")
    assert is_alive(ada, ada.signed_in)


def test_refresh_tokens_are_rotated(member):
    """Each gives a new access token and a successor; the one before gives the same successor for a moment."""

    def refresh(token):
        return member.http.post("/v1/sessions/refresh", json={"refresh_token": token})

    first = refresh(member.signed_in["refresh_token"])
    repeated = refresh(member.signed_in["refresh_token"])
    second = refresh(first.json()["refresh_token"])

    assert first.status_code == 200
    assert first.json()["refresh_token"] != member.signed_in["refresh_token"]
    assert repeated.json()["refresh_token"] == first.json()["refresh_token"]
    assert second.status_code == 200
    assert is_alive(member, second.json())


def test_a_copied_refresh_token_ends_the_session(launch, mailbox, address):
    """Used again after the moment of grace, it shows that somebody has a copy; it is audited."""
    service = launch("modern", env={"DOORWARD_SESSION__REFRESH_GRACE": "0"})
    member = Member(service.client(), address).join(mailbox)
    body = {"refresh_token": member.signed_in["refresh_token"]}
    good = member.http.post("/v1/sessions/refresh", json=body).json()

    stolen = member.http.post("/v1/sessions/refresh", json=body)

    assert outcome(stolen) == (401, "token_invalid")
    assert not is_alive(member, good)
    successor = member.http.post("/v1/sessions/refresh", json={"refresh_token": good["refresh_token"]})
    assert outcome(successor) == (401, "token_invalid")
    assert len(service.records("audit_logs", event_type="REFRESH_TOKEN_REUSED")) == 1


@pytest.mark.parametrize("body", [{}, {"refresh_token": "made-up"}, {"refresh_token": ""}, None])
def test_what_is_no_refresh_token_is_refused(http, body):
    """401, whatever it is."""
    answer = http.post("/v1/sessions/refresh", json=body) if body is not None else http.post("/v1/sessions/refresh")

    assert outcome(answer) == (401, "token_invalid")


def test_an_access_token_ends_by_itself(launch, mailbox, address):
    """After its time it is refused, and refreshing gives a new one."""
    service = launch("modern", env={"DOORWARD_SESSION__ACCESS_TTL": "2s"})
    member = Member(service.client(), address).join(mailbox)
    time.sleep(2.1)

    refreshed = member.http.post(
        "/v1/sessions/refresh", json={"refresh_token": member.signed_in["refresh_token"]}
    ).json()

    assert not is_alive(member, member.signed_in)
    assert is_alive(member, refreshed)


def test_cookies_carry_the_session_and_no_script_can_read_them(service, member):
    """HttpOnly and SameSite; the refresh token goes to one path only; the body holds no token."""
    answer = Member(service.client(), member.address).sign_in(delivery="cookie")

    assert (answer.json()["access_token"], answer.json()["refresh_token"]) == (None, None)
    access, refresh = sorted(answer.headers.get_list("set-cookie"), key=lambda line: "refresh" in line.split("=")[0])
    assert access.startswith("doorward_session=")
    assert refresh.startswith("doorward_refresh=")
    for line in (access, refresh):
        assert "httponly" in line.lower()
        assert "samesite=lax" in line.lower()
    assert "path=/;" in access.lower() + ";"
    assert "path=/v1/sessions/refresh" in refresh.lower()


def test_behind_tls_the_cookies_are_bound_to_host_and_tls(launch, mailbox, address):
    """__Host- and Secure, and the browser is told to stay with TLS."""
    service = launch("modern", env={"PUBLIC_URL": "https://accounts.example.com"})
    member = Member(service.client(), address).join(mailbox)

    answer = member.sign_in(delivery="cookie")

    lines = answer.headers.get_list("set-cookie")
    assert sorted(line.split("=")[0] for line in lines) == ["__Host-doorward_session", "__Secure-doorward_refresh"]
    assert all("; secure" in line.lower() for line in lines)
    assert "Strict-Transport-Security" in answer.headers


def test_a_cookie_is_as_good_as_a_token(browser):
    """Reading, refreshing, signing out; after that it is gone."""
    read = browser.get("/v1/me")
    refreshed = browser.post("/v1/sessions/refresh")
    out = browser.delete("/v1/sessions/current")

    assert [answer.status_code for answer in (read, refreshed, out)] == [200, 200, 200]
    assert refreshed.json()["access_token"] is None
    assert "doorward_session" not in browser.cookies
    assert browser.get("/v1/me").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_site_cannot_use_the_cookie(browser, headers):
    """A page elsewhere makes the browser send it along; the request is refused and changes nothing."""
    answers = [
        browser.patch("/v1/me", json={"first_name": "Eve"}, headers=headers),
        browser.delete("/v1/sessions/current", headers=headers),
        browser.post("/v1/sessions/refresh", headers=headers),
    ]

    assert {outcome(answer) for answer in answers} == {(403, "cross_site")}
    assert browser.get("/v1/me").json()["first_name"] == "Ada"


def test_ones_own_pages_can_use_the_cookie(service, browser):
    """The origin is the service's own."""
    headers = {"Origin": service.url, "Sec-Fetch-Site": "same-origin"}

    answer = browser.patch("/v1/me", json={"first_name": "Augusta"}, headers=headers)

    assert answer.status_code == 200
    assert answer.json()["first_name"] == "Augusta"


def test_a_token_needs_no_origin(http, member):
    """Nothing sends it along by itself."""
    headers = {**member.bearer, "Origin": "https://app.example"}

    assert http.patch("/v1/me", json={"first_name": "Eve"}, headers=headers).status_code == 200


def test_the_token_endpoint_speaks_oauth(http, member):
    """RFC 6749 §5: a form in, tokens out, lower-case bearer, no-store; then the refresh grant."""
    granted = http.post("/oauth/token", data={"username": member.address, "password": member.password})
    refreshed = http.post(
        "/oauth/token", data={"grant_type": "refresh_token", "refresh_token": granted.json()["refresh_token"]}
    )

    for answer in (granted, refreshed):
        assert answer.status_code == 200
        assert set(answer.json()) == {"access_token", "token_type", "expires_in", "refresh_token"}
        assert answer.json()["token_type"] == "bearer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert is_alive(member, answer.json())


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"username": "nobody@example.com", "password": "whatever it is"}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "made-up"}, "invalid_grant"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
    ],
)
def test_the_token_endpoint_refuses_in_oauths_words(http, form, error):
    """400 and `error`, as RFC 6749 §5.2 says."""
    answer = http.post("/oauth/token", data=form)

    assert answer.status_code == 400
    assert answer.json()["error"] == error
    assert answer.headers["content-type"] == "application/json"
