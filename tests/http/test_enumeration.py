"""Nobody learns whether the name or the password was wrong nor, where that is concealed, who has an account."""

import re
import time
from uuid import uuid4

import pytest

from support.member import Member
from support.person import Person, another

WRONG = "not the password"
CHANGING = ("x-request-id", "date", "retry-after", "server-timing")
ROUTES = {
    ("modern", "/v1/sessions"),
    ("modern", "/oauth/token"),
    ("signup-signin", "/signin"),
    ("signup-signin", "/v1/sessions"),
    ("signup-signin", "/oauth/token"),
    ("code-activation", "/v1/sessions"),
    ("code-activation", "/v1/users/activate"),
    ("code-activation", "/v1/users/resend-code"),
}


def shape(answer):
    """All of an answer that has to be the same: numbers of seconds and ids aside."""
    body = answer.json()
    body.pop("request_id", None)
    body.pop("verification", None)
    headers = sorted((name, value) for name, value in answer.headers.items() if name.lower() not in CHANGING)
    text = re.sub(r"in \d+ seconds", "in N seconds", str(body))
    return answer.status_code, text, re.sub(r"'content-length', '\d+'", "'content-length'", str(headers))


def size(answer):
    return len(re.sub(rb"in \d+ seconds", b"", answer.content))


@pytest.fixture(scope="module")
def clients(launch_module, mailbox):
    """A client of a service of each profile, with some accounts in it."""
    found = {profile: launch_module(profile).client() for profile in {profile for profile, _ in ROUTES}}
    names = {"first_name": "Ada", "last_name": "Lovelace"}
    for number in range(10):
        person = {"email": f"known{number}@example.com", "password": f"{WRONG}, {number} Times!"}
        Member(found["modern"], person["email"], person["password"]).join(mailbox)
        found["code-activation"].post("/v1/users", json=person).raise_for_status()
        found["signup-signin"].post("/signup", json=person | names).raise_for_status()
    return found


def guess(client, path, address):
    """Try a wrong password."""
    match path:
        case "/signin":
            return client.post(path, json={"email": address, "password": WRONG})
        case "/v1/sessions":
            return client.post(path, json={"identifier": address, "password": WRONG})
        case "/oauth/token":
            return client.post(path, data={"username": address, "password": WRONG})
        case _:
            return client.post(path, json={"code": "1234"}, auth=(address, WRONG))


@pytest.mark.parametrize(("profile", "path"), sorted(ROUTES))
def test_an_unknown_user_and_a_wrong_password_are_answered_alike(clients, profile, path):
    """Status, body, headers and length; three times, so that counting shows nothing either."""
    client, number = clients[profile], sorted(ROUTES).index((profile, path))
    known = [guess(client, path, f"known{number}@example.com") for _ in range(3)]
    unknown = [guess(client, path, f"nobody{number}@example.com") for _ in range(3)]

    assert [shape(answer) for answer in known] == [shape(answer) for answer in unknown]
    assert [size(answer) for answer in known] == [size(answer) for answer in unknown]
    assert {answer.status_code for answer in known} == ({400} if path == "/oauth/token" else {401})


@pytest.mark.parametrize("profile", ["modern", "code-activation"])
def test_who_guesses_waits_whether_there_is_an_account_or_not(clients, profile):
    """Five failures and then the growing pause, the same for both."""
    client = clients[profile]

    known, unknown = (
        [guess(client, "/v1/sessions", address) for _ in range(7)]
        for address in ("known9@example.com", "nobody9@example.com")
    )

    assert [answer.status_code for answer in known] == [401] * 5 + [429] * 2
    assert [shape(answer) for answer in known] == [shape(answer) for answer in unknown]
    waits = [int(answer.headers["Retry-After"]) for answer in (known[5], unknown[5])]
    assert abs(waits[0] - waits[1]) <= 2


@pytest.mark.parametrize(
    "identifier", ["", " ", "no address", "+4930123456", "a" * 320, "a@b", "ada lovelace", "\u200b"]
)
def test_the_shape_of_an_identifier_is_not_judged_at_sign_in(clients, identifier):
    """Whatever is typed gets the answer of a wrong password."""
    answer = guess(clients["signup-signin"], "/v1/sessions", identifier)

    assert shape(answer) == shape(guess(clients["signup-signin"], "/v1/sessions", "nobody@example.com"))


def test_forgetting_tells_nothing(clients):
    """Known, unknown, and no address at all."""
    client = clients["modern"]
    identifiers = ("known8@example.com", "nobody8@example.com", "no address")

    answers = [client.post("/v1/password/forgot", json={"identifier": identifier}) for identifier in identifiers]

    assert len({(shape(answer), size(answer)) for answer in answers}) == 1
    assert answers[0].status_code == 202


def test_other_peoples_sessions_are_as_absent_as_absent_ones(join):
    """404 alike."""
    ada, eve = join(), join()
    session = ada.http.get("/v1/sessions", headers=ada.bearer).json()["items"][0]["id"]

    foreign, absent = (eve.http.delete(f"/v1/sessions/{s}", headers=eve.bearer) for s in (session, uuid4()))

    assert foreign.status_code == 404
    assert shape(foreign) == shape(absent)


class Pair:
    """A sign-up for a free address and one for a taken address, by somebody who knows neither."""

    def __init__(self, http, free, taken):
        self.people = [Member(http, address, "an intruders long password") for address in (free, taken)]
        self.answers = [person.sign_up(first_name="Eve") for person in self.people]
        self.handles = [answer.json()["verification"] for answer in self.answers]
        self.http = http

    def post(self, path, **body):
        return [self.http.post(path, json={"verification": handle, **body}) for handle in self.handles]


@pytest.fixture
def pair(http, address, member):
    return Pair(http, address, member.address)


def alike(answers):
    return len({(shape(answer), size(answer)) for answer in answers}) == 1


def test_a_concealed_sign_up_answers_alike_for_free_and_taken(pair):
    """Status, body, headers, and handles of one kind; no cookie tells either."""
    assert [answer.status_code for answer in pair.answers] == [202, 202]
    assert alike(pair.answers)
    assert len(set(pair.handles)) == 2
    assert len({len(handle) for handle in pair.handles}) == 1
    assert not [answer for answer in pair.answers if "set-cookie" in answer.headers]


def test_a_refused_sign_up_is_refused_alike(http, address, member):
    """Rules are checked before anybody looks whether the address is taken."""
    answers = [Member(http, a, "short").sign_up() for a in (address, member.address)]

    assert alike(answers)
    assert answers[0].status_code == 422


def test_sign_in_answers_alike_for_free_and_taken(pair):
    """The intruder's password opens neither."""
    answers = [person.sign_in() for person in pair.people]

    assert alike(answers)
    assert answers[0].status_code == 401


def test_verifying_answers_alike_for_free_and_taken(pair, mailbox):
    """Wrong codes are counted down and run out in the same way."""
    wrong = another(mailbox.code(pair.people[0].address))

    rounds = [pair.post("/v1/verify", code=wrong) for _ in range(7)]

    assert all(alike(answers) for answers in rounds)
    assert [answers[0].status_code for answers in rounds] == [400] * 5 + [410] * 2


def test_the_right_code_of_another_sign_up_does_not_open_a_taken_address(pair, mailbox):
    """A decoy can never succeed."""
    code = mailbox.code(pair.people[0].address)

    free, taken = pair.post("/v1/verify", code=code)

    assert (free.status_code, taken.status_code) == (200, 400)


def test_resending_answers_alike_for_free_and_taken(pair):
    """The pause, the second letter, and an hour whose tries are spent: the link still helps, so a mail goes out."""
    at_once = pair.post("/v1/verify/resend")
    time.sleep(1.1)
    later = pair.post("/v1/verify/resend")
    guesses = [pair.post("/v1/verify", code="x") for _ in range(5)]
    time.sleep(1.1)
    again = pair.post("/v1/verify/resend")
    guesses += [pair.post("/v1/verify", code="x") for _ in range(5)]
    time.sleep(1.1)
    spent = pair.post("/v1/verify/resend")

    assert all(alike(answers) for answers in (at_once, later, again, spent, *guesses))
    assert [answers[0].status_code for answers in (at_once, later, again, spent)] == [429, 202, 202, 202]
    assert {answers[0].status_code for answers in guesses} == {400}


def test_a_made_up_handle_is_answered_like_a_forgotten_one(http):
    """Resending says the same for everything that stands for nothing."""
    answers = [http.post("/v1/verify/resend", json={"verification": handle}) for handle in ("x", "made-up", "ä" * 50)]

    assert alike(answers)
    assert answers[0].status_code == 202


def test_where_duplicates_are_revealed_a_waiting_account_is_not(clients, address):
    """Without its password nobody learns whether an account waits for its code."""
    client = clients["code-activation"]
    Person(client, address).sign_up()

    waiting, unknown = (guess(client, "/v1/sessions", a) for a in (address, f"x{address}"))

    assert shape(waiting) == shape(unknown)
