"""The door of an SSH server: from the first bytes of a connection to facts, against Debian's sshd and any bytes."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import paramiko
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.facts.server import BlockGraph
from auditor.facts.ssh import KeyTrust, SshDoor, SshHostKey
from auditor.model import Asset, Outcome, Reason
from auditor.observe import observe_with
from auditor.probe import Seen, Unseen
from auditor.probes.server import ServerProbe
from auditor.probes.ssh_door import parse_door
from auditor.reach import Access, Limits, Reaches
from auditor.rig.ssh_replay import SshServer, replaying
from checks import ssh
from tests.checks.test_ssh import LINE
from tests.rig.openssh import OpenSsh, start_sshd

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HEADLINE = re.compile(
    r"debug2: (KEX algorithms|host key algorithms|ciphers ctos|ciphers stoc|MACs ctos|MACs stoc): (.*)"
)


def observed(address: str, host_key: str | None = None, **access: object) -> dict[type, Seen | Unseen]:
    """What the probe says, by type: exactly one of each."""
    settings = {"use_agent": False, "limits": Limits(shell_s=50), **access}
    asset = Asset(id="db", kind="server", address=address, system="x", host_key=host_key)
    reaches = Reaches(Access(**settings))  # type: ignore[arg-type]
    said = observe_with(ServerProbe(), asset, reaches.of(asset))
    assert reaches.connections == 1
    found = {
        one.facts_type if isinstance(one, Unseen) else type(one.facts): one for one in said if not hasattr(one, "asset")
    }
    assert len(found) == len(said) == len(ServerProbe.yields)
    return found


def door_seen(found: dict[type, Seen | Unseen]) -> SshDoor:
    seen = found[SshDoor]
    assert isinstance(seen, Seen)
    assert isinstance(seen.facts, SshDoor)
    return seen.facts


def key_seen(found: dict[type, Seen | Unseen]) -> SshHostKey:
    seen = found[SshHostKey]
    assert isinstance(seen, Seen)
    assert isinstance(seen.facts, SshHostKey)
    return seen.facts


def reason_of(found: dict[type, Seen | Unseen], kind: type) -> Reason:
    unseen = found[kind]
    assert isinstance(unseen, Unseen)
    return unseen.reason


# --- Debian's sshd ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    with start_sshd(tmp_path_factory.mktemp("sshd"), types=("ed25519", "rsa")) as running:
        yield running


@pytest.mark.root
def test_the_door_is_what_opensshs_client_sees_from_one_connection_without_a_login(sshd: OpenSsh) -> None:
    door = door_seen(observed(sshd.address))
    assert "publickey" not in sshd.log
    command = ["ssh", "-F", "none", "-vv", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"]
    said = subprocess.run(
        [*command, "-o", "UserKnownHostsFile=/dev/null", "-p", str(sshd.port), "127.0.0.1", "true"],
        capture_output=True,
        text=True,
        check=False,
    ).stderr
    theirs = {word: tuple(names.split(",")) for word, names in HEADLINE.findall(said.split("peer server KEXINIT")[1])}
    assert theirs == {
        "KEX algorithms": door.key_exchanges,
        "host key algorithms": door.host_key_algorithms,
        "ciphers ctos": door.ciphers_in,
        "ciphers stoc": door.ciphers_out,
        "MACs ctos": door.macs_in,
        "MACs stoc": door.macs_out,
    }
    assert f"remote software version {door.software.split()[0]}" in said
    assert (door.protocol, door.is_strict) == ("2.0", True)


@pytest.mark.root
def test_without_a_credential_the_key_is_compared_all_the_same(sshd: OpenSsh) -> None:
    for pin, trust in ((sshd.host_keys["rsa"], KeyTrust.PINNED), (None, KeyTrust.NOTHING_PINNED)):
        found = observed(sshd.address, pin)
        assert key_seen(found).trust is trust
        assert reason_of(found, BlockGraph) is Reason.NO_CREDENTIAL
    assert (key_seen(observed(sshd.address, sshd.host_keys["rsa"])).bits) == 2048


OLD = "\n".join(
    (
        "KexAlgorithms diffie-hellman-group14-sha1",
        "Ciphers aes256-cbc,3des-cbc",
        "MACs hmac-md5,hmac-sha1",
        "HostKeyAlgorithms ssh-rsa",
    )
)
FAULTS_OF_OLD = {
    "ssh-outdated",
    "ssh-broken-cipher",
    "ssh-cbc-cipher",
    "ssh-weak-key-exchange",
    "ssh-weak-mac",
    "ssh-dated-mac",
    "ssh-weak-host-key-algorithm",
    "ssh-no-post-quantum",
}


@pytest.mark.root
def test_a_server_too_old_to_log_in_to_has_its_door_judged(tmp_path: Path) -> None:
    with start_sshd(tmp_path / "old", types=("rsa",), extra=OLD) as old:
        found = observed(old.address, old.host_keys["rsa"], identity_file=old.identity)
    assert reason_of(found, BlockGraph) is Reason.SSH_TOO_OLD
    assert reason_of(found, SshHostKey) is Reason.SSH_TOO_OLD
    door = door_seen(found)
    assert {check.id for check in ssh.CHECKS if check.judge(door).outcome is Outcome.FAIL} == FAULTS_OF_OLD


@pytest.mark.root
def test_the_lines_that_the_fixes_print_leave_nothing_to_fix(tmp_path: Path) -> None:
    """One line of each kind, whatever of it is at fault: sshd takes the first of two."""
    fixes = [LINE.search(check.fix) for check in ssh.CHECKS if check is not ssh.terrapin]
    lines = sorted({found[1] for found in fixes if found})
    assert [line.split()[0] for line in lines] == ["Ciphers", "KexAlgorithms", "MACs"]
    with start_sshd(tmp_path / "fixed", extra="\n".join(lines)) as fixed:
        door = door_seen(observed(fixed.address))
    assert not [check.id for check in ssh.CHECKS if check.judge(door).outcome is Outcome.FAIL]


@pytest.mark.root
def test_debians_own_default_misses_hardening_alone(sshd: OpenSsh) -> None:
    door = door_seen(observed(sshd.address))
    assert {check.id for check in ssh.CHECKS if check.judge(door).outcome is Outcome.FAIL} == {"ssh-dated-mac"}


@pytest.mark.parametrize("bits", [1024, 2048])
def test_the_size_of_an_rsa_key_is_the_servers(bits: int) -> None:
    with SshServer(replaying("luks"), host_keys=(paramiko.RSAKey.generate(bits),)) as server:
        shown = key_seen(observed(f"ssh://audit@127.0.0.1:{server.port}", server.host_key))
    assert (shown.key_type, shown.bits, shown.trust) == ("ssh-rsa", bits, KeyTrust.PINNED)


def test_another_key_than_the_pinned_one_is_seen_and_nothing_else_is() -> None:
    with SshServer(replaying("luks")) as server, SshServer(replaying("luks")) as other:
        found = observed(f"ssh://audit@127.0.0.1:{server.port}", other.host_key)
    assert key_seen(found).trust is KeyTrust.ANOTHER
    assert key_seen(found).fingerprint.startswith("SHA256:")
    assert isinstance(found[SshDoor], Seen)
    assert reason_of(found, BlockGraph) in (Reason.HOST_KEY_CHANGED, Reason.NO_CREDENTIAL)


# --- bytes -----------------------------------------------------------------------------------------------------------

NAMES = (
    "curve25519-sha256,kex-strict-s-v00@openssh.com",
    "ssh-ed25519",
    "aes256-ctr",
    "aes128-ctr",
    "hmac-sha2-256",
    "hmac-sha2-512",
    "none",
    "zlib@openssh.com,none",
)


def packet(*lists: str, kind: int = 20) -> bytes:
    body = b"".join(len(text).to_bytes(4, "big") + text.encode() for text in (*lists, "", ""))
    payload = bytes([kind]) + b"c" * 16 + body + b"\0" + bytes(4)
    return (len(payload) + 5).to_bytes(4, "big") + b"\4" + payload + b"pppp"


HEAD = b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"


def test_every_list_is_read_in_its_place() -> None:
    door = parse_door(b"welcome\r\nSSH is here\r\n" + HEAD + packet(*NAMES), NOW)
    assert door == SshDoor(
        observed_at=NOW,
        identification="SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3",
        key_exchanges=("curve25519-sha256", "kex-strict-s-v00@openssh.com"),
        host_key_algorithms=("ssh-ed25519",),
        ciphers_in=("aes256-ctr",),
        ciphers_out=("aes128-ctr",),
        macs_in=("hmac-sha2-256",),
        macs_out=("hmac-sha2-512",),
        compressions_in=("none",),
        compressions_out=("zlib@openssh.com", "none"),
    )
    assert (door.protocol, door.software) == ("2.0", "OpenSSH_9.2p1 Debian-2+deb12u3")


def test_a_server_of_protocol_1_needs_no_lists() -> None:
    assert parse_door(b"SSH-1.5-OpenSSH_3.0\n\0\0\0\x02", NOW).speaks_only_protocol_1


@pytest.mark.parametrize(
    "heard",
    [
        b"",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"xSSH-2.0-x\r\n" + packet(*NAMES),
        b"SSH-2.0-no end of the line",
        b"SSH-" + b"x" * 300 + b"\r\n" + packet(*NAMES),
        b"SSH-9\r\n" + packet(*NAMES),
        HEAD,
        HEAD + packet(*NAMES)[:40],
        HEAD + packet(*NAMES)[:-5],
        HEAD + packet(*NAMES, kind=1),
        HEAD + packet(*NAMES[:3]),
        HEAD + packet("", *NAMES[1:]),
        HEAD + packet("a,,b", *NAMES[1:]),
        HEAD + packet("\x1b]0;owned\x07", *NAMES[1:]),
        HEAD + packet("é", *NAMES[1:]),
        HEAD + packet("x" * 65, *NAMES[1:]),
        HEAD + packet(",".join("x" * 257), *NAMES[1:]),
        HEAD + b"\xff" * 400,
    ],
)
def test_what_is_no_door_is_refused_with_a_sentence(heard: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w{2,} \w+"):
        parse_door(heard, NOW)


@given(st.binary() | st.binary().map(lambda tail: HEAD + tail) | st.lists(st.text()).map(lambda t: HEAD + packet(*t)))
def test_any_bytes_are_a_door_or_refused(heard: bytes) -> None:
    try:
        door = parse_door(heard, NOW)
    except ValueError:
        return
    assert door.speaks_only_protocol_1 or (door.key_exchanges and door.ciphers and door.macs)
    assert all(name.isascii() and name.isprintable() for name in (*door.key_exchanges, *door.ciphers, *door.macs))


@given(st.integers(0, len(HEAD + packet(*NAMES)) - 1), st.binary(max_size=3))
def test_a_door_that_was_cut_or_changed_is_never_another_one_unseen(place: int, other: bytes) -> None:
    """Whatever happens to its bytes ends as a door or a sentence; one that is cut is never a door."""
    whole = HEAD + packet(*NAMES)
    with pytest.raises(ValueError, match=r"\w{2,} \w+"):
        parse_door(whole[:place], NOW)
    with suppress(ValueError):
        parse_door(whole[:place] + other + whole[place + len(other) :], NOW)
