"""Debian's Unbound on loopback: a resolver that validates, in front of a zone that another server signs."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.dnssec
import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.DNSKEY

# Nothing is asked beyond the zone: the names above it do not exist for this resolver.
CONFIGURATION = """
server:
  interface: 127.0.0.1@{port}
  port: {port}
  do-daemonize: no
  chroot: ""
  username: ""
  directory: "{folder}"
  pidfile: ""
  use-syslog: no
  logfile: "{folder}/unbound.log"
  num-threads: 1
  do-ip6: no
  do-not-query-localhost: no
  module-config: "validator iterator"
  trust-anchor: "{anchor}"
  local-zone: "{parent}" static
  local-zone: "{origin}" transparent
remote-control:
  control-enable: no
stub-zone:
  name: "{origin}"
  stub-addr: 127.0.0.1@{behind}
"""
START_S = 10.0
SECURE_ENTRY = 0x0001  # RFC 4034 section 2.1.1: the flag of a key that signs keys


def anchor_of(origin: str, port: int) -> str:
    """The DS record of the zone's key, as its own server gives it."""
    name = dns.name.from_text(origin)
    answer = dns.query.tcp(dns.message.make_query(name, dns.rdatatype.DNSKEY), "127.0.0.1", 5.0, port)
    keys = answer.find_rrset(answer.answer, name, dns.rdataclass.IN, dns.rdatatype.DNSKEY)
    (key, *_) = [one for one in keys if _signs_keys(one)]
    return f"{name} DS {dns.dnssec.make_ds(name, key, 'SHA256')}"


def _signs_keys(key: object) -> bool:
    return isinstance(key, dns.rdtypes.ANY.DNSKEY.DNSKEY) and bool(key.flags & SECURE_ENTRY)


@contextmanager
def unbound(folder: Path, origin: str, behind: int, anchor: str, port: int) -> Iterator[None]:
    """Resolve `origin` by its server at port `behind`, believing `anchor` alone, until the end of the block."""
    parent = dns.name.from_text(origin).parent().to_text()
    text = CONFIGURATION.format(
        port=port, folder=folder, anchor=anchor, parent=parent, origin=f"{origin}.", behind=behind
    )
    (folder / "unbound.conf").write_text(text, encoding="ascii")
    program = shutil.which("unbound", path="/usr/sbin:/usr/bin")
    assert program, "apt-get install unbound"
    with subprocess.Popen(
        [program, "-d", "-c", folder / "unbound.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            _await(port, folder)
            yield
        finally:
            server.terminate()
            server.wait(START_S)


def _await(port: int, folder: Path) -> None:
    question = dns.message.make_query("version.bind", dns.rdatatype.TXT, dns.rdataclass.CHAOS)
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        try:
            dns.query.tcp(question, "127.0.0.1", 0.5, port)
        except (dns.exception.DNSException, OSError):
            time.sleep(0.05)
        else:
            return
    raise AssertionError((folder / "unbound.log").read_text(encoding="utf-8", errors="replace"))
