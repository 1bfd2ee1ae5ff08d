"""`code-activation`: its routes are the native ones; the profile makes them answer 201 and ask for four digits."""

from fastapi import APIRouter

from doorward.http.config import HttpConfig


def router(config: HttpConfig) -> APIRouter:
    """Nothing to add: `POST /v1/users`, `/v1/users/activate` and `/v1/users/resend-code` are native."""
    return APIRouter()
