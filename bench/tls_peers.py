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
from pathlib import Path

from bench.figures import Figure, show
from bench.tls_peers_answers import NMAP_VERSIONS, Answers, Verdicts, compare, read_nmap, read_scan
from bench.tls_peers_runs import DEEP, Bench, Run, delay
from bench.tls_peers_servers import address_of, black_holes, servers

APART = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
HOLES = 10
OPERATION_S = 5.0  # the longest that one connection may take
LONE_HOST = 2  # TLS 1.2 and 1.3, RSA
# Reading → the part of the peer's that ours may be, and the hosts from which on that was promised.
AGAINST_SSLYZE = {"connections": (1 / 8, 1), "cpu_s": (1 / 30, 200), "wall_s": (None, 0), "rss_mib": (1 / 6, 200)}
AGAINST_NMAP = {"connections": (1.0, 1), "cpu_s": (1 / 3, 50), "wall_s": (None, 0)}
NIGHTLY_AGAINST_ALL = {"connections": (1 / 10, 1), "cpu_s": (1 / 10, 1), "wall_s": (None, 0)}
LONE = {"connections": (None, 0), "cpu_s": (1 / 2, 1), "wall_s": (None, 0)}
UNITS = {
    "connections": ("connections", 0),
    "cpu_s": ("CPU s", 2),
    "wall_s": ("wall s", 2),
    "rss_mib": ("MiB at the peak", 0),
}

Goals = dict[str, tuple[float | None, int]]


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--hosts", type=int, default=20)
    options.add_argument("--repeat", type=int, default=3)
    options.add_argument("--rtt-ms", type=int, default=0, help="round trip that is added, where the kernel can")
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
    with tempfile.TemporaryDirectory() as name, servers(Path(name), given.hosts):
        bench = Bench(Path(name), tuple(range(1, given.hosts + 1)))
        delayed = given.rtt_ms > 0 and delay(given.rtt_ms)
        if given.rtt_ms and not delayed:
            yield Figure(f"{given.rtt_ms} ms of round trip", "not measured: this kernel has no sch_netem")
        for row in given.rows:
            yield from ROWS[row](bench, f"{given.rtt_ms if delayed else 0} ms", given.repeat)


def same_facts(bench: Bench, delayed: str, repeat: int) -> Iterator[Figure]:
    """Suites, curves and the certificate; nmap: suites alone."""
    label = f"{len(bench.hosts)} hosts, {delayed}"
    runs = (lambda: bench.ours("same"), lambda: bench.sslyze("same"), bench.nmap)
    done, rows = in_turn(
        f"{label}: the same facts",
        runs,
        ("ours", "sslyze", "nmap"),
        goals=(AGAINST_SSLYZE, AGAINST_NMAP),
        hosts=len(bench.hosts),
        repeat=repeat,
    )
    yield from rows
    ours, sslyze = (read_scan(one.printed) for one in done[:2])
    yield from said_alike(f"{label}: answers, ours and sslyze's", compare(ours, sslyze, None))
    nmap = compare(ours, read_nmap(done[2].printed), frozenset(NMAP_VERSIONS.values()))
    yield from said_alike(f"{label}: answers, ours and nmap's", nmap)
    yield unsettled(f"{label}: hosts of which we left something open", ours)


def nightly_tier(bench: Bench, delayed: str, repeat: int) -> Iterator[Figure]:
    label = f"{len(bench.hosts)} hosts, {delayed}: the nightly tier against all of sslyze's commands"
    runs, goals = (lambda: bench.ours("nightly"), lambda: bench.sslyze("all")), (NIGHTLY_AGAINST_ALL,)
    yield from in_turn(label, runs, ("ours", "sslyze"), goals=goals, hosts=len(bench.hosts), repeat=repeat)[1]


def lone_host(bench: Bench, delayed: str, repeat: int) -> Iterator[Figure]:
    """The whole program, start-up and judging and all, against sslyze's scan for the same facts."""
    lone = Bench(bench.folder, (min(LONE_HOST, len(bench.hosts)),))
    runs, label = (lone.check, lambda: lone.sslyze("same")), f"one host, {delayed}: `auditor check`"
    yield from in_turn(label, runs, ("ours", "sslyze"), goals=(LONE,), hosts=1, repeat=repeat)[1]


def in_turn(
    label: str,
    runs: Sequence[Callable[[], Run]],
    names: Sequence[str],
    *,
    goals: Sequence[Goals],
    hosts: int,
    repeat: int,
) -> tuple[list[Run], list[Figure]]:
    """The first of `runs` against each of the others, `repeat` rounds in turn: the last round, and the figures."""
    rounds = [[one() for one in runs] for _ in range(repeat)]
    mine, *others = zip(*rounds, strict=True)
    rows = [
        _figure(f"{label}: ours ÷ {name}", reading, goal if hosts >= enough else None, mine, theirs)
        for name, theirs, aims in zip(names[1:], others, goals, strict=True)
        for reading, (goal, enough) in aims.items()
    ]
    return rounds[-1], rows


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


def black_hole_row(bench: Bench, delayed: str, _: int) -> Iterator[Figure]:
    """All hosts, then the same with black holes among them. They answer no SYN: nobody is quicker than a timeout."""
    without = bench.ours("same").wall_s
    holes = tuple(range(max(bench.hosts) + 1, max(bench.hosts) + 1 + HOLES))
    with black_holes(tuple(map(address_of, holes))):
        among = Bench(bench.folder, (*bench.hosts, *holes)).ours("same").wall_s
    most = 1.5 * OPERATION_S
    said = f"{among - without:.1f} s more: {among:.1f} against {without:.1f} s"
    label = f"{len(bench.hosts)} hosts, {delayed}, and {HOLES} black holes"
    yield Figure(label, said, f"≤ {most:g} s more", met=among - without <= most)


ROWS: dict[str, Callable[[Bench, str, int], Iterator[Figure]]] = {
    "same": same_facts,
    "nightly": nightly_tier,
    "lone": lone_host,
    "holes": black_hole_row,
}


if __name__ == "__main__":
    sys.exit(main())
