"""What an administrator can do to an account, in words, and when there is a reason to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from doorward.auth import Policies
from doorward.domain.errors import InvalidInput, Violation
from doorward.domain.status_action import StatusAction
from doorward.domain.user import Role, Status, User
from doorward.languages import N_

MAX_REASON = 200


def _always(user: User, policies: Policies) -> bool:
    return True


def _has_code(user: User, policies: Policies) -> bool:
    return policies.verification.is_on and user.email is not None and not user.is_verified


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing to do: what the button says, what it means for the account, what is said when it is done.

    Of what `shows` one sees in the account that it was done: there is no reason to do it again.
    """

    name: str
    words: str
    means: str
    done: str
    is_apt: Callable[[User, Policies], bool] = _always
    is_danger: bool = False
    shows: bool = False


ACTS: Mapping[str, Act] = {
    act.name: act
    for act in (
        Act(
            name="unlock",
            words=N_("Unlock"),
            means=N_("Sign-in is possible again, and failed tries are forgotten."),
            done=N_("The account is unlocked."),
            is_apt=lambda user, _: user.status is Status.LOCKED or user.failed_attempts > 0,
            shows=True,
        ),
        Act(
            name="enable",
            words=N_("Enable"),
            means=N_("The account can be used again. One has to sign in anew."),
            done=N_("The account is enabled."),
            is_apt=lambda user, _: user.status is Status.DISABLED,
            shows=True,
        ),
        Act(
            name="verify",
            words=N_("Verify by hand"),
            means=N_("The address counts as proven, as you vouch for it."),
            done=N_("The address is verified."),
            is_apt=lambda user, _: not user.is_verified,
            shows=True,
        ),
        Act(
            name="resend",
            words=N_("Send a new code"),
            means=N_("A letter with a code goes out. The code before is no longer good."),
            done=N_("A new code is on its way."),
            is_apt=_has_code,
        ),
        Act(
            name="reset",
            words=N_("Send a link for a new password"),
            means=N_("A letter with a link goes out. The password stays good until a new one is chosen."),
            done=N_("A link is on its way."),
            is_apt=lambda user, _: bool(user.email or user.phone) and user.status is not Status.DISABLED,
        ),
        Act(
            name="sign-out",
            words=N_("Sign out on all devices"),
            means=N_("All sessions end at once. One may sign in again."),
            done=N_("Signed out everywhere."),
        ),
        Act(
            name="role",
            words=N_("Change the role"),
            means=N_("An administrator may see and change all accounts."),
            done=N_("The role is changed."),
        ),
        Act(
            name="look",
            words=N_("See the account as its owner does"),
            means=N_(
                "For a quarter of an hour you see the pages of this account and can change nothing. "
                "Say why: it stands in the audit log, and the owner sees that somebody looked."
            ),
            done=N_("Back in the console."),
            is_apt=lambda user, _: user.role is not Role.ADMIN and user.status is not Status.DISABLED,
        ),
        Act(
            name="lock",
            words=N_("Lock"),
            means=N_("Nobody can sign in, until the password is reset by mail or you unlock it. Sessions go on."),
            done=N_("The account is locked."),
            is_apt=lambda user, _: user.status is Status.ACTIVE,
            is_danger=True,
            shows=True,
        ),
        Act(
            name="disable",
            words=N_("Disable"),
            means=N_("All sessions end at once, and nobody can sign in until you enable it again."),
            done=N_("The account is disabled."),
            is_apt=lambda user, _: user.status is not Status.DISABLED,
            is_danger=True,
            shows=True,
        ),
        Act(
            name="delete",
            words=N_("Delete"),
            means=N_("The account and all that belongs to it are removed for good. Its rows in the audit log stay."),
            done=N_("The account is deleted."),
            is_danger=True,
        ),
    )
}
FOR_MANY: Mapping[str, Act] = {action.wire_name: ACTS[action.wire_name] for action in StatusAction}


def reason_of(form: Mapping[str, str]) -> str | None:
    """Why, if somebody said it.

    Raises:
        InvalidInput: it is too long.
    """
    reason = form.get("reason", "").strip()
    if len(reason) > MAX_REASON:
        raise InvalidInput(Violation("/reason", "too_long", {"max": MAX_REASON}))
    return reason or None
