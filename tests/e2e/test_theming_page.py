"""The page about looks is executed as printed: its settings, its files and every command."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "theming.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```\w+ (\S+\.\w+)\n(.*?)```", PAGE, re.DOTALL))
COMMANDS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
SETTINGS = dict(re.findall(r'^export (\w+)="?(.*?)"?$', PAGE, re.MULTILINE))


@pytest.fixture(scope="module")
def service(launch_module):
    """A development service with the page's settings and files."""
    program = f'#!/bin/sh\nexec "{sys.executable}" -m doorward "$@"\n'
    started = launch_module("modern", mode="dev", env=SETTINGS, files=FILES | {"doorward": program})
    (started.folder / "doorward").chmod(0o755)
    return started


def test_pages_look_as_the_page_says(service):
    """Name, colour, logo and the line below."""
    http = service.client()
    page = http.get("/sign-in").text
    addresses = re.findall(r'"(/assets/(?:brand.css|logo.svg)\?v=[0-9a-f]{12})"', page)
    style, logo = (http.get(next(a for a in addresses if name in a)) for name in ("brand.css", "logo.svg"))

    assert page.count("City Library") >= 3
    assert "City Library, 1 Market Square" in page
    assert "--accent: #ffe600; --on-accent: #000000;" in style.text
    assert (logo.text, logo.headers["content-type"]) == (FILES["logo.svg"], "image/svg+xml")
    assert "immutable" in logo.headers["cache-control"]


def test_every_command_does_what_the_page_says(service):
    """The letter has the new subject and the old words."""
    path = f"{service.folder}:{Path(sys.executable).parent}:{service.env['PATH']}"
    script = "set -eu\n" + "\n".join(COMMANDS)
    done = subprocess.run(
        ["bash", "-c", script], cwd=service.folder, env=service.env | {"PATH": path}, capture_output=True,
        text=True, timeout=120, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("A new password for your library card\n\nHello Ada,\n")
    assert "your account at City Library" in done.stdout
    assert "background: #ffe600" in (service.folder / "letter.html").read_text()
