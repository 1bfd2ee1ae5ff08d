"""Tools of those who call the service: the Postman collections by newman, the load script by locust."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from doorward.cli.openapi import document
from doorward.settings import profile_names

ROOT = Path(__file__).parents[2]
COLLECTIONS = ROOT / "docs" / "postman"
NEWMAN = Path(os.environ.get("TEST_NEWMAN") or ROOT / ".venv" / "newman" / "node_modules" / ".bin" / "newman")
LOCUST_SECONDS = 6


@pytest.fixture(scope="module")
def newman():
    """The program that runs Postman collections; `make test` installs it where npm is."""
    if not NEWMAN.exists():
        if os.environ.get("TEST_STRICT"):
            pytest.fail(f"{NEWMAN} is missing, and nothing may be skipped")
        pytest.skip("newman is missing: install npm, then `make newman`")
    return str(NEWMAN)


@pytest.mark.parametrize("profile", profile_names())
def test_the_collection_walks_through_its_profile(launch, newman, tmp_path, profile):
    """From sign-up to the end every request answers as the collection says."""
    door = launch(profile, mode="dev")
    report = tmp_path / "report.json"
    command = [newman, "run", str(COLLECTIONS / f"{profile}.json"), "--folder", "Walk", "--env-var"]
    command += [f"base_url={door.url}", "--reporters", "json", "--reporter-json-export", str(report)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    run = json.loads(report.read_text())["run"]

    assert [failure["error"]["message"] for failure in run["failures"]] == [], done.stdout
    assert run["stats"]["assertions"]["total"] >= 10
    assert run["stats"]["requests"]["failed"] == 0


@pytest.mark.parametrize("profile", profile_names())
def test_the_collection_has_every_route(profile):
    """Beside the walk, each operation of the OpenAPI document stands there with an example."""
    folders = json.loads((COLLECTIONS / f"{profile}.json").read_text())["item"]
    routes = next(folder for folder in folders if folder["name"] == "Routes")
    listed = [item["request"] for folder in routes["item"] for item in folder["item"]]
    wanted = [operation for path in document(profile)["paths"].values() for operation in path.values()]

    assert len(listed) == len(wanted)
    assert all(request["url"]["raw"].startswith("{{base_url}}/") for request in listed)


def test_the_load_script_meets_no_failure(launch, tmp_path):
    """Locust drives /register and more without its page; no request fails, and each registration is an account."""
    door = launch("link-activation", mode="dev", env={"DOORWARD_HASHING__MEMORY_KIB": "1024", **RAISED})
    command = [shutil.which("locust", path=str(Path(sys.executable).parent)) or "locust"]
    command += ["-f", str(ROOT / "docs" / "locust" / "locustfile.py"), "--host", door.url, "--headless"]
    command += [
        "--users",
        "5",
        "--spawn-rate",
        "5",
        "--run-time",
        f"{LOCUST_SECONDS}s",
        "--csv",
        str(tmp_path / "load"),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=90, check=False)
    with (tmp_path / "load_stats.csv").open() as file:
        counted = {row["Name"]: row for row in csv.DictReader(file)}
    accounts = door.rows("SELECT count(*) AS n FROM users")[0]["n"]

    assert done.returncode == 0, done.stderr[-2000:]
    assert {name: row["Failure Count"] for name, row in counted.items()} == dict.fromkeys(counted, "0")
    assert 5 <= int(counted["/register"]["Request Count"]) <= accounts


RAISED = {f"DOORWARD_LIMITS__{name}": "100000/minute" for name in ("REGISTER", "SIGN_IN", "DEFAULT")}
