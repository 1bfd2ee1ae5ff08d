"""What administrators do."""

from dataclasses import replace
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from doorward.auth import retried
from doorward.domain.actor import Actor
from doorward.domain.status_action import StatusAction
from doorward.domain.user import Profile, Role
from doorward.http.config import HttpConfig
from doorward.http.dialects.native.accounts import sign_up_command
from doorward.http.dialects.native.me import ProfileChange
from doorward.http.listing import UserFilter
from doorward.http.routing import COMMON, SIGNED_IN, new_router, refusals
from doorward.http.schemas import Body, Day, SignUpBody, UserPage, UserView
from doorward.http.security import Security

Reason = Annotated[str, Field(max_length=200)]
Action = Literal["lock", "unlock", "disable", "enable", "verify", "sign-out"]
CHANGING = ("not_found", "last_admin")
RoleName = Literal["user", "admin"]


class NewUser(SignUpBody):
    """A user on behalf of somebody."""

    date_of_joining: Day | None = None
    role: RoleName = "user"
    verified: bool = False

    def profile(self) -> Profile:
        """With what only an administrator may tell."""
        return replace(super().profile(), date_of_joining=self.date_of_joining)


class UserChange(ProfileChange):
    """Profile members, and the role."""

    date_of_joining: Day | None = None
    role: RoleName | None = None
    reason: Reason | None = None


class ReasonBody(Body):
    """Why; it stands in the audit log."""

    reason: Reason | None = None


def router(config: HttpConfig) -> APIRouter:
    """Routes for administrators."""
    auth, routes = config.auth, new_router("Administration", prefix="/v1/admin/users")
    verification = auth.policies.verification
    Admin = Annotated[Actor, Depends(Security(config).actor())]  # noqa: N806 - a type

    @routes.get("", response_model=UserPage, responses=refusals(*SIGNED_IN, "validation_failed"))
    async def list_users(asked: Annotated[UserFilter, Query()], actor: Admin) -> UserPage:
        """Look through all users."""
        page = await auth.list_users(asked.query(), actor)
        return UserPage(items=[UserView.of(u, verification) for u in page.items], next_cursor=page.next_cursor)

    @routes.post(
        "",
        status_code=201,
        response_model=UserView,
        responses=refusals(*SIGNED_IN, *COMMON, "identifier_taken", "busy"),
    )
    async def create_user(body: NewUser, request: Request, actor: Admin) -> UserView:
        """Create a user, verified already if you vouch for the address."""
        command = sign_up_command(body, request, config)
        user = await retried(auth.create_user, command, actor, role=Role(body.role), verified=body.verified)
        return UserView.of(user, verification)

    @routes.get("/{user_id}", response_model=UserView, responses=refusals(*SIGNED_IN, "not_found", "validation_failed"))
    async def get_user(user_id: UUID, actor: Admin) -> UserView:
        """One user."""
        return UserView.of(await auth.list_users.one(user_id, actor), verification)

    @routes.delete("/{user_id}", status_code=204, responses=refusals(*SIGNED_IN, *COMMON, *CHANGING))
    async def delete_user(user_id: UUID, actor: Admin, body: ReasonBody | None = None) -> Response:
        """Remove a user with all that belongs to it; its audit rows stay."""
        await retried(auth.close_account.of, user_id, actor, body.reason if body else None)
        return Response(status_code=204)

    return routes


def changes_router(config: HttpConfig) -> APIRouter:
    """Routes that change one user."""
    auth, routes = config.auth, new_router("Administration", prefix="/v1/admin/users")
    verification = auth.policies.verification
    Admin = Annotated[Actor, Depends(Security(config).actor())]  # noqa: N806 - a type

    @routes.patch("/{user_id}", response_model=UserView, responses=refusals(*SIGNED_IN, *COMMON, *CHANGING))
    async def update_user(user_id: UUID, body: UserChange, actor: Admin) -> UserView:
        """Change a user's profile or role."""
        changes = {name: v for name, v in body.changes().items() if name not in ("role", "reason")}
        role = Role(body.role) if body.role else None
        user = await retried(auth.update_user, user_id, changes, actor, role=role, reason=body.reason)
        return UserView.of(user, verification)

    @routes.post("/{user_id}/{action}", response_model=UserView, responses=refusals(*SIGNED_IN, *COMMON, *CHANGING))
    async def change_user_status(
        user_id: UUID, action: Action, actor: Admin, body: ReasonBody | None = None
    ) -> UserView:
        """Lock, unlock, disable, enable, verify or sign out a user."""
        reason = body.reason if body else None
        user = await retried(auth.set_user_status, user_id, StatusAction.named(action), actor, reason)
        return UserView.of(user, verification)

    return routes
