"""Instants as bytes: the times of one look lie close together, and there are millions of looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from auditor.micros import instant, micros

MILLI = 1000  # microseconds


def packed(times: Iterable[datetime], since: datetime) -> bytes:
    """Each time as its distance from the one before it, the first from `since`.

    A number is a distance, its sign and its unit: whole milliseconds, as our own clock gives them, or microseconds. It
    is written seven bits a byte, the lowest first.
    """
    data, last = bytearray(), micros(since)
    for at in times:
        now = micros(at)
        distance, last = now - last, now
        is_fine = distance % MILLI != 0
        size = abs(distance) if is_fine else abs(distance) // MILLI
        data.extend(_digits(size << 2 | (distance < 0) << 1 | is_fine))
    return bytes(data)


def unpacked(data: bytes, since: datetime) -> Iterator[datetime]:
    """What `packed` packed. Raises ValueError for bytes that end in the middle of a number."""
    last, number, shift = micros(since), 0, 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            distance = (number >> 2) * (1 if number & 1 else MILLI)
            last += -distance if number & 2 else distance
            yield instant(last)
            number, shift = 0, 0
    if shift:
        raise ValueError("the times end in the middle of a number")


def _digits(number: int) -> Iterator[int]:
    while number > 0x7F:
        yield number & 0x7F | 0x80
        number >>= 7
    yield number
