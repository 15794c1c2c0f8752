"""The units and the crontab of docs/nightly: right as they stand, and run, night after night, against a small town."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from auditor.rig.listener import Listener
from auditor.rig.web import Site, server_context, web_listener
from tests.rig.systemd import Machine, machine, why_not
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


@pytest.fixture
def nights(request: pytest.FixtureRequest) -> Iterator[Nights]:
    made: Town = request.getfixturevalue("town")
    made.write(("Town of Elm", NAME))
    with ExitStack() as stack:
        yield Nights(made, stack)


ROOT = Path(__file__).parents[1]
HIDDEN = ("/tmp/", "/var/tmp/", "/root/", "/home/", "/run/")  # PrivateTmp and ProtectHome


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


@pytest.fixture
def cron(nights: Nights) -> Cron:
    """The folders as docs/nightly.md has them made."""
    folder = nights.town.folder / "machine"
    for name in FOLDERS:
        (folder / name[1:]).mkdir(mode=0o700, parents=True)
    inventory = folder / "etc" / "auditor" / "inventory.yaml"
    inventory.symlink_to(nights.town.inventory)
    files = nights.town.folder
    return Cron(folder, f"--connect-to={files / 'connect-to'} --ca-file={files / 'roots.pem'}")


NIGHTLY = "nice auditor run"


def test_the_first_night_is_mailed_as_a_baseline(cron: Cron) -> None:
    """Names may be in any language: without a LANG, too, they are UTF-8, as the crontab tells the mail's reader."""
    first = cron.run(NIGHTLY)
    assert (first.code, first.err) == (0, "")
    assert first.out.startswith(f"{NAME}: the first run, a baseline; city C")


def test_a_night_without_a_change_is_silent_and_one_with_a_change_is_mailed_as_a_digest(
    cron: Cron, nights: Nights
) -> None:
    nights.town.write()
    cron.run(NIGHTLY)
    assert cron.run(NIGHTLY) == Printed(0, "", "")
    nights.serve("www.elm.example", Site())
    third = cron.run(NIGHTLY)
    assert (third.code, third.err) == (1, "")
    assert third.out.splitlines()[0] == "Town of Elm: 1 regressed; city C"
    assert "site/www web-hsts-missing" in third.out
    assert third.out.isascii()
    assert cron.run(NIGHTLY) == Printed(0, "", ""), "what is known is not mailed again"
    nights.serve("www.elm.example", Site(hsts="max-age=31536000"))
    fixed = cron.run(NIGHTLY)
    assert (fixed.code, fixed.err) == (0, "")
    assert fixed.out.startswith("Town of Elm: 1 fixed; ")


def test_a_night_that_could_not_see_everything_is_mailed_once(cron: Cron, nights: Nights) -> None:
    cron.run(NIGHTLY)
    nights.silence("desk.elm.example")
    dark = cron.run(NIGHTLY)
    assert (dark.code, dark.err) == (3, "")
    assert "not seen now" in dark.out
    assert "desk/form" in dark.out
    assert cron.run(NIGHTLY) == Printed(3, "", "")


def test_a_night_that_did_not_work_is_mailed_as_one_line(cron: Cron, nights: Nights) -> None:
    nights.town.inventory.write_text("schema: inventory/v1\n")
    left = cron.run(NIGHTLY)
    assert (left.code, left.out) == (2, "")
    assert "inventory.yaml:" in left.err


def test_what_a_night_leaves_is_for_its_owners_eyes_alone(cron: Cron) -> None:
    cron.run(NIGHTLY)
    left = [path for name in ("var/lib", "var/log") for path in (cron.folder / name / "auditor").rglob("*")]
    names = {path.relative_to(cron.folder / "var").as_posix() for path in left}
    assert {"lib/auditor/store.db", "lib/auditor/report/report.json", "log/auditor/audit.jsonl"} <= names
    assert {oct(path.stat().st_mode & 0o077) for path in left} == {"0o0"}


def test_a_night_that_did_not_come_to_its_end_is_missed_in_the_morning(cron: Cron) -> None:
    words = "auditor: no run came to its end in the last 26 hours\n"
    assert cron.run("find ").out == words
    cron.run(NIGHTLY)
    assert cron.run("find ") == Printed(0, "", "")
    report = cron.folder / "var" / "lib" / "auditor" / "report" / "report.json"
    long_ago = report.stat().st_mtime - 27 * 3600
    os.utime(report, (long_ago, long_ago))
    assert cron.run("find ") == Printed(0, words, "")


def test_the_weekly_copy_is_made_and_said(cron: Cron) -> None:
    cron.run(NIGHTLY)
    left = cron.run("auditor store backup")
    assert left.code == 0
    (copy,) = (cron.folder / "var" / "backups" / "auditor").iterdir()
    assert copy.name == f"store-{date.today().isoformat()}.db"  # noqa: DTZ011 - as `date` says it
    assert str(copy) in left.out + left.err
    assert copy.stat().st_mode & 0o077 == 0


def test_the_monthly_forgetting_works_without_a_terminal(cron: Cron) -> None:
    cron.run(NIGHTLY)
    left = cron.run("auditor store prune")
    assert (left.code, left.out) == (0, "")
    assert "nothing to prune" in left.err


def test_mail_says_what_characters_it_is_written_in() -> None:
    assert SHIPPED_CRONTAB.variables["CONTENT_TYPE"] == "text/plain; charset=UTF-8"
    assert "@" in SHIPPED_CRONTAB.variables["MAILTO"]


# The units.


def verified(folder: Path, *names: str) -> str:
    """What `systemd-analyze verify` complains about, of units that stand in a folder."""
    left = subprocess.run(
        ("systemd-analyze", "verify", "--man=no", *(str(folder / name) for name in names)),
        capture_output=True,
        text=True,
        check=False,
    )
    return left.stdout + left.stderr + ("" if left.returncode == 0 else f"exit {left.returncode}")


def copies(folder: Path) -> None:
    """The shipped units, with the program of this environment."""
    for name in (SERVICE, TIMER):
        text = (SHIPPED / name).read_text(encoding="utf-8")
        (folder / name).write_text(text.replace("/opt/auditor/bin", str(Path(sys.executable).parent)))


@pytest.mark.root
def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    copies(tmp_path)
    assert verified(tmp_path, SERVICE, TIMER) == ""


@pytest.mark.root
def test_systemd_would_find_one(tmp_path: Path) -> None:
    copies(tmp_path)
    path = tmp_path / TIMER
    path.write_text(path.read_text().replace("RandomizedDelaySec", "RandomDelaySec"))
    assert "RandomDelaySec" in verified(tmp_path, TIMER)


@pytest.mark.root
def test_the_service_is_hardened() -> None:
    """systemd's own measure, from 0 (nothing is possible) to 100."""
    words = ("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", str(SHIPPED / SERVICE))
    left = subprocess.run(words, capture_output=True, text=True, check=False)
    assert left.returncode == 0, left.stdout


def test_the_service_and_the_crontab_do_the_same() -> None:
    text = (SHIPPED / SERVICE).read_text(encoding="utf-8")
    (started,) = re.findall(r"^ExecStart=/opt/auditor/bin/(.+)$", text, re.MULTILINE)
    assert SHIPPED_CRONTAB.command(NIGHTLY) == f"nice {started}"
    assert f"Environment=AUDITOR_STORE={SHIPPED_CRONTAB.variables['AUDITOR_STORE']}\n" in text


OPTIONS = "--connect-to /etc/auditor/connect-to --ca-file /etc/auditor/roots.pem"


@dataclass(frozen=True)
class Real:
    """The units under a systemd of their own."""

    machine: Machine
    nights: Nights

    def night(self, unit: str = SERVICE) -> Printed:
        """One start of the service, or of what starts it: the code is 0, or 1 where it counts as failed."""
        files = self.machine.folder / "etc" / "auditor"
        for name in ("inventory.yaml", "connect-to", "roots.pem"):
            (files / name).write_bytes((self.nights.town.folder / name).read_bytes())
        ended = self.machine.start(unit)
        assert "Unknown" not in ended.log, ended.log
        return Printed(int(ended.failed), ended.out, ended.err)

    def left(self, folder: str) -> dict[str, tuple[int, int]]:
        """What stands in a folder: owner and mode of each."""
        top = self.machine.folder / folder
        found = {path: path.stat() for path in (top, *top.rglob("*"))}
        return {str(path.relative_to(top.parent)): (of.st_uid, of.st_mode & 0o777) for path, of in found.items()}


@pytest.fixture
def real(nights: Nights, tmp_path: Path) -> Real:
    hidden = [path for path in (sys.prefix, str(ROOT)) if path.startswith(HIDDEN)]
    if reason := why_not() or (f"the hardened service does not see {hidden[0]}" if hidden else ""):
        pytest.skip(reason)
    made = machine(tmp_path / "machine", SERVICE)
    for name in (SERVICE, TIMER):
        made.unit(name, (SHIPPED / name).read_text(encoding="utf-8"))
    made.unit(f"{SERVICE}.d/options.conf", f'[Service]\nEnvironment="OPTIONS={OPTIONS}"\n')
    return Real(made, nights)


@pytest.mark.root
def test_three_nights_under_systemd(real: Real) -> None:
    first = real.night()
    assert (first.code, first.err) == (0, "")
    assert "the first run, a baseline" in first.out
    assert real.night() == Printed(0, "", "")
    real.nights.serve("www.elm.example", Site())
    third = real.night()
    assert (third.code, third.err) == (1, ""), "a gate that is not met marks the unit failed"
    assert ": 1 regressed; city C" in third.out
    real.nights.silence("desk.elm.example")
    dark = real.night()
    assert (dark.code, dark.err) == (0, ""), "what could not be seen does not"
    assert "not seen now" in dark.out
    assert real.night() == Printed(0, "", "")
    for folder in ("lib/auditor", "log/auditor"):
        left = real.left(folder)
        assert {uid for uid, _ in left.values()} == {64990}
        assert {mode & 0o077 for _, mode in left.values()} == {0}


@pytest.mark.root
def test_the_timer_starts_the_service(real: Real) -> None:
    often = "[Unit]\nDefaultDependencies=no\n[Timer]\nOnCalendar=*:*:0/2\nRandomizedDelaySec=0\nAccuracySec=100ms\n"
    real.machine.unit(f"{TIMER}.d/often.conf", often)
    assert "the first run, a baseline" in real.night(TIMER).out


@pytest.mark.root
def test_a_night_that_takes_too_long_is_interrupted_and_kept(real: Real) -> None:
    """desk says one word and no more. Who was ever heard gets all of its time, and that is more than this night has."""

    def wait(connection: socket.socket, number: int) -> None:
        connection.settimeout(60)
        if number == 1:
            connection.sendall(b"\x15\x03\x03\x00\x02\x02\x46")  # alert 70, protocol_version
            return
        connection.recv(65_536)
        connection.recv(65_536)

    mute = real.nights.stack.enter_context(Listener(wait))
    real.nights.lead({"desk.elm.example:443": mute.port, "desk.elm.example:80": mute.port})
    real.machine.unit(f"{SERVICE}.d/short.conf", "[Service]\nTimeoutStartSec=15s\n")
    left = real.night()
    assert left.code == 1
    assert left.err == "auditor: interrupted; what was seen until then is in the report.\n"
    assert "the first run, a baseline" in left.out
    report = json.loads((real.machine.folder / "lib" / "auditor" / "report" / "report.json").read_text())
    seen = {one["asset"] for one in report["findings"] if one["outcome"] == "pass"}
    assert seen == {"site/www"}


@pytest.mark.root
def test_the_credentials_of_the_page_reach_the_run(real: Real) -> None:
    (block,) = re.findall(r"^```ini\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    real.machine.unit(f"{SERVICE}.d/override.conf", block.replace("OPTIONS=", f"OPTIONS={OPTIONS} "))
    private = real.machine.folder / "etc" / "auditor" / "private"
    private.mkdir(mode=0o700)
    for name in ("ssh", "aws"):
        (private / name).write_text(f"the secret {name}\n")
        (private / name).chmod(0o600)
    (real.machine.folder / "etc" / "auditor" / "known_hosts").write_text("")
    reading = "/bin/sh -c 'cat $AWS_SHARED_CREDENTIALS_FILE ${CREDENTIALS_DIRECTORY}/ssh >/var/log/auditor/read'"
    real.machine.unit(f"{SERVICE}.d/reading.conf", f"[Service]\nExecStartPre={reading}\n")
    left = real.night()
    assert (left.code, left.err) == (0, ""), left.err
    read = (real.machine.folder / "log" / "auditor" / "read").read_text()
    assert read == "the secret aws\nthe secret ssh\n", "root's files, read by the run's own user"
    assert "the first run, a baseline" in left.out


# The page.


def test_the_page_and_the_files_speak_of_the_same_places() -> None:
    page = PAGE.read_text(encoding="utf-8")
    files = "".join((SHIPPED / name).read_text(encoding="utf-8") for name in (SERVICE, CRON))
    named = set(re.findall(r"/(?:etc|var/\w+)/auditor/[a-z.]*", files))
    assert named
    assert {path for path in named if path.removesuffix("store") not in page} == set()


def test_the_weekly_lines_of_the_page_are_lines_of_a_crontab() -> None:
    (block,) = re.findall(
        r"^```sh\n(10 2 \* \* 1-6 .*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    weekday, sunday = crontab(block).commands
    assert sunday == SHIPPED_CRONTAB.command(NIGHTLY)
    assert weekday.replace("--tier nightly --tier privileged --tier online ", "") == sunday


def test_a_weekday_without_the_deep_tier_is_silent_and_complete(nights: Nights, cron: Cron) -> None:
    nights.town.write(('kind: web, url: "https://www', 'kind: web, tiers: [nightly, deep], url: "https://www'))
    cron.run(NIGHTLY)
    weekday = Cron(cron.folder, f"{cron.options} --tier nightly --tier privileged --tier online")
    assert weekday.run(NIGHTLY) == Printed(0, "", "")
