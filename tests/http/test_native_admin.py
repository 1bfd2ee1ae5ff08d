"""What administrators do: the native routes of the profile `modern`."""

from uuid import uuid4

import pytest

from support.member import MEMBER_PASSWORD, Member
from support.person import outcome

ROUTES = [
    *(("GET", "/v1/admin/users"), ("POST", "/v1/admin/users"), ("GET", "/v1/admin/users/{id}")),
    *(("PATCH", "/v1/admin/users/{id}"), ("DELETE", "/v1/admin/users/{id}")),
    *(("POST", f"/v1/admin/users/{{id}}/{act}") for act in ("lock", "unlock", "disable", "enable", "verify")),
    ("POST", "/v1/admin/users/{id}/sign-out"),
]


@pytest.fixture
def act(http, admin):
    """Do something to an account."""

    def post(member, action, **body):
        return http.post(f"/v1/admin/users/{member.id}/{action}", headers=admin, json=body or None)

    return post


@pytest.fixture
def audited(http, admin):
    """The rows about an account, newest first."""

    def read(user_id, event_type):
        params = {"user_id": user_id, "event_type": event_type}
        return http.get("/v1/audit", headers=admin, params=params).json()["items"]

    return read


def body_for(method, path):
    if path == "/v1/admin/users" and method == "POST":
        return {"email": "new@example.com", "password": MEMBER_PASSWORD}
    return {"first_name": "Eve"} if method == "PATCH" else None


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_members_are_refused(http, member, method, path):
    """403 on every route, about themselves too."""
    answer = http.request(method, path.format(id=member.id), headers=member.bearer, json=body_for(method, path))

    assert outcome(answer) == (403, "forbidden")


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if "{id}" in route[1]])
def test_an_account_that_is_not_there_is_not_found(http, admin, method, path):
    """404 on every route."""
    answer = http.request(method, path.format(id=uuid4()), headers=admin, json=body_for(method, path))

    assert outcome(answer) == (404, "not_found")


def test_an_unknown_action_is_refused(act, member):
    """It is no route of ours."""
    assert act(member, "explode").status_code in (404, 422)


def test_accounts_are_found_by_text_status_and_proof(http, admin, join, act):
    """Filters narrow the list down."""
    ada, eve = join(last_name="Quuxworth"), join(last_name="Quuxworth")
    act(eve, "disable")

    def found(**params):
        page = http.get("/v1/admin/users", headers=admin, params={"q": "quuxworth", **params}).json()
        return {item["id"] for item in page["items"]}

    assert found() == {ada.id, eve.id}
    assert (found(status="DISABLED"), found(status="ACTIVE")) == ({eve.id}, {ada.id})
    assert (found(verified="true"), found(verified="false")) == ({ada.id, eve.id}, set())


def test_accounts_are_listed_page_by_page(http, admin, join):
    """In the order asked for, every account once."""
    ids = [join(last_name="Pageworth").id for _ in range(3)]

    def walk(sort):
        found, cursor = [], None
        while True:
            params = {"q": "pageworth", "sort": sort, "limit": 2} | ({"cursor": cursor} if cursor else {})
            page = http.get("/v1/admin/users", headers=admin, params=params).json()
            found += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    assert walk("created_at") == ids
    assert walk("-created_at") == ids[::-1]


@pytest.mark.parametrize("params", [{"sort": "password_hash"}, {"status": "GONE"}, {"cursor": "x"}, {"x": "y"}])
def test_a_filter_that_means_nothing_is_refused(http, admin, params):
    """Rather than ignored."""
    answer = http.get("/v1/admin/users", headers=admin, params=params)

    assert outcome(answer) == (422, "validation_failed")


def test_a_verified_account_can_be_made(http, admin, address, audited):
    """Who vouches for the address spares the letter; it is audited with who did it."""
    body = {"email": address, "password": MEMBER_PASSWORD, "verified": True, "role": "admin"}
    made = http.post("/v1/admin/users", headers=admin, json=body)

    assert made.status_code == 201
    assert (made.json()["is_verified"], made.json()["role"]) == (True, "admin")
    assert Member(http, address).sign_in().status_code == 200
    assert audited(made.json()["id"], "SIGNUP")[0]["details"]["by"] != "operator"


def test_an_unverified_account_gets_a_letter(http, admin, address, mailbox):
    """It cannot be used before its owner has proven the address with link and password."""
    http.post("/v1/admin/users", headers=admin, json={"email": address, "password": MEMBER_PASSWORD})
    before = Member(http, address).sign_in()

    proof = {"token": mailbox.link(address).partition("token=")[2], "password": MEMBER_PASSWORD}
    verified = http.post("/v1/verify", json=proof)

    assert outcome(before) == (403, "email_not_verified")
    assert verified.status_code == 200
    assert Member(http, address).sign_in().status_code == 200


def test_administrators_are_told_what_is_taken(http, admin, member):
    """They may know."""
    answer = http.post("/v1/admin/users", headers=admin, json={"email": member.address, "password": MEMBER_PASSWORD})

    assert outcome(answer) == (409, "identifier_taken")


def test_one_account_is_shown(http, admin, member):
    """As its owner sees it."""
    shown = http.get(f"/v1/admin/users/{member.id}", headers=admin)

    assert shown.status_code == 200
    assert shown.json() == member.signed_in["user"]


def test_profile_and_role_are_changed(http, admin, member, audited):
    """With the reason in the audit log; from now on the new administrator is one."""
    body = {"last_name": "King", "date_of_joining": "2024-02-29", "role": "admin", "reason": "promotion"}
    changed = http.patch(f"/v1/admin/users/{member.id}", headers=admin, json=body)

    assert changed.status_code == 200
    names = ("first_name", "last_name", "date_of_joining", "role")
    assert [changed.json()[name] for name in names] == ["Ada", "King", "2024-02-29", "admin"]
    assert http.get("/v1/admin/users", headers=member.bearer).status_code == 200
    for event_type in ("PROFILE_UPDATED", "ROLE_CHANGED"):
        assert audited(member.id, event_type)[0]["details"]["reason"] == "promotion"


def test_a_locked_account_cannot_sign_in_until_it_is_unlocked(act, member, audited):
    """Its sessions go on: who shall be out at once is disabled."""
    locked = act(member, "lock", reason="looks stolen")
    refused, seen = member.sign_in(), member.http.get("/v1/me", headers=member.bearer)
    unlocked = act(member, "unlock")

    assert (locked.json()["status"], locked.json()["is_active"]) == ("LOCKED", False)
    assert outcome(refused) == (423, "account_locked")
    assert seen.status_code == 200
    assert unlocked.json()["status"] == "ACTIVE"
    assert member.sign_in().status_code == 200
    assert audited(member.id, "ACCOUNT_LOCKED")[0]["details"]["reason"] == "looks stolen"
    assert len(audited(member.id, "ACCOUNT_UNLOCKED")) == 1


def test_a_disabled_account_is_out_until_it_is_enabled(act, member, mailbox):
    """Tokens are dead, nothing is mailed, and a reset does not bring it back."""
    disabled = act(member, "disable")
    refreshed = member.http.post("/v1/sessions/refresh", json={"refresh_token": member.signed_in["refresh_token"]})
    refused, seen = member.sign_in(), member.http.get("/v1/me", headers=member.bearer)
    member.http.post("/v1/password/forgot", json={"identifier": member.address})
    enabled = act(member, "enable")

    assert disabled.json()["status"] == "DISABLED"
    assert outcome(refused) == (403, "account_disabled")
    assert (seen.status_code, refreshed.status_code) == (401, 401)
    assert enabled.json()["is_active"] is True
    assert member.sign_in().status_code == 200
    assert len(mailbox.messages(member.address)) == 1


def test_an_address_can_be_vouched_for_later(http, admin, address, act):
    """Verified by hand."""
    body = {"email": address, "password": MEMBER_PASSWORD}
    made = http.post("/v1/admin/users", headers=admin, json=body).json()
    member = Member(http, address, signed_in={"user": made})

    verified = act(member, "verify", reason="showed a passport")

    assert verified.json()["is_verified"] is True
    assert member.sign_in().status_code == 200


def test_somebody_can_be_signed_out_everywhere(act, member):
    """At once; he may sign in again."""
    act(member, "sign-out")

    assert member.http.get("/v1/me", headers=member.bearer).status_code == 401
    assert member.sign_in().status_code == 200


def test_an_account_can_be_deleted(http, admin, member, audited):
    """It is gone, its history stays, with the reason."""
    path = f"/v1/admin/users/{member.id}"
    deleted = http.request("DELETE", path, headers=admin, json={"reason": "asked by mail"})

    assert deleted.status_code == 204
    assert http.get(path, headers=admin).status_code == 404
    assert member.sign_in().status_code == 401
    assert audited(member.id, "USER_DELETED")[0]["details"]["reason"] == "asked by mail"
