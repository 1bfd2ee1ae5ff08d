"""PostgreSQL, MariaDB, Redis and RabbitMQ for the tests: found, or installed and started.

    scripts/services up      use what listens; as root on Debian install and start the missing; say what cannot be had
    scripts/services env     print `export TEST_..._URL=...` for what answers: eval "$(scripts/services env)"
    scripts/services status  say what answers and what does not
    scripts/services missing say loudly which tests a run cannot have made, and why
    scripts/services down    stop what `up` has started; what was there before stays

A server that is started here has a data folder of its own, below SERVICES_HOME, keeps its data nowhere else, listens on
loopback only, and is told not to wait for the disk. A server that was there already gets a role `doorward_test` with a
random password, which may make databases named doorward_...; only the tests use it. MySQL and MongoDB are never started
here: they come by TEST_MYSQL_URL and TEST_MONGODB_URL. TEST_SERVICES names those to look after: all of them if it is
not set, none of them if it is `off`.
"""

import asyncio
import fcntl
import os
import pwd
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from service_kinds import HOME, IS_ROOT, NotHere, Server, node_name, servers

READY_SECONDS, STOP_SECONDS, INSTALL_SECONDS = 90, 30, 900
BY_URL = ("mysql", "mongodb")


# Looking --------------------------------------------------------------------------------------------------------------


def say(text: str) -> None:
    print(f"services: {text}", file=sys.stderr, flush=True)


def listens(server: Server) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", server.port)) == 0


def answers(server: Server, url: str) -> str:
    """Nothing if the URL is good, else the reason; no driver's text, which may hold the URL."""
    try:
        asyncio.run(asyncio.wait_for(server.probe(url), 15))
    except NotHere as error:
        return str(error)
    except Exception as error:  # whatever a driver thinks of: the server cannot be used
        return type(error).__name__
    return ""


def found(server: Server) -> str:
    """A good URL, or nothing: that of the environment, the one that `up` has made, the usual ones."""
    if given := os.environ.get(server.variable):
        return "" if answers(server, given) else given
    kept = (server.url_file.read_text().strip(),) if server.url_file.exists() else ()
    if not listens(server):
        return ""
    return next((url for url in (*kept, *server.usual) if not answers(server, url)), "")


# Bringing up and down -------------------------------------------------------------------------------------------------


def install(server: Server) -> None:
    if not (IS_ROOT and shutil.which("apt-get")):
        raise NotHere(
            f"nothing listens on port {server.port} (a Debian machine and root would install {server.package};"
            f" or start one and set {server.variable}, for example with `docker compose --profile full up -d`)"
        )
    say(f"{server.name}: installing {server.package}")
    options = ["-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"]
    commands = (["install", *options, server.package], ["update"], ["install", *options, server.package])
    with (HOME / "install.log").open("ab") as log:
        for command in commands:
            env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            done = subprocess.run(
                ["apt-get", *command], env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                timeout=INSTALL_SECONDS, check=False,
            )  # fmt: skip
            if command[0] == "install" and done.returncode == 0:
                return
    raise NotHere(f"apt-get could not install {server.package} (see {HOME / 'install.log'})")


def admit(server: Server) -> str:
    """Make a role for the tests on a server that is somebody else's; only who may do so on this machine can."""
    if not (IS_ROOT and server.admit):
        raise NotHere(f"what listens on port {server.port} lets nobody in: set {server.variable}")
    password = secrets.token_hex(16)
    user = server.user if server.name == "postgresql" else None
    command, text = server.admit(server, password)
    done = subprocess.run(
        command, input=text, user=user, cwd="/", text=True, capture_output=True, timeout=30, check=False
    )
    scheme, name = ("postgresql", "postgres") if server.name == "postgresql" else ("mysql", "doorward_test")
    url = f"{scheme}://doorward_test:{password}@127.0.0.1:{server.port}/{name}"
    if done.returncode or (reason := answers(server, url)):
        raise NotHere(f"no role could be made on port {server.port}: {reason if not done.returncode else 'refused'}")
    write_private(server.url_file, url)
    say(f"{server.name}: made the role doorward_test on the server that was there already")
    return url


def start(server: Server) -> str:
    steps = server.start(server)
    owner = {"user": server.user, "group": pwd.getpwnam(server.user).pw_gid, "extra_groups": []} if IS_ROOT else {}
    env = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", **steps.env}
    with (HOME / f"{server.name}.log").open("ab") as log:
        streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "cwd": "/", "env": env}
        if not (server.data / ".prepared").exists():
            shutil.rmtree(server.data, ignore_errors=True)
            server.data.mkdir(mode=0o700)
            if IS_ROOT:
                shutil.chown(server.data, server.user)
            if steps.prepare and subprocess.run(steps.prepare, **streams, **owner, timeout=120, check=False).returncode:
                raise NotHere(f"its data folder could not be made (see {HOME / f'{server.name}.log'})")
            (server.data / ".prepared").touch()
        process = subprocess.Popen(steps.command, **streams, **owner, start_new_session=True)
    server.pid_file.write_text(f"{process.pid} {started_at(process.pid)}\n")
    deadline = time.monotonic() + READY_SECONDS
    while not listens(server) or answers(server, server.usual[0]):
        if process.poll() is not None or time.monotonic() > deadline:
            stop(server)
            raise NotHere(f"it did not start (see {HOME / f'{server.name}.log'})")
        time.sleep(0.2)
    say(f"{server.name}: started on 127.0.0.1:{server.port}")
    return server.usual[0]


def ensure(server: Server) -> str:
    """A good URL, whatever it takes."""
    if url := found(server):
        return url
    if given := os.environ.get(server.variable):
        raise NotHere(f"{server.variable} is set and does not work: {answers(server, given)}")
    if not listens(server):
        try:
            server.start(server)
        except NotHere:
            install(server)  # where a package's server is started at once, it listens now
        if not listens(server):
            return start(server)
    return found(server) or admit(server)


def started_at(pid: int) -> str:
    """When a process began, so that another one with the same number is not taken for it; nothing if there is none."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if state == "Z" else rest[18]


def stop(server: Server) -> bool:
    """End what was started here; False if nothing was."""
    if not server.pid_file.exists():
        return False
    number, _, moment = server.pid_file.read_text().strip().partition(" ")
    if is_running := bool(moment) and started_at(int(number)) == moment:
        os.kill(int(number), signal.SIGINT if server.name == "postgresql" else signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while started_at(int(number)) == moment and time.monotonic() < deadline:
            time.sleep(0.1)
        if started_at(int(number)) == moment:
            os.killpg(int(number), signal.SIGKILL)
    server.pid_file.unlink()
    return is_running


def write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(text + "\n")


# Commands -------------------------------------------------------------------------------------------------------------


def chosen() -> list[Server]:
    names = re.split(r"[ ,]+", os.environ.get("TEST_SERVICES", "").strip())
    return [server for server in servers() if names == [""] or server.name in names]


def up() -> int:
    HOME.mkdir(parents=True, exist_ok=True, mode=0o755)
    lacking = 0
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs on one machine start one server
        for server in chosen():
            reason_file = HOME / f"{server.name}.missing"
            try:
                ensure(server)
                reason_file.unlink(missing_ok=True)
            except (NotHere, OSError, KeyError, subprocess.SubprocessError) as error:
                reason = str(error) if isinstance(error, NotHere) else type(error).__name__
                reason_file.write_text(reason + "\n")
                say(f"NOT AVAILABLE {server.name}: {reason}")
                lacking += 1
    return 1 if lacking and os.environ.get("TEST_STRICT") else 0


def env() -> int:
    for server in servers():
        if server in chosen() and (url := found(server)):
            print(f"export {server.variable}={shlex.quote(url)}")
            if server.name == "rabbitmq" and (name := node_name(server)):
                print(f"export RABBITMQ_NODENAME={name}")
        else:
            print(f"unset {server.variable}; export TEST_{server.name.upper()}_MISSING={shlex.quote(why_not(server))}")
    for name, reason in without_url().items():
        print(f"export TEST_{name.upper()}_MISSING={shlex.quote(reason)}")
    return 0


def why_not(server: Server) -> str:
    reason_file = HOME / f"{server.name}.missing"
    if server not in chosen():
        return "TEST_SERVICES leaves it out"
    return reason_file.read_text().strip() if reason_file.exists() else "scripts/services up was not run"


def without_url() -> dict[str, str]:
    names = [name for name in BY_URL if not os.environ.get(f"TEST_{name.upper()}_URL")]
    return {name: f"TEST_{name.upper()}_URL is not set, and it is not installed by itself" for name in names}


def missing() -> int:
    absent = {server.name: why_not(server) for server in servers() if server not in chosen() or not found(server)}
    absent |= without_url()
    if absent:
        print("!" * 120)
        print("\n".join(f"NOT TESTED on {name.upper()}: {reason}" for name, reason in absent.items()))
        print("!" * 120)
    return 0


def status() -> int:
    for server in servers():
        own = " (started here)" if server.pid_file.exists() else ""
        print(f"{server.name:12}{'up' if found(server) else 'down':6}127.0.0.1:{server.port}{own}")
    return 0


def down() -> int:
    for server in servers():
        if stop(server):
            say(f"{server.name}: stopped")
    return 0


if __name__ == "__main__":
    commands = {"up": up, "down": down, "env": env, "status": status, "missing": missing}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    sys.exit(commands[sys.argv[1]]())
