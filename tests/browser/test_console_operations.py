"""The console's pages for operating the service in a real browser: for everybody, with and without scripts."""

import re
import secrets

import pytest

from doorward.languages import OFFERED
from support.looks import LOOKS, faults, too_wide
from support.visitor import PASSWORD

PAGES = (
    "/admin/audit",
    "/admin/audit?tail=1",
    "/admin/audit?since=yesterday",
    "/admin/audit?user=nobody@example.com",
    "/admin/outbox",
    "/admin/outbox?state=dead&done=all&n=0",
    "/admin/mail",
    "/admin/mail/test",
    "/admin/settings",
    "/admin/health",
)


@pytest.fixture(scope="module")
def waiting(launch_session, mailbox):
    """A development service with a letter that its mail server does not take."""
    service = launch_session("modern", mode="dev", env={"SMTP_URL": mailbox.url, "DOORWARD_LIMITS__SIGN_IN": "off"})
    with mailbox.refusing(451):
        body = {"email": f"{secrets.token_hex(6)}@example.com", "password": "trains and tea"}
        assert service.client().post("/v1/users", json=body).status_code == 202
        yield service


@pytest.fixture
def enter(visit, waiting):
    """An administrator's window."""

    def run(**options):
        visitor = visit(**options)
        visitor.url = waiting.url
        waiting.create_user(visitor.email, PASSWORD, "--role", "admin", "--verified")
        visitor.sign_in()
        return visitor

    return run


@pytest.mark.parametrize("look", [pytest.param(n, marks=pytest.mark.smoke) if n == "light" else n for n in LOOKS])
def test_axe_finds_nothing(enter, look):
    """On any page, with something wrong on it too, and with its details open; nothing is wider than the window."""
    visitor = enter(**LOOKS[look])
    found = {}
    for path in PAGES:
        page = visitor.open(path)
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        found[path] = faults(page) + too_wide(page)
    page = visitor.open("/admin/outbox")
    page.locator(".entries a").first.click()
    page.wait_for_load_state()
    found["entry"] = faults(page) + too_wide(page)

    assert {path: one for path, one in found.items() if one} == {}
    assert [one for one in visitor.complaints if "does not conform" not in one] == []


@pytest.mark.parametrize("look", ["narrow", "narrow-rtl"])
def test_where_the_console_is_narrow_one_sees_where_one_is(enter, look):
    """Its parts stand in a row that scrolls: the one that is open is in view."""
    options = {"viewport": {"width": 360, "height": 700}}
    visitor = enter(**options, locale="ar") if look == "narrow-rtl" else enter(**options)
    page = visitor.open("/admin/health")
    here = page.locator(".side [aria-current]").bounding_box()

    assert -1 <= here["x"] <= here["x"] + here["width"] <= 361  # browsers scroll by whole pixels
    assert page.evaluate("scrollY") == 0


@pytest.mark.parametrize("language", OFFERED)
def test_no_language_is_too_long_for_a_small_phone(enter, language):
    """Nothing scrolls sideways, and no word is cut off in a button."""
    visitor = enter(viewport={"width": 320, "height": 640}, locale=language)
    found = {}
    for path in (*PAGES, "/admin", "/admin/users", "/admin/users/new", "/account", "/account/security"):
        page = visitor.open(path)
        cut = page.eval_on_selector_all("button", "all => all.filter(b => b.scrollWidth > b.clientWidth).length")
        found[path] = (page.get_attribute("html", "lang"), too_wide(page), cut)

    assert {path: one for path, one in found.items() if one != (language, [], 0)} == {}


@pytest.mark.smoke
def test_pages_ask_nobody_else(enter):
    """Everything comes from this host, and nothing is kept back by the policy."""
    visitor = enter()
    for path in PAGES:
        visitor.page.goto(visitor.url + path, wait_until="networkidle")

    assert {one for one in visitor.requests if not one.startswith((f"{visitor.url}/", "data:"))} == set()
    assert [one for one in visitor.complaints if "does not conform" not in one] == []


def test_the_log_follows_live(enter, waiting):
    """New rows come by themselves, on top, without the page being loaded again."""
    visitor = enter()
    page = visitor.open("/admin/audit")
    page.get_by_role("link", name="Follow live").click()
    page.wait_for_url(re.compile("tail=1"))
    page.evaluate("document.body.dataset.mark = 'the same'")
    before = page.locator("[data-id]").count()

    waiting.client().post("/v1/sessions", json={"identifier": visitor.email, "password": "wrong"})

    page.locator("[data-id]").nth(before).wait_for()
    assert "A sign-in failed" in page.locator("[data-id]").first.inner_text()
    assert "UTC" not in page.locator("[data-id] time").first.inner_text()
    assert re.search(r"New: [1-9]", page.inner_text("[data-tail-status]"))
    assert page.evaluate("document.body.dataset.mark") == "the same"
    assert visitor.complaints == []


def test_the_log_follows_without_a_script(enter, waiting):
    """The page loads itself again, because one asked for it."""
    visitor = enter(java_script_enabled=False)
    page = visitor.open("/admin/audit?tail=1")
    waiting.client().post("/v1/sessions", json={"identifier": visitor.email, "password": "wrong"})

    page.locator("[data-id].bad").first.wait_for(timeout=15_000)


def test_following_ends_with_the_session(enter):
    """The sign-in page is not put among the rows."""
    visitor = enter()
    page = visitor.open("/admin/audit?tail=1")
    visitor.context.clear_cookies()

    with page.expect_response(re.compile("/sign-in")):
        pass
    page.wait_for_timeout(500)

    assert page.locator("[data-tail] form").count() == 0


def test_a_bar_zooms(enter):
    """Into its own time; with the keyboard by the table behind the chart."""
    visitor = enter()
    page = visitor.open("/admin/audit?period=1h")
    page.locator("svg a").last.click()
    page.wait_for_url(re.compile("since="))
    zoomed = page.url
    visitor.open("/admin/audit?period=1h")
    page.get_by_text("As a table").press("Enter")
    page.locator("figure table a").last.press("Enter")
    page.wait_for_url(re.compile("since="))

    assert page.url == zoomed
    assert page.locator("[data-id]").count() > 0


@pytest.mark.parametrize(("button", "name"), [("Export as CSV", "audit.csv"), ("Export as JSON lines", "audit.jsonl")])
def test_the_log_is_taken_away(enter, button, name):
    """By a button that sends the filter along."""
    visitor = enter()
    page = visitor.open("/admin/audit?event=LOGIN_SUCCESS")

    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()

    assert download.value.suggested_filename == name
    assert "LOGIN_SUCCESS" in download.value.path().read_text()


def test_a_slash_leads_to_the_search(enter):
    """On each page that has one."""
    visitor = enter()
    for path, field in (("/admin/audit", "user"), ("/admin/settings", "q")):
        page = visitor.open(path)
        page.keyboard.press("/")

        assert page.evaluate("document.activeElement.name") == field


@pytest.mark.parametrize("has_script", [True, False])
def test_a_letter_is_looked_at_and_tried_again(enter, has_script):
    """From the list to its page and back; the frame shows it, dots for the code."""
    visitor = enter(java_script_enabled=has_script)
    page = visitor.open("/admin/outbox")
    page.locator(".entries li", has_text="@").locator("a").first.click()  # events are on their way there too
    page.wait_for_url(re.compile("/admin/outbox/"))
    letter = page.frame_locator("iframe.letter").locator("body").inner_text()
    page.fill("[name=reason]", "mended")
    page.get_by_role("button", name="Try it now").click()
    page.wait_for_url(re.compile("done=one"))

    assert "••••" in letter
    assert "It is tried now." in page.inner_text("main")
    assert visitor.complaints == []


def test_a_letter_is_shown_in_each_language(enter):
    """As it looks, as text and as a text message."""
    visitor = enter()
    page = visitor.open("/admin/mail?kind=reset_password&language=ar&look=dark")
    frame = page.frame_locator("iframe.letter")

    assert frame.locator("html").get_attribute("dir") == "rtl"
    assert page.locator("pre.letter").get_attribute("lang") == "ar"
    assert "sample" in page.inner_text("p.sms")
    assert visitor.complaints == []
