"""The console's users and overview in a real browser: for everybody, with and without scripts."""

import csv
import re
import secrets

import pytest

from support.looks import LOOKS, faults, too_wide
from support.visitor import PASSWORD

SCRIPTS = [pytest.param(True, id="script"), pytest.param(False, id="no-script")]


@pytest.fixture(scope="module")
def used(launch_session):
    """A development service."""
    return launch_session("modern", mode="dev", env={"DOORWARD_LIMITS__SIGN_IN": "off"})


@pytest.fixture
def enter(visit, used):
    """An administrator's window."""

    def run(**options):
        visitor = visit(**options)
        visitor.url = used.url
        used.create_user(visitor.email, PASSWORD, "--role", "admin", "--verified", "--first-name", "Grace")
        visitor.sign_in()
        return visitor

    return run


@pytest.fixture
def family(used):
    """The last name of three people."""
    name = f"Q{secrets.token_hex(5)}"
    lines = "".join(f"{name.lower()}{n}@example.com,P{n},{name}\n" for n in range(3))
    (used.folder / "people.csv").write_text("email,first_name,last_name\n" + lines)
    assert used.cli("users", "import", "people.csv", "--verified").returncode == 0
    return name


def opened(page):
    """What axe and the eye find with all details open."""
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    return faults(page) + too_wide(page)


@pytest.mark.parametrize("look", [pytest.param(n, marks=pytest.mark.smoke) if n == "light" else n for n in LOOKS])
def test_axe_finds_nothing(enter, family, look):
    """On any page, with something wrong on it too, and with its details open; nothing is wider than the window."""
    visitor = enter(**LOOKS[look])
    page, found = visitor.page, {}
    for path in (
        "/admin?days=7",
        "/admin/users",
        f"/admin/users?q={family}&status=ACTIVE&done=nobody",
        "/admin/users?q=nobody-is-called-so",
        "/admin/users/new",
        f"/admin/users/change?action=lock&all=1&q={family}",
    ):
        found[path] = opened(visitor.open(path))
    page.locator("main form button").first.click()
    page.wait_for_url(re.compile("/admin/users/changed/"))
    found["changed"] = opened(page)
    visitor.open(f"/admin/users?q={family}")
    page.locator(".users a").first.click()
    page.wait_for_url(re.compile(r"/admin/users/[0-9a-f-]{36}"))
    found["user"] = opened(page)
    page.fill("[name=confirm]", "no")
    page.locator("form[action$=delete] button").click()
    page.wait_for_selector("#told")
    found["refused"] = opened(page)

    assert {path: one for path, one in found.items() if one} == {}
    assert visitor.complaints == []


@pytest.mark.smoke
@pytest.mark.parametrize("has_script", SCRIPTS)
def test_from_the_terminal_to_the_console(visit, used, has_script):
    """The link that `dev` prints leads to the overview; the second time it says that it is used."""
    used.stop()
    used.start()
    link = re.findall(r"Admin +(http\S+)", used.log())[-1]
    visitor = visit(java_script_enabled=has_script)
    page = visitor.page
    page.goto(link)
    page.locator("main form button").click()
    page.wait_for_url(re.compile(r"/admin$"))
    heading = page.inner_text("h1")

    assert heading == "Overview"
    assert page.goto(link).status == 410
    assert visitor.complaints == []


@pytest.mark.smoke
@pytest.mark.parametrize("has_script", SCRIPTS)
def test_many_are_changed_and_changed_back(enter, family, has_script):
    """Find, mark, choose, say why, see what became of it, undo."""
    visitor = enter(java_script_enabled=has_script)
    page = visitor.open("/admin/users")
    page.fill("[name=q]", family)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"q={family}"))
    for box in page.locator("[name=id]").all()[:2]:
        box.check()
    page.select_option("[name=action]", "disable")
    page.get_by_role("button", name="Go on", exact=True).click()
    page.wait_for_url(re.compile("/change"))
    asked = page.inner_text("main")
    page.fill("[name=reason]", "asked by mail")
    page.get_by_role("button", name="Disable").click()
    page.wait_for_url(re.compile("/changed/"))
    done = page.inner_text("main")
    page.get_by_role("button", name="Undo").click()
    page.locator("h1", has_text="Enable").wait_for()
    page.get_by_role("link", name="Back to the list").click()
    page.wait_for_url(re.compile(rf"/admin/users\?q={family}"))

    assert "This is about 2 accounts." in asked
    assert re.search(r"Changed\s+2", done)
    assert page.locator(".users .chip.bad").count() == 0
    assert visitor.complaints == []


def test_all_on_the_page_are_marked_at_once(enter, family):
    """A comfort of the script; without it there is no box that does nothing."""
    visitor = enter()
    page = visitor.open(f"/admin/users?q={family}")
    page.get_by_label("Mark all on this page").check()
    silent = enter(java_script_enabled=False).open(f"/admin/users?q={family}")

    assert page.locator("[name=id]:checked").count() == 3
    assert not silent.locator("[data-marks]").is_visible()


def test_a_slash_leads_to_the_search(enter):
    """But not while one is typing."""
    page = enter().open("/admin/users")
    page.keyboard.press("/")
    page.keyboard.type("a/b")

    assert page.input_value("[name=q]") == "a/b"


def test_those_who_match_are_taken_away(enter, family):
    """As a file."""
    page = enter().open(f"/admin/users?q={family}")

    with page.expect_download() as download:
        page.get_by_role("button", name="Export as CSV").click()

    assert download.value.suggested_filename == "users.csv"
    rows = list(csv.DictReader(download.value.path().read_text().splitlines()))
    assert [row["last_name"] for row in rows] == [family] * 3


@pytest.mark.parametrize("has_script", SCRIPTS)
def test_a_user_is_locked_with_a_reason_and_unlocked(enter, family, has_script):
    """What an action means is said before it is done."""
    visitor = enter(java_script_enabled=has_script)
    page = visitor.open(f"/admin/users?q={family}")
    page.locator(".users a").first.click()
    page.wait_for_url(re.compile(r"/admin/users/[0-9a-f-]{36}"))
    page.locator("summary", has_text=re.compile("^Lock$")).click()
    means = page.locator("form[action$='/lock'] p").first.inner_text()
    page.fill("#f-reason-lock", "looks stolen")
    page.locator("form[action$='/lock'] button").click()
    page.wait_for_url(re.compile("done=lock"))
    said = page.inner_text("main")
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url(re.compile("done=unlock"))

    assert "Nobody can sign in" in means
    assert "The account is locked." in said
    assert "The account is unlocked." in page.inner_text("main")
    assert visitor.complaints == []


def test_the_overview_has_a_table_behind_each_chart(enter):
    """Opened by the keyboard; the chart says the same in a sentence."""
    page = enter().open("/admin?days=7")
    page.get_by_text("As a table").first.press("Enter")

    assert page.locator("figure").first.locator("tbody tr").count() == 7
    svg = page.locator("figure svg").first
    assert svg.get_attribute("role") == "img"
    assert "at most" in page.text_content(f"#{svg.get_attribute('aria-describedby')}")


@pytest.mark.smoke
def test_pages_ask_nobody_else(enter):
    """Everything comes from this host."""
    visitor = enter()
    for path in ("/admin", "/admin/users", "/admin/users/new"):
        visitor.page.goto(visitor.url + path, wait_until="networkidle")

    assert {one for one in visitor.requests if not one.startswith((f"{visitor.url}/", "data:"))} == set()
    assert visitor.complaints == []
