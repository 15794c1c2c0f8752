"""Rows that have to wait: in memory while they are few, then in a file without a name that goes with the process.

The file is the system's own temporary one (`tempfile.TemporaryFile`: mode 0600, in `$TMPDIR` or `/tmp`, unlinked from
its beginning), so that nothing is left behind however the process ends. Where it cannot be made, or its disk is full,
what is put from then on waits in memory: a run costs more there, and says the same.
"""

from __future__ import annotations

import marshal
import os
import weakref
from collections.abc import Sequence
from typing import Any

from auditor.errors import InternalError

Plain = str | int | bool | None | Sequence["Plain"]  # a row: tuples and lists, of these
FEW = 1 << 18  # bytes that wait in memory before a file is made for them: those of some hundred assets
PIECE = 1 << 18  # bytes that are written at once
HEAD = 4  # bytes that tell how long what follows is
NEVER = 1 << 62  # so long that no tail becomes
AT_ONCE = 2048  # bytes that are read in one go: most of what is put is shorter
LOST = "What was judged could not be read back from the temporary file"
AGAIN = "What was seen is kept: name another folder in TMPDIR, then `auditor run --resume`."


class Shelf:
    """Takes rows of plain values and gives each back by its place. Of one thread.

    A row is written as `marshal` writes it: quicker than JSON, and for texts with half a surrogate pair too. It
    makes plain values alone, whatever it reads.
    """

    def __init__(self) -> None:
        self._file: int | None = None
        self._written = 0  # bytes that are in the file
        self._tail = bytearray()  # those that come after them
        self._room = FEW  # how long the tail may become

    def put(self, row: Plain) -> int:
        """The place where it stands from now on. Raises ValueError for what is no plain value."""
        said = marshal.dumps(row)  # type: ignore[arg-type]  # it takes sequences as what they are: tuples and lists
        place = self._written + len(self._tail)
        self._tail += len(said).to_bytes(HEAD, "big")
        self._tail += said
        if len(self._tail) >= self._room:
            self._write_down()
        return place

    def get(self, place: int) -> Any:
        """What was put there. Raises InternalError where the file cannot be read any more."""
        return marshal.loads(self._bytes(place))  # noqa: S302 - of a file that nobody else can name

    def _bytes(self, place: int) -> bytes:
        if place >= self._written:
            start = place - self._written + HEAD
            return bytes(self._tail[start : start + int.from_bytes(self._tail[start - HEAD : start], "big")])
        some = self._read(AT_ONCE, place)
        end = HEAD + int.from_bytes(some[:HEAD], "big")
        return some[HEAD:end] if end <= len(some) else self._read(end - HEAD, place + HEAD)

    def _read(self, length: int, place: int) -> bytes:
        """As many bytes as there are up to `length`."""
        wanted = min(length, self._written - place)
        try:
            said = os.pread(self._opened(), wanted, place)
        except OSError as error:
            raise InternalError(f"{LOST}: {error.strerror}.", AGAIN) from error
        if len(said) != wanted:
            raise InternalError(f"{LOST}: it is shorter than what was written.", AGAIN)
        return said

    def _write_down(self) -> None:
        """All of the tail, or nothing: what could not be written stays in it, and nothing is written after it."""
        try:
            file, done = self._opened(), 0
            with memoryview(self._tail) as tail:
                while done < len(tail):
                    done += os.pwrite(file, tail[done:], self._written + done)
        except OSError:
            self._room = NEVER
            return
        self._written += len(self._tail)
        self._tail = bytearray()
        self._room = PIECE

    def _opened(self) -> int:
        if self._file is None:
            import tempfile  # noqa: PLC0415 - few runs are so large

            made = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - open as long as the shelf is there
            weakref.finalize(self, made.close)
            self._file = made.fileno()
        return self._file
