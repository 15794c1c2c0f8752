"""Peak memory of a whole run over 2,000 nginx hosts with real TLS, every nightly web probe, against one over 100.

`python -m bench.memory_tls` as root moves into a network namespace of its own. Goal: at most 250 MB, and flat. It takes
some 120,000 connections, so it is not part of `make bench`. Beyond 200 hosts keys are shared, certificates are not.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench.figures import Figure, at_most, show
from bench.tls_peers_places import address_of, name_of
from bench.tls_peers_servers import APART, ROOTS, servers

FEW, MANY = 100, 2_000
MOST_MB = 250
FLAT = 1.2


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name, servers(Path(name), MANY):
        peaks = {}
        for hosts in (FEW, MANY):
            began = time.monotonic()
            command = [sys.executable, "-m", "bench.memory_tls", "--child", str(hosts), name]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            peaks[hosts] = int(done.stdout) * 1024 / 1e6
            seconds = time.monotonic() - began
            yield Figure(f"real TLS: peak RSS with {hosts} hosts", f"{peaks[hosts]:.0f} MB, in {seconds:.0f} s")
    yield at_most(f"real TLS: peak RSS with {MANY} hosts", peaks[MANY], MOST_MB, " MB")
    yield at_most(f"real TLS: {MANY} hosts ÷ {FEW} hosts", peaks[MANY] / peaks[FEW], FLAT, digits=2)


def child(hosts: int, folder: Path) -> int:
    from auditor import plugins
    from auditor.cycles import collect_seldom
    from auditor.model import Asset
    from auditor.reach import Access, Target
    from bench.memory import audited
    from bench.simulated_web import city

    collect_seldom()  # as the command line does
    systems, simulated = city(hosts)
    services = tuple(
        Asset(id=one.id, kind="web", address=f"https://{name_of(number)}/", system=one.system)
        for number, one in enumerate(simulated, 1)
    )
    places = {
        (name_of(number), port): (Target(address_of(number), port),)
        for number in range(1, hosts + 1)
        for port in (443, 80)
    }
    installed = plugins.load()
    parts = replace(installed, probes=tuple(one for one in installed.probes if one.kind == "web"))
    access = Access(connect_to=places, ca_file=folder / ROOTS)
    return audited(systems, services, parts, access, folder / f"out-{hosts}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--child", hosts, folder]:
            print(child(int(hosts), Path(folder)))
        case ["--inside", *_]:
            sys.exit(show(figures()))
        case _:
            os.execvp(APART[0], [*APART, sys.executable, "-m", "bench.memory_tls", "--inside", *sys.argv[1:]])
