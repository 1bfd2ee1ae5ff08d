"""wrk (Debian's package of that name) as the client of the rows where Python would be the bottleneck."""

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass

import uvloop

from bench.load import endless, flood

UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60000.0}
SCRIPT = """
local paths, n = {%s}, 0
request = function()
  n = n %% #paths + 1
  return wrk.format("GET", "%s", paths[n])
end
"""


@dataclass(frozen=True)
class Checks:
    """What a client met that only asks whose sessions these are."""

    rate: float
    p50: float
    p99: float
    answered: int
    failed: int


def has_wrk() -> bool:
    return shutil.which("wrk") is not None


def checks(
    url: str, path: str, headers: list[dict[str, str]], *, connections: int, seconds: float, core: int | None
) -> Checks:
    """Ask with one set of headers after the other; by wrk, or by a client of our own where there is none.

    Args:
        url: of the server.
        path: what is asked.
        headers: one set for each session.
        connections: kept open.
        seconds: how long.
        core: where the client runs; None means anywhere.
    """
    if not has_wrk():
        return _own(url, path, headers, connections, seconds)
    lines = ",".join("{" + ",".join(f"[{_lua(k)}]={_lua(v)}" for k, v in one.items()) + "}" for one in headers)
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SCRIPT % (lines, path))
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--latency", "-s", script.name, url]
        if core is not None:
            command = ["taskset", "-c", str(core), *command]
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60).stdout
    return read(said)


def _lua(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _own(url: str, path: str, headers: list[dict[str, str]], connections: int, seconds: float) -> Checks:
    from bench.load import request

    asked = [request("GET", path, headers=one) for one in headers]
    numbers = iter(range(1 << 62))
    talk = [endless(lambda: asked[next(numbers) % len(asked)]) for _ in range(connections)]
    met = uvloop.run(flood(url, talk, seconds))
    return Checks(met.rate, met.ms(0.5), met.p99, met.answered, met.failed)


def read(said: str) -> Checks:
    """What wrk prints."""

    def latency(share: str) -> float:
        found = re.search(rf"^\s+{share}%\s+([\d.]+)(us|ms|s|m)$", said, re.MULTILINE)
        return float(found[1]) * UNITS[found[2]] if found else float("nan")

    answered = int(re.search(r"(\d+) requests in", said)[1])
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    failed = (int(refused[1]) if refused else 0) + sum(int(n) for n in (broken.groups() if broken else ()))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
    return Checks(rate, latency("50"), latency("99"), answered, failed)
