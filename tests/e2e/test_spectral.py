"""The OpenAPI documents by Spectral's rules: nothing to say, not even a hint."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from doorward.cli.openapi import document
from doorward.settings import profile_names

ROOT = Path(__file__).parents[2]
INSTALLED = ROOT / ".venv" / "spectral" / "node_modules" / ".bin" / "spectral"
SPECTRAL = Path(os.environ.get("TEST_SPECTRAL") or INSTALLED)
RULES = ROOT / "tests" / "support" / "spectral" / "ruleset.yaml"


@pytest.fixture(scope="module")
def lint():
    """Run Spectral over files, all at once; `make test` installs it where npm is."""
    if not SPECTRAL.exists():
        if os.environ.get("TEST_STRICT"):
            pytest.fail(f"{SPECTRAL} is missing, and nothing may be skipped")
        pytest.skip("Spectral is missing: install npm, then `make spectral`")

    def run(*paths):
        command = [str(SPECTRAL), "lint", "--ruleset", str(RULES), "--format", "json", "--quiet"]
        command += ["--fail-severity", "hint", *map(str, paths)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        found = json.loads(done.stdout or "[]")
        assert done.returncode == (1 if found else 0), done.stderr
        return [(Path(one["source"]).stem, one["code"], ".".join(map(str, one["path"]))) for one in found]

    return run


def test_spectral_finds_nothing_in_any_profile(lint, tmp_path):
    """All six documents in one run, and a seventh in which something is wrong: that one is found out."""
    broken = document("modern")
    operation = broken["paths"]["/v1/me"]["get"]
    del operation["description"]
    operation["operationId"] = "update_me"
    broken["components"]["schemas"]["Message"]["examples"] = [{"message": 7}]
    documents = {profile: document(profile) for profile in profile_names()} | {"broken": broken}
    for name, one in documents.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(one))

    found = lint(*(tmp_path / f"{name}.json" for name in documents))

    assert len(documents) == 7
    assert [one for one in found if one[0] != "broken"] == []
    assert {code for _, code, _ in found} >= {"operation-description", "operation-operationId-unique"}
