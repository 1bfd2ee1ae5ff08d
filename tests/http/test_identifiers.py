"""Spellings that a person would call the same address are one account everywhere, or refused everywhere."""

import secrets

import pytest

PASSWORD = "Correct-Horse-7"
WRONG = "Another-Horse-8"
DOMAIN = "b\u00fccher.example.com"
FULL_WIDTH = str.maketrans({chr(0x61 + n): chr(0xFF41 + n) for n in range(26)} | {"@": "\uff20", ".": "\uff0e"})

SAME = {
    "as it was": lambda name: f"{name}@{DOMAIN}",
    "upper case": lambda name: f"{name}@{DOMAIN}".upper(),
    "title case": lambda name: f"{name}@{DOMAIN}".title(),
    "full width": lambda name: f"{name}@{DOMAIN}".translate(FULL_WIDTH),
    "decomposed": lambda name: f"{name}@bu\u0308cher.example.com",
    "ASCII form of the domain": lambda name: f"{name}@xn--bcher-kva.example.com",
    "upper-case ASCII form": lambda name: f"{name}@XN--BCHER-KVA.EXAMPLE.COM",
    "blanks around": lambda name: f"  {name}@{DOMAIN}\t",
    "Kelvin sign": lambda name: f"{name}@{DOMAIN}".replace("k", "\u212a"),
    "mathematical letters": lambda name: f"{name}@{DOMAIN}".replace("a", "\U0001d41a"),
}
REFUSED = {
    "zero-width space": lambda name: f"{name[:2]}\u200b{name[2:]}@{DOMAIN}",
    "zero-width joiner": lambda name: f"{name}\u200d@{DOMAIN}",
    "byte order mark": lambda name: f"\ufeff{name}@{DOMAIN}",
    "soft hyphen": lambda name: f"{name[:2]}\u00ad{name[2:]}@{DOMAIN}",
    "right-to-left mark": lambda name: f"{name}\u200f@{DOMAIN}",
    "Cyrillic letter": lambda name: f"{name}@{DOMAIN}".replace("a", "\u0430"),
    "dotless i": lambda name: f"{name}\u0131@{DOMAIN}",
    "dotted capital I": lambda name: f"{name}\u0130@{DOMAIN}",
    "accent on the name": lambda name: f"{name}\u0301@{DOMAIN}",
    "quoted name": lambda name: f'"{name}"@{DOMAIN}',
    "a name beside it": lambda name: f"Ada <{name}@{DOMAIN}>",
    "a comment": lambda name: f"{name}(x)@{DOMAIN}",
    "a NUL": lambda name: f"{name}\x00@{DOMAIN}",
    "a line break": lambda name: f"{name}@{DOMAIN}\nx@example.com",
    "two addresses": lambda name: f"{name}@{DOMAIN},x@example.com",
    "an address literal": lambda name: f"{name}@[127.0.0.1]",
}
OTHER = {
    "a tag": lambda name: f"{name}+tag@{DOMAIN}",
    "a dot": lambda name: f"{name[:2]}.{name[2:]}@{DOMAIN}",
    "another domain": lambda name: f"{name}@bucher.example.com",
    "a longer domain": lambda name: f"{name}@x.{DOMAIN}",
}


@pytest.fixture(scope="module")
def locking(launch_module):
    """The profile that tells about duplicates and locks."""
    return launch_module("signup-signin", env={"DOORWARD_RESET__MAX_REQUESTS": "100"})


@pytest.fixture(scope="module")
def waiting(launch_module):
    """The profile with HTTP Basic."""
    return launch_module("code-activation", env={"DOORWARD_VERIFICATION__RESEND_COOLDOWN": ""})


@pytest.fixture
def name():
    return f"ka{secrets.token_hex(5)}z"


def sign_up(http, email):
    return http.post("/signup", json={"first_name": "A", "last_name": "B", "email": email, "password": PASSWORD})


def sign_in(http, email, password=PASSWORD):
    return http.post("/signin", json={"email": email, "password": password})


@pytest.fixture
def account(locking, name):
    """Somebody with an account, under the plain spelling."""
    http = locking.client()
    assert sign_up(http, SAME["as it was"](name)).status_code == 201
    return http


@pytest.mark.parametrize("kind", SAME)
def test_a_spelling_of_the_same_address_is_the_same_account(account, locking, name, kind):
    """It is taken at sign-up and opens the account at sign-in; there is one row, in ASCII and lower case."""
    email = SAME[kind](name)

    statuses = [sign_up(account, email).status_code, sign_in(account, email).status_code]

    assert statuses == [409, 200]
    emails = [row["email"] for row in locking.records("users") if name in row["email"]]
    assert emails == [f"{name}@xn--bcher-kva.example.com"]


@pytest.mark.parametrize("kind", SAME)
def test_whoever_signs_up_with_an_odd_spelling_gets_the_plain_account(locking, name, kind):
    """It does not matter which spelling was first."""
    http = locking.client()
    made = sign_up(http, SAME[kind](name))

    assert made.status_code == 201
    assert made.json()["user"]["email"] == f"{name}@xn--bcher-kva.example.com"
    assert sign_in(http, SAME["as it was"](name)).status_code == 200


@pytest.mark.parametrize("kind", REFUSED)
def test_what_could_be_mistaken_is_refused_everywhere(account, locking, name, kind):
    """It cannot be signed up with and opens nothing."""
    email = REFUSED[kind](name)

    statuses = [sign_up(account, email).status_code, sign_in(account, email).status_code]

    assert statuses == [422, 401]
    assert len([row for row in locking.records("users") if name[3:-1] in row["email"]]) == 1


@pytest.mark.parametrize("kind", OTHER)
def test_what_is_another_address_is_another_account(account, name, kind):
    """Tags and dots belong to the mail server, not to us."""
    email = OTHER[kind](name)

    statuses = [status for call in (sign_in, sign_up, sign_in) for status in [call(account, email).status_code]]

    assert statuses == [401, 201, 200]


def test_failures_count_together_whatever_the_spelling(account, name):
    """Four guesses through four spellings are four guesses."""
    spellings = [SAME[kind](name) for kind in ("upper case", "full width", "decomposed", "ASCII form of the domain")]

    statuses = [sign_in(account, email, WRONG).status_code for email in spellings]

    assert statuses == [401] * 4
    assert sign_in(account, spellings[0]).status_code == 423


def test_a_reset_reaches_the_account_whatever_the_spelling(account, mailbox, name):
    """Each spelling of the same address brings a letter; what is refused brings none."""
    address = f"{name}@xn--bcher-kva.example.com"
    for make in (*REFUSED.values(), *SAME.values()):
        account.post("/v1/password/forgot", json={"identifier": make(name)})

    mailbox.wait_for(address, count=len(SAME))

    assert len(mailbox.messages(address)) == len(SAME)


@pytest.mark.parametrize("kind", SAME)
def test_basic_credentials_know_every_spelling(waiting, mailbox, name, kind):
    """Activating with another spelling than the one of the sign-up."""
    http = waiting.client()
    http.post("/v1/users", json={"email": SAME["as it was"](name), "password": PASSWORD})
    code = mailbox.code(f"{name}@xn--bcher-kva.example.com")

    answer = http.post("/v1/users/activate", json={"code": code}, auth=(SAME[kind](name).encode(), PASSWORD.encode()))

    assert answer.status_code == 200


@pytest.mark.parametrize("kind", REFUSED)
def test_basic_credentials_refuse_what_could_be_mistaken(waiting, mailbox, name, kind):
    """The right code and password beside it help nothing."""
    http = waiting.client()
    http.post("/v1/users", json={"email": SAME["as it was"](name), "password": PASSWORD})
    code = mailbox.code(f"{name}@xn--bcher-kva.example.com")

    answer = http.post(
        "/v1/users/activate", json={"code": code}, auth=(REFUSED[kind](name).encode(), PASSWORD.encode())
    )

    assert answer.status_code == 401


@pytest.mark.parametrize("kind", ["upper case", "full width", "decomposed", "ASCII form of the domain"])
def test_where_duplicates_are_concealed_the_owner_hears_of_every_spelling(http, mailbox, name, kind):
    """The intruder gets nothing but the usual answer, the owner gets the letter."""
    address = f"{name}@xn--bcher-kva.example.com"
    body = {"email": SAME["as it was"](name), "password": "a long walk in the hills"}
    handle = http.post("/v1/users", json=body).json()["verification"]
    http.post("/v1/verify", json={"verification": handle, "code": mailbox.code(address)}).raise_for_status()

    again = http.post("/v1/users", json=body | {"email": SAME[kind](name)})

    assert again.status_code == 202
    assert "you have an account already" in mailbox.text(address, count=2)


@pytest.mark.parametrize(
    "spelling", [str.upper, str.title, lambda name: name.translate(FULL_WIDTH), lambda n: f" {n} "]
)
def test_a_user_name_is_one_in_every_spelling(join, stranger, name, spelling):
    """It is taken, and it opens the account."""
    owner = join(username=name)

    assert stranger.sign_up(username=spelling(name)).status_code == 409
    assert owner.sign_in(identifier=spelling(name)).status_code == 200


@pytest.mark.parametrize(
    "spelling", ["a\u200bda", "\u0430da-lovelace", "a", "ada lovelace", "+4930123456", "ada@x", "-ada"]
)
def test_a_user_name_that_could_be_mistaken_is_refused(stranger, spelling):
    """Zero-width and foreign letters, phone numbers, addresses."""
    answer = stranger.sign_up(username=spelling)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/username"]


def test_the_command_line_finds_every_spelling(account, locking, name):
    """One parser for all ways in."""
    found = [locking.cli("users", "show", SAME[kind](name), "--json") for kind in ("upper case", "decomposed")]

    assert [done.returncode for done in found] == [0, 0]
    assert len({done.stdout for done in found}) == 1
