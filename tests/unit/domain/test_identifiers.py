"""Identifiers: every spelling has one canonical form, or is refused."""

import unicodedata

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from doorward.domain.errors import InvalidInput
from doorward.domain.identifiers import (
    Identifier,
    Kind,
    find_identifier,
    mask,
    parse_email,
    parse_phone,
    parse_username,
)

ASCII_LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = st.text(ASCII_LETTERS, min_size=1, max_size=12)
ACCENTED = st.text("abcdeéèüñçåøßжøд日本", min_size=1, max_size=12)
ANYTHING = st.text(max_size=60) | st.text("aé.@-_+ 0\uff11\uff21\u200b\ud800", max_size=30)


def full_width(text):
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def email_or_none(text):
    try:
        return parse_email(text)
    except InvalidInput:
        return None


def username_or_none(text):
    try:
        return parse_username(text)
    except InvalidInput:
        return None


@given(local=WORDS, domain=WORDS)
def test_case_of_an_address_makes_no_difference(local, domain):
    """An address in capitals is the same address."""
    address = f"{local}@{domain}.com"

    assert parse_email(address.upper()) == parse_email(address)


@given(local=WORDS, domain=WORDS)
def test_width_of_letters_makes_no_difference(local, domain):
    """An address typed with an East Asian keyboard is the same address."""
    address = f"{local}@{domain}.com"

    assert parse_email(full_width(address)) == parse_email(address)


@given(domain=ACCENTED)
def test_composed_and_decomposed_accents_give_one_address(domain):
    """How a keyboard builds an accent makes no difference."""
    composed, decomposed = (unicodedata.normalize(form, f"ada@{domain}.com") for form in ("NFC", "NFD"))

    assert email_or_none(composed) == email_or_none(decomposed)


@given(domain=ACCENTED)
def test_the_ascii_form_of_a_domain_is_the_same_address(domain):
    """A domain in letters and its `xn--` form name one mailbox."""
    typed = email_or_none(f"ada@{domain}.com")

    assert typed is None or parse_email(typed.value) == typed


@given(text=ANYTHING)
def test_a_canonical_address_is_its_own_canonical_form(text):
    """Whatever is accepted is in its last form: parsing it again changes nothing."""
    found = email_or_none(text)

    assert found is None or parse_email(found.value) == found


@given(text=ANYTHING)
def test_a_canonical_address_is_printable_ascii(text):
    """Nothing that could be mistaken or hidden is left in an accepted address."""
    found = email_or_none(text)

    assert found is None or (found.value.isascii() and found.value.isprintable() and found.value.islower())


@given(text=ANYTHING | st.text("ab0129.-_ ", max_size=20))
def test_a_user_name_is_found_again_at_sign_in(text):
    """What is accepted as a user name is not taken for something else when it is typed."""
    found = username_or_none(text)

    assert found is None or find_identifier(found.value) == found


@given(text=ANYTHING)
def test_any_text_can_be_typed_at_sign_in(text):
    """Guessing what was typed never fails, it only finds nothing."""
    found = find_identifier(text)

    assert found is None or isinstance(found, Identifier)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "ada@",
        "@example.com",
        "ada@localhost",
        "ada lovelace@example.com",
        "ada@exam ple.com",
        "adä@example.com",
        "ad\u200ba@example.com",
        "\u0430da@example.com",
        "ada@example.com\r\nBcc: eve@example.com",
        "a" * 250 + "@example.com",
        "ada@" + "a." * 160 + "com",
    ],
)
def test_what_is_no_safe_address_is_refused(text):
    """No address, look-alike letters, hidden characters and line breaks are refused."""
    refused = email_or_none(text)

    assert refused is None


@pytest.mark.parametrize(
    "text", ["ab", "a" * 65, ".ada", "ada.", "ada lovelace", "adä", "ad@a", "0049123456789", "a" * 400]
)
def test_what_is_no_user_name_is_refused(text):
    """Too short, too long, other characters, and what reads as a phone number are refused."""
    refused = username_or_none(text)

    assert refused is None


@pytest.mark.parametrize("text", ["Ada.L", " ada.l ", "\uff41\uff44\uff41.l"])
def test_spellings_of_a_user_name_are_one(text):
    """Case, surrounding space and width make no difference to a user name."""
    found = parse_username(text)

    assert found == Identifier(Kind.USERNAME, "ada.l")


@pytest.mark.parametrize(
    "text", ["+49 (151) 123-456.78", "0049 151/12345678", "\uff0b\uff14\uff1915112345678", "+4915112345678"]
)
def test_spellings_of_a_number_are_one(text):
    """Brackets, dashes, `00` and width make no difference to a number."""
    found = parse_phone(text)

    assert found == Identifier(Kind.PHONE, "+4915112345678")


@pytest.mark.parametrize(
    "text", ["0151 12345678", "+0151123456", "+49", "+49151x2345678", "+15550100", "+" + "1" * 400, "+٤٩١٥١١٢٣٤٥"]
)
def test_what_is_no_international_number_is_refused(text):
    """National numbers, letters and other digits are refused."""
    with pytest.raises(InvalidInput, match="invalid_phone"):
        parse_phone(text)


@pytest.mark.parametrize("text", ["+4900 151 12345678", "+8600 685143577", "004900151 12345678"])
def test_a_number_that_would_become_another_is_refused(text):
    """With a trunk zero too many it would be kept as a number that reads as somebody else's the next time."""
    with pytest.raises(InvalidInput, match="invalid_phone"):
        parse_phone(text)


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("Ada@Example.com", Kind.EMAIL),
        ("ada\uff20example.com", Kind.EMAIL),
        ("+4915112345678", Kind.PHONE),
        ("ada", Kind.USERNAME),
    ],
)
def test_what_was_typed_is_recognised(typed, kind):
    """Sign-in finds out which identifier was typed."""
    found = find_identifier(typed)

    assert found.kind is kind


@pytest.mark.parametrize(
    ("text", "shown"),
    [("ada@example.com", "a***@e***"), ("hunter2", "h***"), ("", "***"), ("\x1b[2Jödipus@x.de", "[***@x***")],
)
def test_a_masked_identifier_shows_no_more_than_first_letters(text, shown):
    """Enough to recognise one's own, and nothing that could confuse a terminal."""
    masked = mask(text)

    assert masked == shown


@pytest.mark.parametrize("text", ["=?utf-8?q?ada?=@example.com", "a=?b@example.com"])
def test_an_address_that_mail_programs_would_decode_is_refused(text):
    """An encoded word (RFC 2047) before the @ would reach somebody else, or nobody."""
    with pytest.raises(InvalidInput):
        parse_email(text)


def test_an_id_is_no_user_name():
    """An operator who names an account by its id must not meet another that is called so."""
    with pytest.raises(InvalidInput):
        parse_username("0198f5a2-1c3d-7e4f-8a5b-6c7d8e9f0a1b")


LOCAL_PARTS = st.text("ab.+'_-!#`~é\"(@ ", min_size=1, max_size=12) | st.just("a" * 64) | st.just("a" * 65)
DOMAINS = st.text("ab.-0é_ ", max_size=12) | st.sampled_from(
    [
        "example.com",
        "example",
        "xn--bcher-kva.example",
        "xn--a.example",
        "a" * 63 + ".com",
        "a" * 64 + ".com",
        "[192.0.2.1]",
    ]
)


@given(LOCAL_PARTS, DOMAINS)
def test_a_plain_address_is_judged_as_any_other(local_part, domain):
    """What is taken without the library's whole examination is what the library would have taken, as it would have."""
    typed = f"{local_part}@{domain}"
    try:
        checked = validate_email(
            unicodedata.normalize("NFKC", typed.strip()).lower(), check_deliverability=False, allow_smtputf8=False
        )
        wanted = None if "=?" in checked.local_part else f"{checked.local_part}@{checked.ascii_domain}"
    except EmailNotValidError:
        wanted = None

    found = email_or_none(typed)

    assert (found.value if found else None) == wanted
