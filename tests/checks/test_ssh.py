"""The SSH checks: what each says of a door, and that OpenSSH takes the lines that the fixes name."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.check import Check
from auditor.derive import Undecided
from auditor.facts.ssh import STRICT, KeyTrust, SshDoor, SshHostKey
from auditor.model import Outcome, Reason, Severity
from checks import ssh, ssh_keys
from checks.derivations.ssh_host_key import host_key_compared

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PASS, FAIL, NOT_APPLICABLE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE

# What OpenSSH 9.9 offers where nobody configured it, in its order, without what lacks PQ meaning.
GOOD = SshDoor(
    observed_at=NOW,
    identification="SSH-2.0-OpenSSH_9.9p2",
    key_exchanges=(
        "mlkem768x25519-sha256",
        "sntrup761x25519-sha512",
        "curve25519-sha256",
        "ecdh-sha2-nistp256",
        "diffie-hellman-group-exchange-sha256",
        "diffie-hellman-group14-sha256",
        "ext-info-s",
        STRICT,
    ),
    host_key_algorithms=("rsa-sha2-512", "rsa-sha2-256", "ecdsa-sha2-nistp256", "ssh-ed25519"),
    ciphers_in=("chacha20-poly1305@openssh.com", "aes128-ctr", "aes256-ctr", "aes256-gcm@openssh.com"),
    ciphers_out=("chacha20-poly1305@openssh.com", "aes128-ctr", "aes256-ctr", "aes256-gcm@openssh.com"),
    macs_in=("umac-128-etm@openssh.com", "hmac-sha2-256-etm@openssh.com", "hmac-sha2-512"),
    macs_out=("umac-128-etm@openssh.com", "hmac-sha2-256-etm@openssh.com", "hmac-sha2-512"),
    compressions_in=("none", "zlib@openssh.com"),
    compressions_out=("none", "zlib@openssh.com"),
)
ONLY_1 = SshDoor(observed_at=NOW, identification="SSH-1.5-OpenSSH_3.0")


def door(**lists: object) -> SshDoor:
    return replace(GOOD, **lists)  # type: ignore[arg-type]


def ciphers(*names: str) -> dict[str, tuple[str, ...]]:
    return {"ciphers_in": names, "ciphers_out": names}


def macs(*names: str) -> dict[str, tuple[str, ...]]:
    return {"macs_in": names, "macs_out": names}


def kex(*names: str) -> dict[str, tuple[str, ...]]:
    return {"key_exchanges": names}


def keys(*names: str) -> dict[str, tuple[str, ...]]:
    return {"host_key_algorithms": names}


LOOSE = tuple(name for name in GOOD.key_exchanges if name != STRICT)
CBC_ONLY_OUT = {"ciphers_in": ("aes128-ctr",), "ciphers_out": ("aes128-ctr", "aes128-cbc")}

ROWS: list[tuple[Check[SshDoor], SshDoor, Outcome]] = [
    *((check, GOOD, PASS) for check in ssh.CHECKS),
    *((check, ONLY_1, NOT_APPLICABLE) for check in ssh.CHECKS if check is not ssh.protocol_1_only),
    (ssh.protocol_1_only, ONLY_1, FAIL),
    (ssh.protocol_1_only, door(identification="SSH-1.99-Cisco-1.25"), PASS),
    (ssh.protocol_1, door(identification="SSH-1.99-Cisco-1.25"), FAIL),
    (ssh.protocol_1, door(identification="SSH-2.0-SSH-1.99-trick"), PASS),
    (ssh.null_cipher, door(**ciphers("aes128-ctr", "none")), FAIL),
    (ssh.null_cipher, door(ciphers_out=("none",)), FAIL),
    (ssh.null_cipher, door(**macs("hmac-sha2-256", "none")), FAIL),
    (ssh.null_cipher, door(compressions_in=("none",)), PASS),
    (ssh.outdated, door(**kex("diffie-hellman-group14-sha1", "ext-info-s", STRICT)), FAIL),
    (ssh.outdated, door(**kex("diffie-hellman-group14-sha1", "a-new-one@example.org")), PASS),
    (ssh.outdated, door(**keys("ssh-rsa", "ssh-dss")), FAIL),
    (ssh.outdated, door(**keys("ssh-rsa", "rsa-sha2-256")), PASS),
    (ssh.outdated, door(**ciphers("3des-cbc", "aes256-cbc", "arcfour128")), FAIL),
    (ssh.outdated, door(**ciphers("3des-cbc", "aes256-ctr")), PASS),
    (ssh.outdated, door(**macs("hmac-md5", "hmac-sha1-96")), FAIL),
    (ssh.outdated, door(**macs("hmac-md5"), **ciphers("aes256-gcm@openssh.com")), PASS),  # no MAC is used
    (ssh.outdated, door(**macs("hmac-sha1")), PASS),
    (ssh.broken_cipher, door(**ciphers("aes128-ctr", "3des-cbc")), FAIL),
    (ssh.broken_cipher, door(**ciphers("aes128-ctr", "arcfour256")), FAIL),
    (ssh.broken_cipher, door(ciphers_out=("aes128-ctr", "blowfish-cbc")), FAIL),
    (ssh.broken_cipher, door(**ciphers("aes128-ctr", "aes128-cbc")), PASS),
    (ssh.cbc_cipher, door(**ciphers("aes128-ctr", "aes128-cbc")), FAIL),
    (ssh.cbc_cipher, door(**ciphers("rijndael-cbc@lysator.liu.se")), FAIL),
    (ssh.cbc_cipher, door(**ciphers("aes128-cbc"), **macs("hmac-sha2-256-etm@openssh.com")), PASS),
    (ssh.cbc_cipher, door(**ciphers("aes128-cbc"), **macs("hmac-sha2-256-etm@openssh.com", "hmac-sha1")), FAIL),
    (ssh.cbc_cipher, door(**ciphers("aes128-ctr", "3des-cbc")), PASS),  # the former check's fault
    (ssh.weak_key_exchange, door(**kex("curve25519-sha256", "diffie-hellman-group1-sha1")), FAIL),
    (ssh.weak_key_exchange, door(**kex("curve25519-sha256", "diffie-hellman-group-exchange-sha1")), FAIL),
    (ssh.weak_key_exchange, door(**kex("curve25519-sha256", "gss-group14-sha1-toWM5Slw5Ew8Mqkay+al2g==")), FAIL),
    (ssh.weak_key_exchange, door(**kex("rsa1024-sha1", "rsa2048-sha256")), FAIL),
    (ssh.weak_key_exchange, door(**kex("diffie-hellman-group14-sha256", "diffie-hellman-group18-sha512")), PASS),
    (ssh.weak_mac, door(**macs("hmac-sha2-256", "hmac-md5")), FAIL),
    (ssh.weak_mac, door(**macs("hmac-sha2-256", "hmac-sha1-96-etm@openssh.com")), FAIL),
    (ssh.weak_mac, door(macs_out=("hmac-md5-96",)), FAIL),
    (ssh.weak_mac, door(**macs("hmac-md5"), **ciphers("aes256-gcm@openssh.com")), NOT_APPLICABLE),
    (ssh.weak_mac, door(**macs("hmac-sha1", "umac-64@openssh.com")), PASS),
    (ssh.dated_mac, door(**macs("hmac-sha2-256", "hmac-sha1")), FAIL),
    (ssh.dated_mac, door(**macs("hmac-sha2-256", "umac-64-etm@openssh.com")), FAIL),
    (ssh.weak_mac, door(**macs("hmac-sha2-256-96", "umac-96@openssh.com")), PASS),
    (ssh.weak_mac, door(**macs("hmac-sha2-256", "sha1")), FAIL),  # a hash without a key
    (ssh.weak_host_key_algorithm, door(**keys("ssh-ed25519", "x509v3-sign-dss-sha256@ssh.com")), FAIL),
    (ssh.weak_host_key_algorithm, door(**keys("sk-ecdsa-sha2-nistp256@openssh.com")), PASS),
    (ssh.dated_mac, door(**macs("hmac-sha2-256", "hmac-sha2-256-96")), FAIL),
    (ssh.dated_mac, door(**macs("hmac-sha1-96")), PASS),  # the former check's fault
    (ssh.dated_mac, door(**macs("hmac-sha1"), **ciphers("aes128-gcm@openssh.com")), NOT_APPLICABLE),
    (ssh.weak_host_key_algorithm, door(**keys("ssh-ed25519", "ssh-dss")), FAIL),
    (ssh.weak_host_key_algorithm, door(**keys("ssh-ed25519", "ssh-rsa")), FAIL),
    (ssh.weak_host_key_algorithm, door(**keys("ssh-ed25519", "ssh-rsa", "rsa-sha2-256")), PASS),
    (ssh.weak_host_key_algorithm, door(**keys("ssh-ed25519-cert-v01@openssh.com", "ssh-ed25519")), PASS),
    (ssh.terrapin, door(**kex(*LOOSE)), FAIL),
    (ssh.terrapin, door(**kex(*LOOSE), **ciphers("aes128-ctr", "aes128-gcm@openssh.com")), PASS),
    (ssh.terrapin, door(**kex(*LOOSE), **ciphers("aes128-cbc")), FAIL),
    (ssh.terrapin, door(**kex(*LOOSE), **ciphers("aes128-cbc"), **macs("hmac-sha2-256")), PASS),
    (
        ssh.terrapin,
        door(**kex(*LOOSE), **CBC_ONLY_OUT, macs_in=("hmac-sha2-256-etm@openssh.com",), macs_out=("x",)),
        PASS,
    ),
    (ssh.terrapin, door(**kex(*LOOSE), **CBC_ONLY_OUT, macs_out=("hmac-sha2-256-etm@openssh.com",)), FAIL),
    (
        ssh.terrapin,
        door(**kex(*LOOSE, "kex-strict-c-v00@openssh.com")),
        FAIL,
    ),  # the client's signal is none of a server
    (ssh.no_post_quantum, door(**kex("curve25519-sha256", STRICT)), FAIL),
    (ssh.no_post_quantum, door(**kex("sntrup761x25519-sha512@openssh.com")), PASS),
    (ssh.no_post_quantum, door(**kex("mlkem1024nistp384-sha384")), PASS),
]


@pytest.mark.parametrize(("check", "facts", "outcome"), ROWS)
def test_what_each_check_says_of_a_door(check: Check[SshDoor], facts: SshDoor, outcome: Outcome) -> None:
    assert check.judge(facts).outcome is outcome


@given(st.lists(st.sampled_from(sorted({*GOOD.ciphers, "aes128-cbc", "3des-cbc", "none", "x\x1b[2J"})), min_size=1))
def test_one_more_cipher_never_makes_a_door_better(names: list[str]) -> None:
    """Fewer ciphers can only be safer, but for being outdated, which one good one ends."""
    less, more = door(**ciphers("aes128-ctr")), door(**ciphers("aes128-ctr", *names))
    for check in ssh.CHECKS:
        if check.judge(less).outcome is FAIL:
            assert check.judge(more).outcome is FAIL


# --- the host key ----------------------------------------------------------------------------------------------------


def key(kind: str = "ssh-ed25519", bits: int = 256, trust: KeyTrust = KeyTrust.PINNED) -> SshHostKey:
    return SshHostKey(observed_at=NOW, key_type=kind, bits=bits, fingerprint="SHA256:x" if kind else "", trust=trust)


@pytest.mark.parametrize(
    ("facts", "weak", "short"),
    [
        (key(), PASS, PASS),
        (key("ecdsa-sha2-nistp256"), PASS, PASS),
        (key("ssh-rsa", 1024), FAIL, FAIL),
        (key("ssh-rsa", 2047), FAIL, FAIL),
        (key("ssh-rsa", 2048), PASS, FAIL),
        (key("ssh-rsa", 3071), PASS, FAIL),
        (key("ssh-rsa", 3072), PASS, PASS),
        (key("", 0, KeyTrust.ANOTHER), NOT_APPLICABLE, NOT_APPLICABLE),
    ],
)
def test_what_is_said_of_a_keys_size(facts: SshHostKey, weak: Outcome, short: Outcome) -> None:
    assert ssh_keys.weak_host_key.judge(facts).outcome is weak
    assert ssh_keys.short_host_key.judge(facts).outcome is short


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        (key(), PASS),
        (key(trust=KeyTrust.CERTIFIED), PASS),
        (key(trust=KeyTrust.ANOTHER), FAIL),
        (key("", 0, KeyTrust.ANOTHER), FAIL),
    ],
)
def test_a_key_that_was_compared_is_the_pinned_one_or_not(facts: SshHostKey, outcome: Outcome) -> None:
    assert ssh_keys.host_key_changed.judge(host_key_compared.derive(facts)).outcome is outcome
    assert ssh_keys.host_key_changed.severity is Severity.CRITICAL


@pytest.mark.parametrize("trust", [KeyTrust.NOTHING_PINNED, KeyTrust.NOT_CERTIFIED])
def test_a_key_that_nobody_knows_is_no_pass(trust: KeyTrust) -> None:
    with pytest.raises(Undecided) as caught:
        host_key_compared.derive(key(trust=trust))
    assert caught.value.reason is Reason.HOST_KEY_UNKNOWN


# --- facts refuse an empty truth -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lists",
    [{"key_exchanges": ()}, {"ciphers_in": ()}, {"ciphers_out": ()}, {"macs_out": ()}, {"identification": "HTTP/1.1"}],
)
def test_a_door_that_offers_nothing_is_refused(lists: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"nothing|identification"):
        door(**lists)


def test_no_key_is_never_trusted() -> None:
    with pytest.raises(ValueError, match="no key"):
        key("", 0, KeyTrust.PINNED)


# --- the lines of the fixes ------------------------------------------------------------------------------------------

LINE = re.compile(r"`((?:Ciphers|MACs|KexAlgorithms) [^`]*)`")
GOES = {"Ciphers": "ciphers", "MACs": "macs", "KexAlgorithms": "kexalgorithms"}


@pytest.mark.root
@pytest.mark.skipif(not shutil.which("sshd", path="/usr/sbin"), reason="OpenSSH's server is not installed")
@pytest.mark.parametrize("check", [check for check in ssh.CHECKS if LINE.search(check.fix)], ids=lambda check: check.id)
def test_sshd_takes_the_line_of_a_fix_and_offers_none_of_it_any_more(check: Check[SshDoor], tmp_path: Path) -> None:
    """Debian's sshd, which still knows most of what the lines take away."""
    found = LINE.search(check.fix)
    assert found
    word, _, removed = found[1].partition(" ")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    (tmp_path / "config").write_text(f"HostKey {tmp_path / 'key'}\n{found[1]}\n")
    said = subprocess.run(
        ["/usr/sbin/sshd", "-T", "-f", str(tmp_path / "config")], capture_output=True, text=True, check=True
    ).stdout
    (left,) = [line.split()[1].split(",") for line in said.splitlines() if line.startswith(f"{GOES[word]} ")]
    patterns = [re.compile(one.replace("*", ".*")) for one in removed.removeprefix("-").split(",")]
    assert left
    assert not [name for name in left if any(pattern.fullmatch(name) for pattern in patterns)]
