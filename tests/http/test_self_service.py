"""What people do in a browser, without a script: each profile from sign-up to farewell."""

import re
import secrets
import time
from urllib.parse import urlsplit

import pytest

from support.browser import Browser

PASSWORD = "Trains-and-tea-7"
NEW = "Trams-and-milk-8"
PROFILES = ("modern", "signup-signin", "email-or-phone", "oauth2-password", "code-activation", "link-activation")
WITH_CODE = ("modern", "code-activation", "link-activation")
ELSEWHERE = (
    "//evil.example",
    "https://evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
)
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]
CONTACT = {"email-or-phone": "contact"}


@pytest.fixture(scope="module", params=PROFILES)
def profile(request):
    return request.param


@pytest.fixture(scope="module")
def service(launch_module, profile):
    return launch_module(profile, env={"DOORWARD_VERIFICATION__RESEND_COOLDOWN": "1s"})


@pytest.fixture
def email():
    return f"{secrets.token_hex(8)}@example.com"


@pytest.fixture
def browser(service):
    return Browser(service.client())


@pytest.fixture
def sign_up(browser, profile, email):
    """Fill in the form as the profile has it."""

    def fill(**changed):
        browser.open("/sign-up")
        typed = {CONTACT.get(profile, "email"): email, "password": PASSWORD}
        if profile not in ("modern", "code-activation", "link-activation"):
            typed |= {"first_name": "Ada", "last_name": "Lovelace"}
        return browser.send("/sign-up", **typed | changed)

    return fill


@pytest.fixture
def inside(browser, sign_up, profile, email, mailbox):
    """Somebody who has signed up and is signed in."""
    sign_up()
    if profile in WITH_CODE:
        browser.send("/verify/form", code=mailbox.code(email))
        browser.send("/sign-in", identifier=email, password=PASSWORD)
    assert browser.path == "/account"
    return browser


def test_from_sign_up_to_the_account(inside, profile, email):
    """Where there is a code it is asked for; elsewhere one is in at once."""
    assert inside.answer.status_code == 200
    assert email in inside.text


def test_what_is_wrong_is_said_and_nothing_is_lost(sign_up, browser, email):
    """Each rule stands at its field, what was typed is still there, the password is not."""
    sign_up(password="x")

    assert (browser.path, browser.answer.status_code) == ("/sign-up", 422)
    assert "at least 8 characters" in browser.text
    assert f'value="{email}"' in browser.answer.text
    assert 'value="x"' not in browser.answer.text
    assert 'aria-invalid="true"' in browser.answer.text
    assert 'aria-describedby="r-password e-password"' in browser.answer.text


@pytest.mark.parametrize("typed", ["{0}", " {1} {2} ", "{1}-{2}", "Your code is {0}.", "{0}\n", "{wide}"])
def test_codes_are_taken_as_they_are_pasted(sign_up, browser, profile, email, mailbox, typed):
    """Six ways of one code."""
    if profile not in WITH_CODE:
        pytest.skip("this profile has no codes")
    sign_up()
    code = mailbox.code(email)
    half, wide = len(code) // 2, code.translate({ord("0") + n: chr(0xFF10 + n) for n in range(10)})

    browser.send("/verify/form", code=typed.format(code, code[:half], code[half:], wide=wide))

    assert browser.path == "/sign-in"
    assert "Your address is verified." in browser.text


def test_a_wrong_code_is_said_and_a_new_one_is_sent(sign_up, browser, profile, email, mailbox):
    """With the number of tries that are left; the new code is good, and the address can be told from the page."""
    if profile not in WITH_CODE:
        pytest.skip("this profile has no codes")
    sign_up()
    code = mailbox.code(email)
    browser.send("/verify/form", code="1" * len(code) if code != "1" * len(code) else "2" * len(code))
    wrong = (browser.answer.status_code, "4 tries left" in browser.text, email in browser.text)
    time.sleep(1.1)  # between two letters
    browser.send("/verify/resend")
    resent = browser.text

    browser.send("/verify/form", code=mailbox.code(email, count=2))

    assert wrong == (400, True, True)
    assert "A new code is on its way." in resent
    assert browser.path == "/sign-in"


def test_the_profile_is_saved(inside):
    """And greets by the name."""
    inside.send("/account/profile", first_name="Augusta")

    assert "Your profile is saved." in inside.text
    assert "Welcome, Augusta" in inside.text


def test_the_address_is_changed(inside, email, profile, mailbox):
    """The code goes to the new one; a wrong password keeps what was typed, and sends nothing."""
    other = f"new-{email}"
    time.sleep(1.1)  # between two letters
    inside.open("/account/contact/email")
    inside.send("/account/contact/email", email=other, current_password="no")
    wrong = (inside.answer.status_code, f'value="{other}"' in inside.answer.text)
    inside.send("/account/contact/email", email=other, current_password=PASSWORD)
    asked = inside.text
    inside.send("/account/contact/email/code", code=mailbox.code(other))

    assert wrong == (403, True)
    assert "A code is on its way there." in asked
    assert inside.path == "/account"
    assert other in inside.text


def test_the_password_is_changed(inside, email):
    """With the present one; a wrong one is said."""
    inside.open("/account/security").send("/account/security/password", current_password="no", new_password=NEW)
    wrong = (inside.answer.status_code, "current password is wrong" in inside.text)
    inside.send("/account/security/password", current_password=PASSWORD, new_password=NEW)
    changed = inside.text
    inside.send("/sign-out")
    inside.send("/sign-in", identifier=email, password=NEW)

    assert wrong == (403, True)
    assert "The password is changed." in changed
    assert inside.path == "/account"


def test_other_devices_are_signed_out(inside, service, email):
    """One of them, then all; here one stays."""
    others = [Browser(service.client()).open("/sign-in") for _ in range(3)]
    for other in others:
        other.send("/sign-in", identifier=email, password=PASSWORD)
    page = inside.open("/account/security").answer.text
    ends = re.findall(r'action="(/account/security/devices/[0-9a-f-]{36}/end)"', page)
    inside.send(ends[0])
    after_one = [other.open("/account").path for other in others]
    inside.open("/account/security").send("/account/security/devices/others/end")

    assert len(ends) == 4
    assert sorted(after_one) == ["/account", "/account", "/sign-in"]
    assert [other.open("/account").path for other in others] == ["/sign-in"] * 3
    assert inside.open("/account").path == "/account"


def test_what_happened_is_shown(inside):
    """In words; and if it was somebody else, all devices are signed out and a link is sent."""
    inside.open("/account/activity")
    shown = inside.text
    inside.send("/account/activity/not-me")

    assert "Signed in" in shown
    assert inside.path == "/forgot-password"
    assert "signed out on all devices" in inside.text
    assert inside.open("/account").path == "/sign-in"


def test_data_are_taken_away_and_removed(inside, email, profile):
    """The file holds what is kept; the account is closed with the password only."""
    inside.open("/account/data").send("/account/data/export")
    kept = inside.answer.json()
    inside.open("/account/data").send("/account/data/delete", current_password="no")
    refused = inside.answer.status_code
    inside.send("/account/data/delete", current_password=PASSWORD)

    assert kept["user"]["email"] == email
    assert 'attachment; filename="account.json"' not in inside.answer.headers
    assert refused == 403
    assert "Goodbye" in inside.text
    inside.open("/sign-in").send("/sign-in", identifier=email, password=PASSWORD)
    assert (inside.path, inside.answer.status_code) == ("/sign-in", 403 if profile == "modern" else 401)


def test_a_closed_account_is_kept_after_all(inside, email, mailbox, profile):
    """Opening the link asks first; it works once, and then one signs in as before."""
    if profile != "modern":
        pytest.skip("accounts are removed at once there: the profile has no time of grace")
    inside.open("/account/data").send("/account/data/delete", current_password=PASSWORD)
    parts = urlsplit(mailbox.link(email, count=2))
    path = f"{parts.path}?{parts.query}"
    inside.open(path)
    asked = inside.text
    inside.open(path).send("/restore-account/form")

    assert email in asked
    assert "Your account is yours again" in inside.text
    inside.send("/sign-in", identifier=email, password=PASSWORD)
    assert inside.path == "/account"
    assert inside.open(path).answer.status_code == 410
    assert inside.open("/restore-account?token=no").answer.status_code == 400


def test_a_forgotten_password_is_set_anew(inside, email, mailbox, profile):
    """Link, new password, sign in."""
    inside.send("/sign-out")
    inside.open("/forgot-password").send("/forgot-password/form", identifier=email)
    asked = inside.text
    inside.open(mailbox.link(email, count=1 + (profile in WITH_CODE)))
    inside.send("/reset-password/form", new_password="short")
    weak = inside.answer.status_code
    inside.send("/reset-password/form", new_password=NEW)
    done = inside.text
    inside.send("/sign-in", identifier=email, password=NEW)

    assert "If there is such an account, a link is on its way." in asked
    assert weak == 422
    assert "The new password is set." in done
    assert inside.path == "/account"


def test_an_end_of_the_session_cookie_loses_nothing(inside, profile):
    """Where there is a refresh cookie one goes on, form and all; elsewhere the typed text is kept on the page."""
    inside.forget("doorward_session").send("/account/profile", first_name="Augusta")

    if profile in ("oauth2-password", "link-activation"):
        assert (inside.answer.status_code, 'value="Augusta"' in inside.answer.text) == (401, True)
        assert "Nothing was lost" in inside.text
    else:
        assert "Welcome, Augusta" in inside.text


def test_a_form_with_a_password_is_not_sent_again_without_it(inside, profile):
    """It would cost a try; one is asked to sign in and fill it in again."""
    if profile not in ("oauth2-password", "link-activation"):
        inside.forget("doorward_refresh")
    inside.open("/account/security").forget("doorward_session")
    inside.send("/account/security/password", current_password=PASSWORD, new_password=NEW)

    assert (inside.answer.status_code, "passwords and codes are not kept" in inside.text) == (401, True)
    assert PASSWORD not in inside.answer.text


def test_a_planted_handle_counts_for_nothing(service, profile, email, mailbox):
    """Two cookies of one name, as a neighbouring host can make them: the link asks for the password again."""
    if profile != "modern":
        pytest.skip("only here the link needs an origin")
    people = [Browser(service.client()) for _ in range(2)]
    handles = []
    for person in people:
        person.open("/sign-up").send("/sign-up", email=email, password=PASSWORD)
        handles.append(person.cookie("doorward_verification"))
    link = mailbox.link(email, count=2)
    planted = {"Cookie": "; ".join(f"doorward_verification={handle}" for handle in handles)}

    page = service.client().get(link, headers=planted)

    assert 'name="password"' in page.text


def test_a_path_that_is_no_ascii_is_led_back_to(inside, profile, service):
    """Forms too."""
    if profile in ("oauth2-password", "link-activation"):
        pytest.skip("without refresh tokens nobody is led back")
    answer = inside.post("/v1/sessions/refresh/page?next=/%E2%82%AC")

    assert (answer.status_code, answer.headers["Location"]) == (307, "/%E2%82%AC")


def test_strangers_are_led_to_the_sign_in_and_back(inside, email):
    """To the page they wanted, and never to another site."""
    inside.send("/sign-out").open("/account/security")
    asked = inside.path
    inside.send("/sign-in", identifier=email, password=PASSWORD)
    led = inside.path
    inside.send("/sign-out")
    for elsewhere in ELSEWHERE:
        inside.send("/sign-in", identifier=email, password=PASSWORD, next=elsewhere)
        assert inside.path == "/account"
        inside.send("/sign-out")

    assert (asked, led) == ("/sign-in", "/account/security")


def test_a_wrong_password_says_so_and_keeps_the_name(browser, email):
    """The same for whoever is not known."""
    browser.open("/sign-in").send("/sign-in", identifier=email, password="not this one")

    assert browser.answer.status_code == 401
    assert f'value="{email}"' in browser.answer.text
    assert "The address or the password is wrong." in browser.text
    assert "not this one" not in browser.answer.text


FORMS = {
    "/sign-up": "/sign-up",
    "/sign-in": "/sign-in",
    "/forgot-password": "/forgot-password/form",
    "/reset-password?token=x": "/reset-password/form",
    "/sign-in-link?token=x": "/sign-in-link",
}


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_forms_of_other_sites_are_refused(service, path, headers):
    """Nothing is done, and the page says why."""
    answer = service.client().post(FORMS[path], data={"identifier": "a"}, headers=headers | {"Accept": "text/html"})

    assert answer.status_code == 403
    assert "came from another site" in answer.text
    assert "set-cookie" not in answer.headers


def test_language_and_colours_are_kept(browser):
    """By the browser's wish at first, then by choice; and one comes back to the page one was on."""
    browser.open("/sign-in").send("/choices", language="de", theme="dark")

    assert browser.path == "/sign-in"
    assert '<html lang="de" dir="ltr" data-theme="dark">' in browser.answer.text
    assert "Anmelden" in browser.text
