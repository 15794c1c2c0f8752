"""Where events go while a command runs: to a file of JSON lines, and to whoever watches. A failing log ends no run."""

from __future__ import annotations

import errno
import json
import logging
import os
import shlex
import stat
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from auditor.errors import UsageError
from auditor.journal.event import LOG, Event, What, tell

FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
ADVICE = "Name another file with --log-file."
SWALLOW = logging.NullHandler()


class Journal:
    """The log of one command, open while its `with` block lasts. Its last line says how the command was left.

    `watched`: one line of plain words per asset goes to stderr. `file`: to append to; None for none.
    """

    def __init__(self, *, watched: bool, file: Path | None) -> None:
        """Raises UsageError for a file that may not be written, or that others may read."""
        self._began = time.monotonic()
        self._handlers: list[logging.Handler] = []
        if file is not None:
            self._handlers.append(LinesHandler(_opened(file)))
        if watched:
            self._handlers.append(WordsHandler())

    def __enter__(self) -> Self:
        """From here on no library writes anywhere: without a handler at the root, Python prints their warnings."""
        logging.getLogger().addHandler(SWALLOW)
        if not sys.warnoptions:
            logging.captureWarnings(capture=True)
        for handler in self._handlers:
            LOG.addHandler(handler)
            LOG.setLevel(logging.INFO)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._say_how_it_ended(error)
        LOG.setLevel(logging.NOTSET)
        for handler in self._handlers:
            LOG.removeHandler(handler)
            handler.close()
        logging.captureWarnings(capture=False)
        logging.getLogger().removeHandler(SWALLOW)

    def _say_how_it_ended(self, error: BaseException | None) -> None:
        seconds = round(time.monotonic() - self._began, 3)
        if error is None or isinstance(error, SystemExit):
            code = 0 if error is None or error.code is None else error.code
            tell(What.LEFT, exit=int(code) if isinstance(code, int) else 1, seconds=seconds)
        else:
            tell(What.ERROR, error=type(error).__name__, seconds=seconds)


class LinesHandler(logging.Handler):
    """One JSON object per line, each written at once. The first one that cannot be written is the last."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._run = ""
        self._is_over = False
        self._before = b"" if _ends_whole(descriptor) else b"\n"

    def emit(self, record: logging.LogRecord) -> None:
        event = record.msg
        if not isinstance(event, Event) or self._is_over:
            return
        self._run = str(event.fields.get("run", self._run))
        try:
            _write(self._descriptor, self._before + _line(event, record.created, self._run))
            self._before = b""
        except OSError as error:
            self._is_over = True
            _say(f"auditor: the log breaks off here: {error.strerror}. Everything else goes on.")

    def close(self) -> None:
        os.close(self._descriptor)
        super().close()


class WordsHandler(logging.Handler):
    """The words of an event on stderr. Nobody is told where even that cannot be written."""

    def emit(self, record: logging.LogRecord) -> None:
        if isinstance(record.msg, Event) and record.msg.words:
            _say(record.msg.words)


def _opened(path: Path) -> int:
    """A descriptor that appends. The file is for its owner's eyes alone: it names what is weak, and what looks away."""
    try:
        descriptor = os.open(path, FLAGS, 0o600)
    except OSError as error:
        why = "it is a symbolic link" if error.errno == errno.ELOOP else error.strerror
        raise UsageError(f"The log cannot be written to {path}: {why}.", ADVICE) from error
    found = os.fstat(descriptor)
    complaint = _complaint(found)
    if complaint:
        os.close(descriptor)
        raise UsageError(f"The log is not written to {path}: {complaint}.", _advice(found, path))
    return descriptor


def _complaint(found: os.stat_result) -> str:
    if not stat.S_ISREG(found.st_mode):
        return "it is not a regular file"
    if found.st_uid != os.geteuid():
        return "it belongs to somebody else"
    if found.st_mode & 0o077:
        return f"others may read or write it (mode {stat.S_IMODE(found.st_mode):04o})"
    return ""


def _advice(found: os.stat_result, path: Path) -> str:
    is_ours = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
    return f"Run chmod 600 {shlex.quote(str(path))}, or name another file with --log-file." if is_ours else ADVICE


def _ends_whole(descriptor: int) -> bool:
    """False where an earlier log broke off in the middle of a line: the next one starts below it."""
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"


def _line(event: Event, created: float, run: str) -> bytes:
    when = datetime.fromtimestamp(created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    fields = {"time": when, "event": event.what.value, "run": run, **event.fields}
    return (json.dumps(fields, ensure_ascii=True) + "\n").encode("ascii")


def _write(descriptor: int, data: bytes) -> None:
    """All of it, mostly in one piece, so that two runs may share a file. Raises OSError."""
    while data:
        data = data[os.write(descriptor, data) :]


def _say(line: str) -> None:
    if not sys.stderr:  # None in a process that was started without
        return
    try:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
    except (OSError, ValueError):  # full, gone, or closed: there is nobody to tell
        _forget_what_is_left()


def _forget_what_is_left() -> None:
    """Python writes out at its end what is still buffered, and would leave with 120 for it."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stderr.fileno())
        os.close(nowhere)
