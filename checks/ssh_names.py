"""What the names of SSH algorithms stand for. A name that nobody here knows counts as neither weak nor good.

Sources: RFC 9142 (key exchanges), RFC 8758 (RC4), RFC 8332 (RSA with SHA-2), NIST SP 800-131A revision 2 (SHA-1, 3DES),
the registry "Secure Shell (SSH) Protocol Parameters" of IANA, and the vendors' own names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

NO_EXCHANGES = re.compile(r"(ext-info-[cs]|kex-strict-[cs]-v00@openssh\.com|kex-guess2@matt\.ucc\.asn\.au)")
WEAK_EXCHANGE = re.compile(r".*(sha1|rsa1024|group1-).*", re.IGNORECASE)
HYBRID = re.compile(r".*(mlkem|sntrup|kyber|frodo|hqc|mceliece).*", re.IGNORECASE)
BROKEN_CIPHER = re.compile(r"des|(arcfour|rc4|des-|3des|blowfish|cast|idea|crypticore|xor).*")
OWN_INTEGRITY = re.compile(r".*(-gcm|_gcm|-ccm|_ccm|chacha20-poly1305).*", re.IGNORECASE)
WEAK_MAC = re.compile(r".*(md5|md4|sha-?1-96|umac-32|crc32|none).*|(sha1|ripemd160)(-8)?")  # the last have no key
DATED_MAC = re.compile(r".*(hmac-sha-?1|umac-64|ripemd|rmd160|-96).*")
SHA1_RSA = re.compile(r"ssh-rsa1?|ssh-rsa-cert-v0[01]@openssh\.com|x509v3-s(ign|sh)-rsa(-sha1)?|(spki|pgp)-sign-rsa")
SHA2_RSA = re.compile(r".*rsa.*sha(2|256|384|512).*")
DSA = re.compile(r".*\bds[as]\b.*")  # not ECDSA
NO_KEY = "null"  # of GSS-API alone (RFC 4462 section 5)
NONE = "none"
CHACHA = "chacha20-poly1305@openssh.com"


def exchanges(names: Iterable[str]) -> tuple[str, ...]:
    """Without the signals that are sent in the same list."""
    return tuple(name for name in names if not NO_EXCHANGES.fullmatch(name))


def weak_exchanges(names: Iterable[str]) -> tuple[str, ...]:
    """With SHA-1, or numbers of 1024 bits."""
    return tuple(name for name in exchanges(names) if WEAK_EXCHANGE.fullmatch(name))


def hybrids(names: Iterable[str]) -> tuple[str, ...]:
    """Key exchanges that a quantum computer does not undo."""
    return tuple(name for name in exchanges(names) if HYBRID.fullmatch(name))


def broken_ciphers(names: Iterable[str]) -> tuple[str, ...]:
    """RC4, and ciphers of 64-bit blocks."""
    return tuple(name for name in names if BROKEN_CIPHER.fullmatch(name))


def cbc_ciphers(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if "-cbc" in name)


def needing_macs(names: Iterable[str]) -> tuple[str, ...]:
    """Ciphers that do not protect what they encrypt against changes."""
    return tuple(name for name in names if not OWN_INTEGRITY.fullmatch(name))


def etm_macs(names: Iterable[str]) -> tuple[str, ...]:
    """Over the encrypted message."""
    return tuple(name for name in names if "-etm@" in name)


def weak_macs(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if WEAK_MAC.fullmatch(name))


def dated_macs(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if DATED_MAC.fullmatch(name) and not WEAK_MAC.fullmatch(name))


def weak_signatures(names: Iterable[str]) -> tuple[str, ...]:
    """Host key algorithms: DSA, and RSA where it signs with SHA-1 and with nothing else."""
    every = tuple(names)
    signs_better = any(SHA2_RSA.fullmatch(name) for name in every)
    return tuple(name for name in every if DSA.fullmatch(name) or (SHA1_RSA.fullmatch(name) and not signs_better))


def old_signatures(names: Iterable[str]) -> tuple[str, ...]:
    """Those that current clients do not take, whatever else is offered."""
    return tuple(name for name in names if DSA.fullmatch(name) or SHA1_RSA.fullmatch(name) or name == NO_KEY)
