"""The units for systemd: without a fault, hardened, and run for real by a systemd of their own."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from auditor.rig.listener import Listener
from auditor.rig.web import Site
from tests.nightly_rig import (
    NIGHTLY,
    OPTIONS,
    PAGE,
    SERVICE,
    SHIPPED,
    SHIPPED_CRONTAB,
    TIMER,
    Nights,
    Printed,
    nights_of_a_town,  # noqa: F401 - a fixture
)
from tests.rig.systemd import Machine, machine, why_not
from tests.run_rig import the_town  # noqa: F401 - a fixture

ROOT = Path(__file__).parents[1]
HIDDEN = ("/tmp/", "/var/tmp/", "/root/", "/home/", "/run/")  # PrivateTmp and ProtectHome


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
