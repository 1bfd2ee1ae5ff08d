"""A mistyped address is changed on the page for the code, in a real browser."""

import re
import secrets

import pytest

from browser.test_looks import LOOKS, faults, too_wide
from support.visitor import PASSWORD, WITH_CODE

SCRIPTS = [pytest.param(True, id="script"), pytest.param(False, id="no-script")]
OPEN = "main details summary"


@pytest.fixture
def meant():
    return f"{secrets.token_hex(8)}@example.com"


def correct(visitor, address, password):
    """Open what is folded, unless it stands open already, and send it."""
    form = visitor.page.locator("main details form")
    if not form.is_visible():
        visitor.page.locator(OPEN).click()
    form.locator("[name=email]").fill(address)
    form.locator("[name=password]").fill(password)
    with visitor.page.expect_navigation():
        form.locator("button:not([type=button])").click()


@pytest.mark.parametrize("has_script", SCRIPTS)
@pytest.mark.parametrize("profile", WITH_CODE)
def test_the_address_is_changed_where_the_code_is_asked_for(visit, profile, has_script, meant):
    """A wrong password changes nothing; the right one does, and all else that was typed is still there."""
    visitor = visit(profile, java_script_enabled=has_script)
    page = visitor.sign_up(first_name="Augusta", last_name="King")
    visitor.mail()
    assert not page.locator("main details form").is_visible()

    correct(visitor, meant, "Trams-and-milk-8")
    assert "The current password is wrong" in page.inner_text("main")
    assert page.locator("main details [name=email]").input_value() == meant

    correct(visitor, meant, PASSWORD)
    page.wait_for_url(re.compile(r"/verify\?done=corrected"))
    assert f"We sent a code to {meant}." in page.inner_text("main")

    visitor.email = meant
    visitor.send(code=visitor.mail()["code"])
    assert meant not in page.url
    visitor.send(password=PASSWORD)
    assert page.locator("h1").inner_text() == "Welcome, Augusta"
    assert visitor.complaints == []


def test_with_the_keyboard_alone(visit, meant):
    """The fold is a button like others; the code's field has the focus first."""
    visitor = visit("modern")
    page = visitor.sign_up()
    assert page.evaluate("document.activeElement.id") == "f-code"

    page.focus(OPEN)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type(meant)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile(r"/verify\?done=corrected"))
    assert meant in page.inner_text("main")


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_in_the_open_form(visit, look):
    """With and without something wrong in it."""
    visitor = visit("code-activation", **LOOKS[look])
    page = visitor.sign_up()
    page.locator(OPEN).click()
    found = faults(page) + too_wide(page)
    visitor.page.locator("main details form").evaluate("form => form.noValidate = true")
    correct(visitor, "nobody", PASSWORD)

    assert page.locator("#e-email").is_visible()
    assert found + faults(page) + too_wide(page) == []
