"""What forms ask for: each field once, with what a browser needs to know to fill it in."""

from dataclasses import dataclass

from doorward.domain.policies.password import PasswordPolicy
from doorward.languages import N_


@dataclass(frozen=True, slots=True)
class Field:
    """An input. `autocomplete` is a token of the HTML standard's autofill section."""

    name: str
    label: str
    autocomplete: str
    type: str = "text"
    inputmode: str = ""
    hint: str = ""


NUMBER = N_("With the country's code, such as +49 30 123456.")
EITHER = N_("A number with the country's code, such as +49 30 123456.")

FIELDS = {
    field.name: field
    for field in (
        Field("email", N_("E-mail"), "email", "email", "email"),
        Field("phone", N_("Phone"), "tel", "tel", "tel", NUMBER),
        Field("username", N_("User name"), "username"),
        Field("contact", N_("E-mail or phone"), "email", "text", "email", EITHER),
        Field("identifier", N_("E-mail"), "username webauthn", "text", "email"),
        Field("any_identifier", N_("E-mail or phone"), "username webauthn", "text", "email", EITHER),
        Field("password", N_("Password"), "current-password", "password"),
        Field("current_password", N_("Current password"), "current-password", "password"),
        Field("new_password", N_("New password"), "new-password", "password"),
        Field("code", N_("Code"), "one-time-code", "text", "numeric"),
        Field("first_name", N_("First name"), "given-name"),
        Field("last_name", N_("Last name"), "family-name"),
        Field("date_of_birth", N_("Date of birth"), "bday", "date"),
        Field("address", N_("Address"), "street-address"),
        Field("comments", N_("Comments"), "off"),
        Field("reason", N_("Reason"), "off", hint=N_("It stands in the audit log.")),
        Field("confirm", N_("Confirmation"), "off"),
    )
}

_CLASSES = {
    "upper": ("upper", N_("An upper-case letter")),
    "lower": ("lower", N_("A lower-case letter")),
    "digit": ("digit", N_("A digit")),
    "special": ("special", N_("A special character, such as ! or #")),
}


def password_rules(policy: PasswordPolicy) -> list[tuple[str, str]]:
    """What a new password must have: a name for scripts, and words."""
    return [_CLASSES[name] for name in policy.require]


def rules_for_managers(policy: PasswordPolicy) -> str:
    """The same for password managers, as the `passwordrules` attribute has it."""
    classes = {"special": "[-@#$%!]"}
    required = [f"required: {classes.get(name, name)};" for name in policy.require]
    return " ".join([f"minlength: {policy.min_length};", f"maxlength: {policy.max_length};", *required])
