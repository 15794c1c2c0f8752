"""Marked secrets, and the search for them in whatever a program left behind, in every form in which one may hide."""

from __future__ import annotations

import base64
import html
import re
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

PART = 12  # characters of either end that give a secret away: texts are cut


@dataclass(frozen=True, slots=True)
class Mark:
    """A text that nobody else writes. Its ends are searched for, since a text that is cut is no better."""

    text: str

    def forms(self) -> frozenset[bytes]:
        """Raw, URL-encoded, in hexadecimal, and in base64 at each of the three offsets that it may stand at."""
        return frozenset(form for part in (self.text[:PART], self.text[-PART:]) for form in _forms(part))

    def is_in(self, text: bytes) -> bool:
        return any(form in text for form in self.forms())


def as_read(text: bytes) -> bytes:
    """A text, and how it reads: two lines that share a word in one, Markdown's and HTML's escapes undone."""
    joined = re.sub(rb"[\s\\]+", b"", text)
    return b"\n".join((text, joined, html.unescape(text.decode("latin-1")).encode("latin-1", "replace")))


def _forms(part: str) -> Iterator[bytes]:
    raw = part.encode()
    yield from (raw, part.swapcase().encode(), part.lower().encode(), raw.hex().encode(), raw.hex().upper().encode())
    yield quote(part, safe="").encode()
    yield "".join(f"%{byte:02x}" for byte in raw).encode()
    yield part.encode("utf-16-le")
    for offset in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(b"\0" * offset + raw)
            yield encoded[offset + bool(offset) : len(raw) * 4 // 3 - 1]  # without what its neighbours share


def everything_in(folder: Path) -> bytes:
    """Every byte of every file, names too; of a database every value besides, and what is packed in it."""
    return b"\n".join(part for path in sorted(folder.rglob("*")) for part in _of_file(path))


def _of_file(path: Path) -> Iterator[bytes]:
    yield path.name.encode()
    if path.is_file():
        raw = path.read_bytes()
        yield raw
        if raw.startswith(b"SQLite format 3\0"):
            yield from _values(path)


def _values(path: Path) -> Iterator[bytes]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            for row in database.execute(f'SELECT * FROM "{name}"'):
                for value in row:
                    yield from _unpacked(value if isinstance(value, bytes) else str(value).encode())


def _unpacked(value: bytes) -> Iterator[bytes]:
    yield value
    try:
        yield zlib.decompress(value)
    except zlib.error:
        return
