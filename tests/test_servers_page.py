"""docs/servers.md: its commands are run, its lines are used with a real sshd, its examples are read."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from auditor.deriving import Sights
from auditor.facts.server import BlockGraph
from auditor.model import Asset, Reason
from auditor.observe import observe_with
from auditor.probe import Found, Seen, Unseen
from auditor.probes.exports.osquery import TABLES
from auditor.probes.server import ServerProbe, collection_script, helper_script
from auditor.reach import Access, Limits, Reaches
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


def disks_of(sshd: OpenSsh, pin: str | None = None) -> Seen | Unseen:
    """What the auditor learns of the disks behind this sshd, by `pin` or the key that it has."""
    asset = Asset(id="db", kind="server", address=sshd.address, system="", host_key=pin or sshd.host_keys["ed25519"])
    reach = Reaches(Access(identity_file=sshd.identity, use_agent=False)).of(asset)
    (found,) = (
        Sights.of(one for one in observe_with(ServerProbe(), asset, reach) if not isinstance(one, Found))
        .get(BlockGraph)
        .values()
    )
    return found


def reason_for(sshd: OpenSsh) -> Reason:
    found = disks_of(sshd)
    assert isinstance(found, Unseen)
    return found.reason


@pytest.mark.root
def test_the_line_of_the_page_lets_the_auditor_in_and_nothing_else(sshd: OpenSsh) -> None:
    admitted(sshd, authorized(key_of(sshd)))
    assert isinstance(disks_of(sshd), Seen)
    known = sshd.log_path.parent / "known_hosts"
    known.write_text(f"[127.0.0.1]:{sshd.port} {next(iter(sshd.host_keys.values()))}\n")
    ssh = ["ssh", "-F", "none", "-o", f"UserKnownHostsFile={known}", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"]
    there = ["-i", str(sshd.identity), "-p", str(sshd.port), f"{sshd.user}@127.0.0.1"]
    terminal = subprocess.run([*ssh, "-tt", *there, "true"], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert b"PTY allocation request failed" in terminal.stderr
    onward = subprocess.run([*ssh, "-W", f"127.0.0.1:{sshd.port}", *there], capture_output=True, check=False, input=b"")
    assert b"administratively prohibited" in onward.stderr
    options = subprocess.run([*ssh, "-v", *there, "true"], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    told = [line for line in options.stderr.splitlines() if b"key options:" in line]
    assert told
    for word in (b"agent-forwarding", b"x11-forwarding", b"port-forwarding", b"pty", b"user-rc"):
        assert not any(word in line.split(b"key options:")[1] for line in told)


@pytest.mark.root
@pytest.mark.parametrize(
    ("reason", "change"),
    [
        (Reason.REFUSED, {"address": "ssh://root@127.0.0.1:1"}),
        (Reason.NO_ROUTE, {"address": "ssh://root@192.0.2.1"}),  # the tests' network leads nowhere
        (Reason.DNS, {"address": "ssh://root@db1.elm.invalid"}),
        (Reason.TIMEOUT, {"address": "ssh://root@127.0.0.1:{mute}"}),
        (Reason.HOST_KEY_UNKNOWN, {"host_key": None}),
        (Reason.HOST_KEY_CHANGED, {"host_key": f"SHA256:{'A' * 43}"}),
        (Reason.AUTH_FAILED, {}),
    ],
)
def test_a_server_that_cannot_be_seen_has_the_reason_of_the_page(
    sshd: OpenSsh, reason: Reason, change: dict[str, str | None]
) -> None:
    admitted(sshd, "")
    with socket.create_server(("127.0.0.1", 0)) as mute:
        asset = Asset(id="db", kind="server", address=sshd.address, system="", host_key=sshd.host_keys["ed25519"])
        told = {key: text.format(mute=mute.getsockname()[1]) if text else None for key, text in change.items()}
        limits = Limits(operation_s=0.5, shell_s=1.0) if reason is Reason.TIMEOUT else Limits()
        access = Access(identity_file=sshd.identity, use_agent=False, limits=limits)
        asset = replace(asset, **told)  # type: ignore[arg-type]
        said = observe_with(ServerProbe(), asset, Reaches(access).of(asset))
        found = [one for one in said if isinstance(one, Unseen) and one.facts_type is BlockGraph]
    assert [one.reason for one in found] == [reason]
    assert f"`{reason.word}`" in PAGE


@pytest.mark.root
def test_from_another_address_the_key_is_not_accepted(sshd: OpenSsh) -> None:
    admitted(sshd, authorized(key_of(sshd), "192.0.2.10"))
    assert reason_for(sshd) is Reason.AUTH_FAILED


@pytest.mark.root
def test_a_forced_command_is_a_reason_and_never_health(sshd: OpenSsh) -> None:
    admitted(sshd, authorized(key_of(sshd), options='command="cat /proc/self/mountinfo",'))
    assert reason_for(sshd) in (Reason.NO_SHELL, Reason.TRUNCATED)


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
    assert "auditor enrol ssh://" in PAGE
    enrol = [str(Path(sys.executable).with_name("auditor")), "enrol", sshd.address]
    assert print_of_key in subprocess.run(enrol, capture_output=True, text=True, check=True).stdout
    admitted(sshd, authorized(key_of(sshd)))
    assert isinstance(disks_of(sshd, print_of_key), Seen)


@pytest.mark.root
def test_the_helper_is_installed_as_the_page_says(tmp_path: Path) -> None:
    """In a folder of its own: the program is root's alone to write, and sudo takes the rule."""
    (tmp_path / "usr/local/sbin").mkdir(parents=True)
    (tmp_path / "etc/sudoers.d").mkdir(parents=True)
    here = (
        block("sh helper")
        .replace("/etc/", f"{tmp_path}/etc/")
        .replace(" /usr/local/sbin/enc-audit-facts\n", f" {tmp_path}/usr/local/sbin/enc-audit-facts\n")
    )
    said = subprocess.run(
        ["sh", "-euc", f"PATH={Path(sys.executable).parent}:$PATH\n{here}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip().endswith("parsed OK")
    assert '/usr/local/sbin/enc-audit-facts ""' in (tmp_path / "etc/sudoers.d/audit").read_text()
    assert (tmp_path / "usr/local/sbin/enc-audit-facts").read_bytes() == helper_script()
    installed = (tmp_path / "usr/local/sbin/enc-audit-facts").stat()
    assert (installed.st_uid, installed.st_mode & 0o777) == (0, 0o755)


def test_the_page_says_what_the_script_reads() -> None:
    """Every section of the script has a word on the page."""
    script = collection_script().decode()
    words = {
        "uname": "uname", "dmi": "/sys/class/dmi", "virt": "systemd-detect-virt", "sysblk": "/sys/block",
        "mountinfo": "/proc/self/mountinfo", "swaps": "/proc/swaps", "resume": "/sys/power", "power": "/sys/power",
        "cmdline": "command line", "crypto": "/proc/crypto", "fips": "FIPS", "btrfs": "btrfs", "bcache": "bcache",
        "lsblk": "lsblk", "crypttab": "/etc/crypttab", "corepattern": "crash dumps", "directories": "databases",
        "fscrypt": ".fscrypt", "zfs": "zfs get", "zpool": "zpool status", "helper": "enc-audit-facts",
        "privileged": "enc-audit-facts",
    }  # fmt: skip
    sections = re.findall(r"^ +section (\w+) ", script, re.MULTILINE)
    assert set(sections) == set(words)
    assert all(word in PAGE for word in words.values())


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
