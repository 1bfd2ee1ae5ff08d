"""The console's page of a user: what is known, what happened, what can be done."""

import json
import re
import secrets
import time
from html import unescape
from uuid import uuid4

import pytest

from support.operator import PASSWORD, Operator, administrator, weight

EVIL = '"><script>alert("x")</script>'


@pytest.fixture(scope="module")
def service(launch_module):
    return launch_module("modern", env={"DOORWARD_VERIFICATION__RESEND_COOLDOWN": "1s"})


@pytest.fixture(scope="module")
def root(service):
    return administrator(service)


@pytest.fixture
def ada(service):
    """Somebody who is signed in on one device."""
    return Operator(service, "--first-name", "Ada", "--last-name", "Lovelace")


@pytest.fixture
def fresh(service):
    """Somebody who has not proven the address."""
    return service.create_user(f"{secrets.token_hex(6)}@example.com", PASSWORD)


@pytest.fixture
def act(root):
    """Press a button of somebody's page."""

    def press(user_id, name, **typed):
        page = f"/admin/users/{user_id}"
        return root.open(page).send(f"{page}/{name}", **typed)

    return press


def stored(service, user_id):
    return service.records("users", id=user_id)[0]


def audited(service, user_id, kind):
    return [row["details"] for row in service.records("audit_logs", user_id=user_id, event_type=kind)]


def test_all_that_is_known_is_shown(root, ada):
    """Who it is, what happened, where one is signed in, and what the API says; never a hash."""
    page = root.open(f"/admin/users/{ada.id}")
    raw = json.loads(unescape(re.search(r'<pre dir="ltr">(\{.*?\})</pre>', page.answer.text, re.DOTALL)[1]))

    assert "Ada Lovelace" in page.text
    for words in (ada.email, ada.id, "active", "Signed in", "LOGIN_SUCCESS", "Python", "The account was created"):
        assert words in page.text, words
    assert (raw["id"], raw["email"], raw["is_verified"]) == (ada.id, ada.email, True)
    assert "argon2" not in page.answer.text
    assert weight(root, f"/admin/users/{ada.id}") <= 60_000


@pytest.mark.parametrize("path", [str(uuid4()), "nobody", "../users/x", f"{uuid4()}/explode"])
def test_who_is_not_there_is_not_found(root, path):
    """Nor an act that there is not."""
    assert root.status(f"/admin/users/{path}") in (404, 405)
    assert root.post(f"/admin/users/{path}", reason="x").status_code in (404, 405)


@pytest.mark.parametrize(
    ("steps", "status", "kind"),
    [
        (("lock",), "LOCKED", "ACCOUNT_LOCKED"),
        (("lock", "unlock"), "ACTIVE", "ACCOUNT_UNLOCKED"),
        (("disable",), "DISABLED", "ACCOUNT_DISABLED"),
        (("disable", "enable"), "ACTIVE", "ACCOUNT_ENABLED"),
    ],
)
def test_the_status_is_changed_with_a_reason(act, root, service, ada, steps, status, kind):
    """And said; the opposite is offered as a way back."""
    for step in steps:
        act(ada.id, step, reason="because <i>so</i>")
        assert root.path == f"/admin/users/{ada.id}"

    assert stored(service, ada.id)["status"] == status
    assert audited(service, ada.id, kind) == [{"by": root.id, "reason": "because <i>so</i>"}]
    assert "Undo" in root.text
    assert "<i>so" not in root.answer.text


def test_what_was_done_is_undone_at_once(act, root, service, ada):
    """By the button beside the sentence."""
    act(ada.id, "disable").send(f"/admin/users/{ada.id}/enable")

    assert "The account is enabled." in root.text
    assert stored(service, ada.id)["status"] == "ACTIVE"


def test_an_address_cannot_say_what_was_not_done(root, ada):
    """A link to the page that says `locked` shows no such sentence."""
    assert "The account is locked." not in root.open(f"/admin/users/{ada.id}?done=lock").text
    assert root.open(f"/admin/users/{ada.id}?done={EVIL}").answer.status_code == 200


def test_an_address_is_verified_by_hand(act, root, service, fresh):
    """As one vouches for it."""
    act(fresh["id"], "verify", reason="showed a passport")

    assert "The address is verified." in root.text
    assert stored(service, fresh["id"])["verified_at"]
    assert audited(service, fresh["id"], "EMAIL_VERIFIED")[0]["reason"] == "showed a passport"
    assert f"/admin/users/{fresh['id']}/verify" not in root.answer.text


def test_a_new_code_is_sent(act, root, service, fresh, mailbox):
    """It replaces the one before, and is good."""
    email = fresh["email"]
    first = mailbox.code(email)
    time.sleep(1.1)  # two letters within a second are one too many
    act(fresh["id"], "resend", reason="called us")

    assert "A new code is on its way." in root.text
    assert mailbox.code(email, count=2) != first
    assert audited(service, fresh["id"], "VERIFICATION_REQUESTED")[0] == {"by": root.id, "reason": "called us"}


def test_a_link_for_a_new_password_is_sent(act, root, service, ada, mailbox):
    """A few in an hour; then it is said when the next one may go out."""
    for _ in range(4):
        act(ada.id, "reset", reason="called us")

    assert "Too many tries" in root.text
    assert root.answer.status_code == 429
    assert "/reset-password?token=" in mailbox.link(ada.email, count=3)
    assert audited(service, ada.id, "PASSWORD_RESET_REQUESTED") == [{"by": root.id, "reason": "called us"}] * 3


def test_one_device_or_all_are_signed_out(act, root, service, ada):
    """At once."""
    page = root.open(f"/admin/users/{ada.id}").answer.text
    (end,) = re.findall(r'action="([^"]*/sessions/[0-9a-f-]{36}/end)"', page)
    root.send(end)
    one = ada.open("/account").path
    ada.send("/sign-in", identifier=ada.email, password=PASSWORD)
    act(ada.id, "sign-out", reason="lost")

    assert (one, ada.open("/account").path) == ("/sign-in", "/sign-in")
    assert "Signed in nowhere." in root.text
    assert root.post(end).status_code == 404
    assert audited(service, ada.id, "SESSION_REVOKED")[-1] == {"by": root.id, "reason": "lost"}


def test_a_session_is_ended_on_the_page_of_its_owner_only(root, ada):
    """An id of somebody else's is not found."""
    page = root.open(f"/admin/users/{ada.id}").answer.text
    end = re.search(r'action="([^"]*/sessions/[0-9a-f-]{36}/end)"', page)[1]

    assert root.post(end.replace(ada.id, root.id)).status_code == 404
    assert ada.status("/account") == 200


def test_the_role_is_changed(act, root, service, ada):
    """Up and down again."""
    act(ada.id, "role", role="admin", reason="helps us")
    raised = ada.status("/admin")
    act(ada.id, "role", role="user")

    assert (raised, ada.status("/admin")) == (200, 403)
    assert audited(service, ada.id, "ROLE_CHANGED")[0] == {"by": root.id, "reason": "helps us", "role": "admin"}


def test_an_account_is_deleted_by_who_means_it(act, root, service, ada):
    """Its name has to be typed; then it is gone, and its rows stay."""
    act(ada.id, "delete", confirm="yes", reason=EVIL)
    refused, kept = (root.answer.status_code, root.text), f'value="{EVIL}"' in unescape(root.answer.text)
    act(ada.id, "delete", confirm=ada.email, reason=EVIL)

    assert refused[0] == 422
    assert "Confirmation: Is not what is asked for." in refused[1]
    assert kept
    assert root.path == "/admin/users"
    assert "The account is deleted." in root.text
    assert root.status(f"/admin/users/{ada.id}") == 404
    assert audited(service, ada.id, "USER_DELETED")[0] == {"by": root.id, "reason": EVIL}


def test_a_refusal_is_shown_on_the_page(act, root, ada):
    """What was typed is kept where it was typed."""
    act(ada.id, "lock", reason="y" * 201)

    assert root.answer.status_code == 422
    assert "at most 200 characters" in root.text
    assert "y" * 201 in root.answer.text


def test_the_last_administrator_stays(launch):
    """Whatever he presses on his own page."""
    root = administrator(launch("signup-signin"))
    page = f"/admin/users/{root.id}"
    tries = {"lock": {}, "disable": {}, "role": {"role": "user"}, "delete": {"confirm": root.email}}

    for name, typed in tries.items():
        root.open(page).send(f"{page}/{name}", **typed)
        assert (root.answer.status_code, "No administrator would be left" in root.text) == (409, True), name


def test_the_history_has_pages(root, service, ada):
    """The newest first, and a way to older ones."""
    for _ in range(30):
        service.client().post("/v1/sessions", json={"identifier": ada.email, "password": PASSWORD})
    first = root.open(f"/admin/users/{ada.id}")
    older = re.search(r'href="([^"]*cursor=[^"]*)"', first.answer.text)[1]

    assert "Older" in first.text
    assert "Newest" in root.open(older).text
    assert "The account was created" in root.text
