"""Specification 001, sentence by sentence: changing, forgetting and resetting passwords."""

import json
import secrets
import time

import pytest

from doorward.settings.values import parse_duration
from support.holder import HOLDER_PASSWORD, Holder, broken_rules
from support.person import outcome

OTHER = "Another-Horse-8"
RULES = [
    ("Sho-r7!", "too_short"),
    ("Twenty-1-Characters!!", "too_long"),
    ("no-uppercase-1!", "no_uppercase"),
    ("NO-LOWERCASE-1!", "no_lowercase"),
    ("No-Digit-Here!", "no_digit"),
    ("NoSpecial1234", "no_special"),
]


@pytest.fixture(scope="module")
def service(launch_module):
    return launch_module("email-or-phone")


@pytest.fixture(scope="module")
def http(service):
    return service.client()


@pytest.fixture
def holder(http, address):
    return Holder(http, address)


def nth(number):
    """A password that differs from all others."""
    return f"Horse-{number:02}-{secrets.token_hex(3)}!"


def tokens_of(mailbox, holder, *, count):
    """The tokens of the newest letters, once there are so many."""
    mailbox.wait_for(holder.username, count=count)
    return [mailbox.link_in(letter).partition("token=")[2] for letter in mailbox.messages(holder.username)]


def drained(service):
    """Wait until everything that was asked for is done."""
    deadline = time.monotonic() + 20
    while (waiting := service.records("outbox", dead_at=None)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return waiting == []


def test_the_password_is_changed(holder):
    """The new one signs in, the old one does not; this session goes on, others end."""
    holder.joined()
    first = holder.bearer
    holder.sign_in()

    answer = holder.change(OTHER)

    assert answer.status_code == 200
    assert holder.me().status_code == 200
    assert holder.http.get("/v1/me", headers=first).status_code == 401
    assert (holder.sign_in(HOLDER_PASSWORD).status_code, holder.sign_in(OTHER).status_code) == (401, 200)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}])
def test_only_who_is_signed_in_changes_it(holder, headers):
    """Knowing the old password is not enough."""
    holder.register()
    holder.bearer = headers

    assert outcome(holder.change(OTHER)) == (401, "token_invalid")
    assert holder.sign_in(HOLDER_PASSWORD).status_code == 200


@pytest.mark.parametrize("missing", ["old_password", "new_password"])
def test_old_and_new_are_required(http, holder, missing):
    """What is missing is named."""
    holder.joined()
    body = {"old_password": HOLDER_PASSWORD, "new_password": OTHER}
    del body[missing]

    answer = http.post("/change-password", json=body, headers=holder.bearer)

    assert broken_rules(answer) == {(f"/{missing}", "required")}


def test_the_old_password_must_be_right(holder):
    """403, nothing changes, and it is written down."""
    holder.joined()

    assert outcome(holder.change(OTHER, old="Wrong-Horse-9")) == (403, "wrong_password")
    assert holder.audit()[0] == "PASSWORD_CHANGE_FAILED"
    assert holder.sign_in(HOLDER_PASSWORD).status_code == 200


@pytest.mark.parametrize(("password", "code"), RULES)
def test_a_new_password_follows_the_rules(holder, password, code):
    """What cannot be registered with cannot be changed to; the refusal is written down."""
    holder.joined()

    answer = holder.change(password)

    assert broken_rules(answer) == {("/new_password", code)}
    assert holder.audit()[0] == "PASSWORD_CHANGE_FAILED"


def test_the_present_password_is_no_new_one(holder):
    """Neither by changing nor, later, by a mailed link."""
    holder.joined()

    assert broken_rules(holder.change(HOLDER_PASSWORD)) == {("/new_password", "reused")}


def test_the_last_twenty_four_passwords_do_not_come_back(service, holder):
    """Changed 24 times in a row: the first is far enough away, the 23 after it and the present one are not."""
    holder.joined()
    used = [holder.password]
    for number in range(24):
        used.append(nth(number))
        assert holder.change(used[-1]).status_code == 200, number
        if number == 22:
            # 24 passwords were used by now, the first one is still among the last 24.
            assert broken_rules(holder.change(used[0])) == {("/new_password", "reused")}

    refused = [broken_rules(holder.change(used[number])) for number in (1, 2, 12, 23, 24)]
    oldest = holder.change(used[0])

    assert refused == [{("/new_password", "reused")}] * 5
    assert oldest.status_code == 200
    assert broken_rules(holder.change(used[-1])) == {("/new_password", "reused")}
    (user,) = service.records("users", email=holder.username)
    assert 0 < len(service.records("credentials", user_id=user["id"])) <= 24


def test_a_forgotten_password_is_reset_by_a_mailed_link(holder, mailbox, http):
    """The link leads here, tells nothing, opens a page without spending itself, and sets the password."""
    holder.joined()

    asked = holder.forget()
    (token,) = tokens_of(mailbox, holder, count=1)
    link = mailbox.link(holder.username)
    opened = http.get(link)
    done = holder.reset(token, OTHER)

    assert asked.status_code == 202
    assert link.startswith(str(http.base_url).rstrip("/") + "/reset-password?token=")
    assert holder.username not in link
    assert "24 hours" in mailbox.text(holder.username)
    assert opened.status_code == 200
    assert opened.headers["Referrer-Policy"] == "strict-origin"
    assert done.status_code == 200
    assert holder.me().status_code == 401
    assert (holder.sign_in(HOLDER_PASSWORD).status_code, holder.sign_in(OTHER).status_code) == (401, 200)


def test_the_page_behind_the_link_sets_the_password(holder, mailbox, http):
    """Somebody with a browser needs no program."""
    holder.register()
    holder.forget()
    (token,) = tokens_of(mailbox, holder, count=1)

    weak = http.post("/reset-password/form", data={"token": token, "new_password": "weak"})
    done = http.post("/reset-password/form", data={"token": token, "new_password": OTHER})

    assert (weak.status_code, done.status_code) == (422, 303)
    assert holder.sign_in(OTHER).status_code == 200


def test_a_window_has_three_mails(service, holder, mailbox):
    """Further requests are answered alike and bring none."""
    holder.register()

    answers = [holder.forget() for _ in range(6)]

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert drained(service)
    assert len(mailbox.messages(holder.username)) == 3


def test_all_spellings_share_the_window(service, holder, mailbox):
    """Writing it otherwise brings no more mails."""
    holder.register()

    for spelling in (holder.username, holder.username.upper(), f" {holder.username} ") * 2:
        assert holder.forget(spelling).status_code == 202

    assert drained(service)
    assert len(mailbox.messages(holder.username)) == 3


def test_the_profile_sets_what_the_specification_says(service):
    """Three mails in 24 hours, links for 24 hours, passwords for 30 days, the last 24 of them."""
    shown = json.loads(service.cli("profiles", "show", "email-or-phone", "--json").stdout)

    names = ("reset.window", "reset.link_ttl", "password.max_age")
    assert [parse_duration(shown[name]).total_seconds() for name in names] == [86400, 86400, 30 * 86400]
    assert (shown["reset.max_requests"], shown["password.history"]) == (3, 24)


def test_the_window_ends(launch, address, mailbox):
    """Afterwards there are mails again; the 24 hours are a setting."""
    service = launch("email-or-phone", env={"DOORWARD_RESET__WINDOW": "2s"})
    holder = Holder(service.client(), address)
    holder.register()
    for _ in range(4):
        holder.forget()
    mailbox.wait_for(address, count=3)
    assert drained(service)

    deadline = time.monotonic() + 20
    while len(mailbox.messages(address)) == 3 and time.monotonic() < deadline:
        holder.forget()
        assert drained(service)

    assert len(mailbox.messages(address)) > 3


def test_the_answer_never_tells_who_has_an_account(http, holder):
    """Known, unknown, a number, nonsense: one answer."""
    holder.register()

    answers = [holder.forget(name) for name in (holder.username, "nobody@example.com", "+4915199999999", "x", "a b@c")]

    assert {(answer.status_code, answer.content) for answer in answers} == {(202, answers[0].content)}
    assert {frozenset(answer.headers) for answer in answers} == {frozenset(answers[0].headers)}


def test_a_used_link_and_all_older_ones_are_dead(holder, mailbox):
    """The newest sets the password; then all three are worth nothing, this one included."""
    holder.register()
    for count in (1, 2, 3):
        holder.forget()
        mailbox.wait_for(holder.username, count=count)
    tokens = tokens_of(mailbox, holder, count=3)

    done = holder.reset(tokens[1], OTHER)
    late = [outcome(holder.reset(token, nth(1))) for token in tokens]

    assert len(set(tokens)) == 3
    assert done.status_code == 200
    assert late == [(410, "link_expired")] * 3


def test_older_links_stay_good_until_one_is_used(holder, mailbox):
    """Whoever asked twice may take the first letter."""
    holder.register()
    for _ in range(2):
        holder.forget()
    tokens = tokens_of(mailbox, holder, count=2)

    assert holder.reset(tokens[0], OTHER).status_code == 200


def test_a_change_ends_open_links(holder, mailbox):
    """A letter that somebody else may have read is worth nothing after the owner has changed it."""
    holder.joined()
    holder.forget()
    (token,) = tokens_of(mailbox, holder, count=1)
    holder.change(OTHER)

    assert outcome(holder.reset(token, nth(1))) == (410, "link_expired")


def test_a_link_ends_at_its_time(launch, address, mailbox):
    """The 24 hours are a setting, here two seconds; late is late, and the old password stays."""
    service = launch("email-or-phone", env={"DOORWARD_RESET__LINK_TTL": "2s"})
    holder = Holder(service.client(), address)
    holder.register()
    holder.forget()
    (token,) = tokens_of(mailbox, holder, count=1)

    deadline = time.monotonic() + 20
    # What breaks the rules spends nothing, and tells whether the link is still good.
    while (answer := holder.reset(token, "weak")).status_code == 422 and time.monotonic() < deadline:
        time.sleep(0.1)

    assert outcome(answer) == (410, "link_expired")
    assert outcome(holder.reset(token, OTHER)) == (410, "link_expired")
    assert holder.sign_in(HOLDER_PASSWORD).status_code == 200


def test_a_made_up_link_is_refused(holder):
    """400, whatever it looks like."""
    assert outcome(holder.reset("x" * 54, OTHER)) == (400, "link_invalid")


def test_a_reset_follows_the_rules_too(holder, mailbox):
    """Classes, lengths and former passwords; what is refused leaves the link good and is written down."""
    holder.joined()
    holder.change(OTHER)
    holder.forget()
    (token,) = tokens_of(mailbox, holder, count=1)

    weak, former = holder.reset(token, "weak"), holder.reset(token, HOLDER_PASSWORD)
    done = holder.reset(token, nth(1))
    holder.sign_in()

    assert ("/new_password", "too_short") in broken_rules(weak)
    assert broken_rules(former) == {("/new_password", "reused")}
    assert done.status_code == 200
    assert [name for name in holder.audit() if name.startswith("PASSWORD_RESET")] == [
        *("PASSWORD_RESET", "PASSWORD_RESET_FAILED", "PASSWORD_RESET_FAILED", "PASSWORD_RESET_REQUESTED")
    ]
