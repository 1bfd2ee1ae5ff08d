"""Who may import whom: the contracts in pyproject.toml hold, and each of them bites."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib

import pytest

CORE = ("auth.py", "guard.py", "domain", "methods", "ports", "use_cases")

# For each contract: a file, and an import in it that must not be.
VIOLATIONS = [
    ("layers", "ports/clock.py", "import doorward.use_cases.sign_in"),
    ("layers", "domain/ids.py", "import doorward.ports.clock"),
    ("layers", "http/config.py", "import doorward.adapters.memory"),
    ("layers", "relay.py", "import doorward.settings"),
    ("layers", "utils.py", '"""A module without a rank."""'),
    ("core", "use_cases/sign_in.py", "import pydantic"),
    ("core", "domain/user.py", "import email_validator"),
    ("core", "ports/store.py", "from sqlalchemy.ext import asyncio"),
    ("use-cases", "use_cases/sign_in.py", "import doorward.use_cases.sign_out"),
    ("methods", "methods/password.py", "import doorward.methods.email_code"),
    ("adapters", "adapters/smtp/mailer.py", "import doorward.adapters.inbox"),
    ("adapters", "adapters/memory/outbox.py", "from doorward.adapters.sql import outbox"),
    ("adapters", "adapters/smtp/mailer.py", "import doorward.adapters.keys"),
    ("dialects", "http/dialects/signup_signin.py", "import doorward.http.dialects.native"),
    ("policies", "domain/policies/reset.py", "import doorward.domain.policies.session"),
    ("framework", "adapters/jwt/jose.py", "from fastapi import HTTPException"),
    ("framework", "settings/load.py", "import starlette.config"),
    ("drivers", "http/security.py", "from joserfc import jwt"),
    ("drivers", "bootstrap.py", "from sqlalchemy import text"),
    ("drivers", "brokers.py", "import aio_pika"),
    ("cycles", "domain/errors.py", "import doorward.domain.user"),
    ("cycles", "ports/writes.py", "import doorward.ports.store"),
]


@pytest.fixture(scope="session")
def contracts(root):
    return tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


@pytest.fixture
def lint(root, tmp_path):
    """Check contracts over a tree of sources; return what was said and whether all hold."""

    def run(sources, *contracts):
        chosen = [argument for name in contracts for argument in ("--contract", name)]
        program = "import sys; from importlinter.cli import lint_imports_command as run; run()"
        done = subprocess.run(
            [sys.executable, "-c", program, "--no-cache", "--no-logo", "--config", root / "pyproject.toml", *chosen],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(sources), "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return done.stdout + done.stderr, done.returncode == 0

    return run


def test_every_contract_holds(root, lint):
    """The sources keep all contracts."""
    said, holds = lint(root / "src")

    assert holds, said


@pytest.mark.parametrize(("contract", "file", "line"), VIOLATIONS, ids=[f"{v[0]}-{v[1]}" for v in VIOLATIONS])
def test_a_contract_reports_a_violation(root, tmp_path, lint, contracts, contract, file, line):
    """One planted import breaks its contract, by name: no contract has silently stopped biting."""
    (name,) = (c["name"] for c in contracts if c["id"] == contract)
    sources = tmp_path / "src"
    shutil.copytree(root / "src", sources, ignore=shutil.ignore_patterns("__pycache__", "templates", "profiles"))
    planted = sources / "doorward" / file
    planted.write_text((planted.read_text() if planted.exists() else "") + f"\n{line}\n")
    said, holds = lint(sources, contract)

    assert not holds
    assert f"{name} BROKEN" in said


def test_every_contract_has_a_violation_here(contracts):
    """A new contract must be shown to bite."""
    assert {contract["id"] for contract in contracts} == {violation[0] for violation in VIOLATIONS}


def test_violations_are_planted_into_files_that_exist(source):
    """Only the module without a rank is new; every other planted import stands in a real file."""
    missing = [file for _, file, _ in VIOLATIONS if not (source / file).exists()]

    assert missing == ["utils.py"]


def _imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module or ""


def test_the_core_imports_the_standard_library_and_itself(source, modules):
    """Whatever library comes along, the core does not import it; only `identifiers` knows addresses."""
    core = [path for path in modules if path.relative_to(source).parts[0] in CORE]
    known = {*sys.stdlib_module_names, "doorward"}
    foreign = {
        (str(path.relative_to(source)), name)
        for path in core
        for name in _imported(path)
        if name.partition(".")[0] not in known
    }

    assert len(core) > 40
    assert foreign == {("domain/identifiers.py", "email_validator"), ("domain/identifiers.py", "phonenumbers")}


def test_the_core_does_no_input_or_output(source, modules):
    """Neither files, sockets nor threads, nor a clock read on the side; `urllib.parse` only takes a text apart."""
    core = [path for path in modules if path.relative_to(source).parts[0] in CORE]
    outside = {"os", "io", "pathlib", "socket", "subprocess", "threading", "time", "logging", "sys", "http", "urllib"}
    found = {
        (str(path.relative_to(source)), name)
        for path in core
        for name in _imported(path)
        if name.partition(".")[0] in outside and name != "urllib.parse"
    }

    assert found == set()


def test_imports_stand_at_the_top(source, modules):
    """An import inside a function is a dependency that nobody sees; each exception says why in its line."""
    hidden = []
    for path in modules:
        lines = path.read_text().splitlines()
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                inner = [n for n in ast.walk(function) if isinstance(n, (ast.Import, ast.ImportFrom))]
                hidden += [f"{path.name}:{n.lineno}" for n in inner if "PLC0415 - " not in lines[n.lineno - 1]]

    assert hidden == []
