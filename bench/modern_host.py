"""What one look at a modern web service costs it and us: TLS 1.2 and 1.3, a chain, HSTS, and a redirect on port 80.

The listeners are the rig's; they count. `auditor check` and sslyze's commands for the same questions (its versions come
with suites; certificate; HTTP headers) run in turn against the same listener, each as a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from auditor.model import Asset, Reason
from auditor.observe import observe_with
from auditor.probe import Observation, Probe, Unseen
from auditor.probes.chain_reader import ChainReader
from auditor.probes.handshake import shake_hands_in_full
from auditor.probes.tls import HTTPS, TlsProbe, look_at_versions
from auditor.probes.variants_look import look_at_variants
from auditor.probes.web import WebProbe
from auditor.reach import Access, Reaches, read_connect_to
from auditor.rig.authority import Authority
from auditor.rig.web import Site, WebListener, server_context, web_listener
from bench.children import cpu_of
from bench.figures import Figure, at_most, show

HOST = "www.modern.example"
MOST_CONNECTIONS = 12  # versions and certificate
MOST_HELLOS = 32  # versions, suites, groups, options, and the controls among them
ROUNDS = 3
DEEP = Path(__file__).parents[1] / ".venv-deep" / "bin" / "python"
VERSIONS = ("--sslv2", "--sslv3", "--tlsv1", "--tlsv1_1", "--tlsv1_2", "--tlsv1_3")
SAME_COMMANDS = (*VERSIONS, "--certinfo", "--http_headers")


@dataclass(frozen=True, slots=True)
class Rig:
    """A running host, and the files that lead to it."""

    https: WebListener
    http: WebListener
    connect_to: Path
    ca_file: Path


@dataclass(frozen=True, slots=True)
class Cost:
    """Connections of one look, as the host counted them."""

    versions: int
    certificate: int  # and the answer over HTTPS, on another connection
    others: int  # handshakes of clients of one key type, and of one without a name
    plain_http: int
    hellos: int  # all that the TLS probe asks, its versions among it

    @property
    def promised(self) -> int:
        return self.versions + self.certificate


def figures() -> Iterator[Figure]:
    with modern_host() as rig:
        cost = count(rig)
        yield Figure("modern host: versions", f"{cost.versions} connections")
        yield Figure("modern host: certificate and HTTPS answer", f"{cost.certificate} connections")
        yield Figure("modern host: certificates of other clients", f"{cost.others} connections")
        yield Figure("modern host: plain HTTP, port 80", f"{cost.plain_http} connections")
        yield at_most("modern host: versions and certificate", cost.promised, MOST_CONNECTIONS, " connections")
        hellos = "modern host: versions, suites, groups, leaf, options, with controls"
        yield at_most(hellos, cost.hellos, MOST_HELLOS, " connections")
        yield from compared(rig)


def count(rig: Rig) -> Cost:
    """Look once with each probe. Raises RuntimeError when anything was not seen: a cheap blind look is no figure."""
    counts = [rig.https.connections]
    _see_versions(rig)
    counts.append(rig.https.connections)
    _see(TlsProbe(), rig)
    counts.append(rig.https.connections)
    _see(WebProbe(), rig)
    counts.append(rig.https.connections)
    _see_as_others(rig)
    counts.append(rig.https.connections)
    versions, hellos, web, others = (after - before for before, after in pairwise(counts))
    others -= 1  # the usual one goes before them
    return Cost(versions, web - others, others, rig.http.connections, hellos)


def compared(rig: Rig) -> Iterator[Figure]:
    """Whole processes in turn: ours, theirs, ours, theirs. The best CPU time of each counts."""
    target = f"{HOST}:{rig.https.port}{{127.0.0.1}}"
    ours = [sys.executable, "-m", "auditor", "check", f"https://{HOST}/", "--json", "--exit-zero"]
    ours += ["--connect-to", str(rig.connect_to), "--ca-file", str(rig.ca_file)]
    theirs = [str(DEEP), "-W", "ignore", "-m", "sslyze", "--mozilla_config=disable", *SAME_COMMANDS, target]
    if not DEEP.exists():
        raise RuntimeError("sslyze is not there to compare with; run `make deep`")
    rounds = [(_run(ours, rig), _run(theirs, rig)) for _ in range(ROUNDS)]
    (our_count, our_cpu), (their_count, their_cpu) = (min(runs) for runs in zip(*rounds, strict=True))
    yield Figure("`auditor check`, the whole process", f"{our_count} connections, {our_cpu:.2f} s CPU")
    yield Figure("sslyze, the same commands", f"{their_count} connections, {their_cpu:.2f} s CPU")
    ratio = f"{their_count / our_count:.0f} in connections, {their_cpu / our_cpu:.1f} in CPU"
    yield Figure("sslyze ÷ `auditor check`", ratio)


@contextmanager
def modern_host() -> Iterator[Rig]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root = Authority.root()
        (folder / "roots.pem").write_bytes(root.pem)
        tls = server_context(root.intermediate().leaf(HOST).write(folder / "leaf.pem"))
        redirect = Site(redirects={"*": (301, f"https://{HOST}/")})
        with web_listener(Site(hsts="max-age=31536000"), tls) as https, web_listener(redirect) as http:
            places = folder / "connect-to"
            places.write_text(f"{HOST}:443 127.0.0.1:{https.port}\n{HOST}:80 127.0.0.1:{http.port}\n")
            yield Rig(https, http, places, folder / "roots.pem")


def _see(probe: Probe, rig: Rig) -> None:
    asset = Asset(id="modern", kind="web", address=f"https://{HOST}/", system="bench")
    access = Access(connect_to=read_connect_to(rig.connect_to), ca_file=rig.ca_file)
    said = observe_with(probe, asset, Reaches(access).of(asset))
    _require_all(said)


def _see_versions(rig: Rig) -> None:
    """The first of the TLS probe's two conversations, alone."""
    asset = Asset(id="modern", kind="web", address=f"https://{HOST}/", system="bench")
    reach = Reaches(Access(connect_to=read_connect_to(rig.connect_to), ca_file=rig.ca_file)).of(asset)
    said = [look_at_versions(endpoint, reach) for endpoint in reach.endpoints(HOST, HTTPS)]
    _require_all(said)


def _see_as_others(rig: Rig) -> None:
    """What other clients are shown, after one usual handshake."""
    asset = Asset(id="modern", kind="web", address=f"https://{HOST}/", system="bench")
    reach = Reaches(Access(connect_to=read_connect_to(rig.connect_to), ca_file=rig.ca_file)).of(asset)
    for endpoint in reach.endpoints(HOST, HTTPS):
        with reach.stream(endpoint) as stream:
            usual = shake_hands_in_full(stream, HOST)
        said = list(look_at_variants(ChainReader(reach, endpoint), reach, usual))
        _require_all(said)


def _require_all(said: Iterable[Observation]) -> None:
    """Raises RuntimeError where anything was not seen but what belongs to another tier."""
    unseen = [one for one in said if isinstance(one, Unseen) and one.reason is not Reason.LEFT_OUT]
    if unseen:
        raise RuntimeError(f"the modern host was not seen whole: {unseen}")


def _run(command: list[str], rig: Rig) -> tuple[int, float]:
    """Connections to both ports, and CPU seconds."""
    before = rig.https.connections + rig.http.connections
    cpu = cpu_of(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True))
    return rig.https.connections + rig.http.connections - before, cpu


if __name__ == "__main__":
    sys.exit(show(figures()))
