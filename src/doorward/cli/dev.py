"""`doorward dev`."""

import asyncio
import socket
import sys
import webbrowser
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated

import typer
import uvicorn

from doorward.bootstrap import Service
from doorward.cli.first_admin import development_link
from doorward.cli.running import ProfileOption
from doorward.domain.urls import without_password
from doorward.serving import development
from doorward.settings import Settings, load

HOST = "127.0.0.1"
Prepare = Callable[[Service], Awaitable[Sequence[tuple[str, str]]]]
PortOption = Annotated[int, typer.Option(min=1, max=65000, help="Where to listen; the next free one if it is taken.")]
OpenOption = Annotated[bool, typer.Option("--open", help="Open the first page in a browser.")]


def dev(
    profile: ProfileOption = None,
    port: PortOption = 8000,
    open_browser: OpenOption = False,
    log_json: Annotated[bool | None, typer.Option("--log-json", help="Log lines as JSON.")] = None,
) -> None:
    """Start with nothing prepared: SQLite, mail caught in an inbox, this machine only.

    Example: doorward dev --profile code-activation
    """
    loaded = load({"profile": profile, "log_json": log_json})
    start(loaded.settings, loaded.origins, port, open_browser=open_browser)


def start(
    settings: Settings, origins: Mapping[str, str], port: int, *, open_browser: bool, prepare: Prepare | None = None
) -> None:
    """Serve for development; `prepare` fills the database, and what it returns stands in the banner."""
    listener = _listen(port)
    url = f"http://{HOST}:{listener.getsockname()[1]}"
    known = settings if settings.public_url else settings.model_copy(update={"public_url": url})
    service = development(known, origins)
    asyncio.run(_run(service, listener, url, open_browser=open_browser, prepare=prepare))


async def _run(
    service: Service, listener: socket.socket, url: str, *, open_browser: bool, prepare: Prepare | None
) -> None:
    await service.storage.migrate()
    more = await prepare(service) if prepare else ()
    link = await development_link(service.auth)
    server = uvicorn.Server(
        uvicorn.Config(service.app(), log_config=None, access_log=False, server_header=False, proxy_headers=False)
    )
    typer.echo(banner(service.settings, url, link, more))
    if open_browser:
        webbrowser.open(url)
    await server.serve(sockets=[listener])


def _listen(port: int) -> socket.socket:
    """Take the port, or the next free one."""
    for candidate in range(port, port + 20):
        # asyncio switches Nagle's algorithm off only where the protocol is named; with it, each answer waits 40 ms.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, candidate))
        except OSError:
            listener.close()
            continue
        if candidate != port:
            typer.echo(f"Port {port} is taken; using {candidate}.")
        return listener
    raise OSError(f"The ports {port} to {port + 19} are all taken; choose one with --port.")


def banner(settings: Settings, url: str, link: str | None, more: Sequence[tuple[str, str]] = ()) -> str:
    """Where everything is; the administrator's link is good for fifteen minutes, and once."""
    another = f"{sys.argv[0]} users create YOUR@MAIL --role admin --verified --profile {settings.profile}"
    rows = [
        ("Sign up", f"{url}/sign-up"),
        ("Account", f"{url}/account"),
        ("Dev inbox", f"{url}/dev/inbox"),
        ("Admin", link or another),
        ("API docs", f"{url}/docs"),
        ("Database", without_password(settings.database_url or "")),
        ("Profile", f"{settings.profile} (others: doorward profiles list)"),
        *more,
    ]
    lines = [f"  {name:<10} {value}" for name, value in rows]
    width = max(len(line) for line in lines) + 2
    title = " Doorward in development mode: for this machine only "
    return "\n".join([title.center(width, "-"), *lines, "-" * width])
