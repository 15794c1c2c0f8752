"""What a bench gives: figures with their goals. Shown as a table, or handed on as JSON to the table of all benches."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from tabulate import tabulate

MISSED = 3  # 1 is how Python leaves with a traceback
MET = {True: "yes", False: "NO", None: ""}


@dataclass(frozen=True, slots=True)
class Figure:
    """`goal` "": nobody promised anything, it is there to be read. `met` None goes with it."""

    name: str
    measured: str
    goal: str = ""
    met: bool | None = None


def at_most(name: str, value: float, goal: float, unit: str = "", digits: int = 0) -> Figure:
    """A figure whose promise is a ceiling."""
    return Figure(name, f"{value:.{digits}f}{unit}", f"≤ {goal:g}{unit}", met=value <= goal)


def show(figures: Iterable[Figure]) -> int:
    """Print them and give the exit code: MISSED if a promise is not kept. `--json` was asked for: one line each."""
    rows = []
    for figure in figures:
        rows.append(figure)
        if "--json" in sys.argv[1:]:
            print(json.dumps(asdict(figure)), flush=True)
    if "--json" not in sys.argv[1:]:
        print(table(rows))
    return MISSED if any(figure.met is False for figure in rows) else 0


def table(figures: Iterable[Figure]) -> str:
    rows = [(figure.name, figure.goal, figure.measured, MET[figure.met]) for figure in figures]
    return tabulate(rows, headers=("Figure", "Goal", "Measured", "Met"), disable_numparse=True)
