"""What was typed into a form."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from fastapi import Request

from doorward.domain.errors import AuthError, InvalidInput, Violation
from doorward.domain.identifiers import is_address
from doorward.domain.registration import SignUp
from doorward.domain.user import Profile
from doorward.http.config import HttpConfig
from doorward.http.sign_ups import new_sign_up

MAX_FIELDS = 30
LENGTHS = {"password": 4096, "current_password": 4096, "new_password": 4096}
MAX_LENGTH = 2000
PROFILE = ("first_name", "last_name", "date_of_birth", "address", "comments")


async def typed_form(request: Request) -> dict[str, str]:
    """The fields of a form, cut where nobody types that much."""
    form = await request.form(max_fields=MAX_FIELDS, max_files=0)
    return {name: text[: LENGTHS.get(name, MAX_LENGTH)] for name, text in form.items() if isinstance(text, str)}


def without_secrets(form: Mapping[str, str]) -> dict[str, str]:
    """What may be shown again."""
    return {name: text for name, text in form.items() if "password" not in name and name != "code"}


def profile_changes(form: Mapping[str, str]) -> dict[str, Any]:
    """The profile members that a form has; an empty one empties the member.

    Raises:
        InvalidInput: the date is none.
    """
    changes: dict[str, Any] = {name: form[name].strip() for name in PROFILE if name in form}
    for name in ("address", "comments"):
        if not changes.get(name, "-"):
            changes[name] = None
    if "date_of_birth" in changes:
        changes["date_of_birth"] = _day("date_of_birth", changes["date_of_birth"])
    return changes


def _day(name: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidInput(Violation(f"/{name}", "invalid_date")) from None


def contact_field(config: HttpConfig) -> str:
    """Whether one signs up with an address only, or with a number too."""
    return "email" if "email" in config.auth.policies.registration.required_fields else "contact"


def identifier_field(config: HttpConfig) -> str:
    """What one signs in with."""
    return "identifier" if contact_field(config) == "email" else "any_identifier"


def sign_up_of(request: Request, config: HttpConfig, form: Mapping[str, str]) -> SignUp:
    """A sign-up as the engine takes it."""
    contact = form.get(contact_field(config), "").strip()
    named = {"email" if is_address(contact) or "email" in form else "phone": contact or None}
    if form.get("username"):
        named["username"] = form["username"]
    return new_sign_up(request, config, form.get("password", ""), Profile(**profile_changes(form)), **named)


def about_contact(error: AuthError) -> AuthError:
    """Speak of the one field where the engine speaks of address or number."""
    if not isinstance(error, InvalidInput):
        return error
    return InvalidInput(*(_at_contact(broken) for broken in error.violations))


def _at_contact(broken: Violation) -> Violation:
    if broken.pointer not in ("/email", "/phone"):
        return broken
    code = "invalid_email_or_phone" if broken.code.startswith("invalid_") else broken.code
    return Violation("/contact", code, broken.params)
