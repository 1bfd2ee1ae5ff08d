"""Races around mailed links, with real parallel requests against two processes of two workers on one database."""

import time
from collections import Counter

import pytest

PASSWORD = "a lantern in the window"


@pytest.fixture(scope="module")
def service(launch_twins):
    """Codes so long that no guess is right by chance, and no pause between two mails."""
    env = {"DOORWARD_VERIFICATION__CODE_LENGTH": "10", "DOORWARD_VERIFICATION__RESEND_COOLDOWN": ""}
    return launch_twins(profile="link-activation", workers=2, env=env)


@pytest.fixture
def registered(service, volley, call, mailbox):
    """Register an address; its id, and token and code of its letter."""

    def register(email):
        (answer,) = volley(service.url, [call("/register", {"email": email, "password": PASSWORD})])
        assert answer.status == 201, answer.body
        return answer.json()["id"], mailbox.link(email).partition("token=")[2], mailbox.code(email)

    return register


def outcomes(answers) -> Counter:
    return Counter((answer.status, answer.json().get("code") if answer.body else None) for answer in answers)


def statuses(answers) -> Counter:
    return Counter(answer.status if answer else 0 for answer in answers)


def rows_of(service, user_id):
    """What the tables hold about an account besides what outlives it."""
    owned = {"users": "id", "sessions": "user_id", "credentials": "user_id", "challenges": "subject_id"}
    counted = {table: len(service.records(table, **{column: user_id})) for table, column in owned.items()}
    return {table: n for table, n in counted.items() if n}


def wait_until_drained(service):
    deadline = time.monotonic() + 20
    while service.records("outbox") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert service.records("outbox") == []


def test_a_link_with_its_code_has_one_winner(service, registered, volley, call, rounds):
    """Of twenty who send the pair at once, one is answered that it is verified; it is logged once."""
    for turn in range(rounds):
        user_id, token, code = registered(f"pair-{turn}@example.com")

        answers = volley(service.url, [call("/verify", {"token": token, "code": code})] * 20)

        winners = [answer.json() for answer in answers if answer.status == 200]
        assert [winner["verified"] for winner in winners] == [True]
        assert all(400 <= status < 500 for status in statuses(answers) if status != 200)
        assert len(service.records("verification_log", event="EMAIL_VERIFIED", user_id=user_id)) == 1


def test_guesses_across_link_and_resend_share_their_tries(service, registered, volley, call, mailbox, rounds):
    """Two hundred guesses by link and by password, with new mails in between: five a code, ten an hour."""
    for turn in range(rounds):
        email = f"guess-{turn}@example.com"
        user_id, token, code = registered(email)
        guesses = [f"{n:010d}" for n in range(200) if f"{n:010d}" != code]
        basic = (email, PASSWORD)
        calls = [call("/verify", {"token": token, "code": guess}) for guess in guesses[:176]]
        calls += [call("/v1/users/activate", {"code": guess}, basic=basic) for guess in guesses[176:]]
        resends = [call("/v1/users/resend-code", basic=basic)] * 4
        mixed = [one for n, one in enumerate(calls) for one in ([one, resends[n // 50]] if n % 50 == 25 else [one])]

        first = volley(service.url, mixed)
        newest = mailbox.messages(email)[-1]
        second_token = mailbox.link_in(newest).partition("token=")[2]
        second = volley(service.url, [call("/verify", {"token": second_token, "code": g}) for g in guesses])

        found = outcomes([*first, *second])
        assert found[400, "code_incorrect"] <= 10
        assert {status for status, _ in found} <= {202, 400, 410, 429, 503}
        failed = service.records("verification_log", event="VERIFICATION_FAILED", user_id=user_id)
        assert len(failed) == found[400, "code_incorrect"]
        assert [user["verified_at"] for user in service.records("users", email=email)] == [None]


def test_a_removal_leaves_no_half_account(service, registered, volley, call, rounds):
    """Removing, changing and signing in at once: one removal counts, and nothing of the account is left."""
    for turn in range(rounds):
        email = f"gone-{turn}@example.com"
        user_id, token, code = registered(email)
        volley(service.url, [call("/verify", {"token": token, "code": code})])
        sign_in = call("/v1/sessions", {"identifier": email, "password": PASSWORD})
        (entered,) = volley(service.url, [sign_in])
        bearer = entered.json()["access_token"]
        change = call(f"/users/{user_id}", {"first_name": "Ada"}, method="PUT", bearer=bearer)
        removal = call(f"/users/{user_id}", method="DELETE", bearer=bearer)
        calls = [change, sign_in, removal] * 4 + [change, sign_in] * 4

        answers = volley(service.url, calls)

        found = {
            name: statuses(a for c, a in zip(calls, answers, strict=True) if c is one)
            for name, one in (("change", change), ("sign_in", sign_in), ("removal", removal))
        }
        assert found["removal"][204] == 1
        assert set(found["removal"]) <= {204, 401, 404}
        assert set(found["change"]) <= {200, 401, 404}
        assert set(found["sign_in"]) <= {200, 401, 429, 503}
        assert rows_of(service, user_id) == {}
        late = [bearer] + [
            a.json()["access_token"] for c, a in zip(calls, answers, strict=True) if c is sign_in and a.status == 200
        ]
        looks = [call(f"/users/{user_id}", method="GET", bearer=one) for one in late]
        assert set(statuses(volley(service.url, looks))) == {401}


def test_a_removal_overtakes_mails(service, registered, volley, call, mailbox, rounds):
    """A forgotten password and a new code that were asked for in the same moment leave nothing behind either."""
    for turn in range(rounds):
        email = f"mails-{turn}@example.com"
        user_id, token, code = registered(email)
        volley(service.url, [call("/verify", {"token": token, "code": code})])
        (entered,) = volley(service.url, [call("/v1/sessions", {"identifier": email, "password": PASSWORD})])
        removal = call(f"/users/{user_id}", method="DELETE", bearer=entered.json()["access_token"])
        forgot = call("/v1/password/forgot", {"identifier": email})

        answers = volley(service.url, [forgot] * 6 + [removal] + [forgot] * 6)
        wait_until_drained(service)

        assert statuses(answers) == {202: 12, 204: 1}
        assert rows_of(service, user_id) == {}


def test_forgotten_passwords_bring_no_more_mails_than_allowed(service, registered, volley, call, mailbox, rounds):
    """Of forty requests at once three are answered by mail, and every link that was sent is good."""
    for turn in range(rounds):
        email = f"forgot-{turn}@example.com"
        registered(email)

        answers = volley(service.url, [call("/v1/password/forgot", {"identifier": email})] * 40)
        wait_until_drained(service)

        assert statuses(answers) == {202: 40}
        assert len({answer.body for answer in answers}) == 1
        letters = mailbox.messages(email)[1:]
        assert len(letters) == 3
        tokens = [mailbox.link_in(letter).partition("token=")[2] for letter in letters]
        resets = [call("/v1/password/reset", {"token": one, "new_password": f"{PASSWORD} too"}) for one in tokens]
        assert statuses(volley(service.url, resets)) == {200: 1, 410: 2}
