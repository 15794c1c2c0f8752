"""Nights as an operator has them: the shipped files, a cron that is ours, and what they print."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from auditor.rig.web import Site, server_context, web_listener
from tests.run_rig import Town, the_town  # noqa: F401 - a fixture

SHIPPED = Path(__file__).parents[1] / "docs" / "nightly"
PAGE = SHIPPED.with_suffix(".md")
SERVICE, TIMER, CRON = "auditor.service", "auditor.timer", "auditor.cron"
NAME = "Town of \N{LATIN CAPITAL LETTER O WITH DIAERESIS}lm"
FOLDERS = ("/etc/auditor", "/var/lib/auditor", "/var/log/auditor", "/var/backups/auditor")
FIELD = r"(?:\*|\d+(?:-\d+)?(?:,\d+)*)"
LINE = re.compile(rf"(?P<when>{FIELD}(?: +{FIELD}){{4}}) +(?P<user>[a-z]+) +(?P<command>\S.*)")


# A town, its nights, and what changes in it.


@dataclass
class Nights:
    """A town whose web servers can be changed between nights."""

    town: Town
    stack: ExitStack

    def serve(self, name: str, site: Site) -> None:
        """From now on, another server answers by this name."""
        context = server_context(self.town.root.leaf(name).write(self.town.folder / "changed.pem"))
        self.lead({f"{name}:443": self.stack.enter_context(web_listener(site, context)).port})

    def silence(self, name: str) -> None:
        """From now on, nobody answers by this name."""
        self.lead({f"{name}:443": 1, f"{name}:80": 1})

    def lead(self, ports: Mapping[str, int]) -> None:
        path = self.town.folder / "connect-to"
        kept = [line for line in path.read_text().splitlines() if line.split()[0] not in ports]
        path.write_text("".join(f"{line}\n" for line in (*kept, *(f"{at} 127.0.0.1:{ports[at]}" for at in ports))))


@pytest.fixture(name="nights")
def nights_of_a_town(request: pytest.FixtureRequest) -> Iterator[Nights]:
    made: Town = request.getfixturevalue("town")
    made.write(("Town of Elm", NAME))
    with ExitStack() as stack:
        yield Nights(made, stack)


@dataclass(frozen=True)
class Printed:
    """What cron would mail, and the exit code, which it ignores."""

    code: int
    out: str
    err: str


# The crontab.


@dataclass(frozen=True)
class Crontab:
    """A file of /etc/cron.d as cron(8) reads it."""

    variables: Mapping[str, str]
    commands: tuple[str, ...]

    def command(self, beginning: str) -> str:
        (found,) = [command for command in self.commands if command.startswith(beginning)]
        return found


def crontab(text: str) -> Crontab:
    variables, commands = {}, []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if named := re.fullmatch(r"([A-Z_]+)=(.*)", line):
            variables[named[1]] = named[2].strip('"')
            continue
        read = LINE.fullmatch(line)
        assert read, line
        assert read["user"] == "auditor"
        assert not re.search(r"(?<!\\)%", read["command"]), "cron takes a bare % for the end of the command"
        commands.append(read["command"].replace(r"\%", "%"))
    return Crontab(variables, tuple(commands))


SHIPPED_CRONTAB = crontab((SHIPPED / CRON).read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Cron:
    """Runs lines of the shipped crontab as cron does, with the folders of one test."""

    folder: Path
    options: str

    def run(self, beginning: str) -> Printed:
        own = {name: self._moved(value) for name, value in SHIPPED_CRONTAB.variables.items()}
        bare = {"HOME": str(self.folder), "LOGNAME": "auditor", "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}
        left = subprocess.run(
            ("env", "-i", *(f"{name}={value}" for name, value in {**bare, **own, "OPTIONS": self.options}.items()),
             "/bin/sh", "-c", self._moved(SHIPPED_CRONTAB.command(beginning))),
            cwd=self.folder,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            umask=0o022,
        )  # fmt: skip
        return Printed(left.returncode, left.stdout, left.stderr)

    def _moved(self, text: str) -> str:
        text = text.replace("/opt/auditor/bin", str(Path(sys.executable).parent))
        for folder in FOLDERS:
            text = text.replace(folder, str(self.folder / folder[1:]))
        return text


@pytest.fixture(name="cron")
def cron_of_the_page(nights: Nights) -> Cron:
    """The folders as docs/nightly.md has them made."""
    folder = nights.town.folder / "machine"
    for name in FOLDERS:
        (folder / name[1:]).mkdir(mode=0o700, parents=True)
    inventory = folder / "etc" / "auditor" / "inventory.yaml"
    inventory.symlink_to(nights.town.inventory)
    files = nights.town.folder
    return Cron(folder, f"--connect-to={files / 'connect-to'} --ca-file={files / 'roots.pem'}")


NIGHTLY = "nice auditor run"


OPTIONS = "--connect-to /etc/auditor/connect-to --ca-file /etc/auditor/roots.pem"
