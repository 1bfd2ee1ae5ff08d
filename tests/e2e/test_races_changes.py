"""Races around changing things, with real parallel requests against two processes of two workers on one database."""

import time
from collections import Counter

import pytest

from support.webhook import Webhook

PASSWORD = "Correct-Horse-7"
NAMES = {"first_name": "Ada", "last_name": "Lovelace"}
QUEUE = {"DOORWARD_HASHING__QUEUE": "200"}


@pytest.fixture(scope="module")
def service(launch_twins):
    """Numbers are taken; as many wait for their hash as come, so that none is sent away as one too many."""
    webhook = Webhook()
    yield launch_twins("email-or-phone", workers=2, env=QUEUE | {"SMS_URL": webhook.url()})
    webhook.stop()


@pytest.fixture(scope="module")
def ageing(launch_twins):
    """Passwords expire after a second."""
    return launch_twins("email-or-phone", workers=2, env=QUEUE | {"DOORWARD_PASSWORD__MAX_AGE": "1s"})


@pytest.fixture
def one(volley, call):
    """Send one request and give its answer."""
    return lambda service, *parts, **options: volley(service.url, [call(*parts, **options)])[0]


@pytest.fixture
def joined(one):
    """Register and sign in; the access token."""

    def join(service, username):
        assert one(service, "/register", {"username": username, "password": PASSWORD} | NAMES).status == 201
        return one(service, "/login", {"username": username, "password": PASSWORD}).json()["access_token"]

    return join


def outcomes(answers) -> Counter:
    return Counter((answer.status, answer.json().get("code")) if answer else (0, None) for answer in answers)


def winners(answers):
    return [number for number, answer in enumerate(answers) if answer and answer.status == 200]


def drained(service):
    deadline = time.monotonic() + 30
    while (waiting := service.records("outbox", dead_at=None)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return waiting == []


def logged(service, email, event_type):
    (user,) = service.records("users", email=email)
    return len(service.records("audit_logs", user_id=user["id"], event_type=event_type))


def spellings_of(kind, turn):
    if kind == "phone":
        number = f"+4915150{turn:06}"
        return number, [
            *(
                number,
                f"00{number[1:]}",
                f"+49 (151) {number[6:]}",
                f"+49-151/{number[6:9]}.{number[9:]}",
                f" {number} ",
            )
        ]
    name = f"spelt-{turn}@b\u00fccher.example.com"
    ascii_form = f"spelt-{turn}@xn--bcher-kva.example.com"
    return ascii_form, [name, name.upper(), name.title(), ascii_form, f"  {name}", name.replace("@", "\uff20")]


@pytest.mark.parametrize("kind", ["phone", "email"])
def test_all_spellings_of_a_name_get_one_account(service, one, volley, call, rounds, kind):
    """A hundred sign-ups at once, in different spellings: one account, and every spelling signs in to it."""
    for turn in range(rounds):
        canonical, spellings = spellings_of(kind, turn)
        bodies = [{"username": s, "password": PASSWORD} | NAMES for s in spellings]
        calls = [call("/register", bodies[n % len(bodies)]) for n in range(100)]

        found = outcomes(volley(service.url, calls))

        assert found == {(201, None): 1, (409, "identifier_taken"): 99}
        assert len(service.records("users", **{kind: canonical})) == 1
        entered = [one(service, "/login", {"username": s, "password": PASSWORD}) for s in spellings]
        assert outcomes(entered) == {(200, None): len(spellings)}


def test_forgotten_passwords_bring_three_mails(service, joined, mailbox, volley, call, rounds):
    """Of thirty requests at once three are answered by mail, all thirty alike."""
    for turn in range(rounds):
        email = f"forgot-window-{turn}@example.com"
        joined(service, email)

        answers = volley(service.url, [call("/forgot-password", {"username": email})] * 30)
        is_drained = drained(service)

        assert {(answer.status, answer.body) for answer in answers} == {(202, answers[0].body)}
        assert is_drained
        assert len(mailbox.messages(email)) == 3
        assert logged(service, email, "PASSWORD_RESET_REQUESTED") == 3


def test_a_reset_link_is_used_once(service, joined, one, mailbox, volley, call, rounds):
    """Twenty who use one link at once, each with a password of his own: one wins, and only his signs in."""
    for turn in range(rounds):
        email = f"one-link-{turn}@example.com"
        joined(service, email)
        one(service, "/forgot-password", {"username": email})
        token = mailbox.link(email).partition("token=")[2]
        calls = [call("/reset-password", {"token": token, "new_password": f"Other-Horse-{n}"}) for n in range(20)]

        answers = volley(service.url, calls)

        assert outcomes(answers) == {(200, None): 1, (410, "link_expired"): 19}
        (winner,) = winners(answers)
        signed_in = {
            n: one(service, "/login", {"username": email, "password": f"Other-Horse-{n}"}).status
            for n in (winner, winner ^ 1)
        }
        assert signed_in == {winner: 200, winner ^ 1: 401}


def test_of_parallel_changes_one_counts(service, joined, one, volley, call, rounds):
    """Twenty changes from one old password to different new ones: one is answered 200, and it is the one that holds."""
    for turn in range(rounds):
        email = f"change-{turn}@example.com"
        bearer = joined(service, email)
        bodies = [{"old_password": PASSWORD, "new_password": f"Other-Horse-{n}"} for n in range(20)]

        answers = volley(service.url, [call("/change-password", body, bearer=bearer) for body in bodies])

        found = outcomes(answers)
        assert found[200, None] == 1
        assert set(found) <= {(200, None), (403, "wrong_password"), (429, "too_many_requests")}
        (winner,) = winners(answers)
        new = f"Other-Horse-{winner}"
        assert one(service, "/login", {"username": email, "password": new}).status == 200
        assert one(service, "/login", {"username": email, "password": PASSWORD}).status == 401
        (user,) = service.records("users", email=email)
        assert len(service.records("credentials", user_id=user["id"])) == 1
        assert logged(service, email, "PASSWORD_CHANGED") == 1
        for former in (PASSWORD, new):
            refused = one(service, "/change-password", {"old_password": new, "new_password": former}, bearer=bearer)
            assert (refused.status, refused.json()["errors"][0]["code"]) == (422, "reused")


def test_a_change_token_is_used_once(ageing, joined, one, volley, call, rounds):
    """Twenty changes with the token of one expired password: one wins, and none signs anybody in."""
    for turn in range(rounds):
        email = f"expired-{turn}@example.com"
        joined(ageing, email)
        deadline = time.monotonic() + 20
        while (refusal := one(ageing, "/login", {"username": email, "password": PASSWORD})).status == 200:
            assert time.monotonic() < deadline
        token = refusal.json()["change_token"]
        bodies = [{"old_password": PASSWORD, "new_password": f"Other-Horse-{n}"} for n in range(20)]

        answers = volley(ageing.url, [call("/change-password", body, bearer=token) for body in bodies])

        found = outcomes(answers)
        assert found[200, None] == 1
        losers = {(401, "token_invalid"), (403, "wrong_password"), (429, "too_many_requests")}
        assert set(found) <= {(200, None), *losers}
        assert not [answer for answer in answers if b"access_token" in answer.body]
        late = one(ageing, "/change-password", bodies[0], bearer=token)
        assert late.status == 401
        assert logged(ageing, email, "PASSWORD_CHANGED") == 1


def test_a_new_address_goes_to_one_account(service, joined, one, mailbox, volley, call, rounds):
    """Two accounts confirm the same new address in the same moment: one has it, the other is told and keeps its own."""
    for turn in range(rounds):
        wanted = f"wanted-{turn}@example.com"
        present = [f"mover-{turn}-{n}@example.com" for n in range(2)]
        bearers, codes = [joined(service, email) for email in present], []
        for number, bearer in enumerate(bearers, 1):
            asked = one(service, "/v1/me/email", {"email": wanted, "password": PASSWORD}, method="PUT", bearer=bearer)
            assert asked.status == 202
            codes.append(mailbox.code(wanted, count=number))

        answers = volley(
            service.url,
            [
                call("/v1/me/email/verify", {"code": code}, bearer=bearer)
                for code, bearer in zip(codes, bearers, strict=True)
            ],
        )

        assert outcomes(answers) == {(200, None): 1, (409, "identifier_taken"): 1}
        (winner,) = winners(answers)
        held = {email for email in (wanted, *present) if service.records("users", email=email)}
        assert held == {wanted, present[1 - winner]}
        for number, email in ((winner, wanted), (1 - winner, present[1 - winner])):
            entered = one(service, "/v1/sessions", {"identifier": email, "password": PASSWORD})
            mine = one(service, "/v1/me", method="GET", bearer=bearers[number])
            assert (entered.status, entered.json()["user"]["id"]) == (200, mine.json()["id"])
