"""A walk through each profile, from sign-up to the closed account, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

INBOX = {"read_inbox": "GET", "empty_inbox": "DELETE"}
"""In place of an operation: what is done with the development inbox."""
PASSWORD, NEXT_PASSWORD, LAST_PASSWORD = "Correct-Horse-7", "Correct-Horse-8", "Correct-Horse-9"
NAMES = {"first_name": "Ada", "last_name": "Lovelace"}


@dataclass(frozen=True, slots=True)
class Step:
    """One request.

    Attributes:
        operation: its `operationId`, or what `INBOX` names.
        body: JSON, or a form where the operation takes one; `{{names}}` stand for kept values.
        status: what it must answer.
        keep: variables and where in the answer they stand.
        auth: how the caller shows who he is.
        path: values of path parameters.
    """

    operation: str
    body: Mapping[str, str] | None = None
    status: int = 200
    keep: Mapping[str, str] = field(default_factory=dict)
    auth: Literal["bearer", "basic"] | None = None
    path: Mapping[str, str] = field(default_factory=dict)


TOKEN = {"access_token": "access_token"}
CODE = Step("read_inbox", keep={"code": "messages[0].code", "link": "messages[0].link"})
EMPTY = Step("empty_inbox", status=204)
SIGN_IN = Step("sign_in", {"identifier": "{{email}}", "password": "{{password}}"}, keep=TOKEN)
FORGET = (
    EMPTY,
    Step("forgot_password", {"identifier": "{{email}}"}, 202),
    CODE,
    Step("reset_password", {"token": "{{token}}", "new_password": LAST_PASSWORD}),
    Step("sign_in", {"identifier": "{{email}}", "password": LAST_PASSWORD}, keep=TOKEN),
)
ACCOUNT = (
    Step("get_me", auth="bearer", keep={"user_id": "id"}),
    Step("list_sessions", auth="bearer"),
    Step("update_me", {"first_name": "Augusta"}, auth="bearer"),
    Step("list_my_audit", auth="bearer"),
    Step("get_policy"),
)
NATIVE = (
    *ACCOUNT,
    Step("change_password", {"current_password": "{{password}}", "new_password": NEXT_PASSWORD}, auth="bearer"),
    *FORGET,
    Step("export_me", auth="bearer"),
)
CLOSE = Step("close_account", {"password": LAST_PASSWORD}, 204, auth="bearer")

WALKS: dict[str, tuple[Step, ...]] = {
    "modern": (
        Step("sign_up", {"email": "{{email}}", "password": "{{password}}"}, 202, {"verification": "verification"}),
        CODE,
        Step("verify", {"verification": "{{verification}}", "code": "{{code}}"}),
        SIGN_IN,
        *NATIVE,
        CLOSE,
    ),
    "signup-signin": (
        Step("signup", {**NAMES, "email": "{{email}}", "password": "{{password}}"}, 201),
        Step("signin", {"email": "{{email}}", "password": "{{password}}"}, keep=TOKEN),
        *ACCOUNT,
        Step("audit", auth="bearer"),
        Step("change_own_password", {"old_password": "{{password}}", "new_password": NEXT_PASSWORD}, auth="bearer"),
        *FORGET,
        CLOSE,
    ),
    "email-or-phone": (
        Step("register", {**NAMES, "username": "{{email}}", "password": "{{password}}"}, 201),
        Step("login", {"username": "{{email}}", "password": "{{password}}"}, keep=TOKEN),
        *ACCOUNT,
        Step("change_own_password", {"old_password": "{{password}}", "new_password": NEXT_PASSWORD}, auth="bearer"),
        EMPTY,
        Step("request_reset", {"username": "{{email}}"}, 202),
        CODE,
        Step("set_forgotten_password", {"token": "{{token}}", "new_password": LAST_PASSWORD}),
        Step("login", {"username": "{{email}}", "password": LAST_PASSWORD}, keep=TOKEN),
        Step("logout", auth="bearer"),
        Step("get_me", status=401, auth="bearer"),
    ),
    "oauth2-password": (
        Step("register", {**NAMES, "email": "{{email}}", "password": "{{password}}"}, 201),
        Step("login", {"username": "{{email}}", "password": "{{password}}"}, keep=TOKEN),
        Step("get_profile", auth="bearer"),
        Step("update_profile", {"first_name": "Updated", "last_name": "Name"}, auth="bearer"),
        *NATIVE,
        Step("logout", auth="bearer"),
        Step("get_profile", status=401, auth="bearer"),
    ),
    "code-activation": (
        Step("sign_up", {"email": "{{email}}", "password": "{{password}}"}, 201),
        CODE,
        Step("activate_account", {"code": "{{code}}"}, auth="basic"),
        SIGN_IN,
        *NATIVE,
        CLOSE,
    ),
    "link-activation": (
        Step("register", {"email": "{{email}}", "password": "{{password}}", **NAMES}, 201, {"user_id": "id"}),
        CODE,
        Step("verify_link", {"token": "{{token}}", "code": "{{code}}"}),
        Step("access_token", {"username": "{{email}}", "password": "{{password}}"}, keep=TOKEN),
        Step("get_record", auth="bearer", path={"user_id": "{{user_id}}"}),
        Step(
            "update_record",
            {"first_name": "Augusta", "last_name": "King"},
            auth="bearer",
            path={"user_id": "{{user_id}}"},
        ),
        Step("list_records", auth="bearer"),
        *NATIVE,
        Step("delete_record", status=204, auth="bearer", path={"user_id": "{{user_id}}"}),
    ),
}
