"""Each flow of each profile in a real browser, with and without scripts."""

import re

import pytest

from support.visitor import PASSWORD, PROFILES, WITH_CODE

NEW, THIRD = "Trams-and-milk-8", "Coaches-and-juice-9"
SCRIPTS = [pytest.param(True, id="script"), pytest.param(False, id="no-script")]


def smoke(profile):
    return pytest.param(profile, marks=pytest.mark.smoke) if profile in ("modern", "code-activation") else profile


@pytest.mark.parametrize("has_script", SCRIPTS)
@pytest.mark.parametrize("profile", [smoke(profile) for profile in PROFILES])
def test_the_whole_way(visit, profile, has_script):
    """Sign up, prove, sign in, change the profile and the password, forget it, take one's data, leave."""
    visitor = visit(profile, java_script_enabled=has_script)
    page = visitor.join()
    assert visitor.email in page.content()

    visitor.send(first_name="Augusta", last_name="King")
    assert page.locator("h1").inner_text() == "Welcome, Augusta"

    visitor.open("/account/security")
    visitor.send(current_password=PASSWORD, new_password=NEW)
    assert "The password is changed." in page.inner_text("main")

    visitor.open("/account/activity")
    assert "The password was changed" in page.inner_text("main")

    page.locator("header form button").click()
    page.wait_for_url(re.compile("/sign-in"))
    visitor.open("/forgot-password")
    visitor.send(identifier=visitor.email)
    page.goto(visitor.mail(count=3 if profile in WITH_CODE else 1)["link"])
    visitor.send(new_password=THIRD)
    visitor.send(identifier=visitor.email, password=THIRD)
    assert page.url.endswith("/account")

    visitor.open("/account/data")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "account.json"
    visitor.open("/account/data")
    page.fill("[name=current_password]", THIRD)
    page.get_by_role("button", name="Delete my account").click()
    page.wait_for_url(re.compile("done=(closed|deleted)"))
    assert visitor.complaints == []


PASTES = ["{0}", " {1} {2}", "{1}-{2}", "Your code is {0}.", "{0}\n", "{wide}"]


@pytest.mark.smoke
@pytest.mark.parametrize("pasted", PASTES)
def test_a_pasted_code_is_sent_at_once(visit, pasted):
    """As the page says it will; six ways of pasting."""
    visitor = visit("code-activation", permissions=["clipboard-read", "clipboard-write"])
    visitor.sign_up()
    code = visitor.mail()["code"]
    wide = code.translate({ord("0") + n: chr(0xFF10 + n) for n in range(10)})
    text = pasted.format(code, code[:2], code[2:], wide=wide)
    visitor.page.evaluate("text => navigator.clipboard.writeText(text)", text)
    visitor.page.focus("#f-code")

    visitor.page.keyboard.press("Control+V")

    visitor.page.wait_for_url(re.compile("done=verified"))


def test_two_tabs_finish_together(visit):
    """What is verified in one is verified in the other, which says so kindly."""
    visitor = visit("modern")
    visitor.sign_up()
    second = visitor.context.new_page()
    second.goto(f"{visitor.url}/verify")
    code = visitor.mail()["code"]
    visitor.send(code=code)

    second.fill("#f-code", code)
    second.locator("main form button").first.click()

    second.wait_for_load_state()
    assert "nothing to verify" in second.inner_text("main")
    visitor.send(identifier=visitor.email, password=PASSWORD)
    assert visitor.page.url.endswith("/account")


def test_the_back_button_sends_nothing_again(visit):
    """After a form there is a page of its own."""
    visitor = visit("signup-signin")
    page = visitor.join()
    visitor.send(first_name="Augusta", last_name="King")

    page.go_back()
    page.go_forward()

    assert "Welcome, Augusta" in page.inner_text("main")
    assert visitor.complaints == []


def test_the_countdown_and_its_warning(visit):
    """The time that is left is shown; twenty seconds before the end it is said aloud, once."""
    visitor = visit("code-activation")
    visitor.page.clock.install()
    visitor.sign_up()
    visitor.mail()
    visitor.page.clock.run_for(2_000)
    visitor.page.wait_for_function("document.querySelector('[data-until]').textContent.includes('0:5')")

    visitor.page.clock.run_for(45_000)

    assert "Twenty seconds left" in visitor.page.inner_text("#live")
    visitor.page.clock.run_for(20_000)
    assert "no longer good" in visitor.page.inner_text("[data-until]")


def test_rules_are_ticked_while_one_types(visit):
    """In words, not in colour only."""
    visitor = visit("signup-signin")
    page = visitor.open("/sign-up")
    page.fill("[name=password]", "trains-and-tea")

    labels = page.locator(".rules li").evaluate_all("items => items.map(item => item.ariaLabel)")

    assert [label.partition(":")[0] for label in labels] == ["met", "not yet", "not yet", "met"]


def test_a_password_can_be_looked_at(visit):
    """The button says what it does and whether it is pressed, and the word is hidden again when it is sent."""
    page = visit("signup-signin").open("/sign-in")
    page.fill("[name=password]", PASSWORD)
    button = page.get_by_role("button", name="Show the password")
    before = page.get_attribute("[name=password]", "type")

    button.click()

    assert (before, page.get_attribute("[name=password]", "type")) == ("password", "text")
    assert button.get_attribute("aria-pressed") == "true"
