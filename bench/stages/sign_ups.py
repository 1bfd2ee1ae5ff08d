"""Sign-ups with outbox, audit and mail, and refreshes of sessions."""

import itertools
import json
import subprocess
import sys
import time
from pathlib import Path

import uvloop

from bench.load import Answer, Conversation, endless, flood, request
from bench.processes import urgent
from bench.run import BUILT, OWASP, Run, closing, costs
from bench.servers import free_port
from bench.subjects import JSON, Subject, ask_all, sign_in, sign_up

STAGE = "sign-ups"
MAIL_SECONDS = 20


class Sink:
    """A mail server in a process of its own that counts letters and keeps none."""

    def __init__(self, folder: Path) -> None:
        self.port, self._count = free_port(), folder / "letters"
        self._count.write_bytes(bytes(8))
        self._process = subprocess.Popen([sys.executable, "-m", "bench.sink", str(self.port), str(self._count)])

    def letters(self) -> int:
        return int.from_bytes(self._count.read_bytes(), "little")

    def wait(self, wanted: int) -> int:
        """Until so many have come, or nobody can wait any longer."""
        until = time.monotonic() + MAIL_SECONDS
        while self.letters() < wanted and time.monotonic() < until:
            time.sleep(0.02)
        return self.letters()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)


def measure(run: Run) -> None:
    """Hashes, sign-ups until the last letter is out, and refreshes, in turn."""
    sink = Sink(run.place.folder("mail"))
    mail = {"DOORWARD_MAIL": "on", "SMTP_URL": f"smtp://127.0.0.1:{sink.port}"}
    found = {
        f"Doorward, {title}": run.product(kind).start(title, **mail)
        for kind, title in (("postgresql", "PostgreSQL"), ("sqlite", "SQLite"))
    }
    if run.argon2:
        product = run.product("postgresql", OWASP, BUILT)
        found[f"Doorward, PostgreSQL, {BUILT}"] = product.start("built", **mail, **run.argon2)
    fresh = itertools.count()
    with closing(list(found.values())) as stack:
        stack.callback(sink.stop)
        held = {name: _refresh_tokens(subject) for name, subject in found.items()}
        for number in range(run.rounds):
            run.floor(STAGE, "bare hash, 19 MiB", number, "plain", OWASP)
            for name, subject in found.items():
                for connections in (16, 64) if "PostgreSQL" in name else (16,):
                    talk = [endless(lambda: sign_up(next(fresh))) for _ in range(connections)]
                    _signing_up(run, name, subject, talk, number=number, sink=sink)
                if BUILT not in name:
                    _refreshing(run, name, subject, held[name], number)


def _signing_up(run: Run, name: str, subject: Subject, talk: list[Conversation], *, number: int, sink: Sink) -> None:
    before, meter, began = sink.letters(), subject.meter(), time.perf_counter()
    with urgent():
        met = uvloop.run(flood(subject.url, talk, run.seconds(3)))
    got = sink.wait(before + met.answered) - before
    run.add(
        STAGE, name, str(len(talk)), number, rate=met.rate, p50_ms=met.ms(0.5), p99_ms=met.p99, failed=met.failed,
        letters=got, last_letter_s=time.perf_counter() - began - met.seconds,
        rate_to_last_letter=met.answered / (time.perf_counter() - began), **costs(meter.spent(), met.answered),
    )  # fmt: skip


def _refresh_tokens(subject: Subject) -> list[str]:
    return [json.loads(one.body)["refresh_token"] for one in ask_all(subject.url, [sign_in(n) for n in range(16)])]


def _refresh(token: str) -> bytes:
    return request("POST", "/v1/sessions/refresh", headers=JSON, body=json.dumps({"refresh_token": token}).encode())


def refreshing(held: list[str], index: int) -> Conversation:
    """Each answer holds the token of the next request."""
    while True:
        answer: Answer = yield _refresh(held[index])
        if answer.status == 200:
            held[index] = json.loads(answer.body)["refresh_token"]


def _refreshing(run: Run, name: str, subject: Subject, held: list[str], number: int) -> None:
    meter = subject.meter()
    with urgent():
        met = uvloop.run(flood(subject.url, [refreshing(held, n) for n in range(len(held))], run.seconds(2)))
    run.add(
        "refreshes", name, "16", number, rate=met.rate, p50_ms=met.ms(0.5), p99_ms=met.p99, failed=met.failed,
        **costs(meter.spent(), met.answered),
    )  # fmt: skip
