"""Specification 001, sentence by sentence: registering with an address or a number."""

import secrets
from datetime import date

import pytest

from support.holder import HOLDER_PASSWORD, Holder, broken_rules, new_number
from support.person import outcome
from support.webhook import Webhook

FULL_WIDTH = str.maketrans({chr(0x61 + n): chr(0xFF41 + n) for n in range(26)} | {"@": "\uff20", ".": "\uff0e"})
PROFILE = {
    "date_of_birth": "1985-12-10",
    "date_of_joining": "2020-01-31",
    "address": "12 St James's Square, London",
    "comments": "Prefers letters.",
    "active": True,
}
RULES = [
    ("Sho-r7!", "too_short"),
    ("Twenty-One-Characters", "no_digit"),
    ("Twenty-1-Characters!!", "too_long"),
    ("no-uppercase-1!", "no_uppercase"),
    ("NO-LOWERCASE-1!", "no_lowercase"),
    ("No-Digit-Here!", "no_digit"),
    ("NoSpecial1234", "no_special"),
]


@pytest.fixture(scope="module")
def webhook():
    server = Webhook()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def service(launch_module, webhook):
    return launch_module("email-or-phone", env={"SMS_URL": webhook.url(), "DOORWARD_DOCS": "on"})


@pytest.fixture(scope="module")
def http(service):
    return service.client()


@pytest.fixture
def holder(http, address):
    return Holder(http, address)


@pytest.fixture
def phoner(http):
    return Holder(http, new_number())


def users_of(service, username):
    return service.records("users", email=username) + service.records("users", phone=username)


def test_an_address_is_a_user_name(service, holder):
    """201 with the user, who can sign in with it; no secret is shown."""
    answer = holder.register()

    assert answer.status_code == 201
    body = answer.json()
    assert (body["email"], body["phone"], body["username"]) == (holder.username, None, None)
    assert not [name for name in body if "password" in name]
    assert holder.sign_in().status_code == 200
    assert len(users_of(service, holder.username)) == 1


def test_a_number_is_a_user_name(service, phoner):
    """It is kept in E.164, however it was written."""
    number = phoner.username
    phoner.username = f"0049 ({number[3:6]}) {number[6:9]}-{number[9:]}"

    body = phoner.register().json()

    assert (body["email"], body["phone"]) == (None, number)
    assert phoner.sign_in().status_code == 200
    assert phoner.sign_in(username=number).status_code == 200
    assert len(users_of(service, number)) == 1


@pytest.mark.parametrize("username", [None, "", "  \t"])
def test_the_user_name_is_not_empty(holder, username):
    """It is named as the one that is missing."""
    answer = holder.register(username=username)

    assert outcome(answer) == (422, "validation_failed")
    assert broken_rules(answer) == {("/username", "required")}


def test_all_that_is_wrong_is_named_at_once(holder):
    """User name, names and password in one answer."""
    answer = holder.register(username=" ", first_name="", password="abcdefg-")

    assert broken_rules(answer) == {
        *(("/username", "required"), ("/first_name", "required")),
        *(("/password", "no_uppercase"), ("/password", "no_digit")),
    }


@pytest.mark.parametrize(
    "username",
    ["ada", "ada@example", "@example.com", "0151 23456789", "+49", "+49 151", "+999 12345678", "++4915123456789", "1"],
)
def test_what_is_neither_is_refused(holder, username):
    """A number without its country could be several; a name is none of both."""
    answer = holder.register(username=username)

    assert broken_rules(answer) == {("/username", "invalid_email_or_phone")}


def test_an_address_has_one_account_in_all_its_spellings(service, holder, address):
    """Case, width and blanks make no second account; the refusal says that it is taken."""
    holder.username = name = address.replace("@example", "@b\u00fccher.example")
    holder.register()
    ascii_form = address.replace("@example", "@xn--bcher-kva.example")
    spellings = [name, name.upper(), f" {name}\t", name.translate(FULL_WIDTH), name.title(), ascii_form]

    refused = [outcome(holder.register(username=spelling)) for spelling in spellings]
    entered = [holder.sign_in(username=spelling).status_code for spelling in spellings]

    assert refused == [(409, "identifier_taken")] * len(spellings)
    assert entered == [200] * len(spellings)
    assert len(users_of(service, ascii_form)) == 1


def test_a_full_width_address_is_an_address(holder, address):
    """The first who registers may write it so too."""
    body = holder.register(username=address.translate(FULL_WIDTH)).json()

    assert (body["email"], body["phone"]) == (address, None)


def test_a_number_has_one_account_in_all_its_spellings(service, phoner):
    """Blanks, brackets, dashes, 00 for + and other digits of the same meaning."""
    number = phoner.username
    phoner.register()
    wide = number.translate(
        str.maketrans("0123456789+", "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff0b")
    )
    spellings = [
        *(number, f"00{number[1:]}", f" {number} ", f"{number[:3]} {number[3:6]} {number[6:]}", wide),
        *(f"{number[:3]} ({number[3:6]}) {number[6:]}", f"{number[:3]}-{number[3:6]}/{number[6:9]}.{number[9:]}"),
    ]

    refused = [holder_outcome for s in spellings if (holder_outcome := outcome(phoner.register(username=s)))]
    entered = [phoner.sign_in(username=spelling).status_code for spelling in spellings]

    assert refused == [(409, "identifier_taken")] * len(spellings)
    assert entered == [200] * len(spellings)
    assert len(users_of(service, number)) == 1


def test_the_database_keeps_addresses_and_numbers_unique(service):
    """Not only the program: each column has a unique index."""
    unique = service.stored.unique("users")

    assert ["email"] in unique
    assert ["phone"] in unique


def test_all_members_of_the_profile_are_taken(service, holder):
    """Names, birth, address and comments are kept and shown, and come back at /v1/me."""
    body = holder.register(**PROFILE).json()
    holder.sign_in()
    kept = {"first_name": "Ada", "last_name": "Lovelace"} | {
        name: PROFILE[name] for name in ("date_of_birth", "address", "comments")
    }

    assert {name: body[name] for name in kept} == kept
    assert {name: holder.me().json()[name] for name in kept} == kept


@pytest.mark.parametrize("active", [True, False, None])
def test_what_a_stranger_says_about_being_active_has_no_effect(service, holder, active):
    """It is taken, so that forms work, and the answer shows what counts: nobody switches himself on or off."""
    body = holder.register(active=active).json()

    assert (body["is_active"], body["status"]) == (True, "ACTIVE")
    assert holder.sign_in().status_code == 200


def test_a_disabled_account_stays_so_whatever_is_sent(service, holder):
    """Whoever was disabled does not come back by registering as active."""
    holder.register()
    service.cli("users", "disable", holder.username)

    again = holder.register(active=True)

    assert outcome(again) == (409, "identifier_taken")
    assert outcome(holder.sign_in()) == (403, "account_disabled")


def test_the_date_of_joining_is_an_administrators_word(service, holder, tmp_path):
    """What the public sends is taken and not kept; what an administrator imports is shown."""
    shown = holder.register(date_of_joining="2001-01-01").json()
    other = f"{secrets.token_hex(6)}@example.com"
    file = tmp_path / "users.csv"
    file.write_text(f"email,first_name,last_name,date_of_joining\n{other},Grace,Hopper,2001-01-01\n")

    done = service.cli("users", "import", str(file))

    assert shown["date_of_joining"] is None
    assert done.returncode == 0, done.stderr
    assert users_of(service, other)[0]["date_of_joining"] == date(2001, 1, 1)
    assert users_of(service, holder.username)[0]["date_of_joining"] is None


def test_an_administrators_word_counts(service, holder, address):
    """He says when somebody joined, at the start and later, and who is active."""
    service.create_user(f"root-{address}", HOLDER_PASSWORD, "--role", "admin")
    root = Holder(holder.http, f"root-{address}")
    root.sign_in()
    new = {"email": address, "password": HOLDER_PASSWORD, "date_of_joining": "2001-01-01"}

    made = root.http.post("/v1/admin/users", json=new, headers=root.bearer).json()
    path = f"/v1/admin/users/{made['id']}"
    changed = root.http.patch(path, json={"date_of_joining": "2002-02-02"}, headers=root.bearer).json()
    disabled = root.http.post(f"{path}/disable", headers=root.bearer).json()

    assert (made["date_of_joining"], made["is_active"]) == ("2001-01-01", True)
    assert changed["date_of_joining"] == "2002-02-02"
    assert (disabled["is_active"], outcome(holder.sign_in())) == (False, (403, "account_disabled"))


@pytest.mark.parametrize("name", ["first_name", "last_name"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_both_names_are_required(service, holder, name, value):
    """A blank one is as good as none."""
    answer = holder.register(**{name: value})

    assert broken_rules(answer) == {(f"/{name}", "required")}
    assert users_of(service, holder.username) == []


@pytest.mark.parametrize(
    ("changed", "broken"),
    [
        ({"date_of_birth": "10.12.1985"}, ("/date_of_birth", "invalid_date")),
        ({"date_of_birth": "1985-02-30"}, ("/date_of_birth", "invalid_date")),
        ({"date_of_joining": 1577836800}, ("/date_of_joining", "invalid_date")),
        ({"active": "yes"}, ("/active", "wrong_type")),
        ({"comments": "x" * 1001}, ("/comments", "too_long")),
        ({"role": "admin"}, ("/role", "unknown_member")),
    ],
)
def test_members_have_their_types(service, holder, changed, broken):
    """What is wrong is named, and never shown again."""
    answer = holder.register(**changed)

    assert broken_rules(answer) == {broken}
    assert users_of(service, holder.username) == []


@pytest.mark.parametrize(("password", "code"), RULES)
def test_a_password_that_breaks_one_rule_is_refused(service, holder, password, code):
    """8 to 20 characters with upper-case and lower-case letter, digit and special character."""
    answer = holder.register(password=password)

    expected = {("/password", code)} | ({("/password", "too_long")} if len(password) > 20 else set())
    assert answer.status_code == 422
    assert broken_rules(answer) == expected
    assert users_of(service, holder.username) == []


def test_all_broken_rules_are_named_at_once(holder):
    """Nobody has to find them one by one."""
    assert {code for _, code in broken_rules(holder.register(password="       "))} == {
        *("too_short", "no_uppercase", "no_lowercase", "no_digit", "no_special")
    }


@pytest.mark.parametrize(
    "password",
    ["Abcde-7!", "Twenty-Characters-1!", "\u00c4rger-\u00fcber-7-\u00c4pfel!!", "Pa55 word with \U0001f511"],
)
def test_eight_to_twenty_characters_are_taken_as_typed(holder, password):
    """Characters are counted, not bytes; nothing is cut."""
    assert 8 <= len(password) <= 20
    assert holder.register(password=password).status_code == 201

    assert holder.sign_in(password[:-1]).status_code == 401
    assert holder.sign_in(password).status_code == 200


def test_the_password_is_kept_as_a_hash(service, holder):
    """Argon2id; no file of the service holds the password."""
    holder.register(password="Plain-Mark-1!")

    files = [path for path in service.folder.rglob("*") if path.is_file()]

    assert users_of(service, holder.username)[0]["password_hash"].startswith("$argon2id$")
    assert not [path.name for path in files if b"Plain-Mark-1!" in path.read_bytes()]


def test_the_rules_are_published(http):
    """A form can say them before it is sent, the thirty days too."""
    rules = http.get("/v1/policy").json()["password"]

    assert (rules["min_length"], rules["max_length"], rules["history"]) == (8, 20, 24)
    assert set(rules["require"]) == {"upper", "lower", "digit", "special"}
    assert rules["max_age"] == 30 * 86400


def test_the_routes_stand_in_the_openapi_document(http):
    """With their models and refusals, on a page where they can be tried."""
    document = http.get("/openapi.json").json()

    for path in ("/register", "/login", "/change-password", "/forgot-password", "/reset-password", "/logout"):
        assert "post" in document["paths"][path]
    assert {"201", "409", "422"} <= set(document["paths"]["/register"]["post"]["responses"])
    assert http.get("/docs").status_code == 200


def test_without_a_text_service_numbers_are_refused(launch, address):
    """422: an account that nobody could ever reach is not made; addresses work as ever."""
    service = launch("email-or-phone")
    http = service.client()

    answer = Holder(http, new_number()).register()

    assert outcome(answer) == (422, "validation_failed")
    assert broken_rules(answer) == {("/username", "phone_unavailable")}
    assert Holder(http, address, HOLDER_PASSWORD).register().status_code == 201
