"""For `gunicorn -c deploy/gunicorn.conf.py doorward.asgi:app`: workers that keep the bounds of `doorward serve`."""

from typing import Any, ClassVar

from uvicorn_worker import UvicornWorker

from doorward.http.protocol import BoundedHttpProtocol


class BoundedWorker(UvicornWorker):
    """uvicorn's worker with an end to the size of a head and to the wait for one, and with our own log."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "http": BoundedHttpProtocol,
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
    }


worker_class = BoundedWorker
workers = 2
bind = "127.0.0.1:8000"
graceful_timeout = 20
