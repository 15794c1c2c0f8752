"""What an SSH server offers to everybody, before any login, and the host key that it answers with. Never judges."""

from __future__ import annotations

import re
from enum import StrEnum

from auditor.facts.base import Facts
from auditor.records import dataclass

STRICT = "kex-strict-s-v00@openssh.com"  # the server counts messages from the first one on (OpenSSH's PROTOCOL, 1.10)
IDENTIFICATION = re.compile(r"SSH-([0-9.]+)-(.*)", re.DOTALL)


class KeyTrust(StrEnum):
    """How the host key that was shown compares with what is known of the server."""

    NOTHING_PINNED = "nothing_pinned"
    PINNED = "pinned"  # exactly the key in the inventory or in known_hosts
    CERTIFIED = "certified"  # by an authority that known_hosts names for it (@cert-authority)
    SIGNED_DNS = "signed_dns"  # by the fingerprint that its signed zone lists (SSHFP)
    NOT_CERTIFIED = "not_certified"  # such an authority is named, and it shows no certificate that would do
    ANOTHER = "another"  # not the pinned key, or none of the pinned type, or one that is revoked


@dataclass(frozen=True, slots=True, kw_only=True)
class SshDoor(Facts):
    """The identification line and the lists of the first KEXINIT (RFC 4253 sections 4.2 and 7.1), as the server ordered
    them. `_in` is client to server. A server of protocol 1 alone has no lists.

    Raises ValueError where a server of protocol 2 offers nothing of a sort: no such connection could be made.
    """

    identification: str
    key_exchanges: tuple[str, ...] = ()
    host_key_algorithms: tuple[str, ...] = ()
    ciphers_in: tuple[str, ...] = ()
    ciphers_out: tuple[str, ...] = ()
    macs_in: tuple[str, ...] = ()
    macs_out: tuple[str, ...] = ()
    compressions_in: tuple[str, ...] = ()
    compressions_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        lists = (self.key_exchanges, self.host_key_algorithms, self.ciphers_in, self.ciphers_out, self.macs_in)
        if not self.protocol:
            raise ValueError("this is no identification of an SSH server")
        if not self.speaks_only_protocol_1 and not all((*lists, self.macs_out)):
            raise ValueError("it offers nothing of one sort of algorithms")

    @property
    def protocol(self) -> str:
        """ "2.0"; "1.99" of a server that speaks protocol 1 as well (RFC 4253 section 5.1)."""
        found = IDENTIFICATION.match(self.identification)
        return found[1] if found else ""

    @property
    def software(self) -> str:
        """What it claims to be, comment included: "OpenSSH_9.2p1 Debian-2"."""
        found = IDENTIFICATION.match(self.identification)
        return found[2].strip() if found else ""

    @property
    def speaks_only_protocol_1(self) -> bool:
        return self.protocol.startswith("1.") and self.protocol != "1.99"

    @property
    def ciphers(self) -> tuple[str, ...]:
        """Of both directions, each once."""
        return tuple(dict.fromkeys(self.ciphers_in + self.ciphers_out))

    @property
    def macs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.macs_in + self.macs_out))

    @property
    def is_strict(self) -> bool:
        """Does it offer the stricter key exchange?"""
        return STRICT in self.key_exchanges


@dataclass(frozen=True, slots=True, kw_only=True)
class SshHostKey(Facts):
    """The host key that the server proved to have in this key exchange; of its other keys nothing is known.

    `key_type` "": it has none of the pinned type any more. `fingerprint` is written as ssh-keygen -l prints it.
    Raises ValueError where no key was shown and trust is claimed.
    """

    key_type: str
    bits: int
    fingerprint: str
    trust: KeyTrust

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if not self.key_type and self.trust is not KeyTrust.ANOTHER:
            raise ValueError("no key was shown, so none can be trusted")


@dataclass(frozen=True, slots=True, kw_only=True)
class SshHostKeyCompared(Facts):
    """Derived: the shown key beside what is pinned, where something is. The fields are those of `SshHostKey`."""

    key_type: str
    fingerprint: str
    trust: KeyTrust
