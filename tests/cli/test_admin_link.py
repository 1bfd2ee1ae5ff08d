"""`doorward admin link`: from the command line into the browser."""

import json

import pytest

from support.browser import Browser

PASSWORD = "a long walk in the hills"


@pytest.fixture(scope="module")
def door(launch_module):
    running = launch_module("modern")
    running.create_user("root@example.com", PASSWORD, "--role", "admin", "--verified")
    running.create_user("ada@example.com", PASSWORD, "--verified")
    return running


def link(door, *options):
    done = door.cli("admin", "link", "root@example.com", *options)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_link_signs_in_once_by_its_button(door):
    """Opening it spends nothing; the button sets the session's cookie, and the second time there is nothing left."""
    browser, address = door.client(), link(door)
    token = address.partition("?token=")[2]

    opened = [browser.get(address).status_code, browser.head(address).status_code]
    before = browser.get("/v1/me").status_code
    entered = browser.post("/sign-in-link", data={"token": token}, headers={"Origin": door.url})
    again = browser.post("/sign-in-link", data={"token": token}, headers={"Origin": door.url})

    assert (opened, before, entered.status_code) == ([200, 200], 401, 303)
    assert browser.get("/v1/me").json()["email"] == "root@example.com"
    assert browser.get("/v1/admin/users").status_code == 200
    assert (again.status_code, browser.get(address).status_code) == (410, 410)


def test_a_browser_sends_the_button_with_its_origin(door):
    """Pages forbid to tell where one comes from; this one tells its origin, never its token, or it could not work."""
    browser = Browser(door.client()).open(link(door))
    policies = {browser.answer.headers["Referrer-Policy"]}

    browser.type_and_send()

    assert policies == {"strict-origin"}
    assert (browser.answer.status_code, browser.answer.url.path) == (200, "/admin")


def test_a_foreign_page_signs_nobody_in_by_a_link(door):
    """Nobody finds himself in the account of somebody who posted his own link for him."""
    token = link(door).partition("?token=")[2]

    answer = door.client().post("/sign-in-link", data={"token": token}, headers={"Origin": "https://elsewhere.example"})

    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")
    assert "set-cookie" not in answer.headers


def test_the_link_can_be_had_as_json_with_its_time(door):
    """For scripts."""
    made = json.loads(link(door, "--json", "--ttl", "5m"))

    assert made["link"].startswith(f"{door.url}/sign-in-link?token=")
    assert made["valid"] == "5m"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("ada@example.com",), "You may not do this"),
        (("nobody@example.com",), "There is no account nobody@example.com"),
        (("root@example.com", "--ttl", "2d"), "at most 24h"),
        (("root@example.com", "--ttl", "soon"), "--ttl"),
    ],
)
def test_slips_are_told(door, arguments, words):
    """An account that is no administrator's, a stranger, a time that is too long or none."""
    done = door.cli("admin", "link", *arguments)

    assert done.returncode in (1, 2)
    assert words in done.stderr
    assert "Traceback" not in done.stderr
