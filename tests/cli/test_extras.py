"""What is said when a setting asks for packages that are not installed."""

import os
import subprocess
import sys

import pytest

SERVE = {
    "DATABASE_URL": "sqlite:///users.db",
    "SECRET_KEY": "q7Tz0Vw3Lr8Yp2Ns6Kd4Hf1Bg9Xc5Mj-aEuRiO",
    "PUBLIC_URL": "http://127.0.0.1:8999",
    "SMTP_URL": "smtp://127.0.0.1:2525",
    "SMS_URL": "",
}
WITHOUT = "import sys; sys.modules[{!r}] = None; from doorward.cli.main import main; main()"


@pytest.mark.parametrize(
    ("module", "setting", "url", "extra"),
    [
        ("asyncpg", "DATABASE_URL", "postgresql://u:s3cret@127.0.0.1:9/d", "postgres"),
        ("greenlet", "DATABASE_URL", "postgresql://u:s3cret@127.0.0.1:9/d", "postgres"),
        ("asyncmy", "DATABASE_URL", "mysql://u:s3cret@127.0.0.1:9/d", "mysql"),
        ("pymongo", "DATABASE_URL", "mongodb://u:s3cret@127.0.0.1:9/d", "mongo"),
        ("redis", "REDIS_URL", "redis://:s3cret@127.0.0.1:9/0", "redis"),
        ("aio_pika", "RABBITMQ_URL", "amqp://u:s3cret@127.0.0.1:9/", "rabbitmq"),
        ("httpx2", "SMS_URL", "https://u:s3cret@127.0.0.1:9/", "sms"),
        ("maxminddb", "GEOIP_DATABASE", "places.mmdb", "geoip"),
    ],
)
def test_a_missing_package_is_named_with_what_installs_it(tmp_path, module, setting, url, extra):
    """Exit status 2 and one line: the setting, and the extra to install; no password of the URL."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH", "LANG") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(module), "serve", "--migrate"],
        cwd=tmp_path, env={**kept, **SERVE, setting: url}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 2
    assert f"{setting} needs one more package: pip install 'doorward[{extra}]'." in done.stderr
    assert "s3cret" not in done.stderr + done.stdout
