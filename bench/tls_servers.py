"""What a look at everything that TLS shows costs, by kind of real server: connections, seconds, and sslyze's beside it.

Debian's OpenSSL plays the servers. The facts are versions, suites, groups, primes, signatures, options and both leaves;
sslyze runs its commands for the same facts, in turn, against the same server.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from auditor.facts.tls_suites import TlsSuites
from auditor.model import Asset
from auditor.probe import Seen
from auditor.probes.tls import MOST_HELLOS, TlsProbe
from auditor.reach import Access, Limits, Reaches, Target
from auditor.rig.faults import FaultProxy
from auditor.rig.listener import Listener
from bench.children import cpu_of
from bench.figures import Figure, at_most, show

HOST = "host.example"
DEEP = Path(__file__).parents[1] / ".venv-deep" / "bin" / "python"
COMMANDS = (
    *("--sslv2", "--sslv3", "--tlsv1", "--tlsv1_1", "--tlsv1_2", "--tlsv1_3", "--elliptic_curves", "--certinfo"),
    *("--compression", "--reneg", "--fallback", "--ems"),
)
MODERN = "ECDHE+AESGCM:ECDHE+CHACHA20"
INTERMEDIATE = f"{MODERN}:DHE+AESGCM:DHE+CHACHA20"
# Kind of server → options of `openssl s_server`, kind of key, most connections.
KINDS: dict[str, tuple[tuple[str, ...], str, int]] = {
    "TLS 1.2 and 1.3, ECDSA": (("-cipher", MODERN, "-no_tls1", "-no_tls1_1"), "ec", 32),
    "TLS 1.2 and 1.3, RSA with DHE": (("-cipher", INTERMEDIATE, "-no_tls1", "-no_tls1_1"), "rsa", 32),
    "TLS 1.3 alone": (("-tls1_3",), "rsa", 32),
    "TLS 1.2 alone": (("-tls1_2", "-cipher", MODERN), "rsa", 32),
    "OpenSSL's defaults, 20 suites": ((), "rsa", MOST_HELLOS),
    "TLS 1.0 to 1.3, every suite": (("-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"), "rsa", MOST_HELLOS + 42),
}
KEYS = {"rsa": ("rsa:2048",), "ec": ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")}


@dataclass(frozen=True, slots=True)
class Cost:
    connections: int
    cpu_s: float
    wall_s: float
    is_whole: bool


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        keys = {kind: key_file(Path(name, f"{kind}.pem"), options) for kind, options in KEYS.items()}
        for kind, (options, key, most) in KINDS.items():
            with server(keys[key], options) as counter:
                ours = _ours(counter)
                left = "" if ours.is_whole else ", something left open"
                figure = at_most(f"all that TLS shows: {kind}", ours.connections, most, " connections")
                said = f"{figure.measured}, {ours.cpu_s * 1000:.0f} ms CPU, {ours.wall_s * 1000:.0f} ms{left}"
                yield Figure(figure.name, said, figure.goal, figure.met)
                theirs, cpu = _theirs(counter)
                ratio = f"{theirs / ours.connections:.0f} times the connections"
                yield Figure(f"the same by sslyze: {kind}", f"{theirs} connections, {cpu:.2f} s CPU; {ratio}")


def _ours(counter: Listener) -> Cost:
    places = {(HOST, 443): (Target("127.0.0.1", counter.port),)}
    reaches = Reaches(Access(limits=Limits(pause_s=0.0), connect_to=places))
    asset = Asset(id="web", kind="web", address=f"https://{HOST}/", system="bench")
    cpu, wall = time.process_time(), time.monotonic()
    said = list(TlsProbe().observe(asset, reaches.of(asset)))
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    rows = [
        row for one in said if isinstance(one, Seen) and isinstance(one.facts, TlsSuites) for row in one.facts.versions
    ]
    is_whole = all(isinstance(one, Seen) for one in said) and not any(row.unsettled for row in rows)
    return Cost(reaches.connections, cpu, wall, is_whole)


def _theirs(counter: Listener) -> tuple[int, float]:
    """Connections and CPU seconds of the whole process, start-up and all."""
    if not DEEP.exists():
        raise RuntimeError("sslyze is not there to compare with; run `make deep`")
    target = f"{HOST}:{counter.port}{{127.0.0.1}}"
    command = [str(DEEP), "-W", "ignore", "-m", "sslyze", "--mozilla_config=disable", *COMMANDS, target]
    before = counter.connections
    cpu = cpu_of(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True))
    return counter.connections - before, cpu


@contextmanager
def server(pem: Path, options: tuple[str, ...]) -> Iterator[Listener]:
    """`openssl s_server` behind a proxy that counts."""
    with Listener(lambda connection, _: connection.close()) as taken:
        port = taken.port
    where = ["-accept", f"127.0.0.1:{port}", "-cert", str(pem), "-key", str(pem), "-quiet"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(["openssl", "s_server", *where, *options], stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        time.sleep(0.5)
        with FaultProxy(("127.0.0.1", port), lambda _: None) as proxy:
            yield proxy
    finally:
        process.terminate()
        process.wait(10)


def key_file(path: Path, options: tuple[str, ...]) -> Path:
    command = ["openssl", "req", "-x509", "-nodes", "-days", "9", "-subj", f"/CN={HOST}", "-newkey", *options]
    made = subprocess.run([*command, "-keyout", "/dev/stdout", "-out", "/dev/stdout"], capture_output=True, check=True)
    path.write_bytes(made.stdout)
    return path


if __name__ == "__main__":
    sys.exit(show(figures()))
