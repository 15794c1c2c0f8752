"""Debian's Unbound on loopback: a resolver that asks one server for one zone, and believes what its key signs alone."""

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
  interface: 127.0.0.1@{port}
  directory: {folder}
  chroot: ""
  username: ""
  pidfile: {folder}/unbound.pid
  logfile: {folder}/log
  use-syslog: no
  num-threads: 1
  module-config: "validator iterator"
  do-not-query-localhost: no
  do-ip6: no
  val-permissive-mode: no
  trust-anchor: "{anchor}"
  local-zone: "{origin}" nodefault
stub-zone:
  name: "{origin}"
  stub-addr: 127.0.0.1@{server}
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@{nobody}
remote-control:
  control-enable: no
"""
START_S = 10.0


@contextmanager
def unbound(folder: Path, origin: str, *, server: int, anchor: str, port: int, nobody: int) -> Iterator[None]:
    """Resolve `origin` through the port `server` until the end of the block, and everything else through `nobody`.

    `anchor`: a DNSKEY or DS record (RFC 4034) that the zone's signatures must lead to.
    """
    text = CONFIGURATION.format(folder=folder, origin=origin, server=server, anchor=anchor, port=port, nobody=nobody)
    (folder / "unbound.conf").write_text(text, encoding="ascii")
    program = shutil.which("unbound", path="/usr/sbin:/usr/bin")
    assert program, "apt-get install unbound"
    with subprocess.Popen([program, "-d", "-c", folder / "unbound.conf"], stderr=subprocess.DEVNULL) as resolver:
        try:
            _await(port, folder)
            yield
        finally:
            resolver.terminate()
            resolver.wait(START_S)


def _await(port: int, folder: Path) -> None:
    question = dns.message.make_query("localhost.", dns.rdatatype.A)
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        try:
            dns.query.udp(question, "127.0.0.1", 0.3, port)
        except (dns.exception.DNSException, OSError):
            time.sleep(0.03)
        else:
            return
    log = folder / "log"
    raise AssertionError(log.read_text(encoding="utf-8", errors="replace") if log.exists() else "it says nothing")
