"""MySQL's and MariaDB's way to TLS ("Client/Server Protocol", "Connection Phase"): the greeting's flags, SSLRequest."""

from __future__ import annotations

from auditor.errors import Unreachable
from auditor.facts.starttls import PortSoftware
from auditor.model import Reason
from auditor.probes.starttls.dialogue import Logins, NoTls, Ready, Talk, not_spoken, put_off, too_early

VERSION_10, ERROR = 0x0A, 0xFF
CLIENT_PROTOCOL_41, CLIENT_SSL, CLIENT_SECURE_CONNECTION, CLIENT_PLUGIN_AUTH = 0x200, 0x800, 0x8000, 0x80000
FLAGS = CLIENT_PROTOCOL_41 | CLIENT_SSL | CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH
UTF8MB4 = 45
# Sequence number 1; flags, 16 MiB as the largest packet, character set, 23 zeros: a login cut off before the name.
SSL_REQUEST = (32).to_bytes(3, "little") + b"\x01" + FLAGS.to_bytes(4, "little") + (1 << 24).to_bytes(4, "little")
SSL_REQUEST += bytes([UTF8MB4]) + bytes(23)
LONGEST = 1_024
AFTER_VERSION = 4 + 8 + 1  # connection id, first part of the salt, filler; then the lower flags


class MysqlDialogue:
    """Which logins are taken without TLS depends on the account, so nobody tells before a login."""

    def __init__(self) -> None:
        self.logins: Logins | None = None
        self.software: PortSoftware | None = None

    def talk(self) -> Talk:
        held = b""
        while len(held) < 4 or len(held) < 4 + _length(held):
            held += yield b""
        packet, rest = held[4 : 4 + _length(held)], held[4 + _length(held) :]
        if packet[:1] == bytes([ERROR]):
            raise put_off(f"the greeting is error {int.from_bytes(packet[1:3], 'little')}")
        flags = _flags(packet)
        self.software = PortSoftware.MYSQL
        if not flags & CLIENT_SSL:
            return NoTls("the greeting does not offer TLS (CLIENT_SSL)")
        if rest:
            raise too_early()
        return Ready(SSL_REQUEST)


def _length(held: bytes) -> int:
    """Of the first packet, which is number 0. Raises Unreachable."""
    length = int.from_bytes(held[:3], "little")
    if held[3] != 0 or not length:
        raise not_spoken("a greeting that is none of MySQL")
    if length > LONGEST:
        raise Unreachable(Reason.TOO_LONG, f"a greeting of {length} bytes")
    return length


def _flags(packet: bytes) -> int:
    """The lower 16 capability flags of a greeting. Raises Unreachable(MALFORMED)."""
    end = packet.find(b"\0", 1)
    start = end + 1 + AFTER_VERSION
    if packet[:1] != bytes([VERSION_10]) or end < 0 or len(packet) < start + 2:
        raise not_spoken("a greeting that is none of MySQL")
    return int.from_bytes(packet[start : start + 2], "little")
