"""`link-activation`: a link and a code in one mail, sign-in by form with a cookie, users as records."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from doorward.auth import retried
from doorward.domain.actor import Actor
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.grants import FORM, FormPassword, Username, sign_in_by_form
from doorward.http.limits import limited
from doorward.http.listing import UserFilter
from doorward.http.routing import COMMON, PROVING, SIGNED_IN, new_router, refusals
from doorward.http.schemas import Body, Name, Secret, Typed, UserPage, UserView, welcome
from doorward.http.security import Security
from doorward.http.sign_ups import names, new_sign_up
from doorward.use_cases.verify_email import AddressProof


class NewUserRecord(Body):
    """E-mail and password; the names if one likes."""

    email: Typed = Field(examples=["ada@example.com"])
    password: Secret = Field(examples=["a long walk in the hills"])
    first_name: Name = ""
    last_name: Name = ""


class LinkAndCode(Body):
    """The token from the link and the code from the same mail."""

    token: Annotated[str, Field(min_length=1, max_length=4096)]
    code: Annotated[str, Field(min_length=1, max_length=64, examples=["4821"])]


class Verified(BaseModel):
    """When the address was proven."""

    verified: bool = True
    verified_at: datetime | None


class RecordNames(Body):
    """The names to change; an absent one stays."""

    first_name: Name | None = None
    last_name: Name | None = None


class CookieToken(BaseModel):
    """A token, which the browser has as a cookie too."""

    message: str
    access_token: str
    token_type: str = "bearer"
    expires_in: int


def router(config: HttpConfig) -> APIRouter:
    """The routes of this dialect."""
    everything = APIRouter()
    everything.include_router(_entry(config))
    everything.include_router(_records(config))
    return everything


def _entry(config: HttpConfig) -> APIRouter:
    auth, security, routes = config.auth, Security(config), new_router("Link activation")
    verification = auth.policies.verification

    @routes.post(
        "/register",
        status_code=201,
        response_model=UserView,
        dependencies=[Depends(limited(config, "register"))],
        responses=refusals(*COMMON, "identifier_taken", "too_many_requests", "busy"),
    )
    async def register(body: NewUserRecord, request: Request) -> UserView:
        """Register; a mail with link and code follows."""
        sign_up = new_sign_up(request, config, body.password, names(body.first_name, body.last_name), email=body.email)
        return UserView.of(await retried(auth.register, sign_up), verification)

    @routes.post(
        "/verify",
        response_model=Verified,
        dependencies=[Depends(limited(config, "verify"))],
        responses=refusals(
            *COMMON, "code_incorrect", "link_invalid", "code_expired", "link_expired", "too_many_requests"
        ),
    )
    async def verify_link(body: LinkAndCode, request: Request) -> Verified:
        """Verify the address with the link's token and the code."""
        proof = AddressProof(token=body.token, code=body.code, client=client_of(request, config.trusted_proxies))
        return Verified(verified_at=(await retried(auth.verify_email, proof)).verified_at)

    @routes.post(
        "/access-token",
        response_model=CookieToken,
        openapi_extra=FORM,
        dependencies=[Depends(limited(config, "sign_in"))],
        responses=refusals(*COMMON, *PROVING, "account_disabled", "account_closing", "cross_site"),
    )
    async def access_token(
        request: Request, response: Response, username: Username, password: FormPassword
    ) -> CookieToken:
        """Sign in; the token comes in the answer and as an HttpOnly cookie."""
        security.must_be_same_site(request)  # login CSRF: a foreign form would leave its visitor in another's account
        done = await sign_in_by_form(config, request, username, password)
        security.deliver(response, done)
        return CookieToken(
            message=welcome(done.user), access_token=done.access.token, expires_in=done.access.expires_in
        )

    return routes


def _records(config: HttpConfig) -> APIRouter:
    auth, routes = config.auth, new_router("User records", prefix="/users")
    verification = auth.policies.verification
    Asking = Annotated[Actor, Depends(Security(config).actor())]  # noqa: N806 - a type

    @routes.get("", response_model=UserPage, responses=refusals(*SIGNED_IN, "validation_failed"))
    async def list_records(asked: Annotated[UserFilter, Query()], actor: Asking) -> UserPage:
        """All users for an administrator, oneself for anybody else."""
        page = await auth.list_users.visible(asked.query(), actor)
        return UserPage(items=[UserView.of(u, verification) for u in page.items], next_cursor=page.next_cursor)

    @routes.get("/{user_id}", response_model=UserView, responses=refusals(*SIGNED_IN, "not_found"))
    async def get_record(user_id: UUID, actor: Asking) -> UserView:
        """Oneself, or anybody for an administrator; others and absent ones are answered alike."""
        return UserView.of(await auth.list_users.reachable(user_id, actor), verification)

    @routes.put("/{user_id}", response_model=UserView, responses=refusals(*SIGNED_IN, *COMMON, "not_found"))
    async def update_record(user_id: UUID, body: RecordNames, actor: Asking) -> UserView:
        """Change the names."""
        user = await auth.list_users.reachable(user_id, actor)
        changes = {name: value.strip() for name, value in body if value is not None}
        details = None if actor.is_user(user.id) else actor.described()
        changed = await retried(auth.update_profile, user.id, changes, actor.client, details=details)
        return UserView.of(changed, verification)

    @routes.delete(
        "/{user_id}", status_code=204, responses=refusals(*SIGNED_IN, "email_not_verified", "not_found", "last_admin")
    )
    async def delete_record(user_id: UUID, actor: Asking) -> Response:
        """Remove a record: only verified users may, and only their own unless they are administrators."""
        await retried(auth.close_account.as_verified, user_id, actor)
        return Response(status_code=204)

    return routes
