"""Bodies of the store ↔ fewer bytes, by zlib."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable

SMALL = 2_000  # bytes: a window of 4 kB holds all of it, and one block of zlib's takes it
WINDOW, MEMORY = 12, 5  # of zlib's: 4 kB, and tables of 32 kB in all


def packed(body: bytes) -> bytes:
    """As `zlib.compress`, to the same length.

    What is small is packed with small tables: the usual 256 kB are asked of the system, filled with zeros and given
    back each time, which takes five times as long as the packing.
    """
    if len(body) > SMALL:
        return zlib.compress(body)
    packing = zlib.compressobj(wbits=WINDOW, memLevel=MEMORY)
    return packing.compress(body) + packing.flush()


def packed_in_pieces(pieces: Iterable[bytes]) -> tuple[str, bytes]:
    """The SHA-256 of a body, and what `packed` makes of it: the body is nowhere as a whole, unless it is small."""
    digest, packing, small = hashlib.sha256(), zlib.compressobj(), b""
    done: list[bytes] = []
    length = 0
    for piece in pieces:
        length += len(piece)
        small = small + piece if length <= SMALL else b""
        digest.update(piece)
        done.append(packing.compress(piece))
    return digest.hexdigest(), packed(small) if length <= SMALL else b"".join([*done, packing.flush()])
