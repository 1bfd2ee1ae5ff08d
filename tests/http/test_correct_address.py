"""Changing a mistyped address before it is proven: on the page for the code, and through the API."""

import secrets

import pytest

from support.browser import Browser
from support.person import outcome

PASSWORD, WRONG = "Trains-and-tea-7", "Trams-and-milk-8"
PROFILES = ("modern", "code-activation", "link-activation")
FORM = "/verify/address"


def somebody():
    return f"{secrets.token_hex(8)}@example.com"


@pytest.fixture(scope="module", params=PROFILES)
def profile(request):
    return request.param


@pytest.fixture(scope="module")
def service(launch_module, profile):
    return launch_module(profile, env={"DOORWARD_LIMITS__REGISTER": "200/hour"})


@pytest.fixture
def email():
    return somebody()


@pytest.fixture
def meant():
    return somebody()


@pytest.fixture
def browser(service, email):
    """Somebody who has mistyped the address and waits for the code."""
    window = Browser(service.client()).open("/sign-up")
    return window.send("/sign-up", email=email, password=PASSWORD, first_name="Ada")


@pytest.fixture
def taken(service):
    """The address of an account."""
    service.create_user(address := somebody(), PASSWORD, "--verified", "--first-name", "Grace")
    return address


@pytest.fixture
def correct(service, profile, email):
    """Correct the address through the API, as the profile has it; `handle` is that of the sign-up."""
    http = service.client()

    def send(wanted, password=PASSWORD, handle=""):
        if profile == "modern":
            body = {"verification": handle, "email": wanted, "password": password}
            return http.post("/v1/verify/address", json=body)
        return http.post("/v1/users/correct-address", json={"email": wanted}, auth=(email, password))

    return send


def test_on_the_page_for_the_code(browser, email, meant, mailbox, service):
    """The page says so, the code before is worthless, and the names are still there."""
    before = mailbox.code(email)

    browser.send(FORM, email=meant, password=PASSWORD)
    said, path = browser.text, browser.path
    old = browser.send("/verify/form", code=before).answer.status_code
    browser.send("/verify/form", code=mailbox.code(meant)).send("/sign-in", password=PASSWORD)

    assert (path, f"We sent a code to {meant}." in said, "The address is changed" in said) == ("/verify", True, True)
    assert old == 400
    assert browser.path == "/account"
    assert [user["first_name"] for user in service.records("users", email=meant)] == ["Ada"]
    assert service.records("users", email=email) == []


def test_without_the_password_nothing_changes(browser, email, meant, mailbox):
    """The form stands open again with what was typed, but for the password."""
    code = mailbox.code(email)
    browser.send(FORM, email=meant, password=WRONG)
    refused, said = browser.answer, browser.text

    assert (refused.status_code, "The current password is wrong" in said) == (403, True)
    assert f'value="{meant}"' in refused.text
    assert '<details class="else" open>' in refused.text
    assert WRONG not in refused.text
    assert browser.send("/verify/form", code=code).path == "/sign-in"
    assert mailbox.messages(meant) == []


def test_wrong_passwords_are_throttled(browser, meant):
    """After five the right one waits."""
    answers = [browser.send(FORM, email=meant, password=WRONG).answer.status_code for _ in range(5)]
    throttled = browser.send(FORM, email=meant, password=PASSWORD).answer

    assert answers == [403] * 5
    assert throttled.status_code == 429
    assert 0 < int(throttled.headers["retry-after"]) <= 30


@pytest.mark.parametrize("wanted", ["nobody", ""])
def test_what_is_no_address_is_said_at_its_field(browser, wanted):
    """And nothing is sent."""
    browser.send(FORM, email=wanted, password=PASSWORD)

    assert browser.answer.status_code == 422
    assert 'id="e-email"' in browser.answer.text


def test_a_taken_address(browser, profile, taken, mailbox):
    """Concealed, its owner gets the usual letter; revealed, it is said."""
    browser.send(FORM, email=taken, password=PASSWORD)

    if profile == "modern":
        assert (browser.answer.status_code, "The address is changed" in browser.text) == (200, True)
        assert "Grace" in mailbox.text(taken)
    else:
        assert (browser.answer.status_code, mailbox.messages(taken)) == (409, [])


def test_through_the_api(browser, correct, profile, email, meant, mailbox, service):
    """With the handle where duplicates are concealed, else with identifier and password."""
    http, old = service.client(), mailbox.code(email)
    handle = browser.cookie("doorward_verification")
    refused = correct(meant, WRONG, handle)
    answer = correct(meant, handle=handle)
    again = correct(somebody(), handle=handle)
    code = mailbox.code(meant)

    assert outcome(refused) == (401, "invalid_credentials")
    assert answer.status_code == 202
    if profile == "modern":
        new = answer.json()["verification"]
        stale = http.post("/v1/verify", json={"verification": handle, "code": old})
        verified = http.post("/v1/verify", json={"verification": new, "code": code})
        assert (outcome(again), outcome(stale)) == ((410, "code_expired"),) * 2
    else:
        verified = http.post("/v1/users/activate", json={"code": code}, auth=(meant, PASSWORD))
        assert outcome(again) == (401, "invalid_credentials")
    assert (verified.status_code, verified.json()["email"], verified.json()["first_name"]) == (200, meant, "Ada")


def test_the_api_answers_free_and_taken_addresses_alike(profile, browser, correct, meant, taken, email):
    """Where that is concealed; elsewhere it names them."""
    handle = browser.cookie("doorward_verification")
    at_taken = correct(taken, handle=handle)

    if profile != "modern":
        assert outcome(at_taken) == (409, "identifier_taken")
        return
    at_free = correct(meant, handle=at_taken.json()["verification"])
    shapes = [(one.status_code, len(one.content), sorted(one.headers)) for one in (at_taken, at_free)]
    assert shapes[0] == shapes[1]


def test_each_correction_counts_as_a_sign_up(launch, profile, mailbox):
    """Each new letter is a letter: the network's limit of sign-ups is theirs too."""
    running = launch(profile, env={"DOORWARD_LIMITS__REGISTER": "3/hour"})
    browser = Browser(running.client()).open("/sign-up").send("/sign-up", email=somebody(), password=PASSWORD)

    answers = [browser.send(FORM, email=somebody(), password=PASSWORD).answer.status_code for _ in range(2)]
    browser.send(FORM, email=(last := somebody()), password=PASSWORD)

    assert (answers, browser.answer.status_code) == ([200, 200], 429)
    assert mailbox.messages(last) == []


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_other_sites_cannot_send_the_form(service, browser, meant, origin):
    """Nothing is tried."""
    cookies = {"Cookie": f"doorward_verification={browser.cookie('doorward_verification')}", "Origin": origin}

    answer = service.client().post(FORM, data={"email": meant, "password": PASSWORD}, headers=cookies)

    assert answer.status_code == 403


def test_a_link_that_is_not_whole_says_so_at_once(service, profile, browser, email, mailbox):
    """Before anything is asked for; a whole one is not told from one that is over until it is answered."""
    stranger = Browser(service.client())
    broken = stranger.open("/verify?token=garbage")
    said = (broken.answer.status_code, "That link is not whole" in broken.text, 'name="password"' in broken.answer.text)
    waiting = browser.open("/verify?token=garbage")

    assert said == (400, True, False)
    assert (waiting.answer.status_code, 'id="f-code"' in waiting.answer.text) == (400, True)
    if profile != "code-activation":
        link = mailbox.link(email)
        browser.open("/verify").send("/verify/form", code=mailbox.code(email))
        assert stranger.open(link).answer.status_code == 200


def test_the_name_for_the_next_sign_in_is_in_no_address(browser, email, mailbox):
    """Proxies write addresses down. A cookie has it that is gone after the sign-in, and no page can read."""
    browser.send("/verify/form", code=mailbox.code(email))
    seen = [str(answer.url) for answer in (*browser.answer.history, browser.answer)]
    set_cookie = next(
        line
        for answer in browser.answer.history
        for line in answer.headers.get_list("set-cookie")
        if line.startswith("doorward_name=")
    )
    has_name = f'value="{email}"' in browser.answer.text
    browser.send("/sign-in", password=PASSWORD)

    assert not [url for url in seen if email.partition("@")[0] in url]
    assert has_name
    assert {"HttpOnly", "Max-Age=600"} <= set(set_cookie.split("; "))
    assert browser.cookie("doorward_name") is None


def test_a_planted_name_is_shown_to_nobody(service):
    """Two cookies of one name: no order tells which is ours; and whatever one holds is text."""
    two = {"Cookie": "doorward_name=eve%40example.com; doorward_name=mallory%40example.com"}
    odd = {"Cookie": "doorward_name=%22%3E%3Cscript%3E%FF"}

    pages = [service.client().get("/sign-in", headers=headers | {"Accept": "text/html"}) for headers in (two, odd)]

    assert [page.status_code for page in pages] == [200, 200]
    assert "example.com" not in pages[0].text.split("<main")[1].split("</main")[0]
    assert "<script>" not in pages[1].text.split("<main")[1]
