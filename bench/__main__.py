"""`python -m bench`: speed as ratios of one interleaved run; `--quick` is Doorward and the floors only.

The figures go to bench/results/ as JSON; `--write` makes docs/benchmarks.md and its plots of them.
"""

import argparse
import json
import os
import signal
import sys
import time
import traceback
from contextlib import ExitStack
from pathlib import Path

from bench.machine import described
from bench.peers import NotToBeHad, peers
from bench.report import goal_lines, write
from bench.run import Run, as_json, from_json
from bench.stages import checks, floods, revocation, sign_ins, sign_ups, starts
from bench.subjects import Place

STAGES = {stage.STAGE: stage for stage in (starts, checks, sign_ins, sign_ups, floods, revocation)}
RESULTS = Path(__file__).parent / "results"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two rounds, shorter, no peers")
    parser.add_argument("--rounds", type=int, help="how often each subject takes its turn")
    parser.add_argument("--pace", type=float, help="all durations are multiplied by this")
    parser.add_argument("--only", choices=STAGES, nargs="+", default=list(STAGES), help="these stages")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md and its plots")
    parser.add_argument("--page", type=Path, metavar="JSON", help="measure nothing: write that page of earlier figures")
    return parser.parse_args()


def add_peers(run: Run) -> None:
    """Those that can be installed."""
    for peer in peers():
        try:
            peer.install()
        except NotToBeHad as error:
            run.leave_out(str(error))
        else:
            run.peers.append(peer)


def measured(run: Run, stage: str) -> bool:
    """Measure one stage; what it had measured before it broke off is kept, and said to be less."""
    try:
        STAGES[stage].measure(run)
    except Exception as error:  # whatever a server does: the other stages are still worth their time
        traceback.print_exc()
        run.leave_out(f"what was to come of {stage}, which broke off ({type(error).__name__})")
        return False
    return True


def main() -> None:
    """Measure, print the table of goals, keep the figures."""
    asked, began = options(), time.monotonic()
    if asked.page:
        earlier = json.loads(asked.page.read_text())
        write(from_json(earlier), earlier["machine"])
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # so that what was started and made is taken away
    if "TEST_POSTGRESQL_URL" not in os.environ:
        sys.exit('PostgreSQL is needed: `make bench`, or eval "$(scripts/services env)"')
    with ExitStack() as stack:
        quick = asked.quick
        place = Place(stack)
        run = Run(place, asked.rounds or (2 if quick else 5), asked.pace or (0.4 if quick else 1.0))
        if not quick:
            add_peers(run)
        broken = [name for name in asked.only if not measured(run, name)]
        machine = described(run, quick=quick)
    machine["minutes"] = round((time.monotonic() - began) / 60, 1)
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}{'-quick' if quick else ''}.json"
    file.write_text(json.dumps(as_json(run, machine), indent=1) + "\n")
    print("\n".join(goal_lines(run)))
    print(f"{machine['minutes']} minutes; all figures: {file.relative_to(RESULTS.parents[1])}")
    for why in run.left_out:
        print(f"LEFT OUT: {why}")
    if asked.write:
        write(run, machine)
    if broken:
        sys.exit(f"Stages that broke off: {', '.join(broken)}")


if __name__ == "__main__":
    main()
