"""`doorward openapi`."""

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

import typer
from pydantic import SecretStr

from doorward.bootstrap import build
from doorward.cli.running import ProfileOption
from doorward.settings import load

EXAMPLE_URL = "https://accounts.example.com"


def openapi(profile: ProfileOption = None) -> None:
    """Print the OpenAPI document of a profile's routes; no service has to run.

    Example: doorward openapi --profile code-activation > openapi.json
    """
    typer.echo(json.dumps(document(profile), indent=2, ensure_ascii=False))


def document(profile: str | None) -> dict[str, Any]:
    """The OpenAPI document as `serve` would show it."""
    with tempfile.TemporaryDirectory() as folder:
        described = load({"profile": profile}).settings.model_copy(
            update={
                "database_url": f"sqlite:///{Path(folder) / 'empty.db'}",
                "secret_key": SecretStr("nothing is signed with this one"),
                "public_url": EXAMPLE_URL,
                "smtp_url": None,
                "sms_url": None,
            }
        )
        service = build(described)
        try:
            return service.app().openapi()
        finally:
            asyncio.run(service.close())
