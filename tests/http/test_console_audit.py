"""The console's audit log: a time, a chart, rows, a tail and files."""

import csv
import html
import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from support.operator import PASSWORD, Operator, administrator, weight

PATH = "/admin/audit"
SCRIPT = "<img src=x onerror=alert(1)>"
FORMULA = '=HYPERLINK("https://evil.example")'


@pytest.fixture(scope="module")
def service(launch_module):
    return launch_module("signup-signin", env={"DOORWARD_LOCKOUT__MAX_FAILURES": "9"})


@pytest.fixture(scope="module")
def root(service):
    return administrator(service)


@pytest.fixture(scope="module")
def user(service, root):
    """Somebody with a past: wrong passwords, a lock with a reason that would be a script, and a way back."""
    somebody = Operator(service)
    somebody.http.post("/sign-out", headers={"Origin": service.url})
    for _ in range(4):
        fail(service, somebody)
    bearer = {"Authorization": f"Bearer {root.cookie('doorward_session')}"}
    for action, reason in (("lock", SCRIPT), ("unlock", FORMULA)):
        answer = service.client().post(
            f"/v1/admin/users/{somebody.id}/{action}", json={"reason": reason}, headers=bearer
        )
        assert answer.status_code == 200
    return somebody


def fail(service, somebody):
    answer = service.client().post("/v1/sessions", json={"identifier": somebody.email, "password": "Wrong-one-7"})
    assert answer.status_code == 401


def rows(page):
    """The ids and words of the rows of a page."""
    return re.findall(r'<li data-id="([0-9a-f-]{36})"[^>]*>\s*<div><strong>([^<]+)', page)


def link(page, words):
    """Where a link leads."""
    found = re.search(rf'<a [^>]*href="([^"]*)"[^>]*>{re.escape(words)}</a>', page)
    return PATH + html.unescape(found[1])


def test_rows_say_what_happened_to_whom_by_whom(root, user):
    """In words, with the reason, and with everything the row holds."""
    page = root.open(f"{PATH}?user={user.email}").answer.text
    text = root.text

    assert [words for _, words in rows(page)][:3] == [
        "The account was unlocked",
        "The account was locked",
        "A sign-in failed",
    ]
    assert f'<a href="/admin/users/{user.id}">{user.email}</a>' in page
    assert f"by {root.email}" in text
    assert '"event_type": "ACCOUNT_LOCKED"' in text
    assert "127.0.0.1" in text


def test_nothing_in_a_row_is_run(root, user):
    """What an administrator gave for a reason is shown as text."""
    page = root.open(f"{PATH}?user={user.id}").answer.text

    assert SCRIPT not in page
    assert html.escape(SCRIPT) in page


@pytest.mark.parametrize("name", ["event", "user", "since", "until", "period", "cursor", "tail"])
def test_nothing_in_the_address_is_run(root, name):
    """Whatever stands in it; and no answer is a failure of ours."""
    page = root.http.get(PATH, params={name: '"><script>alert(1)</script>'}, headers={"Accept": "text/html"})

    assert page.status_code in (200, 404, 422)
    assert "<script>alert" not in page.text


def test_filters_stand_in_the_address(root, user):
    """The form shows what was asked for, and every link goes on with it."""
    page = root.open(f"{PATH}?period=7d&user={user.email}&event=LOGIN_FAILURE").answer.text

    assert len(rows(page)) == 4
    assert {words for _, words in rows(page)} == {"A sign-in failed"}
    assert f'value="{user.email}"' in page
    assert '<option value="LOGIN_FAILURE" selected>' in page
    assert '<input type="hidden" name="period" value="7d">' in page
    assert f"event=LOGIN_FAILURE&user={user.email.replace('@', '%40')}" in link(page, "Last hour")


def test_what_went_wrong_is_found_alone(root, user):
    """And so is what went well; the filter stays in every link, and what is no result is left out."""
    failed, done = (root.open(f"{PATH}?user={user.email}&result={name}").answer.text for name in ("failed", "done"))
    kinds = [set(re.findall(r'"event_type": "([A-Z_]+)"', html.unescape(page))) for page in (failed, done)]

    assert kinds[0] == {"LOGIN_FAILURE", "ACCOUNT_LOCKED"}
    assert "ACCOUNT_UNLOCKED" in kinds[1]
    assert not kinds[0] & kinds[1]
    assert '<option value="failed" selected>' in failed
    assert "result=failed" in link(failed, "Last hour")
    assert "result" not in link(root.open(f"{PATH}?result=nonsense").answer.text, "Last hour")


@pytest.mark.parametrize("period", ["1h", "1d", "7d", "30d"])
def test_presets_are_shown_as_a_chart(root, user, period):
    """Its numbers are those of the rows, in the table behind it too."""
    page = root.open(f"{PATH}?period={period}&user={user.id}&event=LOGIN_FAILURE").answer.text

    assert "4 in all, 4 at most" in page
    assert re.search(r'<li class="bad">Failed, refused or locked <strong>4</strong>', page)


def test_a_bar_leads_to_its_own_time(root, user):
    """The chart of that time has the same rows in it, the one before has none of them."""
    page = root.open(f"{PATH}?period=1h&user={user.id}").answer.text
    links = [PATH + html.unescape(found) for found in re.findall(r'<a href="([^"]*)" tabindex="-1"', page)]
    last, first = root.open(links[-1]).answer.text, root.open(links[0]).answer.text

    before = {row for row, _ in rows(page)}
    assert {row for row, _ in rows(last)} <= before
    assert len(rows(last)) + len(rows(root.open(links[-2]).answer.text)) == len(before)
    assert rows(first) == []
    assert "Nothing in this time." in first


def test_another_time_is_taken_as_it_is_typed(root, user):
    """In UTC; what cannot be read is said at its field."""
    soon = (datetime.now(UTC) + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S")
    found = root.open(f"{PATH}?user={user.id}&since=2020-01-01T00:00:00&until={soon}").answer.text
    nothing = root.open(f"{PATH}?since=2020-01-01T00:00&until=2020-01-02T00:00:00").answer.text
    wrong = root.open(f"{PATH}?since=yesterday").answer
    turned = root.open(f"{PATH}?since=2021-01-01T00:00&until=2020-01-01T00:00").answer

    assert len(rows(found)) >= 7
    assert 'value="2020-01-01T00:00:00"' in found
    assert rows(nothing) == []
    assert (wrong.status_code, "From (UTC): Cannot be accepted." in wrong.text) == (422, True)
    assert (turned.status_code, 'aria-describedby="e-until"' in turned.text) == (422, True)


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59", "0001-01-01T00:00:00", "9999-12-31T23:59:59-14:00"])
def test_the_ends_of_time_break_nothing(root, moment):
    """As far as a calendar goes."""
    assert root.http.get(PATH, params={"since": moment}).status_code in (200, 422)
    assert root.http.get(PATH, params={"until": moment}).status_code in (200, 422)


def test_an_account_that_is_gone_is_found_by_its_id(root, service):
    """Its rows outlive it; by its address it cannot be found any more, and the page says so."""
    gone = Operator(service)
    bearer = {"Authorization": f"Bearer {root.cookie('doorward_session')}"}
    assert service.client().delete(f"/v1/admin/users/{gone.id}", headers=bearer).status_code == 204

    by_id = root.open(f"{PATH}?user={gone.id}")
    assert "an account that is gone" in by_id.text
    assert gone.email not in by_id.answer.text
    by_name = root.open(f"{PATH}?user={gone.email}")
    assert (by_name.answer.status_code, "There is no such account." in by_name.text) == (404, True)


def test_pages_follow_each_other(root, service, user):
    """Older and newest; no row comes twice."""
    for _ in range(3):
        root.http.post("/account/data/export", headers={"Origin": service.url})
    first = root.open(PATH).answer.text
    second = root.open(link(first, "Older")).answer.text

    assert len(rows(first)) == 15
    assert rows(second)
    assert not set(rows(first)) & set(rows(second))
    assert root.open(link(second, "Newest")).answer.status_code == 200


def test_the_tail_gives_what_is_new(root, service, user):
    """Only the rows that came after the one that is known; the page refreshes itself where there is no script."""
    page = root.open(f"{PATH}?tail=1&user={user.id}").answer.text
    known = rows(page)[0][0]
    nothing = root.http.get(f"{PATH}/tail", params={"user": user.id, "after": known}).text
    fail(service, user)
    fresh = root.http.get(f"{PATH}/tail", params={"user": user.id, "after": known}).text

    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
    assert "http-equiv" not in root.open(PATH).answer.text
    assert nothing.strip() == ""
    assert [words for _, words in rows(fresh)] == ["A sign-in failed"]
    assert "<html" not in fresh


def exported(root, **typed):
    answer = root.post(f"{PATH}/export", **typed)
    assert answer.status_code == 200
    return answer


def test_rows_are_taken_away_as_csv(root, user):
    """Those of the filter, each cell harmless in a spreadsheet."""
    answer = exported(root, format="csv", user=user.email, period="7d")
    table = list(csv.DictReader(io.StringIO(answer.text)))

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    assert {row["user_id"] for row in table} == {user.id}
    assert json.loads(next(row["details"] for row in table if row["event_type"] == "ACCOUNT_UNLOCKED"))
    assert not [cell for row in table for cell in row.values() if cell[:1] in tuple("=+-@\t\r")]


def test_rows_are_taken_away_as_json_lines(root, user):
    """One object a line, with everything that the row holds."""
    answer = exported(root, format="jsonl", user=user.id, event="ACCOUNT_UNLOCKED")
    (row,) = [json.loads(line) for line in answer.text.splitlines()]

    assert answer.headers["content-disposition"] == 'attachment; filename="audit.jsonl"'
    assert (row["user_id"], row["details"]["reason"]) == (user.id, FORMULA)


def test_an_export_is_noted(root, user):
    """With who took it and which rows."""
    exported(root, format="csv", event="LOGIN_FAILURE")
    page = root.open(f"{PATH}?event=DATA_EXPORTED")

    assert '"event_type": "LOGIN_FAILURE"' in page.text
    assert root.email in page.text


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}], ids=str)
def test_a_page_elsewhere_cannot_make_one_take_it(root, headers):
    """Nothing is given out or noted."""
    answer = root.post(f"{PATH}/export", headers=headers, format="csv")

    assert answer.status_code == 403
    assert "event_time" not in answer.text


def test_only_administrators_see_it(service, root):
    """A user is refused everywhere, a stranger is led to the sign-in and back."""
    somebody, stranger = Operator(service), service.client()
    led = stranger.get(f"{PATH}?period=7d", headers={"Accept": "text/html"}, follow_redirects=True)

    assert [somebody.status(path) for path in (PATH, f"{PATH}/tail")] == [403, 403]
    assert somebody.post(f"{PATH}/export", format="csv").status_code == 403
    assert stranger.post(f"{PATH}/export", data={"format": "csv"}).status_code in (303, 307)
    assert led.url.path == "/sign-in"
    assert 'value="/admin/audit?period=7d"' in led.text


def test_the_page_is_small(root, user):
    """With all that belongs to it, the longest addresses and a full page of rows."""
    assert len(rows(root.open(PATH).answer.text)) == 15
    assert weight(root, f"{PATH}?period=30d&user={user.id}") <= 60_000
    assert weight(root, f"{PATH}?since=2020-01-01T00:00:00") <= 60_000
    assert PASSWORD not in root.answer.text
