"""Instants as bytes: the times of one look lie close together, and there are millions of looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from auditor.micros import instant, micros


def packed(times: Iterable[datetime], since: datetime) -> bytes:
    """Each time as its distance from the one before it, the first from `since`: zigzag, seven bits a byte."""
    data, last = bytearray(), micros(since)
    for at in times:
        now = micros(at)
        distance, last = now - last, now
        data.extend(_digits(distance << 1 if distance >= 0 else (-distance << 1) - 1))
    return bytes(data)


def unpacked(data: bytes, since: datetime) -> Iterator[datetime]:
    """What `packed` packed. Raises ValueError for bytes that end in the middle of a number."""
    last, number, shift = micros(since), 0, 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            last += number >> 1 if not number & 1 else -((number + 1) >> 1)
            yield instant(last)
            number, shift = 0, 0
    if shift:
        raise ValueError("the times end in the middle of a number")


def _digits(number: int) -> Iterator[int]:
    while number > 0x7F:
        yield number & 0x7F | 0x80
        number >>= 7
    yield number
