"""One's own account and password: the native routes of the profile `modern`."""

import pytest

from support.member import bearer
from support.person import outcome

NEW = "another long walk uphill"


def change(member, old, new, headers=None):
    body = {"current_password": old, "new_password": new}
    return member.http.put("/v1/me/password", json=body, headers=headers or member.bearer)


def forgot(http, identifier):
    return http.post("/v1/password/forgot", json={"identifier": identifier})


def reset(http, token, new=NEW):
    return http.post("/v1/password/reset", json={"token": token, "new_password": new})


def mailed_token(mailbox, member, count=2):
    """The token of a reset link; the first letter was the one of the sign-up."""
    return mailbox.link(member.address, count=count).partition("token=")[2]


def is_alive(member, signed_in):
    return member.http.get("/v1/me", headers=bearer(signed_in)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", "/v1/me"), ("PATCH", "/v1/me"), ("DELETE", "/v1/me"), ("GET", "/v1/me/export")),
        *(("GET", "/v1/me/audit"), ("PUT", "/v1/me/password"), ("GET", "/v1/sessions"), ("DELETE", "/v1/sessions")),
        *(("DELETE", "/v1/sessions/current"), ("GET", "/v1/audit"), ("GET", "/v1/admin/users")),
    ],
)
def test_nothing_personal_is_shown_without_a_session(http, method, path):
    """401 with the challenge, before the body is looked at."""
    answer = http.request(method, path, json={} if method in ("PATCH", "PUT", "POST") else None)

    assert outcome(answer) == (401, "token_invalid")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_profile_can_be_changed_in_part(http, member):
    """Absent members stay, null empties one, blanks around a name go."""
    first = {"first_name": " Augusta ", "address": "London", "date_of_birth": "1815-12-10"}
    http.patch("/v1/me", headers=member.bearer, json=first)

    shown = http.patch("/v1/me", headers=member.bearer, json={"address": None}).json()

    names = ("first_name", "last_name", "address", "date_of_birth")
    assert [shown[name] for name in names] == ["Augusta", "Lovelace", None, "1815-12-10"]
    assert http.get("/v1/me", headers=member.bearer).json() == shown


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"email": "other@example.com"}, "/email", "unknown_member"),
        ({"role": "admin"}, "/role", "unknown_member"),
        ({"date_of_joining": "2020-01-01"}, "/date_of_joining", "unknown_member"),
        ({"first_name": "x" * 101}, "/first_name", "too_long"),
        ({"first_name": "A\r\nBcc: x"}, "/first_name", "control_character"),
        ({"first_name": 7}, "/first_name", "wrong_type"),
        ({"date_of_birth": "yesterday"}, "/date_of_birth", "invalid_date"),
        ({"date_of_birth": "1815-13-10"}, "/date_of_birth", "invalid_date"),
        ({"date_of_birth": 0}, "/date_of_birth", "invalid_date"),
        ({"date_of_birth": "0"}, "/date_of_birth", "invalid_date"),
        ({"address": "x" * 1001}, "/address", "too_long"),
    ],
)
def test_what_the_profile_cannot_take_is_named(http, member, body, pointer, code):
    """And nothing is changed."""
    answer = http.patch("/v1/me", headers=member.bearer, json=body)

    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]
    assert http.get("/v1/me", headers=member.bearer).json() == member.signed_in["user"]


def test_closing_takes_the_password_and_can_be_undone(http, service, member, mailbox):
    """The account is out of use at once; the mailed link brings it back, once, without its sessions."""
    wrong = http.request("DELETE", "/v1/me", headers=member.bearer, json={"password": "not this one"})
    closed = http.request("DELETE", "/v1/me", headers=member.bearer, json={"password": member.password})

    assert outcome(wrong) == (403, "wrong_password")
    assert closed.status_code == 204
    assert not is_alive(member, member.signed_in)
    assert outcome(member.sign_in()) == (403, "account_closing")

    token = mailbox.link(member.address, count=2).partition("token=")[2]
    restored, again = (http.post("/v1/restore", json={"token": token}) for _ in range(2))

    assert (restored.status_code, restored.json()["status"]) == (200, "ACTIVE")
    assert outcome(again) == (410, "link_expired")
    assert outcome(http.post("/v1/restore", json={"token": "made up"})) == (400, "link_invalid")
    assert not is_alive(member, member.signed_in)
    assert member.sign_in().status_code == 200


def test_the_export_holds_everything_and_no_secret(http, member):
    """Account, sessions, audit rows, sign-in attempts, how the address was proven."""
    answer = http.get("/v1/me/export", headers=member.bearer)

    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"user", "sessions", "audit", "login_attempts", "verification_log"}
    assert body["user"]["email"] == member.address
    assert [attempt["success"] for attempt in body["login_attempts"]] == [True]
    assert {"SIGNUP", "EMAIL_VERIFIED", "LOGIN_SUCCESS"} <= {row["event_type"] for row in body["audit"]}
    assert "argon2" not in answer.text


def test_the_audit_log_is_read_page_by_page(http, member):
    """Every row once, newest first, and only one's own."""
    for _ in range(3):
        member.sign_in()
    whole = http.get("/v1/me/audit", headers=member.bearer).json()["items"]

    pages, cursor = [], None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = http.get("/v1/me/audit", headers=member.bearer, params=params).json()
        pages.append(page["items"])
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert [row for page in pages for row in page] == whole
    assert {len(page) for page in pages[:-1]} == {2}
    assert [row["event_type"] for row in whole[:4]] == ["LOGIN_SUCCESS"] * 4
    assert {row["user_id"] for row in whole} == {member.id}


def test_the_audit_log_is_filtered(http, member):
    """By type and by time: `since` counts, `until` does not."""
    rows = http.get("/v1/me/audit", headers=member.bearer).json()["items"]
    moment = rows[0]["event_time"]

    def read(**params):
        return http.get("/v1/me/audit", headers=member.bearer, params=params).json()["items"]

    assert read(event_type="LOGIN_SUCCESS") == [row for row in rows if row["event_type"] == "LOGIN_SUCCESS"]
    assert read(since=moment) == [row for row in rows if row["event_time"] >= moment]
    assert read(until=moment) == [row for row in rows if row["event_time"] < moment]


@pytest.mark.parametrize(
    "params",
    [
        *({"limit": "0"}, {"limit": "201"}, {"limit": "x"}, {"cursor": "made-up"}, {"since": "yesterday"}),
        *({"event_type": "login success"}, {"user_id": "1"}, {"colour": "red"}),
    ],
)
def test_a_filter_that_means_nothing_is_refused(http, member, params):
    """Rather than ignored."""
    answer = http.get("/v1/me/audit", headers=member.bearer, params=params)

    assert outcome(answer) == (422, "validation_failed")


def test_everybodys_audit_log_is_for_administrators(http, member, admin):
    """They see others' rows; nobody else does."""
    shown = http.get("/v1/audit", headers=admin, params={"user_id": member.id}).json()["items"]

    assert outcome(http.get("/v1/audit", headers=member.bearer)) == (403, "forbidden")
    assert {row["user_id"] for row in shown} == {member.id}


def test_changing_the_password_ends_all_other_sessions(member):
    """This one goes on; the old password is dead, the new one works."""
    other = member.sign_in().json()

    answer = change(member, member.password, NEW)

    assert answer.status_code == 200
    assert (is_alive(member, other), is_alive(member, member.signed_in)) == (False, True)
    assert (member.sign_in().status_code, member.sign_in(password=NEW).status_code) == (401, 200)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("not this one", NEW, (403, "wrong_password", None)),
        ("a long walk in the hills", "short", (422, "validation_failed", "too_short")),
        ("a long walk in the hills", "password123", (422, "validation_failed", "too_common")),
        ("a long walk in the hills", "a long walk in the hills", (422, "validation_failed", "reused")),
    ],
)
def test_a_change_that_is_refused_changes_nothing(member, old, new, expected):
    """Wrong, weak, common or used before."""
    answer = change(member, old, new)

    body = answer.json()
    rule = body["errors"][0]["code"] if "errors" in body else None
    assert (answer.status_code, body["code"], rule) == expected
    assert member.sign_in().status_code == 200


def test_guessing_the_current_password_has_to_wait_too(member):
    """A stolen session is no way around the limit."""
    statuses = [change(member, "not this one", NEW).status_code for _ in range(6)]

    assert statuses == [403] * 5 + [429]


def test_forgetting_is_answered_alike(http, member, mailbox, address):
    """Known, unknown, or no address at all: 202 and the same sentence."""
    answers = [forgot(http, identifier) for identifier in (member.address, address, "no address", "")]

    assert {(answer.status_code, answer.text) for answer in answers} == {(202, answers[0].text)}
    assert mailbox.wait_for(member.address, count=2)["Subject"]
    assert mailbox.messages(address) == []


def test_a_reset_link_sets_a_new_password_once(http, member, mailbox):
    """All sessions end; the link and its elder are dead afterwards."""
    forgot(http, member.address)
    elder = mailed_token(mailbox, member)
    forgot(http, member.address)
    token = mailed_token(mailbox, member, count=3)

    answer = reset(http, token)

    assert answer.status_code == 200
    assert not is_alive(member, member.signed_in)
    assert (member.sign_in().status_code, member.sign_in(password=NEW).status_code) == (401, 200)
    assert {outcome(reset(http, used)) for used in (token, elder)} == {(410, "link_expired")}


def test_a_refused_new_password_leaves_the_link_good(http, member, mailbox):
    """One may try again."""
    forgot(http, member.address)
    token = mailed_token(mailbox, member)

    statuses = [reset(http, token, new).status_code for new in ("short", member.password, NEW)]

    assert statuses == [422, 422, 200]


@pytest.mark.parametrize("token", ["made-up", "x" * 4096, "../../etc", "0"])
def test_a_made_up_reset_link_is_refused(http, token):
    """400, and nothing is compared."""
    assert outcome(reset(http, token)) == (400, "link_invalid")


def test_a_link_for_one_purpose_is_good_for_no_other(http, stranger, member, mailbox):
    """A verification link resets nothing, a reset link verifies nothing."""
    stranger.sign_up()
    forgot(http, member.address)
    verify_token = mailbox.link(stranger.address).partition("token=")[2]
    reset_token = mailed_token(mailbox, member)

    swapped = [
        reset(http, verify_token),
        http.post("/v1/verify", json={"token": reset_token, "password": member.password}),
    ]

    assert {outcome(answer) for answer in swapped} == {(400, "link_invalid")}


def test_three_reset_letters_an_hour_are_sent(http, member, mailbox):
    """More are answered alike and sent to nobody."""
    answers = [forgot(http, member.address) for _ in range(5)]
    mailbox.wait_for(member.address, count=4)
    forgot_by_other = forgot(http, "somebody@example.com")

    assert {answer.status_code for answer in (*answers, forgot_by_other)} == {202}
    assert len(mailbox.messages(member.address)) == 4


def test_the_rules_are_published_for_forms(http):
    """What a form should say before it is sent."""
    policy = http.get("/v1/policy").json()

    password = {"min_length": 8, "max_length": 128, "require": [], "block_common": True, "history": 5, "max_age": 0}
    verification = {"mode": "required", "code_length": 6, "code_ttl": 600, "resend_cooldown": 1, "link": True}
    assert policy["password"] == password
    assert policy["verification"] == verification
    assert policy["registration"] == {"required_fields": ["email", "password"]}
