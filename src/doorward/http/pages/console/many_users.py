"""The same for many users: what it is about, what became of it, and the way back."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from doorward.domain.actor import Actor
from doorward.domain.errors import AuthError, NotFound
from doorward.domain.status_action import StatusAction
from doorward.http.config import HttpConfig
from doorward.http.pages.console.acts import FOR_MANY, Act, reason_of
from doorward.http.pages.console.selection import USERS, Selection
from doorward.http.pages.console.shell import Console
from doorward.http.pages.forms import typed_form
from doorward.http.pages.routes import FORM, Asked, see_other
from doorward.use_cases.change_many_users import MOST, Batch

CHANGE = f"{USERS}/change"
CHANGED = f"{USERS}/changed"
MAX_MARKED = 200


def router(config: HttpConfig) -> APIRouter:
    """Ask first, then do it, then offer to undo it."""
    console = Console(config)
    routes = console.router()
    _add_question(routes, console)
    _add_result(routes, console)
    return routes


def _add_question(routes: APIRouter, console: Console) -> None:
    many = console.auth.change_many_users
    Admin = Annotated[Actor, Depends(console.admin())]  # noqa: N806 - a type

    async def before(chosen: Selection, actor: Actor) -> Batch | None:
        return await many.batch(chosen.after, actor) if chosen.after else None

    async def ask(
        request: Request, actor: Actor, chosen: Selection, action: str, refused: AuthError | None = None
    ) -> Response:
        count = await many.count(chosen.chosen, actor, after=await before(chosen, actor))
        if not count:
            return see_other(chosen.address(done="nobody"))
        shown: dict[str, Any] = {"chosen": chosen, "act": _act(action), "count": count, "most": MOST}
        return console.show(request, actor, "change", refused=refused, **shown)

    @routes.get(CHANGE)
    async def change_page(request: Request, actor: Admin, action: Asked = "") -> Response:
        """Say what will be done to how many."""
        return await ask(request, actor, Selection.of(request.query_params), action)

    @routes.post(CHANGE, openapi_extra=FORM)
    async def change_users(request: Request, actor: Admin) -> Response:
        """Do it."""
        chosen = Selection.of(await request.form(max_fields=MAX_MARKED + 20, max_files=0))
        form = await typed_form(request)
        act = _act(form.get("action", ""))
        try:
            reason = reason_of(form)
        except AuthError as error:
            return await ask(request, actor, chosen, act.name, error)
        action = StatusAction.named(act.name)
        done = await many(chosen.chosen, action, actor, reason, after=await before(chosen, actor))
        return see_other(chosen.address(f"{CHANGED}/{done.id}"))


def _add_result(routes: APIRouter, console: Console) -> None:
    many = console.auth.change_many_users
    Admin = Annotated[Actor, Depends(console.admin())]  # noqa: N806 - a type

    @routes.get(f"{CHANGED}/{{batch}}")
    async def changed_page(request: Request, batch: UUID, actor: Admin) -> Response:
        """Say what became of it."""
        done = await many.batch(batch, actor)
        asked = Selection.of(request.query_params).without_marks()
        return console.show(request, actor, "changed", batch=done, act=_act(done.action.wire_name), asked=asked)

    @routes.post(f"{CHANGED}/{{batch}}/undo", openapi_extra=FORM)
    async def undo(request: Request, batch: UUID, actor: Admin) -> Response:
        """Do the opposite to the same."""
        asked = Selection.of(await request.form()).without_marks()
        undone = await many.undo(batch, actor)
        return see_other(asked.address(f"{CHANGED}/{undone.id}"))


def _act(name: str) -> Act:
    if name not in FOR_MANY:
        raise NotFound
    return FOR_MANY[name]
