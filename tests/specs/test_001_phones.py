"""Specification 001, sentence by sentence: text messages for whoever registers with a number."""

import base64
import re
import time

import pytest

from support.holder import Holder, broken_rules, new_number
from support.person import outcome
from support.webhook import Webhook

OTHER = "Another-Horse-8"


@pytest.fixture(scope="module")
def webhook():
    server = Webhook()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def service(launch_module, webhook):
    return launch_module("email-or-phone", workers=2, env={"SMS_URL": webhook.url("door:p%40ss%2Fw0rd")})


@pytest.fixture
def phoner(service):
    return Holder(service.client(), new_number())


def until(condition, *, seconds=20):
    deadline = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def given_up(service):
    return [row["reason"] for row in service.records("outbox") if row["dead_at"]]


def test_the_link_comes_by_text_message(service, webhook, phoner):
    """One short text with the link and how long it is good; it sets the password."""
    number = phoner.username
    phoner.username = f"00{number[1:]}"
    phoner.register()

    assert phoner.forget().status_code == 202
    text = webhook.wait_for(number).body["text"]
    done = phoner.reset(webhook.token(number), OTHER)

    assert f"{service.url}/reset-password?token=" in text
    assert "24 hours" in text
    assert len(text) <= 306  # two parts of a long text message
    assert done.status_code == 200
    assert phoner.sign_in().status_code == 200


def test_the_page_for_forgotten_passwords_takes_numbers(webhook, phoner):
    """A browser does not insist on an address there, and the link comes by text message."""
    phoner.register()

    field = re.search(r'<input id="f-identifier"[^>]*>', phoner.http.get("/forgot-password").text)[0]
    asked = phoner.http.post("/forgot-password/form", data={"identifier": phoner.username})

    assert 'type="text"' in field
    assert asked.status_code == 303
    assert phoner.reset(webhook.token(phoner.username), OTHER).status_code == 200


def test_the_request_to_the_text_service(webhook, phoner):
    """JSON with id, number and text, a key that names the message, and the URL's credentials as HTTP Basic."""
    phoner.register()
    phoner.forget()

    posted = webhook.wait_for(phoner.username)

    assert posted.path == "/texts?from=us"
    assert set(posted.body) == {"id", "to", "text"}
    assert posted.body["to"] == phoner.username
    assert posted.headers["content-type"] == "application/json"
    assert posted.headers["idempotency-key"] == posted.body["id"]
    assert posted.headers["authorization"] == "Basic " + base64.b64encode(b"door:p@ss/w0rd").decode()


def test_a_message_that_was_not_taken_comes_again_under_its_key(webhook, phoner):
    """After a 500 and a 429 the same message is posted again, link and all, so that a service can know it."""
    phoner.register()
    webhook.answers += [500, 429]

    phoner.forget()
    webhook.wait_for(phoner.username, count=3)
    posted = webhook.posted(phoner.username)

    assert [one.answered for one in posted] == [500, 429, 200]
    assert len({one.headers["idempotency-key"] for one in posted}) == 1
    assert len({one.body["text"] for one in posted}) == 1
    assert phoner.reset(webhook.token(phoner.username, count=3), OTHER).status_code == 200


def test_a_message_that_is_refused_for_good_is_given_up(service, webhook, phoner):
    """It is not posted again, and the operator sees why."""
    phoner.register()
    webhook.answers.append(422)

    phoner.forget()

    assert until(lambda: "refused by the SMS service (422)" in given_up(service))
    assert len(webhook.posted(phoner.username)) == 1


def test_three_messages_in_a_window(service, webhook, phoner):
    """As with mail: further requests are answered alike and send nothing."""
    phoner.register()

    answers = {(answer.status_code, answer.content) for answer in (phoner.forget() for _ in range(6))}

    assert len(answers) == 1
    assert until(lambda: service.records("outbox", dead_at=None) == [])
    assert len(webhook.posted(phoner.username)) == 3


def test_only_the_served_countries_may_register(launch, webhook):
    """A number from elsewhere is refused at sign-up, so that nobody makes the operator pay for it."""
    service = launch("email-or-phone", env={"SMS_URL": webhook.url(), "DOORWARD_SMS__COUNTRIES": "DE,FR"})
    http = service.client()

    german, french = Holder(http, new_number()).register(), Holder(http, "+33 6 12 34 56 78").register()
    british, nowhere = Holder(http, "+44 7400 123456").register(), Holder(http, "+882 16 12345678").register()

    assert (german.status_code, french.status_code) == (201, 201)
    assert broken_rules(british) == broken_rules(nowhere) == {("/username", "phone_unavailable")}


def test_the_day_has_a_cap(launch, webhook):
    """Beyond it nothing is sent to anybody; the answers are as ever and the operator sees what was given up."""
    service = launch("email-or-phone", env={"SMS_URL": webhook.url(), "DOORWARD_SMS__DAILY_CAP": "2"})
    everybody = [Holder(service.client(), new_number()) for _ in range(4)]
    for one in everybody:
        one.register()

    answers = [one.forget() for one in everybody]

    assert {answer.status_code for answer in answers} == {202}
    assert until(lambda: given_up(service) == ["the day's text messages are spent"] * 2)
    assert sum(len(webhook.posted(one.username)) for one in everybody) == 2


def test_a_region_makes_numbers_at_home_shorter(launch, webhook):
    """With DOORWARD_PHONE_REGION a number without its country code is one of that country."""
    service = launch("email-or-phone", env={"SMS_URL": webhook.url(), "DOORWARD_PHONE_REGION": "DE"})
    number = new_number()
    phoner = Holder(service.client(), f"0{number[3:]}")

    assert phoner.register().json()["phone"] == number
    assert phoner.sign_in().status_code == 200
    assert outcome(phoner.register(username=number)) == (409, "identifier_taken")
    phoner.forget()
    assert webhook.wait_for(number).body["to"] == number


def test_in_development_text_messages_land_in_the_inbox(launch):
    """Nothing has to be set up, and nothing leaves the machine."""
    service = launch("email-or-phone", mode="dev")
    phoner = Holder(service.client(), new_number())
    phoner.register()

    phoner.forget()
    found = phoner.http.get("/dev/inbox/messages", params={"to": phoner.username, "wait": 10}).json()["messages"]

    assert [message["to"] for message in found] == [phoner.username]
    assert phoner.reset(found[0]["link"].partition("token=")[2], OTHER).status_code == 200
    assert service.logged(f"sms -> {phoner.username}")


def test_plain_http_is_taken_on_this_machine_only(launch, tmp_path):
    """Elsewhere anybody could read the links: the program does not start, and its words hold no password."""
    service = launch("email-or-phone")
    service.stop()
    service.env["SMS_URL"] = "http://door:hidden-word@texts.example.com/send"

    done = service.cli(*service.command[3:])

    assert done.returncode == 2
    assert "SMS_URL" in done.stderr
    assert "https://" in done.stderr
    assert "hidden-word" not in done.stderr + done.stdout
