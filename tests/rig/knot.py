"""Debian's Knot on loopback, serving a zone that it signs itself."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import dns.rdatatype

CONFIGURATION = """
server:
  listen: 127.0.0.1@{port}
  rundir: {folder}
database:
  storage: {folder}
log:
  - target: {folder}/log
    any: info
zone:
  - domain: {origin}
    file: {folder}/zone
    dnssec-signing: on
    zonefile-sync: -1
    journal-content: all
"""
START_S = 10.0


@contextmanager
def knot(folder: Path, origin: str, zone: str, port: int) -> Iterator[None]:
    """Serve `zone` (RFC 1035 section 5) as `origin` until the end of the block."""
    (folder / "zone").write_text(zone, encoding="ascii")
    (folder / "knot.conf").write_text(CONFIGURATION.format(port=port, folder=folder, origin=origin), encoding="ascii")
    program = shutil.which("knotd", path="/usr/sbin:/usr/bin")
    assert program, "apt-get install knot"
    with subprocess.Popen(
        [program, "-c", folder / "knot.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            _await(origin, port, folder)
            yield
        finally:
            server.terminate()
            server.wait(START_S)


def _await(origin: str, port: int, folder: Path) -> None:
    question = dns.message.make_query(origin, dns.rdatatype.DNSKEY)
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        try:
            if dns.query.tcp(question, "127.0.0.1", 0.5, port).answer:
                return
        except (dns.exception.DNSException, OSError):
            pass
        time.sleep(0.05)
    raise AssertionError((folder / "log").read_text(encoding="utf-8", errors="replace"))
