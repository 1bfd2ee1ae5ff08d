"""The list of users: search, filters, export, and adding one."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from doorward.auth import retried
from doorward.domain.actor import Actor
from doorward.domain.cells import csv_line
from doorward.domain.errors import AuthError
from doorward.domain.user import Profile, Role, User
from doorward.domain.user_record import COLUMNS, values_of, write_record
from doorward.http.config import HttpConfig
from doorward.http.pages.console.acts import FOR_MANY
from doorward.http.pages.console.selection import USERS, Selection
from doorward.http.pages.console.shell import Console
from doorward.http.pages.forms import profile_changes, typed_form, without_secrets
from doorward.http.pages.routes import FORM, Asked, see_other
from doorward.http.sign_ups import new_sign_up

COUNTED = 1000
"""How far the list says how many match: counting all of them would take longer with every account."""
EXPORTED = tuple(name for name in COLUMNS if name != "password_hash")


def router(config: HttpConfig) -> APIRouter:
    """The list and what leads on from it."""
    console = Console(config)
    routes = console.router()
    _add_list(routes, console)
    _add_export(routes, console)
    _add_creation(routes, console)
    return routes


def _add_list(routes: APIRouter, console: Console) -> None:
    auth = console.auth
    Admin = Annotated[Actor, Depends(console.admin())]  # noqa: N806 - a type

    @routes.get(USERS)
    async def users_page(request: Request, actor: Admin, cursor: Asked = "", done: Asked = "") -> Response:
        """Those who match."""
        asked = Selection.of(request.query_params).without_marks()
        query = asked.query(cursor)
        page = await auth.list_users(query, actor)
        count = await auth.list_users.count(query, actor, at_most=COUNTED + 1)
        shown: dict[str, Any] = {"asked": asked, "page": page, "count": count, "is_first": not cursor, "done": done}
        shown["counted"] = COUNTED
        return console.show(request, actor, "users", acts=FOR_MANY, **shown)


def _add_export(routes: APIRouter, console: Console) -> None:
    auth = console.auth
    Admin = Annotated[Actor, Depends(console.admin())]  # noqa: N806 - a type

    @routes.post(f"{USERS}/export", openapi_extra=FORM)
    async def export_users(request: Request, actor: Admin) -> Response:
        """Everybody who matches, as CSV."""
        query = Selection.of(await request.form()).query()
        pages = auth.export_users(actor, with_hashes=False, query=query)
        # What may be refused is refused before the answer begins.
        first = await anext(pages)
        return StreamingResponse(
            _csv(first, pages),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="users.csv"'},
        )


async def _csv(first: Sequence[User], pages: AsyncIterator[Sequence[User]]) -> AsyncIterator[str]:
    yield csv_line(EXPORTED) + _lines(first)
    async for users in pages:
        yield _lines(users)


def _lines(users: Sequence[User]) -> str:
    return "".join(csv_line(values_of(write_record(user), EXPORTED)) for user in users)


def _add_creation(routes: APIRouter, console: Console) -> None:
    auth = console.auth
    Admin = Annotated[Actor, Depends(console.admin())]  # noqa: N806 - a type

    @routes.get(f"{USERS}/new")
    async def new_user_page(request: Request, actor: Admin) -> Response:
        """Ask for what an account needs."""
        return console.show(request, actor, "new_user")

    @routes.post(f"{USERS}/new", openapi_extra=FORM)
    async def create_user(request: Request, actor: Admin) -> Response:
        """Add it."""
        form = await typed_form(request)
        try:
            named = {name: form.get(name, "").strip() or None for name in ("email", "phone", "username")}
            profile = Profile(**profile_changes({name: form.get(name, "") for name in ("first_name", "last_name")}))
            sign_up = new_sign_up(request, console.config, form.get("new_password", ""), profile, **named)
            role = Role.ADMIN if form.get("role") == Role.ADMIN else Role.USER
            made = await retried(auth.create_user, sign_up, actor, role=role, verified="verified" in form)
        except AuthError as error:
            return console.show(request, actor, "new_user", refused=error, typed=without_secrets(form))
        return see_other(f"{USERS}/{made.id}?done=created")
