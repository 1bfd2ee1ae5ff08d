"""Session checks: the server alone on one core; client and database on another."""

from bench.peers import Peer
from bench.run import Run, closing, cores_apart, costs
from bench.subjects import SESSIONS, Subject, start_hello, start_peer
from bench.wrk import checks

STAGE = "checks"
CONNECTIONS = {1: 1, 16: 2, 64: 1}
"""Connections, and for how many seconds."""


def subjects(run: Run) -> list[Subject]:
    core, _ = cores_apart()
    off = {"DOORWARD_SESSION__MAX_STALENESS": "0"}
    found = [start_hello(run.place, core)]
    for kind, title in (("postgresql", "PostgreSQL"), ("sqlite", "SQLite")):
        product = run.product(kind)
        found.append(product.start(f"Doorward, cache, {title}", core=core))
        found.append(product.start(f"Doorward, no cache, {title}", core=core, **off))
    for peer in run.peers:
        found += run.started(STAGE, [one["name"] for one in peer.variants], lambda name, p=peer: _peer(run, p, name))
    return found


def _peer(run: Run, peer: Peer, variant: str) -> Subject:
    return start_peer(peer, variant, run.place, accounts=SESSIONS, core=cores_apart()[0])


def measure(run: Run) -> None:
    """Every subject at every number of connections, each round."""
    found = subjects(run)
    _, client = cores_apart()
    with closing(found):
        for one in found:
            headers = one.headers()
            checks(one.url, one.check_path, headers, connections=16, seconds=2, core=client)  # warm
        for number in range(run.rounds):
            for one in found:
                headers = one.headers()
                for connections, usual in CONNECTIONS.items():
                    seconds = max(1, round(run.seconds(usual)))
                    meter = one.meter()
                    met = checks(
                        one.url, one.check_path, headers, connections=connections, seconds=seconds, core=client
                    )
                    run.add(
                        STAGE, one.name, str(connections), number, rate=met.rate, p50_ms=met.p50, p99_ms=met.p99,
                        failed=met.failed, **costs(meter.spent(), met.answered),
                    )  # fmt: skip
