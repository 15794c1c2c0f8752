"""False passes: every server behind a proxy that fails each connection after the K-th, for every K of a calm look.

The nightly look at TLS is played at each kind of server of `tls_servers`, the attacks of the deep tier at servers that
have the hole, and there the K-th connection is failed alone as well. A false pass is a check that passes behind the
fault and fails without it. `python -m bench.faults 3` takes every third K only. Most of a look is waiting, so that a
few processes sweep side by side, each with a server of its own; a row is there as soon as its sweeps are (`--json`
prints it at once).
"""

from __future__ import annotations

import itertools
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from auditor import plugins
from auditor.derive import LocusDerivation
from auditor.deriving import Sights, derive_each
from auditor.judge import declared_facts, judge_asset
from auditor.model import Asset, Outcome, Tier
from auditor.plugins import Parts
from auditor.probe import Seen, Unseen
from auditor.probes.deep_answers import Attack
from auditor.probes.deep_tls import look as look_deep
from auditor.probes.tls import TlsProbe
from auditor.reach import Access, Limits, Reaches, Target
from auditor.rig.faults import FAULTS, FaultProxy, Schedule, after, only
from auditor.rig.heartbleed import Behaviour, heartbleed_server
from auditor.rig.listener import Listener
from auditor.rig.replies import Reply
from bench.figures import Figure, at_most, show
from bench.tls_servers import HOST, KEYS, KINDS, key_file, server
from tests.probes.deep_rig import EarlyCcs, Manners, Padding, attacked_server, issued
from tests.probes.gnutls_rig import UNBOUND, gnutls_server
from tests.probes.padding_rig import CLOSE, Fault, padding_server
from tests.probes.ticket_rig import leaks, relay

ASSET = Asset(id="web", kind="web", address=f"https://{HOST}/", system="bench", tiers=frozenset(Tier))
SECONDS = {"close": 5.0, "reset": 5.0, "hang": 0.3}  # of one connection
TRIES = 5
SIDE_BY_SIDE = 4
Look = Callable[[int, float], list[Seen | Unseen]]  # port, seconds of one connection


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep of one server came to."""

    looks: int
    connections: int  # of the calm look
    passes: tuple[str, ...]  # the false ones: fault, K and check

    @classmethod
    def together(cls, several: Sequence[Swept]) -> Swept:
        """What the sweeps of one server came to: its calm looks may differ by a connection."""
        passes = tuple(itertools.chain.from_iterable(swept.passes for swept in several))
        return cls(sum(swept.looks for swept in several), max(swept.connections for swept in several), passes)

    def figure(self, name: str) -> Figure:
        figure = at_most(f"false passes: {name}", len(self.passes), 0)
        said = f"{figure.measured} in {self.looks} looks, K to {self.connections}"
        return Figure(
            figure.name, f"{said}: {', '.join(self.passes)}" if self.passes else said, figure.goal, figure.met
        )


def figures(step: int = 1) -> Iterator[Figure]:
    """A row for each server. Each fault is swept by itself, since the sweep of a silence takes longest by far."""
    with ProcessPoolExecutor(SIDE_BY_SIDE) as pool:
        sweeps: dict[str, list[Future[Swept]]] = defaultdict(list)
        for fault in SECONDS:
            for name in KINDS:
                sweeps[name].append(pool.submit(_sweep_kind, name, fault, step))
            for name in HOLES:
                sweeps[name].append(pool.submit(_sweep_hole, name, fault, step))
        for name, futures in sweeps.items():
            yield Swept.together([future.result() for future in futures]).figure(name)


def _sweep_kind(kind: str, fault: str, step: int) -> Swept:
    """The nightly look at such a server."""
    options, key, _ = KINDS[kind]
    with tempfile.TemporaryDirectory() as name:
        pem = key_file(Path(name) / "server.pem", KEYS[key])
        with server(pem, options) as behind:
            return sweep(plugins.load(), behind.port, _nightly, (after,), fault, step)


def _sweep_hole(hole: str, fault: str, step: int) -> Swept:
    """The attack of the deep tier that such a server has the hole for."""
    attack, made = HOLES[hole]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with made(folder, key_file(folder / "server.pem", KEYS["rsa"])) as port:
            return sweep(plugins.load(), port, _deep(attack), (after, alone), fault, step)


def alone(number: int, fault: Reply) -> Schedule:
    """Fail the connection after so many, and pass all others on."""
    return only(frozenset({number + 1}), fault)


def sweep(
    parts: Parts, port: int, look: Look, whens: tuple[Callable[[int, Reply], Schedule], ...], fault: str, step: int
) -> Swept:
    """The fault after every K-th connection; without it, the server must be seen to fail something."""
    sights, connections = _calm(port, look)
    calm = judged(parts, sights)
    if Outcome.FAIL not in calm.values():
        raise RuntimeError("without a fault no check fails here: nothing could pass falsely")
    looks, passes = 0, []
    for good, when in itertools.product(range(0, connections, step), whens):
        found = judged(parts, _behind(port, look, when(good, FAULTS[fault]), SECONDS[fault])[0])
        looks += 1
        better = [name for name, outcome in found.items() if outcome is Outcome.PASS and calm[name] is Outcome.FAIL]
        passes += [f"{fault} {when.__name__} {good}: {name}" for name in better]
    return Swept(looks, connections, tuple(passes))


def _calm(port: int, look: Look) -> tuple[list[Seen | Unseen], int]:
    """The same without a fault. A server that has only just started may need another look."""
    for _ in range(TRIES):
        sights, connections = _behind(port, look, lambda _: None, SECONDS["close"])
        if all(isinstance(sight, Seen) for sight in sights):
            return sights, connections
        time.sleep(1.0)
    raise RuntimeError(f"without a fault something is unseen: {sights}")


def _behind(port: int, look: Look, schedule: Schedule, seconds: float) -> tuple[list[Seen | Unseen], int]:
    """What is seen behind such a proxy, and the connections that it took."""
    with FaultProxy(("127.0.0.1", port), schedule) as proxy:
        return look(proxy.port, seconds), proxy.connections


def judged(parts: Parts, observations: Iterable[Seen | Unseen]) -> dict[str, Outcome]:
    """What the checks say that read what was observed, or what follows from it."""
    sights = Sights.of(observations)
    declared = declared_facts(ASSET, None, Access().clock())
    for derivation in parts.derivations:
        if isinstance(derivation, LocusDerivation) and any(sights.get(kind) for kind in derivation.reads):
            sights = derive_each(sights, (derivation,), declared)
    asked = [check for check in parts.checks if sights.get(check.reads)]
    return {finding.check: finding.outcome for finding in judge_asset(ASSET, sights, asked)}


def _reaches(port: int, seconds: float) -> Reaches:
    places = {(HOST, 443): (Target("127.0.0.1", port),)}
    return Reaches(Access(limits=Limits(pause_s=0.0, operation_s=seconds), connect_to=places))


def _nightly(port: int, seconds: float) -> list[Seen | Unseen]:
    return list(TlsProbe().observe(ASSET, _reaches(port, seconds).of(ASSET)))


def _deep(attack: Attack) -> Look:
    def look(port: int, seconds: float) -> list[Seen | Unseen]:
        reach = _reaches(port, seconds).of(ASSET)
        (endpoint,) = reach.endpoints(HOST, 443)
        return list(look_deep(endpoint, reach, (attack,)))

    return look


# --- servers with a hole

Hole = Callable[[Path, Path], AbstractContextManager[int]]  # a folder, and a key in PEM → its port


def _listening(made: Callable[[], Listener]) -> Hole:
    @contextmanager
    def hole(_: Path, __: Path) -> Iterator[int]:
        with made() as listening:
            yield listening.port

    return hole


@contextmanager
def _renegotiating(folder: Path, _: Path) -> Iterator[int]:
    with gnutls_server(issued().write(folder / "gnutls.pem"), UNBOUND) as listening:
        yield listening.port


@contextmanager
def _leaking(_: Path, pem: Path) -> Iterator[int]:
    with server(pem, ("-tls1_2",)) as behind, relay(lambda _: behind.port, leaks) as leaking:
        yield leaking.port


def _tells_the_start(padding: Padding, _: int) -> int:
    return 47 if padding is Padding.WRONG_START else 20


def _closes_on_a_wrong_mac(fault: Fault, _: bool, __: int) -> int | str:
    return CLOSE if fault is Fault.MAC else 20


HOLES: Mapping[str, tuple[Attack, Hole]] = {
    "a server that bleeds": (Attack.HEARTBLEED, _listening(lambda: heartbleed_server(Behaviour()))),
    "OpenSSL 1.0.1g": (Attack.CCS, _listening(lambda: attacked_server(Manners(early_ccs=EarlyCcs.TAKE)))),
    "GnuTLS without RFC 5746": (Attack.RENEGOTIATION, _renegotiating),
    "a load balancer that leaks": (Attack.TICKETBLEED, _leaking),
    "a zombie": (Attack.PADDING, _listening(lambda: padding_server(_closes_on_a_wrong_mac))),
    "an oracle": (Attack.ROBOT, _listening(lambda: attacked_server(Manners(on_finished=_tells_the_start)))),
    "an oracle in the short flow": (
        Attack.ROBOT,
        _listening(lambda: attacked_server(Manners(on_secret=_tells_the_start))),
    ),
}


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    sys.exit(show(figures(*numbers)))
