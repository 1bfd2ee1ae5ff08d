"""How the two ways to run, `dev` and `serve`, come to their application."""

import json
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import SecretStr

from doorward.adapters.console import terminal_line
from doorward.bootstrap import Service, build
from doorward.domain.messages import Mail
from doorward.extras import CannotStart
from doorward.lasting import lasting
from doorward.log import configure
from doorward.settings import Settings, load
from doorward.settings.production import problems

DEV_FOLDER, DEMO = Path(".doorward"), "demo-"
FLAGS = "_DOORWARD_FLAGS"


def application() -> FastAPI:
    """Build the application that the process's settings describe."""
    loaded = load(json.loads(os.environ.get(FLAGS, "{}")))
    settings = loaded.settings
    found = problems(settings)
    if found:
        raise CannotStart(" ".join(f"{problem.what} {problem.fix}" for problem in found))
    configure(level=settings.log_level, file=settings.log_file, as_json=settings.log_json)
    with lasting():
        return build(settings, origins=loaded.origins).app()


def hand_over(flags: Mapping[str, Any]) -> None:
    """Leave the flags of the command line to worker processes, which load the settings anew."""
    os.environ[FLAGS] = json.dumps(flags)


def development(settings: Settings, origins: Mapping[str, str]) -> Service:
    """A service that needs nothing prepared: its database and secret are made in `./.doorward/`."""
    settings = with_development_defaults(settings)
    configure(level=settings.log_level, file=settings.log_file, as_json=settings.log_json)

    def tell(mail: Mail) -> None:
        sys.stdout.write(terminal_line(mail, f"{settings.public_url}/dev/inbox#{mail.id}") + "\n")
        sys.stdout.flush()

    return build(settings, origins=origins, tell=tell)


def development_database(settings: Settings) -> Path:
    """Where `dev` keeps its accounts."""
    return DEV_FOLDER / f"{settings.profile}.db"


def demo_database(settings: Settings) -> Path:
    """Where `demo` keeps what it has made up."""
    return DEV_FOLDER / f"{DEMO}{settings.profile}.db"


def with_demo_database(settings: Settings) -> Settings:
    """The settings with the database of `demo`, whatever else is named; said aloud.

    Raises:
        CannotStart: there is none here.
    """
    path = demo_database(settings)
    if not path.exists():
        raise CannotStart(f"There is no demo database {path} here. `doorward demo` makes one.{_others(is_demo=True)}")
    sys.stderr.write(f"doorward: using the demo database {path}\n")
    return with_development_defaults(settings.model_copy(update={"database_url": f"sqlite:///{path}"}))


def with_known_database(settings: Settings) -> Settings:
    """The settings with the development database, if none is named and there is one; said aloud.

    Raises:
        CannotStart: nothing says which database is meant.
    """
    if settings.database_url:
        return with_development_defaults(settings)
    path = development_database(settings)
    if not path.exists():
        demo = demo_database(settings)
        way = f" For the one of `doorward demo`, set DATABASE_URL=sqlite:///{demo}; `doorward admin link` takes --demo."
        hint = way if demo.exists() else _others(is_demo=False)
        raise CannotStart(f"DATABASE_URL is not set, and there is no development database {path} here.{hint}")
    sys.stderr.write(f"doorward: using the development database {path}\n")
    return with_development_defaults(settings)


def _others(is_demo: bool) -> str:
    """Which other profile has such a database here."""
    found = sorted(path.stem for path in DEV_FOLDER.glob("*.db") if path.stem.startswith(DEMO) is is_demo)
    return f" There is one for --profile {found[0].removeprefix(DEMO)}." if found else ""


def with_development_defaults(settings: Settings) -> Settings:
    """Fill in what a newcomer has not set."""
    DEV_FOLDER.mkdir(mode=0o700, exist_ok=True)
    return settings.model_copy(
        update={
            "database_url": settings.database_url or f"sqlite:///{development_database(settings)}",
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
