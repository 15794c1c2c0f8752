"""The rules about the host key that an SSH server proved to have. Of its other keys nothing is known, nor said."""

from __future__ import annotations

from auditor.check import CRITICAL, LOW, MEDIUM, check, failed, not_applicable, passed
from auditor.facts.ssh import KeyTrust, SshHostKey, SshHostKeyCompared
from auditor.model import Evidence, Verdict

RSA = "ssh-rsa"
ACCEPTABLE, LONG_LASTING = 2048, 3072  # bits of an RSA key: NIST SP 800-57 part 1 revision 5, table 2
PAIRING = ("NIST SP 800-53r5 IA-3", "NIST SP 800-57pt1r5 5.6.1.1")
VOUCHED = {KeyTrust.CERTIFIED: "certified by a named authority", KeyTrust.SIGNED_DNS: "listed in its signed DNS zone"}
NO_KEY = not_applicable("the server shows no key of the pinned type, which is another check's fault")


@check(
    "ssh-host-key-changed", reads=SshHostKeyCompared, severity=CRITICAL, effort=2, controls=("RFC 4251 4.1", *PAIRING)
)
def host_key_changed(facts: SshHostKeyCompared) -> Verdict:
    """SSH server shows another host key than the pinned one.

    Why: Either the server was installed anew and nobody said so, or another machine answers in its place and receives
        what administrators type. Nothing was offered to it, and nothing will be before somebody has looked.
    Fix: At the server's own console: `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`. If that is the fingerprint
        shown here, pin the new key in the inventory; if it is not, treat the network in between as taken over.
    """
    shown = f"{facts.key_type} {facts.fingerprint}".strip() or "no key of the pinned type"
    if facts.trust is KeyTrust.ANOTHER:
        return failed("Another host key was shown.", Evidence("host key", shown, "the pinned one"))
    how = VOUCHED.get(facts.trust, "pinned")
    return passed(f"The host key is {how}.", Evidence("host key", shown, how))


@check("ssh-weak-host-key", reads=SshHostKey, severity=MEDIUM, effort=2, controls=PAIRING)
def weak_host_key(facts: SshHostKey) -> Verdict:
    """SSH server identifies itself with an RSA key under 2048 bits.

    Why: Such a key can be computed from its public half by those who can pay for it. Their machine then passes for this
        one, and administrators type their passwords into it.
    Fix: `rm /etc/ssh/ssh_host_rsa_key*`, `ssh-keygen -A`, `systemctl reload ssh` (RHEL: `sshd`); then pin the new key,
        and tell those who log in.
    """
    if not facts.key_type:
        return NO_KEY
    if facts.key_type == RSA and facts.bits < ACCEPTABLE:
        return failed("The key is too small.", _size(facts, ACCEPTABLE))
    return passed(
        "The key that was shown is not small; others that it may have were not looked at.", _size(facts, ACCEPTABLE)
    )


@check("ssh-short-host-key", reads=SshHostKey, severity=LOW, effort=2, controls=PAIRING)
def short_host_key(facts: SshHostKey) -> Verdict:
    """SSH server identifies itself with an RSA key under 3072 bits.

    Why: 2048 bits are thought to last until 2030. Host keys are seldom changed, so one that is made today should last
        longer.
    Fix: Pin the server's Ed25519 key instead (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` shows it). Or `rm
        /etc/ssh/ssh_host_rsa_key*`, `ssh-keygen -t rsa -b 3072 -N '' -f /etc/ssh/ssh_host_rsa_key`, `systemctl reload
        ssh` (RHEL: `sshd`), and pin the new key.
    """
    if not facts.key_type:
        return NO_KEY
    if facts.key_type == RSA and facts.bits < LONG_LASTING:
        return failed("The key is short.", _size(facts, LONG_LASTING))
    return passed(
        "The key that was shown lasts; others that it may have were not looked at.", _size(facts, LONG_LASTING)
    )


def _size(facts: SshHostKey, wanted: int) -> Evidence:
    return Evidence(
        "host key", f"{facts.key_type}, {facts.bits} bits", f"RSA of {wanted} bits or more, or another type"
    )


CHECKS = (host_key_changed, weak_host_key, short_host_key)
