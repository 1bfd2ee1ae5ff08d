"""What a person types to say who he is, in one canonical form.

Two spellings that a person would call the same (case, full-width letters, composed or decomposed accents,
Unicode or ASCII form of a domain) give the same canonical text; what could be mistaken is refused.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache, partial

from email_validator import EmailNotValidError, validate_email

from doorward.domain.errors import InvalidInput, Violation
from doorward.domain.ids import parse_id

MAX_TYPED = 320
_USERNAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{1,62})[a-z0-9]")
_PHONE = re.compile(r"\+?[0-9]{5,20}")
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN = re.compile(rf"(?=[^@]{{1,64}}@)({_ATOM}(?:\.{_ATOM})*)@([a-z0-9.-]{{1,128}})")  # a dot-atom (RFC 5322 §3.2.3)
_DOMAINS = 4096


class Kind(StrEnum):
    """Which sort of identifier."""

    EMAIL = "email"
    PHONE = "phone"
    USERNAME = "username"


@dataclass(frozen=True, slots=True)
class Identifier:
    """A canonical identifier; equal ones name the same account."""

    kind: Kind
    value: str


def parse_email(text: str) -> Identifier:
    """Bring an address into its canonical form.

    Raises:
        InvalidInput: it is no address, or its local part is not ASCII (many mail servers could not deliver it).
    """
    folded = unicodedata.normalize("NFKC", text.strip()).lower() if len(text) <= MAX_TYPED else ""
    try:
        local_part, domain = _parts_of(folded)
    except EmailNotValidError:
        raise InvalidInput(Violation("/email", "invalid_email")) from None
    if "=?" in local_part:  # a mail program would decode it into something else (RFC 2047)
        raise InvalidInput(Violation("/email", "invalid_email"))
    return Identifier(Kind.EMAIL, f"{local_part}@{domain}")


def _parts_of(folded: str) -> tuple[str, str]:
    """Local part and ASCII domain; nearly all addresses are plain, and their domains are few."""
    plain = _PLAIN.fullmatch(folded)
    if plain and "xn--" not in plain[2]:
        return plain[1], _plain_domain(plain[2])
    checked = validate_email(folded, check_deliverability=False, allow_smtputf8=False)
    return checked.local_part, checked.ascii_domain


@lru_cache(_DOMAINS)
def _plain_domain(domain: str) -> str:
    return validate_email(f"a@{domain}", check_deliverability=False, allow_smtputf8=False).ascii_domain


def parse_username(text: str) -> Identifier:
    """Bring a user name into its canonical form: 3 to 64 of a-z, 0-9, dot, dash, underscore.

    Raises:
        InvalidInput: other characters, another length, or what would be read as a phone number or an id.
    """
    folded = unicodedata.normalize("NFKC", text.strip()).lower() if len(text) <= MAX_TYPED else ""
    is_other = _PHONE.fullmatch(_digits(folded)) or parse_id(folded)
    if not _USERNAME.fullmatch(folded) or is_other:
        raise InvalidInput(Violation("/username", "invalid_username"))
    return Identifier(Kind.USERNAME, folded)


def parse_phone(text: str, region: str | None = None) -> Identifier:
    """Bring a number into E.164.

    Args:
        text: the number; without a `region` it must begin with + or 00.
        region: the country (two letters) in which a number without a country code is meant.

    Raises:
        InvalidInput: no possible number of that country.
    """
    import phonenumbers  # noqa: PLC0415 - takes time to load, and many services see no number

    digits = _digits(text) if len(text) <= MAX_TYPED else ""
    try:
        number = phonenumbers.parse(digits if _PHONE.fullmatch(digits) else "", region)
    except phonenumbers.NumberParseException:
        raise InvalidInput(Violation("/phone", "invalid_phone")) from None
    # A number without its area code is only possible inside that area, and many places have it.
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise InvalidInput(Violation("/phone", "invalid_phone"))
    canonical = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # A trunk zero too many would be left in it: another account's number as soon as it is read once more.
    if phonenumbers.parse(canonical) != number:
        raise InvalidInput(Violation("/phone", "invalid_phone"))
    return Identifier(Kind.PHONE, canonical)


def country_of(phone: Identifier) -> str | None:
    """The country (two letters) that a canonical number belongs to; numbers of no country have none."""
    import phonenumbers  # noqa: PLC0415 - takes time to load, and many services see no number

    return phonenumbers.region_code_for_number(phonenumbers.parse(phone.value))


def is_premium(phone: Identifier) -> bool:
    """Whether somebody earns by each message or call to this number."""
    import phonenumbers  # noqa: PLC0415 - takes time to load, and many services see no number

    kind = phonenumbers.number_type(phonenumbers.parse(phone.value))
    return kind in (phonenumbers.PhoneNumberType.PREMIUM_RATE, phonenumbers.PhoneNumberType.SHARED_COST)


def _digits(text: str) -> str:
    digits = re.sub(r"[\s().\-/]", "", unicodedata.normalize("NFKC", text))
    return "+" + digits[2:] if digits.startswith("00") else digits


def is_address(text: str) -> bool:
    """Whether what was typed is meant as an address, and not as a number or user name."""
    return "@" in unicodedata.normalize("NFKC", text)


def find_identifier(text: str, region: str | None = None) -> Identifier | None:
    """Guess which identifier was typed at sign-in (numbers as `parse_phone` reads them); None if it can be none."""
    number_or_name = (partial(parse_phone, region=region), parse_username)
    for parse in (parse_email,) if is_address(text) else number_or_name:
        try:
            return parse(text)
        except InvalidInput:
            continue
    return None


def mask(text: str) -> str:
    """Shorten an identifier for logs and audit rows: enough to recognise one's own, no more."""
    printable = "".join(c for c in text if c.isprintable() and c.isascii())
    local, at, domain = printable.partition("@")
    if not at:
        return f"{local[:1]}***"
    return f"{local[:1]}***@{domain[:1]}***"
