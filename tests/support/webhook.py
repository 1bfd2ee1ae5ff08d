"""A real HTTP server that takes text messages, or refuses them when told to."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Posted:
    """One request as it came; `answered` is the status that it got."""

    path: str
    headers: Mapping[str, str]
    body: Any
    answered: int


class Webhook:
    """Keeps what is posted. `answers` are the statuses of the next requests; after them it is 200 again."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self._posted: list[Posted] = []
        self._arrived = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def url(self, credentials: str = "") -> str:
        """Its SMS_URL."""
        return (
            f"http://{credentials}{'@' if credentials else ''}127.0.0.1:{self._server.server_address[1]}/texts?from=us"
        )

    def posted(self, number: str) -> list[Posted]:
        """All requests about a number, oldest first."""
        with self._arrived:
            return [one for one in self._posted if one.body["to"] == number]

    def wait_for(self, number: str, timeout: float = 20, *, count: int = 1) -> Posted:
        """The newest request about a number, as soon as there are at least `count`."""
        deadline = time.monotonic() + timeout
        with self._arrived:
            while len(found := self.posted(number)) < count:
                if not self._arrived.wait(max(0, deadline - time.monotonic())):
                    raise TimeoutError(f"{len(found)} of {count} posts to {number} came in {timeout} s")
        return found[-1]

    def token(self, number: str, *, count: int = 1) -> str:
        """The token of the link in the newest message."""
        return self.wait_for(number, count=count).body["text"].partition("?token=")[2].split()[0]

    def _keep(self, request: BaseHTTPRequestHandler) -> int:
        body = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        with self._arrived:
            status = self.answers.pop(0) if self.answers else 200
            headers = {name.lower(): value for name, value in request.headers.items()}
            self._posted.append(Posted(request.path, headers, body, status))
            self._arrived.notify_all()
        return status

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        keep = self._keep

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.send_response(keep(self))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
                """Say nothing."""

        return Handler
