"""What root's helper prints → facts without a key; which helper is believed; the helper itself under sudo."""

from __future__ import annotations

import hashlib
import re
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


# --- headers ----------------------------------------------------------------------------------------------------------


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


PATHS = ("/", "/usr", "/usr/local", "/usr/local/sbin", HELPER)


def identity(digest: str = OURS, owner: int = 0, mode: str = "755", at: str = HELPER) -> Collected:
    lines = [f"{path} owner={owner if path == at else 0} mode={mode if path == at else '755'}" for path in PATHS]
    return Collected(SectionState.SEEN, "\n".join([*lines, f"{digest}  -"]).encode())


# --- which helper is believed -----------------------------------------------------------------------------------------


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
