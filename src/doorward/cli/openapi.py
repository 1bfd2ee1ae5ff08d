"""`doorward openapi`."""

import json
from typing import Any

import typer

from doorward.cli.running import EXAMPLE_URL, ProfileOption, unopened


def openapi(profile: ProfileOption = None) -> None:
    """Print the OpenAPI document of a profile's routes; no service has to run.

    Example: doorward openapi --profile code-activation > openapi.json
    """
    typer.echo(json.dumps(document(profile), indent=2, ensure_ascii=False))


def document(profile: str | None) -> dict[str, Any]:
    """The OpenAPI document as `serve` would show it."""
    with unopened(profile, public_url=EXAMPLE_URL, smtp_url=None, sms_url=None) as service:
        return service.app().openapi()
