"""Our TLS scan against sslyze and nmap's ssl-enum-ciphers: the same nginx hosts, in turn, and the same answers.

`python -m bench.tls_peers [--hosts 20] [--repeat 3] [--rtt-ms 0]` moves into a network namespace of its own first. Each
scan is a process of its own; the kernel counts the connections that were accepted, and what the process used.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from bench.delay_line import delay_line
from bench.figures import Figure, show
from bench.tls_peers_answers import NMAP_VERSIONS, Answers, Verdicts, compare, read_nmap, read_scan
from bench.tls_peers_places import address_of
from bench.tls_peers_runs import DEEP, Bench, Run, compile_ours
from bench.tls_peers_servers import APART, black_holes, servers

HOLES = 10
OPERATION_S = 5.0  # the longest that one connection may take
LONE_HOST = 2  # TLS 1.2 and 1.3, RSA
SLOW_MS = 20  # the round trip at which walls were promised


@dataclass(frozen=True, slots=True)
class Goal:
    """The part of the peer's that ours may be, None for no promise; and from how many hosts and milliseconds on."""

    part: float | None = None
    hosts: int = 1
    rtt_ms: int = 0


# By reading.
AGAINST_SSLYZE = {
    "connections": Goal(1 / 8),
    "cpu_s": Goal(1 / 30, hosts=200),
    "wall_s": Goal(1 / 12, hosts=200, rtt_ms=SLOW_MS),
    "rss_mib": Goal(1 / 6, hosts=200),
}
AGAINST_NMAP = {
    "connections": Goal(1.0),
    "cpu_s": Goal(1 / 3, hosts=50),
    "wall_s": Goal(1 / 3, hosts=50, rtt_ms=SLOW_MS),
}
NIGHTLY_AGAINST_ALL = {"connections": Goal(1 / 10), "cpu_s": Goal(1 / 10), "wall_s": Goal()}
LONE = {"connections": Goal(), "cpu_s": Goal(1 / 2), "wall_s": Goal(1 / 4, rtt_ms=SLOW_MS)}
AGAINST_TESTSSL = {"connections": Goal(), "cpu_s": Goal(), "wall_s": Goal()}
UNITS = {
    "connections": ("connections", 0),
    "cpu_s": ("CPU s", 2),
    "wall_s": ("wall s", 2),
    "rss_mib": ("MiB at the peak", 0),
}

Goals = dict[str, Goal]


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--hosts", type=int, default=20)
    options.add_argument("--repeat", type=int, default=3)
    options.add_argument("--rtt-ms", type=int, default=0, help="round trip that a delay line adds")
    options.add_argument("--rows", nargs="+", choices=ROWS, default=["same", "nightly", "lone"])
    options.add_argument("--json", action="store_true")
    options.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    if not given.inside:
        os.execvp(APART[0], [*APART, sys.executable, "-m", "bench.tls_peers", "--inside", *sys.argv[1:]])
    if not DEEP.exists():
        raise RuntimeError("sslyze is not there to compare with; run `make deep`")
    return show(figures(given))


def figures(given: argparse.Namespace) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name, servers(Path(name), given.hosts), ExitStack() as held:
        compile_ours()
        if given.rtt_ms:
            held.enter_context(delay_line(given.rtt_ms))
        bench = Bench(Path(name), tuple(range(1, given.hosts + 1)), given.rtt_ms)
        for row in given.rows:
            yield from ROWS[row](bench, given.repeat)


def same_facts(bench: Bench, repeat: int) -> Iterator[Figure]:
    """Suites, curves and the certificate, and all else that our look at TLS holds; nmap: suites alone."""
    yield from against_both(bench, "same", f"{bench.label}: the same facts", repeat)


def shared_facts(bench: Bench, repeat: int) -> Iterator[Figure]:
    """Suites, curves and the certificate, and nothing else on our side; nmap: suites alone."""
    yield from against_both(bench, "shared", f"{bench.label}: the same facts and nothing else", repeat)


def against_both(bench: Bench, mode: str, label: str, repeat: int) -> Iterator[Figure]:
    runs = (lambda: bench.ours(mode), lambda: bench.sslyze("same"), bench.nmap)
    done, rows = in_turn(
        label,
        runs,
        ("ours", "sslyze", "nmap"),
        goals=(AGAINST_SSLYZE, AGAINST_NMAP),
        bench=bench,
        repeat=repeat,
    )
    yield from rows
    ours, sslyze = (read_scan(one.printed) for one in done[:2])
    yield from said_alike(f"{label}: answers, ours and sslyze's", compare(ours, sslyze, None))
    nmap = compare(ours, read_nmap(done[2].printed), frozenset(NMAP_VERSIONS.values()))
    yield from said_alike(f"{label}: answers, ours and nmap's", nmap)
    yield unsettled(f"{label}: hosts of which we left something open", ours)


def suites_alone(bench: Bench, repeat: int) -> Iterator[Figure]:
    """What nmap tells, and nothing more on our side either: the suites of every version."""
    label = f"{bench.label}: versions and suites alone"
    runs, goals = (lambda: bench.ours("suites"), bench.nmap), (AGAINST_NMAP,)
    done, rows = in_turn(label, runs, ("ours", "nmap"), goals=goals, bench=bench, repeat=repeat)
    yield from rows
    ours = read_scan(done[0].printed)
    nmap = compare(ours, read_nmap(done[1].printed), frozenset(NMAP_VERSIONS.values()))
    yield from said_alike(f"{label}: answers, ours and nmap's", nmap)
    yield unsettled(f"{label}: hosts of which we left something open", ours)


def nightly_tier(bench: Bench, repeat: int) -> Iterator[Figure]:
    label = f"{bench.label}: the nightly tier against all of sslyze's commands"
    runs, goals = (lambda: bench.ours("nightly"), lambda: bench.sslyze("all")), (NIGHTLY_AGAINST_ALL,)
    yield from in_turn(label, runs, ("ours", "sslyze"), goals=goals, bench=bench, repeat=repeat)[1]


def lone_host(bench: Bench, repeat: int) -> Iterator[Figure]:
    """The whole program, start-up and judging and all, against sslyze's scan for the same facts."""
    lone = bench.lone(LONE_HOST)
    runs, label = (lone.check, lambda: lone.sslyze("same")), f"{lone.label}: `auditor check`"
    yield from in_turn(label, runs, ("ours", "sslyze"), goals=(LONE,), bench=lone, repeat=repeat)[1]


def testssl_row(bench: Bench, repeat: int) -> Iterator[Figure]:
    """One host, the same facts: what testssl.sh calls protocols, ciphers per protocol, curves and server defaults."""
    lone = bench.lone(LONE_HOST)
    runs, label = (lambda: lone.ours("same"), lone.testssl), f"{lone.label}: the same facts"
    yield from in_turn(label, runs, ("ours", "testssl.sh"), goals=(AGAINST_TESTSSL,), bench=lone, repeat=repeat)[1]


def in_turn(
    label: str,
    runs: Sequence[Callable[[], Run]],
    names: Sequence[str],
    *,
    goals: Sequence[Goals],
    bench: Bench,
    repeat: int,
) -> tuple[list[Run], list[Figure]]:
    """The first of `runs` against each of the others, `repeat` rounds in turn: the last round, and the figures."""
    rounds = [[one() for one in runs] for _ in range(repeat)]
    mine, *others = zip(*rounds, strict=True)
    rows = [
        _figure(f"{label}: ours ÷ {name}", reading, _promised(goal, bench), mine, theirs)
        for name, theirs, aims in zip(names[1:], others, goals, strict=True)
        for reading, goal in aims.items()
    ]
    return rounds[-1], rows


def _promised(goal: Goal, bench: Bench) -> float | None:
    return goal.part if len(bench.hosts) >= goal.hosts and bench.rtt_ms >= goal.rtt_ms else None


def _figure(label: str, reading: str, goal: float | None, mine: Sequence[Run], theirs: Sequence[Run]) -> Figure:
    unit, digits = UNITS[reading]
    own, other = ([getattr(one, reading) for one in side] for side in (mine, theirs))
    part = statistics.median(own) / statistics.median(other)
    said = f"{_part(part)}: {_spread(own, digits)} against {_spread(other, digits)} {unit}"
    if goal is None:
        return Figure(f"{label}, {unit}", said)
    return Figure(f"{label}, {unit}", said, f"≤ {_part(goal)}", met=part <= goal)


def _part(part: float) -> str:
    return f"1/{1 / part:.3g}" if part < 1 else f"{part:.3g} times"


def _spread(values: Sequence[float], digits: int) -> str:
    middle, least, most = (f"{one:.{digits}f}" for one in (statistics.median(values), min(values), max(values)))
    return middle if least == most else f"{middle} [{least}, {most}]"


def said_alike(label: str, found: Verdicts) -> Iterator[Figure]:
    words = f"{len(found.unexplained)} unexplained of {found.compared} facts"
    if found.unexplained:
        words += f" ({', '.join(found.unexplained[:3])})"
    proved = f"openssl proves {len(found.theirs_missed)} missed by it, {len(found.theirs_wrong)} wrong"
    said = f"{words}; {proved}; {len(found.left_open)} left open by us"
    yield Figure(label, said, "0 unexplained", met=not found.unexplained)


def unsettled(label: str, ours: dict[int, Answers]) -> Figure:
    rows = {number: "; ".join(dict.fromkeys(one.open.values())) for number, one in ours.items() if one.open}
    why = f" ({next(iter(rows.values()))})" if rows else ""
    return Figure(label, f"{len(rows)} of {len(ours)}{why}", "0", met=not rows)


def black_hole_row(bench: Bench, _: int) -> Iterator[Figure]:
    """All hosts, then the same with black holes among them. They answer no SYN: nobody is quicker than a timeout."""
    without = bench.ours("same").wall_s
    holes = tuple(range(max(bench.hosts) + 1, max(bench.hosts) + 1 + HOLES))
    with black_holes(tuple(map(address_of, holes))):
        among = replace(bench, hosts=(*bench.hosts, *holes)).ours("same").wall_s
    most = 1.5 * OPERATION_S
    said = f"{among - without:.1f} s more: {among:.1f} against {without:.1f} s"
    label = f"{bench.label}, and {HOLES} black holes"
    yield Figure(label, said, f"≤ {most:g} s more", met=among - without <= most)


ROWS: dict[str, Callable[[Bench, int], Iterator[Figure]]] = {
    "same": same_facts,
    "shared": shared_facts,
    "suites": suites_alone,
    "nightly": nightly_tier,
    "lone": lone_host,
    "holes": black_hole_row,
    "testssl": testssl_row,
}


if __name__ == "__main__":
    sys.exit(main())
