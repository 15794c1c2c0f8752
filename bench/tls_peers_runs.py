"""Runs one scanner as a process of its own against the hosts of the bench, and says what that took.

The kernel counts: connections that were accepted in this network namespace, and what the process used.
"""

from __future__ import annotations

import compileall
import os
import subprocess
import sys
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.tls_peers_places import address_of, name_of
from bench.tls_peers_servers import ROOTS

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
    """`hosts`: numbers of those that are scanned. `rtt_ms`: how long a round trip to them takes."""

    folder: Path
    hosts: tuple[int, ...]
    rtt_ms: int = 0

    @property
    def label(self) -> str:
        return f"{'one host' if len(self.hosts) == 1 else f'{len(self.hosts)} hosts'}, {self.rtt_ms} ms"

    def lone(self, number: int) -> Bench:
        """One of the hosts alone."""
        return replace(self, hosts=(min(number, len(self.hosts)),))

    def ours(self, mode: str) -> Run:
        words = [sys.executable, "-m", "bench.tls_peers_start", mode, str(self.folder / ROOTS)]
        return run([*words, *map(str, self.hosts)], self.folder)

    def sslyze(self, mode: str) -> Run:
        targets = [f"{number}={name_of(number)}={address_of(number)}" for number in self.hosts]
        return run([str(DEEP), "-W", "ignore", str(SSLYZE), mode, *targets], self.folder)

    def nmap(self) -> Run:
        words = ["nmap", "-Pn", "-n", "-p", "443", "--script", "ssl-enum-ciphers", "-oX", "-"]
        return run([*words, *map(address_of, self.hosts)], self.folder)

    def testssl(self) -> Run:
        """testssl.sh of Debian's package, one host: protocols, ciphers by protocol, curves and server defaults."""
        (number,) = self.hosts
        command = ["testssl", "--ip", address_of(number), "--quiet", "--warnings", "off", "-p", "-E", "-f", "-S"]
        return run([*command, "--nodns", "none", f"{name_of(number)}:443"], self.folder, codes=range(256))

    def check(self) -> Run:
        """`auditor check` of the first host: the whole program, with every web probe and every check."""
        (number, *_), places = self.hosts, self.folder / "connect-to"
        places.write_text("".join(f"{name_of(number)}:{port} {address_of(number)}:{port}\n" for port in (443, 80)))
        words = [sys.executable, "-m", "auditor", "check", f"https://{name_of(number)}/", "--json", "--exit-zero"]
        trust = ["--connect-to", str(places), "--ca-file", str(self.folder / ROOTS)]
        return run([*words, *trust], self.folder)


def run(command: Sequence[str], folder: Path, codes: Collection[int] = (0,)) -> Run:
    """`codes`: with which the process may end. Raises RuntimeError for another: what it took would be no figure."""
    before, began = accepted(), time.monotonic()
    with (folder / "printed").open("w+") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - began
        out.seek(0)
        printed = out.read()
    if process.returncode not in codes:
        raise RuntimeError(f"{command[:4]} left with {process.returncode}")
    return Run(accepted() - before, used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, printed)


def accepted() -> int:
    """Connections that were accepted in this namespace so far, to whatever port (RFC 4022, tcpPassiveOpens)."""
    rows = [line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Tcp:")]
    return int(dict(zip(*rows, strict=True))["PassiveOpens"])


def compile_ours() -> None:
    """As installing does: where Python may leave no byte code behind, a folder's source is compiled at each start."""
    for folder in ("auditor", "checks", "bench"):
        compileall.compile_dir(Path(__file__).parents[1] / folder, quiet=1)
