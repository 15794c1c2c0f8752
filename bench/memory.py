"""Peak memory of a run over 2,000 simulated web services, against one over 100. Goal: at most 1.2 times as much.

Each run is a process of its own: `python -m bench.memory ASSETS FOLDER` observes, keeps, judges, grades and writes
report.json and report.md, all by the code that `auditor run` uses, and prints the peak of its resident memory in KiB.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bench.figures import Figure, at_most, show

if TYPE_CHECKING:
    from auditor.model import Asset, System
    from auditor.plugins import Parts
    from auditor.reach import Access

FEW, MANY = 100, 2_000
GOAL = 1.2
RUNS = 3  # threads take turns as they like: the middle one counts


def figures() -> Iterator[Figure]:
    few, many = (statistics.median(peak_kib(assets) for _ in range(RUNS)) for assets in (FEW, MANY))
    yield Figure(f"memory: peak RSS with {FEW} assets", f"{few / 1024:.1f} MiB")
    yield Figure(f"memory: peak RSS with {MANY} assets", f"{many / 1024:.1f} MiB")
    yield at_most(f"memory: {MANY} assets ÷ {FEW} assets", many / few, GOAL, digits=3)


def peak_kib(assets: int) -> int:
    """Peak resident memory of a whole run. This process stays small: a child's count begins with its parent's."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.memory", str(assets), folder]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        return int(done.stdout)


def run(assets: int, out: Path) -> int:
    from dataclasses import replace

    from auditor import plugins
    from auditor.reach import Access
    from bench.simulated_web import SimulatedWeb, city, record

    installed = plugins.load()
    systems, services = city(assets)
    return audited(systems, services, replace(installed, probes=(SimulatedWeb(record(installed)),)), Access(), out)


def audited(systems: tuple[System, ...], services: tuple[Asset, ...], parts: Parts, access: Access, out: Path) -> int:
    """Peak resident memory of this process in KiB, after it has looked at all of them, kept, judged and reported."""
    import resource

    from auditor import nights, pipeline
    from auditor.asked import Asked
    from auditor.cli.writing import write
    from auditor.cycles import collect_what_comes_and_goes
    from auditor.heap import keep_little
    from auditor.judging_again import question_of
    from auditor.observe import observe
    from auditor.reach import Reaches
    from auditor.rubric import rubric_text
    from auditor.store import Address, opened

    keep_little()  # both as the command line does
    collect_what_comes_and_goes()
    asked = Asked(assets=services, systems=systems, organisation="bench")
    with (
        opened(Address(file=out / "state" / "store.db"), create=True) as store,
        nights.begin(store, asked, rubric_text(), parts, access.clock()) as keeping,
    ):
        report = pipeline.assess(
            keeping.looks(observe(services, parts, Reaches(access))),
            question_of(asked, keeping.rubric),
            parts,
            began=keeping.run.opening.started,
            clock=access.clock,
            name=keeping.run.id,
            memory=keeping,
        )
        _, digest = write(out, report)
        keeping.finish(report, digest, interrupted=False)
    if not any(finding.observed_at for finding in report.findings) or len(report.asset_grades) != len(services):
        raise RuntimeError("nothing was judged")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1].isdigit():
        print(run(int(sys.argv[1]), Path(sys.argv[2])))
    else:
        sys.exit(show(figures()))
