"""The servers that the tests use: how each is reached, installed, started, and how a role is made on it."""

import logging
import os
import pwd
import re
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import aio_pika
import asyncmy
import asyncpg
from redis.asyncio import Redis

IS_ROOT = os.geteuid() == 0
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
USUAL_HOME = Path("/var/lib") if IS_ROOT else CACHE
USUAL_RABBITMQ_PORT = 5672
HOME = Path(os.environ.get("SERVICES_HOME") or USUAL_HOME / "doorward-services")

for name in ("asyncmy", "aiormq"):  # they repeat a server's notes, and that it does not answer yet
    logging.getLogger(name).setLevel(logging.CRITICAL)


class NotHere(Exception):
    """A server cannot be had; the text says what it would take."""


@dataclass(frozen=True)
class Server:
    """One kind of server: how it is reached, installed and started."""

    name: str
    port: int
    package: str
    user: str
    usual: tuple[str, ...]
    probe: Callable[[str], Awaitable[None]]
    start: Callable[["Server"], "Start"]
    admit: Callable[["Server", str], tuple[list[str], str]] | None = None

    @property
    def variable(self) -> str:
        return f"TEST_{self.name.upper()}_URL"

    @property
    def data(self) -> Path:
        return HOME / self.name

    @property
    def pid_file(self) -> Path:
        return HOME / f"{self.name}.pid"

    @property
    def url_file(self) -> Path:
        return HOME / f"{self.name}.url"


@dataclass(frozen=True)
class Start:
    """The commands that prepare an empty data folder, the server itself, and the signal that stops it."""

    command: list[str]
    prepare: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)


# Probes: a URL is good if one can sign in, and on a database make databases -------------------------------------------


async def probe_postgresql(url: str) -> None:
    connection = await asyncpg.connect(url, timeout=5)
    may = await connection.fetchval("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
    await connection.close()
    if not may:
        raise NotHere("the role may not make databases")


async def probe_mariadb(url: str) -> None:
    user, password, host, port, name = re.fullmatch(r"mysql://([^:@]*):?([^@]*)@([^:]*):(\d+)/(.*)", url).groups()
    connection = await asyncmy.connect(host=host, port=int(port), user=user, password=password, connect_timeout=5)
    async with connection.cursor() as cursor:
        await cursor.execute(f"CREATE DATABASE IF NOT EXISTS {name}")
    await connection.ensure_closed()


async def probe_redis(url: str) -> None:
    client = Redis.from_url(url, socket_timeout=5)
    await client.ping()
    await client.aclose()


async def probe_rabbitmq(url: str) -> None:
    connection = await aio_pika.connect(url, timeout=10)
    await connection.close()


# Starts ---------------------------------------------------------------------------------------------------------------


def binary(*names: str) -> str:
    """The newest of these programs that is installed."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name.zfill(4), reverse=True
    )
    path = os.pathsep.join([*map(str, folders), os.environ.get("PATH", ""), "/usr/sbin", "/usr/lib/rabbitmq/bin"])
    for name in names:
        if found := shutil.which(name, path=path):
            return found
    raise NotHere(f"{names[0]} is not installed")


def start_postgresql(server: Server) -> Start:
    options = {"port": server.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
    options |= {"synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}
    return Start(
        [binary("postgres"), "-D", str(server.data), *(f"--{name}={value}" for name, value in options.items())],
        [binary("initdb"), "-D", str(server.data), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"],
    )


def start_mariadb(server: Server) -> Start:
    common = ["--no-defaults", f"--datadir={server.data}"]
    return Start(
        [
            *(binary("mariadbd", "mysqld"), *common, f"--port={server.port}", "--bind-address=127.0.0.1"),
            *(f"--socket={server.data}/server.sock", f"--pid-file={server.data}/server.pid", "--max-connections=300"),
            *("--innodb-flush-log-at-trx-commit=2", "--character-set-server=utf8mb4"),
        ],
        [binary("mariadb-install-db", "mysql_install_db"), *common, "--auth-root-authentication-method=normal"],
    )


def start_redis(server: Server) -> Start:
    options = ["--bind", "127.0.0.1", "--port", str(server.port), "--dir", str(server.data), "--save", ""]
    return Start([binary("redis-server", "valkey-server"), *options, "--appendonly", "no"])


def node_name(server: Server) -> str:
    """How rabbitmqctl has to call it, unless it is the machine's usual one."""
    return "" if server.port == USUAL_RABBITMQ_PORT else f"doorward-{server.port}@localhost"


def start_rabbitmq(server: Server) -> Start:
    folder = str(server.data)
    env = {"HOME": pwd.getpwnam(server.user).pw_dir if IS_ROOT else folder}  # where rabbitmqctl finds the cookie
    env |= {"RABBITMQ_NODENAME": node_name(server)} if node_name(server) else {}
    env |= {"RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1", "RABBITMQ_NODE_PORT": str(server.port)}
    env |= {"RABBITMQ_DIST_PORT": str(server.port + 20000), "ERL_EPMD_ADDRESS": "127.0.0.1"}
    env |= {f"RABBITMQ_{name}_BASE": folder for name in ("MNESIA", "LOG")}
    env |= {"RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins", "RABBITMQ_PID_FILE": f"{folder}/server.pid"}
    env |= {"RABBITMQ_CONF_ENV_FILE": os.devnull, "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq"}
    found = next(Path("/usr/lib/rabbitmq").glob("lib/*/sbin/rabbitmq-server"), None)  # not Debian's wrapper, which logs
    return Start([str(found or binary("rabbitmq-server"))], env=env)


# A role on a server that was there already ----------------------------------------------------------------------------


def admit_postgresql(server: Server, password: str) -> tuple[list[str], str]:
    made = f"CREATE ROLE doorward_test LOGIN CREATEDB PASSWORD '{password}'"
    changed = f"ALTER ROLE doorward_test LOGIN CREATEDB PASSWORD '{password}'"
    exists = "EXISTS (SELECT FROM pg_roles WHERE rolname = 'doorward_test')"
    text = f"DO $$ BEGIN IF {exists} THEN {changed}; ELSE {made}; END IF; END $$;"
    return [binary("psql"), "-qX", "-v", "ON_ERROR_STOP=1", "-p", str(server.port), "-d", "postgres"], text


def admit_mariadb(server: Server, password: str) -> tuple[list[str], str]:
    user = "doorward_test@'127.0.0.1'"
    text = (
        f"CREATE OR REPLACE USER {user} IDENTIFIED BY '{password}'; GRANT ALL ON `doorward\\_%`.* TO {user};"
        f"CREATE OR REPLACE USER doorward_test@localhost IDENTIFIED BY '{password}';"
        "GRANT ALL ON `doorward\\_%`.* TO doorward_test@localhost;"
    )
    return [binary("mariadb", "mysql")], text


def port(name: str, usual: int) -> int:
    return int(os.environ.get(f"SERVICES_{name.upper()}_PORT", usual))


def servers() -> list[Server]:
    p, m, r, q = (
        port("postgresql", 5432),
        port("mariadb", 3306),
        port("redis", 6379),
        port("rabbitmq", USUAL_RABBITMQ_PORT),
    )
    postgresql = (f"postgresql://postgres@127.0.0.1:{p}/postgres",)
    mariadb = (f"mysql://root@127.0.0.1:{m}/doorward_test",)
    redis, rabbitmq = (f"redis://127.0.0.1:{r}/0",), (f"amqp://guest:guest@127.0.0.1:{q}/",)
    return [
        Server(
            *("postgresql", p, "postgresql", "postgres", postgresql),
            *(probe_postgresql, start_postgresql, admit_postgresql),
        ),
        Server("mariadb", m, "mariadb-server", "mysql", mariadb, probe_mariadb, start_mariadb, admit_mariadb),
        Server("redis", r, "redis-server", "redis", redis, probe_redis, start_redis),
        Server("rabbitmq", q, "rabbitmq-server", "rabbitmq", rabbitmq, probe_rabbitmq, start_rabbitmq),
    ]
