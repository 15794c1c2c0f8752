"""What root's helper prints → facts without a key; which helper is believed; the helper itself under sudo."""

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
from hypothesis import given
from hypothesis import strategies as st

from auditor.facts.privileged_disks import (
    DriveLocking,
    KeyFile,
    Keyslot,
    MappingTarget,
    PrivilegedDisks,
    Segment,
    Token,
)
from auditor.facts.server import SectionState
from auditor.model import Asset, Reason, Tier
from auditor.probe import Seen, Unseen
from auditor.probes.collection import Collected
from auditor.probes.privileged_disks import parse_privileged_disks
from auditor.probes.server import HELPER, ServerProbe, collection_script, complaint_about_helper, helper_script
from auditor.reach import Access, Limits, Reaches
from auditor.rig.ssh_replay import Answer, SshServer, replaying, write_identity
from tests.derivations.recorded import FOLDER, privileged_zoo

NOW = datetime(2026, 11, 21, tzinfo=UTC)
OURS = hashlib.sha256(helper_script()).hexdigest()


def printed(*lines: str, crypttab: str = "", others: str = "") -> PrivilegedDisks:
    text = "\n".join(
        ["== dmtable", *lines, "== crypttab", crypttab, "== keyfiles", others, "== initramfs", "== end", ""]
    )
    return parse_privileged_disks(text.encode("utf-8", "surrogateescape"), NOW, OURS)


# --- drives that encrypt by themselves --------------------------------------------------------------------------------

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


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("LockingEnabled = Y", "MediaEncrypt = Y"), DriveLocking(device="sda", is_enabled=True, encrypts=True)),
        (("LockingEnabled = Y", "MediaEncrypt = N"), DriveLocking(device="sda", is_enabled=True, encrypts=False)),
        (("LockingEnabled = N", "MediaEncrypt = Y"), DriveLocking(device="sda", is_enabled=False, encrypts=True)),
        (("Locking Feature Enabled:   Yes",), DriveLocking(device="sda", is_enabled=True)),
        (("Locking Feature Enabled: No",), DriveLocking(device="sda", is_enabled=False)),
        (("MediaEncrypt = Y",), None),
        (("LockingEnabled = Y", "LockingEnabled = N"), None),
        (("LockingEnabled = Yes!",), None),
        ((), None),
    ],
)
def test_what_a_drive_tells_of_its_lock(lines: tuple[str, ...], expected: DriveLocking | None) -> None:
    found = printed(others="\n".join(["== drive sda", *(f" {line}" for line in lines)])).drives
    assert found == ((expected,) if expected else ())


# --- tables -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x: 0 8 crypt aes-xts-plain64 bits=512 ", MappingTarget(kind="crypt", cipher="aes-xts-plain64", key_bits=512)),
        (
            "x: 0 8 crypt capi:authenc(hmac(sha256),xts(aes))-plain64 bits=768 integrity:32:aead",
            MappingTarget(
                kind="crypt", cipher="capi:authenc(hmac(sha256),xts(aes))-plain64", key_bits=768, integrity="aead"
            ),
        ),
        ("x: 0 8 crypt cipher_null-ecb bits=0 ", MappingTarget(kind="crypt", cipher="cipher_null-ecb", key_bits=0)),
        ("x: 0 8 crypt aes-xts-plain64 bits=unknown ", MappingTarget(kind="crypt", cipher="aes-xts-plain64")),
        (
            "x: 0 8 crypt aes-xts-plain64 :64:logon:k 0 8:1 0",
            MappingTarget(kind="crypt", cipher="aes-xts-plain64", key_bits=512),
        ),
        ("x: 0 8 crypt aes-xts-plain64 KEY-HIDDEN 0 8:1 0", MappingTarget(kind="crypt", cipher="aes-xts-plain64")),
        ("x: 0 8 linear", MappingTarget(kind="linear")),
        (" x: 0 8 linear 8:1 0", MappingTarget(kind="linear")),
    ],
)
def test_a_line_of_the_table(line: str, expected: MappingTarget) -> None:
    (table,) = printed(line).tables
    assert (table.name, table.targets) == ("x", (expected,))


def test_a_name_is_what_sysfs_calls_it() -> None:
    (table,) = printed(r"my\x20vol: 0 8 linear").tables
    assert table.name == "my vol"


@pytest.mark.parametrize("line", ["no dmsetup", "x: crypt", "x: 0 8 crypt aes-xts-plain64", "Permission denied"])
def test_what_is_no_table_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"dmsetup|crypt target"):
        printed(line)


def test_no_mapping_is_an_answer() -> None:
    assert printed(" No devices found").tables == ()


@pytest.mark.parametrize(
    "text", ["", "== dmtable\nNo devices found\n", "== end\n", "== crypttab\n== end\n", "sudo: a password is required"]
)
def test_half_an_answer_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="whole answer"):
        parse_privileged_disks(text.encode(), NOW, OURS)


def test_a_line_of_a_file_cannot_end_the_answer() -> None:
    """Our helper puts a blank before each line of a file, so that none of them is a heading."""
    found = printed(crypttab=" == end\n data /dev/sda none luks\n == dmtable")
    assert [entry.name for entry in found.crypttab or ()] == ["==", "==", "data"]


# --- headers ----------------------------------------------------------------------------------------------------------

TOKENS = """ LUKS header information
 Version:       \t2
 UUID:          \t0123-4567
 Requirements:\tonline-reencrypt-v2
 
 Data segments:
   0: hw-opal-crypt
 \tcipher: aes-xts-plain64
 
 Keyslots:
   0: luks2
 \tKey:        512 bits
 \tCipher:     aes-xts-plain64
 \tPBKDF:      argon2id
 \tTime cost:  4
 \tMemory:     1048576
 \tThreads:    4
   3: luks2 (unbound)
 \tKey:        512 bits
 \tPBKDF:      pbkdf2
 \tHash:       sha512
 \tIterations: 1000
 Tokens:
   0: systemd-tpm2
 \ttpm2-pin: false
 \tKeyslot:    3
   1: clevis
 \tKeyslot:    0
 \tKeyslot:    3
 Digests:
   0: pbkdf2
 \tHash:       sha256
 \tIterations: 1000
"""  # noqa: W293 - as the helper prints it


def test_a_header_with_tokens() -> None:
    text = f"== dmtable\n== crypttab\n== keyfiles\n== initramfs\n== luksdump sda3\n{TOKENS}== end\n"
    (header,) = parse_privileged_disks(text.encode(), NOW, OURS).headers
    assert (header.device, header.version, header.uuid) == ("sda3", 2, "0123-4567")
    assert header.segments == (Segment(kind="hw-opal-crypt", cipher="aes-xts-plain64"),)
    assert header.slots == (
        Keyslot(number=0, kdf="argon2id", cost=4, memory_kib=1048576, key_bits=512),
        Keyslot(number=3, kdf="pbkdf2", hash="sha512", cost=1000, key_bits=512),
    )
    assert header.tokens == (
        Token(kind="systemd-tpm2", slots=(3,), needs_pin=False),
        Token(kind="clevis", slots=(0, 3)),
    )
    assert header.requirements == ("online-reencrypt-v2",)


def test_the_recorded_zoo_has_eight_headers_and_no_key() -> None:
    found = privileged_zoo()
    assert [header.device for header in found.headers] == [
        "loop0",
        "md0",
        "vdb1",
        "vdb12",
        "vdb2",
        "vdb4",
        "vdb8",
        "vdb9",
    ]
    assert {header.version for header in found.headers if header.device == "vdb1"} == {1}
    assert [slot.cost for header in found.headers for slot in header.slots] == [1000] * 8
    bits = {table.name: table.targets[0].key_bits for table in found.tables if table.targets[0].kind == "crypt"}
    assert bits["aead"] == 768
    assert bits["vault"] == 512
    assert not re.search(r"[0-9a-f]{33}", repr(found).replace(found.helper, ""))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (" key owner=0 mode=400 path=/etc/keys/a b.key", KeyFile(path="/etc/keys/a b.key", owner=0, mode=0o400)),
        (" header owner=1000 mode=644 path=/h", KeyFile(path="/h", owner=1000, mode=0o644)),
    ],
)
def test_key_files_with_owner_and_mode(line: str, expected: KeyFile) -> None:
    assert printed(others=line).key_files == (expected,)


@given(st.binary(max_size=300))
def test_any_bytes_are_facts_or_refused(noise: bytes) -> None:
    for raw in (noise, b"== dmtable\n== luksdump sda\nVersion: 2\n" + noise + b"\n== end\n"):
        try:
            assert isinstance(parse_privileged_disks(raw, NOW, OURS), PrivilegedDisks)
        except ValueError:
            continue


# --- which helper is believed -----------------------------------------------------------------------------------------

PATHS = ("/", "/usr", "/usr/local", "/usr/local/sbin", HELPER)


def identity(digest: str = OURS, owner: int = 0, mode: str = "755", at: str = HELPER) -> Collected:
    lines = [f"{path} owner={owner if path == at else 0} mode={mode if path == at else '755'}" for path in PATHS]
    return Collected(SectionState.SEEN, "\n".join([*lines, f"{digest}  -"]).encode())


def test_the_releases_helper_is_believed() -> None:
    assert complaint_about_helper(identity(), OURS) is None


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        (identity(digest="0" * 64), Reason.MALFORMED),
        (identity(owner=1000), Reason.MALFORMED),
        (identity(mode="775"), Reason.MALFORMED),
        (identity(mode="757"), Reason.MALFORMED),
        (identity(mode="777", at="/usr/local/sbin"), Reason.MALFORMED),  # a link, or everybody's
        (identity(owner=1000, at="/usr/local"), Reason.MALFORMED),
        (Collected(SectionState.SEEN, f"{OURS}  -".encode()), Reason.MALFORMED),
        (Collected(SectionState.SEEN, b""), Reason.MALFORMED),
        (Collected(SectionState.ABSENT), Reason.TOOL_ABSENT),
        (Collected(SectionState.DENIED), Reason.ACCESS_DENIED),
        (Collected(SectionState.TIMED_OUT), Reason.ACCESS_DENIED),
    ],
)
def test_a_helper_that_others_could_have_changed_is_not_believed(section: Collected, reason: Reason) -> None:
    complaint = complaint_about_helper(section, OURS)
    assert complaint is not None
    assert complaint[0] is reason


def with_helper(digest: str = OURS, code: int = 0, body: bytes | None = None) -> Answer:
    """The zoo, on which a helper is installed. The recording has no such sections: these two are made here."""
    recorded = replaying("zoo")
    said = FOLDER.joinpath("zoo-privileged.txt").read_bytes() if body is None else body

    def answer(channel: object, command: str, script: bytes) -> None:
        marker = command.rsplit(maxsplit=1)[-1].encode()
        frame = b"%b BEGIN %b\n%b\n%b END %b rc=%d\n"
        channel.sendall(frame % (marker, b"helper", identity(digest).body, marker, b"helper", 0))  # type: ignore[attr-defined]
        channel.sendall(frame % (marker, b"privileged", said, marker, b"privileged", code))  # type: ignore[attr-defined]
        recorded(channel, command, script)  # type: ignore[arg-type]

    return answer


def observed(answer: Answer, tmp_path: Path, tiers: frozenset[Tier]) -> tuple[Seen | Unseen, list[str]]:
    public = write_identity(tmp_path / "identity")
    with SshServer(answer, authorized=public) as rig:
        asset = Asset(
            id="db",
            kind="server",
            address=f"ssh://audit@127.0.0.1:{rig.port}",
            system="records",
            host_key=rig.host_key,
            tiers=tiers,
        )
        access = Access(identity_file=tmp_path / "identity", use_agent=False, limits=Limits(shell_s=20))
        said = list(ServerProbe().observe(asset, Reaches(access).of(asset)))
        assert (rig.connections, len(rig.execs)) == (1, 1)
    sights = [one for one in said if isinstance(one, (Seen, Unseen))]
    kinds = [one.facts_type if isinstance(one, Unseen) else type(one.facts) for one in sights]
    found = sights[kinds.index(PrivilegedDisks)]
    return found, list(ServerProbe().plan(asset))


GRANTED = frozenset({Tier.NIGHTLY, Tier.PRIVILEGED})


def test_roots_facts_come_with_the_same_login(tmp_path: Path) -> None:
    found, plan = observed(with_helper(), tmp_path, GRANTED)
    assert isinstance(found, Seen)
    assert isinstance(found.facts, PrivilegedDisks)
    assert (found.facts.helper, len(found.facts.tables)) == (OURS, 11)
    assert len(plan) == 2
    assert OURS in plan[1]
    assert hashlib.sha256(collection_script(privileged=True)).hexdigest() in plan[0]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (with_helper(digest="1" * 64), Reason.MALFORMED),
        (with_helper(code=1), Reason.ACCESS_DENIED),  # sudo: a password is required, or a terminal
        (with_helper(code=124), Reason.TIMEOUT),
        (with_helper(code=127), Reason.TOOL_ABSENT),
        (with_helper(body=b"== dmtable\n"), Reason.MALFORMED),
        (replaying("zoo"), Reason.TOOL_ABSENT),
    ],
)
def test_without_root_there_is_a_reason_and_no_pass(answer: Answer, reason: Reason, tmp_path: Path) -> None:
    found, _ = observed(answer, tmp_path, GRANTED)
    assert isinstance(found, Unseen)
    assert (found.facts_type, found.reason) == (PrivilegedDisks, reason)


def test_root_is_not_asked_where_the_inventory_does_not_grant_it(tmp_path: Path) -> None:
    found, plan = observed(with_helper(), tmp_path, frozenset({Tier.NIGHTLY}))
    assert isinstance(found, Unseen)
    assert found.reason is Reason.LEFT_OUT
    assert len(plan) == 1
    granted = collection_script(privileged=True).splitlines()
    (line,) = [number for number, text in enumerate(collection_script().splitlines()) if text != granted[number]]
    assert granted[line] == b"ASKED=privileged"


# --- the helper itself ------------------------------------------------------------------------------------------------


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


# --- under sudo -------------------------------------------------------------------------------------------------------


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
