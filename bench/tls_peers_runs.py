"""Runs one scanner as a process of its own against the hosts of the bench, and says what that took.

The kernel counts: connections that were accepted in this network namespace, and what the process used.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.tls_peers_servers import ROOTS, address_of, name_of

DEEP = Path(__file__).parents[1] / ".venv-deep" / "bin" / "python"
SSLYZE = Path(__file__).parent / "tls_peers_sslyze.py"


@dataclass(frozen=True, slots=True)
class Run:
    """What one process took, and what it printed."""

    connections: int
    cpu_s: float
    wall_s: float
    rss_mib: float
    printed: str


@dataclass(frozen=True, slots=True)
class Bench:
    """`hosts`: numbers of those that are scanned."""

    folder: Path
    hosts: tuple[int, ...]

    def ours(self, mode: str) -> Run:
        words = [sys.executable, "-m", "bench.tls_peers_ours", mode, str(self.folder / ROOTS)]
        return run([*words, *map(str, self.hosts)], self.folder)

    def sslyze(self, mode: str) -> Run:
        targets = [f"{number}={name_of(number)}={address_of(number)}" for number in self.hosts]
        return run([str(DEEP), "-W", "ignore", str(SSLYZE), mode, *targets], self.folder)

    def nmap(self) -> Run:
        words = ["nmap", "-Pn", "-n", "-p", "443", "--script", "ssl-enum-ciphers", "-oX", "-"]
        return run([*words, *map(address_of, self.hosts)], self.folder)

    def check(self) -> Run:
        """`auditor check` of the first host: the whole program, with every web probe and every check."""
        (number, *_), places = self.hosts, self.folder / "connect-to"
        places.write_text("".join(f"{name_of(number)}:{port} {address_of(number)}:{port}\n" for port in (443, 80)))
        words = [sys.executable, "-m", "auditor", "check", f"https://{name_of(number)}/", "--json", "--exit-zero"]
        trust = ["--connect-to", str(places), "--ca-file", str(self.folder / ROOTS)]
        return run([*words, *trust], self.folder)


def run(command: Sequence[str], folder: Path) -> Run:
    """Raises RuntimeError where the process fails: what it took would be no figure."""
    before, began = accepted(), time.monotonic()
    with (folder / "printed").open("w+") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - began
        out.seek(0)
        printed = out.read()
    if process.returncode:
        raise RuntimeError(f"{command[:4]} left with {process.returncode}")
    return Run(accepted() - before, used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, printed)


def accepted() -> int:
    """Connections that were accepted in this namespace so far, to whatever port (RFC 4022, tcpPassiveOpens)."""
    rows = [line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Tcp:")]
    return int(dict(zip(*rows, strict=True))["PassiveOpens"])


def delay(rtt_ms: int) -> bool:
    """Let each packet take half of it. False: this kernel cannot."""
    command = ["tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", f"{rtt_ms / 2:g}ms"]
    return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0
