"""What is tracked: nothing of the machine it was made on, nothing half done, and the licence."""

import hashlib
import re
import subprocess
import tomllib

import pytest

# Written in pieces, so that this file does not find itself.
MACHINE_PATHS = [f"/{name}/" for name in ("wo" + "rk", "ro" + "ot", "ho" + "me", "Us" + "ers")]
TEMPORARY = "/t" + "mp/"
REGISTRY_HOSTS = ["pypi" + ".org", "python" + "hosted.org", "npmjs" + ".org", "npmjs" + ".com", "proxy.gol" + "ang"]
UNFINISHED = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "X" * 3)))
APACHE_2_SHA256 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"


@pytest.fixture(scope="session")
def tracked(root):
    """Text of every file that git knows and that is there."""
    if not (root / ".git").exists():
        pytest.skip("no checkout: an image holds the files without their history")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True, timeout=30).stdout
    paths = [root / name for name in listed.decode().split("\0") if name and (root / name).is_file()]
    texts = {}
    for path in paths:
        raw = path.read_bytes()
        if b"\0" not in raw:
            texts[str(path.relative_to(root))] = raw.decode()
    return texts


def _lines_with(texts, wanted):
    return [
        f"{name}:{number}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        if wanted(line)
    ]


def test_the_package_is_tracked(tracked):
    """The checks below look at something: sources, tests and the project file are there."""
    assert {"pyproject.toml", "LICENSE", "src/doorward/auth.py", "tests/house/test_repository.py"} <= set(tracked)
    assert len(tracked) > 100


def test_no_path_of_a_machine_is_in_a_file(tracked):
    """Nothing names a folder of the machine on which it was written."""
    begins = re.compile("|".join(rf"(?<![\w./}}-]){re.escape(path)}" for path in MACHINE_PATHS))

    assert _lines_with(tracked, begins.search) == []


def test_no_temporary_path_is_in_a_file(tracked):
    """Temporary files are asked for, not written down; only tests may name such a path as an example."""
    product = {name: text for name, text in tracked.items() if not name.startswith("tests/")}

    assert _lines_with(product, lambda line: TEMPORARY in line) == []


def test_no_package_registry_is_in_a_file(tracked):
    """Where packages come from is the installer's setting, not ours."""
    assert _lines_with(tracked, lambda line: any(host in line for host in REGISTRY_HOSTS)) == []


def test_nothing_is_marked_as_unfinished(tracked):
    """What is to be done is not left as a mark in a file."""
    assert _lines_with(tracked, UNFINISHED.search) == []


def test_texts_end_and_lines_end(tracked):
    """Every file ends with a newline, and no line with a space or a carriage return."""
    texts = {name: text for name, text in tracked.items() if text}

    assert [name for name, text in texts.items() if not text.endswith("\n")] == []
    assert [name for name, text in texts.items() if "\r" in text] == []
    assert _lines_with({n: t for n, t in texts.items() if n.endswith((".py", ".toml", ".html"))}, _has_blank_end) == []


def _has_blank_end(line):
    return line != line.rstrip()


def test_the_licence_is_apache_2(root, tracked):
    """The licence file is the Apache License 2.0 word for word, and the package says so."""
    project = tomllib.loads(tracked["pyproject.toml"])["project"]
    raw = (root / "LICENSE").read_bytes()

    assert (project["license"], project["license-files"]) == ("Apache-2.0", ["LICENSE"])
    assert hashlib.sha256(raw).hexdigest() == APACHE_2_SHA256


def test_nothing_generated_is_tracked(tracked):
    """Caches, databases, secrets and builds stay out."""
    generated = re.compile(
        r"(^|/)(__pycache__|\.env|dist|build|\.\w+_cache|\.venv|\.doorward)(/|$)|\.(pyc|db|sqlite3?)$"
    )

    assert [name for name in tracked if generated.search(name)] == []


def test_the_package_says_that_it_is_typed(root, tracked):
    """The marker for type checkers is in the package."""
    assert "src/doorward/py.typed" in tracked
