"""Refusals as a page says them: the words of the API where they suit a reader, others where they speak to programs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from doorward.domain.errors import AuthError, CodeIncorrect, IdentifierTaken, InvalidInput, TooManyRequests, Violation
from doorward.domain.events import EventType
from doorward.domain.messages import MessageKind
from doorward.http.problems import PROBLEMS, RULES
from doorward.languages import N_, NN_, Speech

_INSTEAD = {
    "validation_failed": N_("Please correct the marked fields and send the form again."),
    "token_invalid": N_("You are not signed in. Sign in again."),
    "password_expired": N_("Your password has expired. Choose a new one to go on."),
    "cross_site": N_("This form came from another site, so nothing was done. Open the page here and try again."),
    "wrong_password": N_("The current password is wrong. Check it and try again."),
    "code_expired": N_("That code is no longer good: it is too late, used or used up. Send a new one."),
    "link_expired": N_("That link is no longer good: it is too late or used. Ask for a new one."),
    "link_invalid": N_("That link is not whole. Open the one from the newest mail."),
    "method_not_allowed": N_("This address cannot be opened like that. Go back and follow a link."),
    "malformed_json": N_("What was sent cannot be read. Go back and send the form again."),
    "unsupported_media_type": N_("What was sent cannot be read. Go back and send the form again."),
    "payload_too_large": N_("That is too much at once. Send less."),
}
_TRY_AGAIN = N_("Too many tries. Try again at {time} (in {wait}).")
_WRONG_CODE = NN_("That isn't the code we sent. {n} try left.", "That isn't the code we sent. {n} tries left.")
_TITLE_AND_DETAIL, _SENTENCE = N_("{title}. {detail}"), N_("{rule}.")
_TAKEN = {
    "phone": N_("This number belongs to another account. Choose another."),
    "username": N_("This user name belongs to another account. Choose another."),
}


_EVENTS = {
    EventType.USER_REGISTERED: N_("The account was created"),
    EventType.IMPORTED: N_("The account was brought here from another system"),
    EventType.SIGN_UP_PENDING: N_("A sign-up began"),
    EventType.SIGN_UP_REFUSED: N_("Somebody tried to sign up with what is yours"),
    EventType.VERIFICATION_REQUESTED: N_("A new code was asked for"),
    EventType.VERIFICATION_SENT: N_("A code was sent"),
    EventType.VERIFICATION_FAILED: N_("A wrong code was entered"),
    EventType.EMAIL_VERIFIED: N_("The address was verified"),
    EventType.SIGNED_IN: N_("Signed in"),
    EventType.SIGN_IN_FAILED: N_("A sign-in failed"),
    EventType.SIGN_IN_LINK_MADE: N_("A link for signing in was made"),
    EventType.SIGNED_OUT: N_("Signed out"),
    EventType.SESSION_REVOKED: N_("A device was signed out"),
    EventType.TOKEN_REUSED: N_("A copied session was found and ended"),
    EventType.LOCKED: N_("The account was locked"),
    EventType.UNLOCKED: N_("The account was unlocked"),
    EventType.DISABLED: N_("The account was disabled"),
    EventType.ENABLED: N_("The account was enabled"),
    EventType.ROLE_CHANGED: N_("The role was changed"),
    EventType.USERS_CHANGED: N_("Many accounts were changed"),
    EventType.IDENTIFIER_CHANGE_REQUESTED: N_("A new address or number was asked for"),
    EventType.EMAIL_CHANGED: N_("The e-mail address was changed"),
    EventType.PHONE_CHANGED: N_("The phone number was changed"),
    EventType.PASSWORD_CHANGED: N_("The password was changed"),
    EventType.PASSWORD_CHANGE_FAILED: N_("A password change failed"),
    EventType.PASSWORD_NOT_CONFIRMED: N_("A wrong password was given"),
    EventType.PASSWORD_EXPIRED: N_("The password had expired"),
    EventType.PASSWORD_RESET_REQUESTED: N_("A link for a new password was asked for"),
    EventType.PASSWORD_RESET: N_("A new password was set by link"),
    EventType.PASSWORD_RESET_FAILED: N_("Setting a new password failed"),
    EventType.PROFILE_UPDATED: N_("The profile was changed"),
    EventType.DATA_EXPORTED: N_("The data was downloaded"),
    EventType.DELIVERY_RETRIED: N_("What waited to be sent was tried again"),
    EventType.TEST_MAIL_SENT: N_("A test letter was sent"),
    EventType.LOOKED_AT: N_("An administrator looked at the account"),
    EventType.CLOSING: N_("The account was closed, to be removed later"),
    EventType.RESTORED: N_("The account was brought back"),
    EventType.DELETED: N_("The account was removed"),
    EventType.KEYS_ROTATED: N_("A signing key was added"),
    EventType.KEY_REVOKED: N_("A signing key was revoked"),
}
_BY_AUDIT_NAME = {kind.audit_name: words for kind, words in _EVENTS.items()}

_KINDS = {
    MessageKind.VERIFY_EMAIL: N_("Code for a new account"),
    MessageKind.ACCOUNT_EXISTS: N_("Notice that there is an account already"),
    MessageKind.RESET_PASSWORD: N_("Link for a new password"),
    MessageKind.CHANGE_IDENTIFIER: N_("Code for a new address or number"),
    MessageKind.IDENTIFIER_CHANGED: N_("Notice of a new address or number"),
    MessageKind.PASSWORD_CHANGED: N_("Notice of a new password"),
    MessageKind.ACCOUNT_CLOSING: N_("Notice of a closed account, with a link to keep it"),
    MessageKind.ACCOUNT_DELETED: N_("Notice of a removed account"),
    MessageKind.TEST: N_("Test letter"),
    MessageKind.RESET_REQUESTED: N_("Request for a new password"),
}


def message_words(kind: str) -> str:
    """What is in the outbox, before it is translated; an event by its name."""
    return next((words for known, words in _KINDS.items() if known == kind), kind)


def event_words(audit_name: str) -> str:
    """What a row of the audit log says, before it is translated."""
    return _BY_AUDIT_NAME.get(audit_name, audit_name)


@dataclass(frozen=True, slots=True)
class Told:
    """What went wrong: in one sentence, and at each field."""

    sentence: str = ""
    code: str = ""
    at: Mapping[str, list[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.sentence)


def told(error: AuthError, speech: Speech, now: datetime) -> Told:
    """Say a refusal in a language."""
    violations = error.violations if isinstance(error, InvalidInput) else ()
    at: dict[str, list[str]] = {}
    for broken in violations:
        at.setdefault(broken.pointer.rpartition("/")[2], []).append(_rule(broken, speech))
    return Told(_sentence(error, speech, now), error.code, at)


def _sentence(error: AuthError, speech: Speech, now: datetime) -> str:
    if isinstance(error, TooManyRequests):
        wait = timedelta(seconds=error.retry_after)
        return speech.say(_TRY_AGAIN).format(time=speech.clock(now + wait), wait=speech.duration(wait))
    if isinstance(error, CodeIncorrect) and error.attempts_left:
        return speech.count(*_WRONG_CODE, error.attempts_left)
    if isinstance(error, IdentifierTaken) and error.kind in _TAKEN:
        return speech.say(_TAKEN[error.kind])
    return usual(error.code, speech)


def usual(code: str, speech: Speech) -> str:
    """What is said of a code when nothing more is known."""
    if code in _INSTEAD:
        return speech.say(_INSTEAD[code])
    words = PROBLEMS[code]
    return speech.say(_TITLE_AND_DETAIL).format(title=speech.say(words.title), detail=speech.say(words.detail))


def _rule(broken: Violation, speech: Speech) -> str:
    rule = speech.say(RULES[broken.code]).format(**broken.params)
    return speech.say(_SENTENCE).format(rule=f"{rule[:1].upper()}{rule[1:]}")
