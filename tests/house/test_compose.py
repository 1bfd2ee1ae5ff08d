"""compose.yaml and the Dockerfile: what is promised about them, as far as it can be seen without a daemon."""

import os
import re
import shutil
import subprocess

import pytest
import yaml

PROFILES = {
    "lite": {"app", "mailpit"},
    "postgres": {"app-postgres", "postgres", "mailpit"},
    "mysql": {"app-mysql", "mysql", "mailpit"},
    "mongo": {"app-mongo", "mongo", "mailpit"},
    "full": {*("app1", "app2", "worker", "nginx"), *("postgres", "redis", "rabbitmq", "mailpit", "pgadmin")},
}
OURS = {"app", "app-postgres", "app-mysql", "app-mongo", "app1", "app2", "worker"}


@pytest.fixture(scope="session")
def services(root):
    return yaml.safe_load((root / "compose.yaml").read_text())["services"]


@pytest.fixture(scope="session")
def dockerfile(root):
    return (root / "Dockerfile").read_text()


def compose():
    """A compose program of the second generation, which has profiles; it needs no daemon to read a file."""
    named = os.environ.get("COMPOSE") or shutil.which("docker-compose")
    for command in ([named] if named else [], ["docker", "compose"]):
        asked = [*command, "version", "--short"]
        if command and shutil.which(command[0]):
            done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=30)
            if done.returncode == 0 and done.stdout.lstrip("v")[0] not in "01":
                return command
    return pytest.skip("no compose program is here (name one in COMPOSE); the file is read as YAML only")


@pytest.mark.parametrize("profile", PROFILES)
def test_a_compose_program_takes_the_file(root, profile):
    """It resolves what each profile starts."""
    command = [*compose(), "--file", str(root / "compose.yaml"), "--profile", profile, "config", "--services"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == PROFILES[profile]


@pytest.mark.parametrize("profile", PROFILES)
def test_each_profile_starts_what_it_says(services, profile):
    """No more and no less, and all that it depends on."""
    started = {name for name, service in services.items() if profile in service["profiles"]}

    assert started == PROFILES[profile]
    assert all(set(services[name].get("depends_on", ())) <= started for name in started)


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_containers_can_do_little(services, name):
    """They cannot write to their own files, have no capabilities and get no new ones; the user is set in the image."""
    service = services[name]

    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["build"]["target"] == ("tested" if name == "app" else "service")


@pytest.mark.parametrize("name", sorted(OURS))
def test_an_app_waits_for_what_it_needs(services, name):
    """Servers are healthy before it starts; a mail catcher may come later, since mail waits in the outbox."""
    waits = {other: how["condition"] for other, how in services[name]["depends_on"].items()}

    assert waits.pop("mailpit") == "service_started"
    assert set(waits.values()) <= {"service_healthy"}
    assert all("test" in services[other]["healthcheck"] for other in waits if other not in OURS)


def test_nothing_is_reachable_from_elsewhere(services):
    """Every port is on loopback; pgAdmin has 8050."""
    ports = [port for service in services.values() for port in service.get("ports", ())]

    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert services["pgadmin"]["ports"] == ["127.0.0.1:8050:80"]


def test_the_image_runs_as_nobody_special(dockerfile):
    """Each stage that is shipped comes from the one with a user of its own, and all packages have hashes."""
    user = dockerfile.index("USER 10001")

    assert dockerfile.index("FROM python:3.13-slim AS base") < user < dockerfile.index("FROM base AS tested")
    assert dockerfile.rindex("FROM ") == dockerfile.index("FROM base AS service")
    assert len(re.findall(r"install --require-hashes -r ", dockerfile)) == len(
        re.findall(r" -r requirements/", dockerfile)
    )


def test_what_the_image_is_made_of_is_sent_to_the_builder(root, dockerfile):
    """What is copied is not ignored."""
    sent = {line[1:] for line in (root / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE)
    names = {name.split("/")[0] for line in copied for name in line.split()} - {"."}

    assert {name for name in names if name not in sent and not ("*.md" in sent and name.endswith(".md"))} == set()
