"""One heavy server for all processes of a test session: the first to come starts it, the last to leave ends it.

The server runs in a process of its own, which holds a Unix socket. A guest is an open connection to it: the kernel
closes those of a worker that dies, so that no server outlives its tests.
"""

from __future__ import annotations

import fcntl
import json
import os
import selectors
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

START_S = 180.0
ALONE_S = 0.5  # without any guest: another worker may be about to come
LOCK, DOOR, OUTPUT = "lock", "door", "output"


@contextmanager
def shared_by_all(folder: Path, module: str, *arguments: str) -> Iterator[list[str]]:
    """What the server's process told of itself (`serve_guests`), while the block lasts.

    `module`: run as a program with `arguments` if no server is there yet. `folder`: the same for all guests.
    """
    guest = _enter(folder, [sys.executable, "-m", module, *arguments])
    with guest, guest.makefile() as lines:
        told: list[str] = json.loads(lines.readline())
        yield told


def serve_guests(folder: Path, *told: str) -> None:
    """In the server's process: let guests in and tell each of them `told`, until the last has gone."""
    with socket.socket(socket.AF_UNIX) as listening, selectors.DefaultSelector() as waiting:
        listening.bind(_short(folder / DOOR))
        listening.listen()
        waiting.register(listening, selectors.EVENT_READ)
        while ready := waiting.select(START_S if len(waiting.get_map()) > 1 else 20 * ALONE_S):
            for key, _ in ready:
                if key.fileobj is listening:
                    guest, _ = listening.accept()
                    guest.sendall(json.dumps(told).encode() + b"\n")
                    waiting.register(guest, selectors.EVENT_READ)
                else:
                    _leave(waiting, key.fileobj)
            if len(waiting.get_map()) == 1 and not waiting.select(ALONE_S):
                return


def _leave(waiting: selectors.BaseSelector, guest: object) -> None:
    assert isinstance(guest, socket.socket)
    waiting.unregister(guest)
    guest.close()


def _enter(folder: Path, command: list[str]) -> socket.socket:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with suppress(OSError):
            return _knock(folder)
        (folder / DOOR).unlink(missing_ok=True)
        with (folder / OUTPUT).open("wb") as output:
            server = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        ended = threading.Thread(target=server.wait, daemon=True)  # it may outlive us: another's guest
        ended.start()
        until = time.monotonic() + START_S
        while time.monotonic() < until and ended.is_alive():
            with suppress(OSError):
                return _knock(folder)
            time.sleep(0.05)
    raise RuntimeError(f"{command[2]} did not start: {(folder / OUTPUT).read_text(errors='replace')[-2_000:]}")


def _knock(folder: Path) -> socket.socket:
    guest = socket.socket(socket.AF_UNIX)
    try:
        guest.connect(_short(folder / DOOR))
    except OSError:
        guest.close()
        raise
    return guest


def _short(path: Path) -> str:
    """A path to a Unix socket has 107 bytes at most; one relative to the process's own folder is often shorter."""
    return min(str(path), os.path.relpath(path), key=len)
