"""From the command to the first 200, and the memory right then."""

from bench.run import Run
from bench.subjects import start_peer

STAGE = "starts"


def measure(run: Run) -> None:
    """Each is started on tables that are there, and stopped."""
    found = {
        f"Doorward, {title}": lambda k=kind, t=title: run.product(k).start(t)
        for kind, title in (("postgresql", "PostgreSQL"), ("sqlite", "SQLite"))
    }
    for peer in run.peers:
        variant = peer.variants[0]["name"]
        for first in run.started(STAGE, [variant], lambda name, p=peer: start_peer(p, name, run.place, accounts=0)):
            first.stop()
            found[peer.title] = lambda p=peer, v=variant, d=first.database: start_peer(
                p, v, run.place, accounts=0, database=d
            )
    for number in range(run.rounds):
        for name, start in found.items():
            for subject in run.started(STAGE, [name], lambda _, s=start: s()):
                run.add(
                    STAGE, name, "start", number, seconds=subject.server.start_seconds, pss_mib=subject.memory_mib()
                )
                subject.stop()
