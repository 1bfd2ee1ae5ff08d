"""`doorward postman`."""

import json

import typer

from doorward.cli.collection import collection
from doorward.cli.openapi import document
from doorward.cli.running import ProfileOption
from doorward.settings import load


def postman(profile: ProfileOption = None) -> None:
    """Print a Postman collection: a tested walk through the profile, and every route with an example.

    Example: doorward postman --profile code-activation > code-activation.json
    """
    name = load({"profile": profile}).settings.profile
    typer.echo(json.dumps(collection(document(profile), name), indent=2, ensure_ascii=False))
