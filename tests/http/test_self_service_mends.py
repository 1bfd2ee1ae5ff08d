"""Small things on the pages that somebody had stumbled over."""

import re
import secrets

import pytest

from support.browser import Browser

PASSWORD, NEW = "Trains-and-tea-7", "Trams-and-milk-8"
PEOPLE = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture(scope="module")
def service(launch_module):
    return launch_module("code-activation", env={"DOORWARD_VERIFICATION__RESEND_COOLDOWN": "1s"})


@pytest.fixture(scope="module")
def with_phones(launch_module):
    return launch_module("email-or-phone")


@pytest.fixture
def email():
    return f"{secrets.token_hex(8)}+x@example.com"


@pytest.fixture
def browser(service):
    return Browser(service.client())


@pytest.fixture
def inside(browser, email, mailbox):
    """Somebody who has signed up and is signed in."""
    browser.open("/sign-up").send("/sign-up", email=email, password=PASSWORD)
    browser.send("/verify/form", code=mailbox.code(email))
    return browser.send("/sign-in", password=PASSWORD)


def test_who_has_verified_need_not_type_the_address_again(browser, email, mailbox):
    """The form has it; only the password is missing."""
    browser.open("/sign-up").send("/sign-up", email=email, password=PASSWORD)
    browser.send("/verify/form", code=mailbox.code(email))

    assert browser.path == "/sign-in"
    assert f'value="{email}"' in browser.answer.text
    assert browser.send("/sign-in", password=PASSWORD).path == "/account"


@pytest.mark.parametrize("path", ["/", "/sign-in"])
def test_who_is_signed_in_is_told_so(inside, email, path, service):
    """With a way on; others see nothing of it, and neither does a session that has ended."""
    shown = inside.open(path).text
    inside.send("/sign-out") if path == "/" else inside.open("/account").send("/sign-out")
    after = inside.open(path).text
    stranger = Browser(service.client()).open(path).text

    assert f"You are signed in as {email}." in shown
    assert "You are signed in" not in after + stranger


def test_a_broken_session_is_no_reason_to_show_no_page(service):
    """Whatever stands in the cookie, or however often it does."""
    for cookie in ("doorward_session=x", "doorward_session=a; doorward_session=b"):
        assert service.client().get("/", headers={"Cookie": cookie} | PEOPLE).status_code == 200


def test_a_link_that_was_used_says_so_when_it_is_opened(inside, email, mailbox):
    """And looking at a good one spends nothing, however often."""
    inside.send("/sign-out").open("/forgot-password").send("/forgot-password/form", identifier=email)
    link = mailbox.link(email, count=2)
    looks = [inside.open(link).answer.status_code for _ in range(2)]
    inside.send("/reset-password/form", new_password=NEW)
    used = inside.open(link)
    broken = Browser(inside._http).open("/reset-password?token=x")

    assert looks == [200, 200]
    assert (used.answer.status_code, "no longer good" in used.text, 'name="new_password"' in used.answer.text) == (
        410,
        True,
        False,
    )
    assert "Get a new link" in used.text
    assert (broken.answer.status_code, "not whole" in broken.text) == (400, True)


def test_that_a_link_was_sent_is_a_page_of_its_own(browser):
    """Without the form, and with a way to ask again."""
    browser.open("/forgot-password").send("/forgot-password/form", identifier="nobody@example.com")
    sent, has_form = browser.text, 'name="identifier"' in browser.answer.text
    browser.open("/forgot-password")

    assert "Look into your mail" in sent
    assert "If there is such an account, a link is on its way. It is good for 1 hour and works once." in sent
    assert not has_form
    assert 'name="identifier"' in browser.answer.text


@pytest.mark.parametrize("path", ["/sign-up", "/sign-in"])
def test_where_numbers_are_taken_it_is_said_how_to_write_them(with_phones, path):
    """Under the field, which comes first."""
    page = Browser(with_phones.client()).open(path).answer.text
    inputs = re.findall(r'<input id="f-(\w+)"', page)

    assert inputs[0] in ("contact", "identifier")
    assert "A number with the country&#39;s code, such as +49 30 123456." in page
    assert re.search(r'<input id="f-(contact|identifier)"[^>]* aria-describedby="h-', page)


def test_a_password_that_was_never_changed_has_no_day_of_change(inside):
    """Until it is changed."""
    before = inside.open("/account/security").text
    inside.send("/account/security/password", current_password=PASSWORD, new_password=NEW)

    assert "Not changed since the account was created." in before
    assert "Last changed on" not in before
    assert "Last changed on" in inside.text


def test_the_time_for_a_code_is_said_as_people_say_it(browser, email):
    """One minute, and not sixty seconds; that pasting is enough is said by the script that sees to it."""
    browser.open("/sign-up").send("/sign-up", email=email, password=PASSWORD)

    assert "It is good for 1 minute from the moment it is sent." in browser.text or "It is good until" in browser.text
    assert 'data-words="Time left: {left}"' in browser.answer.text
    assert '<p class="hint" id="h-code" hidden>' in browser.answer.text


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("PUT", "/sign-in", {}, 405, "cannot be opened like that"),
        ("GET", "/sign-in/nowhere", {}, 404, "There is nothing here"),
        ("GET", "/verify/form", {}, 405, "cannot be opened like that"),
        ("POST", "/sign-in", {"json": {"identifier": "a"}}, 415, "cannot be read"),
        (
            "POST",
            "/v1/sessions",
            {"content": b"{", "headers": {"Content-Type": "application/json"}},
            400,
            "cannot be read",
        ),
        ("POST", "/sign-in", {"data": {"identifier": "a" * 70_000}}, 413, "too much at once"),
    ],
)
def test_people_get_pages_and_programs_problems(service, method, path, body, status, words):
    """By what they say they read."""
    http = service.client()
    headers = body.get("headers", {})
    rest = {name: value for name, value in body.items() if name != "headers"}
    page = http.request(method, path, headers=headers | PEOPLE, **rest)
    problem = http.request(method, path, headers=headers | {"Accept": "application/json"}, **rest)

    assert (page.status_code, page.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert words in page.text or status == 404
    assert page.headers.get("allow") == problem.headers.get("allow")
    assert (problem.status_code, problem.headers["content-type"]) == (status, "application/problem+json")
