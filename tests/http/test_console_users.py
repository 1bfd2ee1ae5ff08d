"""The console's list of users: search, filters, pages, export, adding one, and the same for many."""

import csv
import re
import secrets

import pytest

from support.operator import PASSWORD, Operator, administrator, weight

EVIL = '<script>alert("x")</script>'
IDS = re.compile(r'name="id" value="([0-9a-f-]{36})"')
CREATE = "/admin/users/new"


@pytest.fixture(scope="module")
def service(launch_module):
    return launch_module("modern")


@pytest.fixture(scope="module")
def root(service):
    return administrator(service)


@pytest.fixture
def family(service):
    """A last name that nobody else has."""
    return f"Q{secrets.token_hex(5)}"


@pytest.fixture
def people(root, family):
    """Three accounts with that name, oldest first; the last has not proven its address."""
    verified = ({"verified": "1"}, {"verified": "1"}, {})
    return [
        created(root, email=f"{family.lower()}{n}@example.com", last_name=family, **more)
        for n, more in enumerate(verified)
    ]


def created(root, **typed):
    """The id of a new account."""
    return root.post(CREATE, new_password=PASSWORD, **typed).headers["Location"].split("/")[-1].partition("?")[0]


def listed(root, query):
    """The ids on a page."""
    return IDS.findall(root.open(f"/admin/users?{query}").answer.text)


def statuses(service, people):
    return [service.records("users", id=person)[0]["status"] for person in people]


def reasons(service, kind):
    return [row["details"].get("reason") for row in service.records("audit_logs", event_type=kind)]


def go(root, action, **chosen):
    """From the question to the answer."""
    marked = "&".join(f"{name}={value}" for name, values in chosen.items() for value in values)
    return root.open(f"/admin/users/change?action={action}&{marked}")


def test_the_address_says_what_is_shown(root, people, family):
    """Search, each filter, and the order; the form shows what was asked for."""
    ids = people

    assert listed(root, f"q={family}") == ids[::-1]
    assert listed(root, f"q={family}&sort=created_at") == ids
    assert listed(root, f"q={family}&sort=-email&status=&verified=") == ids[::-1]
    assert listed(root, f"q={family}&verified=true") == ids[1::-1]
    assert listed(root, f"q={family}&status=LOCKED") == []
    assert "Nobody matches." in root.text
    assert listed(root, f"q={family}&role=admin") == []
    assert listed(root, f"q={family}&since=2020-01-01&until=2021-01-01") == []
    assert listed(root, f"q={family}&since=2020-01-01") == ids[::-1]
    assert f'name="q" type="search" value="{family}"' in root.answer.text
    assert 'name="since" type="date" value="2020-01-01"' in root.answer.text
    assert listed(root, f"q={people[1]}") == [people[1]]


@pytest.mark.parametrize("query", ["status=BROKEN", "since=soon", "cursor=x", "sort=password_hash", f"q={'x' * 150}"])
def test_an_address_that_makes_no_sense_is_refused(root, query):
    """As a page that says so."""
    page = root.open(f"/admin/users?{query}")

    assert page.answer.status_code == 422
    assert "That did not work" in page.text


def test_unknown_parameters_are_left_alone(root, people, family):
    """Whoever adds one to a link still comes to the page."""
    assert len(listed(root, f"q={family}&utm=mail")) == 3


def test_long_lists_have_pages(root, service, family):
    """The filter goes along to the next one."""
    lines = "".join(f"{family.lower()}{n}@example.com,{family}\n" for n in range(55))
    (service.folder / "people.csv").write_text("email,last_name\n" + lines)
    assert service.cli("users", "import", "people.csv").returncode == 0

    first = listed(root, f"q={family}&sort=email")
    onwards = re.search(r'href="/admin/users\?([^"]*cursor=[^"]*)"', root.answer.text)[1].replace("&amp;", "&")
    second = listed(root, onwards)

    assert "55 accounts" in root.text
    assert (len(first), len(second), len({*first, *second})) == (50, 5, 55)
    assert "Next page" not in root.text
    assert "First page" in root.text
    assert weight(root, f"/admin/users?q={family}") <= 60_000


def test_what_users_say_of_themselves_is_text(root, family):
    """Names that are markup are shown as they are, in the list and on the page of their account."""
    made = created(root, email=f"{family.lower()}@example.com", first_name=EVIL, last_name=family)

    for path in (f"/admin/users?q={family}", f"/admin/users/{made}", f"/admin/users?q={EVIL}"):
        page = root.open(path)
        assert "<script>alert" not in page.answer.text, path
    assert "&lt;script&gt;" in root.open(f"/admin/users/{made}").answer.text


def test_those_who_match_are_exported(root, service, family):
    """As CSV that no spreadsheet runs, without hashes; that it was done is audited, without what was looked for."""
    created(root, email=f"{family.lower()}@example.com", last_name=family, first_name="=1+1")
    created(root, email=f"other-{family.lower()}@example.com", last_name="Nobody")

    answer = root.post("/admin/users/export", q=family)
    rows = list(csv.DictReader(answer.text.splitlines()))

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="users.csv"'
    assert [(row["email"], row["first_name"]) for row in rows] == [(f"{family.lower()}@example.com", "'=1+1")]
    assert "password_hash" not in rows[0]
    details = [row["details"] for row in service.records("audit_logs", event_type="DATA_EXPORTED")][-1]
    assert details == {"by": root.id, "users": {"text": "Q***"}, "with_hashes": False}
    assert len(root.post("/admin/users/export").text.splitlines()) == 1 + len(service.records("users"))


def test_an_account_is_created(root, service, family):
    """With what was typed; it can sign in at once if one vouches for it."""
    email = f"{family.lower()}@example.com"
    root.open(CREATE).send(CREATE, email=email, new_password=PASSWORD, first_name="Ada", role="admin", verified="1")

    assert "The account is created." in root.text
    assert (email in root.text, "administrator" in root.text) == (True, True)
    made = service.records("users", email=email)[0]
    assert root.path == f"/admin/users/{made['id']}"
    assert service.client().post("/v1/sessions", json={"identifier": email, "password": PASSWORD}).status_code == 200


def test_what_is_wrong_with_a_new_account_is_said(root, family):
    """At its field, and nothing but the password has to be typed again."""
    root.open(CREATE).send(CREATE, email=root.email, new_password="short", first_name=family)

    assert root.answer.status_code == 422
    assert "at least 8 characters" in root.text
    assert f'value="{family}"' in root.answer.text
    assert "short" not in root.answer.text
    root.send(CREATE, new_password=PASSWORD)
    assert (root.answer.status_code, "An account with this address or number exists." in root.text) == (409, True)


def test_many_are_changed_after_a_question(root, service, people, family):
    """How many, what it means, why; then what became of them, and the way back."""
    ids = [people[0], people[1]]
    asked = go(root, "lock", id=ids).text
    root.send("/admin/users/change", reason="looks <b>stolen</b>")
    done, after = root.text, statuses(service, people)
    root.send(f"{root.path}/undo")

    assert "This is about 2 accounts." in asked
    assert "Nobody can sign in" in asked
    assert "Changed 2" in done
    assert after == ["LOCKED", "LOCKED", "ACTIVE"]
    assert "Unlock" in root.text
    assert statuses(service, people) == ["ACTIVE"] * 3
    assert reasons(service, "ACCOUNT_LOCKED")[-1] == "looks <b>stolen</b>"
    assert "<b>stolen" not in root.open(f"/admin/users/{ids[0]}").answer.text


def test_what_is_disabled_is_not_counted_as_locked(root, service, people):
    """It is said that this is not possible, and why."""
    go(root, "disable", id=[people[0]]).send("/admin/users/change")
    go(root, "lock", id=people[:2]).send("/admin/users/change")

    assert "Changed 1" in root.text
    assert "Were so before 0" in root.text
    assert "Not possible 1 Disabled accounts cannot be locked" in root.text
    assert statuses(service, people) == ["DISABLED", "LOCKED", "ACTIVE"]


@pytest.mark.parametrize(
    ("action", "after"),
    [
        ("disable", {"status": "DISABLED"}),
        ("verify", {"is_verified": True}),
        ("sign-out", {}),
        ("unlock", {"status": "ACTIVE"}),
        ("enable", {"status": "ACTIVE"}),
    ],
)
def test_all_who_match_are_changed(root, service, people, family, action, after):
    """Each thing that can be done to many; the list's filter is kept all the way."""
    asked = go(root, action, q=[family], all=["1"]).text
    root.send("/admin/users/change")
    ways = root.answer.text

    assert "This is about 3 accounts." in asked
    assert f'href="/admin/users?q={family}"' in ways
    for person in people:
        row = service.records("users", id=person)[0]
        assert {"status": row["status"], "is_verified": bool(row["verified_at"])}.items() >= after.items()
    assert ("Undo" in root.text) == (action == "disable")


def test_oneself_is_left_out(root, service):
    """Whatever is marked."""
    go(root, "disable", id=[root.id]).send("/admin/users/change")

    assert "Not changed 1" in root.text
    assert root.status("/admin") == 200


def test_without_a_mark_nothing_is_done(root):
    """One comes back to the list and is told."""
    page = go(root, "lock", q=["nobody-is-called-so"])

    assert page.path == "/admin/users"
    assert "Nobody is marked" in page.text


def test_there_is_nothing_else_that_is_done_to_many(root, people):
    """Nor a batch that was not."""
    ids = [people[0]]

    assert go(root, "delete", id=ids).answer.status_code == 404
    assert root.post("/admin/users/change", action="delete", id=ids[0]).status_code == 404
    assert root.status(f"/admin/users/changed/{ids[0]}") == 404
    assert root.post(f"/admin/users/changed/{ids[0]}/undo").status_code == 404
    assert root.status("/admin/users/change?action=lock&all=1&after=0191d9a0-0000-7000-8000-000000000000") == 404


def test_a_reason_has_an_end(root, people):
    """It is said, and nothing is done."""
    go(root, "lock", id=[people[0]]).send("/admin/users/change", reason="x" * 201)

    assert root.answer.status_code == 422
    assert "at most 200 characters" in root.text


def test_users_cannot_do_it_with_the_forms_of_others(service, people):
    """Who is no administrator is refused whatever he sends."""
    user = Operator(service)
    refused = user.post("/admin/users/change", action="lock", id=people[0])
    exported = user.post("/admin/users/export")

    assert (refused.status_code, exported.status_code) == (403, 403)
    assert statuses(service, people[:1]) == ["ACTIVE"]
