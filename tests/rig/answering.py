"""Waits for a server program that a test has started, and says why it did not come up."""

from __future__ import annotations

import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

START_S = 20.0


def await_port(place: tuple[str, int], process: subprocess.Popen[bytes], *logs: Path) -> None:
    """Until it takes connections at this address and port. Raises RuntimeError with what its logs say."""
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.create_connection(place, timeout=1.0):
            return
        time.sleep(0.02)
    said = [log.read_text(errors="replace") for log in logs if log.exists()]
    raise RuntimeError(f"{process.args!r} does not answer: {' '.join(said)}")
