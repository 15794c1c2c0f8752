"""The one encoding that keys, certificates and messages of SSH share: a length and that many bytes (RFC 4251)."""

from __future__ import annotations

LENGTH = 4


def string_from(data: bytes) -> tuple[bytes, bytes]:
    """A string, and what follows it. Raises ValueError where it is cut off."""
    end = LENGTH + int.from_bytes(data[:LENGTH], "big")
    if len(data) < max(LENGTH, end):
        raise ValueError("a string in it is cut off")
    return data[LENGTH:end], data[end:]
