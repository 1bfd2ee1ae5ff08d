"""The console: pages for administrators under `/admin`, over the same use cases as the API."""

from fastapi import APIRouter

from doorward.http.config import HttpConfig
from doorward.http.pages.console import (
    audit,
    gallery,
    health,
    looking,
    many_users,
    outbox,
    overview,
    settings,
    test_letter,
    user,
    users,
)

PARTS = (overview, users, many_users, looking, user, audit, outbox, gallery, test_letter, settings, health)


def router(config: HttpConfig) -> APIRouter:
    """All pages of the console."""
    routes = APIRouter()
    for part in PARTS:
        routes.include_router(part.router(config))
    return routes
