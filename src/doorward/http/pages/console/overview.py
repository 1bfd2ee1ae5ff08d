"""The console's first page: how many accounts there are, and what happened lately."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from doorward.domain.actor import Actor
from doorward.domain.events import EventType
from doorward.http.config import HttpConfig
from doorward.http.pages.console.charts import Chart, Kind, Look, Series, chart
from doorward.http.pages.console.shell import CONSOLE, Console
from doorward.http.pages.routes import Asked
from doorward.languages import N_, Speech
from doorward.use_cases.see_overview import Overview

PERIODS = ("7", "30", "90")
USUAL = "30"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart of the page: for each series event, words and look."""

    name: str
    title: str
    series: Sequence[tuple[EventType, str, Look]]
    kind: Kind = "bars"


CHARTS = (
    Drawn("sign-ups", N_("Sign-ups"), [(EventType.USER_REGISTERED, N_("New accounts"), "plain")]),
    Drawn(
        "sign-ins",
        N_("Sign-ins"),
        [(EventType.SIGNED_IN, N_("Successful"), "good"), (EventType.SIGN_IN_FAILED, N_("Failed"), "bad")],
    ),
    Drawn("locks", N_("Locks"), [(EventType.LOCKED, N_("Locked accounts"), "warn")]),
    Drawn(
        "codes",
        N_("Codes"),
        [(EventType.VERIFICATION_SENT, N_("Sent"), "plain"), (EventType.EMAIL_VERIFIED, N_("Used"), "good")],
        "lines",  # piled up, each code would be counted twice
    ),
)


def router(config: HttpConfig) -> APIRouter:
    """One page."""
    console = Console(config)
    routes = console.router()
    Admin = Annotated[Actor, Depends(console.admin())]  # noqa: N806 - a type

    @routes.get(CONSOLE)
    async def overview_page(request: Request, actor: Admin, days: Asked = USUAL) -> Response:
        """Show it for the last days."""
        period = days if days in PERIODS else USUAL
        seen = await console.auth.see_overview(int(period), actor)
        speech = console.speech(request)
        charts = [_chart(drawn, seen, speech) for drawn in CHARTS]
        return console.show(request, actor, "overview", seen=seen, charts=charts, period=period, periods=PERIODS)

    return routes


def _chart(drawn: Drawn, seen: Overview, speech: Speech) -> Chart:
    series = [Series(speech.say(words), seen.daily(kind), look) for kind, words, look in drawn.series]
    labels = [speech.short_day(edge) for edge in seen.edges[:-1]]
    return chart(drawn.name, speech.say(drawn.title), series, labels, speech, kind=drawn.kind)
