"""CPU seconds that `auditor --help` costs: what everybody waits for who mistypes an option."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator

from bench.children import cpu_of
from bench.figures import Figure, at_most, show

RUNS = 21
PROMISED_S = 0.1  # user and system time together
HELP = [sys.executable, "-m", "auditor", "--help"]
BARE = [sys.executable, "-c", "pass"]


def figures() -> Iterator[Figure]:
    run(HELP)  # the first one writes byte code
    seconds = sorted(run(HELP) for _ in range(RUNS))
    bare = statistics.median(run(BARE) for _ in range(RUNS))
    yield Figure("python alone", f"{bare:.3f} s CPU")
    yield Figure("auditor --help: fastest and slowest", f"{seconds[0]:.3f} to {seconds[-1]:.3f} s CPU")
    yield at_most(f"auditor --help: median of {RUNS}", statistics.median(seconds), PROMISED_S, " s CPU", digits=3)


def run(command: list[str]) -> float:
    return cpu_of(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True))


if __name__ == "__main__":
    sys.exit(show(figures()))
