"""Every refusal in words: what happened and what to do. One table for answers, pages and documents."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """A title that never changes, a sentence for people, and the usual status."""

    status: int
    title: str
    detail: str


PROBLEMS: dict[str, Problem] = {
    "validation_failed": Problem(422, "Some of the input cannot be accepted", "Look at errors and send it again."),
    "malformed_json": Problem(400, "The body is no JSON that can be read", "Send one JSON object in UTF-8."),
    "invalid_credentials": Problem(
        401,
        "The address or the password is wrong",
        "Check both. If you have just signed up, verify your address first; if you forgot the password, reset it.",
    ),
    "token_invalid": Problem(401, "Not signed in", "The token is missing, wrong or no longer good. Sign in again."),
    "email_not_verified": Problem(
        403, "The address is not verified yet", "Enter the code that was mailed to you, or ask for a new one."
    ),
    "password_expired": Problem(
        403, "The password has expired", "Change it with the change_token, then sign in again."
    ),
    "account_disabled": Problem(403, "The account is disabled", "Ask the operator of this service."),
    "account_closing": Problem(
        403,
        "You closed this account",
        "To keep it, open the link in our letter. Ask for a new password to get it again.",
    ),
    "wrong_password": Problem(403, "The current password is wrong", "Enter the password that you signed in with."),
    "forbidden": Problem(403, "You may not do this", "It takes an administrator."),
    "looking_only": Problem(
        403, "You only look at this account", "Nothing of it can be changed in this session. Go back to your own."
    ),
    "cross_site": Problem(
        403,
        "The request comes from another site",
        "With a cookie, send it from the service's own pages, or use a token.",
    ),
    "registration_closed": Problem(403, "Sign-up is closed", "Ask the operator of this service for an account."),
    "not_found": Problem(404, "There is nothing here", "Check the address."),
    "method_not_allowed": Problem(405, "This address does not take that method", "See Allow for the ones it takes."),
    "request_timeout": Problem(408, "The body did not arrive in time", "Send it whole within 15 seconds."),
    "identifier_taken": Problem(
        409, "An account with this address or number exists", "Sign in, or reset the password if you forgot it."
    ),
    "already_active": Problem(409, "The account is active already", "Sign in."),
    "last_admin": Problem(
        409, "No administrator would be left", "Make somebody else an administrator first, or use the command line."
    ),
    "code_incorrect": Problem(400, "The code is wrong", "Check the newest mail and enter its code."),
    "link_invalid": Problem(400, "The link is wrong", "Open the link from the newest mail, whole."),
    "code_expired": Problem(410, "The code is no longer good", "It is too late, used or used up. Ask for a new code."),
    "link_expired": Problem(410, "The link is no longer good", "It is too late or used. Ask for a new one."),
    "payload_too_large": Problem(413, "The body is too large", "Send at most 64 KiB."),
    "unsupported_media_type": Problem(415, "The body has a type that is not taken here", "Send application/json."),
    "account_locked": Problem(
        423,
        "The account is locked after failed sign-ins",
        "Set a new password by mail to unlock it, or ask the operator of this service.",
    ),
    "too_many_requests": Problem(429, "Too many tries", "Wait for the time in Retry-After, then try again."),
    "unavailable": Problem(503, "The service cannot answer now", "Nothing was changed. Try again in a moment."),
    "busy": Problem(503, "Too many sign-ins at this moment", "Nothing was changed. Try again in a moment."),
    "internal_error": Problem(
        500, "Something went wrong here", "It is noted under the request id. Try again, and report it if it stays."
    ),
}

RULES: dict[str, str] = {
    "required": "is missing",
    "unknown_member": "is not known here",
    "wrong_type": "has the wrong type",
    "invalid_value": "cannot be accepted",
    "too_short": "must have at least {min} characters",
    "too_long": "must have at most {max} characters",
    "too_many_bytes": "must have at most {max} bytes (letters with accents count for two or more)",
    "too_small": "must be at least {min}",
    "too_large": "must be at most {max}",
    "no_uppercase": "needs an upper-case letter",
    "no_lowercase": "needs a lower-case letter",
    "no_digit": "needs a digit",
    "no_special": "needs a special character, such as ! or #",
    "too_common": "is one of the passwords that everybody tries first",
    "contains_identifier": "is made of your own name or address",
    "reused": "was used before",
    "differs": "is not what is asked for",
    "unchanged": "is what it is already",
    "not_hashable": "has a character, or a length, that cannot be hashed",
    "control_character": "has a control character",
    "invalid_email": "must be an address such as ada@example.com, with ASCII letters before the @",
    "invalid_phone": "must be an international number such as +49 30 123456",
    "invalid_email_or_phone": "must be an address such as ada@example.com or a number such as +49 30 123456",
    "invalid_username": "must have 3 to 64 of the characters a-z, 0-9, dot, dash and underscore",
    "phone_unavailable": "cannot be used here: no text messages are sent to it",
    "unreadable": "cannot be read: write one JSON object in a line, no member twice",
    "wrong_cells": "has {found} cells where the first line has {wanted}",
    "repeated": "stands in line {line} already",
    "taken": "belongs already to an account that differs from this line",
    "beside_hash": "cannot stand beside password_hash: give one of them",
    "invalid_id": "must be a UUID; without one it gets a new id",
    "unknown_status": "must be ACTIVE, LOCKED or DISABLED",
    "unknown_role": "must be user or admin",
    "invalid_number": "must be a whole number up to a million",
    "invalid_date": "must be a date such as 1815-12-10",
    "invalid_moment": "must be a moment such as 2024-01-31T12:00:00Z",
    "unknown_hash": "has a form that is not known here; leave it out, and the owner resets the password by mail",
    "broken_hash": "is damaged; leave it out, and the owner resets the password by mail",
    "costly_hash": "would take too much time or memory at sign-in; leave it out, and the owner resets it by mail",
    "keyless_hash": "is from Firebase: set DOORWARD_FIREBASE_SIGNER_KEY to the project's base64_signer_key",
    "invalid_cursor": "is no cursor of this list",
}
