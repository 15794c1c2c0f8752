"""Starts Debian's HAProxy with given lines on loopback, for tests. Knows nothing of what is looked at."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.rig.answering import await_port

HAPROXY = "/usr/sbin/haproxy"
CONFIGURATION = """\
global
    maxconn 64
    tune.ssl.default-dh-param 2048
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
{lines}
"""


def write_haproxy(tmp_path: Path, lines: str) -> Path:
    """A configuration in a folder of its own: the path of the file."""
    folder = tmp_path / f"haproxy-{random.randrange(16**8):08x}"
    folder.mkdir()
    (folder / "haproxy.cfg").write_text(CONFIGURATION.format(lines=lines))
    return folder / "haproxy.cfg"


@contextmanager
def start_haproxy(tmp_path: Path, lines: str, port: int, address: str = "127.0.0.1") -> Iterator[Path]:
    """Run it until the end of the block: its folder. `lines`: sections, one of which binds `address` and `port`.

    Raises RuntimeError with its own complaint when it does not answer there.
    """
    file = write_haproxy(tmp_path, lines)
    complaint = file.parent / "stderr.log"
    with complaint.open("wb") as stderr:
        process = subprocess.Popen(
            [HAPROXY, "-db", "-f", str(file)], stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr
        )
    try:
        await_port((address.strip("[]"), port), process, complaint)
        yield file.parent
    finally:
        process.terminate()
        process.wait(10)
