"""`GET /v1/session` and `GET /v1/forward-auth`: quick where all is well, and never another answer than the routes'."""

import pytest

from support.member import MEMBER_PASSWORD

PATHS = ("/v1/session", "/v1/forward-auth")
CHANGING = ("date", "x-request-id", "content-length")


def shown(answer):
    """What two answers must have in common."""
    headers = {name.lower(): value for name, value in answer.headers.items() if name.lower() not in CHANGING}
    return answer.status_code, answer.content, headers


@pytest.fixture
def asked(http):
    """Ask one of the two, by default for the quick way; `scheme="BEARER"` is left to the route."""

    def ask(token, path="/v1/session", *, scheme="Bearer"):
        return http.get(path, headers={"Authorization": f"{scheme} {token}"})

    return ask


@pytest.fixture
def token(member):
    return member.signed_in["access_token"]


def test_the_session_and_its_user_are_told(asked, member, token):
    """Enough for a host application to know whom it serves, and for how long."""
    answer = asked(token)

    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {"id", "created_at", "expires_at", "user"}
    assert body["user"] == member.http.get("/v1/me", headers=member.bearer).json()
    assert body["id"] in {item["id"] for item in member.http.get("/v1/sessions", headers=member.bearer).json()["items"]}


@pytest.mark.parametrize("path", PATHS)
def test_both_ways_give_the_same_answer(asked, token, path):
    """Status, body and headers: the first and the second time, before the framework and within it."""
    answers = [shown(asked(token, path, scheme=scheme)) for scheme in ("Bearer", "Bearer", "BEARER")]

    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 200


def test_a_proxy_is_told_who_it_is(asked, member, token):
    """In the headers that it hands on; there is no body."""
    answer = asked(token, "/v1/forward-auth")

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Remote-User"] == member.id
    assert answer.headers["Remote-Email"] == member.address
    assert answer.headers["Remote-Groups"] == "user"


@pytest.mark.parametrize("path", PATHS)
def test_a_cookie_will_do(service, member, path):
    """As it does everywhere; two of one name are refused, for one of them may have been planted."""
    client = service.client()
    body = {"identifier": member.address, "password": member.password, "delivery": "cookie"}
    client.post("/v1/sessions", json=body).raise_for_status()
    cookie = f"doorward_session={client.cookies['doorward_session']}"

    assert client.get(path).status_code == 200
    assert client.get(path).status_code == 200
    assert service.client().get(path, headers={"Cookie": f"{cookie}; doorward_session=planted"}).status_code == 401
    assert service.client().get(path, headers={"Cookie": f"other=1; {cookie}"}).status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_all_else_is_refused_as_ever(http, asked, token, path):
    """Without a token, with a broken one, with a refresh token: a problem, and how to sign in."""
    for answer in (http.get(path), asked("x" + token, path), asked("nonsense", path)):
        assert answer.status_code == 401
        assert answer.json()["code"] == "token_invalid"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", PATHS)
def test_a_sign_out_counts_at_once(asked, member, token, path):
    """However lately the token was found good."""
    assert asked(token, path).status_code == 200

    member.http.delete("/v1/sessions/current", headers=member.bearer).raise_for_status()

    assert asked(token, path).status_code == 401


def test_what_an_administrator_does_counts_at_once(http, admin, asked, member, token):
    """A disabled account is refused, and another name is told."""
    user = f"/v1/admin/users/{member.id}"
    assert asked(token).json()["user"]["first_name"] == "Ada"

    http.patch(user, json={"first_name": "Augusta"}, headers=admin).raise_for_status()
    assert asked(token).json()["user"]["first_name"] == "Augusta"

    http.post(f"{user}/disable", json={}, headers=admin).raise_for_status()
    assert asked(token).status_code == 401


def test_a_new_password_ends_what_was_remembered_of_other_sessions(http, asked, member, token):
    """Whoever has the old password has a session no more."""
    body = {"identifier": member.address, "password": MEMBER_PASSWORD}
    elsewhere = http.post("/v1/sessions", json=body).json()
    assert asked(elsewhere["access_token"]).status_code == 200

    change = {"current_password": MEMBER_PASSWORD, "new_password": "another walk in the hills"}
    http.put("/v1/me/password", json=change, headers=member.bearer).raise_for_status()

    assert asked(elsewhere["access_token"]).status_code == 401
    assert asked(token).status_code == 200
