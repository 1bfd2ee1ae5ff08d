"""`python -m bench`: every figure in one run, interleaved, five rounds; medians and spread are printed."""

import concurrent.futures
import itertools
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

from argon2 import PasswordHasher

from bench.load import load, request
from bench.servers import PASSWORD, Server, create_users, free_port, service_settings, start_bare, start_service

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "4"))
USERS = 24
JSON = {"Content-Type": "application/json"}
Figures = dict[str, list[float]]


def hash_rate() -> tuple[float, float]:
    """Bare Argon2id verifications a second on all cores at the service's parameters, and CPU seconds of one."""
    hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
    stored = hasher.hash(PASSWORD)
    cores, until = os.cpu_count() or 1, time.perf_counter() + SECONDS

    def verify() -> int:
        count = 0
        while time.perf_counter() < until:
            hasher.verify(stored, PASSWORD)
            count += 1
        return count

    begin, cpu = time.perf_counter(), time.process_time()
    with concurrent.futures.ThreadPoolExecutor(cores) as pool:
        count = sum(pool.map(lambda _: verify(), range(cores)))
    return count / (time.perf_counter() - begin), (time.process_time() - cpu) / count


def sign_in_requests() -> "itertools.cycle[bytes]":
    bodies = ({"identifier": f"bench{n}@example.com", "password": PASSWORD} for n in range(USERS))
    return itertools.cycle([request("POST", "/v1/sessions", headers=JSON, body=json.dumps(b).encode()) for b in bodies])


def access_token(service: Server) -> str:
    import urllib.request

    body = json.dumps({"identifier": "bench0@example.com", "password": PASSWORD}).encode()
    asked = urllib.request.Request(f"{service.url}/v1/sessions", body, JSON)
    with urllib.request.urlopen(asked) as answer:
        return json.load(answer)["access_token"]


def measured(server: Server, next_request, *, connections: int) -> tuple[float, float]:
    """Rate, and CPU seconds of one request; a refused request spoils the run."""
    cpu = server.cpu_seconds()
    found = load(server.url, next_request, connections=connections, seconds=SECONDS)
    if found.failed:
        raise RuntimeError(f"{found.failed} of {found.answered} requests failed")
    return found.rate, (server.cpu_seconds() - cpu) / found.answered


def one_round(service: Server, bare: Server, me: bytes, figures: Figures) -> None:
    """One of each, one after the other."""
    hashes, hash_cpu = hash_rate()
    entering = sign_in_requests()
    sign_ins, sign_in_cpu = measured(service, lambda: next(entering), connections=16)
    mine, me_cpu = measured(service, lambda: me, connections=16)
    plain, plain_cpu = measured(bare, lambda: request("GET", "/me"), connections=16)
    for name, value in {
        "bare hashes/s": hashes,
        "sign-ins/s": sign_ins,
        "sign-ins/s ÷ bare hashes/s": sign_ins / hashes,
        "CPU of a bare hash ÷ CPU of a sign-in": hash_cpu / sign_in_cpu,
        "GET /v1/me per s": mine,
        "bare FastAPI route per s": plain,
        "GET /v1/me per s ÷ bare FastAPI route per s": mine / plain,
        "CPU of GET /v1/me ÷ CPU of a bare FastAPI route": me_cpu / plain_cpu,
    }.items():
        figures.setdefault(name, []).append(value)


def cold_starts(figures: Figures) -> None:
    """From the command to the first 200, each on a new database."""
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            port = free_port()
            service = start_service(Path(folder), port, service_settings(Path(folder), port))
            figures.setdefault("cold start to first 200, s", []).append(service.start_seconds)
            figures.setdefault("memory after start, MiB (PSS)", []).append(service.memory_mib())
            service.stop()


def main() -> None:
    """Measure and print."""
    figures: Figures = {}
    cold_starts(figures)
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        settings = service_settings(folder, port)
        service, bare = start_service(folder, port, settings), start_bare(folder)
        create_users(folder, settings, USERS)
        bearer = {"Authorization": f"Bearer {access_token(service)}"}
        me = request("GET", "/v1/me", headers=bearer)
        for _ in range(ROUNDS):
            one_round(service, bare, me, figures)
        service.stop()
        bare.stop()
    print(f"{ROUNDS} rounds, {SECONDS:g} s each, {os.cpu_count()} cores")
    for name, values in figures.items():
        print(f"{name:52} {statistics.median(values):9.3f}   ({min(values):.3f} to {max(values):.3f})")


if __name__ == "__main__":
    main()
