"""The rules about what an SSH server offers before any login. Reads its door, never a server.

A client and a server agree on the first algorithm of the client's list that both have, and sign what they offered. So a
weak one is used by old clients alone; it is a fault of the server all the same, since it decides whom it lets in how.
"""

from __future__ import annotations

from collections.abc import Iterable

from auditor.check import CRITICAL, HIGH, LOW, MEDIUM, check, failed, not_applicable, passed
from auditor.facts.ssh import SshDoor
from auditor.model import Evidence, Verdict
from checks.ssh_names import (
    CHACHA,
    NONE,
    broken_ciphers,
    cbc_ciphers,
    dated_macs,
    etm_macs,
    exchanges,
    hybrids,
    needing_macs,
    old_signatures,
    weak_exchanges,
    weak_macs,
    weak_signatures,
)

IN_TRANSIT = ("NIST SP 800-53r5 SC-8(1)", "NIST SP 800-53r5 AC-17(2)")
PROTOCOL_1 = not_applicable("the server speaks nothing but protocol 1, which is another check's fault")
KEX, CIPHERS, MACS, KEYS = "key exchanges", "ciphers", "MACs", "host key algorithms"


@check("ssh-protocol-1-only", reads=SshDoor, severity=CRITICAL, effort=3, controls=("RFC 4253 5", *IN_TRANSIT))
def protocol_1_only(facts: SshDoor) -> Verdict:
    """SSH server speaks nothing but protocol 1.

    Why: Protocol 1 was given up in 2006: whoever sits on the line can read the session, insert commands into it and
        learn the password. No current client connects to such a server at all.
    Fix: Replace its software by a current one (`apt install openssh-server`, `dnf install openssh-server`); of a
        device, install the vendor's update, or generate keys for version 2 (Cisco IOS: `crypto key generate rsa modulus
        3072`, then `ip ssh version 2`).
    """
    if facts.speaks_only_protocol_1:
        return failed("The server speaks protocol 1 alone.", _identified(facts))
    return passed("The server speaks protocol 2.", _identified(facts))


@check("ssh-protocol-1", reads=SshDoor, severity=HIGH, effort=1, controls=("RFC 4253 5.1", *IN_TRANSIT))
def protocol_1(facts: SshDoor) -> Verdict:
    """SSH server still speaks protocol 1 beside protocol 2.

    Why: A client that asks for protocol 1 gets it, and whoever sits on the line can then read the session and insert
        commands into it.
    Fix: OpenSSH before 7.4: `Protocol 2` in /etc/ssh/sshd_config; later ones cannot speak it. Cisco IOS: `ip ssh
        version 2`.
    """
    if facts.speaks_only_protocol_1:
        return PROTOCOL_1
    if facts.protocol == "1.99":
        return failed("The server speaks protocol 1 as well.", _identified(facts))
    return passed("The server does not speak protocol 1.", _identified(facts))


@check("ssh-null-cipher", reads=SshDoor, severity=CRITICAL, effort=1, controls=("RFC 4253 6.3", *IN_TRANSIT))
def null_cipher(facts: SshDoor) -> Verdict:
    """SSH server offers sessions without encryption, or without protection against changes.

    Why: Whoever sits on the line reads such a session, passwords included, or changes what is typed in it.
    Fix: Take `none` out of the lines `Ciphers` and `MACs` of /etc/ssh/sshd_config (or delete those lines: no current
        default has it), then `systemctl reload ssh` (RHEL: `sshd`).
    """
    bare = [name for name in facts.ciphers if name == NONE] + [name for name in facts.macs if name == NONE]
    return _none_of(facts, bare, f"{CIPHERS} and {MACS}", "every cipher encrypts and every MAC protects")


@check("ssh-outdated", reads=SshDoor, severity=HIGH, effort=5, controls=("RFC 9142 3", *IN_TRANSIT))
def outdated(facts: SshDoor) -> Verdict:
    """SSH server offers retired algorithms only.

    Why: No client of today connects to it without having its own protection lowered first, and that of all its other
        connections with it. Software of that age gets no security updates either.
    Fix: Update the system to a release that is still supported; of a device, install the vendor's update. Until then
        reach it through a jump host alone, so that its sessions cross no other network.
    """
    if facts.speaks_only_protocol_1:
        return PROTOCOL_1
    sorts = (
        (KEX, exchanges(facts.key_exchanges), weak_exchanges(facts.key_exchanges)),
        (KEYS, facts.host_key_algorithms, old_signatures(facts.host_key_algorithms)),
        (CIPHERS, facts.ciphers, tuple({*broken_ciphers(facts.ciphers), *cbc_ciphers(facts.ciphers)})),
        (MACS, facts.macs if needing_macs(facts.ciphers) else (), weak_macs(facts.macs)),
    )
    old = [
        Evidence(sort, _listed(names), "one that is not retired") for sort, names, weak in sorts if _all(names, weak)
    ]
    if old:
        return failed("Of one sort of algorithms the server offers nothing but retired ones.", *old)
    return passed("Of each sort of algorithms the server offers one that is not retired.")


@check(
    "ssh-broken-cipher",
    reads=SshDoor,
    severity=HIGH,
    effort=1,
    controls=("RFC 8758", "NIST SP 800-131Ar2 2", "CVE-2016-2183", *IN_TRANSIT),
)
def broken_cipher(facts: SshDoor) -> Verdict:
    """SSH server offers RC4 or a cipher of small blocks (3DES, Blowfish, CAST).

    Why: RC4 gives away what it encrypts bit by bit, and ciphers of 64-bit blocks do so once a session has carried some
        gigabytes: a copied backup is enough.
    Fix: In /etc/ssh/sshd_config, as its only line of the kind: `Ciphers -*-cbc,arcfour*` (RHEL: `update-crypto-policies
        --set DEFAULT`), then `systemctl reload ssh` (RHEL: `sshd`).
    """
    return _none_of(facts, broken_ciphers(facts.ciphers), CIPHERS, "no RC4 and no cipher of small blocks is offered")


@check("ssh-cbc-cipher", reads=SshDoor, severity=MEDIUM, effort=1, controls=("CVE-2008-5161", *IN_TRANSIT))
def cbc_cipher(facts: SshDoor) -> Verdict:
    """SSH server offers CBC ciphers with MACs that leave them open to changes.

    Why: SSH checks such a message after it was decrypted. Whoever sits on the line can change it, watch how the server
        reacts, and learn pieces of what was said.
    Fix: In /etc/ssh/sshd_config, as its only line of the kind: `Ciphers -*-cbc,arcfour*`, then `systemctl reload ssh`
    (RHEL: `sshd`).
    """
    broken = set(broken_ciphers(facts.ciphers))
    blocks = [name for name in cbc_ciphers(facts.ciphers) if name not in broken]
    late = [name for name in facts.macs if name not in etm_macs(facts.macs)]
    if blocks and not late:
        return passed("CBC is offered with MACs over the encrypted message alone.", Evidence(MACS, *_row(facts.macs)))
    return _none_of(facts, blocks, CIPHERS, "no CBC cipher is offered beside those that are broken anyway")


@check(
    "ssh-weak-key-exchange",
    reads=SshDoor,
    severity=MEDIUM,
    effort=1,
    controls=("RFC 9142 4", "NIST SP 800-131Ar2 9", *IN_TRANSIT),
)
def weak_key_exchange(facts: SshDoor) -> Verdict:
    """SSH server offers key exchanges with SHA-1 or with numbers of 1024 bits.

    Why: Nation states are able to undo an exchange over the old 1024-bit prime that all servers share, and read what
        was recorded years ago. SHA-1 no longer proves that nobody interfered.
    Fix: In /etc/ssh/sshd_config, as its only line of the kind: `KexAlgorithms -*-sha1,rsa1024*` (RHEL 8:
        `update-crypto-policies --set DEFAULT:NO-SHA1`), then `systemctl reload ssh` (RHEL: `sshd`).
    """
    return _none_of(facts, weak_exchanges(facts.key_exchanges), KEX, "no exchange uses SHA-1 or 1024 bits")


@check("ssh-weak-mac", reads=SshDoor, severity=MEDIUM, effort=1, controls=("RFC 6151", *IN_TRANSIT))
def weak_mac(facts: SshDoor) -> Verdict:
    """SSH server offers MACs with MD5, or with SHA-1 cut to 96 bits.

    Why: The MAC is what tells a changed message from a genuine one. MD5 was broken long ago, and of SHA-1, which is
        dated, almost half is thrown away here.
    Fix: In /etc/ssh/sshd_config, as its only line of the kind: `MACs -*md5*,*sha1*,*-96*,umac-64*,*ripemd*`, then
        `systemctl reload ssh` (RHEL: `sshd`).
    """
    if not facts.speaks_only_protocol_1 and not needing_macs(facts.ciphers):
        return not_applicable("every cipher that is offered brings its own protection, so no MAC is used")
    weak = [name for name in weak_macs(facts.macs) if name != NONE]
    return _none_of(facts, weak, MACS, "no MAC uses MD5, or SHA-1 cut to 96 bits")


@check(
    "ssh-weak-host-key-algorithm",
    reads=SshDoor,
    severity=MEDIUM,
    effort=1,
    controls=("RFC 8332", "NIST FIPS 186-5", *IN_TRANSIT),
)
def weak_host_key_algorithm(facts: SshDoor) -> Verdict:
    """SSH server identifies itself with DSA, or with RSA and SHA-1 alone.

    Why: DSA keys have 1024 bits, and signatures over SHA-1 can be forged by those who can pay for it: then another
        machine passes for this one. Current clients refuse both.
    Fix: `ssh-keygen -A` makes an Ed25519 key; name it with `HostKey /etc/ssh/ssh_host_ed25519_key` and drop the line of
        the DSA key in /etc/ssh/sshd_config, then `systemctl reload ssh` (RHEL: `sshd`). RSA with SHA-2 needs OpenSSH
        7.2 or later.
    """
    weak = weak_signatures(facts.host_key_algorithms)
    return _none_of(facts, weak, KEYS, "it signs neither with DSA nor with RSA and SHA-1 alone")


@check("ssh-terrapin", reads=SshDoor, severity=MEDIUM, effort=2, controls=("CVE-2023-48795", *IN_TRANSIT))
def terrapin(facts: SshDoor) -> Verdict:
    """SSH server can be made to lose the first messages of a session (Terrapin).

    Why: Whoever sits on the line can cut messages out of the start of a session, and neither side notices. That turns
        off protections that were agreed on, against the timing of keystrokes for instance.
    Fix: Update the server: OpenSSH 9.6, or the corrected package of your distribution. Until then, in
        /etc/ssh/sshd_config: `Ciphers -*-cbc,arcfour*,chacha20-poly1305@openssh.com`, then `systemctl reload ssh`
        (RHEL: `sshd`).
    """
    if facts.speaks_only_protocol_1:
        return PROTOCOL_1
    if facts.is_strict:
        return passed("The server counts messages from the first one on (strict key exchange).")
    open_to_it = _open_to_terrapin(facts)
    if open_to_it:
        return failed(
            "Messages can be cut out of the start.", Evidence(CIPHERS, _listed(open_to_it), "strict exchange")
        )
    return passed("No cipher that the server offers is open to it.", Evidence(CIPHERS, *_row(facts.ciphers)))


@check("ssh-dated-mac", reads=SshDoor, severity=LOW, effort=1, controls=("NIST SP 800-131Ar2 9", *IN_TRANSIT))
def dated_mac(facts: SshDoor) -> Verdict:
    """SSH server offers MACs with SHA-1, or short ones.

    Why: Nothing is known to break them today, but SHA-1 is to be gone by 2030, and those of 64 or 96 bits
    leave little room.
    Fix: In /etc/ssh/sshd_config, as its only line of the kind: `MACs -*md5*,*sha1*,*-96*,umac-64*,*ripemd*`, then
        `systemctl reload ssh` (RHEL: `sshd`).
    """
    if not facts.speaks_only_protocol_1 and not needing_macs(facts.ciphers):
        return not_applicable("every cipher that is offered brings its own protection, so no MAC is used")
    return _none_of(facts, dated_macs(facts.macs), MACS, "no MAC uses SHA-1 or is short")


@check("ssh-no-post-quantum", reads=SshDoor, severity=LOW, effort=2, controls=("NIST FIPS 203", *IN_TRANSIT))
def no_post_quantum(facts: SshDoor) -> Verdict:
    """SSH server offers no key exchange that withstands quantum computers.

    Why: What is recorded today can be read once such a computer exists, and what administrators type holds passwords
        that are still in use then.
    Fix: Update to OpenSSH 9.0 or later, which offers one by itself (`ssh -Q kex` lists sntrup761x25519-sha512, from 9.9
        on mlkem768x25519-sha256); a line `KexAlgorithms` in /etc/ssh/sshd_config must not leave it out.
    """
    if facts.speaks_only_protocol_1:
        return PROTOCOL_1
    found = hybrids(facts.key_exchanges)
    if found:
        return passed(
            "A key exchange that withstands quantum computers is offered.", Evidence(KEX, _listed(found), "one such")
        )
    return failed("None is offered.", Evidence(KEX, _listed(exchanges(facts.key_exchanges)), "mlkem768x25519-sha256"))


def _open_to_terrapin(facts: SshDoor) -> list[str]:
    """Ciphers whose count of messages can be shifted unseen, direction by direction."""
    found = [name for name in facts.ciphers if name == CHACHA]
    for ciphers, macs in ((facts.ciphers_in, facts.macs_in), (facts.ciphers_out, facts.macs_out)):
        found += cbc_ciphers(ciphers) if etm_macs(macs) else ()
    return list(dict.fromkeys(found))


def _none_of(facts: SshDoor, weak: Iterable[str], sort: str, good: str) -> Verdict:
    if facts.speaks_only_protocol_1:
        return PROTOCOL_1
    names = tuple(dict.fromkeys(weak))
    if names:
        return failed(f"The server offers {len(names)} of them.", Evidence(sort, _listed(names), "none of these"))
    return passed(f"{good[0].upper()}{good[1:]}.")


def _all(names: tuple[str, ...], weak: Iterable[str]) -> bool:
    return bool(names) and set(names) <= set(weak)


def _row(names: Iterable[str]) -> tuple[str, str]:
    return _listed(names), "these, or better ones"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _identified(facts: SshDoor) -> Evidence:
    return Evidence("identification", facts.identification, "SSH-2.0-…")


CHECKS = (
    protocol_1_only,
    protocol_1,
    null_cipher,
    outdated,
    broken_cipher,
    cbc_cipher,
    weak_key_exchange,
    weak_mac,
    weak_host_key_algorithm,
    terrapin,
    dated_mac,
    no_post_quantum,
)
