"""Races with real parallel requests against two processes of two workers on one database."""

from collections import Counter

import pytest

PASSWORD = "Correct-Horse-7"
# A place in the queue for everybody: here it is races that are judged, not how many a slow machine can hash.
PATIENT = {"DOORWARD_HASHING__QUEUE": "200"}


def statuses(answers) -> Counter:
    return Counter(answer.status if answer else 0 for answer in answers)


@pytest.fixture(scope="module")
def lock_profile(launch_twins):
    """The profile that locks, two workers."""
    return launch_twins(profile="signup-signin", workers=2, env=PATIENT)


@pytest.fixture(scope="module")
def code_profile(launch_twins):
    """The profile with four-digit codes, two workers."""
    return launch_twins(profile="code-activation", workers=2)


def sign_up(volley, call, service, email: str) -> None:
    body = {"first_name": "Ada", "last_name": "Lovelace", "email": email, "password": PASSWORD}
    (answer,) = volley(service.url, [call("/signup", body)])
    assert answer.status == 201, answer.body


def sign_in(volley, call, service, email: str):
    (answer,) = volley(service.url, [call("/v1/sessions", {"identifier": email, "password": PASSWORD})])
    assert answer.status == 200, answer.body
    return answer.json()


def test_one_address_gets_one_account(lock_profile, volley, call, rounds):
    """A hundred sign-ups of one address at once make one account, and nothing breaks."""
    for turn in range(rounds):
        email = f"one-{turn}@example.com"
        body = {"first_name": "Ada", "last_name": "Lovelace", "email": email, "password": PASSWORD}

        found = statuses(volley(lock_profile.url, [call("/signup", body)] * 100))

        assert found == {201: 1, 409: 99}
        assert len(lock_profile.records("users", email=email)) == 1


def test_guesses_of_a_code_are_counted_before_they_are_compared(code_profile, mailbox, volley, call, rounds):
    """Two hundred guesses at once are five tries; the rest is refused without a comparison."""
    for turn in range(rounds):
        email = f"code-{turn}@example.com"
        volley(code_profile.url, [call("/v1/users", {"email": email, "password": PASSWORD})])
        right = mailbox.code(email)
        guesses = [f"{n:04d}" for n in range(200) if f"{n:04d}" != right]
        calls = [call("/v1/users/activate", {"code": guess}, basic=(email, PASSWORD)) for guess in guesses]

        found = statuses(volley(code_profile.url, calls))

        assert found[400] <= 5
        assert set(found) <= {400, 410, 429, 503}
        assert [user["verified_at"] for user in code_profile.records("users", email=email)] == [None]


def test_wrong_passwords_are_compared_four_times(lock_profile, volley, call, rounds):
    """Of a hundred wrong passwords at once, four are compared, and the account is locked."""
    for turn in range(rounds):
        email = f"wrong-{turn}@example.com"
        sign_up(volley, call, lock_profile, email)
        calls = [call("/signin", {"email": email, "password": f"Wrong-Horse-{n}"}) for n in range(100)]

        found = statuses(volley(lock_profile.url, calls))

        assert found[401] <= 4
        assert set(found) <= {401, 423, 429, 503}
        (user,) = lock_profile.records("users", email=email)
        assert user["failed_attempts"] == found[401]
        assert (user["status"] == "LOCKED") == (found[401] == 4)


def test_right_passwords_lock_nobody(lock_profile, volley, call, rounds):
    """Twenty right passwords at once: some are asked to wait a second, nobody is locked."""
    for turn in range(rounds):
        email = f"right-{turn}@example.com"
        sign_up(volley, call, lock_profile, email)

        found = statuses(volley(lock_profile.url, [call("/signin", {"email": email, "password": PASSWORD})] * 20))

        assert set(found) <= {200, 429}
        assert found[200] >= 1
        (user,) = lock_profile.records("users", email=email)
        assert (user["status"], user["failed_attempts"]) == ("ACTIVE", 0)


def test_a_reset_link_has_one_winner(lock_profile, mailbox, volley, call, rounds):
    """Of twenty who use one link at once, one sets the password."""
    for turn in range(rounds):
        email = f"reset-{turn}@example.com"
        sign_up(volley, call, lock_profile, email)
        volley(lock_profile.url, [call("/v1/password/forgot", {"identifier": email})])
        token = mailbox.link(email).partition("token=")[2]
        calls = [call("/v1/password/reset", {"token": token, "new_password": f"Other-Horse-{n}"}) for n in range(20)]

        answers = volley(lock_profile.url, calls)

        found = statuses(answers)
        assert found == {200: 1, 410: 19}
        winner = next(n for n, answer in enumerate(answers) if answer.status == 200)
        body = {"email": email, "password": f"Other-Horse-{winner}"}
        assert statuses(volley(lock_profile.url, [call("/signin", body)])) == {200: 1}


def test_a_refresh_token_has_one_lineage(lock_profile, volley, call, rounds):
    """Twenty refreshes with one token at once give one successor, and nobody is signed out."""
    for turn in range(rounds):
        email = f"refresh-{turn}@example.com"
        sign_up(volley, call, lock_profile, email)
        token = sign_in(volley, call, lock_profile, email)["refresh_token"]

        answers = volley(lock_profile.url, [call("/v1/sessions/refresh", {"refresh_token": token})] * 20)

        assert statuses(answers) == {200: 20}
        assert len({answer.json()["refresh_token"] for answer in answers}) == 1
        successor = answers[0].json()["refresh_token"]
        assert statuses(volley(lock_profile.url, [call("/v1/sessions/refresh", {"refresh_token": successor})])) == {
            200: 1
        }
