"""Starts Debian's MariaDB on loopback, for tests, without tables: nobody logs in."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MARIADBD = "/usr/sbin/mariadbd"
START_S = 20.0
SETTINGS = ("--skip-grant-tables", "--innodb=OFF", "--default-storage-engine=Aria", "--performance-schema=OFF")


@contextmanager
def start_mariadb(port: int, pem: Path | None = None) -> Iterator[None]:
    """Run it until the end of the block. `pem`: certificate and key; None: it has no TLS."""
    if not Path(MARIADBD).exists():
        raise RuntimeError(f"{MARIADBD} is not installed: apt-get install mariadb-server-core")
    folder = Path(tempfile.mkdtemp(prefix="mariadb-"))  # its socket's path may have 107 letters
    places = (f"--datadir={folder}", f"--aria-log-dir-path={folder}", f"--socket={folder}/s", f"--pid-file={folder}/p")
    network = ("--skip-networking=0", "--bind-address=127.0.0.1", f"--port={port}")
    tls = (f"--ssl-cert={pem}", f"--ssl-key={pem}") if pem else ("--skip-ssl",)
    command = [MARIADBD, "--no-defaults", "--user=root", *SETTINGS, *places, *network, *tls]
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        _await(port, process, folder / "output")
        yield
    finally:
        process.kill()  # nothing of it is needed any more
        process.wait(START_S)
        shutil.rmtree(folder, ignore_errors=True)


def _await(port: int, process: subprocess.Popen[bytes], output: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=START_S) as one:
            if one.recv(100):
                return
        time.sleep(0.05)
    raise RuntimeError(f"MariaDB does not answer: {output.read_text(errors='replace')}")
