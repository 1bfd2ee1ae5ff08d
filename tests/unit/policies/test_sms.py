"""Whom text messages reach."""

import pytest

from doorward.domain.errors import InvalidInput
from doorward.domain.identifiers import Identifier, Kind
from doorward.domain.policies.sms import PhonePolicy, SmsPolicy

GERMAN, FRENCH, NOBODYS = "+4915123456789", "+33612345678", "+88312345678901"


def phone(number):
    return Identifier(Kind.PHONE, number)


@pytest.mark.parametrize(
    ("countries", "number", "served"),
    [
        ((), GERMAN, True),
        (("DE",), GERMAN, True),
        (("DE", "FR"), FRENCH, True),
        (("DE",), FRENCH, False),
        (("DE",), NOBODYS, False),
        (("US",), "+12025550123", True),
        (("US",), "+19002345678", False),
        ((), "+449098790000", False),
        ((), "+979123456789", False),
    ],
)
def test_only_named_countries_are_served(countries, number, served):
    """An empty list means all; numbers of no country are in no list; whoever has a premium number earns nothing."""
    policy = SmsPolicy(countries=countries)

    assert policy.serves(phone(number)) is served


@pytest.mark.parametrize("country", ["de", "DEU", "", "D", "\u00c4\u00d6"])
def test_countries_are_two_capital_letters(country):
    """A misspelt country would silently serve nobody."""
    with pytest.raises(ValueError, match="two capital letters"):
        SmsPolicy(countries=(country,))


@pytest.mark.parametrize(
    ("policy", "text", "code"),
    [
        (PhonePolicy(is_reached=True), "0151 23456789", "invalid_phone"),
        (PhonePolicy(is_reached=False), GERMAN, "phone_unavailable"),
        (PhonePolicy(is_reached=True, sms=SmsPolicy(countries=("FR",))), GERMAN, "phone_unavailable"),
    ],
)
def test_numbers_that_get_no_message_are_refused(policy, text, code):
    """A number that cannot be read, and one that is not served, are told apart."""
    with pytest.raises(InvalidInput, match=code):
        policy.accept(text)


def test_national_numbers_are_read_in_the_region():
    """With a region, people may leave their country code away."""
    policy = PhonePolicy(is_reached=True, region="DE")

    assert policy.accept("0151 23456789") == phone(GERMAN)
