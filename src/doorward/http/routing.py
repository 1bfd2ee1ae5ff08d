"""What all routers share."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute

from doorward.http.problems import PROBLEMS, RULES
from doorward.http.strict_json import StrictRoute

MORE: Mapping[str, Mapping[str, Any]] = {
    "validation_failed": {
        "errors": [
            {
                "pointer": "/password",
                "code": "too_short",
                "detail": f"password {RULES['too_short'].format(min=8)}.",
                "params": {"min": 8},
            }
        ]
    },
    "code_incorrect": {"attempts_left": 2},
    "password_expired": {"change_token": "the-change-token", "expires_in": 600},
}
"""What the examples of some refusals have besides."""


def new_router(tag: str, *, prefix: str = "", route_class: type[StrictRoute] = StrictRoute) -> APIRouter:
    """A router with strict bodies whose operations are called like their functions."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=route_class, generate_unique_id_function=_short_id)


def refusals(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The refusals of an operation for the OpenAPI document, grouped by status."""
    by_status: dict[int | str, list[str]] = {}
    for code in codes:
        by_status.setdefault(PROBLEMS[code].status, []).append(code)
    return {status: _documented(status, named) for status, named in by_status.items()}


def _documented(status: int | str, codes: Sequence[str]) -> dict[str, Any]:
    examples = {code: {"value": problem_example(code)} for code in codes}
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}}
    return {"description": " or ".join(PROBLEMS[code].title for code in codes), "content": content}


def problem_example(code: str) -> dict[str, Any]:
    words = PROBLEMS[code]
    return {
        "type": f"/problems/{code}",
        "title": words.title,
        "status": words.status,
        "detail": words.detail,
        "code": code,
        "request_id": "0198f5a2-0000-7000-8000-000000000000",
        **MORE.get(code, {}),
    }


def example(body: Mapping[str, Any]) -> dict[int | str, dict[str, Any]]:
    """For an answer whose schema does not name its members."""
    return {200: {"content": {"application/json": {"example": body}}}}


def _short_id(route: APIRoute) -> str:
    return route.name


FORM_TOO = {"x-form-too": True}
"""Marks an operation whose JSON body may be sent as a form."""

COMMON = ("validation_failed", "malformed_json", "payload_too_large", "unsupported_media_type", "unavailable")
SIGNED_IN = ("token_invalid", "forbidden", "looking_only", "cross_site", "unavailable")
PROVING = ("invalid_credentials", "account_locked", "too_many_requests", "busy")
