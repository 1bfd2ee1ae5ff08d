"""Pin the newest versions with hashes and without addresses, for every supported Python and platform."""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
OPTIONS = [
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-header",
    "--no-annotate",
    "--quiet",
    "--upgrade",
]
TARGETS = {
    "run.txt": ["pyproject.toml"],
    "all.txt": ["pyproject.toml", "--all-extras"],
    "dev.txt": ["pyproject.toml", "--all-extras", "--group=dev"],
}
BUILD = "hatchling>=1.27\neditables>=0.5\n"


def compile_to(name: str, sources: list[str]) -> None:
    """Write one requirements file."""
    target = str(ROOT / "requirements" / name)
    command = [sys.executable, "-m", "uv", "pip", "compile", *OPTIONS, *sources, "--output-file", target]
    subprocess.run(command, cwd=ROOT, check=True)


def main() -> None:
    """Pin all files."""
    for name, sources in TARGETS.items():
        compile_to(name, sources)
    with tempfile.NamedTemporaryFile("w", suffix=".in") as build:
        build.write(BUILD)
        build.flush()
        compile_to("build.txt", [build.name])


if __name__ == "__main__":
    main()
