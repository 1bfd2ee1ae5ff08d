"""Other products, one folder each: `peer.toml` says how to install and start it, and what its requests look like.

Another one is added by adding a folder. What its texts may name: {python} this interpreter, {env} where it is
installed, {port}, {workers}, {variant}, {secret}, {database_address} as user:password@host:port/name, and in requests
{email}, {password}, {email_in_form}, {password_in_form} and {token}. A `token` of a sign-in's answer is `json:` and the
way to the member, or `cookies`.
"""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from bench.load import Answer, request

FOLDER = Path(__file__).parent
INSTALLED = FOLDER.parent / ".installed"
INSTALL_SECONDS = 600


class NotToBeHad(Exception):
    """A peer cannot be installed or started here."""


@dataclass(frozen=True)
class Peer:
    """What `peer.toml` says about one product."""

    folder: Path
    said: dict[str, Any]

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def title(self) -> str:
        return self.said["title"]

    @property
    def env(self) -> Path:
        return INSTALLED / self.name

    @property
    def variants(self) -> list[dict[str, str]]:
        return self.said["variants"]

    def filled(self, text: str, **values: str) -> str:
        for name, value in {"python": sys.executable, "env": str(self.env), **values}.items():
            text = text.replace("{" + name + "}", value)
        return text

    def run(self, command: list[str], env: dict[str, str], **values: str) -> str:
        """Run one of its commands.

        Raises:
            NotToBeHad: it failed, and what it said last.
        """
        filled = [self.filled(part, **values) for part in command]
        try:
            done = subprocess.run(
                filled, cwd=self.folder, env={**os.environ, **env}, capture_output=True, text=True,
                timeout=INSTALL_SECONDS, check=True,
            )  # fmt: skip
        except FileNotFoundError as error:
            raise NotToBeHad(f"{self.title}: {filled[0]} is not on this machine") from error
        except subprocess.TimeoutExpired as error:
            raise NotToBeHad(f"{self.title}: {filled[0]} took longer than {INSTALL_SECONDS} s") from error
        except subprocess.CalledProcessError as error:
            last = (error.stderr or error.stdout).strip().splitlines()[-1:] or ["it said nothing"]
            raise NotToBeHad(f"{self.title}: {Path(filled[0]).name} failed: {last[0]}") from error
        return done.stdout

    def install(self) -> None:
        """Install it unless it is there.

        Raises:
            NotToBeHad: it cannot be installed.
        """
        ready = self.env / ".ready"
        if not ready.exists() or ready.read_text() != json.dumps(self.said["install"]):
            shutil.rmtree(self.env, ignore_errors=True)
            self.env.mkdir(parents=True)
            for command in self.said["install"]:
                self.run(command, {})
            ready.write_text(json.dumps(self.said["install"]))
        for name in self.said.get("copied", ()):
            shutil.copy(self.folder / name, self.env / name)

    @cached_property
    def versions(self) -> str:
        """Of the packages that matter."""
        lines = self.run(self.said["version"], {}).replace("==", " ").replace("@", " ").splitlines()
        ends = [line.rpartition(":")[2] for line in lines]  # npm writes path:package@version
        return ", ".join(line for line in ends if line.partition(" ")[0] in self.said["shown"])

    def ask(self, what: str, **values: str) -> bytes:
        """One of its requests."""
        said = self.said["requests"][what]
        body = said.get("body", "")
        headers = {name: self.filled(value, **values) for name, value in said.get("headers", {}).items()}
        method = "POST" if body else "GET"
        return request(method, self.path(what, **values), headers=headers, body=self.filled(body, **values).encode())

    def path(self, what: str, **values: str) -> str:
        return self.filled(self.said["requests"][what]["path"], **values)

    def check_headers(self, **values: str) -> dict[str, str]:
        return {k: self.filled(v, **values) for k, v in self.said["requests"]["check"]["headers"].items()}

    def token(self, answer: Answer) -> str:
        """What a sign-in handed out."""
        kind, _, way = self.said["requests"]["sign_in"]["token"].partition(":")
        if kind == "cookies":
            lines = answer.head.decode("latin-1").split("\r\n")
            set_by = [line.partition(":")[2].strip() for line in lines if line.lower().startswith("set-cookie:")]
            return "; ".join(cookie.partition(";")[0] for cookie in set_by)
        found = json.loads(answer.body)
        for member in way.split("."):
            found = found[member]
        return found


def person(number: int, password: str) -> dict[str, str]:
    """Values for the requests of one account."""
    email = f"bench{number}@example.com"
    return {
        "email": email, "password": password, "email_in_form": quote_plus(email),
        "password_in_form": quote_plus(password),
    }  # fmt: skip


def peers() -> list[Peer]:
    return [Peer(path.parent, tomllib.loads(path.read_text())) for path in sorted(FOLDER.glob("*/peer.toml"))]
