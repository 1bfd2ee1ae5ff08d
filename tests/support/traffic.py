"""People who use a service while something underneath it breaks, and what they were answered."""

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx2

PASSWORD = "Trains-and-tea-7"
TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """One request: what it was, when it began, how long it took, and its status; 0 if there was none."""

    kind: str
    begun: float
    seconds: float
    status: int


@dataclass
class Traffic:
    """Sign-ups, sign-ins and session checks of the profile `signup-signin`, from threads, until it is stopped."""

    url: str
    answers: list[Answer] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> "Traffic":
        self.email, self.token = self.somebody()
        for run in (self._sign_up, self._sign_up, self._sign_in, self._check, self._check):
            thread = threading.Thread(target=self._repeat, args=(run,))
            self._threads.append(thread)
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def somebody(self) -> tuple[str, str]:
        """A new account, and an access token of its owner."""
        email = f"{secrets.token_hex(8)}@example.com"
        with httpx2.Client(base_url=self.url, timeout=TIMEOUT_SECONDS) as client:
            client.post("/signup", json=_body(email)).raise_for_status()
            signed_in = client.post("/signin", json={"email": email, "password": PASSWORD}).raise_for_status()
        return email, signed_in.json()["access_token"]

    def since(self, begin: float, end: float = float("inf")) -> list[Answer]:
        """The answers to requests that began within a time."""
        with self._lock:
            return [answer for answer in self.answers if begin <= answer.begun < end]

    def under_way(self, begin: float, end: float) -> list[Answer]:
        """The answers to requests that were under way within a time."""
        with self._lock:
            return [a for a in self.answers if a.begun < end and a.begun + a.seconds > begin]

    def statuses(self, begin: float, end: float = float("inf")) -> Counter[int]:
        """How often each status was answered to requests that began within a time."""
        return Counter(answer.status for answer in self.since(begin, end))

    def wait_until_well(self, *, seconds: float) -> float:
        """Wait until every kind of request succeeds again; return how long that took, or `seconds` if it did not."""
        begin = time.monotonic()
        while time.monotonic() < begin + seconds:
            if {a.kind for a in self.since(begin) if a.status in (200, 201)} >= {"sign-up", "sign-in", "check"}:
                break
            time.sleep(0.02)
        return time.monotonic() - begin

    def _repeat(self, step: Callable[[httpx2.Client], tuple[str, int]]) -> None:
        with httpx2.Client(base_url=self.url, timeout=TIMEOUT_SECONDS) as client:
            while not self._stop.is_set():
                begun = time.monotonic()
                kind, status = step(client)
                with self._lock:
                    self.answers.append(Answer(kind, begun, time.monotonic() - begun, status))
                time.sleep(0.02)

    def _sign_up(self, client: httpx2.Client) -> tuple[str, int]:
        email = f"{secrets.token_hex(8)}@example.com"
        status = _status(lambda: client.post("/signup", json=_body(email)))
        if status == 201:
            with self._lock:
                self.acknowledged.append(email)
        return "sign-up", status

    def _sign_in(self, client: httpx2.Client) -> tuple[str, int]:
        # Somebody else each time: who tries again and again while nothing can be decided has to wait half a minute.
        email = self.acknowledged[-1] if self.acknowledged else self.email
        return "sign-in", _status(lambda: client.post("/signin", json={"email": email, "password": PASSWORD}))

    def _check(self, client: httpx2.Client) -> tuple[str, int]:
        headers = {"Authorization": f"Bearer {self.token}"}
        return "check", _status(lambda: client.get("/v1/me", headers=headers))


def _body(email: str) -> dict[str, str]:
    return {"email": email, "password": PASSWORD, "first_name": "Ada", "last_name": "Lovelace"}


def _status(ask: Callable[[], httpx2.Response]) -> int:
    try:
        return ask().status_code
    except httpx2.TransportError:
        return 0
