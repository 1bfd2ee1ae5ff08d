"""The development inbox in a real browser."""

import re

import pytest

from browser.test_looks import LOOKS, faults, too_wide


@pytest.fixture
def visitor(visit):
    """Somebody who waits for a code."""
    return visit("code-activation", permissions=["clipboard-read", "clipboard-write"])


def open_letter(visitor):
    visitor.mail()
    visitor.open("/dev/inbox")
    visitor.page.locator("article", has_text=visitor.email).first.locator("h2 a").click()
    visitor.page.wait_for_url(re.compile("/dev/inbox/[0-9a-f-]{36}"))
    return visitor.page


def test_letters_appear_by_themselves(visitor):
    """In the list that is open, with all that belongs to them; here or elsewhere one goes on."""
    visitor.sign_up()
    code = visitor.mail()["code"]
    inbox = visitor.context.new_page()
    inbox.goto(f"{visitor.url}/dev/inbox")
    before = inbox.locator("article").count()
    visitor.open("/forgot-password")
    visitor.send(identifier=visitor.email)

    inbox.locator("article").nth(before).wait_for()
    letter = inbox.locator("article", has_text=visitor.email).filter(has_text=code)
    letter.get_by_role("button", name="Copy the code").click()

    assert inbox.evaluate("navigator.clipboard.readText()") == code
    assert visitor.complaints == []


def test_the_strip_leads_there_and_the_form_stays(visitor):
    """The inbox opens beside the page for the code."""
    visitor.sign_up()
    with visitor.context.expect_page() as opened:
        visitor.page.get_by_role("link", name="Open the inbox").click()
    opened.value.wait_for_load_state()

    assert opened.value.url.endswith("/dev/inbox")
    assert visitor.page.locator("#f-code").count() == 1


@pytest.mark.parametrize("look", ["light", "dark"])
def test_a_letter_is_seen_as_others_will(visitor, look):
    """Its own style counts in the frame, and the colours are those that were asked for."""
    visitor.sign_up()
    page = open_letter(visitor)
    page.goto(f"{page.url}?look={look}")
    frame = page.frame_locator("iframe.letter")
    frame.locator("strong").wait_for()
    ink = page.frames[1].evaluate("getComputedStyle(document.body).color")

    assert frame.locator("strong").evaluate("node => getComputedStyle(node.parentNode).fontSize") == "36px"
    assert ink == {"light": "rgb(0, 0, 0)", "dark": "rgb(255, 255, 255)"}[look]


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_in_a_letter(visit, look):
    """Neither around it nor in it."""
    visitor = visit("code-activation", **LOOKS[look])
    visitor.sign_up()
    page = open_letter(visitor)
    page.frame_locator("iframe.letter").locator("strong").wait_for()
    around = faults(page) + too_wide(page)
    page.set_content(visitor.mail()["html"])  # in its frame no script may look at it
    inside = [fault for fault in faults(page) if not fault.startswith(("landmark", "region", "page-has"))]

    assert around + inside + too_wide(page) == []
