"""The pieces that ClientHellos are made of, as bytes: length-prefixed blocks and extensions. Knows no version's rules.

Sources: RFC 8446 section 4.2, RFC 6066 section 3, RFC 7685 (padding).
"""

from __future__ import annotations

import ipaddress
import os
import struct
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

X25519 = 29
HEADS = struct.Struct(">BHHBBH")  # of a record, and of the message in it
GREASE = 0x0A0A  # RFC 8701: a number that no registry will ever give out


def u16(value: int) -> bytes:
    return value.to_bytes(2)


def block(body: bytes) -> bytes:
    """A body after its length in two bytes."""
    return len(body).to_bytes(2) + body


def short(body: bytes) -> bytes:
    """A body of up to 255 bytes after its length in one."""
    return bytes([len(body)]) + body


def u16s(values: Iterable[int]) -> bytes:
    numbers = tuple(values)
    return struct.pack(f">{len(numbers) + 1}H", 2 * len(numbers), *numbers)


def extension(kind: int, body: bytes) -> bytes:
    return u16(kind) + block(body)


@lru_cache(maxsize=64)
def listing(kind: int, numbers: tuple[int, ...]) -> bytes:
    """An extension that is a list of numbers of two bytes. Most hellos carry the same few lists."""
    return extension(kind, u16s(numbers))


@lru_cache(maxsize=256)
def server_name(host: str) -> bytes:
    """RFC 6066 section 3: a DNS name in its ASCII form; an address is no name, and goes without."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return b""
    try:
        name = host.rstrip(".").encode("idna")
    except UnicodeError:  # a label that IDNA 2003 refuses (an underscore is fine, 64 letters are not)
        name = host.rstrip(".").encode("utf-8")
    return extension(0, block(b"\x00" + block(name)))


NO_SHARE = extension(51, block(b""))
BEFORE_SHARE = u16(51) + u16(38) + u16(36) + u16(X25519) + u16(32)


def key_share(*, real: bool) -> bytes:
    """An empty one asks for a HelloRetryRequest (RFC 8446 section 4.2.8). Any 32 bytes are a public key of X25519."""
    return BEFORE_SHARE + random() if real else NO_SHARE


def padded(start: int, extensions: bytes, wanted: int = 0) -> bytes:
    """Pad to 512 where the message would be 256 to 511 bytes long: old F5 devices hang on those (RFC 7685).

    `start`: bytes of the body before the extensions. `wanted`: a length that is asked for, 0 for none; a message that
    is longer stays as it is.
    """
    size = 4 + start + 2 + len(extensions)
    if not wanted and not 256 <= size < 512:
        return extensions
    return extensions + extension(21, bytes(max(0, (wanted or 512) - size - 4)))


def hello_record(
    legacy: int, *, session: bytes, suites: Sequence[int], methods: bytes, extensions: bytes, size: int = 0
) -> bytes:
    """One record with one ClientHello (RFC 5246 section 7.4.1.2). `legacy`: the version of its second field.

    `size`: bytes of the message, 0 for as many as it takes.

    The record itself says TLS 1.0 where the hello says more, as every client does for the sake of old servers.
    """
    pack, start = _shape(len(session), len(suites), len(methods))
    if extensions:
        extensions = block(padded(start, extensions, size))
    long = start + len(extensions)
    heads = (0x16, 0x0301 if legacy > 0x0301 else legacy, 4 + long, 1, long >> 16, long & 0xFFFF)
    ends = (len(methods), methods)
    return pack(*heads, legacy, random(), len(session), session, 2 * len(suites), *suites, *ends) + extensions


@lru_cache(maxsize=512)
def _shape(session: int, suites: int, methods: int) -> tuple[Callable[..., bytes], int]:
    """Of a record up to its extensions, by the lengths of its parts: what packs it, and bytes of the message's body."""
    shape = struct.Struct(f"{HEADS.format}H32sB{session}sH{suites}HB{methods}s")
    return shape.pack, shape.size - HEADS.size


_unused: deque[bytes] = deque()


def random() -> bytes:
    """32 bytes that nobody has seen. The kernel is asked for many at once."""
    try:
        return _unused.pop()
    except IndexError:
        many = os.urandom(64 * 32)
        _unused.extend(many[at : at + 32] for at in range(32, len(many), 32))
        return many[:32]
