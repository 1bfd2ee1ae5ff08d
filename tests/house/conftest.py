"""Where the house's rules look."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return Path(__file__).parents[2]


@pytest.fixture(scope="session")
def source(root: Path) -> Path:
    """The package."""
    return root / "src" / "doorward"


@pytest.fixture(scope="session")
def modules(source: Path) -> list[Path]:
    """Every Python file of the package."""
    return sorted(source.rglob("*.py"))
