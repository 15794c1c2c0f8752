"""Three years of nights, 1 % of the assets change every night: the size of the store, and how fast it is.

The goals were set for 2,000 assets with 40 checks each: 80,000 findings a night. A web service is asked more checks by
now, so the city is as many of them as give that number; `--assets 2000` measures another city, and promises nothing.

Two nights are run whole by the code of `auditor run`. The rows of the others are written by the store's own functions,
as whole nights would leave them (`years.Village.years`): each asset's look, and for the assets that change new facts,
a change at each of their places, and their letters. Then the commands are run on it, each as a process of its own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench.figures import Figure, at_most, show
from bench.years import Village

FINDINGS, NIGHTS = 2_000 * 40, 3 * 365
MEGABYTE = 1_000_000
SAMPLE = 40  # assets; every fourth and every tenth of them differ


def figures(assets: int | None = None) -> Iterator[Figure]:
    """`assets` None: as many as have the findings that the goals name."""
    has_goal = assets is None
    assets = assets or FINDINGS // _findings_an_asset()
    with tempfile.TemporaryDirectory() as folder:
        village = Village(assets, Path(folder))
        village.night()
        village.night()
        village.years(NIGHTS - 2, assets // 100)
        for figure in _measured(village, folder):
            yield figure if has_goal else replace(figure, goal="", met=None)


def _findings_an_asset() -> int:
    """Of a city that is large enough to have every kind of asset that the simulation knows."""
    with tempfile.TemporaryDirectory() as folder:
        village = Village(SAMPLE, Path(folder))
        village.night()
        return -(-village.findings // SAMPLE)


def _measured(village: Village, folder: str) -> Iterator[Figure]:
    store = village.where.file
    assert store
    yield Figure("three years: nights, assets, findings a night", f"{NIGHTS}, {village.assets}, {village.findings}")
    yield at_most("three years: store", _size(store) / MEGABYTE, 300, " MB")
    yield at_most("three years: diff of the last two runs", _seconds(store, "diff"), 2, " s", digits=1)
    ends = ("diff", village.first, "last")
    yield at_most("three years: diff of the first and the last run", _seconds(store, *ends), 2, " s", digits=1)
    site = ("report", "html", "--out", f"{folder}/site")
    yield at_most("three years: site", _seconds(store, *site), 20, " s", digits=1)
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
    parser = argparse.ArgumentParser()
    parser.add_argument("--assets", type=int)
    parser.add_argument("--json", action="store_true")
    sys.exit(show(figures(parser.parse_args().assets)))
