"""Specification 003, sentence by sentence: an account becomes active with a mailed code, within one minute."""

import re
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from support.person import PASSWORD, Person, another, outcome

ROOT = Path(__file__).parents[2]
MAKE_TARGETS = (
    *("install", "test-unit", "test-integration", "test", "init-db", "run"),
    *("start-rabbitmq-consumer", "stop-docker-compose"),
)


@pytest.fixture(scope="module")
def service(launch_module):
    """Codes are good for the real minute; the pause between two mails is short."""
    env = {"DOORWARD_VERIFICATION__RESEND_COOLDOWN": "1s", "DOORWARD_DOCS": "on"}
    return launch_module("code-activation", env=env)


@pytest.fixture(scope="module")
def hasty(launch_module):
    """The same with codes that are good for two seconds and no pause between mails."""
    env = {"DOORWARD_VERIFICATION__CODE_TTL": "2s", "DOORWARD_VERIFICATION__RESEND_COOLDOWN": ""}
    return launch_module("code-activation", env=env)


@pytest.fixture(scope="module")
def http(service):
    return service.client()


@pytest.fixture
def person(http, address):
    return Person(http, address)


@pytest.fixture
def hasty_person(hasty, address):
    return Person(hasty.client(), address)


def test_an_account_is_made_from_email_and_password(person):
    """201 with the account, which is not active yet and shows no secret."""
    answer = person.sign_up()

    assert answer.status_code == 201
    body = answer.json()
    assert (body["email"], body["is_active"], body["is_verified"]) == (person.address, False, False)
    assert body["verified_at"] is None
    assert not [name for name in body if "password" in name or "code" in name]


@pytest.mark.parametrize("body", [{"email": "ada@example.com"}, {"password": PASSWORD}])
def test_email_and_password_are_both_needed(http, body):
    """What is missing is named."""
    answer = http.post("/v1/users", json=body)

    assert answer.status_code == 422
    assert {e["pointer"] for e in answer.json()["errors"]} == {f"/{n}" for n in {"email", "password"} - set(body)}


@pytest.mark.parametrize(
    ("member", "value", "code"), [("email", "no-address", "invalid_email"), ("password", "1234567", "too_short")]
)
def test_what_cannot_be_an_address_or_a_password_is_refused(http, address, member, value, code):
    """Each with its rule."""
    answer = http.post("/v1/users", json={"email": address, "password": PASSWORD} | {member: value})

    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(f"/{member}", code)]


def test_an_address_has_one_account(person):
    """Verified or not."""
    person.sign_up()

    assert outcome(person.sign_up()) == (409, "identifier_taken")


def test_the_password_is_kept_as_a_hash(service, person):
    """And nowhere in the database as it was typed."""
    person.sign_up()

    (row,) = service.records("users", email=person.address)

    assert row["password_hash"].startswith("$argon2id$")
    assert not service.stored.holds(PASSWORD)


def test_a_mail_brings_a_code_of_four_digits(person, mailbox):
    """One letter to that address, the code alone on its line, and how long it is good."""
    person.sign_up()

    letter = mailbox.wait_for(person.address)

    assert letter["To"] == person.address
    assert re.fullmatch(r"[0-9]{4}", mailbox.code(person.address))
    assert "It is good for 1 minute." in mailbox.text(person.address)
    assert len(mailbox.messages(person.address)) == 1


def test_the_code_activates_the_account(person, mailbox):
    """With Basic credentials and the mailed code: 200, active, and the person can sign in."""
    person.sign_up()
    before = outcome(person.sign_in())

    answer = person.activate(mailbox.code(person.address))

    assert answer.status_code == 200
    assert (answer.json()["is_active"], answer.json()["is_verified"]) == (True, True)
    assert answer.json()["verified_at"] is not None
    assert before == (403, "email_not_verified")
    assert person.sign_in().status_code == 200


def test_an_account_is_activated_once(person, mailbox):
    """The same code, or another mail, is of no use afterwards."""
    person.sign_up()
    code = mailbox.code(person.address)
    person.activate(code)

    assert outcome(person.activate(code)) == (409, "already_active")
    assert outcome(person.resend()) == (409, "already_active")


@pytest.mark.parametrize("header", [None, "Bearer abc", "Basic", "Basic !!!", "Basic YWJj", "Basic //79"])
def test_activating_takes_basic_credentials(person, mailbox, header):
    """Missing or broken ones are answered with the challenge, and the right code changes nothing."""
    person.sign_up()
    headers = {"Authorization": header} if header else {}

    answer = person.activate(mailbox.code(person.address), auth=None, headers=headers)

    assert outcome(answer) == (401, "invalid_credentials")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="doorward", charset="UTF-8"'


def test_only_the_right_user_can_use_the_code(http, person, mailbox):
    """Wrong password, unknown user: 401. Another user's own credentials: the code is wrong for him."""
    person.sign_up()
    code = mailbox.code(person.address)
    other = Person(http, f"x{person.address}")
    other.sign_up()
    mailbox.wait_for(other.address)

    wrong = person.activate(code, auth=(person.address, "not the password"))
    unknown = person.activate(code, auth=("nobody@example.com", PASSWORD))
    foreign = other.activate(code if mailbox.code(other.address) != code else another(code))

    assert outcome(wrong) == outcome(unknown) == (401, "invalid_credentials")
    assert outcome(foreign) == (400, "code_incorrect")
    assert person.activate(code).status_code == 200


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("Pässwörd-пароль-密码", "Pässwörd-пароль-密码"),
        ("a:colon:in:it", "a:colon:in:it"),
        ("Cafe\u0301 au lait", "Caf\u00e9 au lait"),
    ],
)
def test_credentials_beyond_ascii_work(http, mailbox, address, typed, sent):
    """Basic credentials are UTF-8, the first colon separates, and two keyboards give one password."""
    person = Person(http, address, typed)
    person.sign_up()

    answer = person.activate(mailbox.code(address), auth=(address.encode(), sent.encode()))

    assert answer.status_code == 200


def test_a_wrong_code_is_refused_with_the_tries_left(person, mailbox):
    """Wrong tries 1 to 5 answer 400 with 4 to 0 left; from the 6th on 410, also for the right code."""
    person.sign_up()
    code = mailbox.code(person.address)

    answers = [person.activate(another(code)) for _ in range(6)]

    assert [outcome(answer) for answer in answers] == [(400, "code_incorrect")] * 5 + [(410, "code_expired")]
    assert [answer.json()["attempts_left"] for answer in answers[:5]] == [4, 3, 2, 1, 0]
    assert outcome(person.activate(code)) == (410, "code_expired")


def test_wrong_codes_do_not_spoil_the_right_one(person, mailbox):
    """While tries are left, the right code is right."""
    person.sign_up()
    code = mailbox.code(person.address)
    for _ in range(4):
        person.activate(another(code))

    assert person.activate(code).status_code == 200


@pytest.mark.parametrize("code", ["", "12345", "abcd", "١٢٣٤", "0x12", " ", "-001", "+123"])
def test_what_is_no_code_is_never_right(person, code):
    """It is refused like any wrong input."""
    person.sign_up()

    assert person.activate(code).status_code in (400, 422)


@pytest.mark.parametrize("body", [{}, {"code": 1234}, {"code": None}, {"code": ["1234"]}, {"code": "1234", "x": 1}, []])
def test_the_body_of_an_activation_is_judged(http, person, body):
    """A code is a string, and nothing stands beside it."""
    person.sign_up()

    answer = http.post("/v1/users/activate", json=body, auth=person.basic)

    assert outcome(answer) == (422, "validation_failed")


def test_a_code_that_comes_too_late_raises_an_error(hasty_person, mailbox):
    """410, and the account stays inactive; here the minute is two seconds."""
    hasty_person.sign_up()
    code = mailbox.code(hasty_person.address)
    time.sleep(2.2)

    assert outcome(hasty_person.activate(code)) == (410, "code_expired")
    assert outcome(hasty_person.sign_in()) == (403, "email_not_verified")


def test_after_a_late_code_a_new_one_helps(hasty_person, mailbox):
    """The account is not lost."""
    hasty_person.sign_up()
    mailbox.wait_for(hasty_person.address)
    time.sleep(2.2)

    resent = hasty_person.resend()

    assert resent.status_code == 202
    assert hasty_person.activate(mailbox.code(hasty_person.address, count=2)).status_code == 200


def test_a_slow_mail_server_does_not_eat_the_minute(hasty_person, hasty, mailbox):
    """The time runs from the hand-over: a letter that was refused for longer than the code is good still helps."""
    with mailbox.refusing(451):
        hasty_person.sign_up()
        time.sleep(2.5)

    code = mailbox.code(hasty_person.address, 20)

    assert hasty_person.activate(code).status_code == 200


@pytest.mark.slow
def test_the_user_has_one_real_minute(http, mailbox, address):
    """55 seconds after the mail the code is good, 61 seconds after it another one is not."""
    early, late = Person(http, address), Person(http, f"late-{address}")
    for person in (early, late):
        person.sign_up()
    codes = [mailbox.code(person.address) for person in (early, late)]
    time.sleep(55)

    in_time = early.activate(codes[0])
    time.sleep(6)
    too_late = late.activate(codes[1])

    assert in_time.status_code == 200
    assert outcome(too_late) == (410, "code_expired")


def test_a_new_code_replaces_the_old_one(person, mailbox):
    """202 and a second letter; the old code is wrong now, the new one is right."""
    person.sign_up()
    old = mailbox.code(person.address)
    time.sleep(1.1)

    resent = person.resend()
    new = mailbox.code(person.address, count=2)

    assert resent.status_code == 202
    assert old != new
    assert outcome(person.activate(old)) == (400, "code_incorrect")
    assert person.activate(new).status_code == 200


def test_a_new_code_cannot_be_asked_for_at_once(person):
    """The first mail starts the pause: 429, and how long to wait."""
    person.sign_up()

    answer = person.resend()

    assert outcome(answer) == (429, "too_many_requests")
    assert int(answer.headers["Retry-After"]) == 1


def test_the_pause_is_half_a_minute_unless_set(launch, address):
    """The default of the profile."""
    person = Person(launch("code-activation").client(), address)
    person.sign_up()

    answer = person.resend()

    assert answer.status_code == 429
    assert 25 <= int(answer.headers["Retry-After"]) <= 30


def test_new_codes_bring_no_endless_tries(hasty_person, mailbox):
    """Ten wrong tries an hour, however many codes are sent; then neither tries nor mails are taken."""
    hasty_person.sign_up()
    for turn in (1, 2):
        code = mailbox.code(hasty_person.address, count=turn)
        statuses = {hasty_person.activate(another(code)).status_code for _ in range(5)}
        assert statuses == {400}
        spent = hasty_person.resend()

    assert outcome(spent) == (429, "too_many_requests")
    assert int(spent.headers["Retry-After"]) > 3000


def test_resending_takes_the_password(http, person):
    """Nobody makes the service mail to a stranger."""
    person.sign_up()

    answer = http.post("/v1/users/resend-code", auth=(person.address, "not the password"))

    assert outcome(answer) == (401, "invalid_credentials")


def test_events_are_published(service, person, mailbox):
    """user.registered and user.activated, with the account as subject: to RabbitMQ, or without it to the log."""
    subject = person.sign_up().json()["id"]
    person.activate(mailbox.code(person.address))

    for name in ("user.registered", "user.activated"):
        assert service.published(name, subject)


def test_the_code_stands_in_the_mail_only(launch, address, mailbox):
    """Neither log nor database holds it, not even at DEBUG."""
    service = launch("code-activation", env={"LOG_LEVEL": "DEBUG", "DOORWARD_VERIFICATION__CODE_LENGTH": "10"})
    person = Person(service.client(), address)
    person.sign_up()
    code = mailbox.code(address)

    assert person.activate(code).status_code == 200
    assert [f.name for f in service.folder.iterdir() if code.encode() in f.read_bytes()] == []


def test_what_happened_is_audited(service, person, mailbox):
    """Sign-up, sending, a wrong code, activation: each with its time."""
    user_id = person.sign_up().json()["id"]
    code = mailbox.code(person.address)
    person.activate(another(code))
    person.activate(code)

    rows = service.records("audit_logs", user_id=user_id)

    types = {"SIGNUP", "VERIFICATION_SENT", "VERIFICATION_FAILED", "EMAIL_VERIFIED"}
    assert {row["event_type"] for row in rows} == types
    assert all(row["event_time"] < datetime.now(UTC) for row in rows)


def test_the_api_page_asks_for_username_and_password(http):
    """/docs is there, and the activation asks for Basic credentials with the e-mail as user name."""
    page, document = http.get("/docs"), http.get("/openapi.json").json()

    scheme = document["components"]["securitySchemes"]["basic"]

    assert page.status_code == 200
    assert (scheme["type"], scheme["scheme"]) == ("http", "basic")
    assert "E-mail" in scheme["description"]
    for path in ("/v1/users/activate", "/v1/users/resend-code"):
        assert document["paths"][path]["post"]["security"] == [{"basic": []}]


@pytest.mark.parametrize("target", MAKE_TARGETS)
def test_the_make_targets_of_the_specification_exist(target):
    """Each can be planned by make."""
    planned = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)

    assert planned.returncode == 0, planned.stderr


def test_the_sample_settings_work_as_copied(launch, address):
    """`cp .env.example .env` and run."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    service = launch("code-activation", mode="dev", files={".env": text})

    assert Person(service.client(), address).sign_up().status_code == 201
