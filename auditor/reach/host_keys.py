"""Which host keys a server may show: pinned in the inventory, or listed in a known_hosts file. Opens no connection.

known_hosts as in sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT": patterns with * ? and !, [host]:port, hashed names, @revoked
and @cert-authority.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path

from auditor.errors import Unreachable
from auditor.facts.ssh import KeyTrust
from auditor.model import Reason
from auditor.reach.host_certificates import SUFFIX, NotCertifiedError, require_certificate
from auditor.reach.login import Login
from auditor.records import dataclass

# The host key algorithms that paramiko can use, best first (RFC 8709, RFC 5656, RFC 8332), by the type of the key.
ALGORITHMS = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),  # never the SHA-1 signatures that share the key type's name
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownKey:
    """The host key that a server proved to have. `certificate`: what it came in, b"" where it came alone."""

    key_type: str
    bits: int
    blob: bytes
    certificate: bytes = b""

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.blob)

    @property
    def line(self) -> str:
        """As the inventory pins it, and known_hosts lists it."""
        return f"{self.key_type} {base64.b64encode(self.blob).decode()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """What is known of one server's host keys: (type, public blob), fingerprints "SHA256:…" without padding, and the
    public blobs of authorities that vouch for it. `listed` counts where there is nothing else alone."""

    keys: frozenset[tuple[str, bytes]] = frozenset()
    fingerprints: frozenset[str] = frozenset()
    revoked: frozenset[bytes] = frozenset()
    authorities: frozenset[bytes] = frozenset()
    listed: frozenset[tuple[str, bytes]] = frozenset()  # in signed DNS: (type, SHA-256 of the public blob)

    def __bool__(self) -> bool:
        return bool(self.keys or self.fingerprints or self.authorities or self.listed)

    def trust(self, key: ShownKey, host: str, now: datetime) -> tuple[KeyTrust, str]:
        """How a key compares with what is known, and why it does not do ("" where there is nothing to say)."""
        if key.blob in self.revoked:
            return KeyTrust.ANOTHER, "that key is revoked"
        if self.admit(key.key_type, key.blob):
            return KeyTrust.PINNED, ""
        if self.authorities and (key.certificate or not (self.keys or self.fingerprints)):
            return self._certified(key, host, now)
        if self.listed:
            found = (key.key_type, hashlib.sha256(key.blob).digest()) in self.listed
            return (KeyTrust.SIGNED_DNS, "") if found else (KeyTrust.ANOTHER, "its signed DNS zone lists another")
        return (KeyTrust.ANOTHER if self else KeyTrust.NOTHING_PINNED), ""

    def _certified(self, key: ShownKey, host: str, now: datetime) -> tuple[KeyTrust, str]:
        try:
            require_certificate(key.certificate, host, now, self.authorities, self.revoked)
        except NotCertifiedError as error:
            return (KeyTrust.ANOTHER if error.is_strange else KeyTrust.NOT_CERTIFIED), str(error)
        return KeyTrust.CERTIFIED, ""

    def admit(self, key_type: str, blob: bytes) -> bool:
        """Is this exactly a pinned key, and not a revoked one?"""
        if blob in self.revoked:
            return False
        return (key_type, blob) in self.keys or fingerprint(blob) in self.fingerprints

    def key_types(self) -> tuple[str, ...]:
        """The key types worth asking for: exactly the pinned ones, since a server with several keys otherwise shows one
        that nobody pinned (paramiko#2411). A fingerprint does not tell its type, so it asks for all."""
        pinned = {key_type for key_type, _ in self.keys | self.listed}
        return tuple(one for one in ALGORITHMS if one in pinned or self.fingerprints or not self)

    def certified_algorithms(self) -> list[str]:
        """Certificates are asked for first where an authority is known, since only they need no pinning."""
        every = [one + SUFFIX for names in ALGORITHMS.values() for one in names]
        return every if self.authorities else []


def pins_for(host_key: str | None, known_hosts: Path | None, login: Login) -> Pins:
    """The asset's own pin, else what the known_hosts file says of its name. Empty: nothing is pinned.

    Raises Unreachable(HOST_KEY_UNKNOWN) for a pin or a file that cannot be read.
    """
    if host_key is not None:
        return _pinned(host_key, login)
    if known_hosts is None:
        return Pins()
    try:
        text = known_hosts.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        detail = f"{login.place} ({known_hosts} could not be read: {error.strerror})"
        raise Unreachable(Reason.HOST_KEY_UNKNOWN, detail) from error
    return _listed(text.splitlines(), login)


def fingerprint(blob: bytes) -> str:
    """As ssh-keygen -l prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _pinned(host_key: str, login: Login) -> Pins:
    words = host_key.split()
    if len(words) == 1 and words[0].startswith("SHA256:"):
        return Pins(fingerprints=frozenset({words[0].rstrip("=")}))
    key = _key(words[0], words[1]) if len(words) > 1 else None
    if key is None:
        detail = f"{login.place} (its pinned host key is neither 'ssh-ed25519 AAAA…' nor 'SHA256:…')"
        raise Unreachable(Reason.HOST_KEY_UNKNOWN, detail)
    return Pins(keys=frozenset({key}))


def _listed(lines: Iterable[str], login: Login) -> Pins:
    keys, revoked, authorities = set[tuple[str, bytes]](), set[bytes](), set[bytes]()
    for mark, key in _entries(lines, login):
        if mark == "@revoked":
            revoked.add(key[1])
        elif mark == "@cert-authority":
            authorities.add(key[1])
        elif not mark and key[0] in ALGORITHMS:  # a key of a retired type cannot be asked for
            keys.add(key)
    return Pins(keys=frozenset(keys), revoked=frozenset(revoked), authorities=frozenset(authorities))


def _entries(lines: Iterable[str], login: Login) -> Iterator[tuple[str, tuple[str, bytes]]]:
    """(mark, key) of each line that speaks of this server. A line that cannot be read speaks of none."""
    name = login.known_name
    for line in lines:
        words = line.split()
        mark = words.pop(0) if words and words[0].startswith("@") else ""
        if len(words) < 3 or words[0].startswith("#") or not _names(words[0], name):
            continue
        key = _key(words[1], words[2])
        if key is not None:
            yield mark, key


def _names(patterns: str, name: str) -> bool:
    """Does the first field of a known_hosts line name this host? A pattern with ! that matches rules it out."""
    found = False
    for pattern in patterns.split(","):
        if pattern.startswith("|1|"):
            found = found or _hashed(pattern, name)
        elif pattern.startswith("!"):
            if _like(pattern[1:], name):
                return False
        else:
            found = found or _like(pattern, name)
    return found


def _like(pattern: str, name: str) -> bool:
    """Brackets are a part of [host]:port here, never a character class."""
    return fnmatchcase(name, pattern.lower().replace("[", "[[]"))


def _hashed(pattern: str, name: str) -> bool:
    """`|1|salt|HMAC-SHA1(salt, name)`, both in base64 (HashKnownHosts of ssh_config(5))."""
    try:
        salt, digest = (base64.b64decode(part, validate=True) for part in pattern.split("|")[2:])
    except ValueError:
        return False
    return hmac.compare_digest(hmac.digest(salt, name.encode(), "sha1"), digest)


def _key(key_type: str, encoded: str) -> tuple[str, bytes] | None:
    """None where the base64 is broken or the blob names another type than the line does (RFC 4253 section 6.6)."""
    try:
        blob = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    length = int.from_bytes(blob[:4], "big")
    return (key_type, blob) if blob[4 : 4 + length] == key_type.encode() else None
