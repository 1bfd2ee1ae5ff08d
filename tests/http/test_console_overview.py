"""The console's first page, and how the first administrator comes there."""

import re

import pytest

from support.browser import Browser
from support.operator import PASSWORD, Operator, administrator, weight


@pytest.fixture(scope="module")
def service(launch_module):
    return launch_module("signup-signin", env={"DOORWARD_CLOSING__GRACE": "30d"})


@pytest.fixture(scope="module")
def root(service):
    return administrator(service)


def figure(page, words):
    """The number above some words."""
    return re.search(rf"<strong>([^<]*)</strong> (?:<a [^>]*>)?{words}", page.answer.text)[1]


def test_figures_and_charts_follow_what_happens(root, service):
    """Accounts by their state, sign-ins by their outcome; each chart has a sentence and a table too."""
    ada = Operator(service)
    for _ in range(2):
        service.client().post("/v1/sessions", json={"identifier": ada.email, "password": "not this one"})
    root.open(f"/admin/users/{ada.id}").send(f"/admin/users/{ada.id}/lock")
    page = root.open("/admin")

    assert (figure(page, "accounts"), figure(page, "new today"), figure(page, "locked")) == ("2", "2", "1")
    assert figure(page, "median mail delay") == "\u2013"
    assert "0 in the 7 days before" in page.text
    for words in ("Sign-ups", "Successful 2", "Failed 2", "Locked accounts 1", "2 in all, 2 at most"):
        assert words in page.text, words
    assert page.answer.text.count("<svg") == page.answer.text.count("<table>") == 4
    assert page.answer.text.count('<th scope="row">') == 4 * 30


@pytest.mark.parametrize(("asked", "days"), [("7", 7), ("90", 90), ("30", 30), ("1e9", 30), ("-1", 30), ("", 30)])
def test_the_period_is_chosen_by_the_address(root, asked, days):
    """One of three; anything else is the usual one."""
    page = root.open(f"/admin?days={asked}")

    assert page.answer.text.count('<th scope="row">') == 4 * days
    assert f'href="/admin?days={days}" aria-current="true"' in page.answer.text


def test_the_page_is_small(root):
    """With the longest period too."""
    assert weight(root, "/admin?days=90") <= 60_000


def test_figures_lead_to_those_whom_they_count(root):
    """By the list's filters."""
    page = root.open("/admin").answer.text

    for filtered in ("status=LOCKED", "status=DISABLED", "status=CLOSING", "verified=false"):
        assert f'href="/admin/users?{filtered}"' in page
        assert root.status(f"/admin/users?{filtered}") == 200
    (since,) = re.findall(r'href="(/admin/users\?since=[0-9-]+)"', page)
    assert root.email in root.open(since).text


def test_who_closes_his_own_account_is_counted_apart(root, service):
    """And listed apart from those whom an operator has disabled."""
    gone, disabled = Operator(service), Operator(service)
    before = [int(figure(root.open("/admin"), words)) for words in ("disabled", "closing")]
    gone.open("/account/data").send("/account/data/delete", current_password=PASSWORD)
    root.open(f"/admin/users/{disabled.id}").send(f"/admin/users/{disabled.id}/disable")
    after = [int(figure(root.open("/admin"), words)) for words in ("disabled", "closing")]
    lists = [root.open(f"/admin/users?status={status}").text for status in ("DISABLED", "CLOSING")]

    assert [now - then for then, now in zip(before, after, strict=True)] == [1, 1]
    assert [[one.email in page for one in (disabled, gone)] for page in lists] == [[True, False], [False, True]]


def test_numbers_and_days_are_written_as_the_reader_does(root):
    """From right to left where that is so."""
    page = root.http.get("/admin", headers={"Accept-Language": "ar"}).text

    assert 'lang="ar" dir="rtl"' in page


def test_development_lets_its_administrator_in(launch):
    """By the link that it prints, once; it leads to the console. Started again, it is the same administrator."""
    service = launch("modern", mode="dev")
    (link,) = re.findall(r"Admin +(http\S+)", service.log())
    window = Browser(service.client()).open(link)
    window.send("/sign-in-link")
    inside, text = window.path, window.text
    again = Browser(service.client()).open(link)
    service.stop()
    service.start()
    second = re.findall(r"Admin +(http\S+)", service.log())[1]
    other = Browser(service.client()).open(second)
    other.send("/sign-in-link")

    assert (inside, other.path) == ("/admin", "/admin")
    assert "Signed in as admin@example.com" in text
    assert again.answer.status_code == 410
    assert "That link is no longer good" in again.text
    assert "doorward admin link" in again.text
    assert [row["email"] for row in service.records("users")] == ["admin@example.com"]


@pytest.mark.parametrize("profile", ["email-or-phone", "oauth2-password", "link-activation"])
def test_every_profile_lets_its_administrator_in(launch, profile):
    """Whatever passwords must be like there."""
    service = launch(profile, mode="dev")
    (link,) = re.findall(r"Admin +(http\S+)", service.log())
    window = Browser(service.client()).open(link)

    assert window.send("/sign-in-link").path == "/admin"


def test_where_there_is_an_administrator_already_no_other_is_made(launch):
    """The link is for the first who can be used; where all are disabled there is none, but what to type."""
    service = launch("modern", mode="dev")
    service.create_user("root@example.com", PASSWORD, "--role", "admin", "--verified")
    service.cli("users", "disable", "admin@example.com")
    service.stop()
    service.start()
    link = re.findall(r"Admin +(http\S+)", service.log())[-1]
    entered = Browser(service.client()).open(link).send("/sign-in-link").text
    service.cli("users", "disable", "root@example.com")
    service.stop()
    service.start()

    assert "Signed in as root@example.com" in entered
    assert re.findall(r"Admin +(.*)", service.log())[-1].endswith("--role admin --verified --profile modern")
    assert len(service.records("users")) == 2
