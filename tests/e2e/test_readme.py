"""The README is executed as printed."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PORT = "127.0.0.1:8000"


def blocks() -> list[str]:
    """The shell blocks of the first walk-through, in order."""
    walk = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Run it")[2].partition("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", walk, re.DOTALL)


def test_the_first_walk_works_as_printed(launch):
    """Register, read the code, activate, sign in, my account, its audit: one shell, word for word."""
    start, *steps = blocks()
    profile = re.search(r"PROFILE=(\S+)", start)
    assert profile is not None
    service = launch(profile=profile[1], mode="dev")
    script = "set -eu\n" + "\necho '----'\n".join(steps).replace(PORT, service.url.removeprefix("http://"))

    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
    registered, code, activated, _, mine_and_audit = done.stdout.split("----\n")
    assert '"is_active":false' in registered
    assert re.fullmatch(r"[0-9]{4}\n", code)
    assert '"is_active":true' in activated
    assert '"email":"ada@example.com"' in mine_and_audit
    for event in ("SIGNUP", "VERIFICATION_SENT", "EMAIL_VERIFIED", "LOGIN_SUCCESS"):
        assert event in mine_and_audit
    assert f"code {code.strip()}  valid 60 s" in service.log()


def test_every_page_that_is_named_exists():
    """Links to files of the repository lead somewhere."""
    documents = {*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")} - {ROOT / "docs" / "specs.md"}  # it quotes others'
    links = [
        (d, link) for d in documents for link in re.findall(r"\]\((?!http)([^)#]+)", d.read_text(encoding="utf-8"))
    ]

    assert [(d.name, link) for d, link in links if not (d.parent / link).exists()] == []


def test_the_sample_settings_work_as_copied(launch):
    """`.env.example` copied to `.env` starts the service."""
    sample = (ROOT / ".env.example").read_text(encoding="utf-8")

    service = launch(profile="code-activation", mode="dev", files={".env": sample})

    assert service.client().get("/health").json()["profile"] == "code-activation"


def test_every_target_is_explained():
    """`make` alone lists all targets."""
    listed = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True)
    wanted = {"install", "run", "init-db", "test", "test-unit", "test-integration", "check", "start-rabbitmq-consumer",
              "stop-docker-compose"}  # fmt: skip

    assert wanted <= {line.split()[0] for line in listed.stdout.splitlines() if line.strip()}
