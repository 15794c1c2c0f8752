"""Reads which logs a handshake names beside the certificate (RFC 6962 section 3.3): in a hello, or in its staple."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from auditor.late import one_at_a_time

SCTS_KEPT = 20
VERSION_1 = b"\x00"
LEAST = 1 + 32 + 8  # version, the log's id, a time in milliseconds


def handshake_logs(extension: bytes, staple: bytes, leaf: bytes, now: datetime) -> tuple[str, ...]:
    """Ids of logs, hexadecimal, each once. `extension`: the body of number 18. `leaf`: DER of what it is all about.

    Never raises: what breaks its own encoding names no log, nor does a staple about another certificate or out of date.
    """
    found = [*_in_extension(extension), *_in_staple(staple, leaf, now)]
    return tuple(dict.fromkeys(found))[:SCTS_KEPT]


def _in_extension(body: bytes) -> list[str]:
    """A list with its length, each timestamp with its own (section 3.3). [] where any does not fit."""
    found: list[str] = []
    at = 2
    if int.from_bytes(body[:2], "big") != len(body) - 2:
        return []
    while at < len(body):
        size = int.from_bytes(body[at : at + 2], "big")
        one = body[at + 2 : at + 2 + size]
        if len(one) != size or size < LEAST:
            return []
        if one[:1] == VERSION_1:
            found.append(one[1:33].hex())
        at += 2 + size
    return found


def _in_staple(staple: bytes, leaf: bytes, now: datetime) -> Iterator[str]:
    if not staple or not leaf:
        return
    with one_at_a_time():
        from auditor.probes.staple_logs import in_staple  # noqa: PLC0415 - hellos alone need no cryptography
    yield from in_staple(staple, leaf, now)
