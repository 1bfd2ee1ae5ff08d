"""What a service that nobody uses has loaded."""

import os
import subprocess
import sys

SETTINGS = {
    "DATABASE_URL": "sqlite:///users.db",
    "SECRET_KEY": "q7Tz0Vw3Lr8Yp2Ns6Kd4Hf1Bg9Xc5Mj-aEuRiO",
    "PUBLIC_URL": "http://127.0.0.1:8999",
    "SMTP_URL": "smtp://127.0.0.1:2525",
}
BUILD = "from doorward.serving import application; application(); import sys; print(*sorted(sys.modules))"
LATER = {"cryptography", "joserfc", "jinja2", "alembic", "zxcvbn", "phonenumbers", "sqlalchemy.orm", "asyncpg", "typer"}


def test_what_takes_memory_waits_for_who_needs_it(tmp_path):
    """An application that is built and idle has loaded no signatures, pages, lists of passwords or migrations."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH", "LANG") if name in os.environ}
    loaded = subprocess.run(
        [sys.executable, "-c", BUILD],
        cwd=tmp_path, env=kept | SETTINGS, capture_output=True, text=True, timeout=60, check=True,
    ).stdout.split()  # fmt: skip

    assert "doorward.serving" in loaded
    assert LATER.isdisjoint(loaded)
