"""`doorward keys`."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from doorward.auth import Auth, retried
from doorward.cli.running import OPERATOR, JsonOption, ProfileOption, show, with_engine
from doorward.domain.errors import NotFound
from doorward.domain.signing import BEGINNING
from doorward.settings import load
from doorward.settings.values import parse_duration

commands = typer.Typer(help="Keys that sign access tokens.", no_args_is_help=True)
COLUMNS = ("generation", "state", "signs_from", "verify_until", "revoked_at")
ReasonOption = Annotated[str | None, typer.Option("--reason", help="Why; it stands in the audit log.")]
SHARED = """With ALGORITHM=HS256 the key of access tokens is SECRET_KEY itself, so rotating means changing SECRET_KEY:
  1. doorward keys generate
  2. Put the old SECRET_KEY into DOORWARD_PREVIOUS_SECRET_KEYS, and the new one into SECRET_KEY.
  3. Restart. Sessions, refresh tokens, links and codes go on.
  4. Take the old one out when the last of them has expired; at once, if it became known to somebody."""


@commands.command("list")
def list_keys(profile: ProfileOption = None, as_json: JsonOption = False) -> None:
    """List the generations of the signing key and what each does now.

    Example: doorward keys list
    """
    _must_have_generations(profile)
    show(with_engine(profile, _listed), as_json=as_json, columns=COLUMNS)


@commands.command("rotate")
def rotate_keys(
    lead: Annotated[
        str, typer.Option(help="How long the new key is published before it signs; others keep the list five minutes.")
    ] = "6m",
    now: Annotated[bool, typer.Option("--now", help="Sign with it in two seconds, whatever others keep.")] = False,
    reason: ReasonOption = None,
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a signing key; nobody is signed out, for tokens of the one before stay good until they expire.

    Example: doorward keys rotate --reason "every quarter"
    """
    _must_have_generations(profile)
    wanted = timedelta(0) if now else _duration(lead)

    async def rotate(auth: Auth) -> list[dict[str, Any]]:
        await retried(auth.rotate_keys, OPERATOR, lead=wanted, reason=reason)
        return await _listed(auth)

    show(with_engine(profile, rotate), as_json=as_json, columns=COLUMNS)


@commands.command("revoke")
def revoke_key(
    generation: Annotated[int, typer.Argument(min=1, help="Its number in `doorward keys list`.")],
    reason: ReasonOption = None,
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Refuse all access tokens of a key, everywhere within two seconds; if it signed, a new one signs at once.

    Sessions live on: clients get a new access token by their refresh token. If SECRET_KEY itself is known to
    somebody, change it instead and name no previous one.

    Example: doorward keys revoke 3 --reason "seen in a log"
    """
    _must_have_generations(profile)

    async def revoke(auth: Auth) -> list[dict[str, Any]]:
        try:
            await retried(auth.rotate_keys.revoke, generation, OPERATOR, reason=reason)
        except NotFound:
            raise ValueError(f"There is no generation {generation}; see `doorward keys list`.") from None
        return await _listed(auth)

    show(with_engine(profile, revoke), as_json=as_json, columns=COLUMNS)


@commands.command("generate")
def generate_key(as_json: JsonOption = False) -> None:
    """Print a fresh value for SECRET_KEY; nothing is changed.

    Example: doorward keys generate
    """
    fresh = secrets.token_urlsafe(48)
    if as_json:
        show({"secret_key": fresh}, as_json=True)
        return
    typer.echo(fresh)


def _must_have_generations(profile: str | None) -> None:
    if load({"profile": profile}).settings.algorithm == "HS256":
        typer.echo(SHARED, err=True)
        raise typer.Exit(2)


def _duration(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise ValueError(f"--lead: {error}.") from None


async def _listed(auth: Auth) -> list[dict[str, Any]]:
    known, now = await auth.rotate_keys.listed(OPERATOR), datetime.now(UTC)
    return [
        {
            "generation": key.generation,
            "state": known.state(key, now).value,
            "signs_from": None if key.signs_from == BEGINNING else key.signs_from,
            "verify_until": key.verify_until,
            "revoked_at": key.revoked_at,
        }
        for key in known.keys
    ]
