"""All pages of a service."""

from fastapi import FastAPI

from doorward.http.config import HttpConfig
from doorward.http.pages import (
    account,
    activity,
    assets,
    choices,
    console,
    inbox,
    passwords,
    personal_data,
    public,
    renewing,
    restoring,
    safety,
    sign_in,
    sign_up,
    verifying,
)
from doorward.http.pages.rendering import must_render

PARTS = (
    sign_up,
    sign_in,
    renewing,
    verifying,
    passwords,
    account,
    safety,
    activity,
    personal_data,
    restoring,
    console,
    choices,
    public,
)


def install(app: FastAPI, config: HttpConfig) -> None:
    """Add them.

    Raises:
        TemplateError: one's own templates cannot be used.
    """
    for part in PARTS:
        app.include_router(part.router(config))
    assets.install(app, config.brand)
    if config.templates is not None:
        must_render(config)
    if config.inbox is not None:
        app.include_router(inbox.router(config, config.inbox))
