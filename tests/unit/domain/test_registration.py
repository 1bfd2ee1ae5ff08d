"""Sign-ups: what is sent, and what it becomes."""

from datetime import UTC, datetime

import pytest

from doorward.domain.errors import InvalidInput
from doorward.domain.ids import new_id
from doorward.domain.password import Password
from doorward.domain.policies.registration import RegistrationPolicy
from doorward.domain.policies.sms import PhonePolicy
from doorward.domain.registration import Registration, SignUp, check_profile
from doorward.domain.user import Profile

NOW = datetime(2031, 5, 4, tzinfo=UTC)
NO_PHONES, PHONES = PhonePolicy(), PhonePolicy(is_reached=True)
SPEC_000 = RegistrationPolicy(required_fields=("first_name", "last_name", "email", "password"))


def sign_up(**members):
    members.setdefault("password", Password("correct horse"))
    return SignUp(**{"email": "ada@example.com", **members})


def broken(form, policy=RegistrationPolicy()):
    with pytest.raises(InvalidInput) as refused:
        form.checked(policy, NO_PHONES)
    return [(v.pointer, v.code) for v in refused.value.violations]


def test_all_missing_members_are_named_at_once():
    """A form can mark every empty field."""
    form = SignUp(password=Password(""), profile=Profile(last_name=" "))

    assert broken(form, SPEC_000) == [
        ("/first_name", "required"),
        ("/last_name", "required"),
        ("/email", "required"),
        ("/password", "required"),
    ]


def test_an_address_is_needed_even_if_no_policy_says_so():
    """Without an address nothing could ever be mailed."""
    form = sign_up(email=None)

    assert broken(form, RegistrationPolicy(required_fields=("password",))) == [("/email", "required")]


def test_a_phone_number_is_refused_while_there_is_no_way_to_reach_it():
    """Sign-up by phone says that it is not available."""
    form = sign_up(phone="+4915112345678")

    assert broken(form) == [("/phone", "phone_unavailable")]


def test_a_phone_number_alone_names_an_account_where_it_is_reached():
    """Where no address is asked for, a number will do, in one form however it was typed."""
    form = sign_up(email=None, phone="0049 (0)151 23456789")

    checked = form.checked(RegistrationPolicy(required_fields=("password",)), PHONES)

    assert (checked.contact.value, checked.user(new_id(NOW), "x", NOW).phone) == ("+4915123456789", "+4915123456789")


@pytest.mark.parametrize(
    ("members", "violation"),
    [({"email": "ada"}, ("/email", "invalid_email")), ({"username": "a"}, ("/username", "invalid_username"))],
)
def test_identifiers_are_judged(members, violation):
    """What is no identifier is refused under its own name."""
    form = sign_up(**members)

    assert broken(form) == [violation]


def test_a_checked_sign_up_has_canonical_identifiers():
    """However they were typed, identifiers are kept in one form."""
    checked = sign_up(email="ADA@Example.com", username="Ada.L").checked(RegistrationPolicy(), NO_PHONES)

    assert (checked.email.value, checked.username.value) == ("ada@example.com", "ada.l")


def test_own_words_of_a_sign_up_are_those_of_its_user():
    """A password is judged by the same words before and after the account exists."""
    checked = sign_up(username="countess", profile=Profile(first_name="Augusta")).checked(
        RegistrationPolicy(), NO_PHONES
    )

    assert set(checked.own_words()) == set(checked.user(new_id(NOW), "x", NOW).own_words())


@pytest.mark.parametrize("username", [None, "ada"])
def test_a_sign_up_becomes_an_unproven_user(username):
    """A new account is active, and its address not proven."""
    user = sign_up(username=username).checked(RegistrationPolicy(), NO_PHONES).user(new_id(NOW), "x", NOW)

    assert (user.username, user.is_verified) == (username, False)


def test_a_proven_registration_becomes_a_verified_user():
    """The proof of the address makes the account."""
    pending = Registration(
        id=new_id(NOW), email="ada@example.com", password_hash="x", is_decoy=False, created_at=NOW, expires_at=NOW
    )

    assert pending.proven(NOW).verified_at == NOW


@pytest.mark.parametrize(
    ("profile", "violations"),
    [
        (Profile(first_name="Ada", last_name="Zoë Ødegård", address="1 St James's Square"), []),
        (Profile(first_name="a" * 100, comments="c" * 1000), []),
        (Profile(first_name="a" * 101), [("/first_name", "too_long")]),
        (Profile(comments="c" * 1001), [("/comments", "too_long")]),
        (Profile(last_name="Ada\r\nBcc: eve@example.com"), [("/last_name", "control_character")]),
        (Profile(address="a\u2028b"), [("/address", "control_character")]),
    ],
)
def test_told_members_are_of_fair_length_and_one_line(profile, violations):
    """Overlong text and characters that could forge a header or a log line are refused."""
    found = [(v.pointer, v.code) for v in check_profile(profile)]

    assert found == violations
