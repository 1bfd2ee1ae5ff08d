"""Session checks on a fixed schedule while 64 connections sign in: rightly, with wrong passwords, as nobody."""

import asyncio
import itertools

import uvloop

from bench.load import Conversation, Load, endless, flood, probe
from bench.processes import urgent
from bench.run import PLENTY, Run, closing, costs
from bench.stages.sign_ins import entering
from bench.subjects import Subject, sign_in, start_peer

STAGE = "floods"
CONNECTIONS, FIRST = 64, 128
PEER_ROUNDS, PEER_ACCOUNTS = 2, 16
ANSWERS = {"right": (200,), "wrong": (401,)}


def guessing(chance: "itertools.count[int]") -> Conversation:
    """Wrong passwords and unknown users in turn; no account is tried so often that it has to wait."""

    def one() -> bytes:
        number = next(chance)
        return sign_in(FIRST + number // 2 % (PLENTY - FIRST) if number % 2 else PLENTY + number, "not the password")

    return endless(one)


def measure(run: Run) -> None:
    """Idle and in two floods, with one worker and with two; peers in the first rounds, with sign-ins that succeed."""
    product, chance = run.product("postgresql"), itertools.count()
    own = [product.start(f"Doorward, {n} worker{'s' * (n > 1)}", workers=n) for n in (1, 2)]
    peers = []
    for peer in run.peers:
        start = lambda name, p=peer: start_peer(p, name, run.place, accounts=PEER_ACCOUNTS, workers=2)  # noqa: E731
        peers += run.started(STAGE, [peer.variants[-1]["name"]], start)
    for subject in peers:
        subject.name += ", 2 workers"
    with closing(own + peers):
        for number in range(run.rounds):
            for subject in own:
                _quiet(run, subject, number)
                _flooded(run, subject, "right", entering(CONNECTIONS), number)
                _flooded(run, subject, "wrong", [guessing(chance) for _ in range(CONNECTIONS)], number)
            for subject in peers if number < PEER_ROUNDS else ():
                _quiet(run, subject, number)
                turn = itertools.count()
                make = [subject.sign_in(n) for n in range(PEER_ACCOUNTS)]
                talk = [endless(lambda t=turn, m=make: m[next(t) % len(m)]) for _ in range(CONNECTIONS)]
                _flooded(run, subject, "right", talk, number)


def _quiet(run: Run, subject: Subject, number: int) -> None:
    checks, meter = subject.checks(), subject.meter()
    with urgent():
        met = uvloop.run(probe(subject.url, checks, run.seconds(3)))
    run.add(
        STAGE, subject.name, "idle", number, p50_ms=met.ms(0.5), p99_ms=met.p99, failed=met.failed,
        pss_mib=subject.memory_mib(), **costs(meter.spent(), met.answered),
    )  # fmt: skip


def _flooded(run: Run, subject: Subject, kind: str, talk: list[Conversation], number: int) -> None:
    checks, meter, seconds = subject.checks(), subject.meter(), run.seconds(5)
    with urgent():
        asked, entered, memory = uvloop.run(_both(subject, checks, talk, seconds, kind))
    run.add(
        STAGE, subject.name, kind, number, p50_ms=asked.ms(0.5), p99_ms=asked.p99, failed=asked.failed,
        sign_ins=entered.rate, refused=entered.failed, pss_mib=memory, **costs(meter.spent(), entered.answered),
    )  # fmt: skip
    if entered.failed:
        print(f"{subject.name}, {kind}: other answers {dict(entered.others)}")


async def _both(
    subject: Subject, checks: list[bytes], talk: list[Conversation], seconds: float, kind: str
) -> tuple[Load, Load, float]:
    """The probe begins when the flood has filled the queue; memory is read half-way."""
    good = ANSWERS[kind] if subject.name.startswith("Doorward") else (200, 204)
    running = asyncio.create_task(flood(subject.url, talk, seconds + 1, good=good))
    await asyncio.sleep(0.5)
    probing = asyncio.create_task(probe(subject.url, checks, seconds))
    await asyncio.sleep(seconds / 2)
    memory = await asyncio.to_thread(subject.memory_mib)
    return await probing, await running, memory
