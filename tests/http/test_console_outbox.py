"""The console's outbox: what waits and why, what it will say, and another try."""

import re
import secrets
import time

import pytest

from support.operator import Operator, administrator, weight

PATH = "/admin/outbox"
NAME = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def service(launch_module):
    return launch_module("code-activation", env={"DOORWARD_LIMITS__FORGOT": "1000/hour"})


@pytest.fixture(scope="module")
def root(service):
    return administrator(service)


@pytest.fixture
def refused(service, mailbox, root):
    """Somebody whose letter the mail server refused; the page of that letter."""

    def run(status=550):
        address = f"{secrets.token_hex(6)}@example.com"
        with mailbox.refusing(status):
            body = {"email": address, "password": "trains and tea", "first_name": NAME}
            assert service.client().post("/v1/users", json=body).status_code in (201, 202)
            entry = wait_for(root, address, "550" if status == 550 else "451")
        return address, f"{PATH}/{entry}"

    return run


def wait_for(root, address, reason):
    """The id of the entry for an address, as soon as it has failed."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        page = root.open(PATH).answer.text
        for item in page.split("<li>")[1:]:
            if address in item and re.search(rf"\b{reason}\b", item):  # and not somewhere in an id
                return re.search(rf"{PATH}/([0-9a-f-]{{36}})", item)[1]
        time.sleep(0.1)
    raise TimeoutError(page)


def notes(root):
    return root.open("/admin/audit?event=DELIVERY_RETRIED").text


def test_what_was_given_up_is_shown_with_its_reason(root, refused):
    """To whom, how often it was tried, and what the mail server said."""
    address, path = refused()
    listed = root.open(f"{PATH}?state=dead").text
    one = root.open(path).text

    assert f"Code for a new account given up to {address}" in listed
    assert "1 try" in listed
    assert "550" in listed
    assert f"To {address}" in one
    assert address not in root.open(f"{PATH}?state=waiting").text


def test_what_is_tried_again_by_itself_is_shown_too(root, refused):
    """With its next try."""
    address, path = refused(451)

    assert address in root.open(f"{PATH}?state=retrying").text or "Next try" in root.open(path).text


def test_neither_code_nor_link_can_be_read(root, refused, mailbox):
    """The page shows the letter with dots in their place; what is sent later has them."""
    address, path = refused()
    page = root.open(path)
    shown = page.answer.text
    page.send(f"{path}/retry", reason="the address is right")
    code = mailbox.code(address)

    assert "••••" in shown
    assert not re.search(rf"(?<!\d){code}(?!\d)", shown)
    assert not re.search(r"token=[A-Za-z0-9_-]", shown)


def test_one_is_tried_again(root, refused, mailbox):
    """The letter goes out, and the audit log says who wanted it and why."""
    address, path = refused()
    root.open(path).send(f"{path}/retry", reason="the address is right <b>")

    assert "It is tried now." in root.text
    assert mailbox.code(address)
    assert "What waited to be sent was tried again" in notes(root)
    assert "the address is right <b>" in root.text
    assert "right <b>" not in root.answer.text
    assert address not in root.answer.text


def test_what_has_left_cannot_be_tried_again(root, refused, mailbox):
    """The page is gone with the letter."""
    address, path = refused()
    page = root.open(path)
    page.send(f"{path}/retry")
    mailbox.code(address)
    time.sleep(0.5)

    assert root.status(path) == 404
    assert root.post(f"{path}/retry").status_code == 404


def test_all_that_were_given_up_are_tried_again(root, refused, mailbox):
    """At once, with one row in the audit log."""
    addresses = [refused()[0] for _ in range(2)]
    root.open(PATH).send(f"{PATH}/given-up/retry", reason="mended")

    assert re.search(r"[0-9]+ (is|are) tried now\.", root.text)
    assert all(mailbox.code(address) for address in addresses)
    assert "mended" in notes(root)


def test_where_nothing_was_given_up_nothing_is_tried(root, refused, mailbox):
    """It is said, and nothing is noted."""
    root.post(f"{PATH}/given-up/retry")
    before = notes(root).count("DELIVERY_RETRIED")
    answer = root.post(f"{PATH}/given-up/retry", reason="again")

    assert answer.headers["Location"] == f"{PATH}?done=all&n=0"
    assert "Nothing could be tried again" in root.open(answer.headers["Location"]).text
    assert notes(root).count("DELIVERY_RETRIED") == before


def test_a_name_that_would_be_a_script_is_text(root, refused):
    """In the letter that is shown."""
    _, path = refused()

    assert NAME not in root.open(path).answer.text


@pytest.mark.parametrize("path", [f"{PATH}?state=nonsense", f"{PATH}?done=%3Cscript%3E", f"{PATH}?n=5&done=all"])
def test_addresses_that_somebody_made_up_do_no_harm(root, path):
    """They show the page."""
    page = root.open(path).answer

    assert page.status_code == 200
    assert "<script>" not in page.text


@pytest.mark.parametrize("path", [f"{PATH}?cursor=x", f"{PATH}?n=-1", f"{PATH}/nonsense", f"{PATH}/{'0' * 32}"])
def test_what_cannot_be_is_refused(root, path):
    """As a page."""
    assert root.open(path).answer.status_code in (404, 422)


ACTS = (f"{PATH}/given-up/retry", f"{PATH}/0198f5a2-0000-7000-8000-000000000000/retry")


@pytest.mark.parametrize("path", ACTS)
@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}], ids=str)
def test_forms_of_other_sites_are_refused(root, path, headers):
    """Nothing is done."""
    answer = root.post(path, headers=headers)

    assert answer.status_code == 403
    assert "came from another site" in answer.text


def test_only_administrators_see_it(service):
    """A user is refused everywhere, a stranger is led to the sign-in and back."""
    somebody, stranger = Operator(service), service.client()
    led = stranger.get(PATH, headers={"Accept": "text/html"}, follow_redirects=True)

    assert [somebody.status(path) for path in (PATH, ACTS[1].removesuffix("/retry"))] == [403, 403]
    assert [somebody.post(path).status_code for path in ACTS] == [403, 403]
    assert [stranger.post(path).status_code for path in ACTS] == [307, 307]
    assert (led.url.path, f'value="{PATH}"' in led.text) == ("/sign-in", True)


def test_the_page_is_small(root):
    """With all that belongs to it."""
    assert weight(root, PATH) <= 60_000
