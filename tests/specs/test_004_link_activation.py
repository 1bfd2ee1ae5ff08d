"""Specification 004, sentence by sentence: registering, one mail with link and code, one minute, verifying."""

import base64
import re
import subprocess
import time
from datetime import UTC, datetime, timedelta

import pytest

from support.browser import Browser
from support.person import another, outcome
from support.record import RECORD_PASSWORD, Record


@pytest.fixture(scope="module")
def service(launch_module):
    """Link and code are good for the real minute; the pause between two mails is short."""
    return launch_module("link-activation", workers=2, env={"DOORWARD_VERIFICATION__RESEND_COOLDOWN": "1s"})


@pytest.fixture(scope="module")
def hasty(launch_module):
    """Link and code are good for two seconds, and nobody waits between mails."""
    ttl = {f"DOORWARD_VERIFICATION__{name}_TTL": "2s" for name in ("CODE", "LINK")}
    return launch_module("link-activation", env=ttl | {"DOORWARD_VERIFICATION__RESEND_COOLDOWN": ""})


@pytest.fixture(scope="module")
def http(service):
    return service.client()


@pytest.fixture
def record(http, address):
    return Record(http, address)


@pytest.fixture
def hasty_record(hasty, address):
    return Record(hasty.client(), address)


def curl(*arguments):
    """Run curl; status and body."""
    command = ["curl", "-sS", "-w", "\n%{http_code}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


def verified_at(service, record):
    (row,) = service.records("users", email=record.address)
    return row["verified_at"]


def test_the_whole_way_works_from_a_shell(service, mailbox, address):
    """Register, read the mail, verify, get a token, look at oneself: with curl and nothing else."""
    sent = f'{{"email": "{address}", "password": "{RECORD_PASSWORD}"}}'
    status, body = curl(f"{service.url}/register", "-H", "Content-Type: application/json", "-d", sent)
    user_id = re.search(r'"id":"([0-9a-f-]{36})"', body)[1]
    token, code = Record(None, address).mailed(mailbox)

    proof = f'{{"token": "{token}", "code": "{code}"}}'
    verified = curl(f"{service.url}/verify", "-H", "Content-Type: application/json", "-d", proof)
    form = ("--data-urlencode", f"username={address}", "--data-urlencode", f"password={RECORD_PASSWORD}")
    entered = curl(f"{service.url}/access-token", *form)
    bearer = re.search(r'"access_token":"([^"]+)"', entered[1])[1]
    shown = curl(f"{service.url}/users/{user_id}", "-H", f"Authorization: Bearer {bearer}")

    assert (status, verified[0], entered[0], shown[0]) == (201, 200, 200, 200)
    assert '"verified":true' in verified[1]
    assert '"is_verified":true' in shown[1]


def test_registering_makes_a_user(record):
    """From e-mail and password alone: 201, active at once, not verified, and no secret is shown."""
    answer = record.register()

    assert answer.status_code == 201
    body = answer.json()
    assert (body["email"], body["first_name"], body["last_name"]) == (record.address, "", "")
    assert (body["is_active"], body["is_verified"], body["verified_at"]) == (True, False, None)
    assert not [name for name in body if "password" in name or "code" in name or "token" in name]


def test_names_may_be_given(record):
    """Both are kept."""
    body = record.register(first_name="Ada", last_name="Lovelace").json()

    assert (body["first_name"], body["last_name"]) == ("Ada", "Lovelace")


@pytest.mark.parametrize("missing", ["email", "password"])
def test_email_and_password_are_both_needed(http, address, missing):
    """What is missing is named."""
    body = {"email": address, "password": RECORD_PASSWORD}
    del body[missing]

    answer = http.post("/register", json=body)

    assert outcome(answer) == (422, "validation_failed")
    assert [e["pointer"] for e in answer.json()["errors"]] == [f"/{missing}"]


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("email", "no-address", "invalid_email"),
        ("password", "1234567", "too_short"),
        ("password", "x" * 129, "too_long"),
        ("first_name", "x" * 101, "too_long"),
    ],
)
def test_given_data_is_checked(service, record, member, value, code):
    """Each with its rule, and no user is created."""
    answer = record.register(**{member: value})

    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(f"/{member}", code)]
    assert service.records("users", email=record.address) == []


@pytest.mark.parametrize("member", ["role", "verified", "verified_at", "is_verified", "status", "id"])
def test_nobody_registers_himself_as_verified(record, member):
    """Unknown members are refused."""
    assert outcome(record.register(**{member: "admin"})) == (422, "validation_failed")


def test_an_address_has_one_user(record):
    """In any case of letters."""
    record.register()

    again = Record(record.http, record.address.upper()).register()

    assert outcome(again) == (409, "identifier_taken")


def test_the_password_is_kept_as_a_hash(service, record):
    """And nowhere in the database as it was typed."""
    record.register()

    (row,) = service.records("users", email=record.address)

    assert row["password_hash"].startswith("$argon2id$")
    assert not service.stored.holds(RECORD_PASSWORD)


def test_one_mail_brings_link_and_code(service, record, mailbox):
    """Four digits and a link, each alone on its line, in both parts; and how long they are good."""
    record.register(first_name="Ada")
    letter = mailbox.wait_for(record.address)
    token, code = record.mailed(mailbox)
    html = letter.get_body(("html",)).get_content()

    assert letter["To"] == record.address
    assert re.fullmatch(r"[0-9]{4}", code)
    assert mailbox.link(record.address) == f"{service.url}/verify?token={token}"
    assert code in html
    assert f"/verify?token={token}" in html
    assert "It is good for 1 minute." in mailbox.text(record.address)
    assert len(mailbox.messages(record.address)) == 1


def test_the_link_does_not_hold_the_code(record, mailbox):
    """Whoever sees the link only cannot read the code from it, in no part and no encoding."""
    record.register()
    token, code = record.mailed(mailbox)
    decoded = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))

    assert not token.startswith("ey")
    assert b"{" not in decoded[:1]
    assert code.encode() not in decoded
    assert len(decoded) == 40


def test_link_and_code_verify_the_address(service, record, mailbox):
    """200, verified, and when; the same moment stands in the record."""
    record.register()
    before = datetime.now(UTC) - timedelta(seconds=1)

    answer = record.verify(*record.mailed(mailbox))

    assert answer.status_code == 200
    assert set(answer.json()) == {"verified", "verified_at"}
    assert answer.json()["verified"] is True
    assert before < datetime.fromisoformat(answer.json()["verified_at"]) <= datetime.now(UTC)
    record.sign_in()
    assert record.http.get(record.path, headers=record.bearer).json()["verified_at"] == answer.json()["verified_at"]


def test_the_link_opens_a_page_where_the_code_is_typed(service, record, mailbox):
    """A plain form for the code: no script is needed, and the one field takes what the mail brought."""
    record.register()
    browser = Browser(service.client()).open(mailbox.link(record.address))

    assert browser.answer.status_code == 200
    assert "code" in browser.text.lower()
    assert "password that you signed up with" not in browser.text

    browser.type_and_send(mailbox.code(record.address))

    assert browser.answer.status_code == 200
    assert "Your address is verified." in browser.text
    assert verified_at(service, record) is not None


def test_the_page_lets_one_try_again(service, record, mailbox):
    """A wrong code is said, and the form is still there."""
    record.register()
    code = mailbox.code(record.address)
    browser = Browser(service.client()).open(mailbox.link(record.address))

    browser.type_and_send(another(code))

    assert (browser.answer.status_code, browser.has_form) == (400, True)
    assert another(code) not in browser.answer.text
    browser.type_and_send(code)
    assert browser.answer.status_code == 200
    assert verified_at(service, record) is not None


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_the_link_spends_nothing(service, record, mailbox, method):
    """Mail scanners and previews may open it as often as they like."""
    record.register()
    link = mailbox.link(record.address)

    answers = [record.http.request(method, link) for _ in range(8)]

    assert {answer.status_code for answer in answers} == {200}
    assert {(a.headers["Referrer-Policy"], a.headers["Cache-Control"]) for a in answers} == {
        ("strict-origin", "no-store")
    }
    assert verified_at(service, record) is None
    assert record.verify(*record.mailed(mailbox)).status_code == 200


@pytest.mark.parametrize("missing", ["token", "code"])
def test_link_and_code_are_both_needed(service, record, mailbox, missing):
    """One of the two proves nothing."""
    record.register()
    token, code = record.mailed(mailbox)
    body = {"token": token, "code": code}
    del body[missing]

    answer = record.http.post("/verify", json=body)

    assert outcome(answer) == (422, "validation_failed")
    assert [e["pointer"] for e in answer.json()["errors"]] == [f"/{missing}"]
    assert verified_at(service, record) is None


def test_link_and_code_belong_together(http, record, mailbox):
    """A stranger's code does not fit one's link."""
    record.register()
    other = Record(http, f"x{record.address}")
    other.register()
    token, code = record.mailed(mailbox)
    foreign = other.mailed(mailbox)[1]

    answer = record.verify(token, foreign if foreign != code else another(code))

    assert outcome(answer) == (400, "code_incorrect")


@pytest.mark.parametrize("change", ["", "made-up", "turned", "longer"])
def test_a_made_up_link_is_refused(record, mailbox, change):
    """However near it is to a real one."""
    record.register()
    token, code = record.mailed(mailbox)
    turned = ("B" if token[30] == "A" else "A") + token[31:]
    wrong = {"": "x", "made-up": "a" * 54, "turned": token[:30] + turned, "longer": token + "A"}[change]

    assert outcome(record.verify(wrong, code)) == (400, "link_invalid")


def test_link_and_code_are_used_once(record, mailbox):
    """Afterwards both are of no use, here and with Basic credentials."""
    record.register()
    token, code = record.mailed(mailbox)
    record.verify(token, code)

    assert outcome(record.verify(token, code)) == (410, "link_expired")
    assert outcome(record.resend()) == (409, "already_active")


def test_basic_credentials_are_enough_beside_the_code(service, record, mailbox):
    """The code with e-mail and password does what the code with the link does."""
    record.register()
    token, code = record.mailed(mailbox)

    answer = record.http.post("/v1/users/activate", json={"code": code}, auth=record.basic)
    wrong = record.http.post("/v1/users/activate", json={"code": code}, auth=(record.address, "not this one"))

    assert answer.status_code == 200
    assert answer.json()["is_verified"] is True
    assert outcome(wrong) == (401, "invalid_credentials")
    assert outcome(record.verify(token, code)) == (410, "link_expired")


def test_wrong_codes_are_counted(record, mailbox):
    """Five tries a code, with the number that is left; then the right one is of no use either."""
    record.register()
    token, code = record.mailed(mailbox)

    answers = [record.verify(token, another(code)) for _ in range(6)]

    assert [outcome(answer) for answer in answers] == [(400, "code_incorrect")] * 5 + [(410, "code_expired")]
    assert [answer.json()["attempts_left"] for answer in answers[:5]] == [4, 3, 2, 1, 0]
    assert outcome(record.verify(token, code)) == (410, "code_expired")


def test_every_way_to_guess_shares_one_count(service, record, mailbox):
    """Link, page and Basic credentials together have five tries."""
    record.register()
    token, code = record.mailed(mailbox)
    browser = Browser(service.client()).open(mailbox.link(record.address))

    for _ in range(2):
        assert record.verify(token, another(code)).status_code == 400
        browser.type_and_send(another(code))
    basic = record.http.post("/v1/users/activate", json={"code": another(code)}, auth=record.basic)

    assert (basic.status_code, basic.json()["attempts_left"]) == (400, 0)
    assert outcome(record.verify(token, code)) == (410, "code_expired")


def test_new_mails_bring_no_endless_tries(hasty_record, mailbox):
    """Ten wrong tries an hour, however many mails are sent; then neither tries nor mails are taken."""
    hasty_record.register()
    for turn in (1, 2):
        token, code = hasty_record.mailed(mailbox, count=turn)
        assert {hasty_record.verify(token, another(code)).status_code for _ in range(5)} == {400}
        spent = hasty_record.resend()

    assert outcome(spent) == (429, "too_many_requests")
    assert int(spent.headers["Retry-After"]) > 3000


def test_a_new_mail_replaces_link_and_code(record, mailbox):
    """The old link is dead, the new pair is good."""
    record.register()
    old = record.mailed(mailbox)
    at_once = record.resend()
    time.sleep(1.1)

    resent = record.resend()
    new = record.mailed(mailbox, count=2)

    assert outcome(at_once) == (429, "too_many_requests")
    assert resent.status_code == 202
    assert outcome(record.verify(*old)) == (410, "link_expired")
    assert outcome(record.verify(new[0], old[1] if old[1] != new[1] else another(new[1]))) == (400, "code_incorrect")
    assert record.verify(*new).status_code == 200


def test_too_late_is_an_error(hasty, hasty_record, mailbox):
    """410 from the API and from the page; the user stays unverified and can ask for another mail."""
    hasty_record.register()
    token, code = hasty_record.mailed(mailbox)
    browser = Browser(hasty.client()).open(mailbox.link(hasty_record.address))
    time.sleep(2.2)

    late = hasty_record.verify(token, code)
    browser.type_and_send(code)

    assert outcome(late) == (410, "link_expired")
    assert browser.answer.status_code == 410
    assert verified_at(hasty, hasty_record) is None
    assert hasty_record.resend().status_code == 202
    assert hasty_record.verify(*hasty_record.mailed(mailbox, count=2)).status_code == 200


@pytest.mark.slow
def test_link_and_code_have_one_real_minute(service, http, mailbox, address):
    """55 seconds after the mail the pair is good; 61 seconds after it, link and code are dead."""
    early, late, basic = (Record(http, f"{name}-{address}") for name in ("early", "late", "basic"))
    for one in (early, late, basic):
        one.register()
    pairs = [one.mailed(mailbox) for one in (early, late, basic)]
    time.sleep(55)

    in_time = early.verify(*pairs[0])
    time.sleep(6)
    too_late = late.verify(*pairs[1])
    by_code = basic.http.post("/v1/users/activate", json={"code": pairs[2][1]}, auth=basic.basic)

    assert in_time.status_code == 200
    assert outcome(too_late) == (410, "link_expired")
    assert outcome(by_code) == (410, "code_expired")
    assert (verified_at(service, late), verified_at(service, basic)) == (None, None)
