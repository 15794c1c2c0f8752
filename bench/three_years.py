"""Three years of nights over 2,000 assets, 1 % of which change every night: the size of the store, and how fast it is.

Two nights are run whole by the code of `auditor run`. The rows of the others are written by the store's own functions,
as whole nights would leave them (`years.Village.years`): each asset's look, and for the assets that change new facts,
a change at each of their places, and their letters. Then the commands are run on it, each as a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, at_most, show
from bench.years import Village

ASSETS, NIGHTS = 2_000, 3 * 365
CHANGED = ASSETS // 100
MEGABYTE = 1_000_000


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        village = Village(ASSETS, Path(folder))
        village.night()
        village.night()
        village.years(NIGHTS - 2, CHANGED)
        store = village.where.file
        assert store
        yield Figure("three years: nights, assets, findings a night", f"{NIGHTS}, {ASSETS}, {village.findings}")
        yield at_most("three years: store", _size(store) / MEGABYTE, 300, " MB")
        yield at_most("three years: diff of the last two runs", _seconds(store, "diff"), 2, " s", digits=1)
        ends = ("diff", village.first, "last")
        yield at_most("three years: diff of the first and the last run", _seconds(store, *ends), 2, " s", digits=1)
        yield at_most(
            "three years: site", _seconds(store, "report", "html", "--out", f"{folder}/site"), 20, " s", digits=1
        )
        largest = max(path.stat().st_size for path in Path(folder, "site").rglob("*.html"))
        yield at_most("three years: largest page", largest / 1000, 150, " kB")


def _size(store: Path) -> int:
    return sum(path.stat().st_size for path in store.parent.iterdir())


def _seconds(store: Path, *words: str) -> float:
    """Wall time of `auditor` with these words. Raises CalledProcessError."""
    began = time.perf_counter()
    environment = {**os.environ, "AUDITOR_STORE": str(store)}
    command = [sys.executable, "-m", "auditor", *words]
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(show(figures()))
