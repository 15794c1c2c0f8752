"""Reads a usual answer of HTTP/1.1 out of its bytes; what is unusual is left to the standard library. Opens nothing.

The library's reader took a third of what was left of a call (decision 0031). An answer is usual where there is one way
to understand it: a whole header of plain lines, and a body of a told length or of plain chunks. Nothing is used up
before all of it is there, so that the library can begin anew with the same bytes.
"""

from __future__ import annotations

import re

from auditor.records import dataclass

MOST_HEAD = 16_384  # bytes; longer ones are the library's, which has its own limits
MOST_CHUNKED = 65_536  # bytes; likewise
MOST_LINES = 80
_LINE = rb"HTTP/1\.1 ([2-5][0-9][0-9])(?: [^\r\n\0]*)?\r\n"
_STATUS = re.compile(_LINE)
_HEAD = re.compile(_LINE + rb"((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n\0]*\r\n){0,79})\r\n")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,6})\r\n")
_WITHOUT_BODY = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Exchanged:
    """One answer. `headers` in the order of arrival; `body` whole."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Usual:
    """`keeps`: another exchange may follow on the connection."""

    answer: Exchanged
    keeps: bool


@dataclass(frozen=True, slots=True)
class More:
    """Not all of it is there; `least`: bytes that are missing for certain."""

    least: int = 1


UNUSUAL = None
Read = Usual | More | None


def read(said: bytes | bytearray, most_bytes: int) -> Read:
    """The answer to a GET in what has come so far. UNUSUAL: for the library. `most_bytes`: of the body."""
    end = said.find(b"\r\n\r\n", 0, MOST_HEAD) + 4
    if end < 4:
        return More() if _may_begin(said) else UNUSUAL
    head = _HEAD.fullmatch(said, 0, end)
    status = int(head[1]) if head else 0
    if head is None or status in _WITHOUT_BODY:
        return UNUSUAL
    headers, told = _headers(head[2].decode("latin-1"))
    length, coded, closing = told["content-length"], told["transfer-encoding"], told["connection"]
    if closing not in ([], ["close"], ["keep-alive"]):
        return UNUSUAL
    body = _told(said, end, length[0], most_bytes) if len(length) == 1 and not coded else UNUSUAL
    if coded == ["chunked"] and not length:
        body = _chunked(said, end, most_bytes)
    if not isinstance(body, _Body):
        return body
    keeps = closing != ["close"] and body.end == len(said)
    return Usual(Exchanged(status, headers, body.content), keeps)


def _headers(lines: str) -> tuple[tuple[tuple[str, str], ...], dict[str, list[str]]]:
    """All of them, and what those say (in lower case) that tell where the answer ends."""
    headers: list[tuple[str, str]] = []
    told: dict[str, list[str]] = {"content-length": [], "transfer-encoding": [], "connection": []}
    for line in lines.split("\r\n")[:-1]:
        name, _, value = line.partition(":")
        value = value.lstrip(" \t")
        headers.append((name, value))
        known = told.get(name.lower())
        if known is not None:
            known.append(value.lower())
    return tuple(headers), told


def _may_begin(said: bytes | bytearray) -> bool:
    """May a usual header begin so? Where the library would stop reading, nobody may wait for more."""
    lines = said.count(b"\n")
    is_plain = said.count(b"\r\n") == lines and lines <= MOST_LINES and len(said) < MOST_HEAD
    return is_plain and (not lines or bool(_STATUS.match(said)))


@dataclass(frozen=True, slots=True)
class _Body:
    """`end`: where its bytes end in what came."""

    content: bytes
    end: int


def _told(said: bytes | bytearray, start: int, length: str, most_bytes: int) -> _Body | More | None:
    """A body of a told length."""
    if not (length.isascii() and length.isdecimal()) or len(length) > 9 or int(length) > most_bytes:
        return UNUSUAL
    end = start + int(length)
    return _Body(bytes(said[start:end]), end) if len(said) >= end else More(end - len(said))


def _chunked(said: bytes | bytearray, start: int, most_bytes: int) -> _Body | More | None:
    """Chunks without extensions, and nothing after the last."""
    pieces: list[bytes] = []
    place, total = start, 0
    while size := _CHUNK.match(said, place):
        length, begin = int(size[1], 16), size.end()
        place = begin + length + 2
        pieces.append(bytes(said[begin : begin + length]))
        total += length
        if total > most_bytes:
            return UNUSUAL
        if len(said) < place:
            break
        if said[place - 2 : place] != b"\r\n":
            return UNUSUAL
        if not length:
            return _Body(b"".join(pieces), place)
    is_odd = size is None and (len(said) - place > 8 or b"\n" in said[place:])
    return UNUSUAL if is_odd or len(said) > MOST_CHUNKED else More()
