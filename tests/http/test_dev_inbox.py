"""The development inbox as people use it."""

from uuid import uuid4

import pytest

from support.browser import Browser

PASSWORD = "Trains-and-tea-7"
NAME = '<img src=x onerror=alert(1)>"'


@pytest.fixture(scope="module")
def service(launch_module):
    return launch_module("email-or-phone", mode="dev", env={"DOORWARD_SMS__COUNTRIES": "DE"})


@pytest.fixture
def browser(service):
    return Browser(service.client())


@pytest.fixture
def caught(service):
    """Have a letter written to an address or number, and find it."""
    http = service.client()

    def write(to, language="en"):
        body = {"username": to, "password": PASSWORD, "first_name": NAME, "last_name": "Lovelace"}
        http.post("/register", json=body).raise_for_status()
        http.post("/forgot-password", json={"username": to}, headers={"Accept-Language": language}).raise_for_status()
        return http.get("/dev/inbox/messages", params={"to": to, "wait": 10}).json()["messages"][0]

    return write


@pytest.fixture
def letter(caught, address):
    return caught(address)


def test_each_letter_has_a_page(browser, letter):
    """HTML in a frame that may do nothing, text, source; a letter that is not there is a page too."""
    path = f"/dev/inbox/{letter['id']}"
    shown = browser.open(path).answer
    text = browser.open(f"{path}?view=text").text
    source = browser.open(f"{path}?view=source").answer.text
    gone = browser.open(f"/dev/inbox/{uuid4()}").answer

    assert f'<iframe class="letter system" sandbox="" src="{path}/html?look=system"' in shown.text
    assert shown.headers["Content-Security-Policy"].endswith("frame-src 'self'")
    assert "unsafe" not in shown.headers["Content-Security-Policy"]
    assert letter["link"] in text
    assert "&lt;!doctype html&gt;" in source
    assert (gone.status_code, gone.headers["content-type"]) == (404, "text/html; charset=utf-8")


def test_what_a_letter_holds_can_do_nothing(browser, letter):
    """Its own style is all that is allowed, and only this site may frame it."""
    frame = browser.open(f"/dev/inbox/{letter['id']}/html").answer
    policy = dict(part.strip().partition(" ")[::2] for part in frame.headers["Content-Security-Policy"].split(";"))

    assert frame.text == letter["html"]
    assert policy == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "img-src": "data:",
        "frame-ancestors": "'self'",
        "sandbox": "",
    }
    assert NAME not in frame.text


@pytest.mark.parametrize("look", ["light", "dark", "narrow"])
def test_a_letter_is_shown_as_others_see_it(browser, letter, look):
    """In both colours, and on a phone."""
    page = browser.open(f"/dev/inbox/{letter['id']}?look={look}").answer.text

    framed = browser.open(f"/dev/inbox/{letter['id']}/html?look={look}").answer.text

    assert f'class="letter {look}"' in page
    assert f"/html?look={look}" in page
    assert ("color-scheme: light dark" in framed) is (look == "narrow")


def test_a_letter_is_deleted(browser, letter):
    """One of them; the others stay."""
    browser.open(f"/dev/inbox/{letter['id']}").send(f"/dev/inbox/{letter['id']}/delete")

    assert browser.path == "/dev/inbox"
    assert letter["id"] not in browser.answer.text
    assert browser.open(f"/dev/inbox/{letter['id']}").answer.status_code == 404


def test_the_list_says_when_it_has_changed(service, browser, caught, address):
    """A script asks for it, and shows the page anew when it differs."""
    http = service.client()
    before = http.get("/dev/inbox/state").json()["state"]
    caught(address)
    after = http.get("/dev/inbox/state").json()["state"]

    assert before != after
    assert f'data-state="{after}"' in browser.open("/dev/inbox").answer.text


def test_text_messages_are_shown_as_such(browser, caught):
    """Without subject, HTML and frame."""
    text = caught("+4915112345678")
    page = browser.open(f"/dev/inbox/{text['id']}").answer.text

    assert 'class="sms"' in page
    assert "iframe" not in page
    assert "Text message" in page


def test_letters_are_in_the_language_of_the_request(browser, caught, address):
    """What an API client says by Accept-Language counts as well."""
    letter = caught(address, "ar")

    assert '<html lang="ar" dir="rtl">' in letter["html"]
    assert 'lang="ar"' in browser.open(f"/dev/inbox/{letter['id']}").answer.text


@pytest.mark.parametrize("path", ["/dev/inbox/clear", "/dev/inbox/{id}/delete"])
def test_other_sites_delete_nothing(service, letter, path):
    """Not even here."""
    answer = service.client().post(path.format(**letter), headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/dev/inbox/state", f"/dev/inbox/{uuid4()}", f"/dev/inbox/{uuid4()}/html"])
def test_serve_has_none_of_it(launch, path):
    """The inbox would show everybody's codes."""
    http = launch("modern").client()

    assert http.get(path).status_code == 404
    assert http.post(path).status_code == 404


def test_a_letter_whose_code_was_replaced_says_so(launch_module, address):
    """In the list and on its page; the newest one does not."""
    running = launch_module("code-activation", mode="dev", env={"DOORWARD_VERIFICATION__RESEND_COOLDOWN": ""})
    http, basic = running.client(), (address, PASSWORD)
    http.post("/v1/users", json={"email": address, "password": PASSWORD}).raise_for_status()
    http.get("/dev/inbox/messages", params={"to": address, "wait": 10})
    http.post("/v1/users/resend-code", auth=basic).raise_for_status()
    letters = []
    while len(letters) < 2:
        letters = http.get("/dev/inbox/messages", params={"to": address, "wait": 10}).json()["messages"]
    listed = Browser(http).open("/dev/inbox").answer.text
    pages = [Browser(http).open(f"/dev/inbox/{letter['id']}").answer.text for letter in letters]
    http.post("/v1/users/activate", json={"code": letters[0]["code"]}, auth=basic).raise_for_status()
    used = Browser(http).open(f"/dev/inbox/{letters[0]['id']}").answer.text

    assert listed.count("Replaced by a newer letter") == 1
    assert f"<s><code>{letters[1]['code']}</code></s>" in listed
    assert ["Replaced by a newer letter" in page for page in pages] == [False, True]
    assert ("No longer good" in pages[0], "No longer good" in used) == (False, True)
