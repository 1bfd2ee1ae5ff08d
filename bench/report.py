"""docs/benchmarks.md and its plots, out of the figures of one run."""

from pathlib import Path
from typing import Any

from bench.figures import short
from bench.goals import Reached, reached
from bench.plots import Bar, drawn
from bench.run import Run

DOCS = Path(__file__).parents[1] / "docs"
PLOTS = DOCS / "benchmarks"
ROUNDS, QUIET = 5, 0.5
HEADS = {
    "rate": "per s", "server_cpu_us": "server CPU µs", "database_cpu_us": "database CPU µs", "p50_ms": "p50 ms",
    "p99_ms": "p99 ms", "sign_ins": "sign-ins/s", "refused": "refused", "pss_mib": "memory MiB", "seconds": "seconds",
    "letters": "letters", "last_letter_s": "last letter after s", "rate_to_last_letter": "per s until the last letter",
    "worst_ms": "worst ms", "least_ms": "least ms", "failed": "failed", "foreign": "foreign cores",
}  # fmt: skip
TABLES = {
    "checks": "Session checks",
    "sign-ins": "Sign-ins",
    "sign-ups": "Sign-ups",
    "refreshes": "Refreshes",
    "floods": "Checks while 64 connections sign in",
    "starts": "Cold start",
    "revocation": "Sign-out until every worker refuses",
}
PLOTTED = {
    "check-cost": ("Server CPU of a session check at 16 connections, µs", "checks", "16", "server_cpu_us", True),
    "check-rate": ("Session checks a second on one core, 16 connections", "checks", "16", "rate", True),
    "flood": ("Check p99 while 64 connections sign in, ms", "floods", "right", "p99_ms", True),
    "memory": ("Memory while 64 connections sign in, MiB (PSS)", "floods", "right", "pss_mib", False),
    "sign-ins": ("Sign-ins a second at 16 connections, and bare hashes", "sign-ins", "16", "rate", False),
}


def goal_lines(run: Run) -> list[str]:
    """The table of goals."""
    lines = ["| row | what | must | aim | median (least - most) | verdict |", "|---|---|---|---|---|---|"]
    return [*lines, *(_line(one) for one in reached(run))]


def _line(one: Reached) -> str:
    goal, sign = one.goal, "≥" if one.goal.is_least else "≤"
    aim = "-" if goal.aim is None else f"{sign} {goal.aim:g}"
    verdict = f"**{one.verdict}**" if one.verdict == "missed" else one.verdict
    return f"| {goal.number} | {goal.what} | {sign} {goal.must:g} | {aim} | {one.found or '-'} | {verdict} |"


def table(run: Run, stage: str) -> list[str]:
    """Medians of every figure of a stage, with the spread of the first; disturbances as the most there was."""
    rows = [row for row in run.rows if row.stage == stage]
    used = [name for name in HEADS if any(name in row.figures for row in rows)]
    lines = ["| subject | case | " + " | ".join(HEADS[name] for name in used) + " |", "|---" * (len(used) + 2) + "|"]
    for subject in run.subjects(stage):
        for case in run.cases(stage, subject):
            cells = [_cell(run, stage, subject, case, name, is_first=name == used[0]) for name in used]
            lines.append(f"| {subject} | {case} | " + " | ".join(cells) + " |")
    return lines


def _cell(run: Run, stage: str, subject: str, case: str, name: str, *, is_first: bool) -> str:
    found = run.spread(stage, subject, case, name)
    if found is None:
        return "-"
    if name in ("foreign", "failed", "refused"):
        return short(found.most)
    return str(found) if is_first or name == "p99_ms" else short(found.median)


def plot(run: Run) -> list[str]:
    """Write the plots that there are figures for; their lines for the page."""
    PLOTS.mkdir(exist_ok=True)
    lines = []
    for name, (title, stage, case, figure, is_log) in PLOTTED.items():
        bars = []
        for subject in run.subjects(stage):
            found = run.spread(stage, subject, case, figure) or run.spread(stage, subject, "hashes", figure)
            bars += [Bar(subject, found)] if found else []
        if bars:
            (PLOTS / f"{name}.svg").write_text(drawn(title, bars, is_log=is_log))
            lines += [f"![{title}](benchmarks/{name}.svg)", ""]
    return lines


def warnings(run: Run, machine: dict[str, Any]) -> list[str]:
    """What makes a run a trial whose figures are not to be quoted."""
    others = max((row.figures.get("foreign", 0.0) for row in run.rows), default=0.0)
    found = []
    if machine["rounds"] < ROUNDS or machine["pace"] < 1:
        found.append(f"{machine['rounds']} of {ROUNDS} rounds, durations times {machine['pace']:g}")
    if others > QUIET:
        found.append(f"others kept up to {others:.1f} cores busy")
    return [f"**A trial, not to be quoted: {'; '.join(found)}.**", ""] if found else []


def facts(run: Run, machine: dict[str, Any]) -> list[str]:
    """What it was measured on and with."""
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    peers = [f"- {title}: {one['versions']}. Switched off: {one['off']}." for title, one in machine["peers"].items()]
    seconds = f"rounds: {machine['rounds']}, durations times {machine['pace']:g}, {machine['minutes']} minutes in all"
    priority = machine["client_priority"]
    return [
        f"- {machine['date']}, commit {machine['commit']}: {seconds}.",
        f"- {machine['cores']} cores ({machine['processor']}), {machine['memory_gib']} GiB, {machine['system']}.",
        f"- Python {machine['python']}, Node {machine['node']}; {packages}.",
        f"- PostgreSQL {machine['postgresql']}.",
        f"- Client of the checks: {machine['check_client']}. Priority of the other clients: {priority}.",
        *peers,
        *(f"- **Left out:** {why}." for why in run.left_out),
    ]


def write(run: Run, machine: dict[str, Any]) -> None:
    """Write the page and its plots."""
    PLOTS.mkdir(exist_ok=True)
    method = (Path(__file__).parent / "method.md").read_text()
    parts = ["# Benchmarks", "", "This page is written by `make bench` (`bench/report.py`).", ""]
    parts += [
        *warnings(run, machine),
        "## Goals",
        "",
        *goal_lines(run),
        "",
        *plot(run),
        "## Run",
        "",
        *facts(run, machine),
        "",
        method,
    ]
    for stage, title in TABLES.items():
        if run.subjects(stage):
            parts += [f"## {title}", "", *table(run, stage), ""]
    (DOCS / "benchmarks.md").write_text("\n".join(parts).rstrip("\n") + "\n")
