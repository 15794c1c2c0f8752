"""The one question that is asked by QUIC, and its answer, as bytes (RFC 8999 and 9000). Opens nothing.

The question is a packet with a long header (RFC 9000 section 17.2) in a version of the pattern 0x?a?a?a?a, which is
reserved so that nobody speaks it (section 15). Whoever speaks QUIC answers it with a Version Negotiation packet
(section 6.1), without a key and without keeping anything: it lists the versions that are spoken (section 17.2.1).
"""

from __future__ import annotations

from os import urandom
from typing import Self

from auditor.records import dataclass

LEAST_BYTES = 1_200  # of a client's first datagram; a smaller one is not answered (section 14.1, and 5.2.2)
ID_BYTES = 8  # the least of a first destination connection id (section 7.2); 20 at most are taken by everybody
LONG = 0x80  # the header form; all other bits of the first byte are the version's own (RFC 8999 section 5.1)
FIXED = 0x40  # set in all packets of versions 1 and 2 (section 17.2): some drop what has it not
NEGOTIATION = 0  # stands for a version in the packet that negotiates
PATTERN_BITS, PATTERN = 0x0F0F0F0F, 0x0A0A0A0A  # of the versions that are reserved (section 15)
MOST_VERSIONS = 64


@dataclass(frozen=True, slots=True)
class Question:
    """`version`: reserved. `destination` and `source`: connection ids, drawn for this question alone."""

    version: int
    destination: bytes
    source: bytes

    @classmethod
    def drawn(cls) -> Self:
        version = int.from_bytes(urandom(4), "big") & ~PATTERN_BITS | PATTERN
        return cls(version, urandom(ID_BYTES), urandom(ID_BYTES))

    @property
    def datagram(self) -> bytes:
        header = bytes([LONG | FIXED]) + self.version.to_bytes(4, "big") + _counted(self.destination, self.source)
        return header.ljust(LEAST_BYTES, b"\0")

    def versions_in(self, datagram: bytes) -> tuple[int, ...] | None:
        """The versions that an answer lists, in its order, without reserved ones; None: it is no answer to this.

        What lists the version of the question is none (section 6.2), nor is what lists nothing that could be spoken.
        """
        wanted = NEGOTIATION.to_bytes(4, "big") + _counted(self.source, self.destination)  # the other way round
        if not datagram or not datagram[0] & LONG or datagram[1 : 1 + len(wanted)] != wanted:
            return None
        listed = datagram[1 + len(wanted) :]
        if len(listed) % 4 or len(listed) > 4 * MOST_VERSIONS:
            return None
        versions = tuple(int.from_bytes(listed[at : at + 4], "big") for at in range(0, len(listed), 4))
        if self.version in versions:
            return None
        return tuple(one for one in versions if one != NEGOTIATION and not is_reserved(one)) or None


def is_reserved(version: int) -> bool:
    """Of the pattern 0x?a?a?a?a: listed by servers too, so that clients learn to ignore what they do not know."""
    return version & PATTERN_BITS == PATTERN


def _counted(*ids: bytes) -> bytes:
    """Connection ids, each after its length in one byte."""
    return b"".join(bytes([len(one)]) + one for one in ids)
