"""A program beside the service, in a process of its own: a worker, or a listener to events."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

STOP_SECONDS = 30


@dataclass
class Process:
    """Started at will, with what it wrote to the terminal."""

    command: Sequence[str]
    folder: Path
    env: Mapping[str, str]
    name: str
    running: subprocess.Popen | None = None

    def start(self, ready: str, *, timeout: float = 30) -> "Process":
        """Start it, and wait until it has said that it is ready."""
        before = self.log().count(ready)
        with self._output.open("ab") as output:
            self.running = subprocess.Popen(
                self.command, cwd=self.folder, env=dict(self.env), stdout=output, stderr=output, start_new_session=True
            )
        deadline = time.monotonic() + timeout
        while self.log().count(ready) == before:
            if self.running.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"{self.name} did not start:\n{self.log()[-3000:]}")
            time.sleep(0.03)
        return self

    def stop(self) -> int:
        """Ask it to end, wait, and return its exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """End it at once, as a power cut would."""
        return self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop it in mid-work; `thaw` lets it go on."""
        if self.running is not None:
            os.kill(self.running.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self.running is not None:
            os.kill(self.running.pid, signal.SIGCONT)

    def log(self) -> str:
        """Everything it has written since the first start."""
        return self._output.read_text(encoding="utf-8", errors="replace") if self._output.exists() else ""

    @property
    def _output(self) -> Path:
        return self.folder / f"{self.name}.txt"

    def _end(self, how: signal.Signals) -> int:
        process, self.running = self.running, None
        if process is None:
            return 0
        if process.poll() is None:
            process.send_signal(how)
        try:
            return process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait(STOP_SECONDS)
