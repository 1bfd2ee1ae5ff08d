"""Bodies that mean one thing only: size, media type, encoding, duplicate members, numbers and depth are judged."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Sequence
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

MAX_BODY = 64 * 1024
BODY_SECONDS = 15
_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"


class StrictRoute(APIRoute):
    """A route whose body is read and judged before FastAPI sees it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler."""
        handle = super().get_route_handler()
        takes_form = bool(self.openapi_extra and self.openapi_extra.get("x-form"))
        takes_both = bool(self.openapi_extra and self.openapi_extra.get("x-form-too"))
        takes_body = takes_form or self.body_field is not None

        async def strictly(request: Request) -> Response:
            if takes_both and _media_type(request) == _FORM:
                await _read_form_as_json(request)
            elif takes_body:
                await _judge(request, _FORM if takes_form else _JSON)
            return await handle(request)

        return strictly


async def _judge(request: Request, media_type: str) -> None:
    body = await read_limited(request)
    if not body:
        return  # FastAPI reports the missing members
    if _media_type(request) != media_type:
        raise HTTPException(415, headers={"Accept": media_type})
    if media_type == _JSON:
        request._json = parse(body)  # noqa: SLF001 - what Request.json() would cache


async def _read_form_as_json(request: Request) -> None:
    """Take a form for the JSON object with the same members."""
    body = await read_limited(request)
    try:
        text = body.decode("ascii")
        value = _unique(parse_qsl(text, keep_blank_values=True, max_num_fields=20, errors="strict"))
    except ValueError:
        raise HTTPException(400) from None
    request._json = value  # noqa: SLF001 - what Request.json() would cache
    headers = [(name, v) for name, v in request.scope["headers"] if name != b"content-type"]
    request.scope["headers"] = [*headers, (b"content-type", _JSON.encode())]
    del request._headers  # noqa: SLF001 - it was read from the former ones


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_limited(request: Request) -> bytes:
    """Read a body of at most 64 KiB; a longer one is refused before it fills the memory."""
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared[:20]) > MAX_BODY:
        raise HTTPException(413)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await _bounded(request)
    except TimeoutError:
        raise HTTPException(408, headers={"Connection": "close"}) from None
    request._body = body  # noqa: SLF001 - what Request.body() would cache
    return request._body  # noqa: SLF001


async def _bounded(request: Request) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            raise HTTPException(413)
        chunks.append(chunk)
    return b"".join(chunks)


def parse(body: bytes) -> Any:
    """Read JSON (RFC 8259) strictly.

    Raises:
        HTTPException: 400 for anything that two parsers could read differently, or none should read.
    """
    try:
        text = body.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse, parse_int=_int)
        # A lone surrogate (\\ud800) decodes and then breaks every driver.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise HTTPException(400) from None
    return value


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate member")
    return members


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON number")


def _int(digits: str) -> int:
    if len(digits) > 20:
        raise ValueError("number too long")
    return int(digits)
