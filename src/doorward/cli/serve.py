"""`doorward serve`."""

import asyncio
from typing import Annotated

import typer
import uvicorn

from doorward.bootstrap import build, must_be_migrated
from doorward.cli.allocation import keep_hashing_memory
from doorward.cli.draining import PatientProtocol, run
from doorward.cli.running import ProfileOption, refuse_unsafe
from doorward.log import configure
from doorward.serving import application, hand_over
from doorward.settings import Settings, load
from doorward.storages import open_storage


def serve(
    profile: ProfileOption = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that serve.")] = None,
    migrate: Annotated[bool, typer.Option("--migrate", help="Bring the database's schema up to date first.")] = False,
    log_json: Annotated[bool | None, typer.Option("--log-json", help="Log lines as JSON.")] = None,
) -> None:
    """Serve for real: DATABASE_URL, SECRET_KEY, PUBLIC_URL and SMTP_URL must be set.

    Example: doorward serve --profile signup-signin --workers 2 --migrate
    """
    flags = {"profile": profile, "workers": workers, "log_json": log_json}
    settings = load(flags).settings
    keep_hashing_memory(settings.hashing)
    refuse_unsafe(settings)
    configure(level=settings.log_level, file=settings.log_file, as_json=settings.log_json)
    asyncio.run(_prepare(settings, migrate=migrate))
    hand_over(flags)
    run(
        uvicorn.Config(
            application() if settings.workers == 1 else "doorward.asgi:app",
            http=PatientProtocol,
            ws="none",  # nobody speaks it here, and its library takes time and memory
            host=host,
            port=port,
            workers=settings.workers,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=20,
            timeout_worker_healthcheck=30,  # a busy machine is no reason to end a worker
            backlog=2048,
        )
    )


async def _prepare(settings: Settings, *, migrate: bool) -> None:
    """Bring the schema up to date or say that it is not, and what else is wrong here and not by each worker again."""
    if settings.workers > 1:
        service = build(settings)
        if settings.templates:
            service.app()
        storage = service.storage
    else:
        service, storage = None, open_storage(str(settings.database_url))
    try:
        if migrate:
            await storage.migrate()
        await must_be_migrated(storage)
    finally:
        await (service or storage).close()
