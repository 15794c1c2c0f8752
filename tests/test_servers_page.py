"""docs/servers.md: its commands are run, its lines are used with a real sshd, its examples are read."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from auditor.errors import Unreachable
from auditor.model import Asset, Reason
from auditor.probe import Observation, Seen
from auditor.probes.exports.osquery import TABLES
from auditor.probes.server import ServerProbe
from auditor.reach import Access, Reaches
from tests.inventory.test_devices import with_devices
from tests.inventory.writing import complaints
from tests.probes.exported_files import looked, verdicts
from tests.rig.openssh import OpenSsh, start_sshd

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "servers.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def authorized(key: str, address: str = "127.0.0.1", options: str = "") -> str:
    """The page's line of authorized_keys, with a true key and address."""
    (line,) = (line for line in block("sh user").splitlines() if "ssh-ed25519" in line)
    assert "AAAA…" in line
    assert "192.0.2.10" in line
    line = line.replace("ssh-ed25519 AAAA…", key).replace("192.0.2.10", address)
    return line.replace("restrict,", f"restrict,{options}") + "\n"


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    with start_sshd(tmp_path_factory.mktemp("page")) as started:
        yield started


def admitted(sshd: OpenSsh, line: str) -> None:
    (sshd.log_path.parent / "authorized").write_text(line)


def key_of(sshd: OpenSsh) -> str:
    return " ".join(sshd.identity.with_suffix(".pub").read_text().split()[:2])


def looked_over_ssh(sshd: OpenSsh) -> list[Observation]:
    (pin,) = sshd.host_keys.values()
    asset = Asset(id="db", kind="server", address=sshd.address, system="", host_key=pin)
    access = Access(identity_file=sshd.identity, use_agent=False)
    return list(ServerProbe().observe(asset, Reaches(access).of(asset)))


@pytest.mark.root
def test_the_line_of_the_page_lets_the_auditor_in_and_nothing_else(sshd: OpenSsh) -> None:
    admitted(sshd, authorized(key_of(sshd)))
    assert any(isinstance(one, Seen) for one in looked_over_ssh(sshd))
    known = sshd.log_path.parent / "known_hosts"
    known.write_text(f"[127.0.0.1]:{sshd.port} {next(iter(sshd.host_keys.values()))}\n")
    ssh = ["ssh", "-F", "none", "-o", f"UserKnownHostsFile={known}", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"]
    there = ["-i", str(sshd.identity), "-p", str(sshd.port), f"{sshd.user}@127.0.0.1"]
    terminal = subprocess.run([*ssh, "-tt", *there, "true"], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert b"PTY allocation request failed" in terminal.stderr
    onward = subprocess.run([*ssh, "-W", f"127.0.0.1:{sshd.port}", *there], capture_output=True, check=False, input=b"")
    assert b"administratively prohibited" in onward.stderr


@pytest.mark.root
def test_from_another_address_the_key_is_not_accepted(sshd: OpenSsh) -> None:
    admitted(sshd, authorized(key_of(sshd), "192.0.2.10"))
    with pytest.raises(Unreachable) as caught:
        looked_over_ssh(sshd)
    assert caught.value.reason is Reason.AUTH_FAILED


@pytest.mark.root
def test_a_forced_command_is_a_reason_and_never_health(sshd: OpenSsh) -> None:
    admitted(sshd, authorized(key_of(sshd), options='command="cat /proc/self/mountinfo",'))
    with pytest.raises(Unreachable) as caught:
        looked_over_ssh(sshd)
    assert caught.value.reason in (Reason.NO_SHELL, Reason.TRUNCATED)


@pytest.mark.root
def test_the_commands_of_the_page_make_a_key_and_a_fingerprint_that_the_inventory_takes(
    sshd: OpenSsh, tmp_path: Path
) -> None:
    subprocess.run(["sh", "-euc", block("sh key")], cwd=tmp_path, check=True)
    assert (tmp_path / "audit").stat().st_mode & 0o777 == 0o600
    host = sshd.log_path.parent / "host_ed25519.pub"
    command = block("sh fingerprint").replace("/etc/ssh/ssh_host_ed25519_key.pub", str(host))
    said = subprocess.run(["sh", "-euc", command], capture_output=True, text=True, check=True).stdout
    (print_of_key,) = re.findall(r"SHA256:\S+", said)
    admitted(sshd, authorized(key_of(sshd)))
    asset = Asset(id="db", kind="server", address=sshd.address, system="", host_key=print_of_key)
    reach = Reaches(Access(identity_file=sshd.identity, use_agent=False)).of(asset)
    assert any(isinstance(one, Seen) for one in ServerProbe().observe(asset, reach))


def test_the_inventory_lines_of_the_page_are_right() -> None:
    assert complaints(with_devices(*block("yaml server").splitlines(), *block("yaml devices").splitlines())) == []


def test_every_reason_of_the_page_exists() -> None:
    table = PAGE.split("| reason |", 1)[1].split("\n\n", 1)[0]
    named = {word for line in table.splitlines()[2:] for word in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert len(named) > 10
    assert named <= {reason.word for reason in Reason}


def test_the_examples_of_exports_are_read_as_the_page_says(tmp_path: Path) -> None:
    said = looked(tmp_path, "intune", block("csv intune"), dated=date(2026, 11, 29))
    assert [verdicts(said[one])[0] for one in ("5CG1234XYZ", "5CG1234XYA")] == ["pass", "fail"]
    said = looked(tmp_path, "jamf", block("csv jamf"))
    assert [verdicts(said[one])[:2] for one in ("C02XK0AAJG5H", "C02XK0AAJG5J")] == [
        ("pass", "pass"),
        ("fail", "unknown"),
    ]
    said = looked(tmp_path, "fleet", block("json fleet"), "x.json")
    assert verdicts(said["C02XK0AAJG5K"]) == ("pass", "unknown", "not_applicable")


def test_osquerys_queries_are_those_that_are_read() -> None:
    schedule = json.loads(block("json osquery"))["schedule"]
    assert {name.removeprefix("disks_") for name in schedule} == set(TABLES)
    for name, query in schedule.items():
        assert query["query"] == f"SELECT * FROM {name.removeprefix('disks_')};"
        assert query["snapshot"] is True
