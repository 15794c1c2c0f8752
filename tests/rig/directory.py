"""Starts Debian's OpenLDAP on loopback, for tests, without a database of its own."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SLAPD = "/usr/sbin/slapd"
START_S = 10.0


@contextmanager
def start_slapd(tmp_path: Path, port: int, pem: Path | None = None, *settings: str) -> Iterator[None]:
    """Run it until the end of the block. `pem`: certificate and key; None: it has no TLS. `settings`: further lines."""
    lines = [f"pidfile {tmp_path}/slapd.pid", *settings]
    if pem:
        lines += [f"TLSCertificateFile {pem}", f"TLSCertificateKeyFile {pem}"]
    configuration = tmp_path / "slapd.conf"
    configuration.write_text("\n".join(lines) + "\n")
    if not Path(SLAPD).exists():
        raise RuntimeError(f"{SLAPD} is not installed: apt-get install slapd")
    command = [SLAPD, "-d", "0", "-h", f"ldap://127.0.0.1:{port}", "-f", str(configuration)]
    with (tmp_path / "output").open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        _await(port, process, tmp_path / "output")
        yield
    finally:
        process.terminate()
        process.wait(START_S)


def _await(port: int, process: subprocess.Popen[bytes], output: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=START_S):
            return
        time.sleep(0.05)
    raise RuntimeError(f"slapd does not answer: {output.read_text(errors='replace')}")
