"""Bringing back an account that its owner has closed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from doorward.auth import retried
from doorward.http.client import client_of
from doorward.http.config import HttpConfig
from doorward.http.limits import limited
from doorward.http.routing import COMMON, new_router, refusals
from doorward.http.schemas import Body, UserView


class RestoreBody(Body):
    """The token from the link."""

    token: Annotated[str, Field(min_length=1, max_length=4096)]


def router(config: HttpConfig) -> APIRouter:
    """The route for whoever has the link."""
    auth, routes = config.auth, new_router("My account", prefix="/v1")

    @routes.post(
        "/restore",
        response_model=UserView,
        dependencies=[Depends(limited(config, "reset"))],
        responses=refusals(*COMMON, "link_invalid", "link_expired", "too_many_requests"),
    )
    async def restore_account(body: RestoreBody, request: Request) -> UserView:
        """Keep an account that was closed, with the mailed link; sign in again afterwards."""
        user = await retried(auth.restore_account, body.token, client_of(request, config.trusted_proxies))
        return UserView.of(user, auth.policies.verification)

    return routes
