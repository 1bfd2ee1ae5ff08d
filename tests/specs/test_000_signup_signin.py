"""Specification 000, sentence by sentence: signing up, signing in, passwords, the lock."""

import pytest

PASSWORD = "Correct-Horse-7"
OTHER = "Another-Horse-8"
RULES = [
    ("Sho-r7!", "too_short"),
    ("no-uppercase-1!", "no_uppercase"),
    ("No-Digit-Here!", "no_digit"),
    ("NoSpecial1234", "no_special"),
]


@pytest.fixture(scope="module")
def service(launch_module):
    return launch_module("signup-signin")


@pytest.fixture(scope="module")
def http(service):
    return service.client()


@pytest.fixture
def sign_up(http, address):
    """Sign up with the four members; keywords replace them, None leaves one out."""

    def post(**changed):
        body = {"first_name": "Ada", "last_name": "Lovelace", "email": address, "password": PASSWORD} | changed
        return http.post("/signup", json={name: value for name, value in body.items() if value is not None})

    return post


@pytest.fixture
def sign_in(http, address):
    def post(password=PASSWORD, email=None):
        return http.post("/signin", json={"email": email or address, "password": password})

    return post


@pytest.fixture
def bearer(sign_up, sign_in):
    """The header of somebody who has just signed up and in."""
    sign_up()
    return {"Authorization": f"Bearer {sign_in().json()['access_token']}"}


@pytest.fixture
def user(service, address):
    """Read the row in `users`."""

    def row():
        found = service.records("users", email=address)
        return found[0] if found else None

    return row


def broken_rules(answer):
    return {(item["pointer"], item["code"]) for item in answer.json()["errors"]}


def test_sign_up_takes_first_name_last_name_email_and_password(sign_up, user, address):
    """A new account is answered with 201 and stands in the table with its defaults."""
    answer = sign_up()

    assert answer.status_code == 201
    assert answer.json()["message"] == "Welcome, Ada!"
    assert answer.json()["user"]["email"] == address
    row = user()
    assert (row["first_name"], row["last_name"], row["email"]) == ("Ada", "Lovelace", address)
    assert (row["status"], row["failed_attempts"], row["last_login_at"]) == ("ACTIVE", 0, None)
    assert row["created_at"]


@pytest.mark.parametrize("name", ["first_name", "last_name", "email", "password"])
def test_each_member_is_required(sign_up, user, name):
    """A missing member is named, and no account is made."""
    answer = sign_up(**{name: None})

    assert answer.status_code == 422
    assert broken_rules(answer) == {(f"/{name}", "required")}
    assert user() is None


@pytest.mark.parametrize("name", ["first_name", "last_name", "email", "password"])
@pytest.mark.parametrize("blank", ["", " \t"])
def test_no_member_may_be_empty(sign_up, user, name, blank):
    """An empty member is as good as none; a password of blanks breaks the password's rules."""
    answer = sign_up(**{name: blank})

    assert answer.status_code == 422
    assert {pointer for pointer, _ in broken_rules(answer)} == {f"/{name}"}
    assert user() is None


@pytest.mark.parametrize("name", ["first_name", "last_name"])
def test_names_have_at_most_a_hundred_characters(sign_up, user, name):
    """What the column holds and no more; nothing is cut."""
    fits, too_long = "é" * 100, "é" * 101

    refused, accepted = sign_up(**{name: too_long}), sign_up(**{name: fits})

    assert refused.status_code == 422
    assert broken_rules(refused) == {(f"/{name}", "too_long")}
    assert accepted.status_code == 201
    assert user()[name] == fits


def test_an_email_that_no_server_could_take_is_refused(sign_up):
    """The column holds 255 characters, an address of RFC 5321 has at most 254."""
    answer = sign_up(email=f"ada@{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.com")

    assert answer.status_code == 422
    assert broken_rules(answer) == {("/email", "invalid_email")}


def test_a_taken_email_is_refused(sign_up, service, address):
    """The second sign-up with an address fails with 409, whatever its case, and adds no row."""
    sign_up()

    again = [sign_up(), sign_up(email=address.upper(), first_name="Eve", password=OTHER)]

    assert [(a.status_code, a.json()["code"]) for a in again] == [(409, "identifier_taken")] * 2
    assert [row["first_name"] for row in service.records("users", email=address)] == ["Ada"]
    assert service.records("users", email=address.upper()) == []


def test_the_database_itself_keeps_emails_unique(service):
    """Not only the program: the table has a unique index on the column."""
    assert ["email"] in service.stored.unique("users")


@pytest.mark.parametrize(
    "email",
    [
        *("user", "user@", "@example.com", "user@example", "user@@example.com", "user@.com", "user@example..com"),
        *("user.@example.com", "user@exa_mple.com", "a@b@example.com", "user@example.com,b@example.com"),
        *("<user@example.com>", "us er@example.com"),
    ],
)
def test_an_invalid_email_is_refused(sign_up, email):
    """Only the form user@example.com is an address."""
    answer = sign_up(email=email)

    assert answer.status_code == 422
    assert broken_rules(answer) == {("/email", "invalid_email")}


@pytest.mark.parametrize(("password", "code"), RULES)
def test_a_password_that_breaks_one_rule_is_refused(sign_up, user, password, code):
    """At least 8 characters, an uppercase letter, a digit, a special character: each is named when it is missing."""
    answer = sign_up(password=password)

    assert answer.status_code == 422
    assert broken_rules(answer) == {("/password", code)}
    assert user() is None


def test_all_broken_password_rules_are_named_at_once(sign_up):
    """Nobody has to find the rules one by one."""
    answer = sign_up(password="abc")

    codes = {code for _, code in broken_rules(answer)}

    assert codes == {"too_short", "no_uppercase", "no_digit", "no_special"}


@pytest.mark.parametrize("special", "@#$%!")
def test_the_named_special_characters_count(sign_up, special):
    """Eight characters with an uppercase letter, a digit and one of the spec's examples are enough."""
    answer = sign_up(password=f"Abcdef1{special}")

    assert answer.status_code == 201


def test_passwords_are_stored_as_hashes_only(service, sign_up, sign_in, user):
    """The column holds an Argon2id hash; no file of the database holds the password."""
    sign_up(password="Plain-Text-Marker-1!")
    sign_in("Plain-Text-Marker-1!")

    files = [path for path in service.folder.rglob("*") if path.is_file()]

    assert user()["password_hash"].startswith("$argon2id$")
    assert not [path.name for path in files if b"Plain-Text-Marker" in path.read_bytes()]
    assert not service.stored.holds("Plain-Text-Marker")
    assert service.stored.holds(user()["email"])


def test_a_password_can_be_changed(http, service, sign_in, user, bearer):
    """The new hash replaces the old one, the old password is dead, the change is audited with its time."""
    before = user()

    answer = http.post("/change-password", headers=bearer, json={"old_password": PASSWORD, "new_password": OTHER})

    assert answer.status_code == 200
    assert "message" in answer.json()
    after = user()
    assert after["password_hash"] != before["password_hash"]
    assert after["password_hash"].startswith("$argon2id$")
    assert (sign_in(PASSWORD).status_code, sign_in(OTHER).status_code) == (401, 200)
    assert after["password_changed_at"] > before["password_changed_at"]
    rows = service.records("audit_logs", user_id=before["id"], event_type="PASSWORD_CHANGED")
    assert [row["event_time"] > before["created_at"] for row in rows] == [True]


@pytest.mark.parametrize(("password", "code"), RULES)
def test_a_new_password_follows_the_same_rules(http, sign_in, bearer, password, code):
    """What cannot be signed up with cannot be changed to; the old password stays."""
    answer = http.post("/change-password", headers=bearer, json={"old_password": PASSWORD, "new_password": password})

    assert answer.status_code == 422
    assert broken_rules(answer) == {("/new_password", code)}
    assert sign_in().status_code == 200


def test_changing_takes_the_old_password(http, sign_in, bearer):
    """A stolen token alone changes nothing."""
    answer = http.post(
        "/change-password", headers=bearer, json={"old_password": OTHER, "new_password": "Third-1-Horse"}
    )

    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_password")
    assert sign_in().status_code == 200


def test_changing_takes_a_session(http):
    """Without a token nobody's password is changed."""
    answer = http.post("/change-password", json={"old_password": PASSWORD, "new_password": OTHER})

    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")


def test_signing_in_welcomes_by_name(sign_up, sign_in, user):
    """Right e-mail and password: 200, a welcome, a token, and the time is kept."""
    sign_up()

    answer = sign_in()

    assert answer.status_code == 200
    body = answer.json()
    assert "Ada" in body["message"]
    assert (body["token_type"], body["user"]["first_name"]) == ("Bearer", "Ada")
    assert body["expires_in"] == 15 * 60
    assert len(body["access_token"].split(".")) == 3
    assert user()["last_login_at"] is not None


def test_an_email_that_does_not_exist_fails(sign_in):
    """Nobody signs in with an unknown address."""
    answer = sign_in()

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")


def test_a_password_that_does_not_match_fails(sign_up, sign_in):
    """The stored hash decides; the right password in another case is wrong."""
    sign_up()

    answers = [sign_in(OTHER), sign_in(PASSWORD.lower())]

    assert [(a.status_code, a.json()["code"]) for a in answers] == [(401, "invalid_credentials")] * 2


@pytest.mark.parametrize("body", [{"email": "ada@example.com"}, {"password": PASSWORD}, {}])
def test_signing_in_takes_email_and_password(http, body):
    """What is missing is named."""
    answer = http.post("/signin", json=body)

    assert answer.status_code == 422
    assert broken_rules(answer) == {(f"/{name}", "required") for name in {"email", "password"} - set(body)}


def test_each_failure_increments_failed_attempts_and_success_resets_it(sign_up, sign_in, user):
    """1, 2, 3, and 0 again."""
    sign_up()

    counted = [(sign_in(OTHER).status_code, user()["failed_attempts"]) for _ in range(3)]

    assert counted == [(401, 1), (401, 2), (401, 3)]
    assert sign_in().status_code == 200
    assert user()["failed_attempts"] == 0


def test_more_than_three_failures_lock_the_account(sign_up, sign_in, user, service):
    """The fourth failure answers 401 and sets LOCKED; from the fifth try on it is 423, also for the right password."""
    sign_up()

    statuses = [sign_in(OTHER).status_code for _ in range(5)]

    assert statuses == [401, 401, 401, 401, 423]
    row = user()
    assert (row["status"], row["failed_attempts"]) == ("LOCKED", 4)
    right = sign_in()
    assert (right.status_code, right.json()["code"]) == (423, "account_locked")
    assert len(service.records("audit_logs", user_id=row["id"], event_type="ACCOUNT_LOCKED")) == 1


def test_a_success_in_between_starts_the_count_anew(sign_up, sign_in, user):
    """Three failures, a success and three failures lock nobody."""
    sign_up()

    statuses = [sign_in(p).status_code for p in (OTHER, OTHER, OTHER, PASSWORD, OTHER, OTHER, OTHER, PASSWORD)]

    assert statuses == [401, 401, 401, 200, 401, 401, 401, 200]
    assert user()["status"] == "ACTIVE"


def test_an_unknown_email_is_never_locked(sign_in):
    """It always gets the answer of a wrong password."""
    statuses = {sign_in(OTHER).status_code for _ in range(6)}

    assert statuses == {401}


def test_an_administrator_unlocks(service, sign_up, sign_in, user, address):
    """After that the right password is good again, the count is 0, and the audit log says so."""
    sign_up()
    for _ in range(4):
        sign_in(OTHER)

    done = service.cli("users", "unlock", address)

    assert done.returncode == 0
    assert (user()["status"], user()["failed_attempts"]) == ("ACTIVE", 0)
    assert sign_in().status_code == 200
    assert len(service.records("audit_logs", user_id=user()["id"], event_type="ACCOUNT_UNLOCKED")) == 1


def test_a_reset_by_mail_unlocks(http, mailbox, sign_up, sign_in, user, address):
    """Whoever owns the address helps himself; the new password follows the rules too."""
    sign_up()
    for _ in range(4):
        sign_in(OTHER)
    http.post("/v1/password/forgot", json={"identifier": address})
    token = mailbox.link(address).partition("token=")[2]

    weak = http.post("/v1/password/reset", json={"token": token, "new_password": "weak"})
    reset = http.post("/v1/password/reset", json={"token": token, "new_password": OTHER})

    assert (weak.status_code, reset.status_code) == (422, 200)
    assert (user()["status"], user()["failed_attempts"]) == ("ACTIVE", 0)
    assert sign_in(OTHER).status_code == 200


def test_a_disabled_account_cannot_sign_in(service, sign_up, sign_in, user, address):
    """The third status of the table: told only after the right password."""
    sign_up()
    service.cli("users", "disable", address)

    answers = [sign_in(OTHER), sign_in()]

    assert user()["status"] == "DISABLED"
    assert [(a.status_code, a.json()["code"]) for a in answers] == [
        (401, "invalid_credentials"),
        (403, "account_disabled"),
    ]
