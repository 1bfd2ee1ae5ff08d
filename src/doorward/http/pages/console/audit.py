"""The audit log: what happened in a time, to whom and by whom, as a chart, as rows, live and as a file."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from doorward.domain.actor import Actor
from doorward.domain.errors import AuthError, NotFound
from doorward.domain.events import EventType
from doorward.domain.ids import parse_id
from doorward.domain.user import User
from doorward.http import audit_lines
from doorward.http.config import HttpConfig
from doorward.http.pages.console.audit_filter import DAY, FAILURES, PATH, PRESETS, Filter
from doorward.http.pages.console.charts import Chart, Series, chart
from doorward.http.pages.console.shell import Console
from doorward.http.pages.forms import typed_form
from doorward.http.pages.routes import FORM, Asked
from doorward.http.pages.words import event_words
from doorward.languages import N_, Speech
from doorward.ports.store import AuditQuery, AuditRow
from doorward.use_cases.read_audit_log import Explored

PAGE_SIZE = 15


@dataclass(frozen=True, slots=True)
class Shown:
    """A row with the accounts that it names, as far as they are still there, and all that it holds."""

    row: AuditRow
    account: User | None
    doer: User | None
    record: Mapping[str, Any]
    is_failure: bool


FILES: Mapping[str, tuple[audit_lines.Form, str]] = {
    "csv": ("csv", "text/csv; charset=utf-8"),
    "jsonl": ("jsonl", "application/x-ndjson"),
}


def router(config: HttpConfig) -> APIRouter:
    """The page, its tail and its files."""
    console = Console(config)
    routes = console.router()
    _add_page(routes, console)
    _add_tail(routes, console)
    _add_export(routes, console)
    return routes


async def _query(console: Console, asked: Filter, actor: Actor) -> tuple[AuditQuery, list[datetime]]:
    """What is asked for, and the edges of its slots.

    Raises:
        InvalidInput: it cannot be understood.
        NotFound: there is no such user.
    """
    edges, user_id = asked.edges(console.auth.parts.now()), None
    if name := asked.typed.get("user"):
        # Rows outlive their account, so an id is looked for as it is.
        user_id = parse_id(name) or (await console.auth.list_users.named(name, actor)).id
    return replace(asked.query(edges, user_id), limit=PAGE_SIZE), edges


def _add_page(routes: APIRouter, console: Console) -> None:
    read = console.auth.read_audit_log
    Admin = Annotated[Actor, Depends(console.admin())]  # noqa: N806 - a type

    @routes.get(PATH)
    async def audit_page(request: Request, actor: Admin, cursor: Asked = "", tail: Asked = "") -> Response:
        """What happened in the time that is asked for."""
        asked, speech = Filter.of(request.query_params), console.speech(request)
        shown: dict[str, Any] = {"asked": asked, "presets": PRESETS, "kinds": _kinds(speech)}
        shown |= {"is_live": bool(tail) and not cursor, "is_first": not cursor, "explored": None}
        try:
            query, edges = await _query(console, asked, actor)
        except NotFound:
            return console.show(request, actor, "audit", status=404, is_unknown=True, **shown)
        except AuthError as error:
            return console.show(request, actor, "audit", refused=error, is_unknown=False, **shown)
        found = await read.explore(replace(query, cursor=cursor or None), edges, actor)
        shown |= {"explored": found, "rows": _rows(found), "totals": _totals(found)}
        shown |= {"chart": _chart(found, edges, asked, speech)}
        return console.show(request, actor, "audit", is_unknown=False, **shown)


def _rows(found: Explored) -> list[Shown]:
    return [
        Shown(
            row=row,
            account=found.people.get(str(row.user_id)),
            doer=found.people.get(str(row.details.get("by"))),
            record=audit_lines.record_of(row),
            is_failure=row.event_type in FAILURES,
        )
        for row in found.page.items
    ]


def _kinds(speech: Speech) -> list[tuple[str, str]]:
    """All types of rows with their words, in the order of the words."""
    words = [(kind.audit_name, speech.say(event_words(kind.audit_name))) for kind in EventType]
    return sorted(words, key=lambda pair: pair[1])


def _totals(found: Explored) -> list[tuple[str, int]]:
    """How many rows of each type, the most frequent first."""
    return sorted(((kind, sum(counts)) for kind, counts in found.counts.items()), key=lambda pair: -pair[1])


def _chart(found: Explored, edges: Sequence[datetime], asked: Filter, speech: Speech) -> Chart:
    def summed(is_failure: bool) -> list[int]:
        rows = [counts for kind, counts in found.counts.items() if (kind in FAILURES) is is_failure]
        return [sum(column) for column in zip(*rows, strict=True)] or [0] * (len(edges) - 1)

    series = [
        Series(speech.say(N_("Done")), summed(False)),
        Series(speech.say(N_("Failed, refused or locked")), summed(True), "bad"),
    ]
    slot = edges[1] - edges[0]
    label = speech.short_day if slot >= DAY else speech.clock if edges[-1] - edges[0] <= DAY else speech.moment
    links = [asked.between(since, until) for since, until in pairwise(edges)]
    title = speech.say(N_("What happened"))
    return chart("histogram", title, series, [label(edge) for edge in edges[:-1]], speech, links=links)


def _add_tail(routes: APIRouter, console: Console) -> None:
    read = console.auth.read_audit_log
    Admin = Annotated[Actor, Depends(console.admin())]  # noqa: N806 - a type

    @routes.get(f"{PATH}/tail")
    async def audit_tail(request: Request, actor: Admin, after: UUID | None = None) -> Response:
        """The rows that are newer than one, for a page that is open."""
        asked = Filter.of(request.query_params)
        query, _ = await _query(console, asked, actor)
        found = await read.newer(query, after, actor)
        return console.show(request, actor, "_audit_rows", rows=_rows(found), asked=asked)


def _add_export(routes: APIRouter, console: Console) -> None:
    auth = console.auth
    Admin = Annotated[Actor, Depends(console.admin())]  # noqa: N806 - a type

    @routes.post(f"{PATH}/export", openapi_extra=FORM)
    async def export_audit(request: Request, actor: Admin) -> Response:
        """All rows that match, as a file."""
        form = await typed_form(request)
        query, _ = await _query(console, Filter.of(form), actor)
        kind, media_type = FILES.get(form.get("format", ""), FILES["csv"])
        pages = auth.export_audit_log(actor, query)
        # What may be refused is refused before the answer begins.
        first = await anext(pages)
        disposition = {"Content-Disposition": f'attachment; filename="audit.{kind}"'}
        return StreamingResponse(_lines(first, pages, kind), media_type=media_type, headers=disposition)


async def _lines(
    first: Sequence[AuditRow], pages: AsyncIterator[Sequence[AuditRow]], kind: audit_lines.Form
) -> AsyncIterator[str]:
    yield audit_lines.head(kind) + audit_lines.lines(first, kind)
    async for rows in pages:
        yield audit_lines.lines(rows, kind)
