"""The console's test letter: the conversation with the mail server, and what to do where it fails."""

import re

import pytest

from support.operator import Operator, administrator, weight

PATH = "/admin/mail/test"


@pytest.fixture(scope="module")
def service(launch_module):
    return launch_module("code-activation", env={"DOORWARD_LIMITS__FORGOT": "1000/hour"})


@pytest.fixture(scope="module")
def root(service):
    return administrator(service)


def test_a_test_letter_goes_to_oneself(root, mailbox):
    """It is said how long the server took, and every line; the letter comes at once."""
    root.open(PATH).send(PATH)

    assert re.search(r"The mail server took the test letter in [0-9,]+ ms\.", root.text)
    assert re.search(rf"[0-9]+ we RCPT TO:<{root.email}>", root.text)
    assert re.search(r"[0-9]+ server 250 kept", root.text)
    assert mailbox.wait_for(root.email)
    assert "A test letter was sent" in root.open("/admin/audit?event=TEST_MAIL_SENT").text


def test_what_the_server_has_against_it_is_said(root, mailbox):
    """In its own words, and what one can do."""
    with mailbox.refusing(550):
        root.open(PATH).send(PATH)

    assert root.answer.status_code == 503
    assert "The test letter was not taken." in root.text
    assert "server 550 not now" in root.text
    assert "The server objects to the letter itself." in root.text


def test_test_letters_are_limited(launch):
    """Like letters for a new password."""
    root = administrator(launch("code-activation", env={"DOORWARD_LIMITS__FORGOT": "2/hour"}))

    assert [root.post(PATH).status_code for _ in range(3)] == [200, 200, 429]


def test_it_is_found_from_the_navigation(root):
    """By way of the letters, which stand in it, and from the outbox."""
    for page in ("/admin", "/admin/mail", "/admin/outbox"):
        assert 'href="/admin/mail"' in root.open(page).answer.text
    assert f'href="{PATH}"' in root.open("/admin/mail").answer.text
    assert f'href="{PATH}"' in root.open("/admin/outbox").answer.text


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}], ids=str)
def test_forms_of_other_sites_are_refused(root, headers):
    """Nothing is sent."""
    answer = root.post(PATH, headers=headers)

    assert answer.status_code == 403
    assert "came from another site" in answer.text


def test_only_administrators_send_one(service):
    """A user is refused."""
    somebody = Operator(service)

    assert (somebody.status(PATH), somebody.post(PATH).status_code) == (403, 403)


def test_the_page_is_light(root):
    """With styles and scripts."""
    assert weight(root, PATH) < 60_000
