"""Programs that run beside us: started alone, with a deadline and a byte limit, and killed with all they started.

The only module that starts processes. It knows no program: who asks for one hands over its file and arguments.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from auditor.errors import Unreachable
from auditor.facts.base import target_text
from auditor.model import Reason
from auditor.reach.access import Access
from auditor.reach.door import DOOR, Door, Opening, none_promised

LAST_WORDS = 4_096  # bytes kept of what a program writes to stderr
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}  # no proxy, no credential, no home
WATCH_S = 0.05  # how often we look whether a program that writes nothing has ended


class BrokenOff(Unreachable):
    """A program that did not end well. `output`: what it had written by then."""

    def __init__(self, reason: Reason, detail: str, output: bytes) -> None:
        super().__init__(reason, detail)
        self.output = output


def deep_python(access: Access) -> Path:
    """The interpreter of the deep environment: as given, as AUDITOR_DEEP_PYTHON says, or beside our own environment.

    Raises Unreachable(TOOL_ABSENT).
    """
    beside = Path(sys.prefix).parent / ".venv-deep" / "bin" / "python"
    python = access.deep_python or Path(os.environ.get("AUDITOR_DEEP_PYTHON") or beside)
    if not python.is_file() or not os.access(python, os.X_OK):
        raise Unreachable(Reason.TOOL_ABSENT, f"no {python}, which `make deep` installs")
    return python.absolute()


def run_program(
    command: Sequence[str], *, name: str, seconds: float, max_bytes: int, opening: Opening = none_promised
) -> bytes:
    """What a program wrote to stdout, when it ended well within `seconds`. `name` stands in what is raised.

    `opening`: makes the connections that it asks for (`door.py`).

    Raises BrokenOff: DEADLINE (it was killed), TOO_LONG (it wrote more than `max_bytes` and was killed), PROBE_ERROR
    with the last line of its stderr (it ended badly). Raises Unreachable: TOOL_ABSENT (it could not be started, or what
    it needs is not installed there: EX_UNAVAILABLE).
    """
    with Door(opening) as door, _started(command, door) as process:
        output, last_words = _listen(process, door, name, time.monotonic() + seconds, max_bytes)
        ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    if ended is not None and ended.si_code == os.CLD_EXITED and ended.si_status == os.EX_UNAVAILABLE:
        raise Unreachable(Reason.TOOL_ABSENT, f"{name}{_last_line(last_words)}, which `make deep` installs")
    if ended is None or ended.si_status != 0:
        raise BrokenOff(Reason.PROBE_ERROR, f"{name}{_last_line(last_words)}", output)
    return output


@contextmanager
def _started(command: Sequence[str], door: Door) -> Iterator[subprocess.Popen[bytes]]:
    """A program in a session of its own; at the end of the block nothing that it started is left.

    The group is killed before its leader is waited for: until then its number cannot belong to anybody else.
    """
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd="/",
            env={**ENVIRONMENT, DOOR: str(door.theirs.fileno())},
            pass_fds=(door.theirs.fileno(),),
            start_new_session=True,
        )
    except OSError as error:
        raise Unreachable(Reason.TOOL_ABSENT, f"{command[0]} ({error.strerror})") from error
    try:
        door.theirs.close()  # the program has its own
        yield process
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()  # unread: whoever slipped out of the group may hold the other end open for ever
        process.wait()


def _listen(
    process: subprocess.Popen[bytes], door: Door, name: str, until: float, max_bytes: int
) -> tuple[bytes, bytes]:
    """Read both streams, and answer the door, until the program has ended. Returns stdout and the end of stderr."""
    output, last_words = bytearray(), b""
    with selectors.DefaultSelector() as selector:
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                os.set_blocking(stream.fileno(), False)
                selector.register(stream, selectors.EVENT_READ)
        selector.register(door.ours, selectors.EVENT_READ)
        while True:
            has_ended = _has_ended(process)
            ready = selector.select(0 if has_ended else min(WATCH_S, max(0.0, until - time.monotonic())))
            if has_ended and not ready:
                return bytes(output), last_words
            if time.monotonic() >= until:
                raise BrokenOff(Reason.DEADLINE, f"{name} was killed", bytes(output))
            for key, _ in ready:
                if key.fileobj is door.ours:
                    if not door.answer(until - time.monotonic()):
                        selector.unregister(door.ours)
                    continue
                data = os.read(key.fd, 65_536)
                if not data:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stdout:
                    output += data
                else:
                    last_words = (last_words + data)[-LAST_WORDS:]
            if len(output) > max_bytes:
                raise BrokenOff(Reason.TOO_LONG, f"{name} wrote more than {max_bytes} bytes", bytes(output[:max_bytes]))


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Without waiting, and without reaping: the number of the group must stay taken until it is killed."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _last_line(words: bytes) -> str:
    """The last line of a traceback, without what could steer a terminal."""
    lines = words.decode("utf-8", "replace").split("\n")
    said = next((line for line in reversed(lines) if line.strip()), "")
    return f" ({target_text(''.join(c for c in said if c.isprintable()), 200)})" if said else ""
