"""Signing up where nobody learns who has an account: the native routes of the profile `modern`."""

import time

import pytest

from support.member import MEMBER_PASSWORD, Member
from support.person import another, outcome


def broken_rules(answer):
    return {(item["pointer"], item["code"]) for item in answer.json()["errors"]}


def token_of(link):
    return link.partition("token=")[2]


def test_a_sign_up_waits_for_its_proof(service, stranger):
    """202, a handle, and no account yet."""
    answer = stranger.sign_up()

    assert answer.status_code == 202
    assert set(answer.json()) == {"next", "verification"}
    assert answer.json()["next"] == "verify"
    assert service.records("users", email=stranger.address) == []
    assert outcome(stranger.sign_in()) == (401, "invalid_credentials")


def test_the_code_proves_the_address(stranger, mailbox):
    """With the handle of the sign-up: 200 and the user; now one can sign in."""
    handle = stranger.sign_up(first_name="Ada").json()["verification"]

    answer = stranger.http.post("/v1/verify", json={"verification": handle, "code": mailbox.code(stranger.address)})

    assert answer.status_code == 200
    body = answer.json()
    assert (body["email"], body["first_name"]) == (stranger.address, "Ada")
    assert (body["is_active"], body["is_verified"], body["role"], body["status"]) == (True, True, "user", "ACTIVE")
    assert stranger.sign_in().status_code == 200


def test_a_code_has_six_digits_and_few_tries(stranger, mailbox):
    """Five wrong tries are counted down, then it is gone."""
    handle = stranger.sign_up().json()["verification"]
    code = mailbox.code(stranger.address)
    wrong = {"verification": handle, "code": another(code)}

    answers = [stranger.http.post("/v1/verify", json=wrong) for _ in range(6)]

    assert len(code) == 6
    assert [a.json().get("attempts_left") for a in answers] == [4, 3, 2, 1, 0, None]
    assert outcome(answers[5]) == (410, "code_expired")


def test_a_handle_of_somebody_else_proves_nothing(http, mailbox, join, stranger):
    """A made-up one is an invalid link; a code belongs to its own sign-up."""
    stranger.sign_up()
    code = mailbox.code(stranger.address)
    other = Member(http, f"x{stranger.address}").sign_up().json()["verification"]

    made_up = http.post("/v1/verify", json={"verification": "made-up", "code": code})
    foreign = http.post("/v1/verify", json={"verification": other, "code": code})

    assert outcome(made_up) == (400, "link_invalid")
    assert outcome(foreign) == (400, "code_incorrect")


@pytest.mark.parametrize("proof", ["verification", "password"])
def test_the_link_needs_proof_that_the_sign_up_was_ones_own(stranger, mailbox, proof):
    """The handle, or the password: nobody verifies a stranger's sign-up by a click."""
    handle = stranger.sign_up().json()["verification"]
    token = token_of(mailbox.link(stranger.address))
    proofs = {"verification": handle, "password": stranger.password}

    answer = stranger.http.post("/v1/verify", json={"token": token, proof: proofs[proof]})

    assert answer.status_code == 200
    assert answer.json()["is_verified"] is True


def test_a_link_alone_is_not_enough(http, stranger, mailbox):
    """422 without a proof, 401 with a wrong password, 400 with another's handle; then the right one still works."""
    stranger.sign_up()
    token = token_of(mailbox.link(stranger.address))
    other = Member(http, f"x{stranger.address}").sign_up().json()["verification"]

    answers = [
        http.post("/v1/verify", json={"token": token, **proof})
        for proof in ({}, {"password": "not this one"}, {"verification": other}, {"password": MEMBER_PASSWORD})
    ]

    assert [outcome(answer) for answer in answers] == [
        (422, "validation_failed"),
        (401, "invalid_credentials"),
        (400, "link_invalid"),
        (200, None),
    ]


@pytest.mark.parametrize("body", [{}, {"verification": "x"}, {"code": "123456"}])
def test_a_missing_part_is_named(http, body):
    """What a proof needs is said."""
    answer = http.post("/v1/verify", json=body)

    assert answer.status_code == 422
    assert broken_rules(answer) == {(f"/{name}", "required") for name in {"verification", "code"} - set(body)}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_the_link_spends_nothing(http, stranger, mailbox, method):
    """Mail scanners follow links."""
    stranger.sign_up()
    link = mailbox.link(stranger.address)

    opened = [http.request(method, link) for _ in range(3)]

    assert {answer.status_code for answer in opened} == {200}
    proof = {"token": token_of(link), "password": MEMBER_PASSWORD}
    assert http.post("/v1/verify", json=proof).status_code == 200


def test_a_link_works_once(http, stranger, mailbox):
    """And the code beside it is spent with it."""
    handle = stranger.sign_up().json()["verification"]
    proof = {"token": token_of(mailbox.link(stranger.address)), "password": MEMBER_PASSWORD}
    http.post("/v1/verify", json=proof)

    again = http.post("/v1/verify", json=proof)
    by_code = http.post("/v1/verify", json={"verification": handle, "code": mailbox.code(stranger.address)})

    assert outcome(again) == (410, "link_expired")
    assert outcome(by_code) == (410, "code_expired")


def test_a_new_letter_replaces_the_one_before(http, stranger, mailbox):
    """Code and link of the first are dead, those of the second work."""
    handle = stranger.sign_up().json()["verification"]
    code, link = mailbox.code(stranger.address), mailbox.link(stranger.address)
    at_once = http.post("/v1/verify/resend", json={"verification": handle})
    time.sleep(1.1)

    resent = http.post("/v1/verify/resend", json={"verification": handle})

    new = mailbox.code(stranger.address, count=2)
    old_link = http.post("/v1/verify", json={"token": token_of(link), "verification": handle})
    old_code = http.post("/v1/verify", json={"verification": handle, "code": code})
    new_code = http.post("/v1/verify", json={"verification": handle, "code": new})
    assert outcome(at_once) == (429, "too_many_requests")
    assert "Retry-After" in at_once.headers
    assert resent.status_code == 202
    assert outcome(old_link) == (410, "link_expired")
    assert outcome(old_code) == (400, "code_incorrect")
    assert new_code.status_code == 200


def test_the_first_to_prove_an_address_gets_it(http, stranger, mailbox):
    """Several sign-ups may wait for one address; the others end with the first proof."""
    handles = [stranger.sign_up(first_name=name).json()["verification"] for name in ("Ada", "Eve")]
    mailbox.wait_for(stranger.address, count=2)
    links = [mailbox.link_in(letter) for letter in mailbox.messages(stranger.address)]

    tried = [
        http.post("/v1/verify", json={"token": token_of(link), "verification": handle})
        for handle in handles
        for link in links
    ]

    won = [answer.json()["first_name"] for answer in tried if answer.status_code == 200]
    assert won == ["Ada"]
    assert {answer.status_code for answer in tried} == {200, 400, 410}


def test_the_owner_of_a_taken_address_is_told(http, member, mailbox):
    """A letter without code and link; his account stays as it is, and the intruder's password opens nothing."""
    intruder = Member(http, member.address, "another long walk uphill")

    answer = intruder.sign_up(first_name="Eve")

    assert answer.status_code == 202
    text = mailbox.text(member.address, count=2)
    assert "you have an account already" in text
    assert "token=" not in text
    assert "Eve" not in text
    assert (intruder.sign_in().status_code, member.sign_in().status_code) == (401, 200)
    assert http.get("/v1/me", headers=member.bearer).json()["first_name"] == "Ada"


@pytest.mark.parametrize(
    ("password", "code"),
    [("short", "too_short"), ("password123", "too_common"), ("x" * 129, "too_long"), ("lovelace-1815", None)],
)
def test_passwords_that_everybody_tries_are_refused(stranger, password, code):
    """At least 8, at most 128, none of the common ones; no classes are asked for."""
    stranger.password = password

    answer = stranger.sign_up()

    assert answer.status_code == (422 if code else 202)
    assert broken_rules(answer) == {("/password", code)} if code else "verification" in answer.json()


def test_a_password_of_ones_own_words_is_refused(stranger):
    """Name and address are what others try first."""
    stranger.password = "AdaLovelace1"

    answer = stranger.sign_up(first_name="Ada", last_name="Lovelace")

    assert broken_rules(answer) == {("/password", "contains_identifier")}


def test_the_profile_comes_with_the_sign_up(join):
    """What a person tells about himself is kept and shown."""
    told = {"first_name": " Ada ", "date_of_birth": "1815-12-10", "address": "12 St James's Square", "comments": "hi"}

    shown = join(**told).signed_in["user"]

    assert {name: shown[name] for name in told} == told | {"first_name": "Ada"}


@pytest.mark.parametrize("member", [{"role": "admin"}, {"status": "ACTIVE"}, {"verified": True}, {"id": "1"}])
def test_nobody_gives_himself_rights(stranger, member):
    """Members that the public may not set are unknown."""
    answer = stranger.sign_up(**member)

    assert answer.status_code == 422
    assert broken_rules(answer) == {(f"/{name}", "unknown_member") for name in member}


def test_user_names_are_public_and_taken_once(http, join, stranger):
    """A taken one is said to be taken; a free one is good for signing in."""
    name = f"ada.{stranger.address[:8]}"
    owner = join(username=name)

    taken = stranger.sign_up(username=name.upper())

    assert outcome(taken) == (409, "identifier_taken")
    assert owner.sign_in(identifier=name).status_code == 200


def test_phones_are_not_taken_here(stranger):
    """This release sends no SMS."""
    answer = stranger.sign_up(phone="+4930123456")

    assert broken_rules(answer) == {("/phone", "phone_unavailable")}


@pytest.mark.parametrize("path", ["/v1/users/activate", "/v1/users/resend-code"])
def test_routes_that_would_tell_about_an_address_are_not_there(http, member, path):
    """A password must answer nothing about a waiting address; the refusal names the profile that has the route."""
    answer = http.post(path, json={"code": "123456"}, auth=(member.address, member.password))

    assert outcome(answer) == (404, "not_found")
    assert "doorward dev --profile code-activation" in answer.json()["detail"]


def test_sign_up_can_be_closed(launch, address):
    """Then only administrators make accounts."""
    service = launch("modern", env={"DOORWARD_REGISTRATION__OPEN": "off"})

    answer = Member(service.client(), address).sign_up()

    assert outcome(answer) == (403, "registration_closed")
