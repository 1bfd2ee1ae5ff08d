"""One user: what is known, what happened, and what can be done about it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from doorward.auth import Auth, Policies, retried
from doorward.domain.actor import Actor
from doorward.domain.errors import AuthError, InvalidInput, NotFound, Violation
from doorward.domain.status_action import StatusAction
from doorward.domain.user import Role, User
from doorward.http.config import HttpConfig
from doorward.http.pages.console.acts import ACTS, FOR_MANY, Act, reason_of
from doorward.http.pages.console.selection import USERS
from doorward.http.pages.console.shell import Console
from doorward.http.pages.forms import typed_form
from doorward.http.pages.routes import FORM, see_other
from doorward.http.schemas import UserView
from doorward.ports.store import AuditQuery

ROWS = 25
USER = f"{USERS}/{{user_id:uuid}}"
Do = Callable[[Auth, UUID, Actor, Mapping[str, str]], Awaitable[object]]


def router(config: HttpConfig) -> APIRouter:
    """A page for each user."""
    console = Console(config)
    routes = console.router()
    _add_page(routes, console)
    _add_acts(routes, console)
    return routes


async def show_user(console: Console, request: Request, actor: Actor, user_id: UUID, **values: Any) -> Response:
    """The page of a user, with what an act on it came to."""
    auth, policies = console.auth, console.auth.policies
    user = await auth.list_users.one(user_id, actor)
    cursor = request.query_params.get("cursor", "")[:200]
    rows = await auth.read_audit_log(AuditQuery(user_id=user_id, limit=ROWS, cursor=cursor or None), actor)
    shown: dict[str, Any] = {
        "user": user,
        "sessions": await auth.list_sessions.of(user_id, actor),
        "rows": rows,
        "is_first": not cursor,
        "raw": UserView.of(user, policies.verification).model_dump_json(indent=2),
        "acts": [act for act in ACTS.values() if act.is_apt(user, policies)],
        "done": _done(request.query_params.get("done", ""), user, policies),
        "is_new": request.query_params.get("done") == "created",
        "opposites": {name: action.opposite for name in FOR_MANY if (action := StatusAction.named(name))},
    }
    return console.show(request, actor, "user", **{"tried": "", **shown, **values})


def _done(name: str, user: User, policies: Policies) -> Act | None:
    """What was done, unless one sees from the account that it was not: an address may say anything."""
    act = ACTS.get(name)
    return None if act and act.shows and act.is_apt(user, policies) else act


def _add_page(routes: APIRouter, console: Console) -> None:
    auth = console.auth
    Admin = Annotated[Actor, Depends(console.admin())]  # noqa: N806 - a type

    @routes.get(USER)
    async def user_page(request: Request, user_id: UUID, actor: Admin) -> Response:
        """Show it."""
        return await show_user(console, request, actor, user_id)

    @routes.post(f"{USER}/sessions/{{session_id:uuid}}/end", openapi_extra=FORM)
    async def end_session(user_id: UUID, session_id: UUID, actor: Admin) -> Response:
        """Sign the user out on one device."""
        await retried(auth.sign_out.of, user_id, session_id, actor)
        return see_other(f"{USERS}/{user_id}?done=sign-out")


def _add_acts(routes: APIRouter, console: Console) -> None:
    Admin = Annotated[Actor, Depends(console.admin())]  # noqa: N806 - a type

    @routes.post(f"{USER}/{{act}}", openapi_extra=FORM)
    async def act_on_user(request: Request, user_id: UUID, act: str, actor: Admin) -> Response:
        """Do it, and say so on the user's page."""
        if act not in ACTS:
            raise NotFound
        form = await typed_form(request)
        try:
            await _DOING.get(act, _set_status(act))(console.auth, user_id, actor, form)
        except NotFound:
            raise
        except AuthError as error:
            return await show_user(console, request, actor, user_id, refused=error, typed=form, tried=act)
        return see_other(f"{USERS}?done=deleted" if act == "delete" else f"{USERS}/{user_id}?done={act}")


def _set_status(act: str) -> Do:
    async def do(auth: Auth, user_id: UUID, actor: Actor, form: Mapping[str, str]) -> None:
        await retried(auth.set_user_status, user_id, StatusAction.named(act), actor, reason_of(form))

    return do


async def _resend(auth: Auth, user_id: UUID, actor: Actor, form: Mapping[str, str]) -> None:
    await retried(auth.resend_code.of, user_id, actor, reason_of(form))


async def _reset(auth: Auth, user_id: UUID, actor: Actor, form: Mapping[str, str]) -> None:
    await retried(auth.forgot_password.of, user_id, actor, reason_of(form))


async def _change_role(auth: Auth, user_id: UUID, actor: Actor, form: Mapping[str, str]) -> None:
    role = Role.ADMIN if form.get("role") == Role.ADMIN else Role.USER
    await retried(auth.update_user, user_id, {}, actor, role=role, reason=reason_of(form))


async def _delete(auth: Auth, user_id: UUID, actor: Actor, form: Mapping[str, str]) -> None:
    user = await auth.list_users.one(user_id, actor)
    if form.get("confirm", "").strip() != user.identifiers()[0].value:
        raise InvalidInput(Violation("/confirm", "differs"))
    await retried(auth.close_account.of, user_id, actor, reason_of(form))


_DOING: Mapping[str, Do] = {"resend": _resend, "reset": _reset, "role": _change_role, "delete": _delete}
