"""What an SSH server says before it knows who asks: its identification and its first KEXINIT. Opens no connection.

Both are sent in the clear (RFC 4253 sections 4.2 and 7.1), so that they are had from any connection, with or without a
login on it.
"""

from __future__ import annotations

from collections.abc import Iterator

from auditor.reach.ssh_strings import LENGTH, string_from
from auditor.records import dataclass

KEXINIT = 20
COOKIE = 16  # random bytes between the type of the message and its lists
LISTS = 8  # of names that are told of here; two of languages follow
MOST_NAMES = 256  # in one list; real servers offer some forty
LONGEST_NAME = 64  # RFC 4250 section 4.6.1
LONGEST_IDENTIFICATION = 255  # RFC 4253 section 4.2
OLD_PROTOCOLS = ("SSH-1.3-", "SSH-1.5-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """As it came. The lists are empty where the server speaks nothing but protocol 1, which has other messages."""

    identification: bytes
    key_exchanges: tuple[str, ...] = ()
    host_key_algorithms: tuple[str, ...] = ()
    ciphers_in: tuple[str, ...] = ()  # client to server
    ciphers_out: tuple[str, ...] = ()
    macs_in: tuple[str, ...] = ()
    macs_out: tuple[str, ...] = ()
    compressions_in: tuple[str, ...] = ()
    compressions_out: tuple[str, ...] = ()

    @property
    def is_protocol_1_only(self) -> bool:
        return self.identification.decode("ascii", "replace").startswith(OLD_PROTOCOLS)


def read_greeting(head: bytes) -> Greeting:
    """`head`: the first bytes of a connection. Raises ValueError, saying what of them cannot be read."""
    start = 0 if head.startswith(b"SSH-") else head.find(b"\nSSH-") + 1
    if not head.startswith(b"SSH-", start):
        raise ValueError("it did not say that it speaks SSH")
    line, ended, rest = head[start:].partition(b"\n")
    if not ended:
        raise ValueError("its identification is cut off")
    greeting = Greeting(identification=line.removesuffix(b"\r"))
    if len(line) > LONGEST_IDENTIFICATION:
        raise ValueError("its identification is longer than the protocol allows")
    return greeting if greeting.is_protocol_1_only else _with_lists(greeting.identification, rest)


def _with_lists(identification: bytes, rest: bytes) -> Greeting:
    """`rest`: packets, of which KEXINIT is the first: length, length of padding, type."""
    length = int.from_bytes(rest[:LENGTH], "big")
    packet = rest[LENGTH : LENGTH + length]
    if len(rest) < LENGTH or len(packet) < length:
        raise ValueError("its first message is cut off")
    if packet[1:2] != bytes([KEXINIT]):
        raise ValueError("its first message offers no algorithms")
    lists = tuple(_lists(packet[2 + COOKIE :]))
    return Greeting(
        identification=identification,
        key_exchanges=lists[0],
        host_key_algorithms=lists[1],
        ciphers_in=lists[2],
        ciphers_out=lists[3],
        macs_in=lists[4],
        macs_out=lists[5],
        compressions_in=lists[6],
        compressions_out=lists[7],
    )


def _lists(data: bytes) -> Iterator[tuple[str, ...]]:
    for _ in range(LISTS):
        names, data = string_from(data)
        yield _names(names)


def _names(data: bytes) -> tuple[str, ...]:
    """Names are ASCII that can be printed, without commas (RFC 4251 section 6)."""
    names = data.split(b",")
    if len(names) > MOST_NAMES:
        raise ValueError(f"it offers {len(names)} algorithms of one sort")
    if not all(0 < len(name) <= LONGEST_NAME and name.isascii() and name.decode().isprintable() for name in names):
        raise ValueError("it offers an algorithm without a proper name")
    return tuple(name.decode() for name in names)
