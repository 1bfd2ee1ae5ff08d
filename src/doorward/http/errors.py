"""Refusals as RFC 9457 problem details: categories to statuses, one renderer for all."""

import logging
import math
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from doorward.domain import errors
from doorward.http.problems import PROBLEMS, RULES

log = logging.getLogger("doorward.http")
BEARER_CHALLENGE = 'Bearer realm="doorward"'
MEDIA_TYPE = "application/problem+json"

STATUSES: tuple[tuple[type[errors.AuthError], int], ...] = (
    (errors.InvalidInput, 422),
    (errors.NotAuthenticated, 401),
    (errors.NotAllowed, 403),
    (errors.NotFound, 404),
    (errors.Conflict, 409),
    (errors.BadProof, 400),
    (errors.Expired, 410),
    (errors.Locked, 423),
    (errors.TooManyRequests, 429),
    (errors.Unavailable, 503),
)
_BY_STATUS = {
    400: "malformed_json",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "payload_too_large",
    415: "unsupported_media_type",
}
_PYDANTIC = {
    "missing": "required",
    "extra_forbidden": "unknown_member",
    "string_too_short": "too_short",
    "string_too_long": "too_long",
    "greater_than_equal": "too_small",
    "less_than_equal": "too_large",
    "date_parsing": "invalid_date",
    "date_from_datetime_parsing": "invalid_date",
    "date_from_datetime_inexact": "invalid_date",
    "datetime_parsing": "invalid_moment",
    "datetime_from_date_parsing": "invalid_moment",
}


class ProblemResponse(JSONResponse):
    """A problem in its media type."""

    media_type = MEDIA_TYPE


def problem(
    request: Request,
    code: str,
    *,
    status: int | None = None,
    detail: str | None = None,
    members: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> ProblemResponse:
    """Render a problem.

    Args:
        request: what it answers.
        code: the stable code; its page is `/problems/<code>`.
        status: instead of the usual one.
        detail: instead of the usual sentence.
        members: extension members.
        headers: for the answer.
    """
    words = PROBLEMS[code]
    body = {
        "type": f"/problems/{code}",
        "title": words.title,
        "status": status or words.status,
        "detail": detail or words.detail,
        "code": code,
        "request_id": request.scope.get("request_id"),
        **(members or {}),
    }
    return ProblemResponse(body, body["status"], dict(headers or {}))


def refusal(request: Request, error: errors.AuthError) -> ProblemResponse:
    """Render a refusal of the engine."""
    status = next(status for category, status in STATUSES if isinstance(error, category))
    return problem(
        request,
        error.code,
        status=status,
        detail=_detail(error),
        members=_members(error),
        headers=_headers(request, error),
    )


def _detail(error: errors.AuthError) -> str | None:
    if isinstance(error, errors.IdentifierTaken) and error.kind != "email":
        return f"This {error.kind} belongs to another account; choose another."
    if isinstance(error, errors.CodeIncorrect):
        advice = PROBLEMS[error.code].detail if error.attempts_left else "Ask for a new code."
        return f"{advice} Tries left: {error.attempts_left}."
    if isinstance(error, errors.TooManyRequests):
        return f"Try again in {math.ceil(error.retry_after)} seconds."
    return None


def _members(error: errors.AuthError) -> dict[str, Any]:
    if isinstance(error, errors.InvalidInput):
        return {"errors": [violation(v) for v in error.violations]}
    if isinstance(error, errors.CodeIncorrect):
        return {"attempts_left": error.attempts_left}
    if isinstance(error, errors.PasswordExpired):
        return {"change_token": error.change_token, "expires_in": error.expires_in}
    members: dict[str, Any] = getattr(error, "members", {})
    return members


def _headers(request: Request, error: errors.AuthError) -> dict[str, str]:
    if isinstance(error, errors.TooManyRequests):
        seconds = math.ceil(error.retry_after)
        return {"Retry-After": str(seconds), "RateLimit": f'"tries";r=0;t={seconds}', **getattr(error, "headers", {})}
    if isinstance(error, errors.Unavailable):
        return {"Retry-After": str(math.ceil(error.retry_after))}
    if isinstance(error, errors.NotAuthenticated):
        return {"WWW-Authenticate": getattr(request.state, "challenge", BEARER_CHALLENGE)}
    return {}


def violation(broken: errors.Violation) -> dict[str, Any]:
    """One entry of `errors`; it names the member and never shows the value."""
    name = broken.pointer.rpartition("/")[2] or "The body"
    sentence = RULES[broken.code].format(**broken.params)
    return {
        "pointer": broken.pointer,
        "code": broken.code,
        "detail": f"{name} {sentence}.",
        "params": dict(broken.params),
    }


def validation_problem(request: Request, error: RequestValidationError) -> ProblemResponse:
    """Render what the schema refused; FastAPI's own answer would echo the submitted values."""
    return refusal(request, from_pydantic(error))


def from_pydantic(error: RequestValidationError) -> errors.InvalidInput:
    """What the schema refused, as the engine would have."""
    return errors.InvalidInput(*(_from_pydantic(item) for item in error.errors()))


def _from_pydantic(item: Mapping[str, Any]) -> errors.Violation:
    location = [str(part) for part in item["loc"]]
    path = location[1:] if location[0] in ("body", "query", "path", "header", "cookie") else location
    kind = item["type"]
    default = "wrong_type" if kind.endswith(("_type", "_parsing")) else "invalid_value"
    context = item.get("ctx", {})
    params = {
        short: context[long]
        for short, long in (("min", "min_length"), ("max", "max_length"), ("min", "ge"), ("max", "le"))
        if long in context
    }
    pointer = "".join(f"/{_escaped(part)}" for part in path)
    return errors.Violation(pointer, _PYDANTIC.get(kind, default), params)


def _escaped(part: str) -> str:
    """A reference token of RFC 6901, cut so that an absurd member name is not sent back."""
    return "".join(c for c in part[:40] if c.isascii() and (c.isalnum() or c in "_-. "))


def install(app: FastAPI) -> None:
    """Answer every refusal in one manner."""

    async def on_refusal(request: Request, error: Exception) -> ProblemResponse:
        return refusal(request, error) if isinstance(error, errors.AuthError) else internal(request)

    async def on_validation(request: Request, error: Exception) -> ProblemResponse:
        return validation_problem(request, error) if isinstance(error, RequestValidationError) else internal(request)

    async def on_http(request: Request, error: Exception) -> ProblemResponse:
        return http_problem(request, error) if isinstance(error, HTTPException) else internal(request)

    app.add_exception_handler(errors.AuthError, on_refusal)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)


def http_problem(request: Request, error: HTTPException) -> ProblemResponse:
    """Render what Starlette or the reader of bodies refused."""
    return problem(request, code_of(error), status=error.status_code, headers=error.headers)


def code_of(error: HTTPException) -> str:
    """The code of such a refusal."""
    return _BY_STATUS.get(error.status_code, "internal_error" if error.status_code >= 500 else "malformed_json")


def internal(request: Request) -> ProblemResponse:
    """The answer when nobody expected what happened."""
    return problem(request, "internal_error")
