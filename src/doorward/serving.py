"""How the two ways to run, `dev` and `serve`, come to their application."""

import os
import secrets
import sys
from pathlib import Path

from fastapi import FastAPI
from pydantic import SecretStr

from doorward.adapters.console import terminal_line
from doorward.bootstrap import CannotStart, Service, build
from doorward.domain.messages import Mail
from doorward.log import configure
from doorward.settings import Settings, load
from doorward.settings.production import problems

MODE = "_DOORWARD_MODE"
DEV_FOLDER = Path(".doorward")


def application() -> FastAPI:
    """Build the application that the process's settings describe."""
    settings = load().settings
    if os.environ.get(MODE) == "dev":
        return development(settings).app()
    found = problems(settings)
    if found:
        raise CannotStart(" ".join(f"{problem.what} {problem.fix}" for problem in found))
    configure(level=settings.log_level, file=settings.log_file, as_json=settings.log_json)
    return build(settings).app()


def development(settings: Settings) -> Service:
    """A service that needs nothing prepared: its database and secret are made in `./.doorward/`."""
    settings = with_development_defaults(settings)
    configure(level=settings.log_level, file=settings.log_file, as_json=settings.log_json)

    def tell(mail: Mail) -> None:
        sys.stdout.write(terminal_line(mail, f"{settings.public_url}/dev/inbox#{mail.id}") + "\n")
        sys.stdout.flush()

    return build(settings, tell=tell)


def with_development_defaults(settings: Settings) -> Settings:
    """Fill in what a newcomer has not set."""
    DEV_FOLDER.mkdir(mode=0o700, exist_ok=True)
    return settings.model_copy(
        update={
            "database_url": settings.database_url or f"sqlite:///{DEV_FOLDER / settings.profile}.db",
            "secret_key": settings.secret_key or _development_secret(),
            "public_url": settings.public_url or "http://127.0.0.1:8000",
        }
    )


def _development_secret() -> SecretStr:
    path = DEV_FOLDER / "secret.key"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write("dev-" + secrets.token_urlsafe(48))
    return SecretStr(path.read_text(encoding="utf-8").strip())
