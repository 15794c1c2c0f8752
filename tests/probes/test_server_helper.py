"""The helper itself: what it prints, never asks for, and may do under sudo."""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.facts.privileged_disks import DriveLocking, KeyFile
from auditor.probes.privileged_disks import parse_privileged_disks
from auditor.probes.server import HELPER, collection_script, helper_script

NOW = datetime(2026, 11, 21, tzinfo=UTC)
OURS = hashlib.sha256(helper_script()).hexdigest()
QUERY = """
/dev/sda ATA Samsung SSD 860 EVO 500GB               RVT01B6Q 0123456789ABCDE
TPer function (0x0001)
    ACKNAK = N, ASYNC = N. BufferManagement = N, comIDManagement  = N, Streaming = Y, SYNC = Y
Locking function (0x0002)
    Locked = N, LockingEnabled = Y, LockingSupported = Y, MBRDone = Y, MBREnabled = Y, MBRAbsent = N, MediaEncrypt = Y
OPAL 2.0 function (0x0203)
    Base comID = 0x0800, Initial PIN = 0x00, Reverted PIN = 0x00, comIDs = 1
"""  # as sedutil's own documentation and other people's tests show it
DISCOVER = "Locking Features:\n\tLocking Supported:         Yes\n\tLocking Feature Enabled:   Yes\n\tLocked:   No\n"


def run(helper: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["/bin/sh", str(helper), *arguments], input=b"", capture_output=True, timeout=60, check=False)


@pytest.fixture
def helper(tmp_path: Path) -> Path:
    """The helper, with this machine's files exchanged for the test's."""
    text = helper_script().decode()
    for path in ("/etc/crypttab", "/etc/cryptsetup-initramfs/conf-hook"):
        text = text.replace(path, str(tmp_path / Path(path).name))
    text = text.replace("/sys/class/block/*", f"{tmp_path}/block/*").replace(
        '"/dev/$name"', f'"{tmp_path}/block/$name"'
    )
    text = text.replace("PATH=/usr/sbin", f"PATH={tmp_path}/bin:/usr/sbin")
    (tmp_path / "bin").mkdir()
    (tmp_path / "block").mkdir()
    made = tmp_path / "helper"
    made.write_text(text)
    return made


KEY = "00112233445566778899aabbccddeeff" * 4
TABLE = f"""weak: 0 8 crypt aes-cbc-essiv:sha256 {KEY[:32]} 0 254:17 2048
good: 0 8 crypt aes-xts-plain64 :64:logon:cryptsetup:secret-description 0 254:20 32768
null: 0 8 crypt cipher_null-ecb - 0 254:18 32768
odd: 0 8 crypt aes-xts-plain64 not-hex-at-all-{KEY} 0 254:19 0
lv: 0 8 linear 254:21 2048
my vol: 0 8 crypt aes-xts-plain64 {KEY} 0 254:19 0
"""


# --- the helper itself ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("awk", ["awk", "busybox"])
def test_it_prints_lengths_and_no_key(helper: Path, tmp_path: Path, awk: str) -> None:
    if shutil.which(awk) is None:
        pytest.skip(f"{awk} is not installed")
    (tmp_path / "table").write_text(TABLE)
    tools = {"dmsetup": f"cat {tmp_path}/table", "cryptsetup": "exit 1"} | (
        {"awk": 'exec busybox awk "$@"'} if awk == "busybox" else {}
    )
    for name, line in tools.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    said = run(helper).stdout.decode()
    assert KEY[:24] not in said
    assert "secret-description" not in said
    assert "weak: 0 8 crypt aes-cbc-essiv:sha256 bits=128" in said
    assert "good: 0 8 crypt aes-xts-plain64 bits=512" in said
    assert "null: 0 8 crypt cipher_null-ecb bits=0" in said
    assert "odd: 0 8 crypt aes-xts-plain64 bits=unknown" in said


@pytest.mark.skipif(shutil.which("cryptsetup") is None, reason="Debian's cryptsetup takes part")
def test_real_headers_come_without_salt_or_digest(helper: Path, tmp_path: Path) -> None:
    for name, options in {"two": ["--type", "luks2"], "one": ["--type", "luks1"]}.items():
        image = tmp_path / "block" / name
        with image.open("wb") as file:
            file.truncate(20 * 2**20)
        command = ["cryptsetup", "luksFormat", "-q", *options, "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"]
        made = subprocess.run(
            [*command, "--key-file", "-", str(image)], input=b"test", capture_output=True, check=False
        )
        if made.returncode:
            pytest.skip(f"cryptsetup cannot make headers here: {made.stderr.decode()[:80]}")
    key = tmp_path / "a key"
    key.write_text("k")
    key.chmod(0o440)
    (tmp_path / "crypttab").write_text(f"# a comment\ndata /dev/x {tmp_path}/key luks,header={tmp_path}/block/two\n")
    (tmp_path / "conf-hook").write_text('# KEYFILE_PATTERN="/old"\nKEYFILE_PATTERN="/etc/keys/*.key"\n')
    (tmp_path / "bin" / "dmsetup").write_text("#!/bin/sh\necho No devices found\n")
    (tmp_path / "bin" / "dmsetup").chmod(0o755)
    key.rename(tmp_path / "key")
    said = run(helper).stdout
    found = parse_privileged_disks(said, NOW, OURS)
    by_device = {header.device: header for header in found.headers}
    assert {name: header.version for name, header in by_device.items()} == {
        "one": 1,
        "two": 2,
        f"{tmp_path}/block/two": 2,
    }
    assert {slot.cost for header in found.headers for slot in header.slots} == {1000}
    assert by_device["two"].segments[0].cipher == "aes-xts-plain64"
    assert found.in_initramfs == ("/etc/keys/*.key",)
    assert KeyFile(path=f"{tmp_path}/key", owner=os.getuid(), mode=0o440) in found.key_files
    assert not re.search(rb"([0-9a-f]{2} ){4}|[Ss]alt|MK digest", said)


@pytest.mark.parametrize("has_sedutil", [True, False])
def test_drives_are_asked_what_they_tell_everybody_and_nothing_more(
    helper: Path, tmp_path: Path, has_sedutil: bool
) -> None:
    tools = {"dmsetup": "echo No devices found", "cryptsetup": "exit 1"}
    tools["nvme"] = f'echo "nvme $*" >>{tmp_path}/asked; cat {tmp_path}/discover'
    if has_sedutil:
        tools["sedutil-cli"] = f'echo "sedutil $*" >>{tmp_path}/asked; [ "$2" = /dev/sdz ] && cat {tmp_path}/query'
    for name, line in tools.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / "query").write_text(QUERY)
    (tmp_path / "discover").write_text(DISCOVER)
    for name in ("sdz", "nvme9n1"):
        (tmp_path / "sys" / name / "device").mkdir(parents=True)
    (tmp_path / "sys" / "dm-0").mkdir()
    helper.write_text(
        helper.read_text().replace("/sys/block/*", f"{tmp_path}/sys/*").replace(f"{tmp_path}/block/$name", "/dev/$name")
    )
    said = run(helper).stdout
    found = parse_privileged_disks(said, NOW, OURS).drives
    wanted = [DriveLocking(device="nvme9n1", is_enabled=True)]
    wanted += [DriveLocking(device="sdz", is_enabled=True, encrypts=True)] if has_sedutil else []
    assert list(found) == wanted
    asked = (tmp_path / "asked").read_text().splitlines()
    assert set(asked) <= {"sedutil --query /dev/sdz", "sedutil --query /dev/nvme9n1", "nvme sed discover /dev/nvme9n1"}
    assert b"0123456789ABCDE" not in said


def test_it_takes_no_argument(helper: Path) -> None:
    refused = run(helper, "--dump-volume-key")
    assert (refused.returncode, refused.stdout) == (2, b"")


def test_it_never_asks_for_a_key_and_never_writes() -> None:
    code = "\n".join(line for line in helper_script().decode().splitlines() if not line.lstrip().startswith("#"))
    for word in (
        "showkeys",
        "dump-volume-key",
        "dump-master-key",
        "keyctl",
        "luksOpen",
        " open",
        "mktemp",
        "eval",
        "tee ",
    ):
        assert word not in code
    assert set(re.findall(r"\d?>\s*(\S+)", code)) <= {"/dev/null", "/dev/null;", "&2;"}


@pytest.fixture
def granted() -> Iterator[str]:
    """A user who may run one program as root, without arguments, as docs/servers.md says. Removed afterwards."""
    needed = ("sudo", "useradd", "userdel", "visudo", "runuser")
    if os.getuid() or any(shutil.which(name) is None for name in needed) or Path(HELPER).exists():
        pytest.skip("needs root, sudo, and no helper of this machine's own")
    user, rule = "auditor-test", Path("/etc/sudoers.d/zz-auditor-test")
    subprocess.run(["useradd", "--no-create-home", "--shell", "/bin/sh", user], check=True, capture_output=True)
    try:
        Path(HELPER).write_bytes(helper_script())
        Path(HELPER).chmod(0o755)
        rule.write_text(f'{user} ALL=(root) NOPASSWD: {HELPER} ""\n')
        rule.chmod(0o440)
        subprocess.run(["visudo", "-cqf", str(rule)], check=True)
        yield user
    finally:
        rule.unlink(missing_ok=True)
        Path(HELPER).unlink(missing_ok=True)
        subprocess.run(["userdel", user], check=False, capture_output=True)


# --- under sudo -------------------------------------------------------------------------------------------------------


@pytest.mark.root
def test_the_sudoers_line_lets_the_helper_run_and_nothing_else(granted: str) -> None:
    def as_user(*command: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["runuser", "-u", granted, "--", *command], input=b"", capture_output=True, timeout=60, check=False
        )

    allowed = as_user("sudo", "-n", HELPER)
    assert allowed.returncode == 0
    assert allowed.stdout.startswith(b"== dmtable\n")
    assert allowed.stdout.endswith(b"== end\n")
    for refused in (
        as_user("sudo", "-n", HELPER, "--dump-volume-key"),
        as_user("sudo", "-n", "/usr/sbin/cryptsetup", "--help"),
        as_user("sudo", "-n", "/bin/sh", "-c", "id"),
    ):
        assert refused.returncode != 0
        assert refused.stdout == b""
    marker = "0123456789abcdef"
    whole = subprocess.run(
        ["runuser", "-u", granted, "--", "/bin/sh", "-s", marker],
        input=collection_script(privileged=True),
        capture_output=True,
        timeout=60,
        check=True,
    ).stdout.decode()
    (section,) = re.findall(rf"{marker} BEGIN privileged\n(.*?)\n{marker} END privileged rc=0", whole, re.DOTALL)
    assert section.startswith("== dmtable\n")
    assert f"{OURS}  -" in whole
    assert f"{HELPER} owner=0 mode=755" in whole
    assert pwd.getpwnam(granted).pw_uid != 0
